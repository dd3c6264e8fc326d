"""Typed answers in a flow."""

from __future__ import annotations

import datetime

import pytest

from ivr_agi.dialogue.prompt.parts import Text, parts_of
from ivr_agi.errors import ConfigError, FlowError
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.file.slots import Kind, SlotSpec, make_slot
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.results import Status
from ivr_agi.flow.steps.ask import AskStep
from ivr_agi.language.slots import Parsed
from tests.flow.conversation import DOWN, SILENCE, converse

FLOW = """\
start: a
steps:
  a: {do: ask, prompt: 'Number?', slot: {%s}, save: number, go: end,
      no_input: {go: out}, no_match: {go: out}%s}
  end: {do: hangup, prompt: "{{ number }}"}
  secret: {do: hangup}
  out: {do: transfer, extension: "200"}
"""


def flow(slot: str, more: str = "") -> str:
    """Ask for one slot."""
    return FLOW % (slot, more and f", {more}")


@pytest.mark.parametrize(
    ("slot", "answers", "expected"),
    [
        ("type: digits, length: 4", ["one two three four"], "1234"),
        ("type: digits, length: 4", ["#1234"], "1234"),
        ("type: digits, min_length: 2", ["#12#"], "12"),
        ("type: digits, length: 4", ["one two", "three four"], "1234"),
        ("type: number, maximum: 10", ["seven"], "7"),
        ("type: number, maximum: 10", ["seventy", "seven"], "7"),
        ("type: money, currency: EUR", ["twelve euros and fifty cents"], "12.5"),
        ("type: date, earliest: today", ["tomorrow"], "2026-10-02"),
        ("type: time, latest: '18:00'", ["three thirty pm"], "15:30"),
        ("type: yes_no", ["yes"], "yes"),
        ("type: phone, region: CN, mobile: true", ["#13812345678#"], "+8613812345678"),
        ("type: one_of, options: [{value: k, words: [Kiel]}, {value: b, words: [Bonn]}]",
         ["Bonn"], "b"),
        ("type: text", ["my name is Ann"], "my name is Ann"),
        ("type: alphanumeric, length: 3", ["A B as in Bravo", "seven"], "AB7"),
        ("type: pattern, pattern: '[A-Z]{2}[0-9]{2}'", ["A B one", "two"], "AB12"),
        ("type: pattern, pattern: 'A[0-9]', keys: '[0-9]{3}'", ["#123"], "123"),
        ("type: email", ["joe at gmail dot com"], "joe@gmail.com"),
        ("type: month_year, earliest: today", ["0126", "oh four twenty nine"], "2029-04"),
        ("type: month_year", ["#0429"], "2029-04"),
        ("type: duration, maximum: PT8H", ["two days", "an hour and a half"], "PT1H30M"),
        ("type: duration", ["#90#"], "PT1H30M"),
        ("type: name", ["my name is Ann", "yes"], "Ann"),
        ("type: address", ["I live at 12 Elm Street", "yes"], "12 Elm Street"),
        ("type: id_card", ["130503670401001", "yes"], "130503670401001"),
    ],
)  # fmt: skip
async def test_answers(slot: str, answers: list[str], expected: str) -> None:
    """By words and keys, in one breath or two; the dialplan and templates see them."""
    now = datetime.datetime(2026, 10, 1, 9, tzinfo=datetime.UTC)
    result, caller = await converse(flow(slot), *answers, outside=Outside(wall_clock=lambda: now))
    assert result.status is Status.COMPLETED
    assert caller.said[-1] == expected
    assert result.variables == {"IVR_SLOT_NUMBER": expected}


async def test_a_refused_answer_has_its_own_text() -> None:
    """By its reason, before the no-match prompts."""
    asked = flow("type: digits, length: 2", "reasons: {too_long: Only two please}")
    _, caller = await converse(asked, "one two three", "one two")
    assert caller.said == ["Number?", "Only two please", "12"]


async def test_read_back() -> None:
    """No asks again."""
    asked = flow("type: digits, length: 2", "read_back: true")
    _, caller = await converse(asked, "one two", "no", "#13", "yes")
    assert caller.said[1] == "I have one two. Is that right?"
    assert caller.said[2] == "Number?"
    assert caller.said[-1] == "13"
    said = flow("type: digits, length: 2", "read_back: true, read_back_prompt: 'So {{ answer }}?'")
    assert (await converse(said, "one two"))[1].said[1] == "So one two?"


async def test_without_speech() -> None:
    """What can be keyed is keyed."""
    result, caller = await converse(flow("type: digits, length: 2"), DOWN, "#12")
    assert caller.said[2:4] == ["Number?", "Please use the keys, and end with the hash key."]
    assert result.variables == {"IVR_SLOT_NUMBER": "12"}
    result, _ = await converse(flow("type: text"), DOWN)
    assert result.status is Status.SPEECH_DOWN


async def test_a_secure_answer_is_nowhere() -> None:
    """Neither in the journal nor in the dialplan's variables, and prompts cannot say it."""
    asked = flow("type: digits, length: 4", "secure: true").replace("go: end", "go: secret")
    for answers in (["#4711"], ["four seven one one"], ["nothing", SILENCE, "four seven one one"]):
        result, caller = await converse(asked, *answers)
        assert result.status is Status.COMPLETED
        assert result.variables == {}
        told = " ".join(str(event) for event in caller.events)
        assert not any(word in told for word in ("4711", "four", "'4'", "nothing"))
    with pytest.raises(FlowError, match="'number' is undefined"):
        await converse(asked.replace("go: secret", "go: end"), "#4711")


@pytest.mark.parametrize(
    ("slot", "expected"),
    [
        ("type: digits, minimum: 3", "digits has no key 'minimum'"),
        ("type: digits, min_length: 5, max_length: 3", "min_length 5 is more than"),
        ("type: one_of", "one_of needs options"),
        ("type: date, earliest: '09:00'", "date cannot begin or end"),
        ("type: money, currency: XXX", "currency is one of"),
        ("type: colour", "invalid value 'colour'; there are"),
    ],
)
def test_mistakes(slot: str, expected: str) -> None:
    """Told when the flow is checked."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(flow(slot))


async def test_a_secure_answer_is_read_back_in_private() -> None:
    """The prompts that say it are kept nowhere; the others are as ever."""
    asked = flow("type: digits, length: 4", "secure: true, read_back: true")
    asked = asked.replace("go: end", "go: secret")
    _, caller = await converse(asked, "four seven one one", DOWN, "#1")
    said = [part for prompt in caller.prompts for part in parts_of(prompt)]
    told = {part.text: part.is_private for part in said if isinstance(part, Text)}
    assert [text for text, is_private in told.items() if not is_private] == [
        "Number?",
        "I cannot hear words at the moment. Please use the keys of your phone.",
        "For yes, press 1. For no, press 2.",
    ]
    assert [text for text, is_private in told.items() if is_private]
    assert all("four seven one one" in text for text, is_private in told.items() if is_private)


async def test_did_you_say_of_a_secure_answer() -> None:
    """It is asked in private, too."""
    asked = flow("type: number, maximum: 900", "secure: true").replace("go: end", "go: secret")
    _, caller = await converse(asked, "about five hundred", "yes")
    asked_again = caller.prompts[1]
    assert asked_again == Text(
        "Did you say five hundred? Say yes or no, or press 1 for yes, 2 for no.", is_private=True
    )


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["about fifty", "yes"], "50"),
        (["about fifty", "that's right"], "50"),
        (["about fifty", "no, sixty"], "60"),
        (["about fifty", "that isn't right", "seventy"], "70"),
        (["about fifty", "is that right", "eighty"], "80"),
        (["fifty elephants", "嗯"], "50"),
    ],
)
async def test_a_doubtful_answer_is_asked_about(answers: list[str], expected: str) -> None:
    """And may be corrected in the same breath."""
    _, caller = await converse(flow("type: number"), *answers)
    assert any(said.startswith("Did you say fifty?") for said in caller.said)
    assert caller.said[-1].endswith(expected)


async def test_a_read_back_knows_the_same_yes_and_no() -> None:
    """As the slot yes_no."""
    _, caller = await converse(
        flow("type: number", "read_back: true"), "five", "that isn't right", "six", "that works"
    )
    assert caller.said[-1].endswith("6")


@pytest.mark.parametrize(
    ("timezone", "expected"), [("Asia/Shanghai", "2026-10-03"), ("Europe/Berlin", "2026-10-02")]
)
def test_today_is_that_of_the_place(timezone: str, expected: str) -> None:
    """Not that of UTC: in Shanghai the day after has begun."""
    now = datetime.datetime(2026, 10, 1, 20, tzinfo=datetime.UTC)
    slot = make_slot(SlotSpec(type=Kind.DATE, timezone=timezone), now)
    assert slot.parse("tomorrow") == Parsed(datetime.date.fromisoformat(expected))


def test_a_time_zone_exists() -> None:
    """The flow check says so."""
    spec = SlotSpec(type=Kind.DATE, timezone="Asia/Atlantis")
    assert spec.problem() == "there is no time zone 'Asia/Atlantis'"
    assert (
        SlotSpec(type=Kind.TIME, timezone="Asia/Shanghai").problem() == "time has no key 'timezone'"
    )


def test_the_clock_has_a_place() -> None:
    """The machine's."""
    assert Outside().wall_clock().utcoffset() == datetime.datetime.now().astimezone().utcoffset()


CARD = """\
start: a
steps:
  a: {do: ask, prompt: 'Card?', slot: {type: card}, save: number, go: b,
      no_input: {go: out}, no_match: {go: out}, read_back: true}
  b: {do: if, when: "number == '4111111111111111'", go: ok, else: out}
  ok: {do: hangup, result: ok}
  out: {do: hangup, result: out}
"""


async def test_the_number_of_a_card_is_always_secure() -> None:
    """The flow does not say so, and yet no journal and no variable of the dialplan has it."""
    step = parse_flow(CARD).steps["a"]
    assert isinstance(step, AskStep)
    assert step.secure
    result, caller = await converse(CARD, "4111 1111 1111 1111", "yes")
    assert result.result == "ok"
    assert "IVR_SLOT_NUMBER" not in result.variables
    assert not any("4111" in repr(event) or "one one" in repr(event) for event in caller.events)


LIMITS = """\
start: a
variables: {least: 5, balance: "100", day: "2026-10-03"}
steps:
  a: {do: ask, prompt: 'How much?', slot: {type: number, minimum: "{{ least }}",
      maximum: "{{ balance }}"}, save: n, go: b, no_input: {go: out}, no_match: {go: out}}
  b: {do: ask, prompt: 'When?', slot: {type: date, latest: "{{ day }}"}, save: d, go: end,
      no_input: {go: out}, no_match: {go: out}, reasons: {too_late: Sooner please}}
  end: {do: hangup, prompt: "{{ n }} {{ d }}"}
  out: {do: hangup}
"""


async def test_limits_from_variables() -> None:
    """Filled in when the question begins."""
    now = datetime.datetime(2026, 10, 1, 9, tzinfo=datetime.UTC)
    answers = ["three", "two hundred", "fifty", "in a week", "tomorrow"]
    _, caller = await converse(LIMITS, *answers, outside=Outside(wall_clock=lambda: now))
    assert caller.said == ["How much?"] * 3 + ["When?", "Sooner please", "50 2026-10-02"]


@pytest.mark.parametrize("value", ["soon", "", "null", "[1]", ".inf"])
async def test_a_variable_that_is_no_limit(value: str) -> None:
    """The call fails, and says why."""
    broken = LIMITS.replace('balance: "100"', f"balance: {value or repr(value)}")
    with pytest.raises(FlowError, match=r"slot: .*(limit|filled in)"):
        await converse(broken, "fifty")


@pytest.mark.parametrize(
    ("slot", "problem"),
    [
        ("type: digits, min_length: 5, max_length: 4", "more than max_length"),
        ("type: digits, length: 0", "1 or more"),
        ("type: digits, length: many", "a whole number"),
        ("type: digits, length: 33", "at most 32"),
        ("type: number, minimum: 5, maximum: 4", "above the upper one"),
        ("type: number, minimum: low", "a limit is a number"),
        ("type: date, earliest: '10:00'", "cannot begin or end at"),
        ("type: time, earliest: '25:00'", "cannot begin or end at"),
        ("type: month_year, earliest: '2026-13'", "cannot begin or end at"),
        ("type: duration, minimum: 30m", "PT1H30M or P2D"),
        ("type: pattern", "needs a pattern"),
        ("type: pattern, pattern: 'A*'", "not known here"),
        ("type: email, length: 3", "email has no key 'length'"),
        ("type: one_of", "needs options"),
        ("type: number, maximum: '{{ 1 + }}'", "template"),
    ],
)
def test_what_is_wrong_with_a_slot(slot: str, problem: str) -> None:
    """The flow check says so."""
    with pytest.raises(ConfigError, match=problem):
        parse_flow(flow(slot))


async def test_keys_only() -> None:
    """Nobody listens, and words are nothing; a read-back is answered by keys as well."""
    asked = flow("type: digits, length: 2", "keys_only: true, read_back: true")
    result, caller = await converse(asked, "#12", "#1")
    assert result.variables == {"IVR_SLOT_NUMBER": "12"}
    assert caller.said[0] == "Number?"
    assert "press 1" in caller.said[1]
    assert not any(plan.listen for plan in caller.plans)


@pytest.mark.parametrize("slot", ["type: plate", "type: text", "type: pattern, pattern: 'A1'"])
def test_keys_only_needs_keys(slot: str) -> None:
    """The flow check says so."""
    with pytest.raises(ConfigError, match=r"keys_only: \w+ has no keys"):
        parse_flow(flow(slot, "keys_only: true"))


PLACES = {
    "2026-10-02": Program.of(parse_flow("timezone: Asia/Shanghai\n" + flow("type: date"))),
    "2026-10-01": Program.of(
        parse_flow("timezone: Asia/Shanghai\n" + flow("type: date, timezone: Europe/Berlin"))
    ),
}


@pytest.mark.parametrize("today", PLACES)
async def test_the_place_of_a_flow(today: str) -> None:
    """Its today counts, unless the slot has a place of its own."""
    now = datetime.datetime(2026, 10, 1, 20, tzinfo=datetime.UTC)
    _, caller = await converse(PLACES[today], "today", outside=Outside(wall_clock=lambda: now))
    assert caller.said[-1] == today


def test_a_flow_has_a_place_that_exists() -> None:
    """The flow check says so."""
    with pytest.raises(ConfigError, match="there is no time zone 'Asia/Atlantis'"):
        parse_flow("timezone: Asia/Atlantis\n" + flow("type: date"))
