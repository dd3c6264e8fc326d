"""The flows of an installation, read again when they change.

A call keeps the :class:`~ivr_agi.flow.model.Program` it began with. A file that is broken is
refused and logged, and the version before it stays.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.errors import FlowError
from ivr_agi.flow.loader import find_flow, load_program

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.flow.model import Program

__all__ = ("FlowLibrary",)

_log = logging.getLogger("ivr_agi.flow")

_Stamp = tuple[tuple[str, int, int], ...]


@dataclass
class _Kept:
    stamp: _Stamp
    program: Program


class FlowLibrary:
    """Gives flows by name.

    Args:
        directory: Folder of the flow files.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[str, _Kept] = {}
        self._read_stamp: _Stamp | None = None

    def get(self, name: str) -> Program:
        """Return a flow, as its files are now, or as they were when they were last right.

        Raises:
            FlowError: It was never right; carries line and column.
        """
        stamp = self._stamp()
        kept = self._kept.get(name)
        if kept is not None and kept.stamp == stamp:
            return kept.program
        try:
            program = load_program(find_flow(name, self._directory))
        except FlowError as exc:
            if kept is None:
                raise
            _log.error("%s; calls go on with version %s", exc, kept.program.version)
            kept.stamp = stamp  # once told is enough, until a file changes
            return kept.program
        if kept is not None and kept.program.version != program.version:
            _log.info("flow %s: version %s is live", name, program.version)
        self._kept[name] = _Kept(stamp, program)
        return program

    def peek(self, name: str) -> Program | None:
        """Return a flow as it was read last, without looking at its files; None: never."""
        kept = self._kept.get(name)
        return None if kept is None else kept.program

    def read_all(self) -> None:
        """Read every flow that is new or has changed; what is wrong with one is logged, once."""
        stamp = self._stamp()
        if stamp == self._read_stamp:
            return
        self._read_stamp = stamp
        for file in sorted(self._directory.glob("[!_]*.yaml")):
            try:
                self.get(file.stem)
            except FlowError as exc:
                _log.error("%s", exc)

    def _stamp(self) -> _Stamp:
        found = []
        for file in sorted(self._directory.glob("*.yaml")):
            with contextlib.suppress(FileNotFoundError):  # an editor is at work
                status = file.stat()
                found.append((file.name, status.st_mtime_ns, status.st_size))
        return tuple(found)
