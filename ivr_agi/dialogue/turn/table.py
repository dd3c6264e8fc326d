"""The table of a turn: its states, what can happen in them, and what follows. Core, no I/O.

The prompt plays (PROMPTING), until a voice stops it (HELD). Interim words keep it stopped
(INTERRUPTED), final words stop it for good (SETTLING); without words it goes on. A voice that may
not stop it is talked over (OVERTALK). After the prompt the caller is awaited (WAITING) and heard
(HEARING), then the service's last words are awaited (SETTLING). Keys have a state of their own
(KEYING). :mod:`.machine` has the actions.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("PROMPT_OWED", "TURN_TRANSITIONS", "TurnAction", "TurnEvent", "TurnState")


class TurnState(enum.StrEnum):
    """The state of a turn."""

    PROMPTING = "prompting"
    """The prompt plays, and nobody talks."""
    PAUSED = "paused"
    """Our own detector heard a voice and the prompt is stopped; the service may confirm it."""
    HELD = "held"
    """The service heard a voice and the prompt is stopped for now; there are no words yet."""
    INTERRUPTED = "interrupted"
    """Interim words keep the prompt stopped; the service may still withdraw them."""
    DOUBTED = "doubted"
    """The voice that stopped the prompt is over; the words that are still to come decide."""
    OVERTALK = "overtalk"
    """A voice is heard that may not stop the prompt; its words may."""
    KEPT = "kept"
    """The answer is known, and the prompt plays on, because it may not be interrupted."""
    WAITING = "waiting"
    """The prompt is over; nothing has been said yet."""
    HEARING = "hearing"
    """The prompt is over; the caller talks."""
    SETTLING = "settling"
    """The caller is done, and the prompt over or stopped for good; the last words and END are still
    to come."""
    KEYING = "keying"
    """The caller presses keys; more may come."""
    OVER = "over"
    """The outcome is known."""


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


class TurnAction(enum.StrEnum):
    """What a turn does; methods of :class:`~ivr_agi.dialogue.turn.machine.Turn`."""

    IGNORE = "ignore"
    """Nothing."""
    HOLD = "hold"
    """Stop the prompt and await words."""
    AWAIT_WORDS = "await_words"
    """Await words for `confirm_timeout_s`."""
    PAUSE = "pause"
    """Stop the prompt and await VOICE_START for `onset_confirm_s`."""
    UNPAUSE = "unpause"
    """Go on with the prompt: the onset was no voice."""
    UNPAUSE_RENEW = "unpause_renew"
    """Go on with the prompt, which was stopped by no voice, in a new session."""
    FALSE_BARGE_IN = "false_barge_in"
    """Count a false barge-in and go on with the prompt, in a new session."""
    DOUBT = "doubt"
    """Count a false barge-in and go on with the prompt over a voice that stops it no more."""
    TALK_OVER = "talk_over"
    """Note when the voice may stop the prompt, if it lasts so long."""
    LET_GO = "let_go"
    """Forget when the voice may stop the prompt: it is over."""
    INTERRUPT = "interrupt"
    """Stop the prompt and hear the caller out."""
    INTERRUPT_SETTLE = "interrupt_settle"
    """Stop the prompt for good and end the session."""
    CONFIRM_SETTLE = "confirm_settle"
    """Count the barge-in and end the session; the prompt is stopped already."""
    KEEP = "keep"
    """Keep the words until they count, and end the session."""
    KEEP_KEY = "keep_key"
    """Keep the key until it counts."""
    TAKE_KEYS = "take_keys"
    """Take in the keys that were kept."""
    WAIT = "wait"
    """Begin to count no-input; listen, if nobody does."""
    WAIT_ANEW = "wait_anew"
    """Begin to count no-input, in a session that has not heard the prompt's echo."""
    WAIT_ON = "wait_on"
    """Note a noise and go on waiting, in a new session."""
    HEAR = "hear"
    """Stop the no-input clock and hear the caller out."""
    HEAR_ON = "hear_on"
    """Hear the caller out: await the end of the voice, for `max_speech_s` at most."""
    HEAR_MORE = "hear_more"
    """Check whether the words mean a choice, so that a shorter silence ends them."""
    SETTLE = "settle"
    """End the session and await its last words."""
    RENEW = "renew"
    """Begin a new session."""
    COLLECT = "collect"
    """Stop prompt and recognition, and await further keys."""
    HEARD = "heard"
    """Finish with the words."""
    PRESSED = "pressed"
    """Finish with the keys."""
    NO_INPUT = "no_input"
    """Finish: there was no input."""
    TOO_MUCH_SPEECH = "too_much_speech"
    """Finish: the caller does not stop talking."""
    CONFIRM_TOO_MUCH = "confirm_too_much"
    """Count the barge-in and finish: the caller does not stop talking."""
    HUNG_UP = "hung_up"
    """Finish: the caller left."""
    SPEECH_DOWN = "speech_down"
    """Finish with the words, if there are any; else the service has failed."""


_S, _E, _A = TurnState, TurnEvent, TurnAction
_Cell = tuple[TurnState, TurnAction]

PROMPT_OWED = frozenset(
    {_S.PROMPTING, _S.PAUSED, _S.HELD, _S.INTERRUPTED, _S.DOUBTED, _S.OVERTALK, _S.KEPT}
)
"""States in which the caller has not heard the whole prompt, and nothing has ended it for good."""

_ALWAYS = {
    _E.KEY_MORE: (_S.KEYING, _A.COLLECT),
    _E.KEY_LAST: (_S.OVER, _A.PRESSED),
    _E.FAILED: (_S.OVER, _A.SPEECH_DOWN),
    _E.HUNG_UP: (_S.OVER, _A.HUNG_UP),
    _E.TURN_DUE: (_S.OVER, _A.NO_INPUT),
}
"""The same in every state whose row says nothing else."""


def _row(state: TurnState, cells: Mapping[TurnEvent, _Cell]) -> Mapping[TurnEvent, _Cell]:
    """Return one row: its own cells, those of every state, and nothing for all else."""
    nothing = dict.fromkeys(TurnEvent, (state, _A.IGNORE))
    early = {_E.KEY_EARLY: (state, _A.KEEP_KEY), _E.EARLY_DUE: (state, _A.TAKE_KEYS)}
    return nothing | early | _ALWAYS | dict(cells)


def _no_words(state: TurnState, action: TurnAction) -> Mapping[TurnEvent, _Cell]:
    """Return the cells of all that means that nothing was said: silence, or a noise."""
    events = (_E.SILENCE_EARLY, _E.SILENCE_DUE, _E.AUDIO_EXCEEDED, _E.WORDS_VOID, _E.ENDED_EMPTY)
    return dict.fromkeys(events, (state, action))


_CELLS: Mapping[TurnState, Mapping[TurnEvent, _Cell]] = {
    _S.PROMPTING: {
        **_no_words(_S.PROMPTING, _A.RENEW),
        _E.PROMPT_ENDED: (_S.WAITING, _A.WAIT),
        _E.ONSET: (_S.PAUSED, _A.PAUSE),
        _E.VOICE_STARTED: (_S.HELD, _A.HOLD),
        _E.VOICE_PASSED: (_S.OVERTALK, _A.TALK_OVER),
        _E.INTERIM: (_S.INTERRUPTED, _A.INTERRUPT),
        _E.WORDS: (_S.SETTLING, _A.INTERRUPT_SETTLE),
        _E.WORDS_EARLY: (_S.KEPT, _A.KEEP),
        _E.ENDED: (_S.OVER, _A.HEARD),
    },
    _S.PAUSED: {
        **_no_words(_S.PROMPTING, _A.UNPAUSE_RENEW),
        _E.PROMPT_ENDED: (_S.WAITING, _A.WAIT),  # in the moment of the stop
        _E.VOICE_STARTED: (_S.HELD, _A.AWAIT_WORDS),
        _E.VOICE_PASSED: (_S.OVERTALK, _A.UNPAUSE),
        _E.INTERIM: (_S.INTERRUPTED, _A.HEAR_ON),
        _E.WORDS: (_S.SETTLING, _A.CONFIRM_SETTLE),
        _E.ENDED: (_S.OVER, _A.HEARD),
        _E.DUE: (_S.PROMPTING, _A.UNPAUSE),
    },
    _S.HELD: {
        **_no_words(_S.PROMPTING, _A.FALSE_BARGE_IN),
        _E.PROMPT_ENDED: (_S.HEARING, _A.HEAR_ON),  # in the moment of the stop
        _E.VOICE_ENDED: (_S.DOUBTED, _A.SETTLE),
        _E.INTERIM: (_S.INTERRUPTED, _A.HEAR_ON),
        _E.WORDS: (_S.SETTLING, _A.CONFIRM_SETTLE),
        _E.ENDED: (_S.OVER, _A.HEARD),
        _E.DUE: (_S.OVERTALK, _A.DOUBT),
    },
    _S.INTERRUPTED: {
        **_no_words(_S.PROMPTING, _A.FALSE_BARGE_IN),
        _E.PROMPT_ENDED: (_S.HEARING, _A.IGNORE),  # in the moment of the stop
        _E.VOICE_ENDED: (_S.DOUBTED, _A.SETTLE),
        _E.AUDIO_EXCEEDED: (_S.OVER, _A.CONFIRM_TOO_MUCH),
        _E.INTERIM: (_S.INTERRUPTED, _A.HEAR_MORE),
        _E.INTERIM_VOID: (
            _S.INTERRUPTED,
            _A.HEAR_MORE,
        ),  # somebody who still talks is not talked over
        _E.WORDS: (_S.SETTLING, _A.CONFIRM_SETTLE),
        _E.ENDED: (_S.OVER, _A.HEARD),
        _E.DUE: (_S.DOUBTED, _A.SETTLE),
        _E.TURN_DUE: (_S.OVER, _A.CONFIRM_TOO_MUCH),
    },
    _S.DOUBTED: {
        _E.PROMPT_ENDED: (_S.SETTLING, _A.IGNORE),  # in the moment of the stop
        _E.WORDS: (_S.SETTLING, _A.CONFIRM_SETTLE),
        _E.WORDS_VOID: (_S.PROMPTING, _A.FALSE_BARGE_IN),
        _E.ENDED: (_S.OVER, _A.HEARD),
        _E.ENDED_EMPTY: (_S.PROMPTING, _A.FALSE_BARGE_IN),
        _E.DUE: (_S.OVER, _A.SPEECH_DOWN),
        _E.TURN_DUE: (_S.OVER, _A.SPEECH_DOWN),
    },
    _S.OVERTALK: {
        **_no_words(_S.PROMPTING, _A.RENEW),
        _E.PROMPT_STARTED: (_S.OVERTALK, _A.TALK_OVER),  # its guard begins
        _E.PROMPT_ENDED: (_S.HEARING, _A.HEAR_ON),
        _E.ECHO_ENDED: (_S.WAITING, _A.WAIT_ANEW),
        _E.VOICE_STARTED: (_S.HELD, _A.HOLD),  # no echo any more
        _E.VOICE_PASSED: (_S.OVERTALK, _A.TALK_OVER),
        _E.VOICE_ENDED: (_S.PROMPTING, _A.LET_GO),
        _E.INTERIM: (_S.INTERRUPTED, _A.INTERRUPT),
        _E.WORDS: (_S.SETTLING, _A.INTERRUPT_SETTLE),
        _E.WORDS_EARLY: (_S.KEPT, _A.KEEP),
        _E.ENDED: (_S.OVER, _A.HEARD),
        _E.DUE: (_S.HELD, _A.HOLD),  # the guard is over, or the voice is long enough
    },
    _S.KEPT: {
        _E.PROMPT_ENDED: (_S.OVER, _A.HEARD),
        _E.FAILED: (_S.KEPT, _A.IGNORE),
        _E.EARLY_DUE: (_S.OVER, _A.HEARD),
        _E.TURN_DUE: (_S.OVER, _A.HEARD),
    },
    _S.WAITING: {
        **_no_words(_S.WAITING, _A.RENEW),
        _E.VOICE_STARTED: (_S.HEARING, _A.HEAR),
        _E.VOICE_PASSED: (_S.HEARING, _A.HEAR),
        _E.SILENCE_DUE: (_S.OVER, _A.NO_INPUT),
        _E.INTERIM: (_S.HEARING, _A.HEAR),
        _E.WORDS: (_S.SETTLING, _A.SETTLE),
        _E.ENDED: (_S.OVER, _A.HEARD),
        _E.DUE: (_S.OVER, _A.NO_INPUT),
    },
    _S.HEARING: {
        **_no_words(_S.WAITING, _A.WAIT_ON),
        _E.VOICE_ENDED: (_S.SETTLING, _A.SETTLE),
        _E.AUDIO_EXCEEDED: (_S.OVER, _A.TOO_MUCH_SPEECH),
        _E.INTERIM: (_S.HEARING, _A.HEAR_MORE),
        _E.INTERIM_VOID: (_S.HEARING, _A.HEAR_MORE),
        _E.WORDS: (_S.SETTLING, _A.SETTLE),
        _E.ENDED: (_S.OVER, _A.HEARD),
        _E.DUE: (_S.SETTLING, _A.SETTLE),
        _E.TURN_DUE: (_S.OVER, _A.TOO_MUCH_SPEECH),
    },
    _S.SETTLING: {
        _E.WORDS_VOID: (_S.WAITING, _A.WAIT_ON),
        _E.ENDED: (_S.OVER, _A.HEARD),
        _E.ENDED_EMPTY: (_S.OVER, _A.HEARD),
        _E.DUE: (_S.OVER, _A.SPEECH_DOWN),
        _E.TURN_DUE: (_S.OVER, _A.SPEECH_DOWN),
    },
    _S.KEYING: {
        _E.FAILED: (_S.KEYING, _A.IGNORE),
        _E.DUE: (_S.OVER, _A.PRESSED),
        _E.TURN_DUE: (_S.OVER, _A.PRESSED),
    },
}

TURN_TRANSITIONS: Mapping[TurnState, Mapping[TurnEvent, _Cell]] = {
    **{state: _row(state, cells) for state, cells in _CELLS.items()},
    _S.OVER: dict.fromkeys(TurnEvent, (_S.OVER, _A.IGNORE)),
}
"""State x event -> next state and what is done.

What the turn is told (:mod:`ivr_agi.dialogue.turn.inputs`) becomes an event by what else is known,
see :meth:`.machine.Turn.receive`: whether a voice, words or a key may stop the prompt now, whether
words mean anything, whether no-input is due; a session's end, and its failure, count as ``ENDED``
when final words have come.
"""
