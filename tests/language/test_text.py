"""One form of a text, its words and its language."""

from __future__ import annotations

import pytest

from ivr_agi.language.text import Language, fold, is_cjk, language_of, normalise, split_words

EN, ZH = Language.ENGLISH, Language.CHINESE


def test_languages() -> None:
    """By tag or by voice."""
    assert [language_of(tag) for tag in ("zh", "zh-CN", "chinese_xiaoyan_common")] == [ZH] * 3
    assert [language_of(tag) for tag in ("en-US", "english_cameal_common")] == [EN] * 2
    with pytest.raises(ValueError, match="not in 'fr'"):
        language_of("fr")
    assert language_of("fr", default=EN) is EN


@pytest.mark.parametrize("char", ["账", "〇", "㐀", "豈"])
def test_chinese_characters(char: str) -> None:
    """Rare ones, too."""
    assert is_cjk(f"a{char}")


@pytest.mark.parametrize("text", ["", "a", "，", "ü", "カ"])
def test_others(text: str) -> None:
    """Letters, punctuation and kana are none."""
    assert not is_cjk(text)


def test_fold() -> None:
    """Width, case, blanks, apostrophe."""
    assert fold("  Ａ  B’s ") == "a b's"


def test_normalise() -> None:
    """Width, case, punctuation and blanks."""
    assert normalise("  Ａccount—Balance! (now) ") == "account balance now"
    assert normalise("don’t") == "don't"


def test_split_words() -> None:
    """English words, Chinese characters."""
    assert split_words("Don’t, 销售 Ａ!") == ["don't", "销", "售", "a"]
