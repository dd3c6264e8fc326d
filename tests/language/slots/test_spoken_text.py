"""Names and addresses."""

from __future__ import annotations

import pytest

from ivr_agi.language.slots import Parsed, PersonName, PostalAddress, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("my name is john smith", "John Smith"),
        ("um, hi, it's Anna", "Anna"),
        ("this is Mary O'Brien speaking", "Mary O'Brien"),
        ("Smith, S M Y T H", "Smyth"),
        ("john smith, s m y t h", "John Smyth"),
        ("J O H N", "John"),
        ("我叫张伟", "张伟"),
        ("你好，我是李娜，谢谢", "李娜"),
        ("免贵姓王", "王"),
    ],
)
def test_names(said: str, name: str) -> None:
    """Without what is said around them, and always asked about."""
    assert PersonName().parse(said) == Parsed(name, is_sure=False)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("I live at 12 Main Street", "12 Main Street"),
        ("my address is flat 3, 21B Baker Street, London", "flat 3, 21B Baker Street, London"),
        ("我住在中山路八号", "中山路八号"),
        ("地址是北京市海淀区学院路1号。", "北京市海淀区学院路1号"),
    ],
)
def test_addresses(said: str, address: str) -> None:
    """The same."""
    assert PostalAddress().parse(said) == Parsed(address, is_sure=False)


def test_limits() -> None:
    """Nothing but politeness, too short, too long; no keys."""
    assert read(PersonName(), "my name is") is Reason.NOT_UNDERSTOOD
    assert read(PersonName(), "...") is Reason.NOT_UNDERSTOOD
    assert read(PostalAddress(), " ") is Reason.NOT_UNDERSTOOD
    assert read(PersonName(min_length=4), "Ann") is Reason.TOO_SHORT
    assert read(PostalAddress(max_length=5), "12 Main Street") is Reason.TOO_LONG
    assert outcome(PersonName().parse_keys("1")) is Reason.NOT_KEYED
    assert outcome(PostalAddress().parse_keys("1")) is Reason.NOT_KEYED


def test_read_back() -> None:
    """Spelled: letters in English, characters as people explain them in Chinese."""
    assert PersonName().read_back("Al Li", Language.ENGLISH) == "Al Li, A L, L I"
    assert PersonName().read_back("张伟", Language.CHINESE) == "张伟，弓长张，伟大的伟"
    assert PostalAddress().read_back("21B Elm", Language.ENGLISH) == "two one B Elm"
