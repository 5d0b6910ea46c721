#!/usr/bin/env python3
"""Exports an untrained model of the demo's shape and has ds4-gguf convert it in several recipes.

Usage: check_export.py TOKENIZER.json [BUILD_FOLDER]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

import torch

from checkpoint import from_official, to_official
from export import export
from initialize import initialize
from model import Model
from shape import Shape
from tensor_file import read_tensors
from tokenizer import Tokenizer


def main() -> int:
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    build = sys.argv[2] if len(sys.argv) > 2 else os.path.join(root, "build")
    shape = Shape(vocab_size=Tokenizer.load(sys.argv[1]).size)
    model = Model(shape)
    initialize(model, 1)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = os.path.join(folder, "checkpoint")
        export(model, sys.argv[1], checkpoint)
        again = Model(Shape.from_file(os.path.join(checkpoint, "config.json")))
        from_official(again, read_tensors(os.path.join(checkpoint, "model.safetensors")))
        same = all(torch.equal(t, to_official(again)[n]) for n, t in to_official(model).items())
        wrong += not same
        print(f"{'ok  ' if same else 'FAIL'} the folder read again")
        for recipe in ("f32", "q8", "q4", "q2"):
            file = os.path.join(folder, f"{recipe}.gguf")
            convert = [os.path.join(build, "ds4-gguf"), "convert", checkpoint, "-o", file]
            inspect = [os.path.join(build, "ds4"), "inspect", file, "--json"]
            for command in ([*convert, "--recipe", recipe], inspect):
                run = subprocess.run(command, capture_output=True, check=False)
                if run.returncode:
                    wrong += 1
                    print(f"FAIL {recipe}: {' '.join(command[:2])}: {run.stderr.decode().strip()}")
                    break
            else:
                seen = json.loads(run.stdout)
                good = bool(seen)
                wrong += not good
                size = os.path.getsize(file) / 1e6
                print(f"{'ok  ' if good else 'FAIL'} {recipe}: {size:.1f} MB")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
