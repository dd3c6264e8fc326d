"""The line in virtual time does what a real one does."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fast_line import Ears, FastLine
from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.bench.signals import ACCOUNT_BALANCE
from ivr_agi.dialogue.turn.outcomes import Heard, NoInput
from ivr_agi.dialogue.turn.plan import TurnPlan

pytestmark = pytest.mark.engine

PLAN = TurnPlan(timeout_s=1.0)
TONE = (np.sin(np.arange(16000) / 8) * 3000).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def ears() -> Ears:
    """The engines, once."""
    return Ears(["account balance"])


def call(line: FastLine, said: bytes, seconds: float) -> bytes:
    """Say something at once and then nothing; returns what was heard."""
    heard = b""
    for n in range(round(seconds * 50)):
        frame = said[n * FRAME_BYTES : (n + 1) * FRAME_BYTES]
        heard += line.hear(frame.ljust(FRAME_BYTES, b"\0"))
    return heard


def test_silence_is_no_input(ears: Ears) -> None:
    """The prompt is heard whole, then its time passes, then comes the next turn."""
    line = FastLine(ears, PLAN, TONE, "")
    heard = call(line, b"", 5.5)
    assert heard.startswith(TONE)
    ((at, outcome),) = line.tally.outcomes
    assert outcome == NoInput()
    assert at == pytest.approx(3.0, abs=0.3)
    assert heard.find(TONE, 1) / 16000 == pytest.approx(at, abs=0.021)


@pytest.mark.parametrize("delay_s", [0.0, 0.15])
def test_words_stop_the_prompt(ears: Ears, delay_s: float) -> None:
    """Later by what the service is away, and they are the outcome."""
    line = FastLine(ears, PLAN, TONE * 2, "", delay_s=delay_s)
    call(line, ACCOUNT_BALANCE, 3)
    _, outcome = line.tally.outcomes[0]
    assert isinstance(outcome, Heard)
    assert outcome.text == "account balance"
    assert line.tally.stops[0] == pytest.approx(0.44 + delay_s, abs=0.03)
