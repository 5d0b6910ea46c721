#!/usr/bin/env python3
"""Writes a trained model as a checkpoint folder in the published layout.

The folder holds config.json, tokenizer.json and model.safetensors under the official tensor names,
which is what `ds4-gguf convert` reads.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil

import torch

from checkpoint import to_official
from model import Model
from optimizer import SharedParameters
from shape import Shape
from tensor_file import write_tensors


def load_model(folder: str) -> tuple[Model, int]:
    """The model of a run's last checkpoint, and the steps it has seen."""
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
        shape = Shape.from_config(json.load(file)["shape"])
    model = Model(shape)
    saved = torch.load(os.path.join(folder, "checkpoint.pt"), map_location="cpu")
    parameters = SharedParameters(list(model.named_parameters()), 1, shared=False)
    parameters.values.copy_(saved["values"])
    for name, buffer in model.named_buffers():
        if name in saved:
            buffer.copy_(saved[name])
    return model.eval(), saved["step"]


def export(model: Model, tokenizer: str, folder: str) -> None:
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(model.shape.to_config(), file, indent=1)
        file.write("\n")
    shutil.copyfile(tokenizer, os.path.join(folder, "tokenizer.json"))
    write_tensors(os.path.join(folder, "model.safetensors"), to_official(model))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="folder of the training run")
    parser.add_argument("output", help="the new checkpoint folder")
    parser.add_argument("--tokenizer", required=True, help="tokenizer.json of the run")
    options = parser.parse_args()
    model, steps = load_model(options.run)
    export(model, options.tokenizer, options.output)
    count = sum(p.numel() for p in model.parameters())
    print(f"{options.output}: {count / 1e6:.1f} million weights after {steps} steps")


if __name__ == "__main__":
    main()
