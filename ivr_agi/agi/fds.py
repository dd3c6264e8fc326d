"""Giving back the file descriptors of a call.

Layer: shell, used by :mod:`ivr_agi.agi.channel` and :mod:`ivr_agi.agi.audio`.
"""

from __future__ import annotations

import contextlib
import os

__all__ = ("release_fd",)


def release_fd(fd: int) -> None:
    """Close a fd of the call; 0, 1 and 2 become ``/dev/null`` instead.

    A standard fd that is closed would be the next file or socket that is opened, and a stray print
    would land in it. Asterisk goes on with the dialplan when the pipes are closed.
    """
    with contextlib.suppress(OSError):
        if fd > 2:
            os.close(fd)
        else:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, fd)
            os.close(null)
