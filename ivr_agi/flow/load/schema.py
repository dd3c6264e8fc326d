"""The format of flow files, as types with every kind of step, and as JSON Schema.

The loader decodes YAML into these. ``do`` selects the kind of step (:mod:`ivr_agi.flow.steps`).
"""

from __future__ import annotations

import functools
import logging
import operator
from typing import TYPE_CHECKING, Annotated, Any, get_args

import msgspec
from msgspec import Meta

from ivr_agi.errors import ConfigError
from ivr_agi.flow.file.model import Flow
from ivr_agi.flow.file.spec import Name, PromptSpec, schema_of_text
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.steps import AnyStep
from ivr_agi.plugins import find_plugin, plugin_names

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("FlowFile", "added_verbs", "find_step", "flow_file_with", "flow_schema")

_log = logging.getLogger("ivr_agi.flow")

STEPS = "ivr_agi.steps"
"""The group of entry points: kinds of steps that other packages add."""
_OURS = frozenset(step.__struct_config__.tag for step in get_args(AnyStep))


class FlowFile(Flow, frozen=True, kw_only=True):
    """One flow file."""

    steps: Annotated[dict[Name, AnyStep], Meta(min_length=1)]
    """Every step by its name."""


def added_verbs(data: Any) -> dict[str, str]:
    """Return the steps of a file, unchecked, whose ``do`` is no verb of ours: step to verb."""
    steps = data.get("steps") if isinstance(data, dict) else None
    found = {}
    for name, step in steps.items() if isinstance(steps, dict) else ():
        verb = step.get("do") if isinstance(step, dict) else None
        if isinstance(verb, str) and verb not in _OURS:
            found[str(name)] = verb
    return found


def find_step(verb: str) -> type[StepSpec] | None:
    """Return the kind of step that another package adds; None if there is none of that name.

    Raises:
        ConfigError: The package is broken.
    """
    found: type[StepSpec] | None = find_plugin(STEPS, verb, StepSpec)
    if found is not None and found.__struct_config__.tag != verb:
        tag = found.__struct_config__.tag
        reason = f"{verb!r} is no step of that verb: {found.__name__} has tag={tag!r}"
        raise ConfigError(reason, key=STEPS)
    return found


def flow_file_with(kinds: Iterable[type[StepSpec]]) -> type[Flow]:
    """Return the type of flow files that have further kinds of steps, too."""
    added = frozenset(kinds)
    return _widened(added) if added else FlowFile


@functools.cache
def _widened(added: frozenset[type[StepSpec]]) -> type[Flow]:
    steps: Any = functools.reduce(operator.or_, added, AnyStep)
    kind: Any = msgspec.defstruct(
        "FlowFile",
        [("steps", Annotated[dict[Name, steps], Meta(min_length=1)])],
        bases=(Flow,),
        frozen=True,
        kw_only=True,
    )
    return kind  # type: ignore[no-any-return]  # made of Flow


def _all_added() -> list[type[StepSpec]]:
    found = []
    for verb in plugin_names(STEPS):
        try:
            kind = find_step(verb)
        except ConfigError as exc:
            _log.error("%s", exc)
        else:
            assert kind is not None  # its name is known
            found.append(kind)
    return found


def flow_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a flow file, for editors."""
    kind = flow_file_with(_all_added())
    schema = msgspec.json.schema(kind, schema_hook=schema_of_text)
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
