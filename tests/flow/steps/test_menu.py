"""``menu``: the keys of choices, and what is wrong with them."""

from __future__ import annotations

import pytest

from ivr_agi.flow.file.spec import PromptSpec, StepName
from ivr_agi.flow.steps.menu import Choice, MenuStep
from tests.flow.conversation import converse

GO = StepName("z")


def a_menu(*choices: Choice) -> MenuStep:
    """A menu of these."""
    return MenuStep(prompt=PromptSpec("x"), choices=list(choices))


@pytest.mark.parametrize(
    ("choice", "value"),
    [
        (Choice(go=GO, words=["yes"], key="1", value="y"), "y"),
        (Choice(go=GO, words=["yes"], key="1"), "yes"),
        (Choice(go=GO, words={"zh": ["是"], "en": ["yes"]}), "是"),
        (Choice(go=GO, key="1"), "1"),
        (Choice(go=GO), ""),
    ],
)
def test_the_value_of_a_choice(choice: Choice, value: str) -> None:
    """What it says, else its first word, else its key."""
    assert choice.value_told() == value


def test_a_choice_needs_words_or_a_key() -> None:
    """Nobody could take it."""
    menu = a_menu(Choice(go=GO, key="1"), Choice(go=GO))
    assert list(menu.find_faults()) == [("a choice needs words or a key", ("choices", 1))]


def test_a_word_or_a_key_twice() -> None:
    """Told at the second choice; twice in one choice does no harm."""
    first = Choice(go=GO, words=["Yes", "yes"], key="1")
    faults = list(a_menu(first, Choice(go=GO, words={"en": ["YES"]}, key="1")).find_faults())
    assert faults == [
        ("'yes' is in choice 1 too", ("choices", 1)),
        ("'1' is in choice 1 too", ("choices", 1)),
    ]


def test_what_tools_ask() -> None:
    """The words of all languages; each way with its value and key."""
    menu = a_menu(
        Choice(go=GO, words={"en": ["yes"], "zh": ["是"]}, key="1"), Choice(go=GO, key="2")
    )
    assert menu.expected_words() == ["yes", "是"]
    assert menu.labels() == {"choices.0.go": "yes / 1", "choices.1.go": "2"}


FLOW = """\
start: a
steps:
  a:
    do: menu
    prompt: Which?
    secure: %s
    choices: [{words: [sales], key: "1", go: z, label: Our sales desk}]
    no_input: {go: z}
    no_match: {go: z}
  z: {do: hangup}
"""


@pytest.mark.parametrize(("secure", "result"), [("false", "sales"), ("true", "")])
async def test_a_secret_choice_is_not_told(secure: str, result: str) -> None:
    """Neither to the dialplan nor to later steps."""
    found, _ = await converse(FLOW % secure, "#1")
    assert found.result == result
