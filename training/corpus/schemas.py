"""Short texts turned into JSON that follows a schema given with the request."""

from __future__ import annotations

import json
from typing import Any

from corpus.draw import Draw
from corpus.words import ANIMALS, CITIES, COLOURS, FOODS, NAMES, THINGS, WEATHER


def _object(**types: str) -> dict:
    return {
        "type": "object",
        "properties": {name: _TYPES[kind] for name, kind in types.items()},
        "required": list(types),
    }


_TYPES: dict[str, dict] = {
    "text": {"type": "string"},
    "whole": {"type": "integer"},
    "flag": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "wholes": {"type": "array", "items": {"type": "integer"}},
}


def request(draw: Draw) -> tuple[str, dict, str]:
    """A question, the schema, and the answer as JSON text."""

    def make() -> tuple[str, dict, Any]:
        kind = draw.number(0, 5)
        name, city, age = draw.one(NAMES), draw.one(CITIES), draw.number(5, 90)
        if kind == 0:
            text = draw.say("[{n} is {a} years old and lives in {c}.|{n}, {a} years old, lives in {c}.|"
                            "In {c} lives {n}, who is {a}.]", n=name, a=age, c=city)
            value: Any = {"name": name, "age": age, "city": city}
            types = {"name": "text", "age": "whole", "city": "text"}
        elif kind == 1:
            thing, colour, price = draw.one(THINGS), draw.one(COLOURS), draw.number(1, 99)
            text = draw.say("[The {c} {t} costs {p} coins.|A {c} {t} for {p} coins.|{p} coins for the {c} {t}.]",
                            c=colour, t=thing, p=price)
            value = {"item": thing, "colour": colour, "price": price}
            types = {"item": "text", "colour": "text", "price": "whole"}
        elif kind == 2:
            weather, degrees = draw.one(WEATHER), draw.number(-9, 35)
            text = draw.say("[In {c} it is {w} and {d} degrees.|{c}: {w}, {d} degrees.|It is {w} in {c}, {d} degrees.]",
                            c=city, w=weather, d=degrees)
            value = {"city": city, "weather": weather, "degrees": degrees}
            types = {"city": "text", "weather": "text", "degrees": "whole"}
        elif kind == 3:
            foods = draw.some(FOODS, draw.number(2, 4))
            text = draw.say("[{n} buys {l}.|{n} wants {l}.|For {n}: {l}.]", n=name, l=", ".join(foods[:-1]) + " and " + foods[-1])
            value = {"name": name, "foods": foods}
            types = {"name": "text", "foods": "texts"}
        elif kind == 4:
            animal, tame = draw.one(ANIMALS), draw.chance(0.5)
            text = draw.say("The {a} of {n} is " + ("[tame|friendly]" if tame else "[not tame|not friendly]") + ".",
                            a=animal, n=name)
            value = {"animal": animal, "owner": name, "tame": tame}
            types = {"animal": "text", "owner": "text", "tame": "flag"}
        else:
            numbers = [draw.number(0, 99) for _ in range(draw.number(2, 5))]
            text = draw.say("[The numbers are {l}.|Numbers: {l}.|{n} says: {l}.]", l=", ".join(map(str, numbers)), n=name)
            value = {"numbers": numbers, "count": len(numbers)}
            types = {"numbers": "wholes", "count": "whole"}
        keys = draw.shuffled(list(types)) if draw.chance(0.3) else list(types)
        schema = _object(**{k: types[k] for k in keys})
        return text, schema, {k: value[k] for k in keys}

    text, schema, value = draw.fresh(make, lambda made: f"json {made[0]}")
    lead = draw.say("[Turn this into JSON: |As JSON, please: |Extract the data: |Give me JSON for this: |]")
    return lead + text, schema, json.dumps(value, ensure_ascii=False)
