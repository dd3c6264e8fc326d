"""What a flow file may say, as types with every kind of step, and as JSON Schema.

The loader turns YAML into these. A step is told by its ``do`` (:mod:`ivr_agi.flow.steps`).
"""

from __future__ import annotations

from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

from ivr_agi.flow.file.model import Flow
from ivr_agi.flow.file.spec import Name, PromptSpec, decode_text, schema_of_text
from ivr_agi.flow.steps import AnyStep

__all__ = ("FlowFile", "convert", "flow_schema", "keys_at", "verb_names")


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


def convert(data: Any, kind: type[Any]) -> Any:
    """Turn plain data into one of these types.

    Raises:
        msgspec.ValidationError: It is wrong; the message says where.
    """
    return msgspec.convert(data, kind, dec_hook=decode_text)


def verb_names() -> list[str]:
    """Return every ``do`` there is."""
    return sorted(_VERBS)


def keys_at(kind: type[Any], data: Any, place: list[str | int]) -> list[str]:
    """Return the keys that a mapping of a file may have, those that it must have first.

    Args:
        kind: What the file is.
        data: What is in it.
        place: Keys and indices on the way to the mapping.
    """
    schema = msgspec.json.schema(kind, schema_hook=schema_of_text)
    nodes = [schema]
    for part in [*place, None]:
        nodes = [found for node in nodes for found in _resolve(node, schema["$defs"], data)]
        if part is None:
            break
        nodes = [found for node in nodes for found in _below(node, part)]
        data = data[part]
    keys = (
        key for what in ("required", "properties") for node in nodes for key in node.get(what, ())
    )
    return list(dict.fromkeys(keys))


def _resolve(node: dict[str, Any], definitions: dict[str, Any], data: Any) -> list[dict[str, Any]]:
    """Follow references, into the step that the data is where there are several."""
    if "$ref" in node:
        return _resolve(definitions[node["$ref"].rpartition("/")[2]], definitions, data)
    verbs = node.get("discriminator", {}).get("mapping", {})
    if verbs and isinstance(data, dict):
        reference = verbs.get(data.get("do"))
        return _resolve({"$ref": reference}, definitions, data) if reference else []
    ways = node.get("anyOf", [])
    return [node, *(found for way in ways for found in _resolve(way, definitions, data))]


def _below(node: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    """Return what may stand at a key or index."""
    if isinstance(part, int):
        inner = node.get("items")
    else:
        inner = node.get("properties", {}).get(part) or node.get("additionalProperties")
    return [inner] if isinstance(inner, dict) else []


_VERBS: dict[str, type[Any]] = {kind.__struct_config__.tag: kind for kind in get_args(AnyStep)}


def _refer(value: Any, prompt: dict[str, Any]) -> Any:
    """Write every prompt as a reference to the one definition of it."""
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
