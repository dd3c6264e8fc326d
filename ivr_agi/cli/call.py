"""``ivr-agi call FLOW``: one call, on the file descriptors that Asterisk's EAGI() gives."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from typing import TYPE_CHECKING

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.errors import ChannelLost, ConfigError
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.journal import Journal, JournalWriter
from ivr_agi.log import log_in_a_thread, set_up_logging
from ivr_agi.serve.background import report_unhandled
from ivr_agi.serve.call import close_journal, refuse_call, take_call
from ivr_agi.serve.resources import Resources
from ivr_agi.settings import load_settings

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)

_EXIT_CODES = {Status.FAILED: 1, Status.SPEECH_DOWN: 3}

_HOW = "Asterisk starts this with EAGI() in its dialplan; to hear a call now, run: ivr-agi demo"


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "call",
        "run one call; Asterisk's EAGI() starts it",
        epilog="In the dialplan: EAGI(ivr-agi,main_menu), after ivr-agi install",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("flow", nargs="?", help="name of the flow: its file without .yaml")
    what.add_argument("--script", metavar="FILE", help="pyst2 script with a function main(agi)")
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # Asterisk gives the signal its default action; a hang-up now must not kill us unheard.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for fd, what in ((0, "replies"), (1, "commands")):
        if (fault := _find_fault(fd, what, "AGI")) is not None:
            raise fault
    no_audio = _find_fault(3, "audio", "EAGI")  # now: if it is not open, something else will be it
    result = asyncio.run(_call(args, no_audio))
    return _EXIT_CODES.get(result.status, 0)


def _find_fault(fd: int, what: str, word: str) -> ConfigError | None:
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return ConfigError(f"fd {fd} ({what}) is not open, as {word} has it. {_HOW}")
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return ConfigError(f"fd {fd} ({what}) is not a pipe, as {word} has it. {_HOW}")
    return None


async def _call(args: argparse.Namespace, no_audio: ConfigError | None) -> FlowResult:
    try:
        channel = await AgiChannel.open()
    except ChannelLost as exc:
        if no_audio is None:
            raise
        raise no_audio from exc  # a person who tries it in a shell has neither
    call_id = channel.environment.uniqueid
    try:
        if no_audio is not None:
            raise no_audio
        settings = load_settings(args.config)
        log_file = settings.path(settings.log.file) if settings.log.file else None
        set_up_logging(file=log_file, level=settings.log.level, call_id=call_id)
        journal_file = settings.path(settings.journal.file) if settings.journal.file else None
        writer = JournalWriter(journal_file) if journal_file is not None else None
    except ConfigError as exc:
        await refuse_call(channel, exc)
        raise
    arguments = ("--script", args.script) if args.script else (args.flow,)
    report_unhandled(lambda: None)
    journal = Journal(call=call_id, write=writer.write if writer is not None else None)
    try:
        with log_in_a_thread():
            return await take_call(channel, arguments, Resources(settings), journal, is_alone=True)
    finally:
        await close_journal(writer)
