"""The turn's state machine: every state x event, and the rules that need more than the table."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.outcomes import (
    Heard,
    HungUp,
    NoInput,
    Pressed,
    SpeechDown,
    TooMuchSpeech,
)
from ivr_agi.dialogue.turn import (
    MAX_RENEWALS,
    MIN_VAD_HEAD_S,
    TRANSITIONS,
    BargeIn,
    EndRecognition,
    Finish,
    Happening,
    StartRecognition,
    StopPrompt,
    Turn,
    TurnCommand,
    TurnEvent,
    TurnPlan,
    TurnState,
)

H = Happening
PLAN = TurnPlan(timeout_s=5.0, max_speech_s=10.0, service_grace_s=2.0, deadline_s=100.0)
WORDS = Heard(text="sales", score=0.9, trace_id="t")
CANCEL, SETTLE = EndRecognition(cancel=True), EndRecognition(cancel=False)


def turn_in(state: TurnState) -> Turn:
    """Bring a turn into a state, from 0 s on; the prompt ends at 10 s."""
    turn = Turn(PLAN, 0.0)
    turn.begin()
    if state is TurnState.WAITING:
        turn.receive(H.PROMPT_ENDED, 10.0)
    elif state is not TurnState.PROMPTING:
        turn.receive(H.VOICE_STARTED, 10.0)
        if state is TurnState.SETTLING:
            turn.receive(H.VOICE_ENDED, 11.0)
        elif state is TurnState.OVER:
            turn.receive(H.KEY, 10.5, key="1")
    assert turn.state is state
    return turn


def over(outcome: object, *, active: bool = True) -> list[object]:
    """Commands of a turn that ends, with a session that is active or not."""
    return [*([CANCEL] if active else []), StopPrompt(), Finish(outcome)]  # type: ignore[arg-type]


# What each state does with what happens at 12 s (no words have come, the no-input moment is 15 s).
CASES: dict[TurnState, dict[Happening, tuple[TurnState, list[object]]]] = {
    TurnState.PROMPTING: {
        H.PROMPT_ENDED: (TurnState.WAITING, []),
        H.KEY: (TurnState.OVER, over(Pressed(keys="7"))),
        H.VOICE_STARTED: (TurnState.HEARING, [StopPrompt()]),
        H.VOICE_ENDED: (TurnState.PROMPTING, []),
        H.SILENCE_EXCEEDED: (TurnState.PROMPTING, [StartRecognition(silence_s=5.0)]),
        H.AUDIO_EXCEEDED: (TurnState.PROMPTING, [StartRecognition(silence_s=5.0)]),
        H.WORDS: (TurnState.SETTLING, [StopPrompt(), SETTLE]),
        H.SESSION_ENDED: (TurnState.PROMPTING, [StartRecognition(silence_s=5.0)]),
        H.SPEECH_FAILED: (TurnState.OVER, over(SpeechDown(reason="gone"), active=False)),
        H.HUNG_UP: (TurnState.OVER, over(HungUp())),
    },
    TurnState.WAITING: {
        H.PROMPT_ENDED: (TurnState.WAITING, []),
        H.KEY: (TurnState.OVER, over(Pressed(keys="7"))),
        H.VOICE_STARTED: (TurnState.HEARING, []),
        H.VOICE_ENDED: (TurnState.WAITING, []),
        H.SILENCE_EXCEEDED: (TurnState.WAITING, [StartRecognition(silence_s=3.0)]),
        H.AUDIO_EXCEEDED: (TurnState.WAITING, [StartRecognition(silence_s=3.0)]),
        H.WORDS: (TurnState.SETTLING, [SETTLE]),
        H.SESSION_ENDED: (TurnState.WAITING, [StartRecognition(silence_s=3.0)]),
        H.SPEECH_FAILED: (TurnState.OVER, over(SpeechDown(reason="gone"), active=False)),
        H.HUNG_UP: (TurnState.OVER, over(HungUp())),
    },
    TurnState.HEARING: {
        H.PROMPT_ENDED: (TurnState.HEARING, []),
        H.KEY: (TurnState.OVER, over(Pressed(keys="7"))),
        H.VOICE_STARTED: (TurnState.HEARING, []),
        H.VOICE_ENDED: (TurnState.SETTLING, [SETTLE]),
        H.SILENCE_EXCEEDED: (TurnState.WAITING, [StartRecognition(silence_s=5.0)]),
        H.AUDIO_EXCEEDED: (TurnState.OVER, over(TooMuchSpeech())),
        H.WORDS: (TurnState.HEARING, []),
        H.SESSION_ENDED: (TurnState.WAITING, [StartRecognition(silence_s=5.0)]),
        H.SPEECH_FAILED: (TurnState.OVER, over(SpeechDown(reason="gone"), active=False)),
        H.HUNG_UP: (TurnState.OVER, over(HungUp())),
    },
    TurnState.SETTLING: {
        H.PROMPT_ENDED: (TurnState.SETTLING, []),
        H.KEY: (TurnState.OVER, over(Pressed(keys="7"))),
        H.VOICE_STARTED: (TurnState.SETTLING, []),
        H.VOICE_ENDED: (TurnState.SETTLING, []),
        H.SILENCE_EXCEEDED: (TurnState.SETTLING, []),
        H.AUDIO_EXCEEDED: (TurnState.SETTLING, []),
        H.WORDS: (TurnState.SETTLING, []),
        H.SESSION_ENDED: (TurnState.OVER, over(Heard(text=""), active=False)),
        H.SPEECH_FAILED: (TurnState.OVER, over(SpeechDown(reason="gone"), active=False)),
        H.HUNG_UP: (TurnState.OVER, over(HungUp())),
    },
    TurnState.OVER: {happening: (TurnState.OVER, []) for happening in Happening},
}


@pytest.mark.parametrize("state", TurnState)
@pytest.mark.parametrize("happening", Happening)
def test_every_state_and_happening(state: TurnState, happening: Happening) -> None:
    """Each cell goes to the right state with the right commands."""
    turn = turn_in(state)
    words = WORDS if happening is H.WORDS else None
    commands = turn.receive(happening, 12.0, key="7", words=words, reason="gone")
    assert (turn.state, commands) == CASES[state][happening]


@pytest.mark.parametrize("state", TurnState)
def test_the_table_is_whole(state: TurnState) -> None:
    """No cell of the table is missing and every action exists."""
    assert set(TRANSITIONS[state]) == set(TurnEvent)
    assert all(hasattr(Turn, f"_do_{action}") for _, action in TRANSITIONS[state].values())


@pytest.mark.parametrize(
    ("state", "now", "expected"),
    [
        (TurnState.PROMPTING, 100.0, over(NoInput())),
        (TurnState.WAITING, 17.0, over(NoInput())),
        (TurnState.HEARING, 22.0, [SETTLE]),
        (TurnState.SETTLING, 13.0, over(SpeechDown(reason="no answer to END in time"))),
    ],
)
def test_every_state_has_a_deadline(
    state: TurnState, now: float, expected: list[TurnCommand]
) -> None:
    """A service that says nothing holds no state for longer than its deadline."""
    turn = turn_in(state)
    assert turn.next_deadline() == now
    assert turn.handle_timeout(now - 0.01) == []
    assert turn.handle_timeout(now) == expected


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (TurnState.WAITING, NoInput()),
        (TurnState.HEARING, TooMuchSpeech()),
        (TurnState.SETTLING, SpeechDown(reason="no answer to END in time")),
    ],
)
def test_the_whole_turn_has_a_deadline(state: TurnState, outcome: object) -> None:
    """Whatever goes on, the turn ends at its own deadline."""
    turn = turn_in(state)
    assert turn.handle_timeout(100.0)[-1] == Finish(outcome)  # type: ignore[arg-type]
    assert turn.next_deadline() is None


def test_the_outcome_is_given_once() -> None:
    """After the outcome nothing is asked for, whatever happens and whatever time it is."""
    turn = turn_in(TurnState.OVER)
    assert turn.handle_timeout(1000.0) == []


def test_silence_at_the_no_input_moment_is_no_input() -> None:
    """EXCEEDED_SILENCE when `timeout` has passed since the prompt's end ends the turn."""
    turn = turn_in(TurnState.WAITING)
    assert turn.receive(H.SILENCE_EXCEEDED, 14.9) == over(NoInput())


def test_renewal_after_the_prompt_asks_for_the_time_that_is_left() -> None:
    """A session renewed after the prompt's end is silent at the no-input moment exactly."""
    turn = turn_in(TurnState.WAITING)
    assert turn.receive(H.SILENCE_EXCEEDED, 11.5) == [StartRecognition(silence_s=3.5)]
    assert turn.receive(H.SILENCE_EXCEEDED, 15.0) == over(NoInput())


def test_a_renewal_is_never_too_short_to_hear_anything() -> None:
    """A moment before no-input is due, a session still gets two chunks of time."""
    turn = turn_in(TurnState.WAITING)
    assert turn.receive(H.AUDIO_EXCEEDED, 14.9) == [StartRecognition(silence_s=MIN_VAD_HEAD_S)]


def test_words_after_the_end_of_voice_are_kept() -> None:
    """The final result may come after VOICE_END and before END; the last one counts."""
    turn = turn_in(TurnState.SETTLING)
    turn.receive(H.WORDS, 11.1, words=Heard(text="sale"))
    turn.receive(H.WORDS, 11.2, words=WORDS)
    assert turn.receive(H.SESSION_ENDED, 11.3) == over(WORDS, active=False)


def test_words_count_although_the_service_breaks_down_before_end() -> None:
    """A lost socket after the final result is no loss."""
    turn = turn_in(TurnState.SETTLING)
    turn.receive(H.WORDS, 11.1, words=WORDS)
    assert turn.receive(H.SPEECH_FAILED, 11.2, reason="gone") == over(WORDS, active=False)


def test_words_count_although_end_never_comes() -> None:
    """A service that sends its words but not END is waited for `service_grace_s`, not longer."""
    turn = turn_in(TurnState.SETTLING)
    turn.receive(H.WORDS, 11.1, words=WORDS)
    assert turn.handle_timeout(13.0) == over(WORDS)


def test_noise_is_a_false_barge_in_and_listening_goes_on() -> None:
    """EXCEEDED_SILENCE after VOICE_START starts the no-input time anew."""
    turn = turn_in(TurnState.HEARING)
    turn.receive(H.SILENCE_EXCEEDED, 12.0)
    assert turn.false_barge_ins == 1
    assert turn.receive(H.SILENCE_EXCEEDED, 17.0) == over(NoInput())


def test_a_service_that_ends_every_session_is_given_up() -> None:
    """Renewals are counted: no endless loop at network speed."""
    turn = turn_in(TurnState.PROMPTING)
    for _ in range(MAX_RENEWALS):
        assert turn.receive(H.SESSION_ENDED, 1.0) == [StartRecognition(silence_s=5.0)]
    *_, last = turn.receive(H.SESSION_ENDED, 1.0)
    assert isinstance(last, Finish)
    assert isinstance(last.outcome, SpeechDown)
    assert turn.state is TurnState.OVER


@pytest.mark.parametrize("barge_in", [BargeIn.KEYS, BargeIn.NONE])
def test_without_speech_barge_in_listening_begins_after_the_prompt(barge_in: BargeIn) -> None:
    """What is said over such a prompt is not listened to."""
    turn = Turn(TurnPlan(barge_in=barge_in), 0.0)
    assert turn.begin() == []
    assert turn.receive(H.PROMPT_ENDED, 3.0) == [StartRecognition(silence_s=5.0)]


def test_with_speech_barge_in_listening_begins_with_the_prompt() -> None:
    """The session is there before the first word can be."""
    assert Turn(PLAN, 0.0).begin() == [StartRecognition(silence_s=5.0)]


def test_a_keys_only_turn_never_starts_recognition() -> None:
    """With speech down, silence is timed here, without any grace for a service."""
    turn = Turn(TurnPlan(listen=False, timeout_s=4.0), 0.0)
    assert turn.begin() == []
    assert turn.receive(H.PROMPT_ENDED, 3.0) == []
    assert turn.next_deadline() == 7.0
    assert turn.handle_timeout(7.0) == over(NoInput(), active=False)


def test_barge_in_tells_what_it_lets_through() -> None:
    """The four kinds of barge-in, by speech and by keys."""
    kinds = {kind: (kind.by_speech, kind.by_keys) for kind in BargeIn}
    assert kinds == {
        BargeIn.BOTH: (True, True),
        BargeIn.SPEECH: (True, False),
        BargeIn.KEYS: (False, True),
        BargeIn.NONE: (False, False),
    }
