"""Explains errors of msgspec and PyYAML in an administrator's words. Core, no I/O.

Settings and flows share the wording: what was expected and what was found, the probable intention,
and the path of keys. Whoever reads the file finds the line of a path.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = (
    "MAPPING",
    "FieldPath",
    "explain",
    "hint_of_line",
    "hint_of_value",
    "in_plain_words",
    "suggest",
    "yaml_in_plain_words",
)

FieldPath = list[str | int]
"""Path to a value in a file: keys and indices."""

CLOSE = 0.7
"""Similarity from which a name is suggested (difflib's ratio)."""

_Node = dict[str, Any]
"""Part of a JSON Schema."""

MAPPING = "keys with values (key: value)"
"""What YAML calls a mapping."""

_TYPES = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": MAPPING,
    "array": "a list ([a, b])",
    "null": "nothing",
    "date": "a date",
    "datetime": "a date with a time",
    "time": "a time of day",
}

_PYTHON_TYPES = {"dict": "object", "list": "array", "NoneType": "null"}
"""What msgspec calls some types where a mapping's kind is told by one of its keys."""

_PATTERNS = {
    r"^([0-9*#]|[0-9]{2,4})$": 'a key ("0" to "9", "*", "#") or up to four digits',
    r"^[0-9]$": 'a key, "0" to "9"',
    r"^[0-9*#]*$": 'keys ("0" to "9", "*", "#")',
    r"^[A-Za-z_][A-Za-z0-9_]*$": "a name (letters, digits, _; no digit first)",
    r"^[a-z]{2}(-[A-Z]{2})?$": "a language (en, zh, zh-CN)",
    r"^https?://": "a URL that begins with http:// or https://",
    r"^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$": "times (09:00-17:30)",
    r"^[A-Z][A-Z0-9_]*$": "the name of a variable in capitals (CITY becomes IVR_CITY)",
    r"^[A-Za-z0-9_.-]+$": "a name without spaces (letters, digits, _ . -)",
    r"^(?:\d{4}-)?\d{2}-\d{2}(\.\.(?:\d{4}-)?\d{2}-\d{2})?$": (
        "a date (2026-10-01, or 12-25 for every year), or the first and the last: 12-24..01-02"
    ),
}

_SHORT = 40
"""Characters up to which a text is a key or a name, not prose: that may have any sign."""
_SIGNS = {
    "：": "': ', a colon and a space",
    **dict.fromkeys("，、", "a comma"),
    **dict.fromkeys("“”", 'the quote "'),
    **dict.fromkeys("‘’", "the quote '"),
    **{sign: repr(plain) for sign, plain in zip("［］｛｝＃＊－", "[]{}#*-", strict=True)},
    **dict.fromkeys("\u3000\xa0", "a space"),
    **{chr(0xFF10 + digit): repr(str(digit)) for digit in range(10)},
}
"""Signs of Chinese keyboards that look like YAML's own, and what to write."""
_FULL_COLON = re.compile(r"^\s*(?:-\s*)?(?:.*[{,]\s*)?[A-Za-z_]\w*\s*(：)")
_FULL_SIGN = re.compile(r"(?:^\s*|[\]}\"'A-Za-z0-9]\s*)([，、［｛］｝“‘\u3000\xa0])")

_YAML = (
    ("cannot start any token", "a tab: indent with spaces", "\\t"),
    (
        "mapping values are not allowed here",
        "wrong indent here or above, or a text with ': ' in it, which needs quotes",
        "",
    ),
    (
        "expected <block end>, but found",
        "wrong indent: this line begins neither where the lines above do, nor below one of them",
        "",
    ),
    (
        "expected ',' or ",
        "a bracket above is not closed, or a text inside of brackets ends with ? and needs quotes",
        "",
    ),
    ("could not find expected ':'", "a ':' is missing here or in the line above", ""),
    ("found unexpected end of stream", "a quote is not closed", ""),
    ("found undefined alias", "a text that begins with * needs quotes", ""),
    ("that cannot start any token", "a text that begins with this character needs quotes", ""),
)


def explain(
    error: msgspec.ValidationError,
    data: Any,
    kind: type[Any],
    *,
    dec_hook: Callable[[type, Any], Any] | None = None,
    schema_hook: Callable[[type], dict[str, Any]] | None = None,
    mapping: str = MAPPING,
) -> tuple[str, FieldPath]:
    """Return an explanation of an error in one line, and its path.

    Args:
        error: msgspec's error.
        data: The data of the file.
        kind: The expected type.
        dec_hook: msgspec's hook for types of our own.
        schema_hook: The same for JSON Schema.
        mapping: What the file format calls a mapping.
    """
    reason, _, text = str(error).partition(" - at `")
    place: FieldPath = []
    for name, index, entry in re.findall(r"\.([\w-]+)|\[(\d+)\]|(\[\.\.\.\])", text):
        if entry:  # msgspec does not say which entry: take the first invalid one
            name = _first_wrong_entry(data, place, kind, dec_hook)
        place.append(int(index) if index else name)
    if text.startswith("key`"):  # the key itself is wrong, and msgspec names its mapping
        place.append(_first_wrong_entry(data, place, kind, dec_hook))
    shape = _Shape(kind, data, schema_hook)
    if unknown := re.search(r"unknown field `(.+)`", reason):
        known = suggest(unknown[1], shape.keys(place))
        return f"unknown key {unknown[1]!r}; {known}", [*place, unknown[1]]
    if missing := re.search(r"missing required field `(.+)`", reason):
        values = shape.tags(place, missing[1])
        one_of = f": one of {', '.join(values)}" if values else ""
        return f"the key {missing[1]!r} is missing{one_of}", place
    if invalid := re.fullmatch(r"Invalid (?:enum )?value (.+)", reason):
        values = shape.values(place)
        close = _find_close(str(_at(data, place)), values)
        meant = f"did you mean {close!r}? " if close else ""
        there = f"; {meant}there are {', '.join(values)}" if values else ""
        return f"invalid value {invalid[1]}{there}", place
    return in_plain_words(reason, mapping=mapping), place


def suggest(name: str, known: Iterable[str]) -> str:
    """Suggest a similar name, or list all."""
    names = list(known)
    close = _find_close(name, names)
    return f"did you mean {close!r}?" if close else f"there are {', '.join(names)}"


def _find_close(name: str, known: Iterable[str]) -> str | None:
    """Return the name that is most like one, in letters of any case."""
    by_fold = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(name.casefold(), by_fold, 1, CLOSE)
    return by_fold[close[0]] if close else None


def in_plain_words(reason: str, *, mapping: str = MAPPING) -> str:
    """Return msgspec's message in plain words."""
    types = _TYPES | {"object": mapping}
    if matched := re.fullmatch(r"Expected `[^`]+` matching regex (['\"])(.*)\1", reason):
        pattern = matched[2].replace("\\\\", "\\")  # it is quoted as in Python
        if pattern.startswith("^sips?:"):
            return "expected a SIP address (sip:name@host)"
        return f"expected {_PATTERNS.get(pattern, f'a text that matches {pattern}')}"
    if matched := re.fullmatch(r"Expected `([^`]+)`, got `([^`]+)`(.*)", reason):
        wanted = [name for name in matched[1].split(" | ") if name != "null"]
        text = f"expected {' or '.join(types.get(name, name) for name in wanted)}"
        got = _PYTHON_TYPES.get(matched[2], matched[2])
        text += f", got {types.get(got, got)}{matched[3]}"
        return f"{text}: put it in quotes" if _lacks_quotes(wanted, matched[2]) else text
    plain = re.sub(r"`(\w+)`", lambda found: types.get(found[1], found[1]), reason)
    return plain[:1].lower() + plain[1:]


def yaml_in_plain_words(problem: str) -> str:
    """Return PyYAML's message in plain words, with the original appended."""
    if problem.endswith(
        ("is there twice", "a text needs quotes", "the character itself", "included")
    ):  # ours
        return problem
    for begin, text, needed in _YAML:
        if begin in problem and needed in problem:
            return f"no YAML: {text} ({problem})"
    return f"no YAML: {problem}"


def hint_of_value(text: str) -> str:
    """Say which sign of a short text is a full-width one that YAML does not know; "" for none."""
    if len(text) > _SHORT:
        return ""
    return next((_hint(sign) for sign in text if sign in _SIGNS), "")


def hint_of_line(lines: Sequence[str], number: int) -> str:
    """Say which full-width sign may be why YAML cannot be read at a line; "" for none.

    Args:
        lines: The file.
        number: The line, from 0.
    """
    for at, line in reversed(list(enumerate(lines[: number + 1]))):
        found = _FULL_COLON.search(line) or (_FULL_SIGN.search(line) if at >= number - 1 else None)
        if found is not None:
            where = "" if at == number else f" in line {at + 1}"
            return f"{_hint(found[1])}{where}"
    return ""


def _hint(sign: str) -> str:
    return f"{sign!r} is a full-width sign: write {_SIGNS[sign]}"


def _lacks_quotes(wanted: list[str], got: str) -> bool:
    return wanted == ["str"] and got in {"int", "float", "bool"}


class _Shape:
    """What a file may contain at a path, from its JSON Schema."""

    def __init__(
        self, kind: type[Any], data: Any, hook: Callable[[type], dict[str, Any]] | None
    ) -> None:
        self._schema = msgspec.json.schema(kind, schema_hook=hook)
        self._data = data

    def keys(self, place: FieldPath) -> list[str]:
        """Return the keys of a mapping, required ones first."""
        data = _at(self._data, place)
        nodes = [found for node in self._nodes(place) for found in self._resolve(node, data)]
        keys = (
            key
            for what in ("required", "properties")
            for node in nodes
            for key in node.get(what, ())
        )
        return list(dict.fromkeys(keys))

    def tags(self, place: FieldPath, field: str) -> list[str]:
        """Return the possible values of a tag field."""
        return sorted(
            {
                tag
                for node in self._nodes(place)
                for inner in self._alternatives(node)
                if inner.get("discriminator", {}).get("propertyName") == field
                for tag in inner["discriminator"]["mapping"]
            }
        )

    def values(self, place: FieldPath) -> list[str]:
        """Return the possible values at a path."""
        *parent, last = place
        found = self.tags(parent, str(last)) or [
            str(value)
            for node in self._nodes(place)
            for inner in self._alternatives(node)
            for value in inner.get("enum", ())
        ]
        return list(dict.fromkeys(found))

    def _nodes(self, place: FieldPath) -> list[_Node]:
        """Return the parts of the schema for a path."""
        nodes, data = [self._schema], self._data
        for part in place:
            nodes = [found for node in nodes for found in self._resolve(node, data)]
            nodes = [found for node in nodes for found in _below(node, part)]
            data = data[part]
        return nodes

    def _resolve(self, node: _Node, data: Any) -> Iterator[_Node]:
        """Follow references, and tags by the data."""
        for inner in self._alternatives(node):
            tag = inner.get("discriminator")
            if tag and isinstance(data, dict):
                reference = tag["mapping"].get(data.get(tag["propertyName"]))
                yield from self._resolve({"$ref": reference}, data) if reference else ()
            else:
                yield inner

    def _alternatives(self, node: _Node) -> Iterator[_Node]:
        """Follow references and alternatives, but not tags."""
        if "$ref" in node:
            yield from self._alternatives(self._schema["$defs"][node["$ref"].rpartition("/")[2]])
            return
        yield node
        if "discriminator" not in node:
            for way in node.get("anyOf", ()):
                yield from self._alternatives(way)


def _below(node: _Node, part: str | int) -> list[_Node]:
    """Return the schema of a key or index."""
    if isinstance(part, int):
        inner = node.get("items")
    else:
        inner = node.get("properties", {}).get(part) or node.get("additionalProperties")
    return [inner] if isinstance(inner, dict) else []


def _first_wrong_entry(
    data: Any, place: FieldPath, kind: type[Any], dec_hook: Callable[[type, Any], Any] | None
) -> str:
    """Return the first entry of a mapping that is invalid on its own."""
    for name in _at(data, place):
        try:
            msgspec.convert(_with_entry(data, place, name), kind, dec_hook=dec_hook)
        except msgspec.ValidationError as exc:
            if "[...]" in str(exc) or "key" in str(exc):
                return str(name)
    return str(next(iter(_at(data, place))))


def _with_entry(data: Any, place: FieldPath, name: Any) -> Any:
    """Return a copy of the data with a single entry in the mapping."""
    if not place:
        return {name: data[name]}
    first, *rest = place
    inner = _with_entry(data[first], rest, name)
    if isinstance(data, list):
        return [*data[: int(first)], inner, *data[int(first) + 1 :]]
    return {**data, first: inner}


def _at(data: Any, place: FieldPath) -> Any:
    for part in place:
        data = data[part]
    return data
