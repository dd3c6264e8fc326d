"""What a voice, words and keys may do: over the prompt and after it. More is in test_turn."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.turn.judge import Judge, Meaning
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.knobs import BargeIn, OverPrompt


def playing(plan: TurnPlan) -> Judge:
    """A judge of a prompt that began at 0 s."""
    judge = Judge(plan, "for sales say sales", 0.0)
    judge.note_prompt(0.0, 0.0)
    return judge


@pytest.mark.parametrize("barge_in", BargeIn)
@pytest.mark.parametrize("over_prompt", OverPrompt)
def test_words(barge_in: BargeIn, over_prompt: OverPrompt) -> None:
    """They interrupt where words may, else they are kept or dropped; after it they are input."""
    plan = TurnPlan(barge_in=barge_in, over_prompt=over_prompt, matches=lambda text: text == "yes")
    judge = playing(plan)
    early = Meaning.EARLY if over_prompt is OverPrompt.KEEP else Meaning.NOTHING
    expected = Meaning.INPUT if barge_in.by_speech else early
    assert judge.judge_words("yes", 5.0, over_prompt=True) is expected
    other = Meaning.NOTHING if barge_in is BargeIn.HOTWORD else expected
    assert judge.judge_words("what else", 5.0, over_prompt=True) is other
    assert judge.judge_words("what else", 5.0, over_prompt=False) is Meaning.INPUT
    assert judge.judge_words("um", 5.0, over_prompt=False) is Meaning.NOTHING


@pytest.mark.parametrize("text", ["okay", "uh-huh", "Okay, I see.", "好的", "嗯，好的", "对对"])
def test_words_of_listening_stop_no_prompt(text: str) -> None:
    """Unless they are an answer here; after the prompt they are words as any other."""
    judge = playing(TurnPlan(matches=lambda text: text == "sales"))
    assert judge.judge_words(text, 5.0, over_prompt=True) is Meaning.NOTHING
    assert judge.judge_words("okay sales", 5.0, over_prompt=True) is Meaning.INPUT
    answers = playing(TurnPlan(matches=lambda _: True))
    assert answers.judge_words(text, 5.0, over_prompt=True) is Meaning.INPUT


def test_who_knows_no_answers_takes_all_words() -> None:
    """A script that asks without a list."""
    judge = Judge(TurnPlan(), "", 0.0)
    judge.note_prompt(0.0, 0.0)
    assert judge.judge_words("okay", 5.0, over_prompt=True) is Meaning.INPUT


def test_a_late_echo_is_no_answer() -> None:
    """The voice began over the prompt, its words are the prompt's and come when it is over."""
    judge = playing(TurnPlan(choices=("sales",)))
    judge.hear_voice(1.0, over_prompt=True, is_echo=True, is_paused=False)
    assert judge.judge_words("sales say sales", 3.0, over_prompt=False) is Meaning.NOTHING
    judge.hear_voice(4.0, over_prompt=False, is_echo=False, is_paused=False)
    assert judge.judge_words("sales say sales", 5.0, over_prompt=False) is Meaning.INPUT


def test_when_a_voice_may_stop_the_prompt() -> None:
    """The last of guard, mandatory part and shortest voice; never in a cool-down."""
    plan = TurnPlan(guard_ms=500, mandatory_s=2.0, min_voice_ms=300, cool_down_s=1.0)
    judge = playing(plan)
    assert not judge.hear_voice(0.1, over_prompt=True, is_echo=False, is_paused=False)
    assert judge.may_stop_at() == 2.0
    judge.hear_voice(3.0, over_prompt=True, is_echo=False, is_paused=False)
    assert judge.may_stop_at() == pytest.approx(3.3)
    judge.cool_down(4.0)
    judge.hear_voice(4.5, over_prompt=True, is_echo=False, is_paused=False)
    assert judge.may_stop_at() is None
    judge.hear_voice(5.5, over_prompt=True, is_echo=False, is_paused=False)
    judge.bar_voice()
    assert judge.may_stop_at() is None


def test_nothing_stops_a_mandatory_prompt_before_it_begins() -> None:
    """Its begin is still to come."""
    judge = Judge(TurnPlan(mandatory_s=2.0), "", 0.0)
    assert not judge.hear_voice(0.5, over_prompt=True, is_echo=False, is_paused=False)
    assert judge.may_stop_at() is None
    assert not judge.keys_may_stop(0.5)


def test_a_voice_that_we_heard_ourselves() -> None:
    """It may stop the prompt where voices may; not in a cool-down."""
    judge = playing(TurnPlan(guard_ms=0, min_voice_ms=0, cool_down_s=1.0))
    assert judge.hear_onset(1.0)
    judge.cool_down(1.0)
    assert not judge.hear_onset(1.5)
    assert not playing(TurnPlan(barge_in=BargeIn.KEYS, guard_ms=0)).hear_onset(1.0)


def test_a_voice_that_has_stopped_the_prompt_already() -> None:
    """The service only says whether it was an echo."""
    judge = playing(TurnPlan(guard_ms=60_000))
    assert judge.hear_voice(1.0, over_prompt=True, is_echo=False, is_paused=True)
    assert not judge.hear_voice(1.0, over_prompt=True, is_echo=True, is_paused=True)
    assert judge.may_stop_at() is None


def test_an_echo_ends_with_the_prompt() -> None:
    """Words that come then are the caller's."""
    judge = playing(TurnPlan())
    judge.hear_voice(1.0, over_prompt=True, is_echo=True, is_paused=False)
    assert judge.judge_words("yes", 2.0, over_prompt=False) is Meaning.NOTHING
    judge.forget_echo()
    assert judge.judge_words("yes", 2.0, over_prompt=False) is Meaning.INPUT


def test_before_the_prompt_there_is_nothing_to_guard() -> None:
    """A voice needs its length only; when the prompt goes on, its begin stays."""
    judge = Judge(TurnPlan(guard_ms=500, min_voice_ms=100), "", 0.0)
    judge.hear_voice(1.0, over_prompt=True, is_echo=False, is_paused=False)
    assert judge.may_stop_at() == pytest.approx(1.1)
    judge.note_prompt(2.0, 0.0)
    judge.note_prompt(5.0, 1.0)
    assert judge.may_stop_at() == pytest.approx(2.5)


def test_the_prompts_own_words() -> None:
    """Taken for an echo only over a prompt whose choices are known."""
    for choices, expected in ((("sales",), Meaning.NOTHING), ((), Meaning.INPUT)):
        judge = playing(TurnPlan(choices=choices))
        judge.hear_voice(1.0, over_prompt=True, is_echo=False, is_paused=False)
        assert judge.judge_words("for sales say sales", 2.0, over_prompt=False) is expected
