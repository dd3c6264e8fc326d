"""How phrases of a list are written by a network, and what its likelihoods mean. Core, no I/O."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.language.chinese import ZH_DIGITS
from ivr_agi.language.english import EN_ONES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ("ListVerdict", "RowChoice", "choose_row", "row_example", "row_units", "spoken_forms")

MISCOUNT_COST = 0.3
"""What each word costs that a row has more or fewer than the first pass heard."""
ACCEPT = {"en": (-5.6, 0.8), "zh": (-3.8, 0.8)}
"""Log probability, plus a share of the lead, at which right and wrong are alike, and the width."""
LEAD_SHARE = 0.25
MOST_LEAD = 8.0
ROW_ACCEPT = (-4.0, 1.2)
_DIGITS = {word: str(value) for value, word in enumerate(EN_ONES[:10])} | {"oh": "0"}
_EXAMPLE = ((3, 9, 0, 4, 1, 7), (8, 5, 2, 6, 6, 0, 1, 3))
_SPACES = re.compile(r"\s+")


def spoken_forms(phrase: str, language: str) -> tuple[str, ...]:
    """Return how a network may write a phrase, with a full stop: it marks the end.

    A digit may be a word or a figure, a letter is a capital.
    """
    if language == "zh":
        text = _SPACES.sub("", phrase)
        forms = [f"{text}。"]
        if text in ZH_DIGITS:
            forms.append(f"{ZH_DIGITS[text]}。")
        return tuple(forms)
    text = phrase.strip().rstrip(".").casefold()
    if len(text) == 1:
        return (f" {text.upper()}.",)
    forms = [f" {text[:1].upper()}{text[1:]}."]
    if text in _DIGITS and text != "oh":
        forms.append(f" {_DIGITS[text]}.")
    return tuple(forms)


@dataclass(frozen=True)
class ListVerdict:
    """The best phrase of a list."""

    text: str
    log: float
    """Log probability of its best form."""
    lead: float
    """How much better it is than the next phrase."""

    @classmethod
    def of(
        cls,
        forms: Sequence[tuple[str, str]],
        logs: Sequence[Sequence[float]],
    ) -> ListVerdict | None:
        """Compare phrases; None if there are none.

        Args:
            forms: Phrases and their forms.
            logs: For each form, those of its tokens.
        """
        totals: dict[str, list[float]] = {}
        for (phrase, _), tokens in zip(forms, logs, strict=True):
            totals.setdefault(phrase, []).append(sum(tokens))
        ranked = sorted(
            ((max(each), phrase) for phrase, each in totals.items()),
            reverse=True,
        )
        if not ranked:
            return None
        second = ranked[1][0] if len(ranked) > 1 else ranked[0][0] - MOST_LEAD
        return cls(ranked[0][1], ranked[0][0], ranked[0][0] - second)

    def score(self, language: str) -> float:
        """Return the confidence, 0 to 1; at 0.5 the phrase is as likely right as foreign."""
        middle, width = ACCEPT[language]
        found = self.log + LEAD_SHARE * min(self.lead, MOST_LEAD)
        return _sigmoid((found - middle) / width)


def row_units(phrases: Sequence[str], language: str) -> dict[str, str]:
    """Return the phrase of each unit that a row may be written with."""
    units: dict[str, str] = {}
    for phrase in phrases:
        text = phrase.strip().rstrip(".").casefold()
        digit = ZH_DIGITS.get(text) if language == "zh" else _DIGITS.get(text)
        if digit is not None:
            units.setdefault(f" {digit}", phrase)
            units.setdefault(digit, phrase)
        elif language == "zh":
            units.setdefault(text, phrase)
        else:
            written = text.upper() if len(text) == 1 else text
            units.setdefault(f" {written}", phrase)
            units.setdefault(written, phrase)
    return units


def row_example(units: Mapping[str, str]) -> str:
    """Return two rows of units, in no order: what a network is shown of the kind that is wanted."""
    spaced = [unit for unit in units if unit.startswith(" ")] or list(units)
    rows = ("".join(spaced[at % len(spaced)] for at in row) for row in _EXAMPLE)
    return "".join(f"{row}." for row in rows)


@dataclass(frozen=True)
class RowChoice:
    """The best row."""

    words: tuple[str, ...]
    score: float
    """Confidence, 0 to 1."""


def choose_row(
    written: Sequence[tuple[str, float]],
    units: Mapping[str, str],
    heard_first: Sequence[str] | None,
) -> RowChoice | None:
    """Choose among what a network wrote: by its likelihood, and by how many words were heard.

    Args:
        written: Texts and their log probabilities.
        units: The phrase of each unit.
        heard_first: The words of the first pass, which counts well; None: there was none.
    """
    ranked = []
    for text, log in written:
        words = _split(text, units)
        if words:
            count = len(heard_first) if heard_first else len(words)
            ranked.append((log - MISCOUNT_COST * abs(len(words) - count), log, words))
    if not ranked:
        return None
    best, log, words = max(ranked)
    others = [total for total, _, other in ranked if other != words]
    middle, width = ROW_ACCEPT
    lead = best - max(others) if others else MOST_LEAD
    return RowChoice(words, _sigmoid((log + 0.5 * min(lead, 4.0) - middle) / width))


def _split(text: str, units: Mapping[str, str]) -> tuple[str, ...]:
    """Read a text as units, the longest first; empty if something else is in it."""
    words = []
    longest = max(map(len, units))
    rest = text
    while rest.strip():
        for length in range(min(longest, len(rest)), 0, -1):
            if rest[:length] in units:
                words.append(units[rest[:length]])
                rest = rest[length:]
                break
        else:
            return ()
    return tuple(words)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, x))))
