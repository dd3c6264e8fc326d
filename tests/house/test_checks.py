"""Each rule finds what breaks it: small houses, written here."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

import pytest

from tests.house.checks import (
    House,
    import_circles,
    io_in_cores,
    names_with_two_homes,
    private_parts,
    re_exports,
    upward_arrows,
)
from tests.house.code import ROOT, Module, circles


def built(**texts: str) -> House:
    """A house of these modules; ``__`` stands for a dot, ``_face`` ends a package."""
    found = {}
    for key, text in texts.items():
        name = "ivr_agi." + key.removesuffix("_face").replace("__", ".")
        path = ROOT / (name.replace(".", "/") + ("/__init__.py" if "_face" in key else ".py"))
        found[name] = Module(name, path, ast.parse(text))
    return House(found)


@pytest.mark.parametrize(
    ("rule", "house", "found"),
    [
        (
            import_circles,
            built(
                sis__a="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n import ivr_agi.sis.b",
                sis__b="def f():\n    from ivr_agi.sis import a",
                sis__c="import ivr_agi.sis.a",
            ),
            ["ivr_agi.sis.a", "ivr_agi.sis.b"],
        ),
        (
            upward_arrows,
            built(
                sis__wire__a="import ivr_agi.sis.client.b", sis__client__b="import ivr_agi.errors"
            ),
            ["ivr_agi.sis.wire.a imports ivr_agi.sis.client.b"],
        ),
        (
            names_with_two_homes,
            built(
                sis__a="X = 1\n_P = 2\nT = TypeVar('T')",
                agi__b="class X: ...\n_P = 1\nT = TypeVar('T')",
            ),
            ["X: ivr_agi.sis.a ivr_agi.agi.b"],
        ),
        (
            re_exports,
            built(
                sis__a="from ivr_agi.sis.b import X\n__all__ = ('X',)",
                sis__b="X = 1",
                sis__c="from ivr_agi.sis.a import X",
                agi_face="from ivr_agi.agi.d import Y\n__all__ = ('Y',)",
                agi__d="Y = 1",
                cli="from ivr_agi.agi import Y",
            ),
            ["ivr_agi.sis.a offers X", "ivr_agi.sis.c takes X from ivr_agi.sis.a"],
        ),
        (
            io_in_cores,
            built(
                sis__a="'''Core, no I/O.'''\nimport re\nfrom ivr_agi.sis import b",
                sis__b="from ivr_agi.sis.c import X",
                sis__c="import socket\nX = 1",
            ),
            ["ivr_agi.sis.a reaches socket by ivr_agi.sis.a > ivr_agi.sis.b > ivr_agi.sis.c"],
        ),
        (
            io_in_cores,
            built(
                sis__a=(
                    "'''Core, no I/O.'''\nfrom typing import TYPE_CHECKING\n"
                    "if TYPE_CHECKING:\n    from pathlib import Path\nX = open('x')"
                )
            ),
            ["ivr_agi.sis.a calls open"],
        ),
        (
            io_in_cores,
            built(sis__a="'Core, no I/O.'\ndef f(path):\n    return path.read_text()"),
            ["ivr_agi.sis.a calls path.read_text"],
        ),
        (
            private_parts,
            built(
                sis__a="class A:\n    def __init__(self): self._x = 1\n    def f(self): self._x",
                sis__b="def f(a): a._x\ndef g(loop): loop._ready.append(loop.__class__)",
            ),
            ["ivr_agi.sis.b uses a._x", "ivr_agi.sis.b uses loop._ready"],
        ),
        (
            upward_arrows,
            built(
                sis__wire__a="def f():\n    importlib.import_module('ivr_agi.sis.client.b')",
                sis__client__b="",
            ),
            ["ivr_agi.sis.wire.a imports ivr_agi.sis.client.b"],
        ),
        (
            re_exports,
            built(
                sis__a="from ivr_agi.sis.b import X",
                sis__b="X = 1",
                sis__c="from ivr_agi.sis import a\nprint(a.X, a.__name__)",
                sis__d="import ivr_agi.sis.a\nprint(ivr_agi.sis.a.X)",
            ),
            [
                "ivr_agi.sis.c takes X from ivr_agi.sis.a",
                "ivr_agi.sis.d takes X from ivr_agi.sis.a",
            ],
        ),
    ],
)
def test_a_broken_rule_is_found(
    rule: Callable[[House], Iterable[str]], house: House, found: list[str]
) -> None:
    """By itself, and nothing else."""
    assert list(rule(house)) == found


def test_circles_are_whole_groups() -> None:
    """Two that touch are one; a line is none."""
    arrows = {"a": {"b"}, "b": {"a", "c"}, "c": {"b"}, "d": {"a"}, "e": {"e"}}
    assert circles(arrows) == [["a", "b", "c"], ["e"]]
