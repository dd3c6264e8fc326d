"""The three modes of recognition: what may happen in a session, as one table per mode.

Core, no I/O: data only. :mod:`ivr_agi.sis.session.recognition` follows it, ``docs/states.md`` shows
it.

``short-stream`` takes one utterance and gives its words after END. ``sentence-stream`` finds the
start and end of one sentence, reports both, and then takes no more audio. ``continue-stream`` gives
the words of sentence after sentence, without voice events. What has no cell is logged and ignored:
we never trust a service to keep the order (8, column "tolerant client").

Source: ``sis-protocol.md`` 4.3, 6 (modes), 7 (state machines), 8 and 13 (limits).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ivr_agi.sis.wire.messages import EventName

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("MAX_AUDIO_S", "RECOGNITION_TRANSITIONS", "Mode", "RecognitionInput", "RecognitionState")


class Mode(enum.StrEnum):
    """A recognition API, by the last part of its path."""

    SHORT = "short-stream"
    """One utterance whose start and end the client knows."""
    SENTENCE = "sentence-stream"
    """One sentence; the service finds its start and end."""
    CONTINUE = "continue-stream"
    """Sentence after sentence, for hours."""


MAX_AUDIO_S: Mapping[Mode, int] = {
    Mode.SHORT: 60,
    Mode.SENTENCE: 60,
    Mode.CONTINUE: 5 * 3600,
}
"""Seconds of audio that a session takes (``sis-protocol.md`` 6).

It is not settled what a service does beyond: an event, or an ERROR that loses the words (8, row 6).
So the session stops sending, emits AudioExceeded itself, and the words are still available."""


class RecognitionState(enum.StrEnum):
    """State of a session."""

    WAITING = "waiting"
    """An older session still has the socket."""
    STARTING = "starting"
    """START is sent and not answered yet."""
    STREAMING = "streaming"
    """Audio is sent, events and results are received."""
    HEARING = "hearing"
    """The same, and the service hears a voice (sentence-stream)."""
    SATED = "sated"
    """The service takes no more audio, and none is sent. The user has not called end() yet."""
    ENDING = "ending"
    """END is sent; results may still come."""
    CANCELLING = "cancelling"
    """END with cancel is sent; results are dropped."""
    FAILING = "failing"
    """ERROR was received and reported; END should follow."""
    OVER = "over"
    """The socket is free."""


class RecognitionInput(enum.StrEnum):
    """What can happen to a session, besides the service's events (:class:`EventName`)."""

    TURN = "turn"
    """The session gets the socket."""
    SKIPPED = "skipped"
    """The session gets the socket, but was cancelled while it waited."""
    STARTED = "START"
    """Response: START was accepted."""
    INTERIM = "RESULT, interim"
    """A segment that may still change."""
    FINAL = "RESULT, final"
    """A segment that is final."""
    AUDIO_LIMIT = "audio limit"
    """We have sent as much audio as the service takes."""
    ERROR = "ERROR"
    """Response: the session has failed, the socket stays open."""
    FATAL_ERROR = "FATAL_ERROR"
    """Response: the service closes the socket."""
    ENDED = "END"
    """Response: the session is over."""
    END = "end()"
    """The user ends the session."""
    CANCEL = "end(cancel=True)"
    """The user ends the session and drops its results."""
    TIMEOUT = "timeout"
    """An answer did not come in time."""
    LOST = "lost"
    """The socket was lost."""
    CLOSED = "close()"
    """The user closes the socket."""


_S, _I = RecognitionState, RecognitionInput
_Row = dict[RecognitionInput | EventName, RecognitionState]

_SOCKET_GONE: _Row = {_I.FATAL_ERROR: _S.OVER, _I.LOST: _S.OVER, _I.CLOSED: _S.OVER}

_ACTIVE: _Row = {
    **_SOCKET_GONE,
    _I.ERROR: _S.FAILING,
    _I.ENDED: _S.OVER,  # it may come unasked (8, row 3)
    _I.END: _S.ENDING,
    _I.CANCEL: _S.CANCELLING,
}
"""After the answer to START, before END is sent."""


def _words(state: RecognitionState) -> _Row:
    """Return the cells of RESULTs, which do not change the state."""
    return {_I.INTERIM: state, _I.FINAL: state}


_COMMON: Mapping[RecognitionState, _Row] = {
    _S.WAITING: {**_SOCKET_GONE, _I.TURN: _S.STARTING, _I.SKIPPED: _S.OVER},
    # END has no cell: it is for an older session that stopped waiting for it. ERROR refuses our
    # START, and no END follows (4.3).
    _S.STARTING: {
        **_SOCKET_GONE,
        _I.STARTED: _S.STREAMING,
        _I.ERROR: _S.OVER,
        _I.TIMEOUT: _S.OVER,
    },
    # EXCEEDED_AUDIO from a service of 2021, or our own limit: the words so far are still available.
    _S.STREAMING: {
        **_ACTIVE,
        **_words(_S.STREAMING),
        EventName.EXCEEDED_AUDIO: _S.SATED,
        _I.AUDIO_LIMIT: _S.SATED,
    },
    _S.SATED: {**_ACTIVE, **_words(_S.SATED)},
    _S.ENDING: {
        **_SOCKET_GONE,
        **_words(_S.ENDING),
        EventName.EXCEEDED_AUDIO: _S.ENDING,
        _I.ERROR: _S.FAILING,
        _I.ENDED: _S.OVER,
        _I.CANCEL: _S.CANCELLING,
        _I.TIMEOUT: _S.OVER,
    },
    _S.CANCELLING: {
        **_SOCKET_GONE,
        _I.ERROR: _S.FAILING,
        _I.ENDED: _S.OVER,
        _I.TIMEOUT: _S.OVER,
    },
    _S.FAILING: {**_SOCKET_GONE, _I.ENDED: _S.OVER, _I.TIMEOUT: _S.OVER},
    _S.OVER: {},
}

# At most one VOICE_START and one VOICE_END, or EXCEEDED_SILENCE, which may follow a VOICE_START
# (7); words may come before VOICE_END or after it (8, row 2).
_SENTENCE_OVER: _Row = {EventName.VOICE_END: _S.SATED, EventName.EXCEEDED_SILENCE: _S.SATED}
_STREAMING = {**_COMMON[_S.STREAMING], **_SENTENCE_OVER}

RECOGNITION_TRANSITIONS: Mapping[Mode, Mapping[RecognitionState, _Row]] = {
    Mode.SHORT: _COMMON,
    Mode.SENTENCE: {
        **_COMMON,
        _S.STREAMING: {**_STREAMING, EventName.VOICE_START: _S.HEARING},
        _S.HEARING: {**_STREAMING, **_words(_S.HEARING)},
        _S.ENDING: {
            **_COMMON[_S.ENDING],
            EventName.VOICE_START: _S.ENDING,
            EventName.VOICE_END: _S.ENDING,
            EventName.EXCEEDED_SILENCE: _S.ENDING,
        },
    },
    Mode.CONTINUE: _COMMON,
}
"""The table of each mode; a state without a row does not exist in it.

``short-stream`` and ``continue-stream`` have the same table: they differ in when the service gives
final words (after END; after every sentence) and in :data:`MAX_AUDIO_S`. A client that accepts
final results at any time serves both."""
