"""Patterns of characters in a small notation, for answers of a form of one's own. Core, no I/O.

``[A-Z]{2}-?[0-9]{6}|VIP[0-9]{4}`` is two letters and six digits, with a hyphen or without, or VIP
and four digits:

- a letter, a digit or ``-`` stands for itself; case and blanks do not count;
- ``[A-Z0-9]`` is one of these characters, ``[0-9]`` a digit;
- ``{6}``, ``{4,6}`` and ``?`` say how often the thing before may stand;
- ``( | )`` are alternatives; inside, patterns may stand again.

There is nothing without a bound: no ``*``, no ``+``. A pattern becomes a machine with a state for
each character, and runs over all states at once, so its time is at most length times states. It is
no regular expression of Python's, which may take for ever.
"""

from __future__ import annotations

import functools
import string
from dataclasses import dataclass

__all__ = ("LONGEST", "Pattern", "compile_pattern")

LONGEST = 64
"""Characters that a pattern may take."""
_MOST_STATES = 512
_DEEPEST = 8
_CHARACTERS = frozenset(string.ascii_uppercase + string.digits)
_DIGITS = frozenset(string.digits)


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern."""

    source: str
    _steps: tuple[tuple[frozenset[str], frozenset[int]], ...]
    """Of each state: the characters that lead into it, and the states that may follow."""
    _starts: frozenset[int]
    _ends: frozenset[int]
    """States in which a text may end. -1: the empty text."""

    def fits(self, text: str) -> bool:
        """Tell whether a text has this form."""
        states = self._run(text)
        return bool(states & self._ends)

    def may_begin(self, text: str) -> bool:
        """Tell whether more characters could make a text of this form."""
        return bool(self._following(self._run(text)))

    def is_full(self, text: str) -> bool:
        """Tell whether a text has this form, and none that is longer begins with it."""
        return self.fits(text) and not self.may_begin(text)

    def only(self, characters: frozenset[str] = _DIGITS) -> bool:
        """Tell whether a text of these characters alone can have this form."""
        reached: set[int] = set()
        waiting = {at for at in self._starts if self._steps[at][0] & characters}
        while waiting:
            reached |= waiting
            waiting = {
                after
                for at in waiting
                for after in self._steps[at][1]
                if self._steps[after][0] & characters
            } - reached
        return bool(reached & self._ends)

    def _run(self, text: str) -> frozenset[int]:
        states = frozenset({-1})
        for char in text.upper():
            if char == " ":
                continue
            states = frozenset(
                after for after in self._following(states) if char in self._steps[after][0]
            )
        return states

    def _following(self, states: frozenset[int]) -> frozenset[int]:
        return frozenset(
            after for at in states for after in (self._starts if at < 0 else self._steps[at][1])
        )


@functools.lru_cache(maxsize=256)
def compile_pattern(source: str) -> Pattern:
    """Compile a pattern.

    Raises:
        ValueError: It is none; the message says where and why.
    """
    return _Compiler(source).compile()


@dataclass(frozen=True)
class _Piece:
    """A part of the machine: where it begins and ends, and whether it may be left out."""

    firsts: frozenset[int]
    lasts: frozenset[int]
    may_be_empty: bool
    longest: int


_EMPTY = _Piece(frozenset(), frozenset(), may_be_empty=True, longest=0)


class _Compiler:
    """Makes the states by position (Glushkov): no step without a character."""

    def __init__(self, source: str) -> None:
        self._source = source.replace(" ", "")
        self._at = 0
        self._classes: list[frozenset[str]] = []
        self._after: list[set[int]] = []

    def compile(self) -> Pattern:
        whole = self._alternatives(0)
        if self._at < len(self._source):
            raise self._fault("a bracket is closed that was not opened")
        if whole.longest > LONGEST:
            raise self._fault(f"it takes {whole.longest} characters, and at most {LONGEST} may be")
        if whole.may_be_empty:
            raise self._fault("all of it may be left out")
        steps = zip(self._classes, map(frozenset, self._after), strict=True)
        return Pattern(self._source, tuple(steps), whole.firsts, whole.lasts)

    def _fault(self, what: str) -> ValueError:
        return ValueError(f"pattern {self._source!r}, character {self._at + 1}: {what}")

    def _next(self) -> str:
        return self._source[self._at : self._at + 1]

    def _alternatives(self, depth: int) -> _Piece:
        if depth > _DEEPEST:
            raise self._fault(f"brackets are more than {_DEEPEST} deep")
        found = self._sequence(depth)
        while self._next() == "|":
            self._at += 1
            other = self._sequence(depth)
            found = _Piece(
                found.firsts | other.firsts,
                found.lasts | other.lasts,
                found.may_be_empty or other.may_be_empty,
                max(found.longest, other.longest),
            )
        return found

    def _sequence(self, depth: int) -> _Piece:
        found, is_first = _EMPTY, True
        while self._next() not in {"", "|", ")"}:
            found, is_first = self._join(found, self._counted(depth)), False
        if is_first:
            raise self._fault("an alternative is empty; write (...)? for what may be left out")
        return found

    def _join(self, one: _Piece, other: _Piece) -> _Piece:
        for last in one.lasts:
            self._after[last] |= other.firsts
        return _Piece(
            one.firsts | other.firsts if one.may_be_empty else one.firsts,
            one.lasts | other.lasts if other.may_be_empty else other.lasts,
            one.may_be_empty and other.may_be_empty,
            one.longest + other.longest,
        )

    def _counted(self, depth: int) -> _Piece:
        """Read one thing, as often as the count behind it says: it is read again for each time."""
        begin = self._at
        piece = self._one(depth)
        end = self._at
        least, most = self._count()
        after = self._at
        found = _EMPTY
        for number in range(most):
            if number:
                self._at = begin
                piece = self._one(depth)
                self._at = end
            if number >= least:
                piece = _Piece(piece.firsts, piece.lasts, may_be_empty=True, longest=piece.longest)
            found = self._join(found, piece)
            if found.longest > LONGEST:
                raise self._fault(f"it takes more than {LONGEST} characters")
        self._at = after
        return found

    def _count(self) -> tuple[int, int]:
        if self._next() == "?":
            self._at += 1
            return 0, 1
        if self._next() != "{":
            return 1, 1
        inside, brace, _ = self._source[self._at + 1 :].partition("}")
        least, comma, most = inside.partition(",")
        if not brace or not _is_count(least) or (comma and not _is_count(most)):
            raise self._fault("a count is {6} or {4,6}")
        numbers = int(least), int(most or least)
        if not numbers[0] <= numbers[1] or not 1 <= numbers[1] <= LONGEST:
            raise self._fault(f"a count goes up, from 0 to {LONGEST}")
        self._at += len(inside) + 2
        return numbers

    def _one(self, depth: int) -> _Piece:
        char = self._next()
        self._at += 1
        if char == "(":
            found = self._alternatives(depth + 1)
            if self._next() != ")":
                raise self._fault("a bracket is not closed")
            self._at += 1
            return found
        if char == "[":
            return self._state(self._class())
        if char.upper() in _CHARACTERS or char == "-":
            return self._state(frozenset({char.upper()}))
        self._at -= 1
        raise self._fault(f"{char!r} is not known here: letters, digits, - [ ] ( ) | {{ }} ? are")

    def _class(self) -> frozenset[str]:
        inside, bracket, _ = self._source[self._at :].partition("]")
        found: set[str] = set()
        at = 0
        while at < len(inside):
            first = inside[at].upper()
            is_range = inside[at + 1 : at + 2] == "-" and at + 2 < len(inside)
            last = inside[at + 2].upper() if is_range else first
            if first not in _CHARACTERS or last not in _CHARACTERS or last < first:
                raise self._fault("a class has letters, digits and ranges: [A-Z0-9]")
            if first.isdigit() != last.isdigit():
                raise self._fault("a range is from letter to letter or from digit to digit")
            found |= {chr(code) for code in range(ord(first), ord(last) + 1)}
            at += 3 if is_range else 1
        if not bracket or not found:
            raise self._fault("a class is not closed, or empty")
        self._at += len(inside) + 1
        return frozenset(found)

    def _state(self, characters: frozenset[str]) -> _Piece:
        if len(self._classes) >= _MOST_STATES:
            raise self._fault(f"it has more than {_MOST_STATES} places for characters")
        number = len(self._classes)
        self._classes.append(characters)
        self._after.append(set())
        return _Piece(frozenset({number}), frozenset({number}), may_be_empty=False, longest=1)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 2
