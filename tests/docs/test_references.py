"""Every cross reference in a docstring or a text under a name leads to something that is there."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.code import ROOT

REFERENCE = re.compile(r":(?:mod|class|func|meth|data|attr|exc|obj):`[!~]?([^`<>]+)`")
PATH = re.compile(r"``((?:ivr_agi|benchmarks|tests|docs)/[\w./-]+\.\w+)``")
FILES = sorted(
    path
    for folder in ("ivr_agi", "benchmarks", "tests")
    for path in (ROOT / folder).rglob("*.py")
    if "vendor" not in path.parts
)
"""Modules of ours; those of the vendor are not."""


def texts(tree: ast.Module) -> Iterator[tuple[str | None, str]]:
    """Docstrings and texts under names, each with the class it stands in."""

    def walk(node: ast.AST, owner: str | None) -> Iterator[tuple[str | None, str]]:
        for child in ast.iter_child_nodes(node):
            inner = child.name if isinstance(child, ast.ClassDef) else owner
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                if isinstance(child.value.value, str):
                    yield owner, child.value.value
            else:
                yield from walk(child, inner)

    return walk(tree, None)


def names_of(tree: ast.Module) -> dict[str, str]:
    """What a module knows by import, for types only, too: name -> full name."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            known |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.Import):
            known |= {a.asname or a.name.split(".")[0]: a.name for a in node.names}
    return known


def module_of(path: Path) -> str:
    """Dotted name of a file's module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def is_there(name: str) -> bool:
    """A module, or what can be reached from one: fields of data types and of ``__slots__``, too."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            if not hasattr(found, part):
                return part in _declared(found)
            found = getattr(found, part)
        return True
    return False


@functools.cache
def _declared(kind: object) -> set[str]:
    """Names that instances have and classes have not: annotations, and what methods set."""
    if not inspect.isclass(kind):
        return set()
    names: set[str] = set()
    for base in kind.__mro__:
        names |= base.__dict__.get("__annotations__", {}).keys()
        if base.__module__.split(".")[0] in ("ivr_agi", "benchmarks", "tests"):
            names |= set(re.findall(r"self\.(\w+)", inspect.getsource(base)))
    return names


def candidates(name: str, module: str, owner: str | None, known: dict[str, str]) -> Iterator[str]:
    """Full names that a reference may mean."""
    package = module.rpartition(".")[0]
    if name.startswith("."):
        if name[1:] in known:
            yield known[name[1:]]
        while package:  # Sphinx: any module whose name ends so
            yield package + name
            package = package.rpartition(".")[0]
        return
    name = name.removesuffix("()")
    if owner:
        yield f"{module}.{owner}.{name}"
    yield f"{module}.{name}"
    first, dot, rest = name.partition(".")
    if first in known:
        yield known[first] + dot + rest
    yield name
    yield f"builtins.{name}"


def lost_references(path: Path) -> list[str]:
    """References and paths in a file's texts that lead nowhere."""
    source = path.read_text(encoding="utf-8")
    if not (REFERENCE.search(source) or PATH.search(source)):
        return []
    tree = ast.parse(source)
    module, known = module_of(path), names_of(tree)
    lost = []
    for owner, text in texts(tree):
        for match in REFERENCE.finditer(text):
            name = "".join(match[1].split())
            if not any(map(is_there, candidates(name, module, owner, known))):
                lost.append(match[0])
        paths = (name for name in PATH.findall(text) if "/x/" not in name)
        lost += [name for name in paths if not (ROOT / name).exists()]
    return lost


def test_references_lead_somewhere() -> None:
    """``:mod:``, ``:class:`` and the like, and paths of files."""
    lost = {str(path.relative_to(ROOT)): lost_references(path) for path in FILES}
    assert not {path: names for path, names in lost.items() if names}


@pytest.mark.parametrize(
    "name", ["ivr_agi.gone", "ivr_agi.errors.Gone", "ivr_agi.errors.ConfigError.gone"]
)
def test_what_is_gone_is_not_found(name: str) -> None:
    """A module, a name of a module, a name of a class."""
    assert not is_there(name)
