"""Which entry of a list a caller means: by its words, by its place, or as all but the others.

Core, no I/O. "The second one" is the second entry, whatever it is called. "Anything but sales" is
never sales; if one entry is left, the caller is asked about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ivr_agi.language.grammar import Chart
from ivr_agi.language.matching import Bands, Decision, Match, Matchable, Scored, match, rank
from ivr_agi.language.rules import answer_rules
from ivr_agi.language.sentence import SentenceReader
from ivr_agi.language.tokens import PAUSE, split_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("choose",)

C = TypeVar("C", bound=Matchable)

_WHOLE = 0.999
"""The score of a phrase that is all that was said."""
_PLACES = SentenceReader(("place",), ("place_filler",))
_LAST = "last"
_MERE = frozenset({"no", "不"})
"""Words that also turn what follows them round."""


def choose(text: str, choices: Sequence[C], *, bands: Bands | None = None) -> Match[C]:
    """Decide which choice of a list the words mean.

    Args:
        text: What was heard.
        choices: The list, in the order in which the caller hears it.
        bands: Which scores are accepted, and which are asked about.
    """
    found = match(text, choices, bands=bands)
    if found.best is not None and found.best.score >= _WHOLE:
        return found
    corrected = _after_correction(text)
    if corrected is not None:
        again = choose(corrected, choices, bands=bands)
        if again.decision is Decision.ACCEPT:
            return again
    place = _place(text)
    if place is not None:
        if place > len(choices):
            return Match(Decision.NO_MATCH)
        return Match(Decision.ACCEPT, _scored(choices[place - 1 if place > 0 else -1]))
    excluded = _excluded(text)
    if excluded is None:
        return found
    bands = bands or Bands()
    out = [hit.choice for hit in rank(excluded, choices) if hit.score >= bands.confirm]
    place = _place(excluded)
    if place is not None and place <= len(choices):
        out = [choices[place - 1 if place > 0 else -1]]
    left = [choice for choice in choices if not any(choice is one for one in out)]
    if out and len(left) == 1:
        return Match(Decision.CONFIRM, _scored(left[0]))
    return Match(Decision.NO_MATCH)


def _scored(choice: C) -> Scored[C]:
    return Scored(choice, next(iter(choice.words), choice.key or ""), 1.0)


def _place(text: str) -> int | None:
    """Return the place in a list that is all that was said (-1: the last); None: there is none."""
    pieces = [piece for piece in _PLACES.read(text) if piece.role not in {PAUSE, "place_filler"}]
    if len(pieces) != 1 or pieces[0].role != "place":
        return None
    value = pieces[0].found[0].value
    return -1 if value == _LAST else int(value)


def _after_correction(text: str) -> str | None:
    """Return the words after the last "no, ...", 不对; None: nothing is taken back.

    A mere "no" or 不 takes something back only beside a pause: "no sales" and 我不转账 do not.
    """
    tokens = split_tokens(text)
    chart, rules = Chart(tokens), answer_rules()
    for at in range(len(tokens) - 2, -1, -1):
        negated = {*chart.find(rules["not"], at), *chart.find(rules["is_not"], at)}
        ends = chart.find(rules["take_back"], at)
        if not ends or max(ends) < max(negated, default=0):  # 不, and not the first half of 不是
            continue
        end = max(ends)
        is_mere = end == at + 1 and tokens[at] in _MERE
        is_paused = tokens[end : end + 1] == [PAUSE] or (
            tokens[at] == "no" and tokens[max(at - 1, 0)] == PAUSE
        )
        if is_paused or not is_mere:
            return " ".join(tokens[end:]) or None
    return None


def _excluded(text: str) -> str | None:
    """Return the words after "anything but", 除了; None: nothing is excluded."""
    tokens = split_tokens(text)
    chart, rules = Chart(tokens), answer_rules()
    at = 0
    while at < len(tokens):
        if ends := chart.find(rules["exclude"], at):
            return " ".join(tokens[max(ends) :])
        ends = chart.find(rules["exclude_filler"], at)
        if not ends and tokens[at] != PAUSE:
            return None
        at = max(ends, default=at + 1)
    return None
