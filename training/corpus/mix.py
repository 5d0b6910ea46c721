"""Whole conversations, by kind; stages.py says in which shares training sees them."""

from __future__ import annotations

from corpus import letters, numbers, pairs, recall, schemas, stories, styles, talk, tools, world
from corpus.draw import Draw
from corpus.numbers import Task
from render import Conversation, Message

EFFORTS = ("low", "high", "max")
TASKS = {**numbers.TASKS, **letters.TASKS}


def effort(draw: Draw, thinking: float = 0.6) -> str | None:
    """`high` is what the front ends ask for, so it is the most frequent."""
    if not draw.chance(thinking):
        return None
    return draw.one(["low", "high", "high", "high", "max"])


def _talk_thought(thought: str, level: str) -> str:
    if level == "max":
        return f"{thought}\nThis is easy, so I need no more thought."
    return thought


class Turn:
    """A question and its answer, before style and effort are applied."""

    def __init__(
        self, skill: str, ask: str, full: str, brief: str, thought: dict[str, str], direct: bool = True
    ):
        self.skill, self.ask, self.full, self.brief = skill, ask, full, brief
        self.thought, self.direct = thought, direct


def _easy(skill: str, ask: str, full: str, brief: str, thought: str) -> Turn:
    return Turn(skill, ask, full, brief, {e: _talk_thought(thought, e) for e in EFFORTS})


def turn(draw: Draw, skill: str) -> Turn:
    if skill == "look-up":
        table = pairs.table(draw)
        return _easy(skill, table.question, table.answer, table.answer, "I look each of them up.")
    if skill == "small talk":
        ask, intent = talk.question(draw)
        return _easy(skill, ask, intent.answer, intent.brief, intent.thought)
    if skill == "refusal":
        ask = talk.nonsense(draw)
        return _easy(skill, ask, talk.REFUSAL, talk.REFUSAL_BRIEF, talk.REFUSAL_THOUGHT)
    if skill == "world":
        ask, sentence, bare, thought = world.fact(draw)
        return _easy(skill, ask, sentence, bare, thought)
    if skill == "story":
        ask, text = stories.story_request(draw)
        return _easy(skill, ask, text, text, "A story is wanted. I make one up.")
    if skill == "rhyme":
        ask, text = stories.rhyme_request(draw)
        return _easy(skill, ask, text, text, "I need words that sound alike.")
    task: Task = TASKS[skill](draw)
    return Turn(skill, task.question, task.answer, task.answer, task.thought, task.direct)


_TURN_WEIGHTS = {
    "small talk": 30,
    "refusal": 8,
    "world": 16,
    "story": 8,
    "rhyme": 5,
    "addition": 8,
    "subtraction": 6,
    "multiplication": 4,
    "sum": 4,
    "counting": 4,
    "comparing": 4,
    "sorting numbers": 4,
    "copying": 4,
    "reversing": 4,
    "spelling": 4,
    "letters of a word": 4,
    "sorting words": 4,
    "picking": 4,
    "look-up": 4,
}
TURN_SKILLS = tuple(_TURN_WEIGHTS)


def _skill(draw: Draw) -> str:
    return draw.weighted(_TURN_WEIGHTS)


def single(draw: Draw, skill: str, level: str | None) -> Conversation:
    """One question, one answer: what evaluation asks."""
    return plain_chat([turn(draw, skill)], skill, level)


def styled(draw: Draw, level: str | None) -> Conversation:
    style, system = styles.style(draw)
    return _chat([turn(draw, draw.one(["small talk", "world"]))], "style", system, style, level)


def _chat(
    turns: list[Turn], skill: str, system: str | None, style: styles.Style, level: str | None
) -> Conversation:
    messages = [Message("system", system)] if system else []
    for number, t in enumerate(turns):
        last = number + 1 == len(turns)
        messages.append(Message("user", t.ask))
        reasoning = t.thought[level] if level and last else ""
        answer = style.change(t.full, t.brief)
        # Without room to think, some answers could only be guessed.
        learn = t.direct or bool(reasoning)
        messages.append(Message("assistant", answer, reasoning, learn=learn))
    return Conversation(skill, messages, level)


def plain_chat(turns: list[Turn], skill: str, level: str | None) -> Conversation:
    return _chat(turns, skill, None, styles.PLAIN, level)


def chat(draw: Draw) -> Conversation:
    level = effort(draw)
    style, system = styles.PLAIN, None
    if draw.chance(0.4):
        style, system = styles.style(draw)
    elif draw.chance(0.35):
        system = styles.plain(draw)
    count = draw.one([1, 1, 2, 3, 4, 6]) if level else draw.one([1, 2, 4, 6, 8])
    if style is not styles.PLAIN:
        skills = [draw.one(["small talk", "world", "addition", "refusal"]) for _ in range(count)]
    else:
        skills = [_skill(draw) for _ in range(count)]
    turns = [turn(draw, skill) for skill in skills]
    return _chat(turns, "chat", system, style, level)


def json_answer(draw: Draw, level: str | None) -> Conversation:
    messages: list[Message] = []
    ask, schema, answer = schemas.request(draw)
    thought = "The reply must be JSON with " + ", ".join(schema["properties"]) + "."
    messages += [Message("user", ask), Message("assistant", answer, thought if level else "")]
    return Conversation("json", messages, level, schema=schema)


def tool_session(draw: Draw, level: str | None, kinds: list[str]) -> Conversation:
    scenes = [tools.scene(draw, kind) for kind in kinds]
    needed = [name for scene in scenes for name in scene.tools]
    messages: list[Message] = []
    if draw.chance(0.4):
        messages.append(Message("system", styles.plain(draw)))
    for number, scene in enumerate(scenes):
        if number and draw.chance(0.15):  # not everything needs a tool
            t = turn(draw, draw.one(["small talk", "world"]))
            messages += [Message("user", t.ask), Message("assistant", t.full, t.thought["low"])]
        messages += scene.messages
    if level is None:
        for message in messages:
            message.reasoning = ""
    if level == "max":
        for message in messages:
            if message.calls:
                message.reasoning += "\nThe parameters are complete."
    return Conversation(scenes[-1].skill, messages, level, tools=tools.offer(draw, needed))


def _filler(draw: Draw, sentences: int) -> list[Message]:
    """Text that has nothing to do with the facts, as one long message or as small turns."""
    if draw.chance(0.5):
        ask = draw.say("[Here is a story.|Read this.|Listen to this.|A long story:] ")
        text = stories.story(draw, sentences=max(sentences, 3))
        return [Message("user", ask + text), Message("assistant", "A nice story.", learn=False)]
    messages: list[Message] = []
    while sentences > 0:
        t = turn(draw, draw.one(["small talk", "world", "story", "copying", "counting"]))
        messages += [Message("user", t.ask), Message("assistant", t.full)]
        sentences -= 5 if t.skill == "story" else 2
    return messages


def told(draw: Draw, keys: int) -> Conversation:
    """Facts, and a question in other words whose answer is the bare value. Nothing of it is trained."""
    found = recall.facts(draw, keys)
    glue = draw.one([" ", "\n"])
    lead = draw.say("[|Remember this: |Remember: |Note this: |Here are some facts: ]")
    ask, answer = found.questions[draw.number(0, keys - 1)]
    text = lead + glue.join(found.statements)
    messages: list[Message] = []
    if draw.chance(0.5):
        ask = text + glue + ask
    elif draw.chance(0.25):
        messages.append(Message("system", text))
    else:
        messages += [Message("user", text), Message("assistant", "Noted.")]
    messages += [Message("user", ask), Message("assistant", answer)]
    return Conversation("recall, told", messages, None)


# About how many sentences of filler surpass what stacked windows can carry.
FAR_SENTENCES = 28


def paired(
    draw: Draw, form: str, keys: int, sentences: int, questions: int, level: str | None
) -> Conversation:
    """Pairs, then `sentences` of filler, then questions, the last of which is the one scored."""
    found = pairs.pairs(draw, keys, form)
    lead = draw.say("[|Remember this:\n|Remember:\n|Note this:\n]")
    messages: list[Message] = []
    opening = ""
    if sentences == 0 and draw.chance(0.5):
        opening = lead + found.text + "\n"
    elif draw.chance(0.25):
        messages.append(Message("system", lead + found.text))
    else:
        messages += [Message("user", lead + found.text), Message("assistant", "Noted.")]
    if sentences:
        messages += _filler(draw, sentences)
    # Each key once before any comes again: what an answer quotes is near for the next question.
    asked: list[int] = []
    while len(asked) < questions:
        asked += draw.shuffled(range(keys))
    for number, which in enumerate(asked[:questions]):
        ask, answer = found.questions[which]
        thought = ""
        if level and number + 1 == questions:
            thought = pairs.thought(found.statements[which], level)
        messages += [Message("user", opening + ask), Message("assistant", answer, thought)]
        opening = ""
    distance = "near" if sentences == 0 else "far" if sentences >= FAR_SENTENCES else "middle"
    return Conversation(f"recall, {distance}", messages, level)


def casually(draw: Draw, ask: str, names: bool) -> str:
    """Without capitals, or only the first of them where there are names, and without what ends it."""
    text = ask[0].lower() + ask[1:] if names else ask.lower()
    return text.rstrip("?.!") if draw.chance(0.6) else text


def casual(draw: Draw, count: int, level: str | None) -> Conversation:
    skills = [draw.one(["small talk", "small talk", "world", "refusal"]) for _ in range(count)]
    turns = [turn(draw, skill) for skill in skills]
    for skill, t in zip(skills, turns):
        t.ask = casually(draw, t.ask, skill == "world")
    return plain_chat(turns, "casual typing", level)


def brief_casual(draw: Draw, count: int) -> Conversation:
    """Greetings and the like of a word or two, in small letters, as most chats begin."""
    turns: list[Turn] = []
    while len(turns) < count:
        t = turn(draw, "small talk")
        if len(t.ask) <= 12:
            t.ask = casually(draw, t.ask, names=False)
            turns.append(t)
    return plain_chat(turns, "casual typing", effort(draw, 0.3))
