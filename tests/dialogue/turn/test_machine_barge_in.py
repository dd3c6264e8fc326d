"""What stops a prompt, for good or not, and what does not: rules that need more than the table."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.turn.commands import StartRecognition
from ivr_agi.dialogue.turn.inputs import KeyPressed, PromptStarted, TurnInput
from ivr_agi.dialogue.turn.keys import KeyRules
from ivr_agi.dialogue.turn.machine import Turn
from ivr_agi.dialogue.turn.outcomes import Heard, NoInput, Pressed
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.knobs import BargeIn, OverPrompt
from tests.dialogue.turn.turns import (
    CANCEL,
    ECHO,
    FALSE,
    KEPT,
    PLAN,
    RENEW,
    RESUME,
    SETTLE,
    STOP,
    TRUE,
    WORDS,
    H,
    S,
    begun,
    final,
    interim,
    over,
    turn_in,
)

# Two stages.


@pytest.mark.parametrize("text", ["", "um", "uh, er"])
def test_no_words_are_a_false_barge_in(text: str) -> None:
    """The prompt goes on, the session is renewed, and it is counted."""
    turn = turn_in(S.HELD)
    assert turn.receive(final(text), 11.0) == [FALSE, RESUME, RENEW]
    assert turn.log.false_barge_ins == 1


def test_after_a_false_barge_in_only_words_stop_for_a_while() -> None:
    """The cool-down: no second stop for the same noise, but an answer is heard."""
    turn = turn_in(S.HELD)
    turn.receive(H.SILENCE_EXCEEDED, 12.0)
    assert turn.receive(H.VOICE_STARTED, 12.9) == []
    assert turn.state is S.OVERTALK
    assert turn.receive(H.INTERIM, 12.95) == [STOP]
    turn = turn_in(S.HELD)
    turn.receive(H.SILENCE_EXCEEDED, 12.0)
    assert turn.receive(H.VOICE_STARTED, 13.0) == [STOP]


@pytest.mark.parametrize(
    "told", [H.SILENCE_EXCEEDED, final(""), final("um")], ids=["silence", "none", "um"]
)
@pytest.mark.parametrize("voice_over", [False, True])
def test_words_that_are_taken_back_are_a_false_barge_in(told: TurnInput, voice_over: bool) -> None:
    """A hum that the recogniser takes for a first word: no words in the end, the prompt goes on."""
    turn = turn_in(S.INTERRUPTED)
    if voice_over:
        turn.receive(H.VOICE_ENDED, 10.8)
    told = H.SESSION_ENDED if voice_over and told is H.SILENCE_EXCEEDED else told
    assert turn.receive(told, 11.0) == [FALSE, RESUME, RENEW]
    assert (turn.log.false_barge_ins, turn.log.true_barge_ins) == (1, 0)
    assert turn.receive(H.VOICE_STARTED, 11.5) == []  # the cool-down
    turn.receive(H.SILENCE_EXCEEDED, 12.0)
    turn.receive(H.PROMPT_ENDED, 30.0)
    assert turn.receive(H.SILENCE_EXCEEDED, 35.0) == over(NoInput())


def test_a_word_that_changes_is_no_reason_to_talk_on() -> None:
    """Who is still speaking is not talked over; words that change are one interruption."""
    turn = turn_in(S.INTERRUPTED)
    for text in ("", "um", "sales and", "sales"):
        assert turn.receive(interim(text), 11.0) == []
    assert turn.receive(H.VOICE_ENDED, 12.0) == [SETTLE]
    assert turn.receive(H.WORDS, 12.1) == [TRUE, SETTLE]
    assert turn.receive(H.SESSION_ENDED, 12.2) == over(WORDS, active=False)
    assert turn.log.true_barge_ins == 1


def test_words_that_stop_meaning_a_choice_end_as_usual() -> None:
    """`complete_timeout_s` is over with the interim words that it was for, hotword or not."""
    plan = TurnPlan(
        barge_in=BargeIn.HOTWORD, complete_timeout_s=0.3, matches=lambda text: text == "sales"
    )
    turn = begun(plan)
    turn.receive(H.VOICE_STARTED, 5.0)
    assert turn.receive(H.INTERIM, 5.5) == [STOP]
    assert turn.next_deadline() == 5.8
    turn.receive(interim("sales are up"), 5.7)
    assert turn.next_deadline() == pytest.approx(37.5)
    turn.receive(H.VOICE_ENDED, 6.0)
    assert turn.receive(final("sales are up"), 6.5) == [FALSE, RESUME, RENEW]


def test_a_voice_without_words_does_not_hold_the_prompt_for_ever() -> None:
    """Music: the prompt goes on over it, the session too, and its words would stop it still."""
    turn = turn_in(S.HELD)
    turn.handle_timeout(12.0)
    turn.receive(PromptStarted(9.5), 12.01)
    assert turn.next_deadline() == 100.0
    assert turn.receive(H.WORDS, 14.0) == [STOP, TRUE, SETTLE]


def test_the_final_words_of_a_voice_that_is_over_decide() -> None:
    """VOICE_END before the words: both ways."""
    turn = turn_in(S.DOUBTED)
    assert turn.receive(final("hm"), 11.5) == [FALSE, RESUME, RENEW]
    turn = turn_in(S.DOUBTED)
    turn.receive(H.WORDS, 11.5)
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
    turn.begin()
    assert turn.receive(H.VOICE_STARTED, 0.5) == [STOP]


def test_a_short_voice_does_not_stop_the_prompt() -> None:
    """`min_voice_ms`."""
    turn = begun(TurnPlan(min_voice_ms=300))
    assert turn.receive(H.VOICE_STARTED, 5.0) == []
    assert turn.next_deadline() == pytest.approx(5.3)
    assert turn.handle_timeout(5.31) == [STOP]


def test_a_voice_that_is_over_by_our_own_ear_does_not_stop_the_prompt() -> None:
    """The service tells the end of a cough half a second later."""
    turn = begun(TurnPlan(min_voice_ms=300))
    turn.receive(H.VOICE_STARTED, 5.0)
    assert turn.awaits_quiet
    assert turn.receive(H.OWN_QUIET, 5.2) == []
    assert turn.state is S.PROMPTING
    assert turn.handle_timeout(5.31) == []
    assert turn.receive(H.VOICE_ENDED, 5.5) == []
    assert turn.receive(H.INTERIM, 5.6) == [STOP]


def test_a_voice_that_goes_on_has_its_time_again() -> None:
    """Words after a cough, in the same session."""
    turn = begun(TurnPlan(min_voice_ms=300))
    turn.receive(H.VOICE_STARTED, 5.0)
    turn.receive(H.OWN_QUIET, 5.2)
    assert turn.receive(H.OWN_VOICE, 6.0) == []
    assert turn.handle_timeout(6.31) == [STOP]


def test_too_few_words_do_not_confirm() -> None:
    """`min_words`; words that mean a choice always do."""
    plan = TurnPlan(min_words=2, matches=lambda text: text == "sales")
    turn = begun(plan)
    turn.receive(H.VOICE_STARTED, 5.0)
    assert turn.receive(interim("well"), 5.5) == []
    assert turn.receive(interim("well then"), 5.6) == []
    assert turn.state is S.INTERRUPTED
    turn = begun(plan)
    turn.receive(H.VOICE_STARTED, 5.0)
    turn.receive(H.INTERIM, 5.5)
    assert turn.state is S.INTERRUPTED


def test_a_hotword_stops_the_prompt_and_nothing_else() -> None:
    """Neither a voice nor other words; keys do."""
    plan = TurnPlan(barge_in=BargeIn.HOTWORD, matches=lambda text: "sales" in text)
    turn = begun(plan)
    assert turn.receive(H.VOICE_STARTED, 5.0) == []
    assert turn.receive(interim("be quiet children"), 5.5) == []
    assert turn.receive(final("be quiet children"), 6.0) == [RENEW]
    turn.receive(H.VOICE_STARTED, 7.0)
    assert turn.receive(H.INTERIM, 7.5) == [STOP]
    assert begun(plan).receive(KeyPressed("1"), 5.0) == over(Pressed(keys="1"))


def test_nothing_stops_the_mandatory_part() -> None:
    """Neither voice nor words nor keys; at its end a voice that is still heard does."""
    plan = TurnPlan(mandatory_s=4.0)
    turn = begun(plan)
    assert turn.receive(KeyPressed("1"), 1.0) == []
    assert turn.receive(H.VOICE_STARTED, 2.0) == []
    assert turn.receive(H.INTERIM, 2.5) == []
    assert turn.handle_timeout(4.0) == [STOP]
    turn = begun(plan)
    assert turn.receive(H.WORDS, 3.0) == [RENEW]
    assert turn.receive(KeyPressed("1"), 4.0) == over(Pressed(keys="1"))


def test_an_answer_over_the_mandatory_part_is_kept_until_it_is_over() -> None:
    """`over_prompt: keep`: not until the prompt's end, which may be far."""
    turn = begun(TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP))
    turn.receive(PromptStarted(1.5), 2.0)  # an under-run: half a second later
    assert turn.receive(H.WORDS, 3.0) == [KEPT, SETTLE]
    assert turn.handle_timeout(4.49) == []
    assert turn.handle_timeout(4.5) == over(WORDS)


def test_a_key_over_the_mandatory_part_is_kept_until_it_is_over() -> None:
    """`over_prompt: keep`: as words are; without it the key is nothing."""
    turn = begun(TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP))
    assert turn.receive(KeyPressed("1"), 1.0) == []
    assert turn.next_deadline() == 4.0
    turn.receive(PromptStarted(1.5), 2.0)  # an under-run: half a second later
    assert turn.next_deadline() == 4.5
    assert turn.handle_timeout(4.5) == over(Pressed(keys="1"))
    turn = begun(TurnPlan(mandatory_s=4.0))
    turn.receive(KeyPressed("1"), 1.0)
    assert turn.next_deadline() == 120.0


def test_what_is_kept_waits_for_a_prompt_that_has_not_begun() -> None:
    """Words and keys while the synthesis is awaited: until the mandatory part was heard."""
    cases: list[tuple[TurnInput, Heard | Pressed]] = [
        (H.WORDS, WORDS),
        (H.KEY, Pressed(keys="7")),
    ]
    for told, outcome in cases:
        turn = Turn(TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP), 0.0)
        turn.begin()
        turn.receive(told, 0.5)
        turn.receive(H.PROMPT_STARTED, 1.0)
        assert turn.next_deadline() == 5.0
        assert turn.handle_timeout(4.99) == []
        assert turn.handle_timeout(5.0) == over(outcome)


def test_keys_over_the_mandatory_part_come_before_those_after_it() -> None:
    """`over_prompt: keep`: the answer is all of them; a menu takes the first."""
    plan = TurnPlan(
        mandatory_s=4.0, over_prompt=OverPrompt.KEEP, keys=KeyRules(min_keys=3, max_keys=3)
    )
    turn = begun(plan)
    assert turn.receive(KeyPressed("1"), 1.0) == turn.receive(KeyPressed("2"), 2.0) == []
    assert turn.handle_timeout(4.0) == [CANCEL, STOP, STOP]
    assert turn.receive(KeyPressed("3"), 4.5) == over(Pressed(keys="123"), active=False)
    turn = begun(TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP))
    turn.receive(KeyPressed("1"), 1.0)  # and the timer is late
    assert turn.receive(KeyPressed("2"), 4.5) == over(Pressed(keys="1"))


def test_the_first_of_what_is_kept_wins() -> None:
    """Words after a key are none, and a key after words."""
    plan = TurnPlan(mandatory_s=4.0, over_prompt=OverPrompt.KEEP)
    turn = begun(plan)
    turn.receive(KeyPressed("1"), 1.0)
    assert turn.receive(H.WORDS, 2.0) == [RENEW]
    assert turn.handle_timeout(4.0) == over(Pressed(keys="1"))
    turn = begun(plan)
    turn.receive(H.WORDS, 2.0)
    assert turn.receive(KeyPressed("1"), 3.0) == []
    assert turn.handle_timeout(4.0) == over(WORDS)


@pytest.mark.parametrize("barge_in", [BargeIn.KEYS, BargeIn.NONE])
def test_what_is_said_over_a_prompt_is_dropped(barge_in: BargeIn) -> None:
    """It is not even listened to, not its last half second either, which is the pre-roll."""
    turn = Turn(TurnPlan(barge_in=barge_in), 0.0)
    assert turn.begin() == []
    begun = StartRecognition(silence_s=5.0, has_preroll=False)
    assert turn.receive(H.PROMPT_ENDED, 3.0) == [begun]


def test_what_is_said_over_a_prompt_is_kept() -> None:
    """It is the answer when the prompt ends; the prompt is heard whole."""
    turn = Turn(TurnPlan(barge_in=BargeIn.NONE, over_prompt=OverPrompt.KEEP), 0.0)
    assert turn.begin() == [RENEW]
    turn.receive(H.PROMPT_STARTED, 0.0)
    assert turn.receive(H.VOICE_STARTED, 1.0) == []
    assert turn.receive(H.VOICE_ENDED, 2.0) == []
    assert turn.receive(H.WORDS, 2.1) == [KEPT, SETTLE]
    assert turn.receive(H.SESSION_ENDED, 2.2) == []
    assert turn.receive(H.PROMPT_ENDED, 9.0) == over(WORDS, active=False)


def test_who_talks_at_the_end_of_the_prompt_is_heard_on() -> None:
    """The voice that did not stop it is now the answer."""
    turn = turn_in(S.HELD)
    turn.receive(H.SILENCE_EXCEEDED, 10.2)
    turn.receive(H.VOICE_STARTED, 10.3)  # in the cool-down
    turn.receive(H.PROMPT_ENDED, 10.5)
    assert turn.state is S.HEARING
    assert turn.receive(H.WORDS, 11.0) == [SETTLE]


# Echo and our own ear.


def test_echo_does_not_stop_the_prompt() -> None:
    """It is told once, and when it is no echo any more the prompt stops."""
    turn = begun()
    assert turn.receive(H.ECHO, 5.0) == [ECHO]
    assert turn.doubts_echo
    assert turn.receive(H.OWN_VOICE, 6.0) == [STOP]
    assert not turn.doubts_echo


def test_the_words_of_an_echo_are_nobodys() -> None:
    """Although they mean a choice, which the prompt has just named; until the caller joins in."""
    plan = TurnPlan(choices=("sales",), matches=lambda text: text == "sales")
    turn = begun(plan)
    turn.receive(H.ECHO, 5.0)
    assert turn.receive(H.INTERIM, 5.5) == []
    assert turn.receive(H.WORDS, 6.0) == [RENEW]
    turn.receive(H.ECHO, 7.0)
    assert turn.receive(H.OWN_VOICE, 7.5) == [STOP]
    turn.receive(H.INTERIM, 7.6)
    assert turn.state is S.INTERRUPTED


def test_an_echo_at_the_end_of_the_prompt_is_no_answer() -> None:
    """A session that heard no echo listens to the caller; final words of the old one are late."""
    turn = turn_in(S.OVERTALK)
    fresh = StartRecognition(silence_s=5.0, has_preroll=False)
    assert turn.receive(H.PROMPT_ENDED, 10.5) == [fresh]
    turn.receive(H.VOICE_STARTED, 11.0)
    assert turn.receive(H.WORDS, 12.0) == [SETTLE]
    turn = turn_in(S.OVERTALK)
    turn.receive(H.VOICE_ENDED, 10.4)
    turn.receive(H.PROMPT_ENDED, 10.5)
    assert turn.receive(H.WORDS, 10.6) == [StartRecognition(silence_s=4.9)]


def test_a_key_while_words_keep_the_prompt_silent() -> None:
    """Nobody talks any more, so it counts, whoever may interrupt."""
    turn = begun(TurnPlan(barge_in=BargeIn.SPEECH))
    turn.receive(H.VOICE_STARTED, 5.0)
    turn.receive(H.INTERIM, 5.5)
    assert turn.receive(KeyPressed("1"), 6.0) == over(Pressed(keys="1"))


def test_the_prompts_own_words_do_not_stop_it() -> None:
    """Text echo; the words of a choice are the caller's although the prompt says them."""
    plan = TurnPlan(choices=("to the bank",), matches=lambda text: text == "to the bank")
    turn = begun(plan)
    turn.receive(H.VOICE_STARTED, 5.0)
    assert turn.receive(interim("welcome to the"), 5.5) == []
    assert turn.receive(final("welcome to the"), 6.0) == [FALSE, RESUME, RENEW]
    assert turn.receive(interim("to the bank"), 8.0) == [STOP]


def test_without_choices_nothing_is_known_of_echo() -> None:
    """An open question may be answered in the prompt's own words."""
    turn = begun()
    turn.receive(H.VOICE_STARTED, 5.0)
    turn.receive(interim("welcome to the"), 5.5)
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
    assert turn.log.false_barge_ins == 0


def test_an_onset_that_is_echo_after_all_is_taken_back() -> None:
    """The service's VOICE_START comes later, when more of it can be judged."""
    turn = turn_in(S.PAUSED)
    assert turn.receive(H.ECHO, 10.3) == [ECHO, RESUME]


def test_onsets_are_awaited_while_the_prompt_plays_only() -> None:
    """And only where the plan asks for them."""
    assert turn_in(S.PROMPTING).awaits_onset
    assert not turn_in(S.WAITING).awaits_onset
    assert not begun(TurnPlan()).awaits_onset
