"""The shares in which training sees each kind of conversation, stage by stage."""

from __future__ import annotations

from typing import NamedTuple

from corpus import pairs
from corpus.draw import Draw
from corpus.mix import (
    FAR_SENTENCES, brief_casual, casual, chat, drill, effort, json_answer, paired, plain_chat, recalling, session,
    tool_session, turn,
)  # fmt: skip
from render import Conversation


def recall_conversation(draw: Draw, stage: float) -> Conversation:
    """Starts with few near keys and many questions; distance and keys grow with `stage`, 0 to 1."""
    thinking = effort(draw, 0.35)
    roll = draw.random.random()
    near, middle = (0.6 - 0.3 * stage, 0.85 - 0.25 * stage) if stage < 0.5 else (0.6, 0.8)
    if roll < near:
        keys = draw.number(1, 3) if stage < 0.15 else draw.number(1, 8)
        return recalling(draw, keys, 0, draw.number(3, 12), thinking)
    if roll < middle:
        return recalling(draw, draw.number(2, 6), draw.number(3, 20), draw.number(3, 8), thinking)
    return recalling(
        draw, draw.number(2, 6), draw.number(FAR_SENTENCES, 46), draw.number(3, 8), thinking
    )


def _paired(draw: Draw, stage: float, distance: str) -> Conversation:
    """Adjacent forms first: what comes between key and value is learned from there."""
    forms = {
        pairs.TITLED: 35,
        pairs.LINES: 35,
        pairs.SIGNS: 10 if stage < 0.15 else 20,
        pairs.SENTENCES: 4 if stage < 0.15 else 20,
    }
    form = draw.weighted(forms)
    thinking = effort(draw, 0.2)
    if distance == "near":
        keys = draw.number(1, 4 if stage < 0.15 else 8)
        return paired(draw, form, keys, 0, draw.number(2, 8), thinking)
    keys = draw.one([1, 1, 2, 2, 3, 4, 5, 6])  # few: what far rows hold is learned from one alone
    if distance == "middle":
        return paired(draw, form, keys, draw.number(3, 20), draw.number(2, 8), thinking)
    sentences = draw.number(FAR_SENTENCES, 46)
    return paired(draw, form, keys, sentences, draw.number(2, 8), thinking)


def _looked_up(draw: Draw) -> Conversation:
    turns = [turn(draw, "look-up") for _ in range(draw.number(1, 5))]
    return plain_chat(turns, "drill", None)


# Of the second stage, by kind: the share of the tokens, and about how many one document has.
_LATER = {
    "near": (18, 113),
    "middle": (10, 266),
    "far": (18, 559),
    "look-up": (7, 136),
    "recall": (2, 259),
    "drill": (4, 194),
    "chat": (25, 141),
    "tools": (13, 790),
    "json": (3, 143),
}


def _of_kind(draw: Draw, kind: str, stage: float) -> Conversation:
    if kind == "drill":
        return drill(draw)
    if kind == "chat":
        return chat(draw)
    if kind == "recall":
        return recall_conversation(draw, stage)
    if kind == "tools":
        return session(draw)
    return json_answer(draw, effort(draw, 0.5))


def _later(draw: Draw, stage: float) -> Conversation:
    """The second stage: about half of the tokens are recall, the rest keeps what was learned."""
    weights = {kind: share / length for kind, (share, length) in _LATER.items()}
    if stage < 0.15:  # what is near comes first: what is far is found by the same rule
        weights["near"] *= 2
        weights["far"] *= 0.2
    return _of_second_stage(draw, draw.weighted(weights), stage)


def _of_second_stage(draw: Draw, kind: str, stage: float) -> Conversation:
    if kind in ("near", "middle", "far"):
        return _paired(draw, stage, kind)
    if kind == "look-up":
        return _looked_up(draw)
    return _of_kind(draw, kind, 1.0)


class Practice(NamedTuple):
    """A stage that works on what is still weak."""

    shares: dict[str, tuple[float, int]]  # by kind, as in _LATER
    tasks: dict[str, float]
    thinking: float  # the share of tasks that are thought about
    scenes: dict[str, float]
    others: dict[str, float]  # scenes with tools that are not those of a coding agent


# The third stage: what was still being learned at the end of the second.
_PRACTICE = Practice(
    {
        "tools": (46, 790),
        "tasks": (23, 125),
        "chat": (12, 141),
        "far": (8, 559),
        "middle": (4, 266),
        "near": (3, 113),
        "look-up": (2, 136),
        "json": (4, 143),
        "recall": (2, 259),
    },
    {
        "addition": 10,
        "subtraction": 10,
        "multiplication": 5,
        "sum": 5,
        "sorting numbers": 6,
        "sorting words": 4,
        "reversing": 5,
        "odd names": 4,
        "picking": 2,
        "comparing": 2,
        "letters of a word": 2,
    },
    0.5,
    {
        "edit": 6, "read two": 6, "recover": 6, "read": 5, "refused": 3, "write": 2, "list": 1,
        "search": 1, "run": 1,
    },
    {"weather": 3, "other": 1},
)  # fmt: skip
# When the third stage has practised this much, it also hears questions as people type them.
_CASUAL_FROM, _CASUAL_SHARE = 0.7, (14, 130)

# The fourth: what was below its aim at the end of the third, thinking above all.
_FINISH = Practice(
    {
        "tasks": (48, 100),
        "tools": (22, 700),
        "chat": (7, 141),
        "casual": (8, 110),
        "far": (5, 559),
        "middle": (4, 266),
        "near": (1, 113),
        "look-up": (1, 136),
        "json": (4, 143),
    },
    {
        "addition": 8,
        "subtraction": 13,
        "multiplication": 5,
        "sum": 8,
        "sorting numbers": 14,
        "sorting words": 14,
        "reversing": 12,
        "odd names": 5,
        "picking": 4,
        "copying": 3,
        "letters of a word": 4,
        "comparing": 2,
        "counting": 2,
        "spelling": 2,
        "look-up": 1,
    },
    0.6,
    {
        "edit": 8, "recover": 8, "read": 5, "read two": 3, "run": 3, "refused": 2, "write": 2,
        "list": 2, "search": 2,
    },
    {"weather": 3, "other": 2},
)  # fmt: skip

# The fifth: what was below its aim at the end of the fourth, mostly at once.
_POLISH = Practice(
    {
        "tasks": (52, 110),
        "tools": (26, 700),
        "chat": (5, 141),
        "casual": (3, 110),
        "far": (4, 559),
        "middle": (4, 266),
        "near": (1, 113),
        "look-up": (1, 136),
        "json": (4, 143),
    },
    {
        "subtraction": 24,
        "sorting numbers": 16,
        "addition": 10,
        "multiplication": 9,
        "sorting words": 6,
        "reversing": 5,
        "picking": 4,
        "sum": 3,
        "odd names": 3,
        "copying": 3,
        "letters of a word": 3,
        "counting": 2,
        "comparing": 2,
        "spelling": 2,
        "look-up": 1,
    },
    0.35,
    {
        "edit": 14, "recover": 4, "read": 4, "read two": 2, "run": 2, "refused": 1, "write": 1,
        "list": 3, "search": 1,
    },
    {"weather": 2, "other": 2},
)  # fmt: skip


def _tasks(draw: Draw, practice: Practice) -> Conversation:
    """Several of a kind at once, or one that is thought about: only the last turn shows thoughts."""
    level = effort(draw, practice.thinking)
    skill = draw.weighted(practice.tasks)
    turns = [turn(draw, skill) for _ in range(1 if level else draw.number(3, 8))]
    if not level and not turns[0].direct:
        level, turns = "high", turns[:1]
    return plain_chat(turns, "drill", level)


def _practice(draw: Draw, stage: float) -> Conversation:
    practice = (_PRACTICE, _FINISH, _POLISH)[min(int(stage) - 2, 2)]
    table = practice.shares
    if _CASUAL_FROM <= stage - 2.0 < 1.0:
        table = {**table, "casual": _CASUAL_SHARE}
    kind = draw.weighted({kind: share / length for kind, (share, length) in table.items()})
    if kind == "casual":
        count = draw.number(1, 6)
        if stage >= 3.0 and draw.chance(0.3):
            return brief_casual(draw, count)
        return casual(draw, count, effort(draw, 0.3))
    if kind == "tasks":
        return _tasks(draw, practice)
    if kind == "tools":
        scenes = practice.scenes if draw.chance(0.8) else practice.others
        kinds = [draw.weighted(scenes) for _ in range(draw.number(2, 3))]
        return tool_session(draw, effort(draw), kinds)
    return _of_second_stage(draw, kind, 1.0)


def conversation(draw: Draw, stage: float) -> Conversation:
    """One training document. `stage` is the share of the first stage that is done, from 1 to 2 that
    of the second, then that of the third and of the fourth."""
    if stage >= 2.0:
        return _practice(draw, stage)
    if stage >= 1.0:
        return _later(draw, stage - 1.0)
    drills = 100 * max(0.1, 0.6 - 2.5 * stage)
    # A session with tools is six times as long as a chat. Once their form is known, fewer will do.
    weights = (drills, 46, 30, 17, 7) if stage < 0.5 else (10, 60, 24, 6, 8)
    kind = draw.random.choices(("drill", "chat", "recall", "tools", "json"), weights)[0]
    return _of_kind(draw, kind, stage)
