"""``route``: what callers say in their own words, and where it leads."""

from __future__ import annotations

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.results import Status
from tests.flow.conversation import SILENCE, converse

FLOW = """\
start: a
steps:
  a:
    do: route
    prompt: How can I help?
    save: said
    secure: false
    choices:
      - {value: card, go: z, words: [card], label: a lost card,
         examples: [I lost my card, my card was stolen, block my card now, my purse is gone]}
      - {value: pay, go: form, label: sending money, key: "7",
         examples: [I want to send money, transfer money to my son, pay my rent, pay a bill]}
    no_input: {go: menu, after: 2}
    no_match: {go: menu, after: 2}
  form:
    do: form
    heard: "{{ said }}"
    prompt: How much?
    fields: {sum: {slot: {type: money, currency: USD}, prompt: "How much?"}}
    go: z
    read_back: false
    no_input: {go: menu}
    no_match: {go: menu}
  menu: {do: transfer, extension: "200", result: menu}
  z: {do: hangup}
"""


async def test_a_sentence_leads_to_its_step() -> None:
    """The choice is told as a menu's is."""
    result, caller = await converse(FLOW, "my card was stolen today")
    assert (result.status, result.result) == (Status.COMPLETED, "card")
    assert [event.data["choice"] for event in caller.events if event.event == "choice"] == ["card"]


async def test_what_was_said_is_not_asked_for_again() -> None:
    """A form that hears the sentence takes its answers from it; read back, as words are left."""
    result, caller = await converse(FLOW, "I want to send fifty dollars to my son", "yes")
    assert result.variables == {"IVR_SLOT_SUM": "50"}
    assert "How much?" not in caller.said


@pytest.mark.parametrize("answer", ["I want to send money", "#7"])
async def test_a_form_that_was_told_nothing_asks(answer: str) -> None:
    """By words without an amount, or by key."""
    result, caller = await converse(FLOW, answer, "fifty dollars")
    assert result.variables == {"IVR_SLOT_SUM": "50"}
    assert "How much?" in caller.said


async def test_the_menu_is_the_last_resort() -> None:
    """What is like nothing is a no-match, and so is a "no" to "is it about ...?"."""
    result, caller = await converse(FLOW, "what a lovely day", "it rains")
    assert result.result == "menu"
    assert [event.event for event in caller.events].count("no_match") == 2
    result, _ = await converse(FLOW, SILENCE, SILENCE)
    assert result.result == "menu"
    unsure = FLOW.replace("    save", "    example_bands: {accept: 1, margin: 0}\n    save")
    result, caller = await converse(unsure, "my card is stolen", "no", "my card is stolen", "yes")
    assert result.result == "card"
    assert any(text.startswith("Is it about a lost card?") for text in caller.said)


async def test_a_secure_route_keeps_nothing() -> None:
    """Neither the choice nor the sentence."""
    flow = FLOW.replace("secure: false", "secure: true")
    result, caller = await converse(flow, "my card was stolen today")
    assert (result.status, result.result) == (Status.COMPLETED, "")
    assert all(event.data.get("choice") is None for event in caller.events)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("save: said", "example_bands: {accept: 0.2, confirm: 0.3}", "confirm is above accept"),
        ("[I lost my card, my card was stolen, block my card now, my purse is gone]",
         f"[{', '.join(f'e{n}' for n in range(1001))}]", "more than 1000 examples"),
    ],
)  # fmt: skip
def test_faults(before: str, after: str, reason: str) -> None:
    """What types cannot say."""
    with pytest.raises(FlowError, match=reason):
        parse_flow(FLOW.replace(before, after))


def test_a_choice_that_nothing_means() -> None:
    """It needs examples, words or a key."""
    with pytest.raises(FlowError, match="a choice needs examples, words or a key"):
        parse_flow(FLOW.replace("    choices:\n", "    choices:\n      - {go: z}\n"))


def test_examples_by_language() -> None:
    """A list is for all languages."""
    text = FLOW.replace("[I lost my card, my card was stolen, block my card now, my purse is gone]",
                        "{en: [I lost my card], zh: [卡丢了]}")  # fmt: skip
    card, pay = parse_flow(text).steps["a"].listed()  # type: ignore[attr-defined]
    assert (card.examples_in("zh"), card.all_examples()) == (
        ["卡丢了"],
        ["I lost my card", "卡丢了"],
    )
    assert pay.examples_in("zh") == pay.all_examples()
