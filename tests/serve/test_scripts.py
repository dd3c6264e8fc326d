"""pyst2 scripts as calls."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from ivr_agi.agi.pyst import SpeechAGI
from ivr_agi.errors import ConfigError
from ivr_agi.flow.engine import FlowResult, Status
from ivr_agi.serve.scripts import load_script, run_user_script
from ivr_agi.simulator.script import Hangup, Moment, Press, WaitFor
from tests.serve.test_call import open_office, serve, wait_silently
from tests.sis.fake import fake_service


def test_load_script(tmp_path: Path) -> None:
    """A file with a function main."""
    file = tmp_path / "x.py"
    file.write_text("def main(agi):\n    return 'x'\n")
    assert load_script(str(file))(None) == "x"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1", "has no function main"),
        ("def main(:", "x.py:1: the script fails when it is loaded: SyntaxError"),
        ("import nothing_of_this_name", "ModuleNotFoundError"),
    ],
)
def test_scripts_that_are_none(tmp_path: Path, text: str, expected: str) -> None:
    """One line, with the place."""
    file = tmp_path / "x.py"
    file.write_text(text)
    with pytest.raises(ConfigError, match=expected):
        load_script(str(file))


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    """Told in words."""
    with pytest.raises(ConfigError, match="cannot read the script: No such file"):
        load_script(str(tmp_path / "none.py"))


def ask_for_sales(agi: SpeechAGI) -> str:
    """Say, ask, answer."""
    agi.say("Hello")
    return str(agi.ask("What?", words=["sales", "support"], timeout_s=1.0))


async def test_say_and_ask(tmp_path: Path) -> None:
    """The words that were asked for are IVR_RESULT."""
    async with fake_service(serve) as service, open_office(tmp_path, url=service.url) as office:
        result = await office.run(functools.partial(run_user_script, ask_for_sales))
        assert result == FlowResult(status=Status.COMPLETED, result="sales")


@pytest.mark.parametrize(("words", "expected"), [((), "sales"), (("weather",), "")])
async def test_ask_for_other_words(tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    """Without a list all words are an answer, with one only its own are."""
    async with fake_service(serve) as service, open_office(tmp_path, url=service.url) as office:
        result = await office.run(
            functools.partial(run_user_script, lambda agi: agi.ask("What?", words=words))
        )
        assert result.result == expected


async def test_ask_gets_a_key_or_nothing(tmp_path: Path) -> None:
    """Keys are answers too; silence is none."""
    steps = (WaitFor(Moment.PROMPT_END), Press("4"))
    async with (
        fake_service(wait_silently) as service,
        open_office(tmp_path, *steps, url=service.url) as office,
    ):
        result = await office.run(
            functools.partial(
                run_user_script,
                lambda agi: "|".join([agi.ask("1"), agi.ask("2", timeout_s=0.2)]),
            )
        )
        assert result.result == "4|"


async def test_hang_up_and_no_service(tmp_path: Path) -> None:
    """Both end the script with what the call is then: over, or without speech."""
    ask = functools.partial(run_user_script, ask_for_sales)
    steps = (WaitFor(Moment.PROMPT_START), WaitFor(Moment.PROMPT_END), Hangup())
    async with (
        fake_service(wait_silently) as service,
        open_office(tmp_path, *steps, url=service.url) as office,
    ):
        assert (await office.run(ask)).status is Status.HANGUP
    async with open_office(tmp_path) as office:
        assert (await office.run(ask)).status is Status.SPEECH_DOWN
    with_prompt = functools.partial(run_user_script, lambda agi: agi.ask("Hello"))
    async with open_office(tmp_path) as office:
        assert (await office.run(with_prompt)).status is Status.SPEECH_DOWN
