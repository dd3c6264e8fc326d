"""``ivr-agi support CALL``: one archive for a bug report, without words and numbers."""

from __future__ import annotations

import io
import platform
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi import __version__
from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.cli.opened import OpenedStore, opened_store
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "support",
        "write one archive for a bug report: what happened in a call, without words and numbers",
        more="The flow's files and the settings are in it as they are: look at them before you "
        "send it.",
    )
    parser.add_argument(
        "call", metavar="CALL", help="Asterisk's unique id, as ivr-agi calls has it"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="default: ivr-agi-support.tar.gz"
    )
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    file = args.output or Path("ivr-agi-support.tar.gz")
    with opened_store(args) as opened:
        parts = _parts(opened, args.call)
    try:
        with tarfile.open(file, "w:gz") as archive:
            for name, text in parts.items():
                content = text.encode()
                entry = tarfile.TarInfo(f"ivr-agi-support/{name}")
                entry.size, entry.mode = len(content), 0o600
                archive.addfile(entry, io.BytesIO(content))
    except OSError as exc:
        raise ConfigError(f"cannot write the archive: {exc.strerror}", path=str(file)) from exc
    print(f"{file}: {', '.join(parts)}")
    return 0


def _parts(opened: OpenedStore, call: str) -> dict[str, str]:
    """Return the files of the archive.

    Raises:
        ConfigError: There is no such call.
    """
    import msgspec

    from ivr_agi.report.masking import mask_event
    from ivr_agi.report.timeline import tell_call
    from ivr_agi.store.queries import find_timeline, flow_source

    found = find_timeline(opened.database, call)
    events = [mask_event(event) for event in found.events]
    parts = {
        "versions.txt": f"ivr-agi {__version__}\nPython {platform.python_version()}\n"
        f"{platform.platform()}\n",
        "call.txt": "\n".join(tell_call(events, everything=True)) + "\n",
        "call.jsonl": b"\n".join(map(msgspec.json.encode, events)).decode() + "\n",
    }
    source = flow_source(opened.database, found.row["flow"], found.row["version"]) or {}
    parts |= {f"flow/{Path(name).name}": text for name, text in source.items()}
    if opened.settings.file:
        parts["settings.toml"] = Path(opened.settings.file).read_text(encoding="utf-8")
    return parts
