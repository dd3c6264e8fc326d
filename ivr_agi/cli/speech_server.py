"""``ivr-agi speech-server``: the local speech service, for development, tests and fail-over."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import whole_number
from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.log import set_up_logging

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands
    from ivr_agi.speech_server.server import Server

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "speech-server",
        help="run the local speech server (extra [local])",
        description="A local SIS: speech recognition and synthesis behind the same protocol.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port",
        type=whole_number(0, 65535),
        default=8765,
        metavar="PORT",
        help="port; 0 picks a free one (%(default)s)",
    )
    parser.add_argument(
        "--max-sessions",
        type=int,
        metavar="N",
        help="most sessions at the same time (default: what the machine is measured to carry)",
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="recognition processes (default: one per core)"
    )
    _add_recognizer_options(parser)
    parser.add_argument(
        "--token-env",
        metavar="NAME",
        help="environment variable with the only token that is accepted",
    )
    parser.add_argument(
        "--access-key-env",
        metavar="NAME",
        help="environment variable with an access key that is accepted, AK:SK",
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate: serve wss")
    parser.add_argument(
        "--tls-key", type=Path, metavar="FILE", help="its key (default: in the certificate's file)"
    )
    parser.add_argument(
        "--script",
        type=Path,
        metavar="FILE",
        help="use no engines: answer exactly as this YAML file says (docs/speech-server.md)",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="folder for hot-word tables (default: keep them in memory)",
    )
    parser.add_argument(
        "--as",
        dest="region",
        default="",
        metavar="REGION",
        help="behave like this region of the cloud, e.g. cn-north-4: refuse what it refuses",
    )
    parser.add_argument("--verbose", action="store_true", help="log sessions to standard error")
    parser.set_defaults(run=_run)


def _add_recognizer_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine",
        metavar="NAME",
        help="recogniser: pocketsphinx, sherpa, whisper, or one that a package adds "
        "(default: whisper if a model of it is here, else pocketsphinx)",
    )
    parser.add_argument(
        "--model",
        metavar="NAME|DIR",
        help="the recogniser's model, several with commas (default: those that are here)",
    )
    parser.add_argument(
        "--models-dir",
        type=Path,
        metavar="DIR",
        help="folder for models (default: $IVR_AGI_MODELS, else /var/lib/ivr-agi/models)",
    )
    parser.add_argument(
        "--words-within",
        type=float,
        default=2.0,
        metavar="S",
        help="seconds for the words after a sentence; a recogniser that cannot be ready by then "
        "gives what it has (%(default)s)",
    )


def _run(args: argparse.Namespace) -> int:
    try:
        from ivr_agi.speech_server.server import run_speech_server
    except ModuleNotFoundError as exc:
        raise MissingDependency(exc.name or "a package", "local") from exc
    set_up_logging(console="info" if args.verbose else "warning")
    server = (_scripted if args.script else _real)(args, _tls(args))

    def on_ready(url: str) -> None:
        print(f"listening on {url}", flush=True)
        if server.carries:
            print(server.carries, flush=True)

    asyncio.run(run_speech_server(server, on_ready=on_ready))
    return 0


def _real(args: argparse.Namespace, tls: ssl.SSLContext | None) -> Server:
    from ivr_agi.speech_server.engines.base import RecognizerOptions
    from ivr_agi.speech_server.engines.registry import choose_recognizer
    from ivr_agi.speech_server.server import SpeechServer

    keys = {}
    if args.access_key_env:
        access, colon, secret = _environment(args.access_key_env).partition(":")
        if not (access and colon and secret):
            raise ConfigError("must be AK:SK", key=args.access_key_env)
        keys = {access: secret}
    return SpeechServer(
        args.host,
        args.port,
        max_sessions=args.max_sessions,
        workers=args.workers,
        token=_environment(args.token_env) if args.token_env else None,
        keys=keys,
        tls=tls,
        state_dir=args.state_dir,
        region=args.region,
        words_within_s=args.words_within,
        recognizer=choose_recognizer(
            args.engine, RecognizerOptions(model=args.model, models_dir=args.models_dir)
        ),
    )


def _scripted(args: argparse.Namespace, tls: ssl.SSLContext | None) -> Server:
    from ivr_agi.speech_server.scripted import ScriptedServer, load_server_script

    return ScriptedServer(load_server_script(args.script), args.host, args.port, tls=tls)


def _tls(args: argparse.Namespace) -> ssl.SSLContext | None:
    if args.tls_cert is None:
        if args.tls_key is not None:
            raise ConfigError("also needs --tls-cert", key="--tls-key")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(args.tls_cert, args.tls_key)
    except OSError as exc:  # also ssl.SSLError
        raise ConfigError(f"cannot be used: {exc}", key="--tls-cert") from exc
    return context


def _environment(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise ConfigError(f"the environment variable {name} is not set")
