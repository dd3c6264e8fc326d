"""What scripted services of whole turns say."""

from __future__ import annotations

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.sis.wire.messages import EventResponse
from tests.sis.fake import ENDED, STARTED, VOICE_START, Peer, result

VOICE_END = EventResponse(trace_id="t1", event="VOICE_END")
SILENCE = EventResponse(trace_id="t1", event="EXCEEDED_SILENCE")
TOO_LONG = EventResponse(trace_id="t1", event="EXCEEDED_AUDIO")

PLAN = TurnPlan(timeout_s=0.5, max_speech_s=1.0, service_grace_s=0.3, deadline_s=10.0)


async def hear_a_sentence(peer: Peer, text: str = "sales", *, after_ms: int = 300) -> None:
    """One session as it should be: START, voice, words, END."""
    await peer.start()
    await peer.say(STARTED)
    await peer.hear(len(peer.audio) + ms_to_bytes(after_ms))
    await peer.say(VOICE_START)
    await peer.hear(len(peer.audio) + ms_to_bytes(100))
    await peer.say(result(text, is_final=False), result(text), VOICE_END)
    assert not (await peer.end()).cancel
    await peer.say(ENDED)
