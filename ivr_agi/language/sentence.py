"""Reads a whole sentence: every word is a value, or beside it, or changes it, or is left over.

Core, no I/O. A sentence is cut into pieces so that as few words as possible are left over, and then
as few pieces as possible are needed. What a piece does is its role, which is a rule's name.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ivr_agi.language.grammar import Chart, Sense, Symbol
from ivr_agi.language.rules import answer_rules
from ivr_agi.language.tokens import PAUSE, split_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = (
    "AROUND",
    "LEFT_OVER",
    "Piece",
    "SentenceReader",
    "Sentence",
    "told_pieces",
    "understand",
)

AROUND = (
    *("filler", "take_back", "is_not", "not", "not_after", "except", "or", "to", "from"),
    *("about", "bound", "void"),
)
"""Roles that words around a value may have, whatever its type."""
LEFT_OVER = "left_over"
"""The role of a word that nothing explains."""
_HESITATIONS = frozenset("um uh er erm uhm hmm hm 嗯 呃 额".split())
_BUT = ("but",)
"""After what is not meant, it stands before what is: "not five but four"."""
_ACTUALLY = ("actually",)
"""Between two values, the second is meant; anywhere else, it is nothing."""
_DIGITS = "0"
"""Stands for any row of digits."""
_LEFT_OVER_COST = 100
_FILLER_COST = 11
_ROLE_COST = 10
_VALUE_COST = 9
_VOID_COST = 8


class Piece(NamedTuple):
    """Some words of a sentence, and what they do."""

    role: str
    words: tuple[str, ...]
    found: tuple[Sense, ...] = ()
    """What they mean: more than one meaning, if they are ambiguous."""


@dataclass(frozen=True)
class SentenceReader:
    """Cuts sentences into pieces.

    Args:
        values: Rules of values.
        roles: Further rules that pieces may follow. Of two for the same words, the first counts.
        keeps_hesitations: Whether "um" and 嗯 are words.
    """

    values: tuple[str, ...]
    roles: tuple[str, ...]
    keeps_hesitations: bool = False

    def read(self, text: str) -> list[Piece]:
        """Return the pieces of a sentence."""
        tokens = split_tokens(text)
        if not self.keeps_hesitations:
            tokens = [token for token in tokens if token not in _HESITATIONS]
        return _cut(tokens, _starts(self))


@functools.cache
def _starts(reader: SentenceReader) -> dict[str, list[tuple[str, Symbol, int]]]:
    """Return the roles that a piece may have, with what they cost, by its first word."""
    rules = answer_rules()
    starts: dict[str, list[tuple[str, Symbol, int]]] = {}
    for name in (*reader.values, *reader.roles):
        symbol = rules[name]
        cost = _VALUE_COST if name in reader.values else _cost(name)
        words = {_DIGITS if word[0].isdigit() else word for word in symbol.by_word}
        words |= {_DIGITS} if symbol.by_digits else set()
        for word in words:
            starts.setdefault(word, []).append((name, symbol, cost))
    return starts


def _cost(role: str) -> int:
    if role.endswith("filler"):
        return _FILLER_COST
    return _VOID_COST if role.endswith(("void", "noise", "doubt", "question")) else _ROLE_COST


def _cut(
    tokens: Sequence[str], starts: Mapping[str, Sequence[tuple[str, Symbol, int]]]
) -> list[Piece]:
    """Find the cheapest way through a sentence, from its end to its beginning."""
    chart = Chart(tokens)
    count = len(tokens)
    cheapest = [0] * (count + 1)
    ways: list[tuple[int, str, tuple[Sense, ...]]] = [(count, "", ())] * count
    for at in range(count - 1, -1, -1):
        token = tokens[at]
        skipping = 0 if token == PAUSE else _LEFT_OVER_COST
        cheapest[at] = cheapest[at + 1] + skipping
        ways[at] = (at + 1, PAUSE if token == PAUSE else LEFT_OVER, ())
        for name, symbol, cost in starts.get(_DIGITS if token[0].isdigit() else token, ()):
            for end, meant in chart.find(symbol, at).items():
                whole = cost + meant[0].weight + cheapest[end]
                if whole < cheapest[at]:
                    cheapest[at] = whole
                    ways[at] = (end, name, tuple(meant))
    pieces = []
    at = 0
    while at < count:
        end, role, found = ways[at]
        pieces.append(Piece(role, tuple(tokens[at:end]), found))
        at = end
    return pieces


def told_pieces(pieces: Sequence[Piece]) -> tuple[tuple[str, str], ...]:
    """Return the words of each piece and what they were taken for, for display."""
    return tuple(
        (
            " ".join(piece.words),
            "left over" if piece.role == LEFT_OVER else piece.role.replace("_", " "),
        )
        for piece in pieces
        if piece.role != PAUSE
    )


@dataclass(frozen=True)
class Sentence:
    """What a sentence says about one value."""

    values: tuple[tuple[Sense, ...], ...]
    """The values that stand after corrections and negations, each with all it may mean."""
    given_up: tuple[tuple[Sense, ...], ...]
    """Values that are said not to be meant."""
    left_over: tuple[str, ...]
    """Words that nothing explains."""
    is_rough: bool
    """About, at least, perhaps, or an alternative that is not understood."""
    is_bound: bool
    """At least, before: many values."""
    is_void: bool
    """The value is of another kind: every Monday, per cent."""
    is_open: bool
    """A value is taken back, negated or excluded, and none is given instead."""


def understand(pieces: Sequence[Piece], values: Collection[str]) -> Sentence:
    """Work out which values of a sentence stand: corrections, negations, alternatives."""
    live: list[tuple[Sense, ...]] = []
    given_up: list[tuple[Sense, ...]] = []
    takes_back = negates = is_open = has_negated = False
    for index, piece in enumerate(pieces):
        role = piece.role
        if role in values:
            if negates:
                negates, has_negated = False, True
                given_up.append(piece.found)
                continue
            if takes_back:
                takes_back = False
                live.clear()
            live.append(piece.found)
        elif role == "take_back" or (
            piece.words == _ACTUALLY and _is_value(pieces[index + 1 : index + 2], values)
        ):
            takes_back = bool(live)
        elif role == "is_not" and live:
            if index + 1 < len(pieces) and pieces[index + 1].role == PAUSE:
                takes_back = True
            else:
                is_open = True
        elif role in {"not", "is_not"}:
            negates = True
        elif role == "not_after":
            del live[-1:]
            has_negated = True
        elif role == "except" and not (has_negated and piece.words == _BUT):
            is_open = True
    roles = [piece.role for piece in pieces]
    is_until = len(live) == 1 and any(
        before == "to" and role in values for before, role in zip(roles, roles[1:], strict=False)
    )
    return Sentence(
        tuple(live),
        tuple(given_up),
        tuple(word for piece in pieces if piece.role == LEFT_OVER for word in piece.words),
        not {"about", "bound", "from"}.isdisjoint(roles)
        or ("or" in roles and len(live) == 1)
        or is_until,
        is_until or not {"bound", "from"}.isdisjoint(roles),
        any(role.endswith("void") for role in roles),
        is_open or takes_back or (has_negated and not live),
    )


def _is_value(pieces: Sequence[Piece], values: Collection[str]) -> bool:
    return any(piece.role in values for piece in pieces)
