"""The turn's state machine: every state x happening, and rules that need more than the table."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_agi.dialogue.commands import (
    EndRecognition,
    Finish,
    Note,
    ResumePrompt,
    StartRecognition,
    StopPrompt,
    TurnCommand,
)
from ivr_agi.dialogue.keys import KeyRules
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
    MIN_LEFT_S,
    MIN_VAD_HEAD_S,
    TRANSITIONS,
    BargeIn,
    Happening,
    OverPrompt,
    Turn,
    TurnEvent,
    TurnPlan,
    TurnState,
)

H, S = Happening, TurnState
KEYS = KeyRules(min_keys=2, max_keys=4, terminator="#", inter_digit_s=3.0)
PLAN = TurnPlan(
    timeout_s=5.0,
    max_speech_s=10.0,
    service_grace_s=2.0,
    deadline_s=100.0,
    confirm_timeout_s=2.0,
    cool_down_s=1.0,
    guard_ms=200,
    own_onset=True,
    onset_confirm_s=0.6,
)
WORDS = Heard(text="sales", score=0.9, trace_id="t")
CANCEL, SETTLE = EndRecognition(cancel=True), EndRecognition(cancel=False)
STOP, RESUME = StopPrompt(), ResumePrompt()
RENEW = StartRecognition(silence_s=5.0)
FALSE, TRUE, ECHO, KEPT = (
    Note("false_barge_in"),
    Note("barge_in"),
    Note("echo_ignored"),
    Note("answer_kept"),
)
NOISE = Note("noise_ignored")


def begun(plan: TurnPlan = PLAN, prompt: str = "welcome to the bank") -> Turn:
    """A turn that began at 0 s, its prompt with it."""
    turn = Turn(plan, 0.0, prompt_text=prompt)
    turn.begin()
    turn.receive(H.PROMPT_STARTED, 0.0)
    return turn


def turn_in(state: TurnState) -> Turn:
    """Bring a turn into a state at 10 s or a little later."""
    plan = PLAN
    if state is S.KEPT:
        plan = TurnPlan(barge_in=BargeIn.KEYS, over_prompt=OverPrompt.KEEP, deadline_s=100.0)
    elif state is S.KEYING:
        plan = TurnPlan(keys=KEYS, deadline_s=100.0)
    turn = begun(plan)
    if state is S.PAUSED:
        turn.receive(H.ONSET, 10.0)
    elif state is S.OVERTALK:
        turn.receive(H.VOICE_STARTED, 10.0, is_echo=True)
    elif state is S.KEPT:
        turn.receive(H.WORDS, 10.0, words=WORDS)
    elif state is S.WAITING:
        turn.receive(H.PROMPT_ENDED, 10.0)
    elif state is S.KEYING:
        turn.receive(H.KEY, 10.0, key="1")
    elif state is not S.PROMPTING:
        turn.receive(H.VOICE_STARTED, 10.0)
    if state is S.DOUBTED:
        turn.receive(H.VOICE_ENDED, 11.0)
    elif state is S.INTERRUPTED:
        turn.receive(H.INTERIM, 10.5, words=WORDS)
    elif state in {S.HEARING, S.SETTLING}:
        turn.receive(H.PROMPT_ENDED, 10.2)
        turn.receive(H.INTERIM, 10.5, words=WORDS)
        if state is S.SETTLING:
            turn.receive(H.VOICE_ENDED, 11.0)
    elif state is S.OVER:
        turn.receive(H.KEY, 10.5, key="1")
    assert turn.state is state
    return turn


def over(outcome: object, *, active: bool = True) -> list[object]:
    """Commands of a turn that ends, with a session that is active or not."""
    return [*([CANCEL] if active else []), Finish(outcome)]  # type: ignore[arg-type]


_KEY = {H.KEY: (S.OVER, over(Pressed(keys="7")))}
_GONE = {H.HUNG_UP: (S.OVER, over(HungUp()))}
_FAILED = {H.SPEECH_FAILED: (S.OVER, over(SpeechDown(reason="gone"), active=False))}
_USUAL = _KEY | _GONE | _FAILED

# What each state does with what happens at 11.5 s: no-input is due at 15 s, words are "sales". What
# is not there does nothing.
CASES: dict[TurnState, dict[Happening, tuple[TurnState, list[object]]]] = {
    S.PROMPTING: _USUAL
    | {
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
        H.PROMPT_ENDED: (S.HEARING, []),
        H.VOICE_ENDED: (S.DOUBTED, [SETTLE]),
        H.SILENCE_EXCEEDED: (S.PROMPTING, [FALSE, RESUME, RENEW]),
        H.AUDIO_EXCEEDED: (S.OVER, [TRUE, *over(TooMuchSpeech())]),
        H.WORDS: (S.SETTLING, [TRUE, SETTLE]),
        H.SESSION_ENDED: (S.PROMPTING, [FALSE, RESUME, RENEW]),
    },
    S.DOUBTED: _USUAL
    | {
        H.PROMPT_ENDED: (S.SETTLING, []),
        H.WORDS: (S.SETTLING, [TRUE, SETTLE]),
        H.SESSION_ENDED: (S.PROMPTING, [FALSE, RESUME, RENEW]),
    },
    S.OVERTALK: _USUAL
    | {
        H.PROMPT_ENDED: (S.WAITING, [StartRecognition(silence_s=5.0, has_preroll=False)]),
        H.VOICE_STARTED: (S.HELD, [STOP]),
        H.VOICE_ENDED: (S.PROMPTING, []),
        H.SILENCE_EXCEEDED: (S.PROMPTING, [RENEW]),
        H.AUDIO_EXCEEDED: (S.PROMPTING, [RENEW]),
        H.WORDS: (S.PROMPTING, [RENEW]),
        H.SESSION_ENDED: (S.PROMPTING, [RENEW]),
    },
    S.KEPT: _GONE | {H.PROMPT_ENDED: (S.OVER, over(WORDS))},
    S.WAITING: _USUAL
    | {
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
@pytest.mark.parametrize("happening", Happening)
def test_every_state_and_happening(state: TurnState, happening: Happening) -> None:
    """Each cell goes to the right state with the right commands."""
    turn = turn_in(state)
    words = WORDS if happening in {H.WORDS, H.INTERIM} else None
    commands = turn.receive(happening, 11.5, key="7", words=words, reason="gone")
    assert (turn.state, commands) == CASES[state].get(happening, (state, []))


@pytest.mark.parametrize("state", TurnState)
def test_the_table_is_whole(state: TurnState) -> None:
    """No cell of the table is missing and every action exists."""
    assert set(TRANSITIONS[state]) == set(TurnEvent)
    assert all(hasattr(Turn, f"_do_{action}") for _, action in TRANSITIONS[state].values())


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


# No-input.


def test_silence_at_the_no_input_moment_is_no_input() -> None:
    """EXCEEDED_SILENCE when `timeout` has passed since the prompt's end ends the turn."""
    turn = turn_in(S.WAITING)
    assert turn.receive(H.SILENCE_EXCEEDED, 14.9) == over(NoInput())


def test_renewal_after_the_prompt_asks_for_the_time_that_is_left() -> None:
    """A session renewed after the prompt's end is silent at the no-input moment exactly."""
    turn = turn_in(S.WAITING)
    assert turn.receive(H.SILENCE_EXCEEDED, 11.5) == [StartRecognition(silence_s=3.5)]
    assert turn.receive(H.SILENCE_EXCEEDED, 15.0) == over(NoInput())


def test_a_renewal_is_never_too_short_to_hear_anything() -> None:
    """A moment before no-input is due, a session still gets two chunks of time."""
    turn = turn_in(S.WAITING)
    assert turn.receive(H.AUDIO_EXCEEDED, 14.9) == [StartRecognition(silence_s=MIN_VAD_HEAD_S)]


@pytest.mark.parametrize(("voice_at", "left_s"), [(12.0, 3.0), (14.9, MIN_LEFT_S)])
def test_the_no_input_clock_stands_still_while_a_voice_is_heard(
    voice_at: float, left_s: float
) -> None:
    """After a noise it goes on with what was left, and never with less than a second."""
    turn = turn_in(S.WAITING)
    turn.receive(H.VOICE_STARTED, voice_at)
    commands = turn.receive(H.SILENCE_EXCEEDED, 20.0)
    assert commands == [NOISE, StartRecognition(silence_s=left_s)]
    assert turn.receive(H.SILENCE_EXCEEDED, 20.0 + left_s) == over(NoInput())


def test_no_input_is_counted_from_the_end_of_a_prompt_that_went_on() -> None:
    """After a false barge-in the rest of the turn is as if nothing had happened."""
    turn = turn_in(S.HELD)
    turn.receive(H.SILENCE_EXCEEDED, 12.0)
    turn.receive(H.PROMPT_ENDED, 30.0)
    assert turn.receive(H.SILENCE_EXCEEDED, 34.0) == [StartRecognition(silence_s=1.0)]
    assert turn.receive(H.SILENCE_EXCEEDED, 35.0) == over(NoInput())


# Words and what ends them.


def test_words_after_the_end_of_voice_are_kept() -> None:
    """The final result may come after VOICE_END and before END; the last one counts."""
    turn = turn_in(S.SETTLING)
    turn.receive(H.WORDS, 11.1, words=Heard(text="sale"))
    turn.receive(H.WORDS, 11.2, words=WORDS)
    assert turn.receive(H.SESSION_ENDED, 11.3) == over(WORDS, active=False)


def test_words_count_although_the_service_breaks_down_before_end() -> None:
    """A lost socket after the final result is no loss."""
    turn = turn_in(S.SETTLING)
    turn.receive(H.WORDS, 11.1, words=WORDS)
    assert turn.receive(H.SPEECH_FAILED, 11.2, reason="gone") == over(WORDS, active=False)


def test_words_count_although_end_never_comes() -> None:
    """A service that sends its words but not END is waited for `service_grace_s`, not longer."""
    turn = turn_in(S.SETTLING)
    turn.receive(H.WORDS, 11.1, words=WORDS)
    assert turn.handle_timeout(13.0) == over(WORDS)


def test_words_that_mean_a_choice_end_sooner() -> None:
    """`complete_timeout_s` after the last change; words that mean nothing yet wait as usual."""
    plan = TurnPlan(complete_timeout_s=0.3, matches=lambda text: text == "sales")
    turn = begun(plan)
    turn.receive(H.PROMPT_ENDED, 10.0)
    turn.receive(H.VOICE_STARTED, 11.0)
    turn.receive(H.INTERIM, 11.5, words=Heard(text="sales"))
    assert turn.next_deadline() == 11.8
    turn.receive(H.INTERIM, 11.7, words=Heard(text="sales"))
    assert turn.next_deadline() == 11.8
    turn.receive(H.INTERIM, 11.75, words=Heard(text="sales and"))
    assert turn.next_deadline() == pytest.approx(43.0)
    turn.receive(H.INTERIM, 12.0, words=Heard(text="sales"))
    assert turn.handle_timeout(12.3) == [SETTLE]


def test_only_a_hum_after_the_prompt_is_noise() -> None:
    """A filler is no answer."""
    turn = turn_in(S.WAITING)
    turn.receive(H.VOICE_STARTED, 12.0)
    assert turn.receive(H.WORDS, 12.5, words=Heard(text="um"))[0] == NOISE


def test_a_service_that_ends_every_session_is_given_up() -> None:
    """Renewals are counted: no endless loop at network speed."""
    turn = turn_in(S.PROMPTING)
    for _ in range(MAX_RENEWALS):
        assert turn.receive(H.SESSION_ENDED, 1.0) == [RENEW]
    *_, last = turn.receive(H.SESSION_ENDED, 1.0)
    assert isinstance(last, Finish)
    assert isinstance(last.outcome, SpeechDown)
    assert turn.state is S.OVER


# Two stages.


@pytest.mark.parametrize("text", ["", "um", "uh, er"])
def test_no_words_are_a_false_barge_in(text: str) -> None:
    """The prompt goes on, the session is renewed, and it is counted."""
    turn = turn_in(S.HELD)
    assert turn.receive(H.WORDS, 11.0, words=Heard(text=text)) == [FALSE, RESUME, RENEW]
    assert turn.false_barge_ins == 1


def test_after_a_false_barge_in_only_words_stop_for_a_while() -> None:
    """The cool-down: no second stop for the same noise, but an answer is heard."""
    turn = turn_in(S.HELD)
    turn.receive(H.SILENCE_EXCEEDED, 12.0)
    assert turn.receive(H.VOICE_STARTED, 12.9) == []
    assert turn.state is S.OVERTALK
    assert turn.receive(H.INTERIM, 12.95, words=WORDS) == [STOP]
    turn = turn_in(S.HELD)
    turn.receive(H.SILENCE_EXCEEDED, 12.0)
    assert turn.receive(H.VOICE_STARTED, 13.0) == [STOP]


@pytest.mark.parametrize(
    ("happening", "text"), [(H.SILENCE_EXCEEDED, ""), (H.WORDS, ""), (H.WORDS, "um")]
)
@pytest.mark.parametrize("voice_over", [False, True])
def test_words_that_are_taken_back_are_a_false_barge_in(
    happening: Happening, text: str, voice_over: bool
) -> None:
    """A hum that the recogniser takes for a first word: no words in the end, the prompt goes on."""
    turn = turn_in(S.INTERRUPTED)
    if voice_over:
        turn.receive(H.VOICE_ENDED, 10.8)
    happening = H.SESSION_ENDED if voice_over and happening is H.SILENCE_EXCEEDED else happening
    taken_back = turn.receive(happening, 11.0, words=Heard(text=text))
    assert taken_back == [FALSE, RESUME, RENEW]
    assert (turn.log.false_barge_ins, turn.log.true_barge_ins) == (1, 0)
    assert turn.receive(H.VOICE_STARTED, 11.5) == []  # the cool-down
    turn.receive(H.SILENCE_EXCEEDED, 12.0)
    turn.receive(H.PROMPT_ENDED, 30.0)
    assert turn.receive(H.SILENCE_EXCEEDED, 35.0) == over(NoInput())


def test_a_word_that_changes_is_no_reason_to_talk_on() -> None:
    """Who is still speaking is not talked over; words that change are one interruption."""
    turn = turn_in(S.INTERRUPTED)
    for text in ("", "um", "sales and", "sales"):
        assert turn.receive(H.INTERIM, 11.0, words=Heard(text=text)) == []
    assert turn.receive(H.VOICE_ENDED, 12.0) == [SETTLE]
    assert turn.receive(H.WORDS, 12.1, words=WORDS) == [TRUE, SETTLE]
    assert turn.receive(H.SESSION_ENDED, 12.2) == over(WORDS, active=False)
    assert turn.log.true_barge_ins == 1


def test_words_that_stop_meaning_a_choice_end_as_usual() -> None:
    """`complete_timeout_s` is over with the interim words that it was for, hotword or not."""
    plan = TurnPlan(
        barge_in=BargeIn.HOTWORD, complete_timeout_s=0.3, matches=lambda text: text == "sales"
    )
    turn = begun(plan)
    turn.receive(H.VOICE_STARTED, 5.0)
    assert turn.receive(H.INTERIM, 5.5, words=WORDS) == [STOP]
    assert turn.next_deadline() == 5.8
    turn.receive(H.INTERIM, 5.7, words=Heard(text="sales are up"))
    assert turn.next_deadline() == pytest.approx(37.5)
    turn.receive(H.VOICE_ENDED, 6.0)
    assert turn.receive(H.WORDS, 6.5, words=Heard(text="sales are up")) == [FALSE, RESUME, RENEW]


def test_a_voice_without_words_does_not_hold_the_prompt_for_ever() -> None:
    """Music: the prompt goes on over it, the session too, and its words would stop it still."""
    turn = turn_in(S.HELD)
    turn.handle_timeout(12.0)
    turn.receive(H.PROMPT_STARTED, 12.01, position_s=9.5)
    assert turn.next_deadline() == 100.0
    assert turn.receive(H.WORDS, 14.0, words=WORDS) == [STOP, TRUE, SETTLE]


def test_the_final_words_of_a_voice_that_is_over_decide() -> None:
    """VOICE_END before the words: both ways."""
    turn = turn_in(S.DOUBTED)
    assert turn.receive(H.WORDS, 11.5, words=Heard(text="hm")) == [FALSE, RESUME, RENEW]
    turn = turn_in(S.DOUBTED)
    turn.receive(H.WORDS, 11.5, words=WORDS)
    assert turn.receive(H.SESSION_ENDED, 11.6) == over(WORDS, active=False)


# Guards.


def test_a_voice_in_the_guard_stops_the_prompt_when_the_guard_is_over() -> None:
    """If it is still heard then."""
    turn = begun()
    assert turn.receive(H.VOICE_STARTED, 0.05) == []
    assert turn.next_deadline() == 0.2
    assert turn.handle_timeout(0.2) == [STOP]
    turn = begun()
    turn.receive(H.VOICE_STARTED, 0.05)
    turn.receive(H.VOICE_ENDED, 0.1)
    assert turn.next_deadline() == 100.0


def test_before_the_prompt_begins_there_is_nothing_to_guard() -> None:
    """Who talks while the synthesis is awaited is not talked over."""
    turn = Turn(PLAN, 0.0)
    assert turn.receive(H.VOICE_STARTED, 0.5) == [STOP]


def test_a_short_voice_does_not_stop_the_prompt() -> None:
    """`min_voice_ms`."""
    turn = begun(TurnPlan(min_voice_ms=300))
    assert turn.receive(H.VOICE_STARTED, 5.0) == []
    assert turn.next_deadline() == pytest.approx(5.3)
    assert turn.handle_timeout(5.31) == [STOP]


def test_too_few_words_do_not_confirm() -> None:
    """`min_words`; words that mean a choice always do."""
    plan = TurnPlan(min_words=2, matches=lambda text: text == "sales")
    turn = begun(plan)
    turn.receive(H.VOICE_STARTED, 5.0)
    assert turn.receive(H.INTERIM, 5.5, words=Heard(text="well")) == []
    assert turn.receive(H.INTERIM, 5.6, words=Heard(text="well then")) == []
    assert turn.state is S.INTERRUPTED
    turn = begun(plan)
    turn.receive(H.VOICE_STARTED, 5.0)
    turn.receive(H.INTERIM, 5.5, words=WORDS)
    assert turn.state is S.INTERRUPTED


def test_a_hotword_stops_the_prompt_and_nothing_else() -> None:
    """Neither a voice nor other words; keys do."""
    plan = TurnPlan(barge_in=BargeIn.HOTWORD, matches=lambda text: "sales" in text)
    turn = begun(plan)
    assert turn.receive(H.VOICE_STARTED, 5.0) == []
    assert turn.receive(H.INTERIM, 5.5, words=Heard(text="be quiet children")) == []
    assert turn.receive(H.WORDS, 6.0, words=Heard(text="be quiet children")) == [RENEW]
    turn.receive(H.VOICE_STARTED, 7.0)
    assert turn.receive(H.INTERIM, 7.5, words=WORDS) == [STOP]
    assert begun(plan).receive(H.KEY, 5.0, key="1") == over(Pressed(keys="1"))


def test_nothing_stops_the_mandatory_part() -> None:
    """Neither voice nor words nor keys; at its end a voice that is still heard does."""
    plan = TurnPlan(mandatory_s=4.0)
    turn = begun(plan)
    assert turn.receive(H.KEY, 1.0, key="1") == []
    assert turn.receive(H.VOICE_STARTED, 2.0) == []
    assert turn.receive(H.INTERIM, 2.5, words=WORDS) == []
    assert turn.handle_timeout(4.0) == [STOP]
    turn = begun(plan)
    assert turn.receive(H.WORDS, 3.0, words=WORDS) == [RENEW]
    assert turn.receive(H.KEY, 4.0, key="1") == over(Pressed(keys="1"))


def test_an_answer_over_the_mandatory_part_is_kept_until_it_is_over() -> None:
    """`over_prompt: keep`: not until the prompt's end, which may be far."""
    turn = begun(TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP))
    turn.receive(H.PROMPT_STARTED, 2.0, position_s=1.5)  # an under-run: half a second later
    assert turn.receive(H.WORDS, 3.0, words=WORDS) == [KEPT, SETTLE]
    assert turn.handle_timeout(4.49) == []
    assert turn.handle_timeout(4.5) == over(WORDS)


def test_a_key_over_the_mandatory_part_is_kept_until_it_is_over() -> None:
    """`over_prompt: keep`: as words are; without it the key is nothing."""
    turn = begun(TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP))
    assert turn.receive(H.KEY, 1.0, key="1") == []
    assert turn.next_deadline() == 4.0
    turn.receive(H.PROMPT_STARTED, 2.0, position_s=1.5)  # an under-run: half a second later
    assert turn.next_deadline() == 4.5
    assert turn.handle_timeout(4.5) == over(Pressed(keys="1"))
    turn = begun(TurnPlan(mandatory_s=4.0))
    turn.receive(H.KEY, 1.0, key="1")
    assert turn.next_deadline() == 120.0


def test_what_is_kept_waits_for_a_prompt_that_has_not_begun() -> None:
    """Words and keys while the synthesis is awaited: until the mandatory part was heard."""
    for happening, outcome in ((H.WORDS, WORDS), (H.KEY, Pressed(keys="1"))):
        turn = Turn(TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP), 0.0)
        turn.begin()
        turn.receive(happening, 0.5, words=WORDS, key="1")
        turn.receive(H.PROMPT_STARTED, 1.0)
        assert turn.next_deadline() == 5.0
        assert turn.handle_timeout(4.99) == []
        assert turn.handle_timeout(5.0) == over(outcome)


def test_keys_over_the_mandatory_part_come_before_those_after_it() -> None:
    """`over_prompt: keep`: the answer is all of them; a menu takes the first."""
    plan = TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP, keys=KeyRules.exactly(3))
    turn = begun(plan)
    assert turn.receive(H.KEY, 1.0, key="1") == turn.receive(H.KEY, 2.0, key="2") == []
    assert turn.handle_timeout(4.0) == [CANCEL, STOP, STOP]
    assert turn.receive(H.KEY, 4.5, key="3") == over(Pressed(keys="123"), active=False)
    turn = begun(TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP))
    turn.receive(H.KEY, 1.0, key="1")  # and the timer is late
    assert turn.receive(H.KEY, 4.5, key="2") == over(Pressed(keys="1"))


def test_the_first_of_what_is_kept_wins() -> None:
    """Words after a key are none, and a key after words."""
    plan = TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP)
    turn = begun(plan)
    turn.receive(H.KEY, 1.0, key="1")
    assert turn.receive(H.WORDS, 2.0, words=WORDS) == [RENEW]
    assert turn.handle_timeout(4.0) == over(Pressed(keys="1"))
    turn = begun(plan)
    turn.receive(H.WORDS, 2.0, words=WORDS)
    assert turn.receive(H.KEY, 3.0, key="1") == []
    assert turn.handle_timeout(4.0) == over(WORDS)


@pytest.mark.parametrize("barge_in", [BargeIn.KEYS, BargeIn.NONE])
def test_what_is_said_over_a_prompt_is_dropped(barge_in: BargeIn) -> None:
    """It is not even listened to."""
    turn = Turn(TurnPlan(barge_in=barge_in), 0.0)
    assert turn.begin() == []
    assert turn.receive(H.PROMPT_ENDED, 3.0) == [StartRecognition(silence_s=5.0)]


def test_what_is_said_over_a_prompt_is_kept() -> None:
    """It is the answer when the prompt ends; the prompt is heard whole."""
    turn = Turn(TurnPlan(barge_in=BargeIn.NONE, over_prompt=OverPrompt.KEEP), 0.0)
    assert turn.begin() == [RENEW]
    turn.receive(H.PROMPT_STARTED, 0.0)
    assert turn.receive(H.VOICE_STARTED, 1.0) == []
    assert turn.receive(H.VOICE_ENDED, 2.0) == []
    assert turn.receive(H.WORDS, 2.1, words=WORDS) == [KEPT, SETTLE]
    assert turn.receive(H.SESSION_ENDED, 2.2) == []
    assert turn.receive(H.PROMPT_ENDED, 9.0) == over(WORDS, active=False)


def test_who_talks_at_the_end_of_the_prompt_is_heard_on() -> None:
    """The voice that did not stop it is now the answer."""
    turn = turn_in(S.HELD)
    turn.receive(H.SILENCE_EXCEEDED, 10.2)
    turn.receive(H.VOICE_STARTED, 10.3)  # in the cool-down
    turn.receive(H.PROMPT_ENDED, 10.5)
    assert turn.state is S.HEARING
    assert turn.receive(H.WORDS, 11.0, words=WORDS) == [SETTLE]


# Echo and our own ear.


def test_echo_does_not_stop_the_prompt() -> None:
    """It is told once, and when it is no echo any more the prompt stops."""
    turn = begun()
    assert turn.receive(H.VOICE_STARTED, 5.0, is_echo=True) == [ECHO]
    assert turn.doubts_echo
    assert turn.receive(H.VOICE_STARTED, 6.0) == [STOP]
    assert not turn.doubts_echo


def test_the_words_of_an_echo_are_nobodys() -> None:
    """Although they mean a choice, which the prompt has just named; until the caller joins in."""
    plan = TurnPlan(choices=("sales",), matches=lambda text: text == "sales")
    turn = begun(plan)
    turn.receive(H.VOICE_STARTED, 5.0, is_echo=True)
    assert turn.receive(H.INTERIM, 5.5, words=WORDS) == []
    assert turn.receive(H.WORDS, 6.0, words=WORDS) == [RENEW]
    turn.receive(H.VOICE_STARTED, 7.0, is_echo=True)
    assert turn.receive(H.VOICE_STARTED, 7.5) == [STOP]
    turn.receive(H.INTERIM, 7.6, words=WORDS)
    assert turn.state is S.INTERRUPTED


def test_an_echo_at_the_end_of_the_prompt_is_no_answer() -> None:
    """A session that heard no echo listens to the caller; final words of the old one are late."""
    turn = turn_in(S.OVERTALK)
    fresh = StartRecognition(silence_s=5.0, has_preroll=False)
    assert turn.receive(H.PROMPT_ENDED, 10.5) == [fresh]
    turn.receive(H.VOICE_STARTED, 11.0)
    assert turn.receive(H.WORDS, 12.0, words=WORDS) == [SETTLE]
    turn = turn_in(S.OVERTALK)
    turn.receive(H.VOICE_ENDED, 10.4)
    turn.receive(H.PROMPT_ENDED, 10.5)
    assert turn.receive(H.WORDS, 10.6, words=WORDS) == [StartRecognition(silence_s=4.9)]


def test_the_prompts_own_words_do_not_stop_it() -> None:
    """Text echo; the words of a choice are the caller's although the prompt says them."""
    plan = TurnPlan(choices=("to the bank",), matches=lambda text: text == "to the bank")
    turn = begun(plan)
    turn.receive(H.VOICE_STARTED, 5.0)
    assert turn.receive(H.INTERIM, 5.5, words=Heard(text="welcome to the")) == []
    assert turn.receive(H.WORDS, 6.0, words=Heard(text="welcome to the")) == [FALSE, RESUME, RENEW]
    assert turn.receive(H.INTERIM, 8.0, words=Heard(text="to the bank")) == [STOP]


def test_without_choices_nothing_is_known_of_echo() -> None:
    """An open question may be answered in the prompt's own words."""
    turn = begun()
    turn.receive(H.VOICE_STARTED, 5.0)
    turn.receive(H.INTERIM, 5.5, words=Heard(text="welcome to the"))
    assert turn.state is S.INTERRUPTED


def test_our_own_onset_is_confirmed_or_taken_back() -> None:
    """Confirmed by VOICE_START; else the prompt goes on and it is counted apart."""
    turn = turn_in(S.PAUSED)
    assert turn.receive(H.VOICE_STARTED, 10.3) == []
    assert turn.next_deadline() == 12.3
    turn = turn_in(S.PAUSED)
    assert turn.handle_timeout(10.6) == [RESUME]
    assert turn.receive(H.ONSET, 11.0) == []  # cool-down
    assert turn.log.false_onsets == 1
    assert turn.false_barge_ins == 0


def test_an_onset_that_is_echo_after_all_is_taken_back() -> None:
    """The service's VOICE_START comes later, when more of it can be judged."""
    turn = turn_in(S.PAUSED)
    assert turn.receive(H.VOICE_STARTED, 10.3, is_echo=True) == [ECHO, RESUME]


def test_onsets_are_awaited_while_the_prompt_plays_only() -> None:
    """And only where the plan asks for them."""
    assert turn_in(S.PROMPTING).awaits_onset
    assert not turn_in(S.WAITING).awaits_onset
    assert not begun(TurnPlan()).awaits_onset


# Keys.


def test_keys_are_collected() -> None:
    """The first ends prompt and recognition; the terminator, or the longest, ends the answer."""
    turn = begun(TurnPlan(keys=KEYS))
    assert turn.receive(H.KEY, 1.0, key="1") == [CANCEL, STOP]
    assert turn.receive(H.KEY, 2.0, key="2") == [STOP]
    assert turn.next_deadline() == 5.0
    assert turn.receive(H.KEY, 3.0, key="#") == over(Pressed(keys="12"), active=False)
    turn = begun(TurnPlan(keys=KEYS))
    for key in "123":
        turn.receive(H.KEY, 1.0, key=key)
    assert turn.receive(H.KEY, 1.5, key="4") == over(Pressed(keys="1234"), active=False)


def test_the_first_input_wins() -> None:
    """A key beats a voice without words; after the words it is none."""
    turn = turn_in(S.HEARING)
    assert turn.receive(H.KEY, 11.0, key="1") == over(Pressed(keys="1"))
    turn = turn_in(S.SETTLING)
    turn.receive(H.WORDS, 11.1, words=WORDS)
    assert turn.receive(H.KEY, 11.2, key="1") == []
    assert turn.receive(H.SESSION_ENDED, 11.3) == over(WORDS, active=False)


def test_keys_over_a_prompt_that_they_may_not_stop() -> None:
    """Kept, they are the answer at its end; else they are dropped."""
    turn = begun(TurnPlan(barge_in=BargeIn.SPEECH, over_prompt=OverPrompt.KEEP))
    assert turn.receive(H.KEY, 1.0, key="1") == []
    assert turn.receive(H.PROMPT_ENDED, 5.0) == over(Pressed(keys="1"))
    turn = begun(TurnPlan(barge_in=BargeIn.SPEECH))
    turn.receive(H.KEY, 1.0, key="1")
    assert turn.receive(H.PROMPT_ENDED, 5.0) == []


def test_with_speech_barge_in_listening_begins_with_the_prompt() -> None:
    """The session is there before the first word can be."""
    assert Turn(PLAN, 0.0).begin() == [RENEW]


def test_a_keys_only_turn_never_starts_recognition() -> None:
    """With speech down, silence is timed here, without any grace for a service."""
    turn = Turn(TurnPlan(listen=False, timeout_s=4.0), 0.0)
    assert turn.begin() == []
    assert turn.receive(H.PROMPT_ENDED, 3.0) == []
    assert turn.next_deadline() == 7.0
    assert turn.handle_timeout(7.0) == over(NoInput(), active=False)


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
    complete_timeout_s=st.sampled_from([None, 0.3]),
    keys=st.sampled_from([KeyRules(), KEYS]),
    matches=st.sampled_from([None, lambda text: text == "sales"]),
)
TEXTS = st.sampled_from(["", "um", "sales", "two words", "welcome to the"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*Happening, None]),
        st.floats(0, 3),
        TEXTS,
        st.booleans(),
        st.sampled_from("1#"),
    ),
    max_size=60,
)


@settings(max_examples=500, deadline=None)
@given(PLANS, STEPS)
def test_any_order_of_happenings_ends_in_one_outcome(
    plan: TurnPlan, steps: list[tuple[Happening | None, float, str, bool, str]]
) -> None:
    """Stops and resumes take turns, no session is left open, and the deadlines end it."""
    turn, now = Turn(plan, 0.0, prompt_text="welcome to the bank"), 0.0
    sessions = Sessions(listens=plan.listen)
    commands = sessions.follow(turn.begin())
    for happening, wait_s, text, is_echo, key in steps:
        now += wait_s
        while (due := turn.next_deadline()) is not None and due <= now:
            commands += sessions.follow(turn.handle_timeout(due))
        if happening is not None and sessions.can_be(happening):
            words = Heard(text=text)
            happened = turn.receive(happening, now, key=key, words=words, is_echo=is_echo)
            commands += sessions.follow(happened)
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

    OF_ITS_OWN = frozenset({H.PROMPT_STARTED, H.PROMPT_ENDED, H.KEY, H.ONSET, H.HUNG_UP})

    def __init__(self, *, listens: bool) -> None:
        self.is_open = False
        self._listens = listens

    def can_be(self, happening: Happening) -> bool:
        """Whether it can happen; if so, it does."""
        if happening in self.OF_ITS_OWN:
            return True
        was_open = self.is_open
        self.is_open = was_open and happening not in {H.SESSION_ENDED, H.SPEECH_FAILED}
        return was_open

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
