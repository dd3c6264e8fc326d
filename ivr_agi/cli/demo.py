"""``ivr-agi demo``: one whole call on this machine; see it, hear it."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.demo.picture import draw_call
from ivr_agi.demo.run import run_demo
from ivr_agi.demo.timeline import describe
from ivr_agi.errors import ConfigError, MissingDependency

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "demo",
        help="run one whole call here: no Asterisk, no account, no phone",
        description=(
            "Starts the local speech server and a simulated Asterisk; a recorded caller talks"
            " over the prompt, is silent, presses a key and is handed over. Takes half a minute."
        ),
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("demo-output"),
        metavar="DIR",
        help="folder for call.wav and call.png (%(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the events to a file")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    _check_output(args.output, args.json)
    print("A call of half a minute, in real time. Please wait ...", flush=True)
    demo = asyncio.run(run_demo())
    for entry in demo.entries:
        if line := describe(entry):
            print(f"{entry['t_ms'] / 1000:7.2f} s  {line}")
    try:
        wav, png = args.output / "call.wav", args.output / "call.png"
        demo.write_recording(wav)
        draw_call(png, demo.recording, demo.entries)
        if args.json:
            args.json.write_bytes(msgspec.json.format(msgspec.json.encode(demo.entries)) + b"\n")
    except OSError as exc:
        raise ConfigError(f"cannot write: {exc.strerror}", path=str(exc.filename)) from exc
    print(f"\nHear it: {wav} (caller left, IVR right)\nSee it:  {png}")
    if demo.failure is not None:
        print(f"The call did not go as its script says: {demo.failure}")
        return 1
    print("The call went as its script says.")
    return 0


def _check_output(output: Path, json: Path | None) -> None:
    """Fail before the call if it could not be saved or drawn after it."""
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingDependency("matplotlib", "demo")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"cannot write: {exc.strerror}", path=str(output)) from exc
    for folder in (output, *([json.parent] if json else [])):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ConfigError("the folder does not exist or cannot be written", path=str(folder))
