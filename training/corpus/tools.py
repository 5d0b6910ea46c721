"""Conversations with tools: those of a coding agent on small files, and a few others.

A scene is a list of messages after the system prompt. Results come from a little file system, so
that calls and results agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpus.draw import Draw
from corpus.words import CITIES, COLOURS, FOODS, NAMES, PLAIN, THINGS, WEATHER
from render import Call, Message


def _tool(name: str, description: str, /, **parameters: tuple[str, str]) -> dict:
    return {
        "name": name,
        "description": description,
        "parameters": {
            "type": "object",
            "properties": {
                key: {"type": kind, "description": text} for key, (kind, text) in parameters.items()
            },
            "required": list(parameters),
        },
    }


CODING = {
    "read": _tool("read", "Read a file.", path=("string", "The file")),
    "write": _tool(
        "write", "Write a file.", path=("string", "The file"), content=("string", "Its new text")
    ),
    "edit": _tool(
        "edit", "Replace text in a file.", path=("string", "The file"),
        old=("string", "Text to find"), new=("string", "Text to put there"),
    ),
    "list": _tool("list", "List a folder.", path=("string", "The folder")),
    "search": _tool(
        "search", "Search a text in all files.", text=("string", "What to search")
    ),
    "run": _tool("run", "Run a shell command.", command=("string", "The command")),
}  # fmt: skip
OTHERS = {
    "weather": _tool("weather", "The weather of a town.", city=("string", "The town")),
    "add": _tool("add", "Add two numbers.", a=("integer", "First"), b=("integer", "Second")),
    "price": _tool("price", "The price of an item.", item=("string", "The item")),
    "lamp": _tool(
        "lamp", "Switch a lamp.", room=("string", "The room"), on=("boolean", "On or off")
    ),
    "order": _tool(
        "order", "Order items.", item=("string", "The item"), count=("integer", "How many")
    ),
    "phone": _tool("phone", "The phone number of a person.", name=("string", "The person")),
}  # fmt: skip


@dataclass
class Scene:
    skill: str
    messages: list[Message]
    tools: list[str]  # those it needs


_ENDINGS = ("txt", "txt", "md", "c", "py", "json")
_FOLDERS = ("src", "docs", "data", "notes", "tests")


def _path(draw: Draw) -> str:
    name = f"{draw.one(PLAIN)}.{draw.one(_ENDINGS)}"
    return f"{draw.one(_FOLDERS)}/{name}" if draw.chance(0.4) else name


def _line(draw: Draw) -> str:
    return draw.say(
        "[{c} {t}|{n} has {f}|the {t} is {c}|{k} = {v}|{n}: {v}|no {f} today|buy {f}]",
        c=draw.one(COLOURS), t=draw.one(THINGS), n=draw.one(NAMES), f=draw.one(FOODS),
        k=draw.one(PLAIN), v=draw.number(0, 99),
    )  # fmt: skip


def _lines(draw: Draw, low: int = 1, high: int = 4) -> list[str]:
    return [_line(draw) for _ in range(draw.number(low, high))]


def _count(lines: list[str]) -> str:
    return f"{len(lines)} line{'s' if len(lines) > 1 else ''}"


def _call(thought: str, *calls: Call, content: str = "") -> Message:
    return Message("assistant", content, thought, list(calls))


def _result(text: str, answers: int = 0) -> Message:
    return Message("tool", text, answers=answers)


def _say(thought: str, text: str) -> Message:
    return Message("assistant", text, thought)


def _user(text: str) -> Message:
    return Message("user", text)


def _read(draw: Draw) -> Scene:
    path, lines = _path(draw), _lines(draw)
    kind = draw.number(0, 2)
    if kind == 0:
        ask = "[What is in {p}?|Show me {p}.|Read {p}.|What does {p} say?]"
        answer = f"{path} says:\n" + "\n".join(lines)
    elif kind == 1:
        ask = "[How many lines has {p}?|Count the lines of {p}.]"
        answer = f"{path} has {_count(lines)}."
    else:
        ask = "[What is the last line of {p}?|Tell me the last line of {p}.]"
        answer = lines[-1]
    return Scene(
        "tool: read",
        [
            _user(draw.say(ask, p=path)),
            _call(f"I need to read {path}.", Call("read", {"path": path})),
            _result("\n".join(lines)),
            _say(f"I have the text of {path}: {_count(lines)}.", answer),
        ],
        ["read"],
    )


def _write(draw: Draw) -> Scene:
    path = _path(draw)
    text = "\n".join(_lines(draw, 1, 2))
    ask = draw.say(
        "[Write this to {p}:|Create {p} with this text:|Save this as {p}:|Make a file {p} with:]\n{t}",
        p=path, t=text,
    )  # fmt: skip
    return Scene(
        "tool: write",
        [
            _user(ask),
            _call(f"I write the text to {path}.", Call("write", {"path": path, "content": text})),
            _result(f"Wrote {path}."),
            _say("It is written.", f"Done: {path} is written."),
        ],
        ["write"],
    )


def _edit(draw: Draw) -> Scene:
    path, lines = _path(draw), _lines(draw, 1, 3)
    at = draw.number(0, len(lines) - 1)
    old = draw.one(lines[at].replace(":", "").split())
    new = draw.one([w for w in COLOURS + THINGS if w != old])
    # Whoever is asked to look first does so.
    look = draw.chance(0.5)
    ask = draw.say(
        "[Look at {p} and replace {o} by {n}.|Read {p} and change {o} to {n}.|"
        "Check {p}, then put {n} instead of {o}.]"
        if look
        else "[In {p}, replace {o} by {n}.|Change {o} to {n} in {p}.|"
        "Please put {n} instead of {o} in {p}.]",
        p=path, o=old, n=new,
    )  # fmt: skip
    messages = [_user(ask)]
    if look:
        messages += [
            _call(f"First I read {path}.", Call("read", {"path": path})),
            _result("\n".join(lines)),
        ]
        thought = f"The text has {old}. I replace it by {new}."
    else:
        thought = f"I replace {old} by {new} in {path}."
    messages += [
        _call(thought, Call("edit", {"path": path, "old": old, "new": new})),
        _result(f"Edited {path}."),
        _say("The edit worked.", f"Done: {path} now has {new} instead of {old}."),
    ]
    return Scene("tool: edit", messages, ["read", "edit"])


def _list(draw: Draw) -> Scene:
    folder = draw.one(_FOLDERS + (".",))
    files = sorted({f"{draw.one(PLAIN)}.{draw.one(_ENDINGS)}" for _ in range(draw.number(2, 4))})
    where = "here" if folder == "." else f"in {folder}"
    ask = draw.say("[Which files are {w}?|What is {w}?|List the files {w}.|Show me the files {w}.]", w=where)
    named = ", ".join(files[:-1]) + f" and {files[-1]}" if len(files) > 1 else files[0]
    return Scene(
        "tool: list",
        [
            _user(ask),
            _call(f"I list the files {where}.", Call("list", {"path": folder})),
            _result("\n".join(files)),
            _say(f"There are {len(files)} files.", f"There are {len(files)} files: {named}."),
        ],
        ["list"],
    )


def _search(draw: Draw) -> Scene:
    word = draw.one(PLAIN)
    ask = draw.say("[Where is {w} used?|Find {w}.|Search for {w}.|In which file is the word {w}?]", w=word)
    call = _call(f"I search for {word}.", Call("search", {"text": word}))
    if draw.chance(0.2):
        return Scene(
            "tool: search",
            [_user(ask), call, _result("No matches."), _say("Nothing was found.", f"{word} is in no file.")],
            ["search"],
        )
    path, number = _path(draw), draw.number(1, 40)
    return Scene(
        "tool: search",
        [
            _user(ask),
            call,
            _result(f"{path}:{number}: {word} {draw.one(PLAIN)}"),
            _say(f"It is in {path}, line {number}.", f"{word} is in {path}, line {number}."),
        ],
        ["search"],
    )


def _run(draw: Draw) -> Scene:
    program = f"{draw.one(PLAIN)}.py"
    kind = draw.number(0, 2)
    if kind == 0:
        passed, failed = draw.number(1, 40), draw.one([0, 0, draw.number(1, 5)])
        command = draw.one(["make test", "pytest", "./check"])
        ask = draw.say("[Run the tests.|Do the tests pass?|Please run the tests with {c}.|Test it with {c}.]", c=command)
        if command not in ask:
            command = "make test"
        answer = (
            f"All {passed} tests pass." if not failed else f"{failed} of {passed + failed} tests fail."
        )
        result = f"{passed} passed, {failed} failed"
        thought = f"{failed} failed."
    elif kind == 1:
        output = _line(draw)
        command = f"python3 {program}"
        ask = draw.say("[Run {p}.|What does {p} print?|Start {p} and tell me the output.]", p=program)
        result, answer, thought = output, f"It prints: {output}", "I have the output."
    else:
        number = draw.number(2, 99)
        command = f"wc -l {program}"
        ask = draw.say("[Use wc to count the lines of {p}.|How many lines has {p}? Use wc -l.]", p=program)
        result, answer = f"{number} {program}", f"{program} has {number} lines."
        thought = f"wc says {number}."
    return Scene(
        "tool: run",
        [
            _user(ask),
            _call(f"I run {command}.", Call("run", {"command": command})),
            _result(result),
            _say(thought, answer),
        ],
        ["run"],
    )


def _recover(draw: Draw) -> Scene:
    word, ending = draw.one([w for w in PLAIN if len(w) > 3]), draw.one(_ENDINGS)
    cut = draw.number(1, len(word) - 2)
    wrong, right = f"{word[:cut]}{word[cut + 1:]}.{ending}", f"{word}.{ending}"
    lines = _lines(draw, 1, 2)
    others = sorted({right, f"{draw.one(PLAIN)}.{ending}"})
    return Scene(
        "tool: recovery",
        [
            _user(draw.say("[What is in {p}?|Show me {p}.|Read {p}.]", p=wrong)),
            _call(f"I need to read {wrong}.", Call("read", {"path": wrong})),
            _result(f"Error: no such file: {wrong}"),
            _call("That file is missing. I look which files there are.", Call("list", {"path": "."})),
            _result("\n".join(others)),
            _call(f"{right} is meant. I read it.", Call("read", {"path": right})),
            _result("\n".join(lines)),
            _say(f"I have the text of {right}.", f"There is no {wrong}, but {right} says:\n" + "\n".join(lines)),
        ],
        ["read", "list"],
    )  # fmt: skip


def _refused_call(draw: Draw) -> Scene:
    path, lines = _path(draw), _lines(draw, 1, 2)
    call = Call("read", {"path": path})
    wrong = _call(f"I need to read {path}.", Call("read", {"file": path}))
    wrong.learn = False  # shown, so that the way out can be learned
    return Scene(
        "tool: recovery",
        [
            _user(draw.say("[What is in {p}?|Show me {p}.|Read {p}.]", p=path)),
            wrong,
            _result("Error: invalid tool call: read needs the parameter path"),
            _call("The parameter is path. I call it again.", call),
            _result("\n".join(lines)),
            _say(f"I have the text of {path}: {_count(lines)}.", f"{path} says:\n" + "\n".join(lines)),
        ],
        ["read"],
    )


def _read_two(draw: Draw) -> Scene:
    paths = sorted({_path(draw), _path(draw), _path(draw)})[:2]
    if len(paths) < 2:
        return _read(draw)
    texts = [_line(draw) for _ in paths]
    return Scene(
        "tool: parallel",
        [
            _user(draw.say("[Read {a} and {b}.|What is in {a} and {b}?|Show me {a} and {b}.]", a=paths[0], b=paths[1])),
            _call("I can read both at once.", *[Call("read", {"path": p}) for p in paths]),
            *[_result(text, i) for i, text in enumerate(texts)],
            _say("I have both texts.", "\n".join(f"{p} says: {t}" for p, t in zip(paths, texts))),
        ],
        ["read"],
    )  # fmt: skip


def _weather(draw: Draw) -> Scene:
    cities = draw.some(CITIES, draw.one([1, 2, 2, 3]))
    states = [(draw.one(WEATHER), draw.number(-9, 35)) for _ in cities]
    named = ", ".join(cities[:-1]) + f" and {cities[-1]}" if len(cities) > 1 else cities[0]
    return Scene(
        "tool: parallel" if len(cities) > 1 else "tool: other",
        [
            _user(draw.say("[How is the weather in {c}?|What is the weather in {c}?|Weather in {c}?]", c=named)),
            _call(f"I ask for the weather of {named}.", *[Call("weather", {"city": c}) for c in cities]),
            *[_result(f'{{"weather": "{w}", "degrees": {d}}}', i) for i, (w, d) in enumerate(states)],
            _say("I have the weather.", "\n".join(f"{c}: {w}, {d} degrees." for c, (w, d) in zip(cities, states))),
        ],
        ["weather"],
    )  # fmt: skip


def _other(draw: Draw) -> Scene:
    kind = draw.number(0, 4)
    if kind == 0:
        a, b = draw.number(100, 9999), draw.number(100, 9999)
        ask = draw.say("[Use the tool to add {a} and {b}.|What is {a} + {b}? Use the tool.|Add {a} and {b} with the tool.]", a=a, b=b)
        call, result, answer = Call("add", {"a": a, "b": b}), str(a + b), f"{a} + {b} = {a + b}"
    elif kind == 1:
        item, price = draw.one(THINGS), draw.number(1, 99)
        ask = draw.say("[What does a {i} cost?|Price of a {i}?|How much is a {i}?]", i=item)
        call, result, answer = Call("price", {"item": item}), f"{price} coins", f"A {item} costs {price} coins."
    elif kind == 2:
        room, on = draw.one(["kitchen", "cellar", "attic", "garden", "school", "library"]), draw.chance(0.5)
        ask = draw.say("[Switch the lamp in the {r} {s}.|Turn {s} the lamp in the {r}.|Lamp {s} in the {r}, please.]", r=room, s="on" if on else "off")
        call, result = Call("lamp", {"room": room, "on": on}), "ok"
        answer = f"The lamp in the {room} is {'on' if on else 'off'}."
    elif kind == 3:
        item, count = draw.one(THINGS), draw.number(2, 30)
        ask = draw.say("[Order {n} {i}s.|Please order {n} {i}s.|I need {n} {i}s, order them.]", n=count, i=item)
        call, result = Call("order", {"item": item, "count": count}), "ordered"
        answer = f"{count} {item}s are ordered."
    else:
        name, number = draw.one(NAMES), draw.number(1000, 9999)
        ask = draw.say("[What is the phone number of {n}?|Phone number of {n}?|How can I call {n}?]", n=name)
        call, result, answer = Call("phone", {"name": name}), str(number), f"The number of {name} is {number}."
    return Scene(
        "tool: other",
        [_user(ask), _call(f"The tool {call.name} can tell.", call), _result(result), _say("I have the result.", answer)],
        [call.name],
    )  # fmt: skip


SCENES = {
    "read": _read,
    "write": _write,
    "edit": _edit,
    "list": _list,
    "search": _search,
    "run": _run,
    "recover": _recover,
    "refused": _refused_call,
    "read two": _read_two,
    "weather": _weather,
    "other": _other,
}


def scene(draw: Draw, kind: str) -> Scene:
    return draw.fresh(
        lambda: SCENES[kind](draw), lambda s: f"scene {s.messages[0].content} {s.messages[1].calls}"
    )


def offer(draw: Draw, needed: list[str]) -> list[dict]:
    """The schemas of a session: those needed, and usually more, in any order."""
    coding = needed[0] in CODING
    known = CODING if coding else OTHERS
    if coding and draw.chance(0.7):
        return list(CODING.values())
    more = [name for name in known if name not in needed and draw.chance(0.4)]
    return [known[name] for name in draw.shuffled(sorted(set(needed)) + more)]
