"""A secret is planted in a call, spoken and keyed; afterwards it is looked for everywhere."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import wave
from pathlib import Path

import msgspec
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from ivr_agi.dialogue.record.call_recording import TONE_FRAME
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.results import Status
from ivr_agi.journal import Journal
from ivr_agi.serve.call import run_call, run_flow
from ivr_agi.settings import RecordingSettings
from ivr_agi.simulator.caller import (
    CallerPause,
    CallerStep,
    Moment,
    PlayVoice,
    Press,
    WaitForPrompt,
)
from ivr_agi.sis.wire.messages import EventResponse
from tests.dialogue.desk import loud
from tests.dialogue.hearing import signals as s
from tests.serve.test_call import open_office
from tests.sis.fake import CANCELLED, ENDED, STARTED, VOICE_START, Peer, fake_service, result

pytestmark = pytest.mark.virtual_time

FLOW = """\
start: hello
steps:
  hello: {do: say, prompt: Hello, go: pin}
  pin:
    do: ask
    prompt: Your number?
    slot: {type: digits, length: 4}
    save: pin
    secure: true
    read_back: true
    record: true
    go: bye
    no_input: {go: bye}
    no_match: {go: bye}
  bye: {do: hangup, prompt: Bye}
"""
SPOKEN = "four seven one one"
READ_BACK = b"\x11\x31" * 8 * 600
"""What the voice says of the secret: 600 ms of a sample that is nowhere else."""


def dtmf(digits: str) -> s.Samples:
    """In-band tones, 100 ms each: a phone that sends no RFC 4733."""
    low, high = (697, 770, 852, 941), (1209, 1336, 1477)
    pairs = {"4": (low[1], high[0]), "7": (low[2], high[0]), "1": (low[0], high[0])}
    return np.concatenate([s.tones(800, pairs[digit], -10.0) for digit in digits])


SECRET = np.concatenate([s.at_level(s.demo_voice("technical_support"), -16.0), dtmf("4711")])
GREETING = s.at_level(s.demo_voice("account_balance"), -16.0)


class Service:
    """Speaks; hears the secret where it is spoken, then nothing."""

    def __init__(self, *, hears: bool) -> None:
        self.texts: list[str] = []
        self.hears = hears

    async def serve(self, peer: Peer) -> None:
        """Be one connection."""
        if peer.path.endswith("/rtts"):
            text = (await peer.text()).text
            self.texts.append(text)
            await peer.say(STARTED, READ_BACK if SPOKEN in text else loud(800), ENDED)
            return await peer.gone()
        with contextlib.suppress(ConnectionClosed):
            if self.hears:
                await peer.start()
                await peer.say(STARTED)
                await peer.hear(16_000 + 2 * SECRET.size)
                await peer.say(VOICE_START, result(SPOKEN), EventResponse(event="VOICE_END"))
                await peer.end()
                await peer.say(ENDED)
            while True:
                await peer.start()
                await peer.say(STARTED)
                await peer.end()
                await peer.say(CANCELLED)


def say(samples: s.Samples) -> PlayVoice:
    """Say samples."""
    return PlayVoice("x", s.to_pcm(samples))


CONFIRM = (WaitForPrompt(Moment.PROMPT_START, nth=3), CallerPause(0.4), Press("1"))
BEGIN = (WaitForPrompt(Moment.PROMPT_START, nth=1), say(GREETING))
BY_VOICE = (*BEGIN, WaitForPrompt(Moment.PROMPT_START, nth=2), say(SECRET), *CONFIRM)
BY_KEYS = (
    *BEGIN,
    WaitForPrompt(Moment.PROMPT_START, nth=2),
    say(SECRET[:8000]),
    Press("4711"),
    *CONFIRM,
)


def likeness(part: s.Samples, whole: s.Samples) -> float:
    """How much of a signal is in another, anywhere: 0 to 1."""
    size = 1 << (part.size + whole.size).bit_length()
    cross = np.fft.irfft(np.fft.rfft(whole, size) * np.fft.rfft(part, size).conj(), size)
    energies = np.convolve(whole**2, np.ones(part.size))[: whole.size]
    energy = float(np.max(energies)) or 1.0
    return float(np.max(np.abs(cross))) / float(np.sqrt((part @ part) * energy))


def read_recording(folder: Path) -> tuple[s.Samples, s.Samples]:
    """Left and right of the only file."""
    (path,) = folder.iterdir()
    with wave.open(str(path)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0].astype(np.float64), both[:, 1].astype(np.float64)


@pytest.mark.parametrize(("steps", "when"), [(BY_VOICE, "call"), (BY_KEYS, "step")])
async def test_a_secret_leaves_no_trace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, steps: tuple[CallerStep, ...], when: str
) -> None:
    """Not in the recording (a tone, on both sides), the cache, the journal, the log, variables."""
    caplog.set_level(logging.DEBUG, "ivr_agi")
    service_ = Service(hears=steps is BY_VOICE)
    async with (
        fake_service(service_.serve) as service,
        open_office(tmp_path, *steps, url=service.url) as office,
    ):
        settings = msgspec.structs.replace(
            office.settings,
            recording=RecordingSettings(folder="calls", when=when),  # type: ignore[arg-type]
        )
        journal = Journal(listener=office.events.append)
        converse = functools.partial(run_flow, "f", parse_flow(FLOW), settings)
        audio_fd = office.asterisk.script_audio_fd
        ended = await run_call(office.channel, settings, journal, converse, audio_fd=audio_fd)
        assert await office.variables() == {"IVR_STATUS": "COMPLETED"}
        heard = np.frombuffer(bytes(office.asterisk.line.recording.ivr_pcm), "<i2")
    assert ended.status is Status.COMPLETED
    assert f"I have {SPOKEN}. Is that right?" in service_.texts
    assert np.count_nonzero(heard == 0x3111) > 2000  # the caller was told
    _assert_not_recorded(*await asyncio.to_thread(read_recording, tmp_path / "calls"), when=when)
    await asyncio.to_thread(_assert_not_kept, tmp_path)
    journalled = " ".join(f"{event.event} {event.data}" for event in office.events)
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert "Hello" in journalled
    for word in ("Your number?", "4711", SPOKEN, "four", "seven", "'4'"):
        assert word not in journalled
        assert word not in logged


def _assert_not_recorded(left: s.Samples, right: s.Samples, *, when: str) -> None:
    """Both sides are a tone in the secure step; outside it there is what was said."""
    tone = np.frombuffer(TONE_FRAME, "<i2").astype(np.float64)
    frames = [side[: side.size // 160 * 160].reshape(-1, 160) for side in (left, right)]
    is_tone = [(side == tone).all(axis=1) for side in frames]
    assert all(np.count_nonzero(tones) > 50 for tones in is_tone)
    assert not np.any(right == 0x3111)
    if when == "step":  # nothing but the secure step
        assert all(np.all(tones) for tones in is_tone)
        return
    assert likeness(GREETING[:4000], left) > 0.8
    assert likeness(SECRET[:4000], left) < 0.4  # 0.24: one speaker, two words
    assert likeness(SECRET[-3200:], left) < 0.1
    loud_frames = np.abs(frames[0]).max(axis=1) > 1000
    assert np.count_nonzero(loud_frames) <= GREETING.size // 160 + 2
    assert np.count_nonzero(right == 0x2000) > 3000


def _assert_not_kept(folder: Path) -> None:
    """The cache has what anybody may hear, and only that."""
    files = list((folder / "spool" / "prompts").iterdir())
    kept = [file.read_bytes() for file in files if file.suffix == ".sln"]
    assert len(kept) == 4  # silence, Hello, Your number?, Bye
    assert not any(b"\x11\x31" in pcm for pcm in kept)
    assert not [file.name for file in files if "private" in file.name or "part" in file.name]
