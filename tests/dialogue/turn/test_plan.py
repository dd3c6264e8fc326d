"""The plan of a turn."""

from __future__ import annotations

from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.knobs import OverPrompt, TypeAhead
from ivr_agi.settings import RecognitionSettings, TurnSettings


def test_the_settings_defaults_are_the_plans() -> None:
    """An installation without settings behaves as the documentation says."""
    assert TurnPlan.from_settings(TurnSettings(), RecognitionSettings()) == TurnPlan()


def test_settings_reach_the_plan() -> None:
    """Each of them."""
    plan = TurnPlan.from_settings(
        TurnSettings(
            guard_ms=1,
            own_onset=True,
            type_ahead=TypeAhead.CLEAR,
            over_prompt=OverPrompt.KEEP,
            complete_timeout_s=0.4,
            inter_digit_s=5,
        ),
        RecognitionSettings(max_seconds=7),
    )
    assert (plan.guard_ms, plan.own_onset, plan.max_speech_s) == (1, True, 7)
    assert plan.type_ahead is TypeAhead.CLEAR
    assert plan.over_prompt is OverPrompt.KEEP
    assert (plan.complete_timeout_s, plan.inter_digit_s) == (0.4, 5)
