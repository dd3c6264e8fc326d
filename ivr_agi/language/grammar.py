"""Reads rules for what callers say, and finds what they fit. Core, no I/O.

Rules are text, so that a native speaker can review them::

    below_100:
        <tens> | <ones>
        <tens> <ones>               -> sum $1 $2
    tens:
        twenty=20 thirty=30
    count:
        about <below_100>           -> $1 ~

A rule has patterns, one a line or split by ``|``. A pattern has words (a Chinese character is a
word), other rules in ``<>``, rows of digits by their length (``{1-2}``), ``<*>`` for any English
word, optional parts in ``[]`` and choices in ``()``. After ``->`` is what it means: a constant,
``$1`` (the meaning of the first rule, row of digits or any word in the pattern), or a function of
:data:`.meanings.MEANINGS` with such arguments. Without it, a pattern means what its only rule
means, or nothing. Three signs may follow:

- ``~``: the caller is to be asked.
- ``?``: counts only if all other words of the sentence are understood, too.
- ``^1``: a weight. Of two patterns for the same words, the lighter one counts; of the same weight,
  both: the words are ambiguous.

The chart parser goes top down, and keeps what it has found for each rule and place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ivr_agi.language.meanings import MEANINGS
from ivr_agi.language.text import HAN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ("Chart", "Sense", "Grammar", "Symbol", "compile_rules")

_MOST_READINGS = 4
"""Of the same words, so many meanings are kept. Two are enough to be ambiguous."""

_PART = re.compile(rf"[][()|]|<(?:\w+|\*)>|\{{\d+(?:-\d+)?\}}|[{HAN}]|[^\s\][()|<>{{}}{HAN}]+")
_LEFT_OUT = "<>"
_CHOICE = "<="
_ANY_WORD = "<*>"
_HEAD = re.compile(r"^(\w+):$")


class Sense(NamedTuple):
    """One meaning of some words."""

    weight: int
    value: Any
    is_doubtful: bool
    is_weak: bool
    """It counts only if nothing else is left over."""


@dataclass(eq=False)
class Symbol:
    """A rule."""

    name: str
    productions: list[_Production] = field(default_factory=list)
    by_word: dict[str, list[_Production]] = field(default_factory=dict)
    """What may begin with a word."""
    by_digits: list[_Production] = field(default_factory=list)
    """What may begin with a row of digits."""
    is_silent: bool = False
    """A choice of words inside a pattern: it has no meaning of its own."""


class _Row(NamedTuple):
    """A row of digits: its shortest and longest length."""

    least: int
    most: int

    def takes(self, token: str) -> bool:
        return self.least <= len(token) <= self.most and token.isdigit()


class _AnyWord(NamedTuple):
    """Any English word. It does not stand first in a pattern."""

    def takes(self, token: str) -> bool:
        return "a" <= token[0] <= "z"


@dataclass(frozen=True, eq=False)
class _Production:
    items: tuple[str | _Row | _AnyWord | Symbol, ...]
    make: Callable[..., Any] | None
    """None: the first of the arguments is the meaning."""
    arguments: tuple[tuple[bool, Any], ...]
    """Each is a part of the pattern (True, and which), or a constant."""
    weight: int
    is_doubtful: bool
    is_weak: bool
    second: str | None
    """The word after the first, if both are words: most patterns end there."""


class Grammar:
    """Rules by their names."""

    def __init__(self, symbols: dict[str, Symbol]) -> None:
        self._symbols = symbols

    def __getitem__(self, name: str) -> Symbol:
        return self._symbols[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._symbols)

    def phrases(self, *names: str) -> list[str]:
        """Return the words of rules and of all that these use, as they stand together."""
        found: set[str] = set()
        reached: set[Symbol] = set()
        waiting = [self._symbols[name] for name in names]
        while waiting:
            symbol = waiting.pop()
            if symbol in reached:
                continue
            reached.add(symbol)
            for production in symbol.productions:
                waiting += [item for item in production.items if isinstance(item, Symbol)]
                found.update(_runs_of_words(production.items))
        return sorted(found)


def _runs_of_words(items: Sequence[str | _Row | _AnyWord | Symbol]) -> Iterator[str]:
    """Yield words that follow each other in a pattern, joined as they are written."""
    run = ""
    for item in (*items, None):
        if isinstance(item, str) and (item[0].isalpha() or "0" <= item[0] <= "9"):
            blank = " " if run and item.isascii() and run[-1].isascii() else ""
            run += blank + item
        elif run:
            yield run
            run = ""


def compile_rules(*texts: str) -> Grammar:
    """Compile rules. Rules of one name in several texts are one rule.

    Raises:
        ValueError: A line is no rule, a rule is missing, or begins with itself.
    """
    symbols: dict[str, Symbol] = {}
    current = None
    for line in "\n".join(texts).splitlines():
        line = line.partition("#")[0].rstrip()
        if not line:
            continue
        if head := _HEAD.match(line):
            current = symbols.setdefault(head[1], Symbol(head[1]))
        elif current is None or not line.startswith(" "):
            raise ValueError(f"expected a rule's name with a colon, got {line!r}")
        else:
            try:
                current.productions += _compile_line(line, symbols)
            except ValueError as exc:
                raise ValueError(f"rule <{current.name}>, line {line.strip()!r}: {exc}") from None
    for symbol in symbols.values():
        if not symbol.productions:
            raise ValueError(f"rule <{symbol.name}> is used and not defined")
    for symbol in symbols.values():
        _index(symbol, [])
    return Grammar(symbols)


def _compile_line(line: str, symbols: dict[str, Symbol]) -> list[_Production]:
    pattern, arrow, meaning = line.partition("->")
    if not arrow and "=" in pattern:
        pairs = [pair.rpartition("=") for pair in pattern.split()]
        return [
            _production(tuple(_PART.findall(word.replace("_", " "))), f"constant {value}", symbols)
            for word, _, value in pairs
        ]
    return [
        _production(parts, meaning.strip(), symbols)
        for parts in _expand(_PART.findall(pattern), symbols)
    ]


def _expand(parts: Sequence[str], symbols: dict[str, Symbol]) -> list[tuple[str, ...]]:
    """Write out optional parts and choices. A part with a meaning that is left out stays as a sign.

    A choice between mere words becomes a rule of its own, so that patterns stay few.
    """
    branches: list[list[tuple[str, ...]]] = [[()]]
    at = 0
    while at < len(parts):
        part = parts[at]
        if part == "|":
            branches.append([()])
        elif part in "([":
            end = _closing(parts, at)
            inner = _expand(parts[at + 1 : end], symbols)
            if len(inner) > 1 and not any(each[0] in "<{" for one in inner for each in one):
                inner = [(_choice(inner, symbols),)]
            if part == "[":
                left_out = tuple(
                    _LEFT_OUT
                    for each in parts[at + 1 : end]
                    if each[0] in "<{" and not each.startswith(_CHOICE)
                )
                inner.append(left_out)
            branches[-1] = [before + each for before in branches[-1] for each in inner]
            at = end
        else:
            branches[-1] = [(*before, part) for before in branches[-1]]
        at += 1
    return [each for branch in branches for each in branch]


def _choice(branches: Sequence[tuple[str, ...]], symbols: dict[str, Symbol]) -> str:
    name = f"{_CHOICE}{'|'.join(' '.join(branch) for branch in branches)}>"
    key = name[1:-1]
    if key not in symbols:
        symbols[key] = Symbol(key, is_silent=True)
        symbols[key].productions = [_production(branch, "", symbols) for branch in branches]
    return name


def _closing(parts: Sequence[str], at: int) -> int:
    depth = 0
    for index in range(at, len(parts)):
        depth += (parts[index] in "([") - (parts[index] in ")]")
        if not depth:
            return index
    raise ValueError(f"a bracket is not closed: {' '.join(parts)}")


def _production(parts: tuple[str, ...], meaning: str, symbols: dict[str, Symbol]) -> _Production:
    items: list[str | _Row | _AnyWord | Symbol] = []
    places: list[int | None] = []  # of each part with a meaning, which of the found values it is
    for part in parts:
        if part == _LEFT_OUT:
            places.append(None)
        elif part.startswith(_CHOICE):
            items.append(symbols[part[1:-1]])
        elif part == _ANY_WORD:
            places.append(sum(place is not None for place in places))
            items.append(_AnyWord())
        elif part[0] == "<":
            places.append(sum(place is not None for place in places))
            items.append(symbols.setdefault(part[1:-1], Symbol(part[1:-1])))
        elif part[0] == "{":
            places.append(sum(place is not None for place in places))
            least, _, most = part[1:-1].partition("-")
            items.append(_Row(int(least), int(most or least)))
        else:
            items.append(part)
    if not items:
        raise ValueError("a pattern must have something that cannot be left out")
    if isinstance(items[0], _AnyWord):
        raise ValueError("a pattern cannot begin with any word")
    words = meaning.split() or (["$1"] if places else ["none"])
    weight, is_doubtful, is_weak = 0, "~" in words, "?" in words
    words = [word for word in words if word not in "~?"]
    if words and words[-1][0] == "^":
        weight = int(words.pop()[1:])
    words = words or ["$1"]
    make = MEANINGS.get(words[0])
    arguments = tuple(_argument(word, places) for word in (words[1:] if make else words[:1]))
    both_words = len(items) > 1 and isinstance(items[0], str) and isinstance(items[1], str)
    second = str(items[1]) if both_words else None
    return _Production(tuple(items), make, arguments, weight, is_doubtful, is_weak, second)


def _argument(word: str, places: Sequence[int | None]) -> tuple[bool, Any]:
    if word[0] == "$":
        which = int(word[1:]) - 1
        if which >= len(places):
            raise ValueError(f"{word} names no part of the pattern")
        place = places[which]
        return (False, None) if place is None else (True, place)
    if word == "none":
        return False, None
    return False, int(word) if word.isdecimal() else word


def _index(symbol: Symbol, above: list[Symbol]) -> None:
    """Fill in what a rule may begin with, and find rules that begin with themselves."""
    if symbol in above:
        raise ValueError(f"rule <{symbol.name}> begins with itself")
    if symbol.by_word or symbol.by_digits:
        return
    for production in symbol.productions:
        first = production.items[0]
        if isinstance(first, str):
            symbol.by_word.setdefault(first, []).append(production)
        elif isinstance(first, Symbol):
            _index(first, [*above, symbol])
            for word in first.by_word:
                symbol.by_word.setdefault(word, []).append(production)
            if first.by_digits:
                symbol.by_digits.append(production)
        else:
            symbol.by_digits.append(production)


class Chart:
    """What rules find in one sentence.

    Args:
        tokens: The sentence.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._found: dict[tuple[Symbol, int], dict[int, list[Sense]]] = {}

    def find(self, symbol: Symbol, at: int) -> dict[int, list[Sense]]:
        """Return what a rule means from a place on, by where it ends."""
        key = (symbol, at)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = {}
            token = self._tokens[at]
            productions = symbol.by_word.get(token, [])
            if token[0].isdigit():
                productions = [*productions, *symbol.by_digits]
            following = self._tokens[at + 1] if at + 1 < len(self._tokens) else ""
            for production in productions:
                second = production.second
                if second is None or second == following:
                    self._derive(production, at, found)
        return found

    def _derive(self, production: _Production, at: int, found: dict[int, list[Sense]]) -> None:
        tokens, count = self._tokens, len(self._tokens)
        states: list[tuple[int, int, bool, bool, tuple[Any, ...]]]
        states = [(at, production.weight, production.is_doubtful, production.is_weak, ())]
        for item in production.items:
            following = []
            for state in states:
                place = state[0]
                if place >= count:
                    continue
                if isinstance(item, str):
                    if tokens[place] == item:
                        following.append((place + 1, *state[1:]))
                elif isinstance(item, Symbol):
                    token = tokens[place]
                    if token not in item.by_word and not (item.by_digits and token[0].isdigit()):
                        continue
                    _, weight, is_doubtful, is_weak, values = state
                    following += [
                        (
                            end,
                            weight + one.weight,
                            is_doubtful or one.is_doubtful,
                            is_weak or one.is_weak,
                            values if item.is_silent else (*values, one.value),
                        )
                        for end, all_found in self.find(item, place).items()
                        for one in all_found
                    ]
                elif item.takes(tokens[place]):
                    following.append((place + 1, *state[1:4], (*state[4], tokens[place])))
            if not following:
                return
            states = following
        for end, weight, is_doubtful, is_weak, values in states:
            arguments = [
                values[which] if is_part else which for is_part, which in production.arguments
            ]
            value = production.make(*arguments) if production.make else arguments[0]
            if value is not NotImplemented:
                _keep(found.setdefault(end, []), Sense(weight, value, is_doubtful, is_weak))


def _keep(found: list[Sense], one: Sense) -> None:
    """Keep the lightest meanings."""
    if found and one.weight > found[0].weight:
        return
    if found and one.weight < found[0].weight:
        found.clear()
    for index, other in enumerate(found):
        if other.value == one.value:
            if other.is_doubtful and not one.is_doubtful:
                found[index] = one
            return
    if len(found) < _MOST_READINGS:
        found.append(one)
