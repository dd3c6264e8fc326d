"""Echo of our prompt, and callers who speak over it. The whole table: ``echo_table.py``."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from ivr_agi.dialogue.hearing.echo import EchoDetector, is_prompt_text
from tests.dialogue.hearing import signals as s

PROMPT = s.demo_prompt()
WORD = s.at_level(s.demo_voice("technical_support"), s.CALLER_DBFS)
WORD_AT = 8800  # within the prompt, which goes on


def call(
    return_db: float | None = -20.0,
    delay_ms: float = 100.0,
    *,
    kind: str = "hybrid",
    word_db: float | None = None,
    at: int = WORD_AT,
    clock_error_s: float = 0.0,
    seed: int = 1,
) -> s.Call:
    """The demo prompt with an echo, with a word over it."""
    rng = np.random.default_rng(seed)
    echo = None if return_db is None else s.echo_of(PROMPT, kind, return_db, delay_ms, rng)
    voice = None if word_db is None else WORD * 10 ** (word_db / 20)
    heard = s.on_the_line(PROMPT, echo, rng, voice=voice, at=at)
    return s.Call(PROMPT, heard, clock_error_s, 0.003, seed)


@pytest.mark.parametrize("delay_ms", [20, 60, 110, 200, 400])
@pytest.mark.parametrize("return_db", [-15, -20, -30])
@pytest.mark.parametrize("clock_error_s", [-0.04, 0.0, 0.04])
def test_echo_is_seen_as_echo(return_db: float, delay_ms: float, clock_error_s: float) -> None:
    """At its beginning, 100 ms of it heard, and later; whatever our clock says."""
    line = call(return_db, delay_ms, clock_error_s=clock_error_s)
    for ms in (100, 300, 600):
        line.hear(round(delay_ms + ms) // 20)
        found = line.detector.assess()
        assert found.is_echo, (ms, found)
    assert found.lag_ms == pytest.approx(delay_ms - clock_error_s * 1000, abs=8)
    assert found.echo_db == pytest.approx(return_db, abs=4)
    assert found.own_voice_db < 3


@pytest.mark.parametrize("word_db", [0, -6, -12])
@pytest.mark.parametrize("return_db", [None, -15, -20, -30])
@pytest.mark.parametrize("delay_ms", [20, 200])
def test_a_voice_over_the_echo_is_not_echo(
    return_db: float | None, delay_ms: float, word_db: float
) -> None:
    """120 ms of a word are enough; less is not yet a VOICE_START."""
    line = call(return_db, delay_ms, word_db=word_db)
    for ms in (120, 200, 400):
        line.hear((WORD_AT // 8 + ms) // 20)
        found = line.detector.assess()
        assert not found.is_echo, (ms, found)


@pytest.mark.parametrize(("kind", "return_db"), [("gain", -10), ("room", -20)])
def test_other_echo_paths(kind: str, return_db: float) -> None:
    """A bare copy, and a room longer than the filter."""
    line = call(return_db, 90, kind=kind)
    line.hear(30)
    assert line.detector.assess().is_echo


def test_another_prompt_coming_back_is_not_our_echo() -> None:
    """Same voice, same level, other samples."""
    rng = np.random.default_rng(4)
    other = np.roll(PROMPT, 8000)
    heard = s.on_the_line(PROMPT, s.echo_of(other, "hybrid", -15, 100, rng), rng)
    line = s.Call(PROMPT, heard)
    for n_frames in (20, 30, 40, 60):
        line.hear(n_frames)
        assert not line.detector.assess().is_echo


def test_nothing_heard_nothing_played() -> None:
    """Without a prompt there is no echo; without an echo, noise is none."""
    detector = EchoDetector()
    assert not detector.assess().is_echo
    word = s.frames(WORD)
    for n, frame in enumerate(word):
        detector.feed(frame, n * 0.02)
    assert not detector.assess().is_echo
    line = call(None)
    line.hear(40)
    assert not line.detector.assess().is_echo


@pytest.mark.parametrize("frame", [bytes(320), b"\x08\x00" * 160])
def test_digital_silence_is_no_echo(frame: bytes) -> None:
    """A muted caller hears the prompt; nothing comes back."""
    detector = EchoDetector()
    detector.play(s.to_pcm(PROMPT), 0.0)
    for n in range(50):
        detector.feed(frame, n * 0.02)
    assert not detector.assess().is_echo


def test_echo_of_a_resumed_prompt() -> None:
    """It is played from the middle; what comes back is from the middle."""
    rng = np.random.default_rng(2)
    rest = PROMPT[6400:]
    line = s.Call(rest, s.on_the_line(rest, s.echo_of(rest, "hybrid", -20, 80, rng), rng))
    line.detector.play(s.to_pcm(PROMPT), line.now, offset_samples=6400)
    line.hear(30)
    assert line.detector.assess().is_echo


def test_echo_goes_on_after_the_stop() -> None:
    """The prompt is stopped at VOICE_START; its echo is on its way for another 200 ms."""
    rng = np.random.default_rng(3)
    stop = 4800
    played = PROMPT.copy()
    played[stop:] = 0
    line = s.Call(PROMPT, s.on_the_line(PROMPT, s.echo_of(played, "hybrid", -20, 180, rng), rng))
    line.hear(stop // 160)
    line.detector.stop(line.now)
    line.hear(stop // 160 + 7)
    assert line.detector.assess().is_echo
    line.hear(stop // 160 + 50)
    assert line.detector.assess().explained == 0  # long over


def test_a_growing_prompt() -> None:
    """Streamed synthesis: the samples are looked at when they are needed."""
    line = call(-20, 60)
    pcm, growing = s.to_pcm(PROMPT), bytearray()
    line.detector.play(growing, line.now)
    for n_frames in range(1, 41):
        growing += pcm[len(growing) : len(growing) + 640]
        line.hear(n_frames)
    assert line.detector.assess().is_echo


def test_a_busy_loop_does_not_matter() -> None:
    """Frames that come late, in lumps, are placed by their number."""
    rng = np.random.default_rng(5)
    heard = s.on_the_line(PROMPT, s.echo_of(PROMPT, "hybrid", -20, 100, rng), rng)
    detector = EchoDetector()
    for n, frame in enumerate(s.frames(np.concatenate([s.white(8000, -60, rng), heard[:6400]]))):
        if n == 50:
            detector.play(s.to_pcm(PROMPT), 1.0)
        in_time = (n + 1) * 0.02
        detector.feed(frame, in_time if n < 80 else max(in_time, 1.9))
    assert detector.assess().is_echo


MENU = "Welcome to the bank. Please say account balance, technical support, or operator."
CHOICES = ("account balance", "technical support", "operator")


@pytest.mark.parametrize(
    ("words", "is_echo"),
    [
        ("welcome to the bank", True),
        ("to the", True),
        ("Please say: account balance", True),
        ("account balance technical support", True),
        ("welcome the bank", True),  # a small word was not heard
        ("bank please say", True),
        ("account balance", False),
        ("account", False),
        ("technical support", False),
        ("support", False),
        ("operator", False),
        ("operator please", False),
        ("account balance please", False),
        ("the bank welcome", False),
        ("welcome bank", False),
        ("please", False),  # one word is too little
        ("I want my account balance", False),
        ("", False),
    ],
)
def test_words_of_the_prompt(words: str, is_echo: bool) -> None:
    """In order, at most one left out between two; a choice is the caller's."""
    assert is_prompt_text(words, MENU, CHOICES) is is_echo


@pytest.mark.parametrize(
    ("words", "is_echo"),
    [("欢迎致电", True), ("请说", True), ("查询余额", False), ("余额", False), ("请", False)],
)
def test_chinese_words(words: str, is_echo: bool) -> None:
    """Every character is a word."""
    assert is_prompt_text(words, "欢迎致电,请说查询余额,或者人工服务。", ("查询余额",)) is is_echo


def test_levels_tell_on_a_line_without_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    """No filter is fitted, which takes ten times as long: a prompt is stopped after this."""
    line = call(None, word_db=-6, at=12_000)
    line.hear((1500 + 120) // 20)
    monkeypatch.setattr("ivr_agi.dialogue.hearing.echo._fit", None)
    found = line.detector.assess()
    assert not found.is_echo
    assert found.has_own_voice


def test_a_line_that_began_to_echo_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels say nothing against an echo as strong as it was."""
    line = call(-20)
    line.hear((1500 + 120) // 20)
    monkeypatch.setattr("ivr_agi.dialogue.hearing.echo._fit", None)
    with pytest.raises(TypeError):
        line.detector.assess()


FIRST_JUDGEMENT = """
import sys
from ivr_agi.dialogue.hearing.echo import EchoDetector

detector = EchoDetector()
detector.play(bytes(range(256)) * 200, 0.0)
for n in range(100):
    detector.feed(bytes(range(0, 256, 4)) * 5, n * 0.02)
before = set(sys.modules)
detector.assess()
print(*sorted(set(sys.modules) - before))
"""


def test_a_first_judgement_waits_for_no_imports() -> None:
    """A caller waits for it, in a process that has never judged: numpy's masked arrays took 13 ms.

    Source: numpy 2.4, ``np.percentile``.
    """
    run = subprocess.run([sys.executable, "-c", FIRST_JUDGEMENT], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []
