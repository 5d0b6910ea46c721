#!/usr/bin/env python3
"""Questions of the validation or held-out part, answered greedily and compared exactly.

An answer counts when every token of it, thinking included, is the most likely one given the
tokens before it: the same as being generated greedily.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from typing import Callable

import torch

from corpus import mix, pairs, tools
from corpus.draw import HELD_OUT, VALIDATION, Draw
from dataset import Document, tokenize
from model import Mode, Model
from render import Conversation
from tokenizer import PAD_ID, Tokenizer


@dataclass
class Suite:
    name: str
    chance: float  # what guessing among the plausible answers would score
    make: Callable[[Draw], Conversation]
    whole: bool = False  # score every learned message, not only the last


def _recall(
    keys: int, low: int, high: int, forms: tuple[str, ...] = pairs.ADJACENT, level: str | None = None
) -> Callable[[Draw], Conversation]:
    def make(draw: Draw) -> Conversation:
        sentences = draw.number(low, high) if high else 0
        return mix.paired(draw, draw.one(forms), keys, sentences, 1, level)

    return make


def suites() -> list[Suite]:
    out: list[Suite] = []
    for skill in mix.TURN_SKILLS:
        if skill in ("story", "rhyme"):
            continue  # many right answers
        chance = 0.5 if skill == "comparing" else 0.0

        def make(level: str | None, skill: str = skill) -> Callable[[Draw], Conversation]:
            return lambda draw: mix.single(draw, skill, level)

        # A product not seen in training cannot be guessed, nor can a long sum.
        if skill not in ("sum", "multiplication"):
            out.append(Suite(skill, chance, make(None)))
        out.append(Suite(f"{skill}, thinking", 0.0, make("high")))
    out.append(Suite("addition, low effort", 0.0, lambda draw: mix.single(draw, "addition", "low")))
    out.append(Suite("addition, max effort", 0.0, lambda draw: mix.single(draw, "addition", "max")))
    out.append(Suite("casual typing", 0.0, lambda draw: mix.casual(draw, 1, None)))
    out.append(Suite("style", 0.0, lambda draw: mix.styled(draw, None)))
    out.append(Suite("json", 0.0, lambda draw: mix.json_answer(draw, None)))
    for keys in (2, 3):
        out.append(Suite(f"recall near, {keys} keys", 1 / keys, _recall(keys, 0, 0)))
    out.append(Suite("recall near, 8 keys", 1 / 8, _recall(8, 0, 0)))
    # A sign or a sentence stands between key and value.
    for form in (pairs.SIGNS, pairs.SENTENCES):
        out.append(Suite(f"recall near, {form}, 3 keys", 1 / 3, _recall(3, 0, 0, (form,))))
    # Not trained: the bare value is asked for, in other words.
    out.append(Suite("recall told, 3 keys", 1 / 3, lambda draw: mix.told(draw, 3)))
    out.append(Suite("recall middle, 4 keys", 1 / 4, _recall(4, 5, 16)))
    out.append(Suite("recall far, 4 keys", 1 / 4, _recall(4, mix.FAR_SENTENCES, 46)))
    far = _recall(4, mix.FAR_SENTENCES, 40, level="high")
    out.append(Suite("recall far, 4 keys, thinking", 0.0, far))
    for kind in tools.SCENES:
        level = "high" if kind in ("read", "edit", "recover", "weather") else None

        def session(draw: Draw, kind: str = kind, level: str | None = level) -> Conversation:
            return mix.tool_session(draw, level, [kind])

        out.append(Suite(f"tool, {kind}", 0.0, session, whole=True))
    return out


def documents(suite: Suite, count: int, part: str, tokenizer: Tokenizer) -> list[Document]:
    draws = [Draw(f"{suite.name}/{part}/{n}", part) for n in range(count)]
    return [tokenize(suite.make(draw), tokenizer) for draw in draws]


def right_answers(
    model: Model, samples: list[Document], whole: bool, mode: Mode, tokens_at_once: int = 4096
) -> list[bool]:
    """Whether each answer is right. Samples of like length are computed together, padded."""
    out = [False] * len(samples)
    order = sorted(range(len(samples)), key=lambda i: len(samples[i].ids))
    device = model.embed.weight.device
    while order:
        length = -(-len(samples[order[-1]].ids) // 4) * 4
        fitting = max(1, tokens_at_once // length)
        group, order = order[-fitting:], order[:-fitting]
        ids = torch.full((len(group), length), PAD_ID, dtype=torch.int64)
        scored = torch.zeros(len(group), length, dtype=torch.bool)
        for row, i in enumerate(group):
            ids[row, : len(samples[i].ids)] = torch.tensor(samples[i].ids)
            wanted = samples[i].learned if whole else samples[i].last_message
            scored[row, : len(wanted)] = torch.tensor(wanted)
        ids, scored = ids.to(device), scored.to(device)
        streams = model.streams(model.batch(ids, mode))
        before = torch.zeros_like(scored)
        before[:, :-1] = scored[:, 1:]
        at = before.flatten().nonzero().flatten()
        guess = model.logits(streams[:, at]).argmax(dim=1)
        wrong = torch.zeros(len(group), dtype=torch.bool, device=device)
        wrong[at.div(length, rounding_mode="floor")[guess != ids.flatten()[at + 1]]] = True
        for row, i in enumerate(group):
            out[i] = not bool(wrong[row])
    return out


@torch.no_grad()
def draft_agreement(model: Model, samples: list[Document], mode: Mode) -> tuple[int, int]:
    """How often the drafter guesses what the model would say one token later, and of how many."""
    agree = total = 0
    for sample in samples:
        ids = torch.tensor([sample.ids])
        batch = model.batch(ids, mode)
        streams = model.streams(batch)
        said = model.logits(streams).argmax(dim=1)
        drafted = model.draft_streams(streams, ids.roll(-1, dims=1), batch)
        guess = model.draft_logits(drafted).argmax(dim=1)
        # Place i guesses token i + 2, which the model says at place i + 1.
        counted = torch.tensor(sample.learned[2:])
        agree += int((guess[:-2] == said[1:-1])[counted].sum())
        total += int(counted.sum())
    return agree, total


def main() -> None:
    from export import load_model  # which needs the trainer's parts only here

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="folder of the training run")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--part", choices=(VALIDATION, HELD_OUT), default=HELD_OUT)
    parser.add_argument("--items", type=int, default=200, help="questions per skill [200]")
    parser.add_argument("--only", default="", help="skills whose name contains this")
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer.load(options.tokenizer)
    model, _ = load_model(options.run)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["skill", "chance", "items", "right", "with random rows"])
    kept: list[Document] = []
    with torch.no_grad():
        for suite in suites():
            if options.only not in suite.name:
                continue
            samples = documents(suite, options.items, options.part, tokenizer)
            kept += samples[: max(1, options.items // 20)]
            torch.manual_seed(1)
            shares = [
                sum(right_answers(model, samples, suite.whole, mode)) / len(samples)
                for mode in (Mode(rounded=True), Mode(rounded=True, random_choice=True))
            ]
            shown = [f"{share:.3f}" for share in (suite.chance, *shares)]
            out.writerow([suite.name, shown[0], len(samples), *shown[1:]])
            sys.stdout.flush()
    agree, total = draft_agreement(model, kept, Mode(rounded=True))
    out.writerow(["drafter agrees", "", total, f"{agree / max(total, 1):.3f}", ""])


if __name__ == "__main__":
    main()
