"""How much audio makes a message, frame by frame; what was said in a session, byte by byte."""

from __future__ import annotations

import pytest

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_SAMPLES, SILENCE_FRAME, ms_to_bytes
from ivr_agi.dialogue.listen.replay import (
    BURST_BYTES,
    CATCH_UP_BYTES,
    MAX_KEPT_BYTES,
    MAX_SILENT_BYTES,
    QUIET_FRAMES,
    Pacing,
    Replay,
)
from ivr_agi.dialogue.listen.voice import QUIET_PEAK
from ivr_agi.sis.client.recognizer import MAX_BACKLOG_MS

SHORT, LONG = ms_to_bytes(40), ms_to_bytes(100)


def frame_with(sample: int) -> bytes:
    """Silence, but for one sample in the middle."""
    at = FRAME_BYTES // 2
    return SILENCE_FRAME[:at] + sample.to_bytes(2, "little", signed=True) + SILENCE_FRAME[at + 2 :]


QUIET, LOUD = frame_with(QUIET_PEAK), frame_with(QUIET_PEAK + 1)


@pytest.fixture
def pacing() -> Pacing:
    """40 ms, and 100 ms on a quiet line."""
    pacing = Pacing()
    pacing.set_chunk(40, 100)
    return pacing


def hear(pacing: Pacing, *frames: bytes, has_voice: bool = False) -> list[int]:
    """What each frame makes of a message."""
    return [pacing.message_bytes(frame, has_voice=has_voice) for frame in frames]


def test_a_line_is_quiet_after_200_ms(pacing: Pacing) -> None:
    """Messages are long from the frame after that on."""
    assert hear(pacing, *[QUIET] * (QUIET_FRAMES + 2)) == [SHORT] * QUIET_FRAMES + [LONG] * 2


@pytest.mark.parametrize("sample", [QUIET_PEAK + 1, -QUIET_PEAK - 1, 32767, -32768])
def test_the_first_louder_frame_goes_out_at_once(pacing: Pacing, sample: int) -> None:
    """With whatever waits; those after it as on any line."""
    hear(pacing, *[QUIET] * (QUIET_FRAMES + 1))
    assert hear(pacing, frame_with(sample), LOUD, QUIET) == [FRAME_BYTES, SHORT, SHORT]


def test_a_pause_in_a_word_is_no_quiet_line(pacing: Pacing) -> None:
    """One loud frame begins the 200 ms anew, and 200 ms are not more than 200."""
    heard = hear(pacing, LOUD, *[QUIET] * QUIET_FRAMES, LOUD, *[QUIET] * QUIET_FRAMES)
    assert heard == [SHORT] * (2 * QUIET_FRAMES + 2)


@pytest.mark.parametrize("chunk_ms", [20, 40, 200, 300, 1000])
def test_what_was_loud_is_never_kept_for_a_long_message(chunk_ms: int) -> None:
    """It has gone with a short one when the line begins to count as quiet."""
    pacing = Pacing()
    pacing.set_chunk(chunk_ms, 2000)
    wanted = hear(pacing, LOUD, *[QUIET] * 99)
    n_frames = wanted.index(ms_to_bytes(2000))
    assert n_frames * FRAME_BYTES > ms_to_bytes(chunk_ms)


def test_after_a_voice_all_messages_are_short(pacing: Pacing) -> None:
    """Its end is awaited too; and a voice that comes back goes out at once."""
    assert set(hear(pacing, *[QUIET] * 50, has_voice=True)) == {SHORT}
    assert hear(pacing, LOUD, has_voice=True) == [FRAME_BYTES]


def test_noise_is_sent_as_ever(pacing: Pacing) -> None:
    """A line that is never quiet has short messages."""
    assert set(hear(pacing, *[frame_with(300)] * 100)) == {SHORT}


@pytest.mark.parametrize(("chunk_ms", "quiet_ms"), [(100, 100), (200, 100), (100, 40), (40, 0)])
def test_a_quiet_line_never_shortens_messages(chunk_ms: int, quiet_ms: int) -> None:
    """What is set for any line is the least."""
    pacing = Pacing()
    pacing.set_chunk(chunk_ms, quiet_ms)
    assert set(hear(pacing, *[QUIET] * 50)) == {ms_to_bytes(chunk_ms)}


def test_frames_are_as_long_as_asterisks() -> None:
    """The samples above are frames."""
    assert len(QUIET) == len(LOUD) == 2 * FRAME_SAMPLES


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
