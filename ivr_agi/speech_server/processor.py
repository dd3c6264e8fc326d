"""What a process does with its processor time, from /proc. Blocks."""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ("is_asleep", "processor_ticks")


def processor_ticks(pid: int) -> int:
    """Return the processor time of a process, in the kernel's ticks; 0 if there is none."""
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def is_asleep(pid: int) -> bool:
    """Whether a process neither runs nor waits for a processor."""
    fields = _stat(pid)
    return bool(fields) and fields[0] in ("S", "D")


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name; empty if there is no such process."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        return text.rpartition(")")[2].split()
    return []
