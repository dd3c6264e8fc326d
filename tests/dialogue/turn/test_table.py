"""The table of a turn: every state x input, and all in any order."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_agi.dialogue.turn.commands import (
    EndRecognition,
    Finish,
    ResumePrompt,
    StartRecognition,
    StopPrompt,
    TurnCommand,
)
from ivr_agi.dialogue.turn.inputs import (
    CallerLeft,
    KeyPressed,
    OnsetHeard,
    PromptEnded,
    PromptFailed,
    PromptStarted,
    TurnInput,
)
from ivr_agi.dialogue.turn.keys import KeyRules
from ivr_agi.dialogue.turn.machine import ACTIONS, MIN_VAD_HEAD_S, Turn
from ivr_agi.dialogue.turn.outcomes import (
    Heard,
    HungUp,
    NoInput,
    Pressed,
    SpeechDown,
    TooMuchSpeech,
)
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.dialogue.turn.table import TURN_TRANSITIONS, TurnAction, TurnEvent, TurnState
from ivr_agi.knobs import BargeIn, OverPrompt
from ivr_agi.sis.wire.events import RecognitionEnded, RecognitionFailed, Transcribed
from tests.dialogue.turn.turns import (
    ECHO,
    FALSE,
    INPUTS,
    KEYS,
    NOISE,
    RENEW,
    RESUME,
    SETTLE,
    STOP,
    TRUE,
    WORDS,
    H,
    S,
    final,
    interim,
    over,
    turn_in,
)

_Cells = dict[object, tuple[TurnState, list[object]]]

_KEY: _Cells = {H.KEY: (S.OVER, over(Pressed(keys="7")))}
_GONE: _Cells = {H.HUNG_UP: (S.OVER, over(HungUp()))}
_DOWN: tuple[TurnState, list[object]] = (S.OVER, over(SpeechDown(reason="gone"), active=False))
_FAILED: _Cells = {H.SPEECH_FAILED: _DOWN, H.PROMPT_FAILED: _DOWN}
_USUAL = _KEY | _GONE | _FAILED

# What each state does with what happens at 11.5 s: no-input is due at 15 s, words are "sales". What
# is not there does nothing.
CASES: dict[TurnState, _Cells] = {
    S.PROMPTING: _USUAL
    | {
        H.ECHO: (S.OVERTALK, [ECHO]),
        H.OWN_VOICE: (S.HELD, [STOP]),
        H.PROMPT_ENDED: (S.WAITING, []),
        H.ONSET: (S.PAUSED, [STOP]),
        H.VOICE_STARTED: (S.HELD, [STOP]),
        H.SILENCE_EXCEEDED: (S.PROMPTING, [RENEW]),
        H.AUDIO_EXCEEDED: (S.PROMPTING, [RENEW]),
        H.INTERIM: (S.INTERRUPTED, [STOP]),
        H.WORDS: (S.SETTLING, [STOP, TRUE, SETTLE]),
        H.SESSION_ENDED: (S.PROMPTING, [RENEW]),
    },
    S.PAUSED: _USUAL
    | {
        H.ECHO: (S.OVERTALK, [ECHO, RESUME]),
        H.OWN_VOICE: (S.HELD, []),
        H.PROMPT_ENDED: (S.WAITING, []),
        H.VOICE_STARTED: (S.HELD, []),
        H.SILENCE_EXCEEDED: (S.PROMPTING, [RESUME, RENEW]),
        H.AUDIO_EXCEEDED: (S.PROMPTING, [RESUME, RENEW]),
        H.INTERIM: (S.INTERRUPTED, []),
        H.WORDS: (S.SETTLING, [TRUE, SETTLE]),
        H.SESSION_ENDED: (S.PROMPTING, [RESUME, RENEW]),
    },
    S.HELD: _USUAL
    | {
        H.ECHO: (S.HELD, [ECHO]),
        H.PROMPT_ENDED: (S.HEARING, []),
        H.VOICE_ENDED: (S.DOUBTED, [SETTLE]),
        H.SILENCE_EXCEEDED: (S.PROMPTING, [FALSE, RESUME, RENEW]),
        H.AUDIO_EXCEEDED: (S.PROMPTING, [FALSE, RESUME, RENEW]),
        H.INTERIM: (S.INTERRUPTED, []),
        H.WORDS: (S.SETTLING, [TRUE, SETTLE]),
        H.SESSION_ENDED: (S.PROMPTING, [FALSE, RESUME, RENEW]),
    },
    S.INTERRUPTED: _USUAL
    | {
        H.ECHO: (S.INTERRUPTED, [ECHO]),
        H.PROMPT_ENDED: (S.HEARING, []),
        H.VOICE_ENDED: (S.DOUBTED, [SETTLE]),
        H.SILENCE_EXCEEDED: (S.PROMPTING, [FALSE, RESUME, RENEW]),
        H.AUDIO_EXCEEDED: (S.OVER, [TRUE, *over(TooMuchSpeech())]),
        H.WORDS: (S.SETTLING, [TRUE, SETTLE]),
        H.SESSION_ENDED: (S.PROMPTING, [FALSE, RESUME, RENEW]),
    },
    S.DOUBTED: _USUAL
    | {
        H.ECHO: (S.DOUBTED, [ECHO]),
        H.PROMPT_ENDED: (S.SETTLING, []),
        H.WORDS: (S.SETTLING, [TRUE, SETTLE]),
        H.SESSION_ENDED: (S.PROMPTING, [FALSE, RESUME, RENEW]),
    },
    S.OVERTALK: _USUAL
    | {
        H.OWN_VOICE: (S.HELD, [STOP]),
        H.PROMPT_ENDED: (S.WAITING, [StartRecognition(silence_s=5.0, has_preroll=False)]),
        H.VOICE_STARTED: (S.HELD, [STOP]),
        H.VOICE_ENDED: (S.PROMPTING, []),
        H.SILENCE_EXCEEDED: (S.PROMPTING, [RENEW]),
        H.AUDIO_EXCEEDED: (S.PROMPTING, [RENEW]),
        H.WORDS: (S.PROMPTING, [RENEW]),
        H.SESSION_ENDED: (S.PROMPTING, [RENEW]),
    },
    S.KEPT: _GONE | {H.ECHO: (S.KEPT, [ECHO]), H.PROMPT_ENDED: (S.OVER, over(WORDS))},
    S.WAITING: _USUAL
    | {
        H.ECHO: (S.HEARING, []),
        H.OWN_VOICE: (S.HEARING, []),
        H.VOICE_STARTED: (S.HEARING, []),
        H.SILENCE_EXCEEDED: (S.WAITING, [StartRecognition(silence_s=3.5)]),
        H.AUDIO_EXCEEDED: (S.WAITING, [StartRecognition(silence_s=3.5)]),
        H.INTERIM: (S.HEARING, []),
        H.WORDS: (S.SETTLING, [SETTLE]),
        H.SESSION_ENDED: (S.WAITING, [StartRecognition(silence_s=3.5)]),
    },
    S.HEARING: _USUAL
    | {
        H.VOICE_ENDED: (S.SETTLING, [SETTLE]),
        H.SILENCE_EXCEEDED: (S.WAITING, [NOISE, RENEW]),
        H.AUDIO_EXCEEDED: (S.OVER, over(TooMuchSpeech())),
        H.WORDS: (S.SETTLING, [SETTLE]),
        H.SESSION_ENDED: (S.WAITING, [NOISE, RENEW]),
    },
    S.SETTLING: _USUAL | {H.SESSION_ENDED: (S.OVER, over(Heard(text=""), active=False))},
    S.KEYING: {
        H.KEY: (S.KEYING, [STOP]),
        H.HUNG_UP: (S.OVER, over(HungUp(), active=False)),
    },
    S.OVER: {},
}


@pytest.mark.parametrize("state", TurnState)
@pytest.mark.parametrize("name", INPUTS)
def test_every_state_and_input(state: TurnState, name: str) -> None:
    """Each cell goes to the right state with the right commands."""
    turn, told = turn_in(state), INPUTS[name]
    commands = turn.receive(told, 11.5)
    assert (turn.state, commands) == CASES[state].get(told, (state, []))


def test_every_input_is_in_the_cases() -> None:
    """One sample of each type, of words two."""
    assert {type(told) for told in INPUTS.values()} == set(get_args(TurnInput))


@pytest.mark.parametrize("state", TurnState)
def test_the_table_is_whole(state: TurnState) -> None:
    """No cell of the table is missing."""
    assert set(TURN_TRANSITIONS[state]) == set(TurnEvent)


def test_every_action_is_used_and_can_be_done() -> None:
    """None is only in the table, none only in the turn."""
    cells = [cell for row in TURN_TRANSITIONS.values() for cell in row.values()]
    assert {action for _, action in cells} == set(TurnAction) == set(ACTIONS)


@pytest.mark.parametrize(
    ("state", "now", "expected", "following"),
    [
        (S.PROMPTING, 100.0, over(NoInput()), S.OVER),
        (S.PAUSED, 10.6, [RESUME], S.PROMPTING),
        (S.HELD, 12.0, [FALSE, RESUME], S.OVERTALK),
        (S.INTERRUPTED, 22.5, [SETTLE], S.DOUBTED),
        (S.DOUBTED, 13.0, over(SpeechDown(reason="no answer to END in time")), S.OVER),
        (S.OVERTALK, 100.0, over(NoInput()), S.OVER),
        (S.KEPT, 100.0, over(WORDS), S.OVER),
        (S.WAITING, 17.0, over(NoInput()), S.OVER),
        (S.HEARING, 22.2, [SETTLE], S.SETTLING),
        (S.SETTLING, 13.0, over(SpeechDown(reason="no answer to END in time")), S.OVER),
        (S.KEYING, 13.0, over(Pressed(keys="1", is_complete=False), active=False), S.OVER),
    ],
)
def test_every_state_has_a_deadline(
    state: TurnState, now: float, expected: list[TurnCommand], following: TurnState
) -> None:
    """A service that says nothing holds no state for longer than its deadline."""
    turn = turn_in(state)
    assert turn.next_deadline() == now
    assert turn.handle_timeout(now - 0.01) == []
    assert turn.handle_timeout(now) == expected
    assert turn.state is following


@pytest.mark.parametrize("state", [state for state in TurnState if state is not S.OVER])
def test_the_whole_turn_has_a_deadline(state: TurnState) -> None:
    """Whatever goes on, the turn ends at its own deadline."""
    turn = turn_in(state)
    last = turn.handle_timeout(100.0)[-1]
    assert isinstance(last, Finish)
    expected = {
        S.INTERRUPTED: TooMuchSpeech,
        S.DOUBTED: SpeechDown,
        S.KEPT: Heard,
        S.HEARING: TooMuchSpeech,
        S.SETTLING: SpeechDown,
        S.KEYING: Pressed,
    }
    assert type(last.outcome) is expected.get(state, NoInput)
    assert turn.next_deadline() is None


def test_the_outcome_is_given_once() -> None:
    """After the outcome nothing is asked for, whatever happens and whatever time it is."""
    turn = turn_in(S.OVER)
    assert turn.handle_timeout(1000.0) == []


# All at random.

PLANS = st.builds(
    TurnPlan,
    listen=st.booleans(),
    barge_in=st.sampled_from(BargeIn),
    over_prompt=st.sampled_from(OverPrompt),
    guard_ms=st.sampled_from([0, 200]),
    mandatory_s=st.sampled_from([0.0, 1.0]),
    min_voice_ms=st.sampled_from([0, 300]),
    min_words=st.integers(1, 2),
    own_onset=st.booleans(),
    complete_timeout_s=st.sampled_from([0.0, 0.3]),
    keys=st.sampled_from([KeyRules(), KEYS]),
    matches=st.sampled_from([None, lambda text: text == "sales"]),
)
TEXTS = st.sampled_from(["", "um", "sales", "two words", "welcome to the"])
STEPS = st.lists(
    st.tuples(
        st.one_of(
            st.none(),
            st.sampled_from(
                [told for told in INPUTS.values() if not isinstance(told, Transcribed)]
            ),
            TEXTS.map(interim),
            TEXTS.map(final),
            st.just(KeyPressed("1")),
            st.just(KeyPressed("#")),
        ),
        st.floats(0, 3),
    ),
    max_size=60,
)


@settings(max_examples=500, deadline=None)
@given(PLANS, STEPS)
def test_any_order_of_inputs_ends_in_one_outcome(
    plan: TurnPlan, steps: list[tuple[TurnInput | None, float]]
) -> None:
    """Stops and resumes take turns, no session is left open, and the deadlines end it."""
    turn, now = Turn(plan, 0.0, prompt_text="welcome to the bank"), 0.0
    sessions = Sessions(listens=plan.listen)
    commands = sessions.follow(turn.begin())
    for told, wait_s in steps:
        now += wait_s
        while (due := turn.next_deadline()) is not None and due <= now:
            commands += sessions.follow(turn.handle_timeout(due))
        if told is not None:
            was_state, is_heard = turn.state, sessions.hear(told)
            done = sessions.follow(turn.receive(told, now))
            assert is_heard or (done == [] and turn.state is was_state), "nothing is of this turn"
            commands += done
    for _ in range(1000):
        if (due := turn.next_deadline()) is None:
            break
        commands += sessions.follow(turn.handle_timeout(max(now, due)))
    assert turn.state is S.OVER
    assert now <= plan.deadline_s or turn.next_deadline() is None
    assert isinstance(commands[-1], Finish)
    assert sum(isinstance(command, Finish) for command in commands) == 1
    assert not sessions.is_open
    stopped = False
    for command in commands:
        if isinstance(command, ResumePrompt):
            assert stopped, "resumed what was not stopped"
        stopped = isinstance(command, StopPrompt) or (
            stopped and not isinstance(command, ResumePrompt)
        )


class Sessions:
    """The speech link's side: END is for a session that is there, and only one that is speaks."""

    OF_ITS_OWN = PromptStarted | PromptEnded | KeyPressed | OnsetHeard | CallerLeft

    def __init__(self, *, listens: bool) -> None:
        self.is_open = False
        self._listens = listens

    def hear(self, told: TurnInput) -> bool:
        """Take in what the turn is told; return whether the turn may act on it."""
        if isinstance(told, OnsetHeard):
            return self._listens
        if isinstance(told, self.OF_ITS_OWN):
            return True
        was_open = self.is_open
        self.is_open = was_open and not isinstance(
            told, RecognitionEnded | RecognitionFailed | PromptFailed
        )
        return was_open or isinstance(told, PromptFailed)

    def follow(self, commands: list[TurnCommand]) -> list[TurnCommand]:
        """Do what is asked; returns it."""
        for command in commands:
            if isinstance(command, StartRecognition):
                assert self._listens
                assert command.silence_s >= MIN_VAD_HEAD_S
                self.is_open = True
            elif isinstance(command, EndRecognition):
                assert self.is_open, "ended what was not there"
                self.is_open = not command.cancel
        return commands
