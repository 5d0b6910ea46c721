#!/usr/bin/env python3
"""Draws how many tokens of thought an answer took, by how much there was to do and by the effort
that was asked for.

    ds4-eval -m models/demo-q8.gguf --json > run.jsonl
    training/plot_thinking.py run.jsonl training/demo/thinking.svg
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import re
import statistics

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ds4", "font.size": 8})
from matplotlib import pyplot  # noqa: E402

SUITES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "eval", "demo")

# What makes a question of a skill longer: parts of its right answer, or terms in the question.
PARTS = {
    "sum, thinking": ("terms of a sum", lambda asked, answer: len(re.findall(r"\d+", asked))),
    "counting, thinking": ("numbers counted", lambda asked, answer: len(answer.split())),
    "sorting numbers, thinking": ("numbers sorted", lambda asked, answer: len(answer.split())),
    "spelling, thinking": ("letters spelled", lambda asked, answer: len(answer.split())),
    "copying, thinking": ("words copied", lambda asked, answer: len(answer.split())),
}
EFFORTS = {
    "off": "addition",
    "low": "addition, low effort",
    "high": "addition, thinking",
    "max": "addition, max effort",
}


def _lines(path: str) -> list[dict]:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _asked(suite: str, number: str) -> str:
    """The last thing a question says; its id is the number of its line."""
    question = _lines(os.path.join(SUITES, suite + ".jsonl"))[int(number) - 1]
    return question.get("prompt") or question["messages"][-1]["content"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="what ds4-eval --json wrote")
    parser.add_argument("svg", help="where to draw")
    options = parser.parse_args()

    by_parts: dict[str, dict[int, list[int]]] = collections.defaultdict(
        lambda: collections.defaultdict(list)
    )
    by_skill: dict[str, list[int]] = collections.defaultdict(list)
    for row in _lines(options.run):
        if row["type"] != "answer":
            continue
        by_skill[row["skill"]].append(row["reasoning_tokens"])
        if row["skill"] in PARTS:
            count = PARTS[row["skill"]][1](_asked(row["suite"], row["id"]), row["expected"])
            by_parts[row["skill"]][count].append(row["reasoning_tokens"])

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8, 3.2), gridspec_kw={"width_ratios": (2, 1)})
    for skill, (label, _) in PARTS.items():
        points = sorted((n, statistics.mean(tokens)) for n, tokens in by_parts[skill].items())
        left.plot(*zip(*points), label=label, lw=1, marker="o", ms=3)
    left.set(xlabel="how many", ylabel="tokens of thought, mean", title="what there is to do")
    left.grid(alpha=0.3)
    left.legend(fontsize=7)
    means = [statistics.mean(by_skill[skill]) for skill in EFFORTS.values()]
    bars = right.bar(list(EFFORTS), means, color="tab:blue")
    right.bar_label(bars, fmt="%.0f")
    right.set(xlabel="effort", title="additions, by effort")
    figure.tight_layout()
    figure.savefig(options.svg, metadata={"Date": None})


if __name__ == "__main__":
    main()
