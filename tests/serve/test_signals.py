"""The signals of a server."""

from __future__ import annotations

import signal

from ivr_agi.serve.signals import RETIRE, SIGNALS


def test_what_the_parent_waits_for() -> None:
    """All that systemd and an administrator send, and what would kill it otherwise."""
    assert SIGNALS >= {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, RETIRE}
