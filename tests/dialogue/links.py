"""Speech links in the hands of tests."""

from __future__ import annotations

from typing import Any

from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.dialogue.listen.link import SpeechLink
from ivr_agi.journal import Event, Journal
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.sis.wire.messages import RecognitionConfig
from tests.sis.fake import Listener

CONFIG = RecognitionConfig(audio_format="pcm8k16bit", property="english_8k_common", vad_head=5000)


def frame(number: int) -> bytes:
    """A frame that can be told from others."""
    return bytes([number % 256]) * FRAME_BYTES


def open_link(
    endpoint: Endpoint, preroll: bytes = b"", events: list[Event] | None = None
) -> tuple[SpeechLink, Listener]:
    """Make a link and someone who listens to it."""
    journal = Journal(listener=None if events is None else events.append)
    return open_link_for(endpoint, journal, preroll)


def open_link_for(
    endpoint: Endpoint, journal: Journal, preroll: bytes = b""
) -> tuple[SpeechLink, Listener]:
    """Make a link with a journal of the test's."""
    link, listener = SpeechLink(Endpoints([endpoint]), lambda: preroll, journal), Listener()
    return link, listener


def open_lines(
    *endpoints: Endpoint, preroll: bytes = b"", **more: Any
) -> tuple[SpeechLink, Listener, list[Event]]:
    """Make a link with several endpoints."""
    events: list[Event] = []
    journal = Journal(listener=events.append)
    link, listener = SpeechLink(Endpoints(endpoints), lambda: preroll, journal, **more), Listener()
    return link, listener, events
