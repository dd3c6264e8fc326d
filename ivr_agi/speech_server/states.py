"""What a session may do in each of the three modes, as one table per mode. Core, no I/O: data only.

:mod:`~ivr_agi.speech_server.sessions` and the modules of the modes act by it, ``docs/states.md``
shows it. What has no cell cannot happen.

Source: ``sis-protocol.md`` 6 (modes) and 7 (state machines, STREAMING and DRAIN).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

from ivr_agi.sis.session.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    _Row: TypeAlias = Mapping["SessionInput", "SessionState"]

__all__ = ("SERVER_TRANSITIONS", "SessionInput", "SessionState")


class SessionState(enum.Enum):
    """Where a session stands."""

    LISTENING = "listening"
    """No voice yet, or none at the moment; a short session: audio comes."""
    IN_VOICE = "in_voice"
    """The caller speaks."""
    DECIDING = "deciding"
    """The sentence is over; the recognizer has not answered yet."""
    DONE = "done"
    """Everything is said; audio is ignored until the client's END."""
    DRAINING = "draining"
    """The client's END came; the recognizer has not answered yet."""
    ENDED = "ended"
    """END is out."""


class SessionInput(enum.Enum):
    """What can happen to a session."""

    VOICE_STARTED = "voice_started"
    """The speech detector hears a voice."""
    VOICE_ENDED = "voice_ended"
    """Silence of ``vad_tail``, or speech of ``max_seconds``."""
    SILENCE_EXCEEDED = "silence_exceeded"
    """``vad_head`` is over."""
    ANSWERED = "answered"
    """The recognizer's words, or none, for the oldest sentence that waits for them."""
    DRAINED = "drained"
    """No sentence waits for words any more, after the client's END."""
    END_ASKED = "end_asked"
    """The client's END."""
    CANCEL_ASKED = "cancel_asked"
    """The client's END with ``cancel``."""
    FAILED = "failed"
    """A bad message, too much audio, or the recognizer: ERROR, then END."""


_S, _I = SessionState, SessionInput

_STOP: _Row = {_I.CANCEL_ASKED: _S.ENDED, _I.FAILED: _S.ENDED}
"""What ends any session at once."""
_LAST_WORDS: _Row = {**_STOP, _I.END_ASKED: _S.DRAINING, _I.ANSWERED: _S.ENDED}
"""One sentence's words are waited for, then END."""

SERVER_TRANSITIONS: Mapping[Mode, Mapping[SessionState, _Row]] = {
    Mode.SHORT: {
        _S.LISTENING: {**_STOP, _I.END_ASKED: _S.DRAINING},
        _S.DRAINING: _LAST_WORDS,
        _S.ENDED: {},
    },
    Mode.SENTENCE: {
        _S.LISTENING: {
            **_STOP,
            _I.VOICE_STARTED: _S.IN_VOICE,
            _I.SILENCE_EXCEEDED: _S.DONE,
            _I.END_ASKED: _S.ENDED,
        },
        _S.IN_VOICE: {**_STOP, _I.VOICE_ENDED: _S.DECIDING, _I.END_ASKED: _S.DRAINING},
        _S.DECIDING: {**_STOP, _I.ANSWERED: _S.DONE, _I.END_ASKED: _S.DRAINING},
        _S.DONE: {**_STOP, _I.END_ASKED: _S.ENDED},
        _S.DRAINING: _LAST_WORDS,
        _S.ENDED: {},
    },
    # Words of one sentence may come while the next is spoken.
    Mode.CONTINUE: {
        _S.LISTENING: {
            **_STOP,
            _I.VOICE_STARTED: _S.IN_VOICE,
            _I.SILENCE_EXCEEDED: _S.LISTENING,
            _I.ANSWERED: _S.LISTENING,
            _I.END_ASKED: _S.DRAINING,
        },
        _S.IN_VOICE: {
            **_STOP,
            _I.VOICE_ENDED: _S.LISTENING,
            _I.ANSWERED: _S.IN_VOICE,
            _I.END_ASKED: _S.DRAINING,
        },
        _S.DRAINING: {
            **_STOP,
            _I.ANSWERED: _S.DRAINING,
            _I.DRAINED: _S.ENDED,
            _I.END_ASKED: _S.DRAINING,
        },
        _S.ENDED: {},
    },
}
"""The session of each mode; a state without a row is not of the mode."""
