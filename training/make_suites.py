#!/usr/bin/env python3
"""Writes held-out questions as JSON lines, to be asked of a model through the engine.

A line holds `skill`, `chance` (what guessing scores), `request` (messages, tools, response_format
and options as `ds4 render` reads them, ending before the answer) and what is right: `checker` is
exact, json or calls, with `content` and `calls` beside it. A conversation with tools gives a line
for each of the assistant's turns.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os

from corpus.draw import HELD_OUT, VALIDATION, Draw
from evaluate import Suite, suites
from render import Conversation, as_request


def questions(suite: Suite, sample: Conversation) -> list[dict]:
    out = []
    for number, message in enumerate(sample.messages):
        is_last = number + 1 == len(sample.messages)
        if message.role != "assistant" or not message.learn or not (suite.whole or is_last):
            continue
        before = dataclasses.replace(sample, messages=sample.messages[:number])
        checker = "calls" if message.calls else "json" if sample.schema else "exact"
        line = {
            "skill": suite.name,
            "chance": suite.chance,
            "request": as_request(before),
            "checker": checker,
            "content": message.content,
        }
        if message.calls:
            line["calls"] = [dataclasses.asdict(call) for call in message.calls]
        out.append(line)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="gets one .jsonl file for each family of skills")
    parser.add_argument("--part", choices=(VALIDATION, HELD_OUT), default=HELD_OUT)
    parser.add_argument("--items", type=int, default=50, help="conversations per skill [50]")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    families: dict[str, list[dict]] = {}
    for suite in suites():
        first = suite.name.split(",")[0]
        family = "recall" if first.startswith("recall") else first.replace(" ", "_")
        for n in range(options.items):
            sample = suite.make(Draw(f"{suite.name}/{options.part}/{n}", options.part))
            families.setdefault(family, []).extend(questions(suite, sample))
    for family, lines in families.items():
        with open(os.path.join(options.folder, f"{family}.jsonl"), "w", encoding="utf-8") as file:
            for line in lines:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        print(f"{family}: {len(lines)} questions")


if __name__ == "__main__":
    main()
