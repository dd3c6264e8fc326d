"""The turn's rules that need more than the table: no-input, words, keys."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.turn.commands import Finish, StartRecognition
from ivr_agi.dialogue.turn.inputs import KeyPressed
from ivr_agi.dialogue.turn.machine import MAX_RENEWALS, MIN_LEFT_S, MIN_VAD_HEAD_S, Turn
from ivr_agi.dialogue.turn.outcomes import NoInput, Pressed, SpeechDown
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.knobs import BargeIn, OverPrompt
from tests.dialogue.turn.turns import (
    CANCEL,
    KEYS,
    NOISE,
    PLAN,
    RENEW,
    SETTLE,
    STOP,
    WORDS,
    H,
    S,
    begun,
    final,
    interim,
    over,
    turn_in,
)

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
    turn.receive(final("sale"), 11.1)
    turn.receive(H.WORDS, 11.2)
    assert turn.receive(H.SESSION_ENDED, 11.3) == over(WORDS, active=False)


def test_words_count_although_the_service_breaks_down_before_end() -> None:
    """A lost socket after the final result is no loss."""
    turn = turn_in(S.SETTLING)
    turn.receive(H.WORDS, 11.1)
    assert turn.receive(H.SPEECH_FAILED, 11.2) == over(WORDS, active=False)


def test_words_count_although_end_never_comes() -> None:
    """A service that sends its words but not END is waited for `service_grace_s`, not longer."""
    turn = turn_in(S.SETTLING)
    turn.receive(H.WORDS, 11.1)
    assert turn.handle_timeout(13.0) == over(WORDS)


def test_words_that_mean_a_choice_end_sooner() -> None:
    """`complete_timeout_s` after the last change; words that mean nothing yet wait as usual."""
    plan = TurnPlan(complete_timeout_s=0.3, matches=lambda text: text == "sales")
    turn = begun(plan)
    turn.receive(H.PROMPT_ENDED, 10.0)
    turn.receive(H.VOICE_STARTED, 11.0)
    turn.receive(interim("sales"), 11.5)
    assert turn.next_deadline() == 11.8
    turn.receive(interim("sales"), 11.7)
    assert turn.next_deadline() == 11.8
    turn.receive(interim("sales and"), 11.75)
    assert turn.next_deadline() == pytest.approx(43.0)
    turn.receive(interim("sales"), 12.0)
    assert turn.handle_timeout(12.3) == [SETTLE]


def test_only_a_hum_after_the_prompt_is_noise() -> None:
    """A filler is no answer."""
    turn = turn_in(S.WAITING)
    turn.receive(H.VOICE_STARTED, 12.0)
    assert turn.receive(final("um"), 12.5)[0] == NOISE


def test_a_service_that_ends_every_session_is_given_up() -> None:
    """Renewals are counted: no endless loop at network speed."""
    turn = turn_in(S.PROMPTING)
    for _ in range(MAX_RENEWALS):
        assert turn.receive(H.SESSION_ENDED, 1.0) == [RENEW]
    *_, last = turn.receive(H.SESSION_ENDED, 1.0)
    assert isinstance(last, Finish)
    assert isinstance(last.outcome, SpeechDown)
    assert turn.state is S.OVER


# Keys.


def test_keys_are_collected() -> None:
    """The first ends prompt and recognition; the terminator, or the longest, ends the answer."""
    turn = begun(TurnPlan(keys=KEYS))
    assert turn.receive(KeyPressed("1"), 1.0) == [CANCEL, STOP]
    assert turn.receive(KeyPressed("2"), 2.0) == [STOP]
    assert turn.next_deadline() == 5.0
    assert turn.receive(KeyPressed("#"), 3.0) == over(Pressed(keys="12"), active=False)
    turn = begun(TurnPlan(keys=KEYS))
    for key in "123":
        turn.receive(KeyPressed(key), 1.0)
    assert turn.receive(KeyPressed("4"), 1.5) == over(Pressed(keys="1234"), active=False)


def test_the_first_input_wins() -> None:
    """A key beats a voice without words; after the words it is none."""
    turn = turn_in(S.HEARING)
    assert turn.receive(KeyPressed("1"), 11.0) == over(Pressed(keys="1"))
    turn = turn_in(S.SETTLING)
    turn.receive(H.WORDS, 11.1)
    assert turn.receive(KeyPressed("1"), 11.2) == []
    assert turn.receive(H.SESSION_ENDED, 11.3) == over(WORDS, active=False)


def test_keys_over_a_prompt_that_they_may_not_stop() -> None:
    """Kept, they are the answer at its end; else they are dropped."""
    turn = begun(TurnPlan(barge_in=BargeIn.SPEECH, over_prompt=OverPrompt.KEEP))
    assert turn.receive(KeyPressed("1"), 1.0) == []
    assert turn.receive(H.PROMPT_ENDED, 5.0) == over(Pressed(keys="1"))
    turn = begun(TurnPlan(barge_in=BargeIn.SPEECH))
    turn.receive(KeyPressed("1"), 1.0)
    assert turn.receive(H.PROMPT_ENDED, 5.0) == []


def test_of_a_kept_key_and_words_the_key_was_first() -> None:
    """Words over the same prompt come later."""
    turn = begun(TurnPlan(barge_in=BargeIn.SPEECH, over_prompt=OverPrompt.KEEP))
    turn.receive(KeyPressed("1"), 2.0)
    turn.receive(H.VOICE_STARTED, 2.5)
    turn.receive(H.WORDS, 3.0)
    assert turn.receive(H.PROMPT_ENDED, 5.0) == over(Pressed(keys="1"))


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
