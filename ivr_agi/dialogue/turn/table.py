"""The table of a turn: its states, what can happen in them, and what follows. Core, no I/O.

Read it like this. The prompt plays (PROMPTING); a voice that may stop it, does (HELD). Interim
words keep it stopped (INTERRUPTED), final words make that final (SETTLING); without them it goes
on. A voice that may not stop it is talked over (OVERTALK).
Without a prompt the caller is awaited (WAITING), heard, and the service's last words are awaited
(SETTLING). Keys have a state of their own. :mod:`ivr_agi.dialogue.turn.machine` has the actions.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("PROMPT_OWED", "TURN_TRANSITIONS", "Happening", "TurnEvent", "TurnState")


class TurnState(enum.StrEnum):
    """Where a turn stands."""

    PROMPTING = "prompting"
    """The prompt plays, nobody talks."""
    PAUSED = "paused"
    """Our own detector heard a voice and the prompt is stopped; the service has not said so yet."""
    HELD = "held"
    """The service heard a voice and the prompt is stopped, for the time being: no words yet."""
    INTERRUPTED = "interrupted"
    """Interim words keep the prompt stopped; the service may still take them back."""
    DOUBTED = "doubted"
    """That voice is over; the service owes words and END, and they decide."""
    OVERTALK = "overtalk"
    """A voice is heard that does not stop the prompt; its words may."""
    KEPT = "kept"
    """The answer is there and the prompt, which may not be interrupted, plays on."""
    WAITING = "waiting"
    """The prompt is over, nothing was said yet."""
    HEARING = "hearing"
    """The caller talks; the prompt is over."""
    SETTLING = "settling"
    """The caller is done, the prompt over or stopped for good; the service owes its last words and
    END."""
    KEYING = "keying"
    """The caller presses keys; more may come."""
    OVER = "over"
    """The outcome is out."""


class Happening(enum.StrEnum):
    """What the session reports; the turn refines it into a :class:`TurnEvent`, or into nothing."""

    PROMPT_STARTED = "prompt started"
    PROMPT_ENDED = "prompt ended"
    KEY = "key"
    ONSET = "own onset"
    VOICE_STARTED = "voice started"
    VOICE_ENDED = "voice ended"
    SILENCE_EXCEEDED = "silence exceeded"
    AUDIO_EXCEEDED = "audio exceeded"
    INTERIM = "interim words"
    WORDS = "final words"
    SESSION_ENDED = "session ended"
    SPEECH_FAILED = "speech failed"
    HUNG_UP = "hung up"


class TurnEvent(enum.StrEnum):
    """What can happen to a turn."""

    PROMPT_STARTED = "prompt started"
    PROMPT_ENDED = "prompt ended"
    ECHO_ENDED = "prompt ended, and its echo with it"
    KEY_EARLY = "key that may not interrupt"
    KEY_MORE = "key, more may follow"
    KEY_LAST = "key that completes the answer"
    KEY_LATE = "key after the words"
    ONSET = "own onset"
    VOICE_STARTED = "voice that may stop the prompt"
    VOICE_PASSED = "voice that may not"
    VOICE_ENDED = "voice ended"
    SILENCE_EARLY = "silence, no-input not due"
    SILENCE_DUE = "silence, no-input due"
    AUDIO_EXCEEDED = "audio exceeded"
    INTERIM = "interim words that count"
    INTERIM_VOID = "interim words that mean nothing here"
    WORDS = "final words that count"
    WORDS_EARLY = "final words that may not interrupt, kept"
    WORDS_VOID = "final words that mean nothing here"
    ENDED = "session ended with words"
    ENDED_EMPTY = "session ended without words"
    FAILED = "speech failed"
    HUNG_UP = "hung up"
    EARLY_DUE = "mandatory part over, with an answer kept"
    DUE = "deadline of the state"
    TURN_DUE = "deadline of the turn"


_S, _E = TurnState, TurnEvent

PROMPT_OWED = frozenset(
    {_S.PROMPTING, _S.PAUSED, _S.HELD, _S.INTERRUPTED, _S.DOUBTED, _S.OVERTALK, _S.KEPT}
)
"""States in which the caller has not heard the whole prompt and nothing has ended it for good."""

_ALWAYS = {
    _E.KEY_MORE: (_S.KEYING, "collect"),
    _E.KEY_LAST: (_S.OVER, "pressed"),
    _E.FAILED: (_S.OVER, "speech_down"),
    _E.HUNG_UP: (_S.OVER, "hung_up"),
    _E.TURN_DUE: (_S.OVER, "no_input"),
}
"""The same in every state, where its row says nothing else."""


def _row(
    state: TurnState, cells: Mapping[TurnEvent, tuple[TurnState, str]]
) -> Mapping[TurnEvent, tuple[TurnState, str]]:
    """One row: what it names, what is always so, and nothing at anything else."""
    nothing = dict.fromkeys(TurnEvent, (state, "ignore"))
    early = {_E.KEY_EARLY: (state, "keep_key"), _E.EARLY_DUE: (state, "take_keys")}
    return nothing | early | _ALWAYS | dict(cells)


def _no_words(state: TurnState, action: str) -> Mapping[TurnEvent, tuple[TurnState, str]]:
    """The cells of everything that means the same: nothing was said, it was silence or a noise."""
    events = (_E.SILENCE_EARLY, _E.SILENCE_DUE, _E.AUDIO_EXCEEDED, _E.WORDS_VOID, _E.ENDED_EMPTY)
    return dict.fromkeys(events, (state, action))


_CELLS: Mapping[TurnState, Mapping[TurnEvent, tuple[TurnState, str]]] = {
    _S.PROMPTING: {
        **_no_words(_S.PROMPTING, "renew"),
        _E.PROMPT_ENDED: (_S.WAITING, "wait"),
        _E.ONSET: (_S.PAUSED, "pause"),
        _E.VOICE_STARTED: (_S.HELD, "hold"),
        _E.VOICE_PASSED: (_S.OVERTALK, "talk_over"),
        _E.INTERIM: (_S.INTERRUPTED, "interrupt"),
        _E.WORDS: (_S.SETTLING, "interrupt_settle"),
        _E.WORDS_EARLY: (_S.KEPT, "keep"),
        _E.ENDED: (_S.OVER, "heard"),
    },
    _S.PAUSED: {
        **_no_words(_S.PROMPTING, "unpause_renew"),
        _E.PROMPT_ENDED: (_S.WAITING, "wait"),  # in the moment of the stop
        _E.VOICE_STARTED: (_S.HELD, "await_words"),
        _E.VOICE_PASSED: (_S.OVERTALK, "unpause"),
        _E.INTERIM: (_S.INTERRUPTED, "hear_on"),
        _E.WORDS: (_S.SETTLING, "confirm_settle"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.DUE: (_S.PROMPTING, "unpause"),
    },
    _S.HELD: {
        **_no_words(_S.PROMPTING, "false_barge_in"),
        _E.PROMPT_ENDED: (_S.HEARING, "hear_on"),  # in the moment of the stop
        _E.VOICE_ENDED: (_S.DOUBTED, "settle"),
        _E.INTERIM: (_S.INTERRUPTED, "hear_on"),
        _E.WORDS: (_S.SETTLING, "confirm_settle"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.DUE: (_S.OVERTALK, "doubt"),
    },
    _S.INTERRUPTED: {
        **_no_words(_S.PROMPTING, "false_barge_in"),
        _E.PROMPT_ENDED: (_S.HEARING, "ignore"),  # in the moment of the stop
        _E.VOICE_ENDED: (_S.DOUBTED, "settle"),
        _E.AUDIO_EXCEEDED: (_S.OVER, "confirm_too_much"),
        _E.INTERIM: (_S.INTERRUPTED, "hear_more"),
        _E.INTERIM_VOID: (_S.INTERRUPTED, "hear_more"),  # who still talks is not talked over
        _E.WORDS: (_S.SETTLING, "confirm_settle"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.DUE: (_S.DOUBTED, "settle"),
        _E.TURN_DUE: (_S.OVER, "confirm_too_much"),
    },
    _S.DOUBTED: {
        _E.PROMPT_ENDED: (_S.SETTLING, "ignore"),  # in the moment of the stop
        _E.WORDS: (_S.SETTLING, "confirm_settle"),
        _E.WORDS_VOID: (_S.PROMPTING, "false_barge_in"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.ENDED_EMPTY: (_S.PROMPTING, "false_barge_in"),
        _E.DUE: (_S.OVER, "speech_down"),
        _E.TURN_DUE: (_S.OVER, "speech_down"),
    },
    _S.OVERTALK: {
        **_no_words(_S.PROMPTING, "renew"),
        _E.PROMPT_STARTED: (_S.OVERTALK, "talk_over"),  # its guard begins
        _E.PROMPT_ENDED: (_S.HEARING, "hear_on"),
        _E.ECHO_ENDED: (_S.WAITING, "wait_anew"),
        _E.VOICE_STARTED: (_S.HELD, "hold"),  # no echo any more
        _E.VOICE_PASSED: (_S.OVERTALK, "talk_over"),
        _E.VOICE_ENDED: (_S.PROMPTING, "let_go"),
        _E.INTERIM: (_S.INTERRUPTED, "interrupt"),
        _E.WORDS: (_S.SETTLING, "interrupt_settle"),
        _E.WORDS_EARLY: (_S.KEPT, "keep"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.DUE: (_S.HELD, "hold"),  # the guard is over, or the voice is long enough
    },
    _S.KEPT: {
        _E.PROMPT_ENDED: (_S.OVER, "heard"),
        _E.FAILED: (_S.KEPT, "ignore"),
        _E.EARLY_DUE: (_S.OVER, "heard"),
        _E.TURN_DUE: (_S.OVER, "heard"),
    },
    _S.WAITING: {
        **_no_words(_S.WAITING, "renew"),
        _E.VOICE_STARTED: (_S.HEARING, "hear"),
        _E.VOICE_PASSED: (_S.HEARING, "hear"),
        _E.SILENCE_DUE: (_S.OVER, "no_input"),
        _E.INTERIM: (_S.HEARING, "hear"),
        _E.WORDS: (_S.SETTLING, "settle"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.DUE: (_S.OVER, "no_input"),
    },
    _S.HEARING: {
        **_no_words(_S.WAITING, "wait_on"),
        _E.VOICE_ENDED: (_S.SETTLING, "settle"),
        _E.AUDIO_EXCEEDED: (_S.OVER, "too_much_speech"),
        _E.INTERIM: (_S.HEARING, "hear_more"),
        _E.INTERIM_VOID: (_S.HEARING, "hear_more"),
        _E.WORDS: (_S.SETTLING, "settle"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.DUE: (_S.SETTLING, "settle"),
        _E.TURN_DUE: (_S.OVER, "too_much_speech"),
    },
    _S.SETTLING: {
        _E.WORDS_VOID: (_S.WAITING, "wait_on"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.ENDED_EMPTY: (_S.OVER, "heard"),
        _E.DUE: (_S.OVER, "speech_down"),
        _E.TURN_DUE: (_S.OVER, "speech_down"),
    },
    _S.KEYING: {
        _E.FAILED: (_S.KEYING, "ignore"),
        _E.DUE: (_S.OVER, "pressed"),
        _E.TURN_DUE: (_S.OVER, "pressed"),
    },
}

TURN_TRANSITIONS: Mapping[TurnState, Mapping[TurnEvent, tuple[TurnState, str]]] = {
    **{state: _row(state, cells) for state, cells in _CELLS.items()},
    _S.OVER: dict.fromkeys(TurnEvent, (_S.OVER, "ignore")),
}
"""State x event -> next state and what is done (the method of that name).

A :class:`Happening` becomes an event by what else is known, see :meth:`Turn.receive`: whether a
voice, words or a key may stop the prompt now, whether words mean anything, whether no-input is due;
a session's end, and its failure, count as ``ENDED`` when final words have come.
"""
