"""Call units of a synthesis."""

from __future__ import annotations

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.billing import billed_units, characters_per_unit, estimated_units


@pytest.mark.parametrize(("n", "units"), [(1, 1), (100, 1), (101, 2), (499, 5), (600, 7)])
def test_units(n: int, units: int) -> None:
    """Rounded up for each synthesis; a long text is several of them."""
    assert billed_units("你" * n, "chinese_xiaoyan_common") == units
    assert estimated_units("你" * n, "chinese_xiaoyan_common") == units


def test_an_empty_text() -> None:
    """It cannot be synthesised."""
    with pytest.raises(ConfigError, match="not empty"):
        billed_units(" ", "chinese_xiaoyan_common")


def test_a_voice_with_long_texts() -> None:
    """600 characters are one synthesis there."""
    assert characters_per_unit("chinese_huaxiaomei_common") == 50
    assert billed_units("你" * 601, "chinese_huaxiaomei_common") == 13


def test_an_estimate_takes_any_text() -> None:
    """Whose voice is not known: SSML is one synthesis with its markup, and nothing is none."""
    assert estimated_units(f"<speak>{'x' * 485}</speak>", "chinese_xiaoyan_common") == 5
    assert estimated_units(" ", "chinese_xiaoyan_common") == 0
