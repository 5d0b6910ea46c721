#!/usr/bin/env python3
"""Draws a run's loss and each skill's curve, with the level that guessing reaches, as SVG files."""

from __future__ import annotations

import argparse
import collections
import csv
import json
import os

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ds4", "font.size": 8})
from matplotlib import pyplot  # noqa: E402

FAMILIES = (
    ("talk", ("small talk", "casual typing", "refusal", "world", "style", "json")),
    (
        "numbers",
        ("addition", "subtraction", "multiplication", "sum")
        + ("counting", "comparing", "sorting num"),
    ),
    ("letters", ("copying", "reversing", "spelling", "letters", "sorting words", "picking")),
    ("recall", ("recall", "look-up")),
    ("tools", ("tool",)),
)


def _read(path: str) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def save(figure, path: str) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _mark_parts(folder: str, axes) -> None:
    """A line where each part ends and the next begins, the last of which is the drafter's."""
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
        plan = json.load(file)["plan"]
    parts = [count for name, count in plan.items() if name == "steps" or name.endswith("_steps")]
    steps = 0
    for count in parts[:-1]:
        steps += count
        axes.axvline(steps * plan["rows"] * plan["length"] / 1e6, color="grey", lw=0.7)


def draw_loss(folder: str) -> None:
    rows = _read(os.path.join(folder, "steps.csv"))
    every = max(1, len(rows) // 400)
    groups = [rows[i : i + every] for i in range(0, len(rows), every)]
    tokens = [int(g[-1]["tokens"]) / 1e6 for g in groups]
    figure, axes = pyplot.subplots(figsize=(6, 3))
    for key, name in (("loss", "answers"), ("index_loss", "indexer")):
        means = [sum(float(r[key]) for r in g) / len(g) for g in groups]
        axes.plot(tokens, means, label=name, lw=1)
    axes.set(xlabel="million tokens", ylabel="loss", yscale="log")
    _mark_parts(folder, axes)
    axes.grid(alpha=0.3)
    axes.legend()
    save(figure, os.path.join(folder, "loss.svg"))


def draw_skills(folder: str) -> None:
    curves: dict[str, list[tuple[float, float]]] = collections.defaultdict(list)
    chance: dict[str, float] = {}
    for row in _read(os.path.join(folder, "skills.csv")):
        curves[row["skill"]].append((int(row["tokens"]) / 1e6, float(row["right"])))
        chance[row["skill"]] = float(row["chance"])
    count = len(FAMILIES)
    twenty = pyplot.get_cmap("tab20").colors
    palette = twenty[::2] + twenty[1::2]  # the full colours before their pale halves
    figure, all_axes = pyplot.subplots(count, 1, figsize=(7, 3 * count), sharex=True)
    for axes, (family, starts) in zip(all_axes, FAMILIES):
        colours: dict[str, tuple] = {}
        for skill, points in curves.items():
            if not skill.startswith(starts):
                continue
            # A skill has one colour, with thinking and without.
            thinking = skill.endswith(", thinking")
            colour = colours.setdefault(skill.removesuffix(", thinking"), palette[len(colours)])
            style = "--" if thinking else "-"
            axes.plot(*zip(*points), label=skill, lw=1, ls=style, color=colour)
            if chance[skill]:
                axes.axhline(chance[skill], color=colour, lw=0.7, ls=":")
        _mark_parts(folder, axes)
        title = f"{family} (dotted: guessing; grey: a new part)"
        axes.set(ylim=(-0.02, 1.02), ylabel="exactly right", title=title)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=6, loc="center left", bbox_to_anchor=(1.0, 0.5))
    all_axes[-1].set_xlabel("million tokens")
    save(figure, os.path.join(folder, "skills.svg"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="folder of the training run")
    folder = parser.parse_args().run
    draw_loss(folder)
    draw_skills(folder)


if __name__ == "__main__":
    main()
