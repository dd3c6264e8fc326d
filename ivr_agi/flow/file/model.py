"""A call flow as types: what a flow file may say. Core, no I/O.

The loader turns YAML into these; the engine runs them. A step is told by its ``do``
(:mod:`ivr_agi.flow.steps`). Names are VoiceXML's where it has one (``no_input``, ``no_match``,
``timeout``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args

import msgspec
from msgspec import Meta

from ivr_agi.flow.file.hours import Hours
from ivr_agi.flow.file.spec import Name, PromptSpec, Spec, StepName, decode_text, schema_of_text
from ivr_agi.flow.file.step import (
    Attempts,
    Choice,
    Defaults,
    InputSpec,
    Key,
    StepSpec,
    Words,
    words_in,
)
from ivr_agi.flow.steps import Hangup, Menu, Say, Step, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = (
    "Attempts",
    "CallLimits",
    "Choice",
    "Defaults",
    "Flow",
    "GlobalCommand",
    "Hangup",
    "InputSpec",
    "Menu",
    "Program",
    "Say",
    "SharedDefaults",
    "StepSpec",
    "Transfer",
    "convert",
    "flow_schema",
    "keys_at",
    "verb_names",
)

_Language = Annotated[str, Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]


class GlobalCommand(Spec, frozen=True, kw_only=True):
    """Words or a key that are taken in every step that listens.

    ``help``, ``repeat`` and ``back`` do what they are called, ``operator`` goes to ``go``; other
    names go to ``go``, or change the language.
    """

    words: Words | None = None
    """What is said for it; ``help``, ``repeat``, ``back``, ``operator`` have words of their own."""
    key: Key | None = None
    """The key for it; a step's own keys go before it."""
    go: StepName | None = None
    """The step to go to."""
    prompt: PromptSpec | None = None
    """Said at ``help`` where the step has no help of its own."""
    language: _Language | None = None
    """Change to this language and ask again."""

    def words_in(self, name: str, language: str) -> list[str]:
        """Return its words in a language."""
        from ivr_agi.flow.run.phrases import command_words

        return (
            command_words(name, language) if self.words is None else words_in(self.words, language)
        )


class CallLimits(Spec, frozen=True, kw_only=True):
    """What one call may cost; all steps together."""

    no_input: Annotated[int, Meta(ge=1)] = 8
    """Times of silence."""
    no_match: Annotated[int, Meta(ge=1)] = 8
    """Times of not being understood."""
    turns: Annotated[int, Meta(ge=1, le=1000)] = 200
    """Questions asked."""
    go: StepName | None = None
    """The step to go to at a limit; else the step's own exit (for turns: ``FAILED``)."""


class SharedDefaults(Spec, frozen=True, kw_only=True):
    """``_defaults.yaml`` beside the flows: what flows do not say themselves."""

    defaults: Defaults = Defaults()
    """For every step of every flow."""
    commands: dict[Name, GlobalCommand] = {}
    """In every flow; the flow's own of the same name go before them."""


class Flow(Spec, frozen=True, kw_only=True):
    """One flow file."""

    start: StepName
    """The first step."""
    steps: Annotated[dict[Name, Step], Meta(min_length=1)]
    """Every step by its name."""
    languages: list[_Language] = []
    """The languages that prompts and words are written in; the first is the call's at the start."""
    defaults: Defaults = Defaults()
    """What steps do not say themselves."""
    commands: dict[Name, GlobalCommand] = {}
    """Global commands."""
    hours: dict[Name, Hours] = {}
    """Opening hours by name, for the steps ``do: hours``."""
    variables: dict[Name, Any] = {}
    """Variables at the start; texts are taken as they are."""
    limits: CallLimits = CallLimits()
    """What one call may cost."""

    def with_installation(self, installation: SharedDefaults) -> Flow:
        """Return the flow with the installation's defaults below its own."""
        return msgspec.structs.replace(
            self,
            defaults=self.defaults.over(installation.defaults),
            commands={**installation.commands, **self.commands},
        )

    def inputs(self) -> Iterator[tuple[str, InputSpec]]:
        """Yield each step that takes input, with its name."""
        for name, step in self.steps.items():
            if isinstance(step, InputSpec):
                yield name, step


@dataclass(frozen=True)
class Program:
    """A flow with the flows that it calls: what a call runs, from its begin to its end."""

    main: str
    """Name of the first flow."""
    flows: Mapping[str, Flow]
    """Every flow by its name."""
    version: str = ""
    """Digest of the files, for ``IVR_FLOW_VERSION``."""

    @classmethod
    def of(cls, flow: Flow, name: str = "main") -> Program:
        """Return the program of one flow that calls no other."""
        return cls(name, {name: flow})


def flow_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a flow file, for editors."""
    schema = msgspec.json.schema(Flow, schema_hook=schema_of_text)
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
    """Return the keys that a mapping of a file may have.

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
    return list(dict.fromkeys(key for node in nodes for key in node.get("properties", {})))


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


_VERBS: dict[str, type[Any]] = {kind.__struct_config__.tag: kind for kind in get_args(Step)}


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
