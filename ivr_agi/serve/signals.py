"""The signals of a server: which ones it handles, and what each means."""

from __future__ import annotations

import signal

__all__ = ("HANDLED", "RETIRE", "SIGNALS")

RETIRE = signal.SIGUSR1
"""From the supervisor to its older workers: workers of a newer server take the calls."""
HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, RETIRE)
"""Those that would end a process which does not handle them."""
SIGNALS = frozenset({*HANDLED, signal.SIGCHLD})
"""What the supervisor waits for. They are to be held back before anybody can know of the process,
and before libraries are imported."""
