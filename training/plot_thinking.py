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

from plot import pyplot, save

SUITES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "eval", "demo")

# An answer of these has as many words as there is to do; a sum's question, as many numbers.
LABELS = {
    "sum, thinking": "terms of a sum",
    "counting, thinking": "numbers counted",
    "sorting numbers, thinking": "numbers sorted",
    "spelling, thinking": "letters spelled",
    "copying, thinking": "words copied",
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


def _parts(row: dict, sums: list[dict]) -> int:
    if row["suite"] == "sum":  # an id is the number of the question's line
        return len(re.findall(r"\d+", sums[int(row["id"]) - 1]["prompt"]))
    return len(row["expected"].split())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="what ds4-eval --json wrote")
    parser.add_argument("svg", help="where to draw")
    options = parser.parse_args()

    sums = _lines(os.path.join(SUITES, "sum.jsonl"))
    by_parts: dict[str, dict[int, list[int]]] = collections.defaultdict(
        lambda: collections.defaultdict(list)
    )
    by_skill: dict[str, list[int]] = collections.defaultdict(list)
    for row in _lines(options.run):
        if row["type"] != "answer":
            continue
        by_skill[row["skill"]].append(row["reasoning_tokens"])
        if row["skill"] in LABELS:
            by_parts[row["skill"]][_parts(row, sums)].append(row["reasoning_tokens"])

    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(8, 3.2), gridspec_kw={"width_ratios": (2, 1)}
    )
    for skill, label in LABELS.items():
        points = sorted((n, statistics.mean(tokens)) for n, tokens in by_parts[skill].items())
        left.plot(*zip(*points), label=label, lw=1, marker="o", ms=3)
    left.set(xlabel="how many", ylabel="tokens of thought, mean", title="what there is to do")
    left.grid(alpha=0.3)
    left.legend(fontsize=7)
    means = [statistics.mean(by_skill[skill]) for skill in EFFORTS.values()]
    bars = right.bar(list(EFFORTS), means, color="tab:blue")
    right.bar_label(bars, fmt="%.0f")
    right.set(xlabel="effort", title="additions, by effort")
    save(figure, options.svg)


if __name__ == "__main__":
    main()
