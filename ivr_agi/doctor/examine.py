"""Runs all checks in order. Shell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.catalogue import check_model, check_voice
from ivr_agi.doctor.access import (
    User,
    caller_of,
    check_folders,
    check_program,
    check_server,
    check_sounds,
    check_spool,
    us,
    user_of_process,
)
from ivr_agi.doctor.console import Console, ConsoleError
from ivr_agi.doctor.findings import Finding, Severity, failing, good
from ivr_agi.doctor.flows import check_arguments, check_flows, check_program_name
from ivr_agi.doctor.loopback import make_call
from ivr_agi.doctor.machine import check_disk, check_open_files, check_pipes
from ivr_agi.doctor.pbx import (
    check_codecs,
    check_dialplan,
    check_modules,
    check_silence,
    check_version,
    endpoint_names,
    find_calls,
    find_program,
    read_parameters,
)
from ivr_agi.doctor.speech import (
    check_catalogue,
    check_sessions,
    check_start,
    check_transport,
    check_voice_of,
)
from ivr_agi.doctor.tables import check_tables
from ivr_agi.errors import ConfigError
from ivr_agi.serve.ownership import as_owner
from ivr_agi.serve.wiring import make_endpoints, make_speaker
from ivr_agi.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.settings import Settings

__all__ = ("Questions", "examine", "read_globals")

MOST_ENDPOINTS = 20
"""Most endpoints to check; an installation with more sets them up alike."""


@dataclass(frozen=True)
class Questions:
    """What to check."""

    config: str | None = None
    """Our settings file; None means the default one."""
    console: Console = Console()
    """How to reach Asterisk; with an empty program it is not contacted."""
    number: str = "100@ivr"
    """``EXTENSION@CONTEXT`` that leads to the IVR."""
    calls: bool = True
    """Whether to make the loopback call."""
    starts: bool = True
    """Whether to ask the speech service for a session."""


def examine(questions: Questions, tell: Callable[[Finding], None]) -> list[Finding]:
    """Check everything; ``tell`` gets each finding at once."""
    found: list[Finding] = []

    def note(*findings: Finding) -> None:
        for each in findings:
            found.append(each)
            tell(each)

    settings = _read_settings(questions.config, note)
    asterisk = _examine_asterisk(questions, settings, note)
    if settings is not None:
        uid = asterisk.uid if asterisk else us().uid
        note(check_pipes(settings.serve.max_calls, uid))
        note(check_open_files(settings.serve.max_calls))
        note(*check_disk(_folders(settings)))
        caller = caller_of(us(), asterisk)
        note(*check_flows(settings, caller))
        note(check_spool(caller, asterisk, settings.spool_dir))
        note(*check_folders(caller, _folders(settings)[1:]))
        note(check_server(asterisk or caller, settings.path(settings.serve.socket)))
        if questions.starts:
            with as_owner(settings.spool_dir):
                _examine_speech(settings, note)
    if asterisk is not None and questions.calls:
        note(make_call(questions.console, questions.number))
    return found


def _read_settings(config: str | None, note: Callable[..., None]) -> Settings | None:
    try:
        settings = load_settings(config)
    except ConfigError as exc:
        note(failing("settings", str(exc), "config/ivr-agi.toml shows every setting"))
        return None
    note(good("settings", settings.file or "no file: the defaults"))
    return settings


def _folders(settings: Settings) -> list[Path]:
    files = [
        settings.path(file).parent for file in (settings.journal.file, settings.log.file) if file
    ]
    recordings = [settings.path(settings.recording.folder)] if settings.recording.folder else []
    return [settings.spool_dir, *files, *recordings]


def _examine_asterisk(
    questions: Questions, settings: Settings | None, note: Callable[..., None]
) -> User | None:
    """Check Asterisk; return its user, if it runs."""
    console = questions.console
    if not console.program:
        return None
    try:
        note(check_version(console.ask("core show version")))
        note(*check_modules(console.ask("module show")))
        parameters = read_parameters(console.ask("core show settings"))
        note(check_silence(parameters))
        names = endpoint_names(console.ask("pjsip show endpoints"))[:MOST_ENDPOINTS]
        note(*check_codecs({name: console.ask(f"pjsip show endpoint {name}") for name in names}))
        dialplan = console.ask(f"dialplan show {questions.number}")
        note(check_dialplan(dialplan, questions.number))
        user = user_of_process(Path(parameters.get("PID file", ""))) or us()
        note(*_examine_calls(console, dialplan, settings, user))
        program = find_program(dialplan)
        if program is not None and (path := _resolve(console, program, parameters)):
            note(check_program(user, path))
        sounds = Path(parameters.get("Data directory", "/usr/share/asterisk")) / "sounds"
        note(check_sounds(sounds, parameters.get("Default language", "en")))
    except ConsoleError as exc:
        advice = "is it running, and may this user use its console? Otherwise use --no-asterisk"
        note(failing("asterisk", f"its console cannot be used: {exc}", advice))
        return None
    return user


def _examine_calls(
    console: Console, dialplan: str, settings: Settings | None, user: User
) -> list[Finding]:
    """Check the arguments of each EAGI() that starts the same program as the number does."""
    ours = find_calls(dialplan)
    globals_ = read_globals(console.ask("dialplan show globals"))
    empty = [check_program_name(call, globals_) for call in ours]
    programs = {call.program for call in ours}
    calls = [call for call in find_calls(console.ask("dialplan show")) if call.program in programs]
    found = [finding for finding in empty if finding is not None]
    if settings is not None:
        caller = caller_of(us(), user)
        found += check_arguments([*ours, *calls], globals_, settings, caller)
    return found


def _resolve(console: Console, program: str, parameters: dict[str, str]) -> Path | None:
    """Return the file that EAGI() starts; None if a variable of the channel names it."""
    if program.startswith("${") and program.endswith("}"):
        name = program[2:-1]
        globals_ = read_globals(console.ask("dialplan show globals"))
        program = globals_.get(name, "")
    if not program or "$" in program:
        return None
    return Path(parameters.get("AGI Scripts directory", "/")) / program


def read_globals(text: str) -> dict[str, str]:
    """Read ``dialplan show globals``: ``   NAME=value``."""
    pairs = (line.strip().partition("=") for line in text.splitlines())
    return {name: value for name, equals, value in pairs if equals}


def _examine_speech(settings: Settings, note: Callable[..., None]) -> None:
    try:
        endpoints = make_endpoints(settings)
    except ConfigError as exc:
        note(failing("credentials", str(exc), "docs/speech-service.md says how to set credentials"))
        return
    note(*check_sessions(endpoints, settings.serve.max_sessions))
    for endpoint in endpoints:
        note(*check_transport(endpoint))
        note(*check_catalogue(endpoint, settings.languages))
        started = asyncio.run(check_start(endpoint, settings.recognition.property))
        note(started)
        if started.severity is Severity.ERROR:
            continue
        others = {each.recognition for each in settings.languages.values()}
        for model in sorted(others - {settings.recognition.property}):
            if not check_model(model, endpoint.url):
                note(asyncio.run(check_start(endpoint, model)))
        for name, each in settings.languages.items():
            if not check_voice(each.voice, endpoint.url):
                speak = make_speaker(settings, endpoint)
                note(asyncio.run(check_voice_of(name, each.voice, speak)))
        note(*asyncio.run(check_tables(endpoint, settings)))
