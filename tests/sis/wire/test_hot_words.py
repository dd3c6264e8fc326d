"""Hot words by the vendor's rules (usermanual-sis sis_09_0005): nothing is lost unsaid."""

from __future__ import annotations

import pytest

from ivr_agi.sis.wire.hot_words import MAX_HOT_WORDS, as_hot_words, wrong_with


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("Eiffel铁塔", ("EIFFEL铁塔",)),
        ("12345服务热线", ("一二三四五服务热线",)),
        ("5G套餐", ("五G套餐",)),
        ("退款。", ("退款",)),
        ("查 余额", ("查余额",)),
        ("account balance", ("ACCOUNT", "BALANCE")),
        ("o'clock", ("OCLOCK",)),
        ("e-mail", ("E", "MAIL")),
        ("café", ("CAFE",)),
        ("10086", ("一零零八六",)),
        ("5G", ("FIVE", "G")),
    ],
)
def test_words_of_a_chinese_table(phrase: str, words: tuple[str, ...]) -> None:
    """The vendor's own examples, and their kin."""
    found = as_hot_words([phrase], "chinese_mandarin")
    assert found.words == words
    assert not found.left_out
    assert not any(wrong_with(word, "chinese_mandarin") for word in words)


@pytest.mark.parametrize(
    ("phrase", "words"),
    [("24 hours", ("TWO", "FOUR", "HOURS")), ("24/7", ("TWO", "FOUR", "SEVEN")), ("yes", ("YES",))],
)
def test_words_of_an_english_table(phrase: str, words: tuple[str, ...]) -> None:
    """Digits in English."""
    assert as_hot_words([phrase], "english").words == words


@pytest.mark.parametrize(
    ("phrase", "language", "reason"),
    [
        ("!!!", "chinese_mandarin", "neither letters nor digits"),
        ("привет", "chinese_mandarin", "neither letters nor digits"),
        ("余额", "english", "takes no Chinese"),
        ("很" * 33, "chinese_mandarin", "more than 32 characters"),
        ("A" * 65, "english", "more than 64 characters"),
    ],
)
def test_what_is_left_out_is_told(phrase: str, language: str, reason: str) -> None:
    """With the reason; the others stay."""
    found = as_hot_words([phrase, "OK"], language)
    assert found.words == ("OK",)
    ((told, why),) = found.left_out
    assert told == phrase
    assert reason in why


def test_a_table_is_full() -> None:
    """10,000 words; what is more is told."""
    letters = [f"{chr(0x4E00 + number)}{chr(0x4E00 + number // 7)}" for number in range(10_001)]
    found = as_hot_words(letters, "chinese_mandarin")
    assert len(found.words) == MAX_HOT_WORDS
    assert found.left_out[0][1] == "a table holds 10000 words"


def test_weights() -> None:
    """They are part of the word (hot words 3.0)."""
    assert as_hot_words(["雇工", "故宫"], "chinese_mandarin", {"雇工": 8}).words == (
        "雇工/8",
        "故宫",
    )


@pytest.mark.parametrize(
    ("word", "language", "reason"),
    [
        ("雇工/8", "chinese_mandarin", ""),
        ("雇工/10", "chinese_mandarin", ""),
        ("雇工/11", "chinese_mandarin", "no digits"),
        ("龙行大大=龙行龘龘", "chinese_mandarin", ""),
        ("ACCOUNT BALANCE", "english", ""),
        ("account", "english", "in capitals"),
        ("12345服务热线", "chinese_mandarin", "no digits"),
        ("余额", "english", "no Chinese"),
        ("", "english", "empty"),
        ("=词", "chinese_mandarin", "empty"),
    ],
)
def test_what_the_service_takes(word: str, language: str, reason: str) -> None:
    """As the vendor's console checks it."""
    told = wrong_with(word, language)
    assert reason in told
    assert bool(told) == bool(reason)
