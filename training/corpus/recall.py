"""Finding the value of a key again: at once, after other talk, or after a long text.

The chance level of a question is one in the number of keys, since every value of the list looks
alike. Values are drawn anew each time, so nothing but the text tells them.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpus.draw import Draw
from corpus.words import CITIES, COLOURS, NAMES, THINGS, VALUES


@dataclass
class Facts:
    statements: list[str]
    questions: list[tuple[str, str]]  # what to ask and the answer, one for each statement
    keys: list[str]


def facts(draw: Draw, count: int) -> Facts:
    kind = draw.number(0, 5)
    values = draw.some(VALUES, count)
    if kind == 0:  # bare pairs, the densest form
        keys = draw.some(COLOURS + THINGS + NAMES, count)
        sign = draw.one([" = ", ": ", " is "])
        said = [f"{k}{sign}{v}" for k, v in zip(keys, values)]
        ask, answer = "[{k}?|{k}|What is {k}?|Value of {k}?]", "{v}"
    elif kind == 1:
        keys = [f"{draw.one(COLOURS)} {t}" for t in draw.some(THINGS, count)]
        said = [f"The code of the {k} is {v}." for k, v in zip(keys, values)]
        ask = "[What is the code of the {k}?|Which code has the {k}?|Code of the {k}?]"
        answer = "{v}"
    elif kind == 2:
        keys = draw.some(NAMES, count)
        values = draw.some(COLOURS, count)
        thing = draw.one(THINGS)
        said = [f"{k} has a {v} {thing}." for k, v in zip(keys, values)]
        ask = "[What colour is the " + thing + " of {k}?|Which colour has {k}?|{k}?]"
        answer = "{v}"
    elif kind == 3:
        keys = draw.some(NAMES, count)
        values = draw.some(CITIES, count)
        said = [f"{k} lives in {v}." for k, v in zip(keys, values)]
        ask, answer = "[Where does {k} live?|Where is {k}?|In which town is {k}?]", "{v}"
    elif kind == 4:
        keys = draw.some(THINGS, count)
        values = [str(n) for n in draw.some(range(10, 100), count)]
        said = [f"The {k} costs {v} coins." for k, v in zip(keys, values)]
        ask = "[What does the {k} cost?|How much is the {k}?|Price of the {k}?]"
        answer = "{v}"
    else:
        keys = draw.some(NAMES, count)
        said = [f"The secret word of {k} is {v}." for k, v in zip(keys, values)]
        ask = "[What is the secret word of {k}?|Which secret word has {k}?|Secret word of {k}?]"
        answer = "{v}"
    questions = [(draw.say(ask, k=k), answer.format(v=v)) for k, v in zip(keys, values)]
    return Facts(said, questions, keys)


@dataclass
class Table:
    question: str
    answer: str


def table(draw: Draw) -> Table:
    """Many keys of one short list asked for at once: every value of the answer has to be found."""
    keys = draw.some(COLOURS + THINGS + NAMES, draw.number(2, 8))
    if draw.chance(0.5):
        values = draw.some(VALUES, len(keys))
    else:
        values = [str(n) for n in draw.some(range(10, 100), len(keys))]
    sign = draw.one([" = ", ": ", " is "])
    listed = draw.one(["\n", ", ", "; "]).join(f"{k}{sign}{v}" for k, v in zip(keys, values))
    asked = [draw.number(0, len(keys) - 1) for _ in range(draw.number(3, 12))]
    wanted = draw.one([" ", "\n"]) + draw.one([", ", "\n"]).join(keys[i] for i in asked)
    ask = "[Look up|Find|Give me|Tell me the values of|Values of]:{wanted}"
    question = listed + "\n" + draw.say(ask, wanted=wanted)
    return Table(question, "\n".join(f"{keys[i]}{sign}{values[i]}" for i in asked))


def thought(question: tuple[str, str], statement: str, effort: str) -> str:
    """Quoting the statement is what makes the answer right."""
    if effort == "low":
        return statement
    text = f"I look for it in what was said: {statement}"
    if effort == "max":
        text += f"\nThe answer is {question[1]}. Nothing said later changes it."
    return text
