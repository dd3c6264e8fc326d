"""What the code says of itself: its modules, what they define and what they import.

Everything is read from the syntax tree; nothing is imported or run.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ("ROOT", "Import", "Module", "circles", "modules")

ROOT = Path(__file__).parents[2]
PACKAGES = ("ivr_agi", "benchmarks")


@dataclass(frozen=True)
class Import:
    """One name that a module takes from somewhere."""

    source: str
    """The module as it is written, dotted."""
    name: str | None
    """What is taken from it; None for ``import x``."""
    types_only: bool
    """Under ``if TYPE_CHECKING:``, so that it never runs."""


@dataclass(frozen=True)
class Module:
    """One file of ours."""

    name: str
    """Dotted; a package's face has the package's name."""
    path: Path
    tree: ast.Module

    @property
    def file(self) -> str:
        """Its path below the root of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_face(self) -> bool:
        """The ``__init__.py`` of a package."""
        return self.path.name == "__init__.py"

    @property
    def docstring(self) -> str:
        """What it says of itself."""
        return ast.get_docstring(self.tree) or ""

    @functools.cached_property
    def imports(self) -> tuple[Import, ...]:
        """Everything it imports, wherever it does."""
        return tuple(_imports(self.tree, types_only=False))

    @functools.cached_property
    def dotted(self) -> frozenset[str]:
        """Every ``a.b.c`` in it whose first word is imported, under its whole name."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                first = {each.name.partition(".")[0] for each in node.names if not each.asname}
                names |= {each: each for each in first}
                names |= {each.asname: each.name for each in node.names if each.asname}
            elif isinstance(node, ast.ImportFrom):
                names |= {
                    each.asname or each.name: f"{node.module}.{each.name}" for each in node.names
                }
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                word, _, rest = ast.unparse(node).partition(".")
                if word in names:
                    found.add(f"{names[word]}.{rest}")
        return frozenset(found)

    @functools.cached_property
    def privates(self) -> frozenset[str]:
        """Attributes ``x._y`` that it uses, with what they are of."""
        return frozenset(
            ast.unparse(node)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Attribute) and re.match("_[a-z]", node.attr)
        )

    @functools.cached_property
    def own_privates(self) -> frozenset[str]:
        """Names with an underscore that it defines, for itself or as attributes."""
        own = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                own.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                own.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                own.add(node.attr)
        return frozenset(own)

    @functools.cached_property
    def defined(self) -> dict[str, ast.stmt]:
        """Names that its top level defines: classes, functions, constants."""
        return dict(_defined(self.tree.body))

    @functools.cached_property
    def public(self) -> tuple[str, ...]:
        """Its ``__all__``."""
        node = self.defined.get("__all__")
        value = getattr(node, "value", None)
        if not isinstance(value, ast.Tuple | ast.List):
            return ()
        return tuple(item.value for item in value.elts if _is_text(item))  # type: ignore[attr-defined]


def modules() -> dict[str, Module]:
    """Every module of the package and of the benchmarks, by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
    return found


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, directly or not (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for to in sorted(arrows[node]):
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in stack:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            at = stack.index(node)
            group = stack[at:]
            del stack[at:]
            if len(group) > 1 or node in arrows[node]:
                found.append(sorted(group))

    for node in sorted(arrows):
        if node not in index:
            visit(node)
    return found


def _imports(node: ast.AST, *, types_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, None, types_only) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "relative import"
            assert child.module is not None
            yield from (Import(child.module, alias.name, types_only) for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for inner in child.body:
                yield from _imports(ast.Module([inner], []), types_only=True)
            for inner in child.orelse:
                yield from _imports(ast.Module([inner], []), types_only=types_only)
        else:
            if (name := _imported_by_name(child)) is not None:
                yield Import(name, None, types_only)
            yield from _imports(child, types_only=types_only)


def _imported_by_name(node: ast.AST) -> str | None:
    """The module of ``import_module("...")``."""
    if isinstance(node, ast.Call) and node.args and _is_text(node.args[0]):
        if ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}:
            return str(node.args[0].value)  # type: ignore[attr-defined]
    return None


def _defined(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from ((name.id, node) for name in ast.walk(target) if _is_stored(name))  # type: ignore[attr-defined]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node
        elif isinstance(node, ast.If | ast.Try):
            yield from _defined(node.body)
            yield from _defined(node.orelse)
            for handler in getattr(node, "handlers", []):
                yield from _defined(handler.body)


def _is_stored(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
