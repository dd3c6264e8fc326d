"""The format of flow files, as types with every kind of step, and as JSON Schema.

The loader decodes YAML into these. ``do`` selects the kind of step (:mod:`ivr_agi.flow.steps`).
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ivr_agi.flow.file.model import Flow
from ivr_agi.flow.file.spec import Name, PromptSpec, schema_of_text
from ivr_agi.flow.steps import AnyStep

__all__ = ("FlowFile", "flow_schema")


class FlowFile(Flow, frozen=True, kw_only=True):
    """One flow file."""

    steps: Annotated[dict[Name, AnyStep], Meta(min_length=1)]
    """Every step by its name."""


def flow_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a flow file, for editors."""
    schema = msgspec.json.schema(FlowFile, schema_hook=schema_of_text)
    prompt = schema_of_text(PromptSpec)
    schema["$defs"]["Prompt"] = prompt
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ivr-agi call flow",
        **_refer(schema, prompt),
    }


def _refer(value: Any, prompt: dict[str, Any]) -> Any:
    """Replace every prompt by a reference to its definition."""
    if isinstance(value, dict):
        found = {}
        for key, item in value.items():
            if key == "Prompt":
                found[key] = item
            elif isinstance(item, dict) and item.get("title") == "Prompt":
                rest = {name: part for name, part in item.items() if name not in prompt}
                found[key] = {"$ref": "#/$defs/Prompt", **rest}
            else:
                found[key] = _refer(item, prompt)
        return found
    if isinstance(value, list):
        return [
            _refer(item, prompt) if item != prompt else {"$ref": "#/$defs/Prompt"} for item in value
        ]
    return value
