"""The flows of an installation, reloaded when they change.

A call keeps the :class:`~ivr_agi.flow.file.model.Program` it began with. A file that is broken is
refused and logged, and the version before it stays: within a process from memory, and where each
call is a process of its own from a copy of the files that were last right.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import INSTALLATION, MAX_SHOWN, find_flow, load_program, refusing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr_agi.flow.file.model import Program

__all__ = ("FlowLibrary",)

_log = logging.getLogger("ivr_agi.flow")

_Stamp = tuple[tuple[str, int, int], ...]


@dataclass
class _Kept:
    stamp: _Stamp
    program: Program


class FlowLibrary:
    """Finds flows by name.

    Args:
        directory: Folder of the flow files.
        copies: Folder for copies of valid files; None: keep none.
        on_new: Is given each version that goes live.
    """

    def __init__(
        self,
        directory: Path,
        *,
        copies: Path | None = None,
        on_new: Callable[[Program], None] = lambda program: None,
    ) -> None:
        self._directory = directory
        self._copies = copies
        self._on_new = on_new
        self._kept: dict[str, _Kept] = {}
        self._read_stamp: _Stamp | None = None

    def get(self, name: str) -> Program:
        """Return a flow in its current version, or in its last valid one.

        Raises:
            FlowError: It was never right; carries line and column.
        """
        stamp = self._stamp()
        kept = self._kept.get(name)
        if kept is not None and kept.stamp == stamp:
            return kept.program
        file = None
        try:
            with refusing(str(self._directory / f"{name[:MAX_SHOWN]}.yaml")):
                file = find_flow(name, self._directory)
                program = load_program(file)
        except FlowError as exc:
            before = kept.program if kept is not None else None
            if before is None and file is not None:  # it exists but is broken
                before = self._load_copy(name)
            if before is None:
                raise
            _log.error("%s; calls go on with version %s", exc, before.version)
            self._kept[name] = _Kept(stamp, before)  # log once, until a file changes
            return before
        self._keep_copy(name, program)
        if kept is not None and kept.program.version != program.version:
            _log.info("flow %s: version %s is live", name, program.version)
        if kept is None or kept.program.version != program.version:
            self._on_new(program)
        self._kept[name] = _Kept(stamp, program)
        return program

    def peek(self, name: str) -> Program | None:
        """Return a flow as last loaded, without checking its files; None if never loaded."""
        kept = self._kept.get(name)
        return None if kept is None else kept.program

    def read_all(self) -> None:
        """Load every new or changed flow; log errors once."""
        stamp = self._stamp()
        if stamp == self._read_stamp:
            return
        self._read_stamp = stamp
        for file in sorted(self._directory.glob("[!_]*.yaml")):
            try:
                self.get(file.stem)
            except FlowError as exc:
                _log.error("%s", exc)

    def _keep_copy(self, name: str, program: Program) -> None:
        """Keep a copy of a program's files, unless this version has been copied."""
        if self._copies is None or (self._copies / name / program.version).is_dir():
            return
        folder = self._copies / name
        part = folder / f".{program.version}-{os.getpid()}"
        try:
            part.mkdir(parents=True, exist_ok=True)
            for file in (INSTALLATION, *(f"{flow}.yaml" for flow in program.flows)):
                if (self._directory / file).is_file():
                    shutil.copyfile(self._directory / file, part / file)
            if load_program(part / f"{name}.yaml").version == program.version:
                part.rename(folder / program.version)
                for old in folder.iterdir():
                    if old.name != program.version:
                        shutil.rmtree(old, ignore_errors=True)
        except (OSError, FlowError) as exc:  # a full disk, or a file that is changing
            _log.info("flow %s is not copied aside: %s", name, exc)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _load_copy(self, name: str) -> Program | None:
        """Load the last valid version of any process; None if there is none."""
        if self._copies is None:
            return None
        for folder in (self._copies / name).glob("[!.]*"):
            try:
                return load_program(folder / f"{name}.yaml")
            except FlowError as exc:  # another version of this program made it
                _log.info("%s", exc)
        return None

    def _stamp(self) -> _Stamp:
        found = []
        for file in sorted(self._directory.glob("*.yaml")):
            with contextlib.suppress(OSError):  # being saved by an editor; a link to itself
                status = file.stat()
                found.append((file.name, status.st_mtime_ns, status.st_size))
        return tuple(found)
