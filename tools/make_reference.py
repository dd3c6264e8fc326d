"""Writes the reference pages that follow from the code: settings, command line, errors.

Run it after a change of one of them: ``python -m tools.make_reference`` (``make docs``).
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import json
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi import errors
from ivr_agi.cli import COMMANDS
from ivr_agi.cli.parser import Parser
from ivr_agi.knobs import InstallationKnobs, find_knobs
from ivr_agi.settings import SettingsFile
from ivr_agi.sis.wire.remedies import REMEDIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = (
    "commands_page",
    "errors_page",
    "leaves",
    "main",
    "pages",
    "settings_page",
    "whole_parser",
)

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
MADE = "<!-- made by python -m tools.make_reference: do not edit -->"
SETTINGS_HEAD = f"""\
{MADE}

# Settings

From `ivr_agi/settings.py`. The file is `/etc/ivr-agi/ivr-agi.toml`, or the one that `--config` or
the environment variable `IVR_AGI_CONFIG` names. Every key may be left out, but for those with
*needed*. An unknown key is an error. `config/ivr-agi.toml` shows every setting with its default.
Relative paths begin at the folder of the file.
"""
COMMANDS_HEAD = f"""\
{MADE}

# Commands and options

From the parsers in `ivr_agi/cli/`. `ivr-agi help COMMAND` says the same in a terminal. Exit codes,
and what commands share, are in [../command-line.md](../command-line.md).
"""
ERRORS_HEAD = f"""\
{MADE}

# Errors

From `ivr_agi/errors.py`. An error is one line: what was expected, what came, and what to do. The
command line tool ends with the exit code of the table. A call that fails is handed back to the
dialplan with `IVR_STATUS` `FAILED` or `SPEECH_DOWN`, and `IVR_ERROR` has the line
([../dialplan.md](../dialplan.md)).
"""
REMEDIES_HEAD = """\
## What to do about an error of the speech service

From `ivr_agi/sis/wire/remedies.py`. [../speech-service.md](../speech-service.md) says more.
"""


def pages() -> dict[Path, str]:
    """Return each page with its text."""
    return {
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "commands.md": commands_page(),
        REFERENCE / "errors.md": errors_page(),
    }


def settings_page() -> str:
    """Return the page of all settings: section by section, type, range, default and meaning."""
    schema, components = msgspec.json.schema_components([SettingsFile])
    definitions = components | {"": schema[0]}
    parts = [SETTINGS_HEAD]
    for name in SettingsFile.__struct_fields__:
        default = _default(SettingsFile, name)
        kind = type(default)
        title = f"`[{name}]`"
        if isinstance(default, dict):  # one section for each name
            kind = type(next(iter(default.values())))
            title = f"`[{name}.NAME]`"
        parts.append(_section(title, kind, definitions))
        for field in kind.__struct_fields__:
            inner = definitions[kind.__name__]["properties"][field]
            if inner.get("type") == "array" and "$ref" in inner["items"]:
                item = inner["items"]["$ref"].rpartition("/")[2]
                found = getattr(importlib.import_module(kind.__module__), item)
                parts.append(_section(f"`[[{name}.{field}]]`", found, definitions))
    return "\n".join(parts)


def _section(title: str, kind: type[msgspec.Struct], definitions: Mapping[str, Any]) -> str:
    about = _line(inspect.getdoc(kind) or "").partition(": ")[2]
    knobs = find_knobs(InstallationKnobs) if issubclass(kind, InstallationKnobs) else {}
    said = {**_texts(kind), **{name: knob.what for name, (_, knob) in knobs.items()}}
    properties = definitions[kind.__name__]["properties"]
    rows = [
        (f"`{name}`", _type(properties[name]), _shown(kind, name), said[name])
        for name in kind.__struct_fields__
    ]
    about = _code(f"{about[0].upper()}{about[1:]}\n")
    return f"## {title}\n\n{about}\n{_table(('key', 'type', 'default', 'meaning'), rows)}"


def _default(kind: type[msgspec.Struct], name: str) -> Any:
    field = next(each for each in msgspec.structs.fields(kind) if each.name == name)
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _shown(kind: type[msgspec.Struct], name: str) -> str:
    value = _default(kind, name)
    return "*needed*" if value is msgspec.NODEFAULT else f"`{json.dumps(value)}`"


_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no"}


def _type(schema: Mapping[str, Any]) -> str:
    """Return a type of a JSON Schema in words."""
    if "anyOf" in schema:
        return ", or ".join(_type(each) for each in schema["anyOf"])
    if "allOf" in schema:
        return _type(schema["allOf"][0])
    if "$ref" in schema:
        components = msgspec.json.schema_components([SettingsFile])[1]
        return _type(components[schema["$ref"].rpartition("/")[2]])
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return "list"
    text = "`true` or `false`" if schema["type"] == "boolean" else _TYPES[schema["type"]]
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        text += f" above {schema['exclusiveMinimum']}"
        return f"{text}, at most {high}" if high is not None else text
    if low is not None:
        text += f" from {low}" + (f" to {high}" if high is not None else "")
    if "multipleOf" in schema:
        text += f", a multiple of {schema['multipleOf']}"
    return text


def commands_page() -> str:
    """Return the page of all commands with their arguments and options."""
    parts = [COMMANDS_HEAD]
    for words, each in leaves():
        parts.append(f"## `{' '.join(words)}`\n\n{_plain(each.description)}\n")
        if rows := [_argument(action) for action in each._actions if _is_shown(action)]:
            parts.append(_table(("argument", "meaning"), rows))
        if each.epilog:
            parts.append(f"{_plain(each.epilog)}\n")
    return "\n".join(parts)


def whole_parser() -> Parser:
    """Return the parser of the command line, with all commands."""
    parser = Parser(prog="ivr-agi")
    commands = parser.add_subparsers()
    for name in COMMANDS:
        importlib.import_module(f"ivr_agi.cli.{name}").add_parser(commands)
    return parser


def leaves() -> list[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Return the commands that do something, with the words that call them."""
    return sorted(_leaves(whole_parser(), ("ivr-agi",)), key=lambda found: found[0])


def _leaves(
    parser: argparse.ArgumentParser, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    below = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for actions in below:
        shown = {action.dest for action in actions._choices_actions}  # others have no help
        for name in shown:
            yield from _leaves(actions.choices[name], (*words, name))
    if not below:
        yield words, parser


def _is_shown(action: argparse.Action) -> bool:
    return action.help != argparse.SUPPRESS and action.dest != "help"


def _argument(action: argparse.Action) -> tuple[str, str]:
    """Return an argument as it is written, and what it means."""
    name = action.metavar or action.dest
    if isinstance(name, tuple):
        name = " ".join(name)
    values = "|".join(map(str, action.choices)) if action.choices else name
    if not action.option_strings:
        shown = "|".join(map(str, action.choices)) if action.choices else name
        shown = f"[{shown}]" if action.nargs in ("?", "*") else shown
        shown += " ..." if action.nargs in ("*", "+", argparse.REMAINDER) else ""
    else:
        value = values if action.choices or action.metavar else name.upper().replace("_", "-")
        takes = "" if action.nargs == 0 else f" {value}"
        takes = f" [{value}]" if action.nargs == "?" else takes
        shown = ", ".join(action.option_strings) + takes
    text = (action.help or "") % {**vars(action), "prog": "ivr-agi"}
    return f"`{shown}`".replace("|", r"\|"), _plain(text)


def _plain(text: str | None) -> str:
    """Return a help text as Markdown that shows it as it is."""
    text = _line(text or "")
    for sign in "\\*_<[|":
        text = text.replace(sign, f"\\{sign}")
    return text


def errors_page() -> str:
    """Return the page of our errors, and of what to do about those of the speech service."""
    kinds = [getattr(errors, name) for name in errors.__all__]
    rows = [
        (f"`{kind.__name__}`", _parents(kind), str(kind.exit_code), _about(kind))
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, errors.IvrError)
    ]
    codes = [
        (
            remedy.value,
            _texts(errors.Remedy)[remedy.name],
            " ".join(f"`{code}`" for code, what in sorted(REMEDIES.items()) if what is remedy),
        )
        for remedy in errors.Remedy
    ]
    return (
        f"{ERRORS_HEAD}\n{_table(('error', 'is a', 'exit code', 'when'), rows)}\n"
        f"{REMEDIES_HEAD}\n{_table(('what to do', 'why', 'codes'), codes)}"
    )


def _parents(kind: type) -> str:
    return ", ".join(f"`{base.__name__}`" for base in kind.__bases__)


def _about(kind: type) -> str:
    return _code(_line((inspect.getdoc(kind) or "").partition("\n\n")[0]))


def _texts(kind: type) -> dict[str, str]:
    """Return the text under each name of a class and of its bases."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith("ivr_agi."):
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            if not (isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)):
                continue
            if isinstance(field, ast.AnnAssign | ast.Assign):
                target = field.target if isinstance(field, ast.AnnAssign) else field.targets[0]
                found[ast.unparse(target)] = _code(_line(str(text.value.value)))
    return found


def _line(text: str) -> str:
    return " ".join(text.split())


def _code(text: str) -> str:
    """Return a docstring's marks as Markdown's."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text.replace("``", "`"))
    text = re.sub(r"`docs/([\w-]+\.md)`", r"[../\1](../\1)", text)
    return re.sub(r"\b(sis-protocol\.md)", r"[\1](\1)", text)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
