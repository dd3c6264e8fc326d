"""Call units of a synthesis."""

from __future__ import annotations

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.billing import billed_units, characters_per_unit


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        ("chinese_xiaoyan_common", 100),
        ("english_cameal_common", 100),
        ("chinese_huaxiaomei_common", 50),
        ("english_amy_common", 50),
        ("nonsense", 50),
    ],
)
def test_voices(property_: str, expected: int) -> None:
    """Ordinary ones are listed; the others count as premium."""
    assert characters_per_unit(property_) == expected


@pytest.mark.parametrize(("n", "units"), [(1, 1), (100, 1), (101, 2), (499, 5), (600, 7)])
def test_units(n: int, units: int) -> None:
    """Rounded up for each synthesis; a long text is several of them."""
    assert billed_units("你" * n, "chinese_xiaoyan_common") == units


def test_an_empty_text() -> None:
    """It cannot be synthesised."""
    with pytest.raises(ConfigError, match="not empty"):
        billed_units(" ", "chinese_xiaoyan_common")
