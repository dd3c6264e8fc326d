"""Deals out the words of a sentence to the fields of a form. Core, no I/O.

Each way through the sentence costs something: for words left over much, for values and for words
around them little. The cheapest way is the best one. If others are as good, the words may mean two
things.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ivr_agi.language.grammar import Chart, Symbol
from ivr_agi.language.rules import answer_rules
from ivr_agi.language.sentence import AROUND, LEFT_OVER
from ivr_agi.language.slots.base import Parsed, Reason, Rejected
from ivr_agi.language.slots.one_of import OneOf
from ivr_agi.language.tokens import PAUSE, split_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr_agi.language.slots.base import Slot

__all__ = (
    "MARGIN",
    "Dealer",
    "Dealt",
    "FormField",
    "Dealing",
    "join_tokens",
    "can_be_found",
    "n_filled",
    "value_rules",
)

_SINGLE = frozenset({"number", "money", "date", "time", "duration", "month_year"})
"""Rules of values that are one piece of a sentence."""
_RUN = "row"
"""The rule of values that are many: digits."""
_CORRECTIVE = frozenset({"take_back", "is_not", "not_after", "or", "to"})
"""Roles after which the same field is spoken of again."""
_NEGATING = frozenset({"not", "except"})
"""Roles before a value that is not meant."""
_INSTEAD = "instead"
_ANEW = "anew"
_AFTER = {"not": _INSTEAD, "except": _INSTEAD, "take_back": _ANEW, _ANEW: _ANEW}
"""What is expected after a value that such a role stands before: another one in its place, or more
that is corrected."""
_EVERYWHERE = frozenset(("form_change", "form_but", "form_filler", *AROUND))
"""Roles that are no slot's own."""
_LOOSE = frozenset({"not", "about", "bound", "from", "to"})
"""Roles that may have a word more that belongs to the value: "not at" seven."""
_INCOMPLETE = frozenset({Reason.HALF_OF_DAY, Reason.AMBIGUOUS})
"""Reasons that do not speak against a value's type."""

_LEFT_OVER_COST = 100
_FILLER_COST = 14
_ROLE_COST = 13
_NAME_COST = 7
_VALUE_COST = 6
_ASKED_GAIN = 4
_WEAK_COST = 4
_REFUSED_COST = 4
_AGAIN_COST = 15
_ALSO_COST = 4
"""For another field's value that is corrected as well."""
_ELSEWHERE_COST = 8
"""For a value of another field right after a correction."""
_WORD_COST = 3
MARGIN = 2
"""Two ways that differ by no more are equally good."""
_KEPT = 4
"""So many ways are kept at each place."""


@dataclass(frozen=True)
class FormField:
    """One answer of a form."""

    name: str
    slot: Slot[Any]
    words: tuple[str, ...] = ()
    """What callers call it; also before or after its value ("from Monday", "four guests")."""


class Dealt(NamedTuple):
    """Some words of the sentence, and what they do."""

    end: int
    cost: int
    role: str
    field: int = -1
    words: tuple[int, int] = (0, 0)
    """Of a value: the words that its slot reads, without name and mark."""
    is_name: bool = False


class Dealing(NamedTuple):
    """A way through the sentence so far."""

    cost: int
    dealt: tuple[tuple[int, int, int], ...]
    """Field, first and last word of each value: what two ways differ in."""
    edges: tuple[tuple[int, Dealt], ...]


_State = tuple[int, int, str]
"""The fields that have a value, the last of them, and what is said of it or of the next one: a
corrective role, ``instead`` after a value that is negated, ``anew`` after one that is corrected."""


def can_be_found(slot: Slot[Any]) -> bool:
    """Tell whether an answer can be found among other words: not yes, a name, or free text."""
    values = value_rules(slot)
    return isinstance(slot, OneOf) or values[:1] in [(rule,) for rule in _SINGLE] or _is_run(slot)


class Dealer:
    """Finds the ways through one sentence.

    Args:
        tokens: The sentence.
        fields: The fields.
        asked: The name of the one that was asked for.
    """

    def __init__(self, tokens: list[str], fields: Sequence[FormField], asked: str) -> None:
        self._tokens = tokens
        self._fields = fields
        self._asked = next((n for n, field in enumerate(fields) if field.name == asked), -1)
        self._chart = Chart(tokens)
        self._parsed: dict[tuple[int, int, int], Parsed[Any] | Rejected] = {}
        self._values_at: dict[int, set[int]] = {}
        """Where values end that begin at a word."""

    # The ways through the sentence.

    def find_ways(self) -> list[Dealing]:
        """Return the ways that deal out different words, the cheapest first."""
        count = len(self._tokens)
        edges = [list(self._edges_at(at)) for at in range(count)]
        start: _State = (0, -1, "")
        states: list[dict[_State, list[Dealing]]] = [{} for _ in range(count + 1)]
        states[0][start] = [Dealing(0, (), ())]
        for at in range(count):
            for before, ways in states[at].items():
                for edge in edges[at]:
                    state, extra = _follow(before, edge)
                    known = states[edge.end].setdefault(state, [])
                    for way in ways:
                        _keep(known, _extend(way, at, edge, extra))
        found: list[Dealing] = []
        for way in itertools.chain(*states[count].values()):
            _keep(found, way)
        return sorted(found, key=self._rank)

    def _rank(self, way: Dealing) -> tuple[int, tuple[tuple[int, int, int], ...]]:
        return way.cost, way.dealt

    def _edges_at(self, at: int) -> Iterator[Dealt]:
        token = self._tokens[at]
        if token == PAUSE:
            yield Dealt(at + 1, 0, PAUSE)
            return
        yield Dealt(at + 1, _LEFT_OVER_COST, LEFT_OVER)
        for number in range(len(self._fields)):
            yield from self._value_edges(number, at)
        for name, cost in self._roles():
            for end in self._find(name, at):
                if name not in _EVERYWHERE and self._holds_value(at, end):
                    continue  # a slot's own filler: another field's value is none
                more = _WORD_COST * (end - at - 1) if name in _LOOSE else 0
                yield Dealt(end, cost + more, name)

    def _holds_value(self, start: int, end: int) -> bool:
        """Return whether there is a field's value within some words."""
        for at in range(start, end):
            if at not in self._values_at:
                self._values_at[at] = {
                    edge.end
                    for number in range(len(self._fields))
                    for edge in self._bare(number, at)
                }
            if any(stop <= end for stop in self._values_at[at]):
                return True
        return False

    def _value_edges(self, number: int, at: int) -> Iterator[Dealt]:
        """Yield the values of a field from a word on: bare, marked, named; and its mere name."""
        for edge in self._marked(number, at):
            yield edge
            for end in self._ends_of_names(number, edge.end, is_after=True):
                yield edge._replace(end=end, cost=max(edge.cost - 1, 0))
        for after_mark in self._find(f"mark_{self.kind(number)}_before", at):
            for edge in self._marked(number, after_mark):
                yield edge
        starts = {at, *self._find("form_article", at)}
        for after_name in {end for start in starts for end in self._ends_of_names(number, start)}:
            yield Dealt(after_name, _NAME_COST, "name", number, is_name=True)
            for start in self._after_becomes(after_name):
                for edge in self._marked(number, start):
                    yield edge._replace(cost=max(edge.cost - 1, 0))

    def _marked(self, number: int, at: int) -> Iterator[Dealt]:
        for edge in self._bare(number, at):
            yield edge
            for end in self._find(f"mark_{self.kind(number)}_after", edge.end):
                yield edge._replace(end=end, cost=max(edge.cost - 1, 0))

    def _bare(self, number: int, at: int) -> Iterator[Dealt]:
        for end, is_weak in self._spans(number, at):
            read = self._parse(number, at, end)
            if isinstance(read, Rejected) and not self._may_be(number, read.reason):
                continue
            cost = _VALUE_COST - _ASKED_GAIN * (number == self._asked)
            is_refused = isinstance(read, Rejected) and read.reason not in _INCOMPLETE
            cost += _WEAK_COST * is_weak + _REFUSED_COST * is_refused
            yield Dealt(end, cost, "value", number, (at, end))

    def _may_be(self, number: int, reason: Reason) -> bool:
        """Return whether words that are rejected so may be a value; single digits are not."""
        if reason is Reason.TOO_SHORT:
            return number == self._asked
        return reason is not Reason.NOT_UNDERSTOOD

    def _spans(self, number: int, at: int) -> Iterator[tuple[int, bool]]:
        """Yield where values may end, and whether they count only with nothing else around."""
        if at >= len(self._tokens):
            return
        slot = self._fields[number].slot
        if isinstance(slot, OneOf):
            for option in slot.options:
                for phrase in option.words:
                    end = self._ends_phrase(phrase, at)
                    if end is not None:
                        yield end, False
            if number == self._asked:  # "the second one" may be a date elsewhere
                yield from ((end, False) for end in self._find("place", at))
        elif _is_run(slot):
            yield from ((end, False) for end in self._run_ends(slot, at))
        else:
            for rule in value_rules(slot):
                for end, senses in self._senses(rule, at).items():
                    yield end, all(one.is_weak for one in senses)

    def _run_ends(self, slot: Slot[Any], at: int) -> Iterator[int]:
        """Yield where a row of digits ends: before a pause, and at the last digit."""
        rules = value_rules(slot)
        end, has_begun = at, False
        while end < len(self._tokens):
            longest = max(
                (stop for rule in rules for stop in self._senses(rule, end)), default=None
            )
            if longest is not None:
                end, has_begun = longest, True
                continue
            if not has_begun:
                return
            yield end
            beyond = end
            while beyond < len(self._tokens) and self._tokens[beyond] in {PAUSE, "~-", "-"}:
                beyond += 1
            if beyond == end or beyond == len(self._tokens):
                return
            if not any(self._senses(rule, beyond) for rule in rules):
                return
            end = beyond
        if has_begun:
            yield end

    def _ends_of_names(self, number: int, at: int, *, is_after: bool = False) -> list[int]:
        """Return where a name of a field ends that begins here."""
        if at >= len(self._tokens):
            return []
        field = self._fields[number]
        ends = [self._ends_phrase(phrase, at) for phrase in field.words]
        found = [end for end in ends if end is not None]
        if not is_after and self._is_only_of_kind(number):
            found += self._find(f"name_{self.kind(number)}", at)
        return found

    def _is_only_of_kind(self, number: int) -> bool:
        kind = self.kind(number)
        return sum(self.kind(each) == kind for each in range(len(self._fields))) == 1

    def _after_becomes(self, at: int) -> set[int]:
        """Return where a value may begin after a field's name: "is", "should be", 改成."""
        reached, new = {at}, {at}
        for _ in range(3):
            new = {end for start in new for end in self._find("form_becomes", start)} - reached
            reached |= new
        return reached

    def _ends_phrase(self, phrase: str, at: int) -> int | None:
        tokens = _phrase_tokens(phrase)
        end = at + len(tokens)
        return end if tokens and self._tokens[at:end] == list(tokens) else None

    def _find(self, rule: str, at: int) -> list[int]:
        return list(self._senses(rule, at))

    def _senses(self, rule: str, at: int) -> dict[int, list[Any]]:
        symbol = _symbols().get(rule)
        if symbol is None or at >= len(self._tokens):
            return {}
        return self._chart.find(symbol, at)

    def kind(self, number: int) -> str:
        """Return the rule of a field's values; empty: they follow no single one."""
        rules = value_rules(self._fields[number].slot)
        return rules[0] if rules and rules[0] in _SINGLE else _RUN if _RUN in rules else ""

    def _roles(self) -> Sequence[tuple[str, int]]:
        return _roles(tuple(_own_roles(field.slot) for field in self._fields))

    def _parse(self, number: int, start: int, end: int) -> Parsed[Any] | Rejected:
        key = (number, start, end)
        if key not in self._parsed:
            words = join_tokens(self._tokens[start:end])
            self._parsed[key] = self._fields[number].slot.parse(words)
        return self._parsed[key]

    # What a way means.

    def differing(self, best: Dealing, ways: Sequence[Dealing]) -> set[int]:
        """Return the fields that equally good ways give something else."""
        kinds = [value_rules(field.slot) for field in self._fields]
        first = self.meaning(best)
        order = [number for number, _, _ in best.dealt]
        differing: set[int] = set()
        for way in ways:
            here = [kinds[number] for number, _, _ in best.dealt]
            there = [kinds[number] for number, _, _ in way.dealt]
            if here == there and order == sorted(order):
                continue  # of one type: the first is the first
            differing |= {number for number, _ in _apart(first, self.meaning(way))}
        return differing

    def meaning(self, way: Dealing) -> list[tuple[int, Any]]:
        """Return each field of a way with what it is given."""
        return [
            (number, None if start == end else self._parse(number, start, end))
            for number, start, end in way.dealt
        ]


def _follow(state: _State, edge: Dealt) -> tuple[_State, int]:
    """Return the state after some words, and what they cost more than elsewhere."""
    mask, last, role = state
    if edge.field >= 0 and not edge.is_name:
        bit = 1 << edge.field
        is_again = bool(mask & bit)
        extra = _AGAIN_COST if is_again else 0
        if last >= 0 and role in _CORRECTIVE:
            elsewhere = _ALSO_COST if is_again else _ELSEWHERE_COST
            extra = 0 if edge.field == last else elsewhere
        elif role in _NEGATING or role == _ANEW:
            extra = 0
        elif role == _INSTEAD and edge.field == last:
            extra = 0
        return (mask | bit, edge.field, _AFTER.get(role, "")), extra
    if edge.role == "is_not" and last < 0:
        return (mask, last, "not"), 0
    if edge.role in _CORRECTIVE | _NEGATING:
        return (mask, last, edge.role), 0
    return state, 0


def _extend(way: Dealing, at: int, edge: Dealt, extra: int) -> Dealing:
    dealt = way.dealt
    if edge.field >= 0:
        dealt = (*dealt, (edge.field, *(edge.words if not edge.is_name else (at, at))))
    return Dealing(way.cost + edge.cost + extra, dealt, (*way.edges, (at, edge)))


def _keep(known: list[Dealing], way: Dealing) -> None:
    """Keep the cheapest ways that deal out different words."""
    for index, other in enumerate(known):
        if other.dealt == way.dealt:
            if way.cost < other.cost:
                known[index] = way
            return
    known.append(way)
    if len(known) > _KEPT:
        known.remove(max(known, key=lambda one: one.cost))


def _apart(
    one: Sequence[tuple[int, Any]], other: Sequence[tuple[int, Any]]
) -> list[tuple[int, Any]]:
    return [item for item in one if item not in other] + [item for item in other if item not in one]


def n_filled(way: Dealing) -> int:
    """Return how many fields have words."""
    return len({edge.field for _, edge in way.edges if edge.field >= 0})


def join_tokens(tokens: Sequence[str]) -> str:
    """Write tokens as a text that gives the same tokens."""
    text = before = ""
    for token in tokens:
        is_glued = before.startswith("~") or (token == "th" and before.isdigit())
        if token.startswith("~"):
            text += token[1:]
        else:
            text += token if is_glued else f" {token}"
        before = token
    return text.strip()


def value_rules(slot: Slot[Any]) -> tuple[str, ...]:
    """Name the rules that read a slot's value; none where any words are one."""
    reader = getattr(slot, "reader", None)
    return () if reader is None else tuple(reader.values)


def _is_run(slot: Slot[Any]) -> bool:
    return value_rules(slot) == (_RUN,)


def _own_roles(slot: Slot[Any]) -> tuple[str, ...]:
    reader = getattr(slot, "reader", None)
    return () if reader is None else tuple(reader.roles)


@functools.cache
def _symbols() -> dict[str, Symbol]:
    rules = answer_rules()
    return {name: rules[name] for name in rules}


@functools.lru_cache(maxsize=256)
def _roles(own: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, int], ...]:
    """Return the roles of all fields and what they cost, corrections first."""
    names = dict.fromkeys(
        (
            "form_change",
            "form_but",
            "form_filler",
            *AROUND,
            *(name for each in own for name in each),
        )
    )
    return tuple((name, _cost(name)) for name in names)


def _cost(role: str) -> int:
    if role.endswith("filler"):
        return _FILLER_COST
    return _ROLE_COST - 1 if role.startswith("form_") else _ROLE_COST


@functools.lru_cache(maxsize=4096)
def _phrase_tokens(phrase: str) -> tuple[str, ...]:
    """Return the tokens of a flow's phrase. The cache never holds what callers say."""
    return tuple(split_tokens(phrase))
