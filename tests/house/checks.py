"""Holds the code against the rules, and says what breaks them: a line for each."""

from __future__ import annotations

import ast
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path

from tests.house.code import ROOT, Import, Module, circles, modules
from tests.house.rules import (
    DOCUMENTED,
    MAY_IMPORT,
    NAMED_TUPLE,
    PARTLY_CORE,
    PATH_METHODS,
    PURE,
    READS_FILES,
    TWICE,
    WITHOUT_IO_CALLS,
    room_of,
)

__all__ = ("CHECKS", "House")

SAYS_NO_IO = re.compile(r"\b(no|without)\s+I/O\b", re.IGNORECASE)
OUR_CORES = Path(__file__).with_name("cores.txt")
MAX_LINES = 500
MAX_FUNCTION_LINES = 60


class House:
    """All modules, and what each takes from where."""

    def __init__(self, found: dict[str, Module] | None = None) -> None:
        self.modules = modules() if found is None else found

    def target(self, taken: Import) -> str | None:
        """Our module that an import reaches."""
        whole = f"{taken.source}.{taken.name}"
        if whole in self.modules:
            return whole
        return taken.source if taken.source in self.modules else None

    def room(self, name: str) -> str:
        """The room that a module lies in."""
        return room_of(name, is_face=self.modules[name].is_face)

    def arrows(self, name: str, *, types: bool = True) -> set[str]:
        """Our modules that a module imports, for types only as well."""
        return {
            target
            for taken in self.modules[name].imports
            if (types or not taken.types_only) and (target := self.target(taken))
        }

    def cores(self) -> list[str]:
        """Modules that say that they do no I/O."""
        return [
            name
            for name, module in self.modules.items()
            if SAYS_NO_IO.search(module.docstring) and name not in PARTLY_CORE
        ]

    def foreign(self, name: str) -> Iterator[str]:
        """What a module imports that is not ours, when it runs."""
        for taken in self.modules[name].imports:
            if not taken.types_only and self.target(taken) is None:
                whole = f"{taken.source}.{taken.name}"
                yield whole if whole in _pure() else taken.source


def import_circles(house: House) -> Iterator[str]:
    """Modules that import each other, directly or not, also if only types need it."""
    for group in circles({name: house.arrows(name) for name in house.modules}):
        yield from group


def upward_arrows(house: House) -> Iterator[str]:
    """Imports of a room that does not lie below."""
    for name in house.modules:
        room = house.room(name)
        for target in sorted(house.arrows(name)):
            to = house.room(target)
            if to != room and to not in MAY_IMPORT.get(room, ()):
                yield f"{name} imports {target}"


def circles_of_rooms(_: House) -> Iterator[str]:
    """Rooms that the table lets import each other: then neither lies below."""
    for group in circles({room: set(below) for room, below in MAY_IMPORT.items()}):
        yield " ".join(group)


def names_with_two_homes(house: House) -> Iterator[str]:
    """Public classes, functions and constants that more than one module defines."""
    homes = defaultdict(list)
    for name, module in house.modules.items():
        for public, node in module.defined.items():
            if not public.startswith("_") and not _is_type_variable(node):
                homes[public].append(name)
    for public, where in sorted(homes.items()):
        if len(where) > 1 and public not in TWICE:
            yield f"{public}: {' '.join(where)}"


def re_exports(house: House) -> Iterator[str]:
    """Names offered, or taken, where they are not defined and which is no package's face."""
    for name, module in house.modules.items():
        if not module.is_face:
            yield from (f"{name} offers {x}" for x in module.public if x not in module.defined)
        for taken in module.imports:
            if taken.name is None or house.target(taken) != taken.source:
                continue
            source = house.modules[taken.source]
            if taken.name not in source.defined and not (
                source.is_face and taken.name in source.public
            ):
                yield f"{name} takes {taken.name} from {taken.source}"
        for dotted in sorted(module.dotted):
            source_name, _, taken_name = dotted.rpartition(".")
            found = house.modules.get(source_name)
            if found is None or dotted in house.modules or taken_name.startswith("__"):
                continue
            if taken_name not in found.defined and not (
                found.is_face and taken_name in found.public
            ):
                yield f"{name} takes {taken_name} from {source_name}"


def private_parts(house: House) -> Iterator[str]:
    """Attributes with an underscore that are somebody else's: a library's, another module's."""
    for name, module in house.modules.items():
        inherited = {
            private
            for each in house.arrows(name, types=False)
            for private in house.modules[each].own_privates
        }
        for used in sorted(module.privates - DOCUMENTED.keys()):
            owner, _, private = used.rpartition(".")
            own = module.own_privates | (inherited if owner == "self" else set())
            if private not in own | NAMED_TUPLE:
                yield f"{name} uses {used}"


def io_in_cores(house: House) -> Iterator[str]:
    """Modules that say "no I/O" but import what does it, directly or over others, or call it.

    A package's face that runs on the way does not count: nothing of it is used.
    """
    pure = _pure()
    for core in house.cores():
        ways = {core: core}
        todo = deque([core])
        seen: set[str] = set()
        while todo:
            name = todo.popleft()
            reached = {foreign for foreign in house.foreign(name) if foreign not in pure}
            if name in READS_FILES:
                reached.add(name)
            yield from (f"{core} reaches {it} by {ways[name]}" for it in sorted(reached - seen))
            seen |= reached
            for target in sorted(house.arrows(name, types=False) - ways.keys()):
                ways[target] = f"{ways[name]} > {target}"
                todo.append(target)
        for node in ast.walk(house.modules[core].tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in WITHOUT_IO_CALLS or called.rpartition(".")[2] in PATH_METHODS:
                    yield f"{core} calls {called}"


def lost_cores(house: House) -> Iterator[str]:
    """Modules that did no I/O once and do not say so now, without a row in the design."""
    cores = {house.modules[name].file for name in house.cores()}
    design = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    for line in OUR_CORES.read_text(encoding="utf-8").splitlines():
        once, now = line.split()
        if now == "-" and f"`{once}`" not in design:
            yield f"{once} is gone: docs/design.md has no row that says why"
        elif now != "-" and now not in cores:
            yield f"{once}, now {now}, does not say that it does no I/O"


def long_files(house: House) -> Iterator[str]:
    """Files of more than 500 lines, functions of more than 60 without their docstring."""
    for module in house.modules.values():
        lines = module.path.read_text(encoding="utf-8").count("\n")
        if lines > MAX_LINES:
            yield f"{module.file} has {lines} lines"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                doc = ast.get_docstring(node, clean=False) or ""
                size = node.end_lineno - node.lineno + 1 - (doc.count("\n") + 1 if doc else 0)
                if size > MAX_FUNCTION_LINES:
                    yield f"{module.file}: {node.name} has {size} lines"


def silent_modules(house: House) -> Iterator[str]:
    """Modules whose first line does not say their job."""
    yield from (name for name, module in house.modules.items() if not module.docstring)


CHECKS = (
    import_circles,
    upward_arrows,
    circles_of_rooms,
    names_with_two_homes,
    re_exports,
    private_parts,
    io_in_cores,
    lost_cores,
    long_files,
    silent_modules,
)
"""Every rule of the house."""


def _pure() -> set[str]:
    return {name for names in PURE.values() for name in names}


def _is_type_variable(node: ast.stmt) -> bool:
    value = getattr(node, "value", None)
    return isinstance(value, ast.Call) and ast.unparse(value.func) in {"TypeVar", "ParamSpec"}
