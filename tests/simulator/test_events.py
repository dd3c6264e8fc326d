"""The kinds of events, against a call in which all of them happen."""

from __future__ import annotations

from ivr_agi.simulator.caller import EndCall, PlayVoice, Press
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from tests.simulator.tools import LOUD, Memory, run


def test_every_kind_happens() -> None:
    """No kind is there in vain; EXITED alone needs a process."""
    line = PhoneLine(
        IncomingCall(), Memory({"menu": LOUD}), [PlayVoice("a", LOUD), Press("1"), EndCall()]
    )
    line.start(0.0)
    line.receive_data(b"SET VARIABLE X 1\n", 0.0)
    line.receive_data(b"STREAM FILE menu #\n", 0.0)
    events = run(line, 5)
    line.receive_eof(1.0)
    kinds = {event.kind for event in events + line.take_events()}
    assert kinds == set(CallEventKind) - {CallEventKind.EXITED}
