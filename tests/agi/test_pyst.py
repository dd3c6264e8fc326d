"""Classic pyst2 methods over the asyncio channel, and say() and ask()."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asterisk.agi import AGIAppError, AGIDBError, AGIHangup, AGIInvalidCommand, AGIUsageError

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.agi.pyst import SpeechAGI, run_script
from ivr_agi.errors import CallerHungUp, ChannelLost, UserCodeFailed
from tests.agi.fake_asterisk import FakeAsterisk, until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SAMPLE = Path(__file__).parents[2] / "docs" / "samples" / "pyst2_menu.py"


class FakeDialogue:
    """Says by noting, hears what it was told to hear."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.answers: list[str | None] = []

    async def say(self, text: str) -> None:
        self.said.append(text)

    async def ask(
        self, text: str, *, words: Sequence[str] = (), timeout_s: float = 5.0
    ) -> str | None:
        await asyncio.sleep(0)
        self.said.append(f"{text} {'|'.join(words)} {timeout_s}")
        return self.answers.pop(0)


@pytest.fixture
def dialogue() -> FakeDialogue:
    """What says and hears."""
    return FakeDialogue()


@pytest.mark.parametrize(
    ("script", "expected", "command"),
    [
        (lambda agi: agi.answer(), None, ["ANSWER"]),
        (lambda agi: agi.noop(), None, ["NOOP"]),
        (lambda agi: agi.stream_file("hello"), "", ["STREAM", "FILE", "hello", "", "0"]),
        (lambda agi: agi.say_number(42, [1, "2"]), "", ["SAY", "NUMBER", "42", "12"]),
        (lambda agi: agi.verbose('a "b" \\', 2), None, ["VERBOSE", 'a "b" \\', "2"]),
        (lambda agi: agi.appexec("Dial", "PJSIP/bob,20"), "0", ["EXEC", "Dial", "PJSIP/bob,20"]),
        (lambda agi: agi.appexec("NoOp"), "0", ["EXEC", "NoOp", ""]),
        (
            lambda agi: agi.exec_command("NoOp", "hello world", 1),
            {"result": ("0", "")},
            ["EXEC", "NoOp", "hello world,1"],
        ),
        (lambda agi: agi.channel_status(), 6, ["CHANNEL", "STATUS"]),
        (lambda agi: agi.hangup(), None, ["HANGUP"]),
        (lambda agi: agi.get_variable("MISSING"), "", ["GET", "VARIABLE", "MISSING"]),
    ],
)
async def test_classic_methods(
    channel: AgiChannel,
    asterisk: FakeAsterisk,
    dialogue: FakeDialogue,
    script: Callable[[SpeechAGI], Any],
    expected: object,
    command: list[str],
) -> None:
    """pyst2's own methods give what pyst2 gives, and Asterisk sees the arguments whole."""
    assert await run_script(script, channel, dialogue) == expected
    assert asterisk.commands[-1] == command


@pytest.mark.parametrize("value", ['x" EXEC System "y', "a\\", "é \udcff", "", "1 (x) result=-1)"])
async def test_nasty_values(channel: AgiChannel, dialogue: FakeDialogue, value: str) -> None:
    """What a caller can put into a variable comes back whole."""

    def script(agi: SpeechAGI) -> str:
        agi.set_variable("NAME", value)
        return str(agi.get_variable("NAME"))

    assert await run_script(script, channel, dialogue) == value


async def test_line_break_is_refused(
    channel: AgiChannel, asterisk: FakeAsterisk, dialogue: FakeDialogue
) -> None:
    """A second command cannot be smuggled in; the script may go on."""

    def script(agi: SpeechAGI) -> str:
        with pytest.raises(ValueError, match="CR, LF or NUL"):
            agi.set_variable("NAME", 'x"\nEXEC System "touch /tmp/owned')
        agi.set_variable("NAME", "ok")
        return str(agi.get_full_variable("NAME"))

    assert await run_script(script, channel, dialogue) == "NAME"
    assert "EXEC" not in asterisk.verbs()


async def test_variable_that_says_hangup(
    channel: AgiChannel, asterisk: FakeAsterisk, dialogue: FakeDialogue
) -> None:
    """In pyst2 this value is taken for a hang-up, and a line break breaks the next command."""
    asterisk.variables |= {"A": "hangup", "B": "a\nb)"}

    def script(agi: SpeechAGI) -> list[str]:
        return [agi.get_variable("A"), agi.get_variable("B"), agi.get_variable("A")]

    assert await run_script(script, channel, dialogue) == ["hangup", "a\nb)", "hangup"]


async def test_keys(channel: AgiChannel, asterisk: FakeAsterisk, dialogue: FakeDialogue) -> None:
    """A key of a prompt, and digits with and without a timeout."""

    def press_soon(keys: str) -> None:
        threading.Timer(0.05, asterisk.press, [keys]).start()

    def script(agi: SpeechAGI) -> list[str]:
        press_soon("5")
        heard = [agi.stream_file("long", "5")]
        press_soon("12#")
        heard.append(agi.get_data("hello", 500, 4))
        press_soon("3")
        heard.append(agi.get_data("hello", 100, 4))
        return heard

    assert await run_script(script, channel, dialogue) == ["5", "12", "3"]


async def test_database(
    channel: AgiChannel, asterisk: FakeAsterisk, dialogue: FakeDialogue
) -> None:
    """Names with blanks are one word, and a missing entry is pyst2's error."""
    asterisk.database["fam ily", 'k"ey'] = "value"

    def script(agi: SpeechAGI) -> str:
        with pytest.raises(AGIDBError):
            agi.database_get("fam ily", "other")
        return agi.database_get("fam ily", 'k"ey')

    assert await run_script(script, channel, dialogue) == "value"


@pytest.mark.parametrize(
    ("error", "script"),
    [
        (AGIAppError, lambda agi: agi.stream_file("missing")),
        (AGIAppError, lambda agi: agi.appexec("NoSuchApp")),
        (AGIInvalidCommand, lambda agi: agi.execute("DO MAGIC")),
        (AGIUsageError, lambda agi: agi.say_number("many")),
    ],
)
async def test_errors_are_pyst2s(
    channel: AgiChannel,
    dialogue: FakeDialogue,
    error: type[Exception],
    script: Callable[[SpeechAGI], Any],
) -> None:
    """What scripts catch is raised, and a missing file is no hang-up."""

    def catching(agi: SpeechAGI) -> Exception:
        with pytest.raises(error) as caught:
            script(agi)
        return caught.value

    assert not isinstance(await run_script(catching, channel, dialogue), AGIHangup)


async def test_hang_up(channel: AgiChannel, asterisk: FakeAsterisk, dialogue: FakeDialogue) -> None:
    """It ends the pending prompt as AGIHangup; cleaning up still works."""

    def script(agi: SpeechAGI) -> str:
        agi.test_hangup()
        threading.Timer(0.05, asterisk.hang_up).start()
        with pytest.raises(AGIHangup):
            agi.stream_file("long")
        with pytest.raises(AGIHangup):
            agi.test_hangup()
        agi.set_variable("RESULT", "left")
        return str(agi.get_variable("RESULT"))

    assert await run_script(script, channel, dialogue) == "left"


async def test_uncaught_hang_up_leaves_the_script(
    channel: AgiChannel, asterisk: FakeAsterisk, dialogue: FakeDialogue
) -> None:
    """run_script raises what the script did not catch."""
    asterisk.hang_up()
    with pytest.raises(CallerHungUp):
        await run_script(lambda agi: agi.answer(), channel, dialogue)


async def test_lost_channel(
    channel: AgiChannel, asterisk: FakeAsterisk, dialogue: FakeDialogue
) -> None:
    """Asterisk dies in the middle of the script."""
    asyncio.get_running_loop().call_later(0.05, asterisk.cut)
    with pytest.raises(ChannelLost):
        await run_script(lambda agi: agi.stream_file("long"), channel, dialogue)


async def test_environment_and_speech(channel: AgiChannel, dialogue: FakeDialogue) -> None:
    """The environment has pyst2's names; say and ask reach the dialogue."""
    dialogue.answers = ["sales", None]

    def script(agi: SpeechAGI) -> list[str]:
        agi.say(f"Hello {agi.env['agi_callerid']}")
        return [agi.ask("Where to?", words=["sales"]), agi.ask("Sure?", timeout_s=2.0)]

    assert await run_script(script, channel, dialogue) == ["sales", ""]
    assert dialogue.said == ["Hello 200", "Where to? sales 5.0", "Sure?  2.0"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit, StopIteration])
async def test_what_would_end_the_loop(
    channel: AgiChannel, dialogue: FakeDialogue, error: type[BaseException]
) -> None:
    """It ends this call only."""

    def script(agi: SpeechAGI) -> None:
        raise error

    with pytest.raises(UserCodeFailed, match=f"user code raised {error.__name__}"):
        await run_script(script, channel, dialogue)


async def test_sys_exit_is_an_end(channel: AgiChannel, dialogue: FakeDialogue) -> None:
    """Many pyst2 scripts end so; it must not end the process of other calls."""

    def script(agi: SpeechAGI) -> str:
        sys.exit(0)

    assert await run_script(script, channel, dialogue) is None


async def test_cancelled_script(
    channel: AgiChannel, asterisk: FakeAsterisk, dialogue: FakeDialogue
) -> None:
    """Its prompt is stopped, it gets ChannelLost there and at all it tries later."""
    caught: list[ChannelLost] = []

    def script(agi: SpeechAGI) -> None:
        for _ in range(2):
            try:
                agi.stream_file("long")
            except ChannelLost as exc:
                caught.append(exc)

    task = asyncio.create_task(run_script(script, channel, dialogue))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await channel.get_variable("A") is None
    await until(lambda: len(caught) == 2)
    assert asterisk.stopped == 1


async def test_sample_script(
    channel: AgiChannel, asterisk: FakeAsterisk, dialogue: FakeDialogue
) -> None:
    """The sample in the documentation runs."""
    spec = importlib.util.spec_from_file_location("pyst2_menu", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    sample = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sample)
    dialogue.answers = [None, "support"]
    await run_script(sample.main, channel, dialogue)
    assert asterisk.variables == {"MENU_EXTENSION": "202"}
