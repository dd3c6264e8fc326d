"""The command line tool ``ivr-agi``: one file per sub-command.

Exit codes are in :class:`~ivr_agi.cli.common.ExitCode`. An error is one line on standard error.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

from ivr_agi import __version__
from ivr_agi.cli.common import complete, run_command, words_to_complete
from ivr_agi.cli.parser import Parser, parse_words
from ivr_agi.serve.signals import SIGNALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ("main",)

COMMANDS = (
    "backup",
    "bench",
    "call",
    "calls",
    "completion",
    "console",
    "demo",
    "doctor",
    "flow",
    "forget",
    "ingest",
    "install",
    "models",
    "prompts",
    "purge",
    "replay",
    "report",
    "restore",
    "serve",
    "show",
    "slots",
    "speech_server",
    "status",
    "support",
    "unmatched",
    "users",
    "vocabulary",
)
"""Modules of this package; ``speech_server`` is ``ivr-agi speech-server``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool.

    Args:
        argv: Arguments without the program's name; ``None`` takes the process's own.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):  # a name of a file may be no text, a locale not UTF-8
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if words[:1] == ["help"]:  # as git, uv and systemctl have it
        words = [*words[1:], "--help"]
    with _signals_held() if words[:1] == ["serve"] else contextlib.nullcontext():
        return _main(words)


def _main(words: Sequence[str]) -> int:
    parser = Parser(
        prog="ivr-agi",
        description="A speech IVR for Asterisk in one dialplan line.",
        epilog="ivr-agi help COMMAND says more. docs/command-line.md has the exit codes.",
    )
    parser.add_argument("--version", action="version", version=f"ivr-agi {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    if words and not words[0].startswith("-") and _module(words[0]) not in COMMANDS:
        known = [name.replace("_", "-") for name in COMMANDS]
        from ivr_agi.wording import suggest  # a call is not to wait for it

        parser.error(f"there is no command {words[0]!r}; {suggest(words[0], known)}")
    is_completing = "_ARGCOMPLETE" in os.environ
    asked = words_to_complete() if is_completing else words
    for name in _named(asked):
        if is_completing and not asked:  # its name is enough
            commands.add_parser(name.replace("_", "-"))
        else:
            importlib.import_module(f"ivr_agi.cli.{name}").add_parser(commands)
    if is_completing:
        complete(parser)
    args = parse_words(parser, words)
    return run_command("ivr-agi", lambda: int(args.run(args)))


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back the signals of a server until it waits for them.

    From the first moment, before libraries are imported: some start threads (numpy), and a signal
    that one thread does not hold back ends the process.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _named(argv: Sequence[str]) -> Sequence[str]:
    """The command that is asked for, else all: a call is not to wait for what others import."""
    name = _module(argv[0]) if argv else ""
    return (name,) if name in COMMANDS else COMMANDS


def _module(command: str) -> str:
    return command.replace("-", "_")
