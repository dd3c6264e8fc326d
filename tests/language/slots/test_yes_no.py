"""Yes and no."""

from __future__ import annotations

import pytest

from ivr_agi.language.slots import Parsed, Reason, YesNo
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read

YES = """yes|Yes.|yeah|yep|yes please|ok|okay|sure|correct|that's right|that is correct|of course|right
|yes yes yes|no problem|absolutely|go ahead|that’s right|是|是的|对|对的|好|好的|可以|行|没错|没有错|没问题|确认
|同意|要|嗯，是的|对对对|是的，没错|好的谢谢|我同意|需要|当然|uh huh|嗯嗯|可以的|YES|ｙｅｓ|对 没错|i do""".replace(
    "\n", ""
)
NO = """no|No!|nope|nah|no thanks|no thank you|not really|that's wrong|incorrect|i don't|not correct
|that is not right|it isn't|不|不是|不是的|不对|不要|不用|不用了谢谢|没有|错|错了|否|不行|不可以|不需要
|不同意|不好|别|取消|不确认|我不要|不，不是|有问题|不是 不对|never|negative|don't""".replace(
    "\n", ""
)
BOTH = "i'm not sure|不确定|我不知道|i don't know|yes no|no yes|yes but no|是不是|对不对|不，是的|是的不对|maybe yes maybe not now|要不要"
NEITHER = "|um|balance|天气|三|yesterday|nothing|know|norway|余额"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, True) for text in YES.split("|")),
        *((text, False) for text in NO.split("|")),
        *((text, Reason.AMBIGUOUS) for text in BOTH.split("|")),
        *((text, Reason.NOT_UNDERSTOOD) for text in NEITHER.split("|")),
    ],
)
def test_words(text: str, expected: bool | Reason) -> None:
    """The longest words decide: 没错 is yes though 错 is no."""
    assert read(YesNo(), text) == expected


@pytest.mark.parametrize("text", ["嗯", "嗯嗯", "mhm"])
def test_a_hum_is_to_be_confirmed(text: str) -> None:
    """It may be a yes or a breath."""
    assert YesNo().parse(text) == Parsed(True, is_sure=False)


def test_keys() -> None:
    """One key each."""
    assert [outcome(YesNo().parse_keys(keys)) for keys in ("1", "2", "3", "")] == [
        True,
        False,
        Reason.NOT_UNDERSTOOD,
        Reason.NOT_UNDERSTOOD,
    ]
    assert YesNo(yes_key="9").parse_keys("9") == Parsed(True)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("value", [True, False])
def test_read_back(value: bool, language: Language) -> None:
    """What is read back is understood."""
    assert read(YesNo(), YesNo().read_back(value, language)) is value
