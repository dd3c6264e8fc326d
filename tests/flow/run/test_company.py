"""What the caller hears while a step waits."""

from __future__ import annotations

from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.results import Status
from ivr_agi.rehearsal.virtual import run_virtually
from tests.flow.conversation import converse
from tests.flow.steps.test_http import GOOD, Service

FLOW = """
start: a
languages: [%s]
steps:
  a: {do: http, url: "https://x", timeout_s: 30, go: b, error: b%s}
  b: {do: hangup}
"""


def said(language: str, more: str = "", takes_s: float = 2.0) -> list[str]:
    """Run a flow whose service takes its time; returns what was said."""
    outside = Outside(fetch=Service(takes_s, GOOD).fetch)
    return run_virtually(converse(FLOW % (language, more), outside=outside))[1].said


def test_words_of_ours_in_the_language_of_the_call() -> None:
    """Where the step has none."""
    assert said("en") == ["One moment, please."]
    assert said("zh") == ["请稍等。"]
    assert said("en", ", filler: Hold on.") == ["Hold on."]
    assert said("en", ", filler_after_s: 3") == []


def test_the_call_is_attended_to_while_it_waits() -> None:
    """Keys are kept and a hang-up is noticed."""
    attended: list[bool] = []
    outside = Outside(fetch=Service(GOOD).fetch, attend=lambda: attended.append(True))
    run_virtually(converse(FLOW % ("en", ""), outside=outside))
    assert attended == [True]


def test_nothing_begins_for_a_caller_who_has_left() -> None:
    """Not even the first step."""
    service = Service(GOOD)
    outside = Outside(fetch=service.fetch, has_hung_up=lambda: True)
    result, _ = run_virtually(converse(FLOW % ("en", ""), outside=outside))
    assert (result.status, service.requests) == (Status.HANGUP, [])
