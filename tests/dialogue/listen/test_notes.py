"""What a recogniser says, in the journal."""

from __future__ import annotations

from typing import Any

import pytest

from ivr_agi.dialogue.listen.notes import note_recognition
from ivr_agi.errors import SpeechUnavailable
from ivr_agi.journal import Event, Journal
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    RecognitionStarted,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)
from ivr_agi.sis.wire.messages import EndReason

ABOUT: dict[str, Any] = {"session": 1, "trace_id": "t"}
WORDS: dict[str, Any] = {"text": "sales", "start_ms": 0, "end_ms": 9, "words": ()}


@pytest.mark.parametrize(
    ("event", "expected", "data"),
    [
        (RecognitionStarted(**ABOUT), "recognition_started", {}),
        (VoiceStarted(**ABOUT), "voice_start", {}),
        (VoiceEnded(**ABOUT), "voice_end", {}),
        (SilenceExceeded(**ABOUT), "silence_exceeded", {}),
        (AudioExceeded(**ABOUT), "audio_exceeded", {}),
        (
            Transcribed(**ABOUT, **WORDS, is_final=True, score=0.9),
            "result",
            {"text": "sales", "score": 0.9},
        ),
        (Transcribed(**ABOUT, **WORDS, is_final=False, score=None), "interim", {"text": "sales"}),
        (
            RecognitionEnded(**ABOUT, reason=EndReason.NORMAL),
            "recognition_end",
            {"reason": "NORMAL"},
        ),
        (
            RecognitionFailed(**ABOUT, error=SpeechUnavailable("gone")),
            "recognition_end",
            {"reason": "FAILED", "error": "gone"},
        ),
    ],
)
@pytest.mark.parametrize("is_secret", [False, True])
def test_each_event(
    event: RecognitionEvent, expected: str, data: dict[str, object], *, is_secret: bool
) -> None:
    """Its name, its trace, and the words unless they are secret."""
    events: list[Event] = []
    note_recognition(Journal(listener=events.append), event, is_secret=is_secret)
    if is_secret and isinstance(event, Transcribed):
        data = {}
    assert [(each.event, each.data) for each in events] == [(expected, data | {"trace_id": "t"})]
