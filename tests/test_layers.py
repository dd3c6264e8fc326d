"""The rules of the house (docs/design.md 4); ``python -m tests.house`` prints what breaks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tests.house.checks import CHECKS, House
from tests.house.code import ROOT
from tests.mirror import mirror


@pytest.fixture(scope="module")
def house() -> House:
    """All modules of the package and of the benchmarks."""
    return House()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_is_in_order(check: Callable[[House], Iterable[str]], house: House) -> None:
    """No rule is broken."""
    assert list(check(house)) == []


def test_every_module_has_a_test_file(house: House) -> None:
    """tests/x/test_y.py for ivr_agi/x/y.py and benchmarks/y.py; faces need none."""
    files = {module.file: mirror(module) for module in house.modules.values()}
    there = {
        file: [(ROOT / "tests" / own).exists() for own in owns] for file, owns in files.items()
    }
    assert [file for file, exist in there.items() if not all(exist)] == []
