#!/usr/bin/env python3
"""Writes held-out questions as suites for ds4-eval, in the form of docs/formats/eval-suite.md.

Each family of skills is a file. A conversation with tools gives a question for each of the
assistant's turns; what came before it is as it should have been.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from typing import Iterator

from corpus import tools
from corpus.draw import HELD_OUT, VALIDATION, Draw
from evaluate import Suite, suites
from render import Conversation, Message, as_request

# No right answer comes near it, thinking included: what goes on for longer goes in circles.
ANSWER_TOKENS = 1024


def checker(sample: Conversation, message: Message) -> dict:
    if message.calls:
        return {"tool_calls": [dataclasses.asdict(call) for call in message.calls]}
    if sample.schema:
        return {"json_schema": True, "value": json.loads(message.content)}
    return {"exact": message.content}


def question(suite: Suite, sample: Conversation, number: int) -> dict:
    """The one that the message of that number answers."""
    request = as_request(dataclasses.replace(sample, messages=sample.messages[:number]))
    line = {"skill": suite.name, "chance": suite.chance}
    messages = request.pop("messages")
    if len(messages) == 1 and messages[0].keys() == {"role", "content"}:
        line["prompt"] = messages[0]["content"]
    else:
        line["messages"] = messages
    if "tools" in request:
        request["tools"] = [tool["function"]["name"] for tool in request["tools"]]
    return line | request | {"checker": checker(sample, sample.messages[number])}


def questions(suite: Suite, part: str) -> Iterator[dict]:
    n = 0
    while True:
        sample = suite.make(Draw(f"{suite.name}/{part}/{n}", part))
        for number, message in enumerate(sample.messages):
            is_last = number + 1 == len(sample.messages)
            if message.role == "assistant" and message.learn and (suite.whole or is_last):
                yield question(suite, sample, number)
        n += 1


def write(path: str, family: str, lines: list[dict]) -> None:
    head = {"suite": family, "about": f"Held-out questions: {family}.", "max_tokens": ANSWER_TOKENS}
    used = {name for line in lines for name in line.get("tools", [])}
    offered = {**tools.CODING, **tools.OTHERS}
    if used:
        head["tools"] = [
            {"type": "function", "function": offered[name]} for name in offered if name in used
        ]
    with open(path, "w", encoding="utf-8") as file:
        for line in [head, *lines]:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="gets one .jsonl file for each family of skills")
    parser.add_argument("--part", choices=(VALIDATION, HELD_OUT), default=HELD_OUT)
    parser.add_argument("--items", type=int, default=50, help="questions of a skill [50]")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    families: dict[str, list[dict]] = {}
    for suite in suites():
        first = suite.name.split(",")[0]
        family = "recall" if first.startswith("recall") else first.replace(" ", "_")
        lines = families.setdefault(family, [])
        for _, line in zip(range(options.items), questions(suite, options.part)):
            lines.append(line)
    for family, lines in families.items():
        write(os.path.join(options.folder, f"{family}.jsonl"), family, lines)
        print(f"{family}: {len(lines)} questions")


if __name__ == "__main__":
    main()
