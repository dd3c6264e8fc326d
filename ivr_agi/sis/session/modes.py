"""The three ways to recognise: what a session may do in each of them, as one table per mode.

Core, no I/O: data only; :mod:`ivr_agi.sis.session.recognition` acts by it, ``docs/states.md`` shows
it.

``short-stream`` takes one utterance and gives its words after END. ``sentence-stream`` finds begin
and end of one sentence, tells of both, and takes no more audio then. ``continue-stream`` gives the
words of sentence after sentence, without telling of voices. What has no cell is logged and ignored:
a service is never trusted to keep the order (8, column "tolerant client").

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
    """Which recognition API, by the last part of its path."""

    SHORT = "short-stream"
    """One utterance whose begin and end the client knows."""
    SENTENCE = "sentence-stream"
    """One sentence; the service finds its begin and end."""
    CONTINUE = "continue-stream"
    """Sentence after sentence, for hours."""


MAX_AUDIO_S: Mapping[Mode, int] = {
    Mode.SHORT: 60,
    Mode.SENTENCE: 60,
    Mode.CONTINUE: 5 * 3600,
}
"""Seconds of audio that a session takes (``sis-protocol.md`` 6).

What a service does beyond is not settled: an event, or an ERROR that takes the words with it (8,
row 6). So a session stops sending there, says AudioExceeded itself, and the words can be had."""


class RecognitionState(enum.StrEnum):
    """Where a session is."""

    WAITING = "waiting"
    """The socket still belongs to an older session."""
    STARTING = "starting"
    """START is sent, its answer is awaited."""
    STREAMING = "streaming"
    """Audio goes out, events and results come in."""
    HEARING = "hearing"
    """The same, and a voice is being heard (sentence-stream)."""
    SATED = "sated"
    """The service takes no more audio: none is sent. The user's END is awaited."""
    ENDING = "ending"
    """END is sent; results may still come."""
    CANCELLING = "cancelling"
    """The rest is to be dropped; only END counts."""
    FAILING = "failing"
    """ERROR came, the user knows; END is to follow."""
    OVER = "over"
    """The socket is free."""


class RecognitionInput(enum.StrEnum):
    """What can happen to a session, beside the service's events (:class:`EventName`)."""

    TURN = "turn"
    """The socket is ours."""
    SKIPPED = "skipped"
    """The socket is ours, but the session was cancelled while it waited."""
    STARTED = "START"
    """Response: START was accepted."""
    INTERIM = "RESULT, interim"
    """A segment that may still change."""
    FINAL = "RESULT, final"
    """A segment that is done."""
    AUDIO_LIMIT = "audio limit"
    """We have sent as much as the service takes."""
    ERROR = "ERROR"
    """Response: the session has failed, the socket stays."""
    FATAL_ERROR = "FATAL_ERROR"
    """Response: the socket is done for."""
    ENDED = "END"
    """Response: the session is over."""
    END = "end()"
    """The user ends the session."""
    CANCEL = "end(cancel=True)"
    """The user drops the rest of it."""
    TIMEOUT = "timeout"
    """An answer did not come in time."""
    LOST = "lost"
    """The socket is gone."""
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
"""While START is answered and END is not sent."""


def _words(state: RecognitionState) -> _Row:
    """RESULTs, which come and change nothing."""
    return {_I.INTERIM: state, _I.FINAL: state}


_COMMON: Mapping[RecognitionState, _Row] = {
    _S.WAITING: {**_SOCKET_GONE, _I.TURN: _S.STARTING, _I.SKIPPED: _S.OVER},
    # An END here is one that an older session no longer waited for; ERROR is the refusal of our
    # START, after which no END comes (4.3).
    _S.STARTING: {
        **_SOCKET_GONE,
        _I.STARTED: _S.STREAMING,
        _I.ERROR: _S.OVER,
        _I.TIMEOUT: _S.OVER,
    },
    # EXCEEDED_AUDIO of a service of 2021, or our own limit: the words so far are still to be had.
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

# One VOICE_START and one VOICE_END at most, or EXCEEDED_SILENCE, which may follow a VOICE_START
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
"""The session of each mode; a state without a row is not of the mode.

``short-stream`` and ``continue-stream`` look the same from here: they differ in when the service
gives final words (after END; after every sentence) and in :data:`MAX_AUDIO_S`. A client that takes
finals at any time serves both."""
