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
    missing = [file for file, own in files.items() if own and not (ROOT / "tests" / own).exists()]
    assert not missing
