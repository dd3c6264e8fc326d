"""Checks the flows: whether calls can read them and they are right, and their voices. Shell."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.doctor.access import READ, User
from ivr_agi.doctor.findings import Finding, failing, good, warning
from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import INSTALLATION, find_flow, load_program
from ivr_agi.flow.tools.lint import lint
from ivr_agi.serve.wiring import find_recognizer, find_voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ivr_agi.doctor.pbx import EagiCall
    from ivr_agi.flow.file.model import Flow
    from ivr_agi.settings import Settings

__all__ = ("check_arguments", "check_flows", "check_program_name")

SAMPLE_CONTEXT, SAMPLE_FLOW = "ivr-reminder", "reminder"
"""Part of the sample dialplan; its flow is a sample, too, and not installed."""
SAMPLE_GLOBAL = "IVR_AGI"
"""The sample dialplan's name of the program."""
_VARIABLE = re.compile(r"\$\{(?:GLOBAL\()?(\w+)\)?\}")
_OF_VOICES = {"voice", "ssml", "recognizer"}
"""Rules of the flow check that depend on the settings."""


def check_flows(settings: Settings, user: User) -> list[Finding]:
    """Check every flow file.

    Args:
        settings: Say where they are.
        user: Runs the calls.
    """
    folder = settings.flows_dir
    files = sorted(folder.glob("*.yaml"))
    flows = [file for file in files if file.name != INSTALLATION]
    if not flows:
        advice = "put a flow there: start with config/flows/main_menu.yaml"
        return [*_check_names(folder), warning("flows", f"there is none in {folder}", advice)]
    found = [
        *_check_names(folder),
        *(_unreadable(file, user) for file in files if not user.may(READ, file)),
    ]
    right = []
    for file in flows:
        try:
            program = load_program(file)
        except FlowError as exc:
            advice = "ivr-agi flow check FILE lists all mistakes"
            found.append(failing("flows", str(exc), advice))
            continue
        right.append(file.stem)
        found += _check_voices(file, program.flows[program.main], settings)
    return [*found, good("flows", ", ".join(right))] if right else found


def _check_names(folder: Path) -> list[Finding]:
    return [
        warning("flows", f"{file} is no flow: its name does not end in .yaml", "rename it")
        for file in sorted(folder.glob("*.[yY]*"))
        if file.suffix != ".yaml" and file.suffix.lower() in {".yml", ".yaml"}
    ]


def _unreadable(file: Path, user: User) -> Finding:
    advice = f"chmod o+r {file}, and make the folders above it accessible"
    return failing("flows", f"uid {user.uid}, which runs the calls, may not read {file}", advice)


def _check_voices(file: Path, flow: Flow, settings: Settings) -> list[Finding]:
    told = lint(
        flow,
        voice_of=functools.partial(find_voice, settings),
        recognizer_of=functools.partial(find_recognizer, settings),
    )
    advice = "name one that can, in [languages], [synthesis] or [recognition] of the settings"
    texts = dict.fromkeys(
        f"{file}: {'.'.join(map(str, each.place))}: {each.text}"
        for each in told
        if each.rule in _OF_VOICES
    )
    return [warning("voices", text, advice) for text in texts]


def check_arguments(
    calls: Iterable[EagiCall], globals_: Mapping[str, str], settings: Settings, user: User
) -> list[Finding]:
    """Check what the dialplan passes to the program: flows and scripts that are there.

    Args:
        calls: Each ``EAGI()`` of ours.
        globals_: The dialplan's global variables.
        settings: Say where the flows are.
        user: Runs the calls.
    """
    found: dict[Finding, None] = {}
    for call in calls:
        if call.context == SAMPLE_CONTEXT and call.arguments == (SAMPLE_FLOW,):
            continue
        filled = [_fill_in(argument, globals_) for argument in call.arguments]
        names = _VARIABLE.findall(" ".join(call.arguments))
        if empty := next((name for name in names if globals_.get(name) == ""), ""):
            found[_empty_global(empty, call.context)] = None
        elif all(filled):
            problem = _check_argument(tuple(map(str, filled)), settings, user, call.context)
            found.update(dict.fromkeys(problem))
    return list(found)


def check_program_name(call: EagiCall, globals_: Mapping[str, str]) -> Finding | None:
    """Check that the program of an ``EAGI()`` is no empty global variable."""
    name = next(iter(_VARIABLE.findall(call.program)), None)
    if name is None or globals_.get(name, "" if name == SAMPLE_GLOBAL else name):
        return None  # what is no global may be a variable of the channel
    return _empty_global(name, call.context)


def _empty_global(name: str, context: str) -> Finding:
    advice = f"write {name}=ivr-agi into [globals] of extensions.conf, then dialplan reload"
    text = f"the global variable {name}, which EAGI() in the context {context} names, is empty"
    return failing("dialplan", text, advice)


def _fill_in(argument: str, globals_: Mapping[str, str]) -> str | None:
    """Return an argument without variables; None if only a call knows it."""
    filled = _VARIABLE.sub(lambda found: globals_.get(found[1], found[0]), argument)
    return None if "$" in filled else filled


def _check_argument(
    arguments: tuple[str, ...], settings: Settings, user: User, context: str
) -> list[Finding]:
    where = f"EAGI() in the context {context}"
    match arguments:
        case ("--script", path):
            if user.may(READ, Path(path)):
                return []
            text = f"{where} names the script {path}, which uid {user.uid} cannot read"
            return [failing("dialplan", text, "correct the dialplan, or the file's owner and mode")]
        case (name,) if not name.startswith("-"):
            try:
                find_flow(name, settings.flows_dir)
            except FlowError as exc:
                advice = "correct the name in the dialplan: it is the flow's file without .yaml"
                return [failing("dialplan", f"{where}: {exc.reason}", advice)]
            return []
    text = f"{where} has the arguments {', '.join(arguments) or '(none)'}"
    advice = "EAGI() takes the name of a flow after the program, or --script and a file"
    return [failing("dialplan", text, advice)]
