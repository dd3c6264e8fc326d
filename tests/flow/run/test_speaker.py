"""How a flow speaks: prompts by language and by turn, filled in."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.prompt.parts import Prompt, Text
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.errors import FlowError, SpeechUnavailable
from ivr_agi.flow.file.head import FlowHead
from ivr_agi.flow.file.spec import PromptSpec, StepName
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.budget import Budget
from ivr_agi.flow.run.position import Position
from ivr_agi.flow.run.prompts import SILENT_PROMPT
from ivr_agi.flow.run.speaker import FlowSpeaker
from ivr_agi.flow.run.values import Values
from ivr_agi.journal import Journal
from tests.flow.conversation import Caller, converse

HEAD = FlowHead(start=StepName("a"), variables={"n": 1})


def make(caller: Caller) -> FlowSpeaker:
    """A speaker over a caller."""
    position = Position("main", HEAD)
    position.enter_flow("main", HEAD, {})
    values = Values(position, "en", {})
    return FlowSpeaker(caller, values, Budget(9), Journal(), caller.languages.append)


async def test_variants_take_turns() -> None:
    """Each time another one, asked or said."""
    caller, spec = Caller("yes"), PromptSpec({"variants": ["a", "b"]})
    speaker = make(caller)
    await speaker.say(spec)
    await speaker.turn(spec, TurnPlan())
    await speaker.say(spec)
    assert caller.said == ["a", "b", "a"]


async def test_the_language_changes_what_is_said() -> None:
    """Recogniser and voice are told."""
    caller, spec = Caller(), PromptSpec({"en": "yes", "zh": "是"})
    speaker = make(caller)
    speaker.set_language("zh")
    await speaker.say(spec)
    assert (caller.said, caller.languages) == (["是"], ["zh"])


async def test_a_text_is_said_as_it_is() -> None:
    """It is no template; nobody may keep a private one."""
    caller = Caller("x")
    await make(caller).turn("{{ n }}", TurnPlan(), is_private=True)
    assert caller.prompts == [Text("{{ n }}", is_private=True)]


async def test_further_keys_are_waited_for_in_silence() -> None:
    """That is no question of its own."""
    caller = Caller("#1")
    speaker = make(caller)
    await speaker.more_keys(TurnPlan())
    assert caller.prompts == [SILENT_PROMPT]


def test_the_words_of_a_prompt() -> None:
    """With values of its own, and values in words."""
    spec = PromptSpec(["{{ answer }} and", {"number": "{{ n }}"}])
    assert make(Caller()).text_of(spec, answer="two") == "two and one"


async def test_a_last_prompt_keeps_nobody() -> None:
    """It is left out where it cannot be said."""

    class Mute(Caller):
        async def say(self, prompt: Prompt) -> None:
            raise SpeechUnavailable("gone")

    await make(Mute()).say_last(PromptSpec("bye"))


PARTS = """\
start: a
variables: {n: -3, who: ""}
steps:
  a:
    do: hangup
    prompt:
      - {when: n < 0, prompt: You owe us., else: "You have {{ n }}."}
      - {when: who, prompt: "Bye {{ who }}."}
"""


async def test_parts_on_a_condition() -> None:
    """They are said where it holds."""
    assert (await converse(PARTS))[1].said == ["You owe us."]
    assert (await converse(PARTS, n=3, who="Ann"))[1].said == ["You have 3.", "Bye Ann."]


@pytest.mark.parametrize("condition", ["n <", "n ="])
def test_a_condition_that_is_none(condition: str) -> None:
    """Told with its place."""
    with pytest.raises(FlowError, match="steps.a.prompt: template: "):
        parse_flow(PARTS.replace("n < 0", condition))


async def test_a_voice_by_a_variable() -> None:
    """A language or a voice; nothing else is sent to the service."""
    flow = """\
start: a
variables: {voice: zh}
steps: {a: {do: hangup, prompt: [{number: 12, voice: "{{ voice }}"}]}}
"""
    for voice, said in (("zh", "十二"), ("english_cameal_common", "twelve"), ("", "twelve")):
        _, caller = await converse(flow, voice=voice)
        assert caller.prompts == [Text(said, voice)]
    with pytest.raises(FlowError, match="no voice and no language"):
        await converse(flow, voice="x; rm")
