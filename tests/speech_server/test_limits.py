"""The bound on sessions."""

from __future__ import annotations

from ivr_agi.speech_server.limits import Slots


def test_slots_run_out_and_come_back() -> None:
    """One more than there are is refused."""
    slots = Slots(2)
    assert [slots.take(), slots.take(), slots.take()] == [True, True, False]
    slots.release()
    assert slots.taken == 1
    assert slots.take()
