"""Short stories and rhymes from templates: text with some variety, also used as filler."""

from __future__ import annotations

import re

from corpus.draw import Draw
from corpus.words import (
    ANIMALS,
    COLOURS,
    FOODS,
    MATERIALS,
    NAMES,
    PLACES,
    THINGS,
    WEATHER,
)

_OPENINGS = (
    "[Once|One day|One {w} morning|Long ago|On a {w} day], a {c} {a} [lived|walked|slept|waited] near the {p}.",
    "[There was|Once there was] a {a} who had a {c} {t}.",
    "{n} the {a} [loved|wanted|looked for] {f} more than anything.",
)
_MIDDLES = (
    "The {a} [met|saw|called] a {b} and [asked|said]: \"[Where is|Do you have|Have you seen] the {t}?\"",
    "It was {w}, and the {p} was [quiet|full of people|far away|closed].",
    "The {b} [gave|showed|sold] the {a} a {t} of {m}.",
    "Together they [carried|hid|cleaned|painted] the {t} and ate {f}.",
    "The {a} [ran|walked|went] to the {p}, but the {t} was [gone|broken|too heavy|under a tree].",
    "A {c} [bird|stone|cloud|light] fell [on the road|into the water|from the roof].",
    "The {b} [laughed|slept|sang|waited] and the {a} [laughed|slept|sang|waited] too.",
    "Nobody in the {p} had ever seen such a {c} {t}.",
)
_ENDINGS = (
    "[In the end|At last|So], they [went home|became friends|shared the {f}] and [all was well|slept well].",
    "[Since then|From that day], the {a} [has a friend|keeps the {t}|lives in the {p}].",
    "And the {t}? It is still in the {p}.",
)

RHYMES = (
    ("cat", "hat"), ("mouse", "house"), ("fox", "box"), ("goat", "boat"), ("star", "jar"),
    ("light", "night"), ("bell", "well"), ("tree", "sea"), ("moon", "spoon"), ("ring", "king"),
    ("bear", "chair"), ("snow", "crow"), ("rain", "train"), ("sand", "hand"), ("cake", "lake"),
    ("sun", "bun"), ("coat", "throat"), ("wall", "ball"), ("door", "floor"), ("bread", "bed"),
)  # fmt: skip


def _fill(draw: Draw, template: str, cast: dict[str, str]) -> str:
    text = draw.say(
        template,
        **cast,
        c=draw.one(COLOURS),
        f=draw.one(FOODS),
        m=draw.one(MATERIALS),
        w=draw.one(WEATHER),
    )
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


def story(draw: Draw, animal: str | None = None, sentences: int | None = None) -> str:
    a = animal or draw.one(ANIMALS)
    b = draw.one([x for x in ANIMALS if x != a])
    cast = {"a": a, "b": b, "n": draw.one(NAMES), "p": draw.one(PLACES), "t": draw.one(THINGS)}
    count = sentences or draw.number(3, 5)
    middles = [draw.one(_MIDDLES) for _ in range(count - 2)] if count > 8 else draw.some(_MIDDLES, max(count - 2, 1))
    parts = [draw.one(_OPENINGS), *middles, draw.one(_ENDINGS)]
    return " ".join(_fill(draw, part, cast) for part in parts)


def story_request(draw: Draw) -> tuple[str, str]:
    animal = draw.one(ANIMALS)
    ask = draw.say(
        "[Tell me a story about|Please tell a story about|A story about|Write a short story about] a {a}[.|, please.]",
        a=animal,
    )
    return ask, story(draw, animal)


def rhyme_request(draw: Draw) -> tuple[str, str]:
    x, y = draw.one(RHYMES)
    if draw.chance(0.5):
        return draw.say("What rhymes with {x}?|", x=x).rstrip("|"), y
    first = draw.say("[I saw|We found|There was] a [little|big|funny|golden] {x}", x=x)
    second = draw.say("[and near it stood a|it looked just like a|that wanted to have a] {y}", y=y)
    ask = draw.say("[Write|Say|Make|Tell me] a [rhyme|short rhyme|little poem] with {x}.", x=x)
    return ask, f"{first},\n{second}."
