"""How many sessions a machine carries: measured when the server starts. Asyncio shell.

A sentence is spoken by the server's voice and recognised by every worker at once, and the speech
detector hears a second of it. Processor time counts, not waiting, so that another program that is
busy at that moment changes little.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.speech_server.engines.base import RecognitionRequest, SpeechRequest
from ivr_agi.speech_server.pool import Overloaded

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import Hypothesis, Vad, Voice
    from ivr_agi.speech_server.pool import RemoteUtterance, WorkerPool

__all__ = ("Capacity", "measure_capacity")

SENTENCE_EVERY_S = 6.0
"""A session has a prompt, a sentence of one or two seconds, and silence."""
BUSY_SHARE = 0.6
"""Share of the processors that sessions may take; the rest is for Asterisk, peaks and others."""
LOOP_FACTOR = 2.0
"""What a session costs the event loop, in costs of its speech detection: messages come besides."""
SENTENCES = 3
_TEXT = "I would like to pay a bill"
_PHRASES = (
    *("pay a bill", "account balance", "technical support", "operator", "opening hours"),
    *("sales", "cancel", "repeat", "main menu", "speak to somebody"),
)
_WINDOWS = 32
_LONGEST_S = 60.0


@dataclass(frozen=True)
class Capacity:
    """What a session costs here."""

    cores: int
    """Processors that the server may use."""
    detection_share: float
    """Of a processor, for the speech detection of one session."""
    sentence_s: float
    """Processor time of a sentence, in a worker."""

    @property
    def sessions(self) -> int:
        """Sessions at once; at least one."""
        loop_share = LOOP_FACTOR * self.detection_share
        share = loop_share + self.sentence_s / SENTENCE_EVERY_S
        of_all = BUSY_SHARE * self.cores / share
        of_loop = BUSY_SHARE / loop_share  # it has one processor
        return max(1, int(min(of_all, of_loop)))

    @property
    def talking(self) -> int:
        """Callers whose sentences can be over at the same moment and be answered in a second."""
        return max(1, int(self.cores / max(self.sentence_s, 1e-3)))


async def measure_capacity(
    pool: WorkerPool, vad: Vad, voice: Voice, *, cores: int
) -> Capacity | None:
    """Measure; None if the recogniser takes neither English nor Chinese lists.

    Takes about a second, or less.

    Args:
        pool: Its workers run.
        vad: The speech detector.
        voice: Says the sentence.
        cores: Processors that the server may use.
    """
    pcm = await asyncio.to_thread(_spoken, voice)
    before = await pool.processor_s()
    for _ in range(SENTENCES):
        answered = await _recognise(pool, pcm)
        if not answered:
            return None
    sentence_s = (await pool.processor_s() - before) / (SENTENCES * pool.size)
    share = await asyncio.to_thread(_detection_share, vad, pcm)
    return Capacity(cores, share, sentence_s)


def _spoken(voice: Voice) -> bytes:
    """Return the sentence, s16le mono 8 kHz; of another rate, every n-th sample is enough here."""
    pieces: list[bytes] = []

    def sink(piece: bytes) -> bool:
        pieces.append(piece)
        return True

    voice.speak(_TEXT, SpeechRequest("en-us", "cameal"), sink, lambda _: None)
    samples = np.frombuffer(b"".join(pieces), "<i2")
    at = np.arange(0, samples.size, voice.rate_hz / SAMPLE_RATE_HZ).astype(int)
    pcm: bytes = samples[at].tobytes()
    return pcm


def _detection_share(vad: Vad, pcm: bytes) -> float:
    stream, size = vad.stream(), vad.window_samples * SAMPLE_BYTES
    windows = [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)][:_WINDOWS]
    began = time.thread_time()
    for window in windows:
        stream.probability(window)
    heard_s = len(windows) * vad.window_samples / SAMPLE_RATE_HZ
    return max(1e-4, (time.thread_time() - began) / max(heard_s, 1e-3))


class _Listener:
    """Waits for one sentence's words."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def receive_partial(self, text: str) -> None:
        """Nobody reads them."""

    def receive_final(self, hypothesis: Hypothesis | None) -> None:
        """Whatever the words are."""
        self._answer(True)

    def receive_refusal(self, reason: str) -> None:
        """Not that language."""
        self._answer(False)

    def receive_loss(self) -> None:
        """The worker died: as bad as a refusal."""
        self._answer(False)

    def _answer(self, done: bool) -> None:
        if not self.answered.done():
            self.answered.set_result(done)


async def _recognise(pool: WorkerPool, pcm: bytes) -> bool:
    """Say the sentence to every worker; False if none takes it."""
    for language in ("en-us", "cmn"):
        request = RecognitionRequest(language, _PHRASES)
        listeners = [_Listener() for _ in range(pool.size)]
        utterances = [await _open(pool, request, listener) for listener in listeners]
        for utterance in utterances:
            utterance.begin(b"")
            for at in range(0, len(pcm), 640):
                utterance.feed(pcm[at : at + 640])
            utterance.finish()
        async with asyncio.timeout(_LONGEST_S):
            answers = await asyncio.gather(*(listener.answered for listener in listeners))
        for utterance in utterances:
            utterance.close()
        if answers and all(answers):
            return True
    return False


async def _open(
    pool: WorkerPool, request: RecognitionRequest, listener: _Listener
) -> RemoteUtterance:
    """Open on the pool as soon as it lets us: on a busy machine its workers may be behind."""
    async with asyncio.timeout(_LONGEST_S):
        while True:
            try:
                return pool.open(request, listener, interim=True)
            except Overloaded:
                await asyncio.sleep(0.2)
