"""Reads a flow file: YAML, types, references. Every fault is told with line and column.

PyYAML gives nodes with places, msgspec checks the plain data and names a fault by its path
(``$.steps[...].choices[0].key``); the path, walked through the nodes, is the place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from ivr_agi.errors import FlowError
from ivr_agi.flow.model import Flow, Hangup, Menu, Say, Step, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ("find_flow", "load_flow", "parse_flow")

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")

_Path = list[str | int]


class _Loader(yaml.SafeLoader):
    """YAML's safe loader with the booleans of YAML 1.2: ``no`` and ``yes`` are words here."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def find_flow(name: str, directory: Path) -> Path:
    """Return the file of the flow called ``name``.

    Raises:
        FlowError: The name is no name, or there is no such file; says which flows there are.
    """
    path = directory / f"{name}.yaml"
    if _NAME.fullmatch(name) and path.is_file():
        return path
    known = ", ".join(sorted(file.stem for file in directory.glob("*.yaml"))) or "none"
    raise FlowError(f"there is no flow {name!r} (flows here: {known})", path=str(directory))


def load_flow(path: Path) -> Flow:
    """Read and check a flow file.

    Raises:
        FlowError: It cannot be read or is wrong; carries line and column.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or "it is not UTF-8 text"
        raise FlowError(f"cannot read the flow: {reason}", path=str(path)) from exc
    return parse_flow(text, str(path))


def parse_flow(text: str, path: str = "flow") -> Flow:
    """Check the text of a flow file.

    Args:
        text: YAML.
        path: Name of the file, for errors.

    Raises:
        FlowError: It is wrong; carries line and column.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        reason = f"no YAML: {exc.problem or exc.context}"
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise FlowError(reason, path=path, line=line, column=column) from exc
    except yaml.YAMLError as exc:  # a control character, say
        raise FlowError(f"no YAML: {str(exc).splitlines()[0]}", path=path) from exc
    if node is None:
        raise FlowError("the flow is empty: it needs start and steps", path=path)
    try:
        flow = msgspec.convert(data, Flow)
    except msgspec.ValidationError as exc:
        reason, place = _explain(str(exc), data)
        raise _error(reason, path, node, place) from exc
    for reason, place in _find_faults(flow):
        raise _error(reason, path, node, place)
    return flow


def _find_faults(flow: Flow) -> Iterator[tuple[str, _Path]]:
    """Yield what types cannot say: each fault with its place."""
    if flow.start not in flow.steps:
        yield f"there is no step {flow.start!r}", ["start"]
    for name, step in flow.steps.items():
        for target, place in _targets(step):
            if target not in flow.steps:
                yield f"there is no step {target!r}", ["steps", name, *place]
        if isinstance(step, Menu):
            for reason, place in _find_menu_faults(step):
                yield reason, ["steps", name, *place]


def _targets(step: Step) -> Iterator[tuple[str, _Path]]:
    match step:
        case Say():
            yield step.go, ["go"]
        case Menu():
            for number, choice in enumerate(step.choices):
                yield choice.go, ["choices", number, "go"]
            yield step.no_input.go, ["no_input", "go"]
            yield step.no_match.go, ["no_match", "go"]
        case Transfer() | Hangup():
            pass


def _find_menu_faults(menu: Menu) -> Iterator[tuple[str, _Path]]:
    seen: dict[str, int] = {}
    for number, choice in enumerate(menu.choices):
        if not choice.words and choice.key is None:
            yield "a choice needs words or a key", ["choices", number]
        said = [*(word.casefold() for word in choice.words), *filter(None, [choice.key])]
        for item in said:
            if seen.setdefault(item, number) != number:
                yield (
                    f"{item!r} is in choice {seen[item] + 1} too",
                    ["choices", number],
                )


def _explain(message: str, data: Any) -> tuple[str, _Path]:
    """Turn msgspec's ``reason - at `$.path``` into a reason and a path."""
    reason, _, text = message.partition(" - at `$")
    place: _Path = []
    where: Any = data
    for name, index, entry in re.findall(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])", text):
        if entry:  # msgspec does not say which entry of a mapping: the first one that is wrong
            name = _first_wrong_entry(where)
        part: str | int = int(index) if index else name
        place.append(part)
        where = where[part] if where else None
    if unknown := re.search(r"unknown field `(.+)`", reason):
        return f"unknown key {unknown[1]!r}", [*place, unknown[1]]
    if missing := re.search(r"missing required field `(.+)`", reason):
        return f"the key {missing[1]!r} is missing", place
    return reason[0].lower() + reason[1:], place


def _first_wrong_entry(steps: dict[str, Any]) -> str:
    for name, step in steps.items():
        try:
            msgspec.convert({"start": "x", "steps": {name: step}}, Flow)
        except msgspec.ValidationError:
            return name
    return next(iter(steps))


def _error(reason: str, path: str, node: yaml.Node, place: _Path) -> FlowError:
    """Build the error for a place, walking the nodes as far as they go."""
    mark = node.start_mark
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if pair is None:
                break
            mark, node = pair[0].start_mark, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            mark = node.start_mark
        else:
            break
    key = ".".join(str(part) for part in place)
    return FlowError(reason, path=path, line=mark.line + 1, column=mark.column + 1, key=key)
