"""Counting, arithmetic, comparing and sorting numbers, each with the thinking it deserves.

Every task is (question, answer, thought by effort): the thought grows with the difficulty and
with the effort asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpus.draw import Draw
from corpus.words import FOODS, NAMES, THINGS


@dataclass
class Task:
    skill: str
    question: str
    answer: str
    thought: dict[str, str]  # by effort: low, high, max
    direct: bool = True  # can be answered without thinking


def _thoughts(low: str, high: str, check: str) -> dict[str, str]:
    return {"low": low, "high": high, "max": f"{high}\n{check}"}


def _digits(n: int) -> list[int]:
    return [int(c) for c in reversed(str(n))]


def add_steps(a: int, b: int) -> str:
    """Column by column, the way it is taught."""
    steps, carry = [], 0
    x, y = _digits(a), _digits(b)
    for column in range(max(len(x), len(y))):
        terms = [d[column] for d in (x, y) if column < len(d)] + ([carry] if carry else [])
        total = sum(terms)
        carry = total // 10
        steps.append(" + ".join(str(t) for t in terms) + f" = {total}")
        if carry and column + 1 < max(len(x), len(y)):
            steps[-1] += f", carry {carry}"
    return "; ".join(steps)


def subtract_steps(a: int, b: int) -> str:
    """Column by column as well: a column that is too small borrows from the next."""
    steps, borrow = [], 0
    x, y = _digits(a), _digits(b)
    for column, digit in enumerate(x):
        less = [y[column]] if column < len(y) else []
        less += [1] if borrow else []
        borrow = sum(less) > digit
        terms = [digit + 10 * borrow, *less]
        left = terms[0] - sum(less)
        steps.append(" - ".join(str(t) for t in terms) + f" = {left}" + ", borrow" * borrow)
    return "; ".join(steps)


def _add(draw: Draw) -> Task:
    largest = draw.one([9, 20, 99, 99, 99])
    a, b = draw.fresh(
        lambda: (draw.number(0, largest), draw.number(0, largest)), lambda p: f"add {p[0]} {p[1]}"
    )
    if draw.chance(0.3):
        thing = draw.one(THINGS)
        question = draw.say(
            "{n} has {a} {t}s and [finds|gets|buys] {b} more. How many {t}s does {n} have[| now]?",
            n=draw.one(NAMES), a=a, b=b, t=thing,
        )  # fmt: skip
    else:
        question = draw.say(
            "[What is {a} + {b}?|{a} + {b}|{a}+{b}|{a} + {b} = ?|Add {a} and {b}.|"
            "Please add {a} and {b}.|What is {a} plus {b}?|How much is {a} + {b}?|Compute {a} + {b}.]",
            a=a, b=b,
        )  # fmt: skip
    steps = add_steps(a, b)
    total = str(a + b)
    return Task(
        "addition", question, total,
        _thoughts(f"{steps}.", f"{a} + {b}: {steps}. That makes {total}.",
                  f"Check: {a + b} - {b} = {a}. Correct."),
    )  # fmt: skip


def _subtract(draw: Draw) -> Task:
    largest = draw.one([9, 20, 99, 99])

    def make() -> tuple[int, int]:
        a, b = draw.number(0, largest), draw.number(0, largest)
        return max(a, b), min(a, b)

    a, b = draw.fresh(make, lambda p: f"subtract {p[0]} {p[1]}")
    if draw.chance(0.3):
        thing = draw.one(FOODS)
        question = draw.say(
            "{n} has {a} {t} and [eats|gives away|loses] {b}. How many are left?",
            n=draw.one(NAMES), a=a, b=b, t=thing,
        )  # fmt: skip
    else:
        question = draw.say(
            "[What is {a} - {b}?|{a} - {b}|{a}-{b}|Subtract {b} from {a}.|What is {a} minus {b}?|"
            "How much is {a} - {b}?|Compute {a} - {b}.|{a} - {b} = ?]",
            a=a, b=b,
        )  # fmt: skip
    result = a - b
    steps = subtract_steps(a, b)
    return Task(
        "subtraction", question, str(result),
        _thoughts(f"{steps}.", f"{a} - {b}: {steps}. That makes {result}.",
                  f"Check: {result} + {b} = {a}. Correct."),
    )  # fmt: skip


def _multiply(draw: Draw) -> Task:
    a, b = draw.fresh(
        lambda: (draw.number(2, 10), draw.number(2, 10)), lambda p: f"multiply {p[0]} {p[1]}"
    )
    question = draw.say(
        "[What is {a} * {b}?|{a} * {b}|What is {a} times {b}?|Multiply {a} by {b}.|{a} times {b}|"
        "How much is {a} * {b}?]",
        a=a, b=b,
    )  # fmt: skip

    def series(of: int, times: int) -> str:
        # Counting down to 0 says where to stop. What counts up would have to be compared with the
        # question at every step, and where pairs are few, it is memorized instead.
        return ", ".join(f"{k * of} ({times - k} left)" for k in range(1, times + 1))

    return Task(
        "multiplication", question, str(a * b),
        _thoughts(f"{series(a, b)}.", f"{b} times {a}: {series(a, b)}. That makes {a * b}.",
                  f"Check: {series(b, a)}. Correct."),
    )  # fmt: skip


def _sum(draw: Draw) -> Task:
    terms = draw.fresh(
        lambda: [draw.number(1, 20) for _ in range(draw.number(3, 7))],
        lambda t: f"sum {' '.join(map(str, t))}",
    )
    question = draw.say(
        "[What is {t}?|{t}|Add up {l}.|What is the sum of {l}?|Please add up {l}.|Compute {t}.]",
        t=" + ".join(map(str, terms)), l=", ".join(map(str, terms[:-1])) + f" and {terms[-1]}",
    )  # fmt: skip
    running, low, high = terms[0], [], []
    for term in terms[1:]:
        low.append(str(running + term))
        high.append(f"{running} + {term} = {running + term}")
        running += term
    back, down = running, []
    for term in reversed(terms[1:]):
        down.append(f"{back} - {term} = {back - term}")
        back -= term
    return Task(
        "sum", question, str(running),
        _thoughts(f"{terms[0]}, {', '.join(low)}.",
                  f"There are {len(terms)} terms. {'. '.join(high)}. That makes {running}.",
                  f"Check: {'; '.join(down)}. Correct."),
        direct=False,
    )  # fmt: skip


def _count(draw: Draw) -> Task:
    start, step, length = draw.fresh(
        lambda: (draw.number(0, 60), draw.one([1, 1, 1, 2, 3, 5, 10, -1, -2]), draw.number(3, 10)),
        lambda c: f"count {c}",
    )
    if step < 0:
        start += 30
    numbers = [start + step * k for k in range(length)]
    if abs(step) == 1:
        question = draw.say(
            "[Count from {a} to {b}.|Please count from {a} to {b}.|Count {w} from {a} to {b}.]",
            a=numbers[0], b=numbers[-1], w="up" if step > 0 else "down",
        )  # fmt: skip
    else:
        question = draw.say(
            "[Count from {a} to {b} in steps of {s}.|Count in steps of {s} from {a} to {b}.]",
            a=numbers[0], b=numbers[-1], s=abs(step),
        )  # fmt: skip
    way = "up" if step > 0 else "down"
    return Task(
        "counting", question, ", ".join(map(str, numbers)),
        _thoughts(f"Count {way} by {abs(step)}.",
                  f"I start at {numbers[0]} and count {way} by {abs(step)} until {numbers[-1]}.",
                  f"There are {length} numbers."),
    )  # fmt: skip


def _compare(draw: Draw) -> Task:
    def make() -> tuple[int, int]:
        return tuple(draw.some(range(0, 100), 2))

    a, b = draw.fresh(make, lambda p: f"compare {p[0]} {p[1]}")
    larger = draw.chance(0.5)
    question = draw.say(
        "[Which is {w}, {a} or {b}?|Which number is {w}: {a} or {b}?|What is {w}, {a} or {b}?|"
        "Is {a} or {b} {w}?]",
        w="larger" if larger else "smaller", a=a, b=b,
    )  # fmt: skip
    high, low = max(a, b), min(a, b)
    answer = high if larger else low
    return Task(
        "comparing", question, str(answer),
        _thoughts(f"{low} < {high}.",
                  f"{low} is less than {high}, and I need the {'larger' if larger else 'smaller'} one.",
                  f"{high} - {low} = {high - low}, so {high} is larger. Correct."),
    )  # fmt: skip


def _sort(draw: Draw) -> Task:
    numbers = draw.fresh(
        lambda: draw.some(range(0, 100), draw.number(3, 6)),
        lambda n: f"sort {' '.join(map(str, n))}",
    )
    down = draw.chance(0.25)
    question = draw.say(
        "[Sort|Please sort|Order|Put in order][ these numbers|]{w}: {l}",
        l=", ".join(map(str, numbers)), w=", largest first" if down else "",
    )  # fmt: skip
    ordered = sorted(numbers, reverse=down)
    rest, picks = list(numbers), []
    for value in ordered:
        picks.append(f"of {', '.join(map(str, rest))} take {value}")
        rest.remove(value)
    edge = "largest" if down else "smallest"
    return Task(
        "sorting numbers", question, ", ".join(map(str, ordered)),
        _thoughts(f"The {edge} is {ordered[0]}.",
                  f"I take the {edge} each time: {'; '.join(picks)}.",
                  f"{len(ordered)} numbers went in and {len(ordered)} came out. Correct."),
    )  # fmt: skip


TASKS = {
    "addition": _add,
    "subtraction": _subtract,
    "multiplication": _multiply,
    "sum": _sum,
    "counting": _count,
    "comparing": _compare,
    "sorting numbers": _sort,
}
