"""Free text."""

from __future__ import annotations

import pytest

from ivr_agi.language.slots import FreeText, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my  order\nis late", "my order is late"), ("我的快递没到。", "我的快递没到。"), ("a\x00bc", "a bc"),
        ("ab", Reason.TOO_SHORT), ("x" * 21, Reason.TOO_LONG), ("...", Reason.NOT_UNDERSTOOD),
        ("", Reason.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_words(text: str, expected: str | Reason) -> None:
    """Blanks and control characters are tidied, nothing else."""
    assert read(FreeText(min_length=3, max_length=20), text) == expected


def test_keys_and_read_back() -> None:
    """Not by keys; read back as it is."""
    assert outcome(FreeText().parse_keys("123")) is Reason.NOT_KEYED
    assert FreeText().read_back("hello", Language.ENGLISH) == "hello"
