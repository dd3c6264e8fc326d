"""The format of flow files, as types and as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ivr_agi.flow.file.spec import StepName, decode_text
from ivr_agi.flow.load.schema import FlowFile, flow_schema
from ivr_agi.flow.steps.dialplan import HangupStep


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a schema."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from objects(item)


def test_a_prompt_is_described_once() -> None:
    """Everywhere else is a reference to it."""
    schema = flow_schema()
    titled = [found for found in objects(schema) if found.get("title") == "Prompt"]
    assert titled == [schema["$defs"]["Prompt"]]


def test_references_lead_somewhere() -> None:
    """Each ``$ref`` is one of the definitions."""
    schema = flow_schema()
    references = {found["$ref"] for found in objects(schema) if "$ref" in found}
    assert "#/$defs/Prompt" in references
    assert references <= {f"#/$defs/{name}" for name in schema["$defs"]}


def test_every_kind_of_step_is_in_it() -> None:
    """By its ``do``, so that editors know what belongs to it."""
    kinds = [found["properties"]["do"]["enum"] for found in objects(flow_schema())
             if "do" in found.get("properties", {})]  # fmt: skip
    assert {"menu", "ask", "say", "http", "transfer", "hangup"} <= {kind for [kind] in kinds}


def test_do_selects_the_kind() -> None:
    """Plain data become steps."""
    data = {"start": "a", "steps": {"a": {"do": "hangup"}}}
    flow = msgspec.convert(data, FlowFile, dec_hook=decode_text)
    assert flow.steps == {StepName("a"): HangupStep()}


def test_a_flow_has_a_step() -> None:
    """The message says where one is missing."""
    with pytest.raises(msgspec.ValidationError, match=r"\$\.steps"):
        msgspec.convert({"start": "a", "steps": {}}, FlowFile, dec_hook=decode_text)
