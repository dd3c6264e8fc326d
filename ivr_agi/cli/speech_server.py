"""``ivr-agi speech-server``: the local speech service, for development, tests and fail-over."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.log import set_up_logging

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "speech-server",
        help="run the local speech server (extra 'local')",
        description="A local SIS: speech recognition and synthesis behind the same protocol.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one (%(default)s)")
    parser.add_argument(
        "--max-sessions", type=int, default=50, metavar="N", help="at once (%(default)s)"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="recognition processes (one per core)"
    )
    parser.add_argument(
        "--token-env", metavar="NAME", help="environment variable with the only token let in"
    )
    parser.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="keeps hot-word tables (default: in memory)"
    )
    parser.add_argument("--verbose", action="store_true", help="log sessions to standard error")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    token = None
    if args.token_env:
        token = os.environ.get(args.token_env)
        if not token:
            raise ConfigError(f"the environment variable {args.token_env} is not set")
    try:
        from ivr_agi.speech_server.server import SpeechServer, run
    except ModuleNotFoundError as exc:
        raise MissingDependency(exc.name or "a package", "local") from exc
    set_up_logging(console="info" if args.verbose else "warning")

    async def serve() -> None:
        server = SpeechServer(
            args.host,
            args.port,
            max_sessions=args.max_sessions,
            workers=args.workers,
            token=token,
            state_dir=args.state_dir,
        )
        await run(server, on_ready=lambda url: print(f"listening on {url}", flush=True))

    asyncio.run(serve())
    return 0
