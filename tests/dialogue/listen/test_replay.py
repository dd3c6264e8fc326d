"""What was said since a session began, byte by byte."""

from __future__ import annotations

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.dialogue.listen.replay import (
    BURST_BYTES,
    CATCH_UP_BYTES,
    MAX_KEPT_BYTES,
    MAX_SILENT_BYTES,
    Replay,
)
from ivr_agi.sis.client.recognizer import MAX_BACKLOG_MS


def test_audio_goes_out_once() -> None:
    """In order, the pre-roll first."""
    replay = Replay(b"ab")
    assert not replay.is_sent
    assert replay.take(1) == b"a"
    replay.add(b"cd")
    assert replay.take(99) == b"bcd"
    assert replay.is_sent
    assert replay.take(99) == b""


def test_rewinding() -> None:
    """All of it goes out again."""
    replay = Replay(b"ab")
    replay.take(2)
    replay.rewind()
    assert not replay.is_sent
    assert replay.take(9) == b"ab"


def test_the_oldest_is_dropped_beyond_the_limit() -> None:
    """What was sent of it does not count twice, what was not is lost."""
    replay = Replay(b"1" * 10)
    replay.has_voice = True
    replay.take(5)
    replay.add(b"2" * MAX_KEPT_BYTES)
    assert len(replay) == MAX_KEPT_BYTES
    assert replay.take(3) == b"222"
    replay.take(MAX_KEPT_BYTES)
    replay.add(b"33")
    assert replay.take(9) == b"33"


def test_silence_is_not_kept_for_long() -> None:
    """What was sent and has no voice in it is forgotten, and counted; what was not sent is kept."""
    replay = Replay()
    replay.add(b"1" * (MAX_SILENT_BYTES + 10))
    assert len(replay) == MAX_SILENT_BYTES + 10
    replay.take(4)
    replay.add(b"2" * 10)
    assert (len(replay), replay.n_forgotten) == (MAX_SILENT_BYTES + 16, 4)
    replay.take(MAX_KEPT_BYTES)
    replay.add(b"3" * 20)
    assert replay.take(99) == b"3" * 20
    assert (len(replay), replay.n_forgotten) == (MAX_SILENT_BYTES, 40)


def test_a_sentence_is_kept() -> None:
    """From the voice on, with the silence before it."""
    replay = Replay()
    replay.add(b"1" * MAX_SILENT_BYTES)
    replay.take(MAX_KEPT_BYTES)
    replay.has_voice = True
    replay.add(b"2" * 100)
    assert (len(replay), replay.n_forgotten) == (MAX_SILENT_BYTES + 100, 0)


def test_catching_up_does_not_choke_the_client() -> None:
    """Burst and catch-up stay below what makes the client give up a socket."""
    assert BURST_BYTES + CATCH_UP_BYTES < ms_to_bytes(MAX_BACKLOG_MS)
