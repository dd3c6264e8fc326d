"""The error tree: one line each, pyst2's exceptions too, and an exit code."""

from __future__ import annotations

import sys

import pytest
from asterisk.agi import AGIAppError, AGIError, AGIHangup, AGIInvalidCommand, AGIUsageError

from ivr_agi.errors import (
    AgiCommandError,
    AgiCommandFailed,
    AgiProtocolError,
    CallerHungUp,
    ChannelLost,
    ConfigError,
    FlowError,
    IvrError,
    MissingDependency,
    Remedy,
    SpeechProtocolError,
    SpeechRejected,
    SpeechUnavailable,
    describe_error,
)
from ivr_agi.secret import Secret


@pytest.mark.parametrize(
    ("error", "text", "exit_code"),
    [
        (ConfigError("wrong"), "wrong", 2),
        (ConfigError("wrong", path="a.toml", line=3, key="x.y"), "a.toml:3: x.y: wrong", 2),
        (FlowError("wrong", path="a.yaml", line=3, column=7), "a.yaml:3:7: wrong", 2),
        (
            MissingDependency("soxr", "local"),
            f"soxr is not installed: {sys.executable} -m pip install 'ivr-agi[local]'",
            3,
        ),
        (
            MissingDependency("soxr", "local", hint="why"),
            f"soxr is not installed: {sys.executable} -m pip install 'ivr-agi[local]' (why)",
            3,
        ),
        (MissingDependency("SIPp", hint="do this"), "SIPp is not installed: do this", 3),
        (CallerHungUp(), "the caller hung up", 0),
        (ChannelLost("x was on"), "Asterisk closed the AGI pipe while x was on", 1),
        (AgiCommandError("FOO", 510, "510 no"), "FOO: Asterisk answered 510 '510 no'", 1),
        (AgiProtocolError("FOO", None, "x"), "FOO: Asterisk answered 'x'", 1),
        (SpeechUnavailable("gone"), "gone", 3),
        (SpeechUnavailable("gone", service="ws://x"), "ws://x: gone", 3),
        (
            SpeechRejected("SIS.0032", "bad", service="ws://x"),
            "ws://x: refused with SIS.0032: bad",
            3,
        ),
        (SpeechProtocolError("what?"), "what?", 3),
    ],
)
def test_text_and_exit_code(error: IvrError, text: str, exit_code: int) -> None:
    """What happened, where, and what the tool exits with."""
    assert str(error) == text
    assert error.exit_code == exit_code


def test_they_are_pyst2s_too() -> None:
    """`except AGIHangup` in a script written for pyst2 still works."""
    assert issubclass(CallerHungUp, AGIHangup)
    assert issubclass(AgiCommandFailed, AGIAppError)
    assert issubclass(AgiCommandError, AGIInvalidCommand)
    assert issubclass(AgiCommandError, AGIUsageError)
    assert issubclass(AgiProtocolError, AGIError)


def test_what_may_be_tried_again() -> None:
    """Only what may succeed a moment later."""
    assert SpeechUnavailable("x").retryable
    assert not SpeechProtocolError("x").retryable
    assert SpeechRejected("SIS.0312", "busy", remedy=Remedy.BACK_OFF).retryable


def test_what_a_service_says_is_clean_in_every_field() -> None:
    """One line each, cut, without our token, however it came."""
    token = Secret("s3cr3t-token-of-ours")
    foul = f"a\nb\x1b[2J\x00 {token.reveal()} " + "x" * 3_000_000
    for error in (
        SpeechRejected(foul, foul, trace_id=foul),
        SpeechUnavailable(foul, trace_id=foul),
        SpeechProtocolError(foul, trace_id=foul),
    ):
        for text in (str(error), repr(error.args), error.reason, error.trace_id or ""):
            assert token.reveal() not in text
            assert not set(text) & set("\n\x1b\x00")
            assert len(text) < 500


def test_a_mistake_is_printable() -> None:
    """C14: a file and its keys may be called what they like."""
    error = ConfigError("no 'x\x1b[2J'", path="a\nb\udcff.yaml", line=3)
    assert str(error) == "a\\nb\\udcff.yaml:3: no 'x\\x1b[2J'"


def test_any_error_can_be_described() -> None:
    """Its own text may be user code that fails."""

    class Evil(Exception):
        def __str__(self) -> str:
            raise SystemExit

    assert describe_error(Evil()) == "Evil: its text cannot be read"
    assert str(ConfigError("请\u3000说")) == "请\u3000说"
    assert describe_error(ValueError("a\n\x1bb")) == "ValueError: a b"
