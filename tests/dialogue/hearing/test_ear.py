"""The ear: what it passes on. What echo and onsets are is tested with the two modules."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S
from ivr_agi.dialogue.hearing.ear import Ear
from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.dialogue.turn.plan import TurnPlan
from tests.dialogue.desk import finish, open_desk
from tests.sis.fake import STARTED, VOICE_START, Peer, fake_service, result

RNG = np.random.default_rng(3)
PROMPT = (
    (RNG.normal(0, 5000, 16000) * (1 + np.sin(np.arange(16000) / 900))).clip(-32000, 32000)
).astype("<i2")


def frames(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> list[bytes]:
    """Cut samples into frames."""
    pcm = samples.astype("<i2").tobytes()
    return [pcm[i : i + FRAME_BYTES] for i in range(0, len(pcm), FRAME_BYTES)]


def test_the_prompt_is_known_when_it_comes_back() -> None:
    """Only where its samples are known, and only while it is played."""
    echo = np.concatenate([np.zeros(480), PROMPT * 0.1])[:8000]
    for pcm, expected in ((PROMPT.tobytes(), True), (None, False)):
        ear = Ear()
        ear.play(pcm, 0.0, offset_samples=0)
        for number, frame in enumerate(frames(echo), 1):
            ear.feed(frame, number * FRAME_S)
        assert ear.hears_echo() is expected


def test_a_pause_is_nobodys_voice() -> None:
    """Neither echo nor the caller's own: who was taken for an echo, still is. Then the caller."""
    t = np.arange(3200) / 8000
    voice = (np.sin(2 * np.pi * 300 * t) + np.sin(2 * np.pi * 700 * t)) * 3000
    ear = Ear()
    ear.play(PROMPT.tobytes(), 0.0, offset_samples=0)
    echo = np.concatenate([np.zeros(480), PROMPT * 0.1])[:8000]
    noise = RNG.normal(0, 10, 4000)
    found = []
    number = 0
    for part in (echo, noise, voice):
        for frame in frames(np.concatenate([part])):
            number += 1
            ear.feed(frame, number * FRAME_S)
        found.append((ear.hears_echo(), ear.hears_own_voice()))
    assert found == [(True, False), (False, False), (False, True)]


def test_an_echo_is_no_onset() -> None:
    """A vowel is one; the same vowel as our own prompt is not."""
    t = np.arange(8000) / 8000
    harmonics = np.arange(1, 12)[:, None]
    vowel = (np.sin(2 * np.pi * 140 * harmonics * t) / harmonics).sum(axis=0) * 3000
    for pcm, expected in ((None, True), (vowel.astype("<i2").tobytes(), False)):
        ear = Ear()
        ear.play(pcm, 0.0, offset_samples=0)
        heard = np.concatenate([np.zeros(480), vowel * 0.2])[:4000]
        onsets = []
        for number, frame in enumerate(frames(heard), 1):
            ear.feed(frame, number * FRAME_S)
            onsets.append(ear.feed_onset(frame))
        assert any(onsets) is expected


def test_echo_is_checked_every_second_frame() -> None:
    """A judgement costs a millisecond."""
    ear, due = Ear(), []
    for number in range(4):
        ear.feed(bytes(FRAME_BYTES), number * FRAME_S)
        due.append(ear.is_check_due())
    assert due == [False, True, False, True]


async def test_its_judgement_is_a_part_of_the_barge_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``barge_in_ms`` counts from ``voice_start``, with all that is done before the stop."""

    def judge_slowly(_: Ear) -> bool:
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            pass
        return False

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(8000)
        await peer.say(VOICE_START, result("sales"))
        await finish(peer)

    monkeypatch.setattr(Ear, "hears_echo", judge_slowly)
    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        await desk.dialogue.turn(Text("3000"), TurnPlan(timeout_s=0.5, guard_ms=0))
        assert desk.data("prompt_stopped")["barge_in_ms"] >= 50
