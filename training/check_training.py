#!/usr/bin/env python3
"""A tiny run: stopped and continued it must equal one that went through, bit for bit; with two
processes it must agree but for the order of sums; and its loss must fall.

Usage: check_training.py TOKENIZER.json
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile

import torch

from shape import Shape

HERE = os.path.dirname(os.path.abspath(__file__))
TINY = Shape(
    hidden_size=64, moe_intermediate_size=64, num_hidden_layers=3, num_attention_heads=2,
    q_lora_rank=32, o_lora_rank=32, compress_ratios=[0, 4, 128, 0], sliding_window=16, index_topk=8,
)  # fmt: skip


def train(folder: str, tokenizer: str, shape: str, *more: str) -> None:
    subprocess.run(
        [sys.executable, os.path.join(HERE, "train.py"), folder, "--tokenizer", tokenizer,
         "--shape", shape, "--steps", "16", "--later-steps", "6", "--last-steps", "4",
         "--draft-steps", "4", "--rows", "4", "--length", "256",
         "--index-from", "1", "--select-from", "6", "--round-from", "10",
         "--warmup", "4", "--rate", "0.01", "--items", "1", "--evaluate-every", "100",
         "--products", "float32", "--save-every", "5", *more],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def values(folder: str) -> torch.Tensor:
    return torch.load(os.path.join(folder, "checkpoint.pt"))["values"]


def losses(folder: str) -> list[float]:
    with open(os.path.join(folder, "steps.csv"), newline="", encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def main() -> int:
    wrong = 0

    def report(name: str, good: bool, shown: object) -> None:
        nonlocal wrong
        wrong += not good
        print(f"{'ok  ' if good else 'FAIL'} {name}: {shown}")

    with tempfile.TemporaryDirectory() as folder:
        shape = os.path.join(folder, "config.json")
        with open(shape, "w", encoding="utf-8") as file:
            json.dump(TINY.to_config(), file)
        through, parted, double = (os.path.join(folder, n) for n in ("through", "parted", "double"))
        train(through, sys.argv[1], shape, "--processes", "1")
        train(parted, sys.argv[1], shape, "--processes", "1", "--stop", "7")
        train(parted, sys.argv[1], shape, "--processes", "1")
        train(double, sys.argv[1], shape, "--processes", "2")
        seen = losses(through)
        report("loss falls", seen[15] < seen[0] - 0.5, f"{seen[0]:.2f} to {seen[15]:.2f}")
        report("continued run", torch.equal(values(through), values(parted)), "bit for bit")
        report("its log", seen == losses(parted), f"{len(seen)} steps")
        early = max(abs(a - b) for a, b in zip(seen[:8], losses(double)[:8]))
        report("two processes", early < 1e-2, f"loss differs by {early:.1e}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
