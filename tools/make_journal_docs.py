"""Writes ``docs/journal.md``'s tables and ``docs/journal.schema.json`` from the journal's schema.

Run it after a change of :mod:`ivr_agi.journal.schema`: ``python -m tools.make_journal_docs``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ivr_agi.journal.schema import EVENTS, FIELDS, FORMAT_VERSION

__all__ = ("json_schema", "main", "page", "tables")

DOCS = Path(__file__).parents[1] / "docs"
BEGIN = "<!-- made by python -m tools.make_journal_docs -->"
END = "<!-- end -->"


def tables() -> str:
    """Return the two tables of the page: events, and their fields."""
    lines = ["| event | data | when |", "|---|---|---|"]
    for name, kind in EVENTS.items():
        fields = ", ".join(f"`{field}`" for field in kind.fields)
        lines.append(f"| `{name}` | {fields} | {kind.about} |")
    lines += ["", "| field | type | meaning | in a secure step |", "|---|---|---|---|"]
    for name, field in FIELDS.items():
        kept = "left out" if field.is_callers else "kept"
        if field.is_said:
            kept = "left out, but for prompts after the answer"
        lines.append(f"| `{name}` | {field.type.value} | {field.about} | {kept} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """Return a page with the tables of now between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def json_schema() -> str:
    """Return the JSON Schema of a line."""
    line: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of ivr-agi's journal",
        "type": "object",
        "required": ["v", "at_s", "event"],
        "additionalProperties": False,
        "properties": {
            "v": {"const": FORMAT_VERSION},
            "at_s": {"type": "number", "description": "the machine's monotonic clock, seconds"},
            "event": {"enum": list(EVENTS)},
            "call": {"type": "string", "description": "Asterisk's unique id of the call"},
            "time": {"type": "number", "description": "seconds since 1970"},
            "data": {"type": "object"},
        },
        "allOf": [
            {
                "if": {"properties": {"event": {"const": name}}},
                "then": {
                    "properties": {
                        "data": {
                            "additionalProperties": False,
                            "properties": {
                                field: {
                                    "type": FIELDS[field].type.value,
                                    "description": FIELDS[field].about,
                                }
                                for field in kind.fields
                            },
                        }
                    }
                },
            }
            for name, kind in EVENTS.items()
        ],
    }
    return json.dumps(line, indent=1) + "\n"


def main() -> None:
    """Write both files."""
    file = DOCS / "journal.md"
    file.write_text(page(file.read_text(encoding="utf-8")), encoding="utf-8")
    (DOCS / "journal.schema.json").write_text(json_schema(), encoding="utf-8")


if __name__ == "__main__":
    main()
