"""Random choices that never cross the borders between training, validation and held-out data.

What a conversation is about has a name, such as "add 23 45". The hash of the name decides which
part of the data it belongs to, so a combination seen in training never is a question of a test.
"""

from __future__ import annotations

import hashlib
import random
import re
from typing import Callable, Mapping, Sequence, TypeVar

TRAIN, VALIDATION, HELD_OUT = "train", "validation", "held-out"

T = TypeVar("T")


def part_of(name: str) -> str:
    value = hashlib.blake2b(name.encode(), digest_size=4).digest()[0] % 16
    return HELD_OUT if value == 0 else VALIDATION if value == 1 else TRAIN


class Draw:
    """A random stream bound to one part of the data."""

    def __init__(self, seed: str, part: str):
        self.random = random.Random(seed)
        self.part = part

    def fresh(self, make: Callable[[], T], name: Callable[[T], str]) -> T:
        """Draws until the result belongs to this part."""
        for _ in range(2000):
            value = make()
            if part_of(name(value)) == self.part:
                return value
        raise AssertionError(f"nothing named like {name(make())} is in {self.part}")

    def one(self, items: Sequence[T]) -> T:
        return items[self.random.randrange(len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        return self.random.sample(list(items), count)

    def weighted(self, shares: Mapping[T, float]) -> T:
        return self.random.choices(list(shares), shares.values())[0]

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self.random.sample(list(items), len(items))

    def say(self, template: str, **values: object) -> str:
        """Fills {names} and picks one of [each|of|such] alternatives, innermost first."""
        while True:
            found = re.search(r"\[([^\[\]]*)\]", template)
            if not found:
                break
            choice = self.one(found.group(1).split("|"))
            template = template[: found.start()] + choice + template[found.end() :]
        return template.format(**values)
