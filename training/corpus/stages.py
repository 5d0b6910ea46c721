"""The shares in which training sees each kind of conversation, from its beginning to its end."""

from __future__ import annotations

from typing import NamedTuple

from corpus import pairs
from corpus.draw import Draw
from corpus.mix import (
    FAR_SENTENCES, brief_casual, casual, chat, effort, json_answer, paired, plain_chat,
    tool_session, turn,
)  # fmt: skip
from render import Conversation


class Stage(NamedTuple):
    """What is practised for a while. All numbers are weights among their like."""

    end: int  # the step at which the next stage begins
    tokens: dict[str, float]  # by kind of conversation
    tasks: dict[str, float]
    thinking: float  # the share of tasks that are thought about
    scenes: dict[str, float]  # with the tools of a coding agent


# About how many tokens one conversation of a kind has.
_LENGTHS = {
    "tasks": 110,
    "tools": 750,
    "chat": 150,
    "casual": 110,
    "near": 113,
    "middle": 266,
    "far": 559,
    "json": 143,
}
_OTHER_SCENES = {"weather": 3, "other": 2}
SECOND_PART, THIRD_PART = 3300, 5600  # there the rate of learning begins anew
TRUNK_STEPS = 6500  # of all but the drafter, which goes on with the last stage
_EARLY = 430  # before it little stands between keys and values, and few sentences before questions

_ALL_TASKS = {
    "subtraction": 19, "sorting numbers": 15, "sum": 9, "addition": 9, "sorting words": 8,
    "reversing": 8, "letters of a word": 6, "spelling": 5, "copying": 5, "odd names": 5,
    "multiplication": 4, "picking": 4, "counting": 4, "comparing": 2, "look-up": 2,
}  # fmt: skip
_ALL_SCENES = {
    "edit": 9, "recover": 8, "read two": 6, "read": 6, "refused": 4, "list": 3, "write": 2,
    "search": 2, "run": 2,
}  # fmt: skip
_STAGES = (
    # What is found in what was just said comes first: all else is made of it.
    Stage(
        _EARLY,
        {"tasks": 40, "chat": 25, "near": 16, "tools": 16, "json": 4, "middle": 3},
        {
            "copying": 12, "spelling": 8, "reversing": 10, "picking": 8, "look-up": 8,
            "odd names": 6, "letters of a word": 6, "counting": 6, "comparing": 6, "addition": 12,
            "subtraction": 6, "sorting numbers": 6, "sorting words": 6,
        },
        0.3,
        {"write": 2, "search": 2, "list": 2, "read": 3, "refused": 2, "edit": 1, "run": 1},
    ),
    Stage(
        2912,
        {
            "tasks": 41, "tools": 28, "chat": 9, "casual": 4, "near": 3, "middle": 4, "far": 7,
            "json": 4,
        },
        {
            "addition": 11, "subtraction": 15, "multiplication": 5, "sum": 6, "sorting numbers": 13,
            "sorting words": 11, "reversing": 8, "odd names": 4, "picking": 5, "copying": 4,
            "letters of a word": 5, "counting": 3, "comparing": 3, "spelling": 3, "look-up": 3,
        },
        0.5,
        {
            "edit": 8, "recover": 7, "read": 5, "read two": 4, "refused": 2, "list": 3, "write": 2,
            "search": 2, "run": 2,
        },
    ),
    # What is learned last, while the rate falls.
    Stage(
        SECOND_PART,
        {
            "tasks": 50, "tools": 27, "chat": 5, "casual": 3, "near": 1, "middle": 4, "far": 5,
            "json": 3,
        },
        {
            "subtraction": 20, "sorting numbers": 17, "addition": 12, "sorting words": 9,
            "multiplication": 7, "reversing": 7, "picking": 4, "sum": 4, "odd names": 3,
            "copying": 4, "letters of a word": 4, "counting": 2, "comparing": 2, "spelling": 2,
            "look-up": 2,
        },
        0.45,
        {
            "edit": 12, "recover": 7, "read": 4, "read two": 2, "refused": 1, "list": 3, "write": 1,
            "search": 1, "run": 2,
        },
    ),
    # The second part. What is far away takes long to begin with, and so do tools.
    Stage(
        4100,
        {
            "tools": 42, "tasks": 22, "far": 18, "middle": 8, "chat": 4, "casual": 3, "json": 3,
        },
        _ALL_TASKS,
        0.6,
        _ALL_SCENES,
    ),
    Stage(
        5000,
        {
            "tools": 43, "tasks": 30, "far": 10, "middle": 5, "near": 1, "chat": 5, "casual": 3,
            "json": 3,
        },
        _ALL_TASKS,
        0.6,
        _ALL_SCENES,
    ),
    Stage(
        THIRD_PART,
        {
            "tasks": 44, "tools": 34, "far": 8, "middle": 5, "near": 1, "chat": 4, "casual": 2,
            "json": 2,
        },
        _ALL_TASKS,
        0.5,
        _ALL_SCENES,
    ),
    # The third part: what was below its aim after the second.
    Stage(
        TRUNK_STEPS,
        {
            "tasks": 47, "tools": 29, "chat": 9, "casual": 2, "near": 1, "middle": 5, "far": 5,
            "json": 2,
        },
        {
            "sorting numbers": 22, "sum": 10, "addition": 13, "subtraction": 12,
            "sorting words": 12, "reversing": 7, "letters of a word": 6, "counting": 3,
            "copying": 3, "multiplication": 3, "picking": 3, "odd names": 3, "spelling": 1,
            "comparing": 1, "look-up": 1,
        },
        0.6,
        {
            "edit": 12, "recover": 7, "write": 4, "read": 5, "read two": 3, "run": 3,
            "refused": 2, "list": 2, "search": 1,
        },
    ),
)  # fmt: skip


def _paired(draw: Draw, step: int, distance: str) -> Conversation:
    """Adjacent forms first: what comes between key and value is learned from there."""
    early = step < _EARLY
    forms = {
        pairs.TITLED: 35,
        pairs.LINES: 35,
        pairs.SIGNS: 10 if early else 20,
        pairs.SENTENCES: 4 if early else 20,
    }
    form = draw.weighted(forms)
    thinking = effort(draw, 0.2)
    if distance == "near":
        keys = draw.number(1, 4 if early else 8)
        return paired(draw, form, keys, 0, draw.number(2, 8), thinking)
    keys = draw.one([1, 1, 2, 2, 3, 4, 5, 6])  # few: what far rows hold is learned from one alone
    low, high = (3, 20) if distance == "middle" else (FAR_SENTENCES, 46)
    return paired(draw, form, keys, draw.number(low, high), draw.number(2, 8), thinking)


def _tasks(draw: Draw, stage: Stage) -> Conversation:
    """Several of a kind at once, or one that is thought about: only the last shows thoughts."""
    level = effort(draw, stage.thinking)
    skill = draw.weighted(stage.tasks)
    turns = [turn(draw, skill) for _ in range(1 if level else draw.number(3, 8))]
    if not level and not turns[0].direct:
        level, turns = "high", turns[:1]
    return plain_chat(turns, "tasks", level)


def _casual(draw: Draw) -> Conversation:
    count = draw.number(1, 6)
    if draw.chance(0.3):
        return brief_casual(draw, count)
    return casual(draw, count, effort(draw, 0.3))


def _tools(draw: Draw, stage: Stage) -> Conversation:
    scenes = stage.scenes if draw.chance(0.8) else _OTHER_SCENES
    kinds = [draw.weighted(scenes) for _ in range(draw.one([1, 2, 2, 2, 3]))]
    return tool_session(draw, effort(draw), kinds)


def conversation(draw: Draw, step: int) -> Conversation:
    """One training document, as step `step` of the run sees them."""
    stage = next((s for s in _STAGES if step < s.end), _STAGES[-1])
    kind = draw.weighted({kind: share / _LENGTHS[kind] for kind, share in stage.tokens.items()})
    if kind == "tasks":
        return _tasks(draw, stage)
    if kind == "tools":
        return _tools(draw, stage)
    if kind == "chat":
        return chat(draw)
    if kind == "casual":
        return _casual(draw)
    if kind == "json":
        return json_answer(draw, effort(draw, 0.5))
    return _paired(draw, step, kind)
