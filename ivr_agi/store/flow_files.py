"""The files of a flow's version, as the server keeps them aside. Shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("read_flow_files",)

MAX_FLOW_BYTES = 2_000_000
"""Of all files together; more is not kept."""


def read_flow_files(folder: Path) -> str | None:
    """Return the files of a folder as JSON, by name; None if it is not there, or too large."""
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
        if not files or sum(path.stat().st_size for path in files) > MAX_FLOW_BYTES:
            return None
        texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    except (OSError, UnicodeDecodeError):
        return None
    return msgspec.json.encode(texts).decode()
