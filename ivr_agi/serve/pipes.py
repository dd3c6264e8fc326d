"""Gives a call's three pipes the room they need. Shell.

The kernel has a budget of pipe buffers for each user (``fs.pipe-user-pages-soft``, 16384 pages).
Three pipes of 64 KiB a call use it up with 341 calls; from then on Asterisk's new pipes hold 8 KiB,
which is half a second of audio. Commands and replies are short lines: what their pipes do not need
is given back, and the budget lasts for 819 calls. A server that may exceed it (CAP_SYS_RESOURCE, as
in our systemd unit) makes small audio pipes large again, however many calls there are.

Source: pipe(7), ``F_SETPIPE_SZ`` in fcntl(2); ``asterisk.md`` 1.
"""

from __future__ import annotations

import contextlib
import fcntl

__all__ = ("AUDIO_BYTES", "LINES_BYTES", "PIPE_S", "fit_pipes")

LINES_BYTES = 8192
"""Size of the pipes of commands and replies: two pages, what the kernel gives without a budget."""
AUDIO_BYTES = 65536
"""Size of the pipe of the caller's audio."""
PIPE_S = 3.84
"""Seconds of audio that fit into it: 192 frames, twelve a page."""


def fit_pipes(fds: tuple[int, int, int]) -> int:
    """Set the size of the pipes of replies, commands and audio.

    Returns:
        Bytes of the audio pipe; 0 if it is not a pipe.
    """
    *lines, audio = fds
    for fd in lines:
        with contextlib.suppress(OSError):  # a socket; or it holds more just now
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, LINES_BYTES)
    with contextlib.suppress(OSError):
        if fcntl.fcntl(audio, fcntl.F_GETPIPE_SZ) < AUDIO_BYTES:
            with contextlib.suppress(PermissionError):  # over the budget, and not privileged
                fcntl.fcntl(audio, fcntl.F_SETPIPE_SZ, AUDIO_BYTES)
        return fcntl.fcntl(audio, fcntl.F_GETPIPE_SZ)
    return 0
