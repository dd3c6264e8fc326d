"""Reads flow files: YAML, types, references. Errors carry line and column.

PyYAML gives nodes with places, msgspec checks the plain data and names a fault by its path
(``$.steps[...].choices[0].key``); the path, walked through the nodes, is the place.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.head import SharedDefaults
from ivr_agi.flow.file.model import Flow, Program
from ivr_agi.flow.file.spec import decode_text, schema_of_text
from ivr_agi.flow.load.faults import find_faults
from ivr_agi.flow.load.schema import FlowFile, convert
from ivr_agi.flow.steps.subflow import CallStep
from ivr_agi.wording import FieldPath, explain, yaml_in_plain_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = (
    "INSTALLATION",
    "MAX_SHOWN",
    "find_flow",
    "load_flow",
    "load_installation",
    "load_program",
    "load_yaml_as",
    "parse_flow",
    "parse_nodes",
    "place_error",
    "refusing",
)

INSTALLATION = "_defaults.yaml"
"""Defaults for all flows of a folder."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
"""A flow's name may come from the caller (``${EXTEN}``): no longer than a file's name may be."""
_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_SHOWN = 60
"""Characters of a wrong name that are repeated."""
MAX_CHARACTERS = 2_000_000
"""Longest file."""
MAX_VALUES = 200_000
"""Values in a file, with all that its aliases stand for: nine aliases of nine aliases of ... are
more than any memory holds."""


_KINDS = {"timestamp": "date", "int": "whole number", "float": "number"}
"""What YAML's tags mean."""


class _Loader(yaml.SafeLoader):
    """YAML's safe loader with the booleans of YAML 1.2: ``no`` and ``yes`` are strings.

    A key that is there twice is an error: YAML itself would take the last one, without a word.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    problem = f"the key {key.value!r} is there twice"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (yaml.YAMLError, RecursionError):
            raise
        except Exception as exc:  # what looks like a date, a number, and is none
            kind = node.tag.rpartition(":")[2]
            value = str(node.value)[:40]
            problem = f"{value!r} is no {_KINDS.get(kind, kind)}; a text needs quotes"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from exc


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
    shown = name if len(name) <= MAX_SHOWN else f"{name[:MAX_SHOWN]}..."
    known = (
        ", ".join(
            sorted(file.stem for file in directory.glob("*.yaml") if file.name != INSTALLATION)
        )
        or "none"
    )
    raise FlowError(f"there is no flow {shown!r} (flows here: {known})", path=str(directory))


def load_flow(path: Path) -> Flow:
    """Read and check a flow file, with the installation's defaults beside it.

    Raises:
        FlowError: It cannot be read or is wrong; carries line and column.
    """
    return parse_flow(_read(path), str(path), load_installation(path.parent))


@contextlib.contextmanager
def refusing(path: str) -> Iterator[None]:
    """Let whatever a file can raise be a refused file: the outermost frame of flow files.

    Raises:
        FlowError: In place of any other exception.
    """
    try:
        yield
    except FlowError:
        raise
    except RecursionError as exc:
        raise FlowError("nested too deeply", path=path) from exc
    except Exception as exc:
        raise FlowError(f"cannot be read: {_one_line(exc)}", path=path) from exc


def _one_line(exc: Exception) -> str:
    """Return an error's type and text, short."""
    text = " ".join(str(exc).split())
    return f"{type(exc).__name__}: {text if len(text) <= 160 else text[:157] + '...'}"


def load_program(path: Path) -> Program:
    """Read and check a flow and every flow that it calls.

    Raises:
        FlowError: One of them cannot be read or is wrong; carries line and column.
    """
    flows: dict[str, Flow] = {}
    digest = hashlib.sha256()
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file.stem in flows:
            continue
        digest.update(_read(file).encode())
        flow = flows[file.stem] = load_flow(file)
        for name, step in flow.steps.items():
            if isinstance(step, CallStep):
                waiting.append(_find_called(file, name, step))
    defaults = path.parent / INSTALLATION
    digest.update(_read(defaults).encode() if defaults.is_file() else b"")
    return Program(path.stem, flows, digest.hexdigest()[:12])


def load_installation(directory: Path) -> SharedDefaults:
    """Read ``_defaults.yaml``; without one, return the built-in defaults.

    Raises:
        FlowError: It is wrong; carries line and column.
    """
    path = directory / INSTALLATION
    if not path.is_file():
        return SharedDefaults()
    with refusing(str(path)):
        node, data = _load_yaml(_read(path), str(path))
        installation: SharedDefaults = _convert(data, SharedDefaults, str(path), node)
        return installation


def parse_flow(text: str, path: str = "flow", installation: SharedDefaults | None = None) -> Flow:
    """Check the text of a flow file.

    Args:
        text: YAML.
        path: Name of the file, for errors.
        installation: What flows do not say themselves.

    Raises:
        FlowError: It is wrong; carries line and column.
    """
    with refusing(path):
        node, data = _load_yaml(text, path)
        if node is None:
            reason = "the flow is empty: it needs start and steps"
            raise FlowError(reason, path=path, line=1, column=1)
        flow: Flow = _convert(data, FlowFile, path, node)
        flow = flow.with_installation(installation or SharedDefaults())
        for reason, place in find_faults(flow):
            raise place_error(reason, path, node, place)
        return flow


def load_yaml_as(path: Path, kind: type[Any]) -> Any:
    """Read another kind of YAML file (conversation tests), with the same errors.

    Raises:
        FlowError: It cannot be read or is wrong; carries line and column.
    """
    with refusing(str(path)):
        node, data = _load_yaml(_read(path), str(path))
        return _convert(data, kind, str(path), node)


def parse_nodes(text: str) -> yaml.Node | None:
    """Return the YAML nodes of a valid file, to locate warnings."""
    return _Loader(text).get_single_node()


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or "it is not UTF-8 text"
        raise FlowError(f"cannot read the flow: {reason}", path=str(path)) from exc
    if len(text) > MAX_CHARACTERS:
        raise FlowError(f"has more than {MAX_CHARACTERS} characters", path=str(path))
    return text


def _find_called(file: Path, name: str, step: CallStep) -> Path:
    called = file.with_name(f"{step.flow}.yaml")
    if called.is_file():
        return called
    node = parse_nodes(_read(file))
    assert node is not None  # it has been read before
    raise place_error(
        f"there is no flow {step.flow!r} beside this one", str(file), node, ["steps", name, "flow"]
    )


def _load_yaml(text: str, path: str) -> tuple[yaml.Node | None, Any]:
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None, None
        _check_nodes(node)
        return node, loader.construct_document(node)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        reason = yaml_in_plain_words(str(exc.problem or exc.context))
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise FlowError(reason, path=path, line=line, column=column) from exc
    except RecursionError as exc:
        raise FlowError("no YAML: nested too deeply", path=path) from exc
    except yaml.YAMLError as exc:  # e.g. a control character
        raise FlowError(f"no YAML: {str(exc).splitlines()[0]}", path=path) from exc


def _check_nodes(root: yaml.Node) -> None:
    """Count values as often as they are read, not as often as they are written; look at texts.

    Raises:
        yaml.MarkedYAMLError: There are too many, or one cannot be written as UTF-8.
    """
    waiting, n_values = [root], 0
    while waiting:
        node = waiting.pop()
        n_values += 1
        if n_values > MAX_VALUES:
            problem = f"more than {MAX_VALUES} values, those that aliases (*) stand for included"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        if isinstance(node, yaml.ScalarNode) and _SURROGATE.search(node.value):
            problem = "no character: half of a pair of \\u codes; write the character itself"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting.extend(part for pair in node.value for part in pair)


def _convert(data: Any, kind: type[Any], path: str, node: yaml.Node | None) -> Any:
    try:
        return convert(data, kind)
    except msgspec.ValidationError as exc:
        reason, place = explain(exc, data, kind, dec_hook=decode_text, schema_hook=schema_of_text)
        if node is None:
            raise FlowError(reason, path=path) from exc
        raise place_error(reason, path, node, place) from exc


def place_error(reason: str, path: str, node: yaml.Node, place: FieldPath) -> FlowError:
    """Return an error with the position of a path, or of its deepest part that exists."""
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
