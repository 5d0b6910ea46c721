"""System prompts that change how the same answers are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from corpus.draw import Draw


@dataclass(frozen=True)
class Style:
    name: str
    prompts: str  # a template of ways to ask for it
    change: Callable[[str, str], str]  # (full answer, brief answer) -> what to say


def _plain(full: str, brief: str) -> str:
    return full


STYLES = (
    Style(
        "terse",
        "[Be brief.|Be terse.|Answer in as few words as you can.|Keep answers short.|You give very short answers.]",
        lambda full, brief: brief,
    ),
    Style(
        "formal",
        "[Be formal.|Be very polite and formal.|Answer formally.|You are a formal assistant.]",
        lambda full, brief: f"Dear user, {full} Yours sincerely.",
    ),
    Style(
        "pirate",
        "[You are a pirate.|Talk like a pirate.|Answer as a pirate would.|Be a pirate.]",
        lambda full, brief: f"Arr! {full} Yo ho ho!",
    ),
    Style(
        "star",
        "[End every answer with a star.|Put a star at the end of each answer.|Finish each answer with *.]",
        lambda full, brief: f"{full} *",
    ),
    Style(
        "quoted",
        "[Put your answer in quotes.|Write each answer between quotes.|Quote every answer.]",
        lambda full, brief: f'"{full}"',
    ),
    Style(
        "captain",
        "[Call the user captain.|Address the user as captain.|The user is a captain; say so.]",
        lambda full, brief: f"Captain, {full}",
    ),
)
PLAIN = Style(
    "plain",
    "[You are a helpful assistant.|You are the DwarfStar demo.|Be helpful.|You are a friendly assistant.|"
    "Answer the user's questions.|You are a small and honest model.]",
    _plain,
)


def style(draw: Draw) -> tuple[Style, str]:
    chosen = draw.one(STYLES)
    return chosen, draw.say(chosen.prompts)


def plain(draw: Draw) -> str:
    return draw.say(PLAIN.prompts)
