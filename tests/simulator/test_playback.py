"""Reading sounds frame by frame, growing ones too."""

from __future__ import annotations

import io
import wave

import pytest

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_SAMPLES
from ivr_agi.simulator.playback import ALAW, ULAW, HeadlessSound, WavSound

FRAMES = [bytes([n]) * FRAME_BYTES for n in range(1, 5)]


def wav(pcm: bytes, *, channels: int = 1, rate: int = 8000) -> io.BytesIO:
    """A WAV file in memory."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, 2, rate, 0, "NONE", ""))
        writer.writeframes(pcm)
    return io.BytesIO(file.getvalue())


def append(file: io.BytesIO, data: bytes) -> None:
    """Write at the end, as another process does, without moving the reader."""
    here = file.tell()
    file.seek(0, 2)
    file.write(data)
    file.seek(here)


def test_whole_file() -> None:
    """Frames come in order; the short last one is played, then nothing."""
    sound = HeadlessSound(io.BytesIO(FRAMES[0] + FRAMES[1] + b"ab"))
    assert [sound.read_frame() for _ in range(4)] == [FRAMES[0], FRAMES[1], b"ab", b""]
    assert sound.position_samples == sound.length_samples == 2 * FRAME_SAMPLES + 1


def test_growing_file_is_read_to_its_real_end() -> None:
    """What is appended in time is played; the length stays that of the opening."""
    file = io.BytesIO(FRAMES[0])
    sound = HeadlessSound(file)
    assert sound.read_frame() == FRAMES[0]
    append(file, FRAMES[1])
    assert sound.read_frame() == FRAMES[1]
    assert sound.length_samples == FRAME_SAMPLES
    assert sound.position_samples == 2 * FRAME_SAMPLES


@pytest.mark.parametrize("tail", [b"", b"ab"])
def test_underrun_is_the_end(tail: bytes) -> None:
    """After a read that found less than a frame nothing comes any more, whatever is appended."""
    file = io.BytesIO(FRAMES[0] + tail)
    sound = HeadlessSound(file)
    assert [sound.read_frame(), sound.read_frame()] == [FRAMES[0], tail]
    append(file, FRAMES[1])
    assert sound.read_frame() == b""


def test_half_a_sample_is_left_out() -> None:
    """An odd byte at the end is no sample."""
    assert HeadlessSound(io.BytesIO(b"abc")).read_frame() == b"ab"


@pytest.mark.parametrize(("codec", "zero"), [(ULAW, 0), (ALAW, 8)])
def test_g711_is_decoded(codec: object, zero: int) -> None:
    """A byte is a sample, and comes out as s16le."""
    silence = {id(ULAW): b"\xff", id(ALAW): b"\xd5"}[id(codec)]
    sound = HeadlessSound(io.BytesIO(silence * 200), codec)  # type: ignore[arg-type]
    assert sound.length_samples == 200
    assert sound.read_frame() == bytes([zero, 0]) * FRAME_SAMPLES
    assert len(sound.read_frame()) == 80


@pytest.mark.parametrize(("to", "position"), [(-5, 0), (160, 160), (999, 320)])
@pytest.mark.parametrize("kind", ["headless", "wav"])
def test_seek(kind: str, to: int, position: int) -> None:
    """Positions are kept within the file."""
    pcm = FRAMES[0] + FRAMES[1]
    sound = HeadlessSound(io.BytesIO(pcm)) if kind == "headless" else WavSound(wav(pcm))
    sound.seek(to)
    assert sound.position_samples == position
    assert sound.read_frame() == pcm[position * 2 : position * 2 + FRAME_BYTES]


def test_wav_is_played() -> None:
    """Frames of a WAV, and nothing of what stands behind them."""
    sound = WavSound(wav(FRAMES[0] + b"ab"))
    assert sound.length_samples == FRAME_SAMPLES + 1
    assert [sound.read_frame() for _ in range(3)] == [FRAMES[0], b"ab", b""]


def test_wav_does_not_grow() -> None:
    """A WAV is as long as its header said when it was opened."""
    file = wav(FRAMES[0])
    sound = WavSound(file)
    append(file, FRAMES[1])
    assert [sound.read_frame(), sound.read_frame()] == [FRAMES[0], b""]


@pytest.mark.parametrize("form", [{"channels": 2}, {"rate": 16000}])
def test_wav_of_another_form(form: dict[str, int]) -> None:
    """Asterisk's wav format takes 8 kHz mono only."""
    with pytest.raises(wave.Error, match="not 8000 Hz"):
        WavSound(wav(FRAMES[0], **form))


@pytest.mark.parametrize("kind", ["headless", "wav"])
def test_close(kind: str) -> None:
    """Closing a sound closes its file."""
    file = wav(FRAMES[0])
    sound = HeadlessSound(file) if kind == "headless" else WavSound(file)
    sound.close()
    assert file.closed
