"""Finds all mistakes in the data of a file, not only the first. Core, no I/O.

msgspec stops at the first one. So each mistake is taken out of a copy of the data, and the rest is
looked at again. What is wrong only because something was taken out is no mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi.wording import MAPPING, FieldPath, explain

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("MAX_MISTAKES", "Converted", "convert_all")

MAX_MISTAKES = 20
"""Most mistakes that are looked for in one file."""
_MAX_ROUNDS = 10 * MAX_MISTAKES

_Place = tuple[str | int, ...]


@dataclass
class Converted:
    """What a file's data is, and what is wrong with it."""

    value: Any = None
    """The data as a type, without what is wrong; None if too little is left."""
    mistakes: list[tuple[str, FieldPath]] = field(default_factory=list)
    """What is wrong, in one line each, with the path of keys."""
    gone: set[_Place] = field(default_factory=set)
    """Paths that were taken out."""
    has_unknown: set[_Place] = field(default_factory=set)
    """Paths of mappings with a key that is not known, which may be another one, mistyped."""
    original: Callable[[FieldPath], FieldPath] = list
    """Returns a path in the value as it is in the data."""

    def concerns(self, place: FieldPath) -> bool:
        """Whether something was taken out above, below or beside: what is said of it is unsure."""
        path = tuple(place)
        return path[:-1] in self.has_unknown or any(
            gone[: len(path)] == path or path[: len(gone)] == gone for gone in self.gone
        )


def convert_all(
    data: Any,
    kind: type[Any],
    *,
    dec_hook: Callable[[type, Any], Any] | None = None,
    schema_hook: Callable[[type], dict[str, Any]] | None = None,
    mapping: str = MAPPING,
    stand_in: Callable[[_Place], Any] = lambda place: None,
) -> Converted:
    """Convert plain data, and say all that is wrong with it.

    Args:
        data: The data; it stays as it is.
        kind: The expected type.
        dec_hook: As of :func:`~ivr_agi.wording.explain`, like the next two.
        schema_hook: The same for JSON Schema.
        mapping: What the file format calls a mapping.
        stand_in: Returns what takes the place of a wrong value that others refer to; None: nothing.
    """
    found = Converted()
    try:
        found.value = msgspec.convert(data, kind, dec_hook=dec_hook)
        return found
    except msgspec.ValidationError:
        rest = _Rest(data, found, stand_in)
        found.original = rest.original
    for _ in range(_MAX_ROUNDS):
        try:
            found.value = msgspec.convert(rest.data, kind, dec_hook=dec_hook)
            break
        except msgspec.ValidationError as exc:
            reason, place = explain(
                exc, rest.data, kind, dec_hook=dec_hook, schema_hook=schema_hook, mapping=mapping
            )
            missing = re.search(r"missing required field `([^`]+)`", str(exc))
            if not rest.follows(place, missing[1] if missing else None):
                found.mistakes.append((reason, rest.original(place)))
            if "unknown field" in str(exc):
                rest.note_unknown(place)
            if len(found.mistakes) >= MAX_MISTAKES or not rest.take_out(place):
                break
    return found


class _Rest:
    """A copy of the data without what was wrong."""

    def __init__(self, data: Any, found: Converted, stand_in: Callable[[_Place], Any]) -> None:
        self._numbers: dict[int, list[int]] = {}
        """The original numbers of each list's values, by the list's identity."""
        self.data = self._copy(data)
        self._gone = found.gone
        self._has_unknown = found.has_unknown
        self._stand_in = stand_in

    def _copy(self, value: Any) -> Any:
        """Copy it, each value by itself: YAML's aliases share theirs."""
        if isinstance(value, dict):
            return {key: self._copy(item) for key, item in value.items()}
        if isinstance(value, list):
            copy = [self._copy(item) for item in value]
            self._numbers[id(copy)] = list(range(len(copy)))
            return copy
        return value

    def original(self, place: FieldPath) -> FieldPath:
        """Return a path as it is in the file."""
        found: FieldPath = []
        value = self.data
        for part in place:
            is_number = isinstance(value, list) and isinstance(part, int)
            found.append(self._numbers[id(value)][part] if is_number else part)  # type: ignore[index]
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                value = None
        return found

    def follows(self, place: FieldPath, missing: str | None) -> bool:
        """Whether a mistake is there only because something was taken out."""
        path = tuple(self.original(place))
        if missing is not None:  # the key that is unknown there may be this one, mistyped
            return (*path, missing) in self._gone or path in self._has_unknown
        return any(gone[:-1] == path for gone in self._gone)

    def note_unknown(self, place: FieldPath) -> None:
        """Note a key that is not known."""
        self._has_unknown.add(tuple(self.original(place))[:-1])

    def take_out(self, place: FieldPath) -> bool:
        """Take a value out, or put its stand-in there; return False if it is all there is."""
        path = tuple(self.original(place))
        if not place or path in self._gone:
            return False
        *above, last = place
        parent = self.data
        try:
            for part in above:
                parent = parent[part]
            stand_in = self._stand_in(path)
            if stand_in is not None:
                parent[last] = stand_in
            else:
                if isinstance(parent, list):
                    del self._numbers[id(parent)][last]  # type: ignore[arg-type]
                del parent[last]
        except (KeyError, IndexError, TypeError):
            return False
        self._gone.add(path)
        return True
