"""Reads numbers in words, Chinese and English; :mod:`.saying` writes them. Core, no I/O.

Callers mix what libraries keep apart: 幺 and 两, "double five", "one eight hundred", "oh", 三万五,
digits among words. And cn2an takes 100 ms to import. Fractions and dozens are not read.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from ivr_agi.language.chinese import (
    ZH_BETWEEN_DIGITS,
    ZH_DIGIT_HOMOPHONES,
    ZH_DIGITS,
    ZH_GROUPS,
    ZH_UNITS,
)
from ivr_agi.language.english import (
    EN_BETWEEN_DIGITS,
    EN_DIGIT_HOMOPHONES,
    EN_ONES,
    EN_ORDINALS,
    EN_REPEATS,
    EN_SCALES,
    EN_TENS,
    EN_ZEROS,
)
from ivr_agi.language.saying import plain_number
from ivr_agi.language.text import HAN, fold

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("digitize", "read_digits")

_ZH_RUN = re.compile(f"[{''.join((*ZH_DIGITS, *ZH_UNITS, *ZH_GROUPS))}0-9.点]+")
_ONE_NUMBER = re.compile(r"\d*(\.\d+)?")

_SMALL = {word: n for n, word in enumerate(EN_ONES)} | {
    word: n * 10 for n, word in enumerate(EN_TENS) if n > 1
}
_CARDINALS = {ordinal: cardinal for cardinal, ordinal in EN_ORDINALS.items()}


def digitize(text: str, *, point: bool = True) -> str:
    """Write the spoken numbers of a text as digits, and keep the rest: ``3万5`` is ``35000``.

    English ordinals become ``23th``. Numbers that only stand side by side stay apart ("nineteen
    eighty four" is ``19 84``). Chinese digits without a unit join (二零二六 is ``2026``).

    Args:
        text: Any text. It is folded.
        point: Whether 点 is the decimal point. In times of day it is not.
    """
    text = fold(text)
    if not point:
        pieces = re.split(r"(点)", text)
        return "".join(piece if piece == "点" else _digitize_zh(piece) for piece in pieces if piece)
    return _digitize_zh(text)


def _digitize_zh(text: str) -> str:
    return _ZH_RUN.sub(lambda match: _read_zh_run(match[0]), _digitize_en(text))


def _read_zh_run(run: str) -> str:
    """Return a run of Chinese numerals in digits, or unchanged if it is no number (百 of 百分)."""
    if run[0] in "百千万亿佰仟":
        return run
    whole, dot, fraction = run.partition("点")
    if dot and not (whole and re.fullmatch(r"[零一二三四五六七八九幺\d]+[万亿]*", fraction)):
        return "点".join(_read_zh_run(part) if part else "" for part in run.split("点"))
    factor = 1
    if dot:
        bare = fraction.rstrip("万亿")
        for char in fraction[len(bare) :]:
            factor *= ZH_GROUPS[char]
        fraction = bare
    digits = "".join(ZH_DIGITS.get(char, char) for char in whole)
    if re.fullmatch(r"[0-9.]+", digits):
        value = digits
    else:
        number = _read_zh_units(whole)
        if number is None:
            return run
        value = plain_number(number)
    if dot and not value.isdecimal():
        return run
    if dot:
        value = plain_number(
            Decimal(f"{value}.{''.join(ZH_DIGITS.get(c, c) for c in fraction)}") * factor
        )
    return value


def _read_zh_units(text: str) -> Decimal | None:
    """Return the value of numerals with units. A digit after a unit is its tenth (三万五)."""
    if not re.fullmatch(r"(?:\d+(?:\.\d+)?|[^\d.])*", text):
        return None
    total, section, digits, last_unit = Decimal(0), Decimal(0), "", 0
    zero_before = False
    for char in text:
        if char in (*ZH_UNITS, *ZH_GROUPS) and not _ONE_NUMBER.fullmatch(digits):
            return None
        if char in ZH_UNITS:
            unit = ZH_UNITS[char]
            section += (Decimal(digits) if digits else 1) * unit
            digits, last_unit, zero_before = "", unit, False
        elif char in ZH_GROUPS:
            if not (digits or section or total):
                return None
            section += Decimal(digits) if digits else 0
            unit = ZH_GROUPS[char]
            total = (total + section) * unit if unit > total > 0 else total + section * unit
            section, digits, last_unit, zero_before = Decimal(0), "", unit, False
        elif char in "零〇洞" and not digits:
            zero_before = True
        else:
            digits += ZH_DIGITS.get(char, char)
    if not _ONE_NUMBER.fullmatch(digits):
        return None
    if digits:
        rest = Decimal(digits)
        if len(digits) == 1 and last_unit > 10 and not zero_before:
            rest *= last_unit // 10
        section += rest
    return total + section


def _digitize_en(text: str) -> str:
    """Rewrite English number words."""
    if not re.search(r"[a-z]", text):
        return text
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    pieces = re.findall(r"[a-z']+|[^a-z']+", text)
    out: list[str] = []
    at = 0
    while at < len(pieces):
        end, written = _read_en(pieces, at)
        out.append(written)
        at = end
    return "".join(out)


def _read_en(pieces: list[str], at: int) -> tuple[int, str]:
    """Read the longest number from ``at``. Return where it ends, and its digits."""
    total, section, end, ordinal = 0, -1, at, False
    room = 1000  # the next small number must be less than this
    index = at
    while index < len(pieces):
        word, is_ordinal = _cardinal(pieces[index])
        if word in _SMALL and _SMALL[word] < room and not ordinal:
            value = _SMALL[word]
            if value == 0 and section >= 0:
                break
            section = max(section, 0) + value
            room = 10 if value >= 20 else 0
        elif word == "hundred" and 0 < section < 100 and not ordinal:
            section, room = section * 100, 100
        elif (
            word in ("a", "an")
            and section < 0
            and _next_word(pieces, index) in {"hundred", *EN_SCALES}
        ):
            section = 1
        elif word in EN_SCALES and section > 0 and not ordinal:
            total, section, room = total + section * EN_SCALES[word], 0, 1000
        elif (
            word == "and"
            and (room == 100 or (room == 1000 and total))
            and _next_word(pieces, index) in _SMALL
        ):
            index += 2
            continue
        else:
            break
        ordinal = is_ordinal
        end = index + 1
        if end < len(pieces) and not pieces[end].isspace():
            break
        index = end + 1
    if section < 0:
        return at + 1, pieces[at]
    if ordinal:
        return end, f"{total + section}th"
    fraction_end, fraction = _read_en_point(pieces, end)
    return fraction_end, f"{total + section}{fraction}"


def _read_en_point(pieces: list[str], at: int) -> tuple[int, str]:
    """Read "point five zero" after a number."""
    if _next_word(pieces, at - 1) != "point":
        return at, ""
    digits, end, index = "", at, at + 3
    while index < len(pieces) and (_SMALL.get(pieces[index], 10) < 10 or pieces[index] in EN_ZEROS):
        digits += str(_SMALL.get(pieces[index], 0))
        end = index + 1
        index += 2
    return (end, f".{digits}") if digits else (at, "")


def _next_word(pieces: list[str], at: int) -> str:
    return pieces[at + 2] if at + 2 < len(pieces) and pieces[at + 1].isspace() else ""


def _cardinal(word: str) -> tuple[str, bool]:
    """Return the cardinal of an ordinal, and whether it was one."""
    if word in _CARDINALS:
        return _CARDINALS[word], True
    for ending, instead in (("ieth", "y"), ("th", "")):
        if word.endswith(ending):
            base = word.removesuffix(ending) + instead
            if base in _SMALL or base == "hundred" or base in EN_SCALES:
                return base, True
    return word, False


_DIGIT_HOMOPHONES = EN_DIGIT_HOMOPHONES | ZH_DIGIT_HOMOPHONES
_BETWEEN_DIGITS = EN_BETWEEN_DIGITS | ZH_BETWEEN_DIGITS


def read_digits(text: str, *, letters: str = "") -> str:
    """Return the digits that a text spells, in order. Other words are skipped.

    Reads single digits, pairs ("twenty three" is 23), "double five", "one eight hundred", 三个五,
    幺, 两 and 洞. Words that sound like a digit (to, for, 要) count between digits.

    Args:
        text: Any text. It is folded.
        letters: Letters and signs that count too, in lower case (``x`` of an ID card, ``+``).
    """
    tokens = [part for part in _tokens(fold(text)) if part not in _BETWEEN_DIGITS]
    known = [_digit_value(token, letters) for token in tokens]
    out: list[str] = []
    at = 0
    while at < len(tokens):
        at, digits = _read_digit_token(tokens, known, at)
        out.append(digits)
    return "".join(out)


def _tokens(text: str) -> list[str]:
    text = re.sub(
        r"([零〇一二三四五六七八九幺两]|\d)个(?=[零〇一二三四五六七八九幺两\d])", r"\1×", text
    )
    text = _ZH_TENS.sub(lambda match: f" {_read_zh_run(match[0])} " if match[0] else "", text)
    return re.findall(rf"[零〇一二三四五六七八九两\d]×|[a-z']+|\d+|[{HAN}]|[*#+]", text)


_ZH_TENS = re.compile(
    r"(?:[一二两三四五六七八九]千)?(?:零?[一二两三四五六七八九]百)?(?:零?[一二三四五六七八九]?十)?(?<=[千百十])零?[一二三四五六七八九]?"
)


def _digit_value(token: str, letters: str) -> str | None:
    if token.isdigit():
        return token
    if token in letters.split():
        return token
    if token in ZH_DIGITS:
        return ZH_DIGITS[token]
    if token in _SMALL:
        return str(_SMALL[token])
    return "0" if token in EN_ZEROS else None


def _is_misheard(tokens: list[str], known: list[str | None], at: int) -> bool:
    """Tell whether a word stands for a digit: there are digits before and after it."""
    if tokens[at] not in _DIGIT_HOMOPHONES:
        return False

    def nearest(numbers: Iterable[int]) -> str | None:
        return next((known[n] for n in numbers if tokens[n] not in _DIGIT_HOMOPHONES), None)

    before, after = range(at - 1, -1, -1), range(at + 1, len(tokens))
    return nearest(before) is not None and nearest(after) is not None


def _read_digit_token(tokens: list[str], known: list[str | None], at: int) -> tuple[int, str]:
    token, value = tokens[at], known[at]
    following = known[at + 1] if at + 1 < len(tokens) else None
    if token in EN_REPEATS and following and len(following) == 1:
        return at + 2, following * EN_REPEATS[token]
    if token.endswith("×"):
        count = ZH_DIGITS.get(token[0], token[0])
        if following and len(following) == 1 and count in "123456":
            return at + 2, following * int(count)
        return at + 1, count
    if value is None:
        return at + 1, _DIGIT_HOMOPHONES[token] if _is_misheard(tokens, known, at) else ""
    if (
        token in EN_TENS
        and following
        and len(following) == 1
        and tokens[at + 1] in _SMALL
        and following != "0"
    ):
        return at + 2, value[0] + following
    if at + 1 < len(tokens) and tokens[at + 1] in ("hundred", "thousand") and len(value) <= 2:
        return at + 2, value + {"hundred": "00", "thousand": "000"}[tokens[at + 1]]
    return at + 1, value
