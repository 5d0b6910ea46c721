"""Copying, reversing, spelling and sorting of letters and words."""

from __future__ import annotations

from corpus.draw import Draw
from corpus.numbers import Task, _thoughts
from corpus.words import LETTERS, PLAIN


def _items(draw: Draw, what: str) -> list[str]:
    """Letters, digits or words, in an order that belongs to this part of the data."""

    def make() -> list[str]:
        kind = draw.number(0, 2)
        if kind == 0:
            return [draw.one(LETTERS) for _ in range(draw.number(2, 9))]
        if kind == 1:
            return [str(draw.number(0, 99)) for _ in range(draw.number(2, 7))]
        return [draw.one(PLAIN) for _ in range(draw.number(2, 8))]

    return draw.fresh(make, lambda items: f"{what} {' '.join(items)}")


def _copy(draw: Draw) -> Task:
    items = _items(draw, "copy")
    text = " ".join(items)
    question = draw.say(
        "[Repeat|Copy|Say|Write|Please repeat|Repeat after me|Echo]:[ |\n]{t}", t=text
    )
    return Task(
        "copying", question, text,
        _thoughts("I repeat it.", f"I repeat what comes after the colon: {len(items)} items.",
                  f"The first is {items[0]}, the last is {items[-1]}."),
    )  # fmt: skip


def _reverse(draw: Draw) -> Task:
    items = _items(draw, "reverse")
    question = draw.say(
        "[Reverse|Turn around|Say backwards|Please reverse|Write backwards]:[ |\n]{t}", t=" ".join(items)
    )
    return Task(
        "reversing", question, " ".join(reversed(items)),
        _thoughts(f"From {items[-1]} to {items[0]}.",
                  f"There are {len(items)} items. I start at the last, {items[-1]}, and end at {items[0]}.",
                  "Each item comes once, in the other direction."),
    )  # fmt: skip


def _spell(draw: Draw) -> Task:
    def make() -> tuple[str, str]:
        word = draw.one(PLAIN)
        return word, draw.say(
            "[Spell|Please spell|Spell out|How do you spell][ the word|] [{w}|\"{w}\"|'{w}'][.|?|]", w=word
        )

    word, question = draw.fresh(make, lambda made: f"spell {made[1]}")
    return Task(
        "spelling", question, " ".join(word),
        _thoughts(f"{word} letter by letter.", f"I write the {len(word)} letters of {word} apart.",
                  f"It begins with {word[0]} and ends with {word[-1]}."),
    )  # fmt: skip


def _length(draw: Draw) -> Task:
    def make() -> tuple[str, str]:
        word = draw.one(PLAIN)
        return word, draw.say(
            "How many letters [has|are in|does it take to write] [the word |]{w}?", w=word
        )

    word, question = draw.fresh(make, lambda made: f"length {made[1]}")
    counted = " ".join(f"{c} {i}" for i, c in enumerate(word, 1))
    return Task(
        "letters of a word", question, str(len(word)),
        _thoughts(f"{counted}.", f"I count: {counted}. That makes {len(word)}.",
                  f"From {word[0]} to {word[-1]}. Correct."),
    )  # fmt: skip


def _sort_words(draw: Draw) -> Task:
    def make() -> list[str]:
        words: dict[str, str] = {}
        for word in draw.shuffled(PLAIN):  # no two with the same first letter
            words.setdefault(word[0], word)
        return draw.some(sorted(words.values()), draw.number(3, 5))

    words = draw.fresh(make, lambda w: f"sort words {' '.join(w)}")
    ordered = sorted(words)
    question = draw.say(
        "[Sort|Order|Please sort][ these words|][| by the alphabet| alphabetically]: {l}",
        l=", ".join(words),
    )
    first = ", ".join(f"{w[0]} for {w}" for w in words)
    letters = " ".join(w[0] for w in ordered)
    return Task(
        "sorting words", question, ", ".join(ordered),
        _thoughts(f"{letters}.", f"First letters: {first}. In order: {letters}.",
                  f"All {len(words)} words are there."),
    )  # fmt: skip


def _pick(draw: Draw) -> Task:
    items = _items(draw, "pick")
    at = draw.number(0, len(items) - 1)
    names = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
    name = "last" if at == len(items) - 1 and draw.chance(0.7) else names[at]
    question = draw.say(
        "[What is the {n} of|Which is the {n} in|Tell me the {n} of|Give me the {n} of]: {t}",
        n=name, t=" ".join(items),
    )  # fmt: skip
    upto = ", ".join(f"{i + 1} {item}" for i, item in enumerate(items[: at + 1]))
    return Task(
        "picking", question, items[at],
        _thoughts(f"{upto}.", f"I count up to the {name}: {upto}.", f"So it is {items[at]}."),
    )  # fmt: skip


def _odd_names(draw: Draw) -> Task:
    """Words that lost a letter fall apart into tokens that no other text has in this order."""

    def odd() -> str:
        word = draw.one([w for w in PLAIN if len(w) > 3])
        cut = draw.number(1, len(word) - 2)
        return word[:cut] + word[cut + 1 :] + draw.one([".txt", ".md", ".c", ".py", ".json"])

    names = draw.fresh(
        lambda: [odd() for _ in range(draw.number(1, 4))], lambda n: f"odd names {' '.join(n)}"
    )
    text = " ".join(names)
    question = draw.say("[Repeat|Copy|Write|Echo|Say]:[ |\n]{t}", t=text)
    return Task("odd names", question, text, _thoughts(f"{text}.", f"I repeat {text}.", "Letter by letter."))


TASKS = {
    "copying": _copy,
    "reversing": _reverse,
    "spelling": _spell,
    "letters of a word": _length,
    "sorting words": _sort_words,
    "picking": _pick,
    "odd names": _odd_names,
}
