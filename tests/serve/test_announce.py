"""What whoever is called hears, and answers."""

from __future__ import annotations

import pytest

from ivr_agi.flow.load.faults import find_faults
from ivr_agi.flow.run.place import CallPlace
from ivr_agi.serve.announce import announcement
from tests.flow.conversation import SILENCE, converse


def place(*, accept: bool, language: str = "en", words: str = "It is about {{ n }}.") -> CallPlace:
    """A call that waits."""
    return CallPlace(
        frames=[], language=language, result="", slots={}, counts={},
        announcement=words, must_accept=accept,
    )  # fmt: skip


async def test_a_whisper() -> None:
    """It is said, and nothing is asked; a caller's words are no template."""
    result, caller = await converse(announcement(place(accept=False)))
    assert (result.result, caller.said) == ("", ["It is about    n   ."])


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (["#1"], "accept"),
        (["#2"], "decline"),
        ([SILENCE, "#1"], "accept"),
        ([SILENCE, SILENCE], "nobody"),
        (["#7", "#9"], "nobody"),
        ([], ""),
    ],
)
async def test_accepted_by_key(keys: list[str], result: str) -> None:
    """1 takes the call, 2 declines it; voice mail presses nothing."""
    told, caller = await converse(announcement(place(accept=True)), *keys)
    assert told.result == result
    assert caller.said[0].endswith("To take the call, press 1. To decline it, press 2.")
    assert not any(plan.listen for plan in caller.plans)


async def test_in_the_language_of_the_call() -> None:
    """The caller's: the flow's words are in it."""
    _, caller = await converse(announcement(place(accept=True, language="zh", words="有来电。")))
    assert caller.said == ["有来电。接听请按1，拒接请按2。"]


@pytest.mark.parametrize("accept", [True, False])
def test_it_is_a_flow_like_any_other(accept: bool) -> None:
    """Nothing is wrong with it."""
    program = announcement(place(accept=accept))
    assert list(find_faults(program.flows[program.main])) == []
