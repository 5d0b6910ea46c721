"""Facts in sentences, asked for in other words: what pairs.py teaches is asked in another form.

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
    return Facts(said, questions)
