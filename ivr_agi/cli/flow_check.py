"""``ivr-agi flow check``: all mistakes and warnings of flow files, each with its place."""

from __future__ import annotations

import functools
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import ExitCode, print_json
from ivr_agi.cli.terminal import Colour, paint
from ivr_agi.errors import ConfigError, FlowError
from ivr_agi.flow.load.loader import (
    INSTALLATION,
    load_installation,
    load_program,
    parse_nodes,
    place_error,
)
from ivr_agi.flow.tools.lint import lint
from ivr_agi.serve.wiring import find_recognizer, find_voice
from ivr_agi.settings import load_settings
from ivr_agi.textfile import read_text_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ivr_agi.flow.tools.lint import VoiceOf

__all__ = ("check_files", "is_suite", "yaml_files")

_SOUND_SUFFIXES = (".wav", ".sln", ".ulaw", ".alaw", ".gsm", ".sln16", ".g722", ".wav16")


@dataclass
class _Told:
    """A mistake or a warning."""

    line: int | None
    column: int | None
    key: str | None
    text: str
    rule: str | None = None
    """Name of the warning."""


@dataclass
class _Checked:
    """One file."""

    file: str
    steps: int = 0
    mistakes: list[_Told] = field(default_factory=list)
    warnings: list[_Told] = field(default_factory=list)


def check_files(args: argparse.Namespace) -> int:
    """Check the files, or the flows of the folders, in ``args.files``; return the exit code.

    Raises:
        ConfigError: A folder has no flow, or the settings are wrong.
    """
    settings = load_settings(args.config)
    check = functools.partial(
        _check,
        has_sound=_sounds(args.sounds),
        voice_of=functools.partial(find_voice, settings),
        recognizer_of=functools.partial(find_recognizer, settings),
    )
    checked = []
    for file in yaml_files(args.files, lambda text: not is_suite(text), "flow"):
        checked.append(check(file))
        if not args.json:
            _show(checked[-1])
    if args.json:
        print_json({"files": [asdict(each) for each in checked]})
    if any(each.mistakes for each in checked):
        return ExitCode.USAGE
    return ExitCode(args.strict and any(each.warnings for each in checked))


def yaml_files(names: list[str], is_wanted: Callable[[str], bool], what: str) -> list[Path]:
    """Return files as they are named, and of each folder the YAML files that are wanted.

    Args:
        names: Files and folders.
        is_wanted: Says by its text whether a file of a folder is one.
        what: What they are, for the error.

    Raises:
        ConfigError: A folder has none.
    """
    found: list[Path] = []
    for path in map(Path, names):
        if not path.is_dir():
            found.append(path)
            continue
        files = [file for file in sorted(path.rglob("*.yaml")) if is_wanted(_text(file))]
        if not files:
            raise ConfigError(f"there is no {what} (*.yaml) in this folder", path=str(path))
        found += files
    return found


def is_suite(text: str) -> bool:
    """Whether a file's text is one of conversation tests."""
    return any(line.startswith("tests:") for line in text.splitlines())


def _text(file: Path) -> str:
    try:
        return read_text_file(file, "the file")
    except ConfigError:
        return ""  # whoever reads it says why


def _check(
    file: Path,
    *,
    has_sound: Callable[[str], bool] | None,
    voice_of: VoiceOf,
    recognizer_of: Callable[[str], str],
) -> _Checked:
    checked = _Checked(str(file))
    try:
        if file.name == INSTALLATION:
            load_installation(file.parent)
            return checked
        program = load_program(file)
    except FlowError as exc:
        checked.mistakes = [
            _Told(each.line, each.column, each.key, each.reason) for each in (exc, *exc.others)
        ]
        checked.file = exc.path or checked.file
        return checked
    flow = program.flows[program.main]
    checked.steps = len(flow.steps)
    node = parse_nodes(read_text_file(file, "the flow"))
    assert node is not None  # it has just been read
    for warned in lint(flow, has_sound=has_sound, voice_of=voice_of, recognizer_of=recognizer_of):
        at = place_error(warned.text, str(file), node, warned.place)
        checked.warnings.append(_Told(at.line, at.column, at.key, warned.text, warned.rule))
    return checked


def _sounds(directory: Path | None) -> Callable[[str], bool] | None:
    if directory is None:
        return None
    if not directory.is_dir():
        raise ConfigError("there is no such folder of sounds", path=str(directory))

    def has_sound(name: str) -> bool:
        return any((directory / f"{name}{suffix}").exists() for suffix in _SOUND_SUFFIXES)

    return has_sound


def _show(checked: _Checked) -> None:
    for told in checked.mistakes:
        error = ConfigError(
            told.text, path=checked.file, line=told.line, column=told.column, key=told.key
        )
        print(f"ivr-agi: {error}", file=sys.stderr)
    for told in checked.warnings:
        place = f"{checked.file}:{told.line}:{told.column}"
        warning = paint("warning", Colour.YELLOW)
        print(f"{place}: {warning}: {told.key}: {told.text} [{told.rule}]")
    if not checked.mistakes:
        told_of = f"{len(checked.warnings)} warnings" if checked.warnings else "no warnings"
        print(f"{checked.file}: {checked.steps} steps, no errors, {told_of}")
