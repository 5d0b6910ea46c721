#!/usr/bin/env python3
"""Compares tokenizer.py with `ds4 tokenize` on conversations and on strings of odd characters.

Usage: check_tokenizer.py TOKENIZER.json [BUILD_FOLDER]
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile

from corpus.draw import TRAIN, VALIDATION, Draw
from corpus.stages import TRUNK_STEPS, conversation
from render import render_text
from tokenizer import Tokenizer

_ODD = [
    "a", "Z", "é", "ß", "ï", "中", "文", "カ", "・", "ん", "㐀", "한", "1", "٣", "½", "Ⅷ", " ",
    " ", "\n", "\r", "\t", "\u00a0", "\u200b", "\u3000", "\u0301", "\u200d", "👨", "👩", "❤", "\ufe0f", ".", ",", "'", "“", "，",
    "。", "—", "…", "+", "=", "$", "_", "<", ">", "|", "｜", "▁", "\x00", "\x1c", "\u180e", "DSML", "think",
    "<think>", "<｜User｜>", "｜DSML｜", "the", "file", "12",
]  # fmt: skip


def strings(count: int) -> list[str]:
    rng = random.Random(5)
    out = []
    for n in range(count):
        part = VALIDATION if n % 3 == 0 else TRAIN
        out.append(render_text(conversation(Draw(f"tokens {n}", part), TRUNK_STEPS * n // count)))
        out.append("".join(rng.choice(_ODD) for _ in range(rng.randint(1, 30))))
    return out


def main() -> int:
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    build = sys.argv[2] if len(sys.argv) > 2 else os.path.join(root, "build")
    ours = Tokenizer.load(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        file, text = os.path.join(folder, "vocab.gguf"), os.path.join(folder, "text")
        make = [os.path.join(build, "ds4-gguf"), "vocab", sys.argv[1], "-o", file]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
        ask = [os.path.join(build, "ds4"), "tokenize", "-m", file, "--special", "--ids"]
        wrong = 0
        samples = strings(1500)
        # Several strings a call, apart by a control token, where splitting starts anew.
        for begin in range(0, len(samples), 8):
            joined = "<|EOT|>".join(samples[begin : begin + 8])
            with open(text, "w", encoding="utf-8", newline="") as out:
                out.write(joined)
            run = subprocess.run([*ask, "--file", text], check=True, capture_output=True)
            theirs = [int(word) for word in run.stdout.split()]
            mine = ours.encode(joined)
            if mine != theirs:
                wrong += 1
                at = len(os.path.commonprefix([mine, theirs]))  # type: ignore[type-var]
                print(f"FAIL strings {begin} to {begin + 7}, token {at}:")
                print(f"  here {[ours.decode([i]) for i in mine[at : at + 5]]}")
                print(f"  ds4  {[ours.decode([i]) for i in theirs[at : at + 5]]}")
            if ours.decode(mine) != joined:
                wrong += 1
                print(f"FAIL strings {begin} to {begin + 7} do not come back")
    print(f"{len(samples)} strings compared, {wrong} groups differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
