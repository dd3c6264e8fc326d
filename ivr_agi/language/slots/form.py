"""Reads several typed answers from one sentence, in any order. Core, no I/O.

"A table for four tomorrow at seven" has a number, a date and a time. The words of the sentence are
dealt out to the fields of a form, so that as few words as possible are left over. Each field's slot
then reads its own words, with corrections and all, as if nothing else had been said. If the words
can be dealt out in two ways ("four, seven"), the fields that they would go to get none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ivr_agi.language.matching import Decision, match
from ivr_agi.language.sentence import AROUND, LEFT_OVER
from ivr_agi.language.slots.base import Parsed, Rejected
from ivr_agi.language.slots.dealing import MARGIN, Dealer, join_tokens, n_filled
from ivr_agi.language.slots.one_of import OneOf
from ivr_agi.language.tokens import PAUSE, split_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ivr_agi.language.slots.dealing import Dealing, Dealt, FormField

__all__ = ("FormReading", "read_form")

_MODIFYING = frozenset(AROUND) - {"filler"}
"""Roles of words that a field's slot has to read, too."""


_CORRECTING = frozenset({"take_back", "is_not", "not", "not_after", "except", "or"})
"""Roles after which a second value of a field is no addition."""


@dataclass(frozen=True)
class FormReading:
    """What a sentence says about the fields of a form."""

    values: Mapping[str, Parsed[Any] | Rejected]
    """By field; doubtful if words are left over."""
    named: tuple[str, ...]
    """Fields that are spoken of, without a value: "the date is wrong"."""
    left_over: tuple[str, ...]
    """Words that nothing explains."""
    unclear: frozenset[str]
    """Fields whose words may be another's."""
    pieces: tuple[tuple[str, str], ...]
    """Some words, and what they were taken for."""

    @property
    def is_empty(self) -> bool:
        """It is about no field."""
        return not (self.values or self.named or self.unclear)


def read_form(text: str, fields: Sequence[FormField], *, asked: str = "") -> FormReading:
    """Deal out the words of a sentence to the fields of a form, and read them.

    Args:
        text: What was said.
        fields: The fields whose values can be found in a sentence (:func:`.dealing.can_be_found`).
        asked: The field that was asked for: what may be its value or another's is its.
    """
    reading = _Reader(split_tokens(text), fields, asked)
    return reading.read()


class _Reader:
    """Reads one sentence."""

    def __init__(self, tokens: list[str], fields: Sequence[FormField], asked: str) -> None:
        self._tokens = tokens
        self._fields = fields
        self._dealer = Dealer(tokens, fields, asked)

    def read(self) -> FormReading:
        ways = self._dealer.find_ways()
        near = [way for way in ways if way.cost <= ways[0].cost + MARGIN]
        best = max(near, key=n_filled)  # of equal ones, the first
        as_good = [way for way in near if n_filled(way) == n_filled(best)]
        unclear = self._dealer.differing(best, as_good)
        chunks, named, pieces, left_over = self._go_through(best, unclear)
        found: dict[str, Parsed[Any] | Rejected] = {}
        for number, chunk in chunks.items():
            field = self._fields[number]
            found[field.name] = field.slot.parse(" ".join(chunk))
        rest = self._match_rest(left_over, found)
        added = {self._fields[number].name for number in self._added_up(best)}
        values = {
            name: _doubted(value) if rest or name in added else value
            for name, value in found.items()
        }
        return FormReading(
            values,
            tuple(name for name in named if name not in values),
            tuple(rest),
            frozenset(self._fields[number].name for number in unclear),
            tuple(pieces),
        )

    # What the best way means.

    def _go_through(
        self, way: Dealing, unclear: Collection[int]
    ) -> tuple[dict[int, list[str]], list[str], list[tuple[str, str]], list[str]]:
        """Return the words of each field, the fields named, the pieces, and what is left over."""
        chunks: dict[int, list[str]] = {}
        named: list[str] = []
        pieces: list[tuple[str, str]] = []
        left_over: list[str] = []
        waiting: list[str] = []
        correction: list[str] = []
        ends: dict[int, int] = {}
        last = -1
        halves = self._halves(way)
        for at, edge in way.edges:
            words = self._tokens[at : edge.end]
            told = self._fields[edge.field].name if edge.field >= 0 else edge.role
            if edge.role != PAUSE:
                pieces.append((join_tokens(words), _told(edge, told)))
            if edge.is_name:
                named.append(self._fields[edge.field].name)
            elif edge.field >= 0:
                if edge.field not in unclear:
                    chunk = chunks.setdefault(edge.field, [])
                    if chunk and ends.get(edge.field, edge.words[0]) != edge.words[0]:
                        chunk.append(PAUSE)  # they are no neighbours
                    if chunk and correction and not set(correction) <= set(waiting):
                        chunk += correction  # that of another field before it
                    chunk += [*waiting, join_tokens(self._tokens[slice(*edge.words)])]
                    last, ends[edge.field] = edge.field, edge.words[1]
                waiting = []
            elif edge.role == LEFT_OVER:
                left_over += words
            elif edge.role == "half" and halves is not None:
                chunks.setdefault(halves, []).append(join_tokens(words))
            elif edge.role in _MODIFYING or edge.role.endswith("void"):
                waiting.append(join_tokens(words))
                correction = waiting[-1:] if edge.role == "take_back" else correction
        if waiting and last >= 0:
            chunks[last] += waiting
        values = {edge.field for _, edge in way.edges if edge.field >= 0 and not edge.is_name}
        return {n: chunk for n, chunk in chunks.items() if n in values}, named, pieces, left_over

    def _added_up(self, way: Dealing) -> set[int]:
        """Return fields with several values that correct nothing: "two adults and two kids"."""
        seen: set[int] = set()
        added: set[int] = set()
        corrects = False
        for _, edge in way.edges:
            if edge.role in _CORRECTING:
                corrects = True
            elif edge.field >= 0 and not edge.is_name:
                if edge.field in seen and not corrects:
                    added.add(edge.field)
                seen.add(edge.field)
        return added

    def _halves(self, way: Dealing) -> int | None:
        """Return the field that "in the morning" belongs to, if a time was said."""
        times = [edge.field for _, edge in way.edges if edge.field >= 0 and not edge.is_name]
        return next((number for number in times if self._dealer.kind(number) == "time"), None)

    def _match_rest(
        self, left_over: list[str], found: dict[str, Parsed[Any] | Rejected]
    ) -> list[str]:
        """Take words that only sound like an option for it; return what is still left over."""
        if not left_over:
            return left_over
        text = join_tokens(left_over)
        for field in self._fields:
            if isinstance(field.slot, OneOf) and field.name not in found:
                hit = match(text, field.slot.options, bands=field.slot.bands)
                if hit.best is not None and hit.decision is not Decision.NO_MATCH:
                    parsed = field.slot.parse(text)
                    found[field.name] = _doubted(parsed)
                    return []
        return left_over


def _doubted(value: Parsed[Any] | Rejected) -> Parsed[Any] | Rejected:
    return replace(value, is_sure=False) if isinstance(value, Parsed) else value


def _told(edge: Dealt, told: str) -> str:
    if edge.role == LEFT_OVER:
        return "left over"
    return f"{told}, by name" if edge.is_name else told.replace("_", " ")
