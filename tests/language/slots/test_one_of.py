"""One of a list."""

from __future__ import annotations

import pytest

from ivr_agi.language.slots import ListOption, OneOf, Parsed, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome

SLOT = OneOf(
    options=(
        ListOption("sales", ("sales", "销售"), "1"),
        ListOption("support", ("technical support", "support", "客服"), "2"),
        ListOption("four", ("四",)),
    )
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sales please", Parsed("sales")), ("客服", Parsed("support")), ("克服", Parsed("support")),
        ("cells", Parsed("sales", is_sure=False)), ("十", Parsed("four", is_sure=False)),
        ("weather", Reason.NOT_UNDERSTOOD), ("", Reason.NOT_UNDERSTOOD), ("sales or support", Reason.AMBIGUOUS),
    ],
)  # fmt: skip
def test_words(text: str, expected: Parsed[str] | Reason) -> None:
    """What is only likely is to be confirmed."""
    result = SLOT.parse(text)
    assert (result if isinstance(result, Parsed) else result.reason) == expected


def test_keys() -> None:
    """Keys are exact."""
    assert [outcome(SLOT.parse_keys(key)) for key in "129"] == [
        "sales",
        "support",
        Reason.NOT_UNDERSTOOD,
    ]


def test_read_back() -> None:
    """In the words of the language, where there are any."""
    assert SLOT.read_back("support", Language.CHINESE) == "客服"
    assert SLOT.read_back("support", Language.ENGLISH) == "technical support"
    assert SLOT.read_back("four", Language.ENGLISH) == "四"
