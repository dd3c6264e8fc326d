"""Questions by keys while speech is down."""

from __future__ import annotations

from ivr_agi.flow.run.outage import SPEECH_RETRY_TURNS, SpeechOutage


def test_speech_is_tried_again_after_some_questions() -> None:
    """Why keys are wanted is said once."""
    outage = SpeechOutage()
    assert not outage.is_on
    outage.begin("gone", recover=True)
    assert (outage.is_on, outage.reason) == (True, "gone")
    first, *others = [outage.explain("en") for _ in range(SPEECH_RETRY_TURNS)]
    assert first.startswith("I cannot hear words")
    assert others == [""] * (SPEECH_RETRY_TURNS - 1)
    assert not outage.is_on


def test_without_keys_speech_is_tried_at_once() -> None:
    """There is nothing else to try."""
    outage = SpeechOutage()
    outage.begin("gone", recover=False)
    assert not outage.is_on
