"""Conversations as the exact text that the engine's text layer renders, with the parts to learn.

A subset of the V4 template: what the corpus uses. check_rendering.py holds it to `ds4 render`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

BEGIN = "<｜begin▁of▁sentence｜>"
END = "<｜end▁of▁sentence｜>"
USER = "<｜User｜>"
ASSISTANT = "<｜Assistant｜>"
THINK, THINK_END = "<think>", "</think>"
DSML = "｜DSML｜"

_HIGH = (
    "Reasoning Effort: Absolute maximum with no shortcuts permitted.\n"
    "You MUST be very thorough in your thinking and comprehensively decompose the problem to "
    "resolve the root cause, rigorously stress-testing your logic against all potential paths, "
    "edge cases, and adversarial scenarios.\n"
    "Explicitly write out your entire deliberation process, documenting every intermediate step, "
    "considered alternative, and rejected hypothesis to ensure absolutely no assumption is left "
    "unchecked.\n\n"
)
_MAX = (
    "Reasoning Effort: Beyond maximum — exhaustive, relentless, and uncompromising.\n"
    "You MUST reason with the utmost depth and rigor, leaving absolutely nothing to chance: "
    "exhaustively decompose the problem into its most fundamental components, trace every causal "
    "chain to its root, and resolve the underlying cause rather than any surface symptom.\n"
    "Do not stop reasoning until you have independently verified the solution from multiple angles "
    "and are certain that no assumption remains unchecked and no error remains undiscovered.\n\n"
)
EFFORT_TEXT = {"low": "", "high": _HIGH, "max": _MAX}

_TOOLS = f"""## Tools

You have access to a set of tools to help answer the user's question. You can invoke tools by writing a "<{DSML}tool_calls>" block like the following:

<{DSML}tool_calls>
<{DSML}invoke name="$TOOL_NAME">
<{DSML}parameter name="$PARAMETER_NAME" string="true|false">$PARAMETER_VALUE</{DSML}parameter>
...
</{DSML}invoke>
<{DSML}invoke name="$TOOL_NAME2">
...
</{DSML}invoke>
</{DSML}tool_calls>

String parameters should be specified as is and set `string="true"`. For all other types (numbers, booleans, arrays, objects), pass the value in JSON format and set `string="false"`.

If thinking_mode is enabled (triggered by <think>), you MUST output your complete reasoning inside <think>...</think> BEFORE any tool calls or final response.

Otherwise, output directly after </think> with tool calls or final response.

### Available Tool Schemas

@SCHEMAS@

You MUST strictly follow the above defined tool name and parameter schemas to invoke tool calls.
"""


@dataclass
class Call:
    name: str
    arguments: dict[str, Any]


@dataclass
class Message:
    role: str  # system, user, assistant or tool
    content: str = ""
    reasoning: str = ""
    calls: list[Call] = field(default_factory=list)
    learn: bool = True  # of an assistant's message: train on it
    answers: int = 0  # of a tool's message: which of the calls before it this answers


@dataclass
class Conversation:
    skill: str
    messages: list[Message]
    effort: str | None = None  # None: no thinking
    tools: list[dict] = field(default_factory=list)
    schema: dict | None = None


def dump_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _calls_block(calls: list[Call]) -> str:
    lines = [f"<{DSML}tool_calls>"]
    for call in calls:
        lines.append(f'<{DSML}invoke name="{call.name}">')
        parameters = []
        for key, value in call.arguments.items():
            is_text = isinstance(value, str)
            text = value if is_text else dump_json(value)
            flag = "true" if is_text else "false"
            parameters.append(
                f'<{DSML}parameter name="{key}" string="{flag}">{text}</{DSML}parameter>'
            )
        lines.append("\n".join(parameters))
        lines.append(f"</{DSML}invoke>")
    lines.append(f"</{DSML}tool_calls>")
    return "\n".join(lines)


def _system_text(conversation: Conversation, content: str) -> str:
    if conversation.tools:
        schemas = "\n".join(dump_json(tool) for tool in conversation.tools)
        content += "\n\n" + _TOOLS.replace("@SCHEMAS@", schemas)
    if conversation.schema is not None:
        content += (
            "\n\n## Response Format:\n\n"
            "You MUST strictly adhere to the following schema to reply:\n"
        ) + dump_json(conversation.schema)
    return content


@dataclass
class Part:
    text: str
    learned: bool
    message: int  # index into the conversation, -1 for what belongs to none


def render(conversation: Conversation) -> list[Part]:
    """The whole text in parts; what an assistant wrote, up to the end mark, is to be learned."""
    messages = list(conversation.messages)
    if (conversation.tools or conversation.schema) and messages[0].role != "system":
        messages.insert(0, Message("system"))
    shift = len(messages) - len(conversation.messages)
    thinking = conversation.effort is not None
    keep_reasoning = bool(conversation.tools)
    last_user = max((i for i, m in enumerate(messages) if m.role in ("user", "tool")), default=-1)

    parts = [Part(BEGIN + EFFORT_TEXT[conversation.effort or "low"], False, -1)]
    for i, message in enumerate(messages):
        # Consecutive turns of users and tools are one turn.
        joined = i > 0 and messages[i - 1].role in ("user", "tool")
        at = i - shift
        if message.role == "system":
            parts.append(Part(_system_text(conversation, message.content), False, at))
        elif message.role in ("user", "tool"):
            text = message.content
            if message.role == "tool":
                text = "<tool_result>" + text.replace("</tool_result>", "&lt;/tool_result>")
                text += "</tool_result>"
            parts.append(Part(("\n\n" if joined else USER) + text, False, at))
            if i + 1 == len(messages) or messages[i + 1].role == "assistant":
                opens = thinking and (keep_reasoning or i >= last_user)
                parts.append(Part(ASSISTANT + (THINK if opens else THINK_END), False, at))
        else:
            shown = thinking and (keep_reasoning or i > last_user)
            text = message.reasoning + THINK_END if shown else ""
            text += message.content
            if message.calls:
                text += "\n\n" + _calls_block(message.calls)
            parts.append(Part(text + END, message.learn, at))
    return parts


def render_text(conversation: Conversation) -> str:
    return "".join(part.text for part in render(conversation))


def as_request(conversation: Conversation) -> dict:
    """The same conversation as `ds4 render` reads it. A last message of an assistant counts as one
    to be continued, so that its end mark is missing."""
    messages: list[dict] = []
    ids: list[str] = []
    for number, message in enumerate(conversation.messages):
        entry: dict = {"role": message.role, "content": message.content}
        if message.role == "assistant":
            entry["reasoning_content"] = message.reasoning
            if number + 1 == len(conversation.messages):
                entry["prefix"] = True
            if message.calls:
                ids = [f"call_{number}_{k}" for k in range(len(message.calls))]
                entry["tool_calls"] = [
                    {
                        "id": id,
                        "type": "function",
                        "function": {"name": call.name, "arguments": dump_json(call.arguments)},
                    }
                    for id, call in zip(ids, message.calls)
                ]
        if message.role == "tool":
            entry["tool_call_id"] = ids[message.answers]
        messages.append(entry)
    request: dict = {"messages": messages, "options": {}}
    if conversation.effort is None:
        request["options"]["thinking_mode"] = "chat"
    else:
        request["options"]["thinking_mode"] = "thinking"
        request["options"]["reasoning_effort"] = conversation.effort
    if conversation.tools:
        request["tools"] = [{"type": "function", "function": t} for t in conversation.tools]
    if conversation.schema is not None:
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": conversation.schema},
        }
    return request
