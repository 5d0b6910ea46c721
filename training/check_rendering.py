#!/usr/bin/env python3
"""Compares render.py with `ds4 render` on conversations of every kind, byte for byte."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys

from corpus.draw import TRAIN, Draw
from corpus.stages import TRUNK_STEPS, conversation
from render import END, Conversation, as_request, render_text


def rendered_by_ds4(program: str, sample: Conversation) -> str:
    run = subprocess.run(
        [program, "render", "-"],
        input=json.dumps(as_request(sample), ensure_ascii=False).encode(),
        capture_output=True,
        check=False,
    )
    return run.stdout.decode() if run.returncode == 0 else f"error: {run.stderr.decode()}"


def main() -> int:
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    program = sys.argv[1] if len(sys.argv) > 1 else os.path.join(root, "build", "ds4")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    seen: dict[tuple[str, str], int] = {}
    wrong = 0
    for number in range(count):
        sample = conversation(Draw(f"rendering {number}", TRAIN), TRUNK_STEPS * number // count)
        key = (sample.skill, str(sample.effort))
        seen[key] = seen.get(key, 0) + 1
        # The whole, and the prompt that an engine is given to continue.
        prompt = dataclasses.replace(sample, messages=sample.messages[:-1])
        pairs = [
            (render_text(sample)[: -len(END)], rendered_by_ds4(program, sample)),
            (render_text(prompt), rendered_by_ds4(program, prompt)),
        ]
        good = render_text(sample).startswith(render_text(prompt))
        for ours, theirs in pairs:
            if ours != theirs:
                good = False
                at = len(os.path.commonprefix([ours, theirs]))
                print(f"FAIL sample {number} ({sample.skill}) differs at character {at}:")
                print(f"  here {ours[max(at - 20, 0) : at + 60]!r}")
                print(f"  ds4  {theirs[max(at - 20, 0) : at + 60]!r}")
        wrong += not good
    for (skill, effort), times in sorted(seen.items()):
        print(f"     {skill}, effort {effort}: {times}")
    print(f"{count - wrong} of {count} conversations are rendered alike")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
