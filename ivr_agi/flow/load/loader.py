"""Reads flow files: YAML, types, references. Errors carry line and column.

PyYAML gives nodes with places, msgspec checks the plain data and names a fault by its path
(``$.steps[...].choices[0].key``); the path, walked through the nodes, is the place.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from typing import TYPE_CHECKING, Any

import yaml

from ivr_agi.errors import ConfigError, FlowError, gather
from ivr_agi.flow.file.head import SharedDefaults
from ivr_agi.flow.file.model import Flow, Program
from ivr_agi.flow.file.spec import decode_text, schema_of_text
from ivr_agi.flow.load.faults import find_faults
from ivr_agi.flow.load.schema import FlowFile, added_verbs, find_step, flow_file_with
from ivr_agi.flow.steps.subflow import CallStep
from ivr_agi.mistakes import convert_all
from ivr_agi.textfile import read_text_file
from ivr_agi.wording import (
    FieldPath,
    hint_of_line,
    hint_of_value,
    suggest,
    yaml_in_plain_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ivr_agi.flow.file.step import StepSpec

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
_SUFFIXES = (".yaml", ".yml")
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

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.problems: list[tuple[str, yaml.Mark]] = []
        """What is wrong with values that could be read otherwise, and where."""
        self.has_twins = False
        """A key is there twice: nobody knows which names there should be."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    problem = f"the key {key.value!r} is there twice"
                    self.problems.append((problem, key.start_mark))
                    self.has_twins = True
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
            if not isinstance(node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from exc
            self.problems.append((problem, node.start_mark))
            return value


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
    raise FlowError(f"there is no flow {shown!r}{_meant(name, directory)}", path=str(directory))


def _meant(name: str, directory: Path) -> str:
    """Say which flow was probably meant, or which ones there are."""
    plain = name[:MAX_SHOWN].rpartition("/")[2]
    plain = re.sub(r"\.ya?ml$", "", plain, flags=re.IGNORECASE).strip()
    for file in directory.glob("*.[yY]*"):
        if file.suffix != ".yaml" and file.suffix.lower() in _SUFFIXES and file.stem == plain:
            return f": there is {file.name}, and the name of a flow's file ends in .yaml"
    known = [file.stem for file in directory.glob("*.yaml") if file.name != INSTALLATION]
    if not known:
        return " (flows here: none)"
    close = suggest(plain, sorted(known))
    meant = f"; {close}" if close.startswith("did") else ""
    return f"{meant} (flows here: {', '.join(sorted(known))})"


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
        waiting += _find_called(file, flow)
        for step in flow.steps.values():
            step.prepare(flow.languages)
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
        draft = _Draft(_read(path), str(path), SharedDefaults)
        draft.refuse_mistakes()
        installation: SharedDefaults = draft.found.value
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
        draft = _Draft(text, path, FlowFile)
        if draft.node is None:
            reason = "the flow is empty: it needs start and steps"
            raise FlowError(reason, path=path, line=1, column=1)
        flow: Flow | None = draft.found.value
        if flow is not None:
            flow = flow.with_installation(installation or SharedDefaults())
            draft.add_faults(find_faults(flow))
        draft.refuse_mistakes()
        assert flow is not None  # else there was a mistake
        return flow


def load_yaml_as(path: Path, kind: type[Any]) -> Any:
    """Read another kind of YAML file (conversation tests), with the same errors.

    Raises:
        FlowError: It cannot be read or is wrong; carries line and column.
    """
    with refusing(str(path)):
        draft = _Draft(_read(path), str(path), kind)
        draft.refuse_mistakes()
        return draft.found.value


def parse_nodes(text: str) -> yaml.Node | None:
    """Return the YAML nodes of a valid file, to locate warnings."""
    return _Loader(text).get_single_node()


def _read(path: Path) -> str:
    try:
        text = read_text_file(path, "the flow")
    except ConfigError as exc:
        raise FlowError(exc.reason, path=exc.path, line=exc.line) from exc
    if len(text) > MAX_CHARACTERS:
        raise FlowError(f"has more than {MAX_CHARACTERS} characters", path=str(path))
    return text


def _find_called(file: Path, flow: Flow) -> list[Path]:
    """Return the files of the flows that a flow calls.

    Raises:
        FlowError: Some are not there.
    """
    called = {
        (name, called): file.with_name(f"{called}.yaml")
        for name, step in flow.steps.items()
        if isinstance(step, CallStep)
        for called in step.flows()
    }
    missing = {place: path for place, path in called.items() if not path.is_file()}
    if missing:
        node = parse_nodes(_read(file))
        assert node is not None  # it has been read before
        reasons = {
            place: f"there is no flow {path.stem!r} beside this one{_meant(path.stem, path.parent)}"
            for place, path in missing.items()
        }
        raise gather(
            [
                place_error(reason, str(file), node, ["steps", name, "flow"])
                for (name, _), reason in reasons.items()
            ]
        )
    return list(called.values())


class _Draft:
    """A YAML file as far as it can be read, and all that is wrong with it.

    Raises:
        FlowError: It is no YAML.
    """

    def __init__(self, text: str, path: str, kind: type[Any]) -> None:
        self._path = path
        self._lines = text.split("\n")
        self.mistakes: list[FlowError] = []
        self._has_twins = False
        self.node, data = self._load(text)
        if kind is FlowFile:
            kind = self._with_added_steps(data)
        self.found = convert_all(
            data, kind, dec_hook=decode_text, schema_hook=schema_of_text, stand_in=_stand_in
        )
        known = {(each.line, each.column) for each in self.mistakes}  # of these the value is wrong
        self.mistakes += [
            self._mistake(reason, place)
            for reason, place in self.found.mistakes
            if _begin_of(self.node, place) not in known
        ]

    def _with_added_steps(self, data: Any) -> type[Flow]:
        """Return the type of the file, with the steps of other packages that it has."""
        added: set[type[StepSpec]] = set()
        for name, verb in added_verbs(data).items():
            try:
                kind = find_step(verb)
            except ConfigError as exc:
                self.mistakes.append(self._mistake(str(exc), ["steps", name, "do"]))
                self.refuse_mistakes()
            else:
                added.update(() if kind is None else (kind,))
        return flow_file_with(added)

    def add_faults(self, faults: Iterable[tuple[str, FieldPath]]) -> None:
        """Add what types cannot express, but for what only follows from another mistake."""
        if self._has_twins:
            return
        for reason, found_at in faults:
            place = self.found.original(found_at)
            if not self.found.concerns(place):
                self.mistakes.append(self._mistake(reason, place))

    def _mistake(self, reason: str, place: FieldPath) -> FlowError:
        if self.node is None:
            return FlowError(reason, path=self._path)
        hint = next(filter(None, map(hint_of_value, _texts_at(self.node, place))), "")
        reason = f"{reason}; {hint}" if hint else reason
        return place_error(reason, self._path, self.node, place)

    def refuse_mistakes(self) -> None:
        """Raise one error for all mistakes, if there are any."""
        if self.mistakes:
            raise gather(self.mistakes)

    def _load(self, text: str) -> tuple[yaml.Node | None, Any]:
        try:
            loader = _Loader(text)
            node = loader.get_single_node()
            if node is None:
                return None, None
            _check_nodes(node)
            data = loader.construct_document(node)
            self.mistakes += [self._at_mark(problem, mark) for problem, mark in loader.problems]
            self._has_twins = loader.has_twins
            return node, data
        except yaml.MarkedYAMLError as exc:
            reason = yaml_in_plain_words(str(exc.problem or exc.context))
            raise self._at_mark(reason, exc.problem_mark or exc.context_mark) from exc
        except RecursionError as exc:
            raise FlowError("no YAML: nested too deeply", path=self._path) from exc
        except yaml.YAMLError as exc:  # e.g. a control character
            reason = f"no YAML: {str(exc).splitlines()[0]}"
            raise FlowError(reason, path=self._path) from exc

    def _at_mark(self, reason: str, mark: yaml.Mark | None) -> FlowError:
        if mark is None:
            return FlowError(reason, path=self._path)
        hint = hint_of_line(self._lines, mark.line) if reason.startswith("no YAML") else ""
        reason = f"{reason}; {hint}" if hint else reason
        return FlowError(reason, path=self._path, line=mark.line + 1, column=mark.column + 1)


def _stand_in(place: tuple[str | int, ...]) -> dict[str, str] | None:
    """Return a step in place of a wrong one: others lead to it."""
    return {"do": "hangup"} if len(place) == 2 and place[0] == "steps" else None


def _node_at(node: yaml.Node, place: FieldPath) -> yaml.Node | None:
    """Return the node of a path; None if there is none."""
    for part in place:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = node.value[part]
        if found is None:
            return None
        node = found
    return node


def _begin_of(node: yaml.Node | None, place: FieldPath) -> tuple[int, int] | None:
    """Return line and column where a value begins."""
    found = None if node is None else _node_at(node, place)
    return None if found is None else (found.start_mark.line + 1, found.start_mark.column + 1)


def _texts_at(node: yaml.Node, place: FieldPath) -> list[str]:
    """Return what is written at a path: its key, and its value or the value's keys."""
    found = _node_at(node, place)
    texts = [str(place[-1])] if place else []
    if isinstance(found, yaml.ScalarNode):
        texts.append(str(found.value))
    elif isinstance(found, yaml.MappingNode):
        texts += [str(key.value) for key, _ in found.value]
    return texts


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
