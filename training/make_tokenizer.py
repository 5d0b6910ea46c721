#!/usr/bin/env python3
"""Trains the tokenizer on conversations of the training part and writes tokenizer.json."""

from __future__ import annotations

import argparse
import collections

import tokenizer
from corpus.draw import TRAIN, Draw
from corpus.stages import conversation
from render import render_text


# Of the run's beginning: it has the words of keys and values in all their places.
_STEPS = 516


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output")
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--conversations", type=int, default=12000)
    options = parser.parse_args()
    count = options.conversations
    steps = [_STEPS * n // count for n in range(count)]
    texts = [render_text(conversation(Draw(f"words {n}", TRAIN), s)) for n, s in enumerate(steps)]
    made = tokenizer.train(texts, options.size)
    made.save(options.output)
    used: collections.Counter[int] = collections.Counter()
    characters = 0
    for text in texts[:500]:
        used.update(made.encode(text))
        characters += len(text)
    print(f"{made.size} tokens, {len(used)} of them used in 500 conversations")
    total = sum(used.values())
    print(f"{characters / total:.2f} characters a token, {total / 500:.0f} tokens a conversation")


if __name__ == "__main__":
    main()
