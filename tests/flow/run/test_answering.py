"""One typed answer, and how it is read back."""

from __future__ import annotations

import pytest

from tests.flow.conversation import converse


def flow(more: str = "read_back: true") -> str:
    """Ask for two digits."""
    return (
        "start: a\nsteps:\n"
        "  a: {do: ask, prompt: 'Number?', slot: {type: digits, length: 2}, save: n, go: end,\n"
        f"      no_input: {{go: out, after: 1}}, no_match: {{go: out, after: 1}}, {more}}}\n"
        "  end: {do: hangup, prompt: '{{ n }}'}\n"
        "  out: {do: hangup, prompt: 'Bye'}\n"
    )


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("one two", "yes"), "12"),
        (("one two", "no", "one three", "yes"), "13"),
        (("one two", "no, one four", "yes"), "14"),
        (("one two", ""), "Bye"),
        (("",), "Bye"),
    ],
)
async def test_the_answer_is_checked(answers: tuple[str, ...], expected: str) -> None:
    """Right, wrong, corrected, or nothing."""
    _, caller = await converse(flow(), *answers)
    assert caller.said[-1] == expected


async def test_prompts_of_its_own() -> None:
    """Also where only keys may answer."""
    _, caller = await converse(flow("read_back: true, read_back_prompt: 'So {{ answer }}?'"), "#12")
    assert caller.said[1] == "So one two?"
    _, caller = await converse(flow("read_back: true, keys_only: true"), "#12", "#1")
    assert caller.said[1].endswith("For yes, press 1. For no, press 2.")
    assert caller.said[-1] == "12"


async def test_without_a_check() -> None:
    """It is taken as it is."""
    assert (await converse(flow("read_back: false"), "one two"))[1].said[-1] == "12"
