"""``ivr-agi call FLOW``: one call, on the file descriptors that Asterisk's EAGI() gives.

Whatever goes wrong before the call begins, the dialplan is told as the server tells it: arguments,
settings, a log that cannot be written. Standard output, which is the pipe of commands, is nobody
else's from the first moment on.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import logging
import os
import signal
import stat
from argparse import Namespace
from typing import TYPE_CHECKING

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.containment import contain_user_code
from ivr_agi.errors import ChannelLost, ConfigError, IvrError
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.journal import Journal
from ivr_agi.log import log_in_a_thread, set_up_logging
from ivr_agi.serve.call import take_call
from ivr_agi.serve.handback import refuse_call
from ivr_agi.serve.notices import Notices
from ivr_agi.serve.records import close_journal, make_journal_writer
from ivr_agi.serve.resources import Resources
from ivr_agi.settings import Settings, load_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from ivr_agi.cli.common import Commands
    from ivr_agi.journal import JournalWriter

__all__ = ("add_parser",)

_log = logging.getLogger("ivr_agi.cli")

_EXIT_CODES = {Status.FAILED: 1, Status.SPEECH_DOWN: 3}

_HOW = "Asterisk starts this with EAGI() in its dialplan; to hear a call now, run: ivr-agi demo"

ENVIRONMENT_S = 5.0
"""Seconds until Asterisk has told of the call, which it does at once."""
FIRST_FD = 10
"""The call's fds are moved to numbers from here on."""


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "call",
        "run one call; Asterisk's EAGI() starts it",
        epilog="In the dialplan: EAGI(ivr-agi,main_menu), after ivr-agi install",
    )
    parser.add_argument("flow", nargs="?", help="name of the flow: its file without .yaml")
    parser.add_argument(
        "--script", metavar="FILE", help="script with async main(call), or main(agi)"
    )
    add_config_option(parser)
    parse = functools.partial(_parse, parser, parser.parse_known_args)
    parser.parse_known_args = parse  # type: ignore[method-assign,assignment]  # see there


def _parse(
    parser: argparse.ArgumentParser,
    usual: Callable[..., tuple[Namespace, list[str]]],
    args: Sequence[str],
    _namespace: object = None,
) -> tuple[Namespace, list[str]]:
    """Take the arguments as they are: what is wrong with them is for the dialplan, too.

    ``--config`` is the launcher's, before those of ``EAGI()``, or comes last.
    """
    if set(args) & {"-h", "--help"}:
        return usual(args)
    config, words = None, list(args)
    if words and words[0].startswith("--config="):
        config = words.pop(0).partition("=")[2]
    elif len(words) > 1 and words[0] == "--config":
        config, words = words[1], words[2:]
    elif len(words) > 1 and words[-2] == "--config":
        config, words = words[-1], words[:-2]
    return Namespace(run=_run, config=config, words=tuple(words)), []


def _run(args: Namespace) -> int:
    # Asterisk gives the signal its default action; a hang-up now must not kill us unheard.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for fd, what in ((0, "replies"), (1, "commands")):
        if (fault := _find_fault(fd, what, "AGI")) is not None:
            raise fault
    no_audio = _find_fault(3, "audio", "EAGI")  # now: if it is not open, something else will be it
    fds = _take_fds(has_audio=no_audio is None)
    result = asyncio.run(_call(args, fds, no_audio))
    return _EXIT_CODES.get(result.status, 0)


def _find_fault(fd: int, what: str, word: str) -> ConfigError | None:
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return ConfigError(f"fd {fd} ({what}) is not open, as {word} has it. {_HOW}")
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return ConfigError(f"fd {fd} ({what}) is not a pipe, as {word} has it. {_HOW}")
    return None


def _take_fds(*, has_audio: bool) -> tuple[int, int, int]:
    """Move the call's fds to where neither user code nor its children find them.

    What anybody prints goes to standard error, which is Asterisk's console; a line of it in the
    pipe of commands would be a command.

    Returns:
        Replies, commands, audio (-1: none).
    """
    replies, commands = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FD) for fd in (0, 1))
    audio = -1
    if has_audio:
        audio = fcntl.fcntl(3, fcntl.F_DUPFD_CLOEXEC, FIRST_FD)
        os.close(3)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # there is no standard error
        os.dup2(null, 1)
        os.dup2(null, 2)
    if null > 2:
        os.close(null)
    return replies, commands, audio


async def _call(
    args: Namespace, fds: tuple[int, int, int], no_audio: ConfigError | None
) -> FlowResult:
    try:
        async with asyncio.timeout(ENVIRONMENT_S):
            channel = await AgiChannel.open(stdin_fd=fds[0], stdout_fd=fds[1])
    except TimeoutError as exc:
        raise ConfigError(f"nothing came from Asterisk in {ENVIRONMENT_S:g} s. {_HOW}") from exc
    except ChannelLost as exc:
        if no_audio is None:
            raise
        raise no_audio from exc  # a person who tries it in a shell has neither
    call_id = channel.environment.uniqueid
    writer = None
    try:
        if no_audio is not None:
            raise no_audio
        settings = load_settings(args.config)
        _set_up_logging(settings, call_id)
        writer = _open_journal(settings)
        resources = Resources(settings)
    except Exception as exc:  # the call's outermost frame before it begins
        await refuse_call(channel, exc)
        if isinstance(exc, IvrError):
            raise
        raise ConfigError(f"the call cannot begin: {type(exc).__name__}: {exc}") from exc
    write = writer.write if writer is not None else None
    journal = Journal(call=call_id, write=write, listener=Notices())
    deadlines: set[asyncio.Timeout] = set()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _hurry, deadlines)
    try:
        with contain_user_code(), log_in_a_thread():
            return await take_call(
                channel,
                args.words,
                resources,
                journal,
                audio_fd=fds[2],
                deadlines=deadlines,
                is_alone=True,
            )
    finally:
        await close_journal(writer)


def _hurry(deadlines: set[asyncio.Timeout]) -> None:
    """End the call now: the dialplan gets a status, the journal an end."""
    for deadline in deadlines:
        with contextlib.suppress(RuntimeError):  # it is telling how it ended
            deadline.reschedule(asyncio.get_running_loop().time())


def _set_up_logging(settings: Settings, call_id: str) -> None:
    """Send log lines to their file, or to the console only: a record never costs a call."""
    log_file = settings.path(settings.log.file) if settings.log.file else None
    try:
        set_up_logging(file=log_file, level=settings.log.level, call_id=call_id)
    except ConfigError as exc:
        _log.error("the call goes on without its log file: %s", exc)


def _open_journal(settings: Settings) -> JournalWriter | None:
    """Open the journal; None where there is none, or where it cannot be written."""
    try:
        return make_journal_writer(settings)
    except (ConfigError, RuntimeError) as exc:  # RuntimeError: no thread can be started
        _log.error("the call goes on without its journal: %s", exc)
        return None
