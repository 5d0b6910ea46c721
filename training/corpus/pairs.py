"""Pairs of a key and a value, and questions whose answer quotes the key before the value.

A model of this size looks back by one rule: what followed this token the last time? In most forms
the value stands right after its key, with the same leading space wherever they occur, and all of
them are single tokens; so quoting the key of the question makes the value the next token of that
rule. In the other forms a sign or a sentence stands between them, and the whole of it is quoted.

The chance level of a question is one in the number of keys, since every value of the list looks
alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpus.draw import Draw
from corpus.words import CITIES, COLOURS, FOODS, MATERIALS, NAMES, PLACES, THINGS, VALUES


@dataclass(frozen=True)
class Kind:
    title: str
    keys: list[str]
    values: list[str]
    ask: str
    sentence: str


# Keys are single tokens with and without a space before them, values with one.
_KINDS = (
    Kind("Places", THINGS, PLACES + CITIES, "[Where is|Which place has|Find] the {k}?",
         "The {k} is in the {v}."),
    Kind("Seats", NAMES, THINGS + COLOURS, "[Where does {k} sit|Which seat has {k}|Seat of {k}]?",
         "The seat of {k} is {v}."),
    Kind("Passwords", NAMES, VALUES, "[Password of|Which password has] {k}?",
         "The password of {k} is {v}."),
    Kind("Colours", THINGS, COLOURS, "[Colour of|Which colour has|What colour is] the {k}?",
         "The {k} is {v}."),
    Kind("Homes", NAMES, CITIES, "[Where does|In which town does] {k} live?", "{k} lives in {v}."),
    Kind("Words", COLOURS + NAMES, VALUES + FOODS, "[Word for|What goes with] {k}?",
         "The word for {k} is {v}."),
    Kind("Gifts", NAMES, THINGS + FOODS, "[What does {k} get|Which gift does {k} get|Gift for {k}]?",
         "{k} gets the {v}."),
    Kind("Made of", THINGS, MATERIALS, "[What is the {k} made of|Of what is the {k}]?",
         "The {k} is made of {v}."),
)  # fmt: skip

TITLED, LINES, SIGNS, SENTENCES = "titled", "lines", "signs", "sentences"
ADJACENT = (TITLED, LINES)


@dataclass
class Pairs:
    text: str
    questions: list[tuple[str, str]]  # what to ask and the answer, one for each pair
    statements: list[str]
    keys: list[str]


def pairs(draw: Draw, count: int, form: str) -> Pairs:
    kind = draw.one(_KINDS)

    def make() -> list[tuple[str, str]]:
        keys = draw.some(kind.keys, count)
        return list(zip(keys, draw.some([v for v in kind.values if v not in keys], count)))

    made = draw.fresh(make, lambda drawn: "pairs " + " ".join(k + v for k, v in drawn))
    keys = [k for k, _ in made]
    # A question shows which form its answer has: what was said may be far away.
    if form == TITLED:
        said = [f"{k} {v}" for k, v in made]
        text = f"{kind.title}: {', '.join(said)}."
        answers = [f"{kind.title}: {s}." for s in said]
        ask = kind.title + "[:|, please:] {k}?"
    elif form == SENTENCES:
        answers = said = [kind.sentence.format(k=k, v=v) for k, v in made]
        text = draw.one([" ", "\n"]).join(said)
        ask = kind.ask
    else:
        sign = " " if form == LINES else draw.one([": ", " = ", " is "])
        answers = said = [f"{k}{sign}{v}" for k, v in made]
        text = "\n".join(said)
        ask = "[{k}?|What about {k}?|And {k}?]" if form == LINES else "{k}" + sign + "?"
    asked = [draw.say(ask, k=k) for k in keys]
    return Pairs(text, list(zip(asked, answers)), said, keys)


@dataclass
class Table:
    question: str
    answer: str


def table(draw: Draw) -> Table:
    """Many keys of one short list asked for at once: every value of the answer has to be found."""
    found = pairs(draw, draw.number(2, 8), LINES)
    asked = [draw.number(0, len(found.keys) - 1) for _ in range(draw.number(2, 6))]
    wanted = draw.one([" ", "\n"]) + draw.one([", ", "\n"]).join(found.keys[i] for i in asked)
    ask = "[Look up|Find|Give me|Tell me the values of|Values of]:{wanted}"
    question = found.text + "\n" + draw.say(ask, wanted=wanted)
    return Table(question, "\n".join(found.statements[i] for i in asked))


def thought(statement: str, effort: str) -> str:
    """Quoting the statement is what makes the answer right."""
    if effort == "low":
        return statement
    text = f"I look for it in what was said: {statement}"
    if effort == "max":
        text += "\nNothing said later changes it."
    return text
