"""The tables of events against what the code records."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ivr_agi.journal.schema import EVENTS, FIELDS, JsonType, kept_in_secure
from tests.house.code import ROOT

WRITERS = {"note", "record", "_record"}
ADDED = {"note": {"step"}, "_record": {"position_ms"}}
"""What the function itself adds."""


def records() -> Iterator[tuple[Path, str, set[str]]]:
    """Each place that records an event under a name: the file, the event, names of its fields."""
    for file in sorted((ROOT / "ivr_agi").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0]
            if called in WRITERS and isinstance(first, ast.Constant):
                fields = {word.arg for word in node.keywords if word.arg}
                yield file, str(first.value), fields | ADDED.get(called, set())


def test_every_event_and_field_that_is_recorded_is_in_the_tables() -> None:
    """Else a secure step would not write it, and no page would have it."""
    found = list(records())
    assert len(found) > 40
    unknown = [
        f"{file.name}: {event} {sorted(fields)}"
        for file, event, fields in found
        if event not in EVENTS or not fields <= set(EVENTS[event].fields)
    ]
    assert unknown == []


def test_every_field_is_used() -> None:
    """By an event; and no event has a field without a meaning."""
    used = {field for kind in EVENTS.values() for field in kind.fields}
    assert used == set(FIELDS)


def test_what_a_secure_step_keeps() -> None:
    """Names, counts and times; of prompts only between the answer and the next question."""
    said = {"text": "Thank you.", "recording": "thanks"}
    assert kept_in_secure("prompt_started", said, prompts=False) == {}
    assert kept_in_secure("prompt_started", said, prompts=True) == said
    assert kept_in_secure("result", {"text": "four", "trace_id": "t"}, prompts=True) == {
        "trace_id": "t"
    }
    assert kept_in_secure("message", {"recording": "m", "step": "s"}, prompts=True) == {"step": "s"}
    assert kept_in_secure("unheard_of", {"step": "s"}, prompts=True) == {}


def test_types_are_those_of_json() -> None:
    """A reader may rely on them."""
    examples = {
        JsonType.TEXT: "x",
        JsonType.NUMBER: 1.5,
        JsonType.COUNT: 3,
        JsonType.MAPPING: {"a": 1},
    }
    for name, field in FIELDS.items():
        schema = msgspec.json.schema(type(examples[field.type]))
        assert schema["type"] == field.type.value, name
