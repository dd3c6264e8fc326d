"""Says in an administrator's words what msgspec and PyYAML find wrong. Core, no I/O."""

from __future__ import annotations

import re

__all__ = ("in_plain_words", "yaml_in_plain_words")

_TYPES = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "keys with values (key: value)",
    "array": "a list ([a, b])",
    "null": "nothing",
}

_PATTERNS = {
    r"^([0-9*#]|[0-9]{2,4})$": 'a key ("0" to "9", "*", "#") or up to four digits',
    r"^[0-9]$": 'a key, "0" to "9"',
    r"^[0-9*#]*$": 'keys ("0" to "9", "*", "#")',
    r"^[A-Za-z_][A-Za-z0-9_]*$": "a name (letters, digits, _; no digit first)",
    r"^[A-Za-z0-9_][A-Za-z0-9_-]*$": "the name of a flow (its file without .yaml)",
    r"^[a-z]{2}(-[A-Z]{2})?$": "a language (en, zh, zh-CN)",
    r"^[A-Z][A-Z0-9_]*$": "the name of a variable in capitals (CITY becomes IVR_CITY)",
    r"^[A-Za-z0-9_*#+.-]+$": "an extension (letters, digits, _ * # + . -)",
    r"^[A-Za-z0-9_.-]+$": "a name without spaces (letters, digits, _ . -)",
    r"^(\d{4}-)?\d{2}-\d{2}$": "a date (2026-10-01, or 12-25 for every year)",
}

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


def in_plain_words(reason: str) -> str:
    """Say what msgspec expected and got."""
    if matched := re.fullmatch(r"Expected `[^`]+` matching regex (['\"])(.*)\1", reason):
        pattern = matched[2].replace("\\\\", "\\")  # it is told as Python writes it
        if pattern.startswith("^sips?:"):
            return "expected a SIP address (sip:name@host)"
        return f"expected {_PATTERNS.get(pattern, f'a text that matches {pattern}')}"
    if matched := re.fullmatch(r"Expected `([^`]+)`, got `([^`]+)`(.*)", reason):
        wanted = [name for name in matched[1].split(" | ") if name != "null"]
        text = f"expected {' or '.join(_TYPES.get(name, name) for name in wanted)}"
        text += f", got {_TYPES.get(matched[2], matched[2])}{matched[3]}"
        return f"{text}: put it in quotes" if _lacks_quotes(wanted, matched[2]) else text
    plain = re.sub(r"`(\w+)`", lambda found: _TYPES.get(found[1], found[1]), reason)
    return plain[:1].lower() + plain[1:]


def yaml_in_plain_words(problem: str) -> str:
    """Say what PyYAML did not understand, with its own words behind."""
    if problem.endswith("is there twice"):
        return problem
    for begin, text, needed in _YAML:
        if begin in problem and needed in problem:
            return f"no YAML: {text} ({problem})"
    return f"no YAML: {problem}"


def _lacks_quotes(wanted: list[str], got: str) -> bool:
    return wanted == ["str"] and got in {"int", "float", "bool"}
