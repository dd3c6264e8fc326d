"""pyst2 scripts as calls."""

from __future__ import annotations

import functools
import sys
import threading
import time
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asterisk.agi import AGI

from ivr_agi.agi.pyst import SpeechAGI
from ivr_agi.errors import ConfigError
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.flow.tools.vocabularies import word_list_name, write_vocabularies
from ivr_agi.serve.scripts import load_script, run_user_script
from ivr_agi.simulator.caller import CallerPause, EndCall, Moment, Press, WaitForPrompt
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.sis.wire.messages import EventResponse
from tests.patience import PATIENCE_S
from tests.serve.test_call import Converse, Office, open_office, serve, speak, wait_silently
from tests.sis.fake import ENDED, STARTED, VOICE_START, Peer, fake_service, result

pytestmark = pytest.mark.virtual_time


def test_load_script(tmp_path: Path) -> None:
    """A file with a function main."""
    file = tmp_path / "x.py"
    file.write_text("def main(agi):\n    return 'x'\n")
    assert load_script(str(file))(None) == "x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1", "has no function main"),
        ("def main(:", "x.py:1: the script fails when it is loaded: SyntaxError"),
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("import sys; sys.exit(3)", "the script fails when it is loaded: SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_scripts_that_are_none(tmp_path: Path, text: str, expected: str) -> None:
    """One line, with the place."""
    file = tmp_path / "x.py"
    file.write_text(text)
    with pytest.raises(ConfigError, match=expected):
        load_script(str(file))


def test_scripts_that_are_loaded_at_the_same_time(tmp_path: Path) -> None:
    """Each finds itself in sys.modules, and is what its file is now; sys.argv stays."""
    both, before = threading.Barrier(2, timeout=PATIENCE_S), list(sys.argv)
    sys.modules["chaos_barrier"] = barrier = types.ModuleType("chaos_barrier")
    barrier.__dict__["wait"] = both.wait
    text = """from __future__ import annotations
import chaos_barrier, typing, sys
class {name}:
    other: {name} | None = None
chaos_barrier.wait()
HINTS = typing.get_type_hints({name})
ARGUMENTS = list(sys.argv)
def main(agi): return sorted(HINTS), ARGUMENTS, typing.get_type_hints({name})["other"]
"""
    files = [tmp_path / f"{name}.py" for name in ("First", "Second")]
    for file in files:
        file.write_text(text.format(name=file.stem))
    with ThreadPoolExecutor() as pool:
        for file, load in [(file, pool.submit(load_script, str(file))) for file in files]:
            hints, arguments, of = load.result()(None)
            assert hints == ["other"]
            assert arguments == before
            assert file.stem in str(of)
    del sys.modules["chaos_barrier"]
    files[0].write_text("def main(agi): return 'new'")
    assert load_script(str(files[0]))(None) == "new"


AGI_OF_ITS_OWN = "put what it does into def main(agi), and use this agi in place of AGI()"


def test_a_script_with_an_agi_of_its_own(tmp_path: Path) -> None:
    """O15: as pyst2 scripts begin; a server loads them in a thread. What to do is said."""
    file = tmp_path / "x.py"
    file.write_text("from asterisk.agi import AGI\nagi = AGI()\nagi.verbose('x')\n")
    with ThreadPoolExecutor() as pool:
        failure = pool.submit(load_script, str(file)).exception()
    assert isinstance(failure, ConfigError)
    assert "an AGI() of its own, which is not connected to the call" in str(failure)
    assert AGI_OF_ITS_OWN in str(failure)
    file.write_text("def talk(): ...\n")
    with pytest.raises(ConfigError) as caught:
        load_script(str(file))
    assert AGI_OF_ITS_OWN in str(caught.value)


async def test_a_script_that_makes_an_agi_in_the_call(tmp_path: Path) -> None:
    """The same, where it is made in main()."""

    def main(agi: SpeechAGI) -> None:
        AGI()

    async with open_office(tmp_path) as office:
        result = await office.run(running(main, office))
    assert result.status is Status.FAILED
    assert AGI_OF_ITS_OWN in result.error


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    """Told in words."""
    with pytest.raises(ConfigError, match="cannot read the script: No such file"):
        load_script(str(tmp_path / "none.py"))


def ask_for_sales(agi: SpeechAGI) -> str:
    """Say, ask, answer."""
    agi.say("Hello")
    return str(agi.ask("What?", words=["sales", "support"], timeout_s=1.0))


def running(script: Callable[[SpeechAGI], Any], office: Office) -> Converse:
    """The script as a call with the office's settings."""
    return functools.partial(run_user_script, script, office.settings)


async def test_say_and_ask(tmp_path: Path) -> None:
    """The words that were asked for are IVR_RESULT."""
    async with fake_service(serve) as service, open_office(tmp_path, url=service.url) as office:
        result = await office.run(running(ask_for_sales, office))
        assert result == FlowResult(status=Status.COMPLETED, result="sales")


@pytest.mark.parametrize(("words", "expected"), [((), "sales"), (("weather",), "")])
async def test_ask_for_other_words(tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    """Without a list all words are an answer, with one only its own are."""
    async with fake_service(serve) as service, open_office(tmp_path, url=service.url) as office:
        result = await office.run(running(lambda agi: agi.ask("What?", words=words), office))
        assert result.result == expected


async def test_ask_names_the_table_of_its_words(tmp_path: Path) -> None:
    """The one that ``vocabulary sync --words`` made: a small engine needs the list."""
    tables = []

    async def listen(peer: Peer) -> None:
        if peer.path.endswith("/rtts"):
            return await speak(peer)
        for _ in range(2):
            tables.append((await peer.start()).vocabulary_id)
            await peer.say(STARTED, VOICE_START, result("sales"), EventResponse(event="VOICE_END"))
            await peer.end()
            await peer.say(ENDED)
        return await peer.gone()

    async with fake_service(listen) as service, open_office(tmp_path, url=service.url) as office:
        name = word_list_name(["support", "Sales "])
        write_vocabularies(office.settings.spool_dir, service.url, name, {"words": "t7"})

        def ask_twice(agi: SpeechAGI) -> None:
            agi.ask("What?", words=["sales", "support"])
            agi.ask("What?", words=["sales"])

        await office.run(running(ask_twice, office))
    assert tables == ["t7", None]


@pytest.mark.parametrize("words", [(), ("sales",)])
async def test_unsure_words_are_no_answer(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Below ``recognition.min_score``, as in flows."""

    async def listen(peer: Peer) -> None:
        if peer.path.endswith("/rtts"):
            return await speak(peer)
        await peer.start()
        unsure = result("sales", score=0.4)
        await peer.say(STARTED, VOICE_START, unsure, EventResponse(event="VOICE_END"))
        await peer.end()
        await peer.say(ENDED)
        return await peer.gone()

    async with fake_service(listen) as service, open_office(tmp_path, url=service.url) as office:
        ended = await office.run(running(lambda agi: agi.ask("What?", words=words), office))
    assert ended == FlowResult(status=Status.COMPLETED, result="")


async def test_ask_gets_a_key_or_nothing(tmp_path: Path) -> None:
    """Keys are answers too; silence is none."""
    steps = (WaitForPrompt(Moment.PROMPT_END), Press("4"))
    async with (
        fake_service(wait_silently) as service,
        open_office(tmp_path, *steps, url=service.url) as office,
    ):
        result = await office.run(
            running(lambda agi: "|".join([agi.ask("1"), agi.ask("2", timeout_s=0.2)]), office)
        )
        assert result.result == "4|"


async def test_hang_up_and_no_service(tmp_path: Path) -> None:
    """Both end the script with what the call is then: over, or without speech."""
    steps = (WaitForPrompt(Moment.PROMPT_START), WaitForPrompt(Moment.PROMPT_END), EndCall())
    async with (
        fake_service(wait_silently) as service,
        open_office(tmp_path, *steps, url=service.url) as office,
    ):
        assert (await office.run(running(ask_for_sales, office))).status is Status.HANGUP
    async with open_office(tmp_path) as office:
        assert (await office.run(running(ask_for_sales, office))).status is Status.SPEECH_DOWN
    async with open_office(tmp_path) as office:
        with_prompt = running(lambda agi: agi.ask("Hello"), office)
        assert (await office.run(with_prompt)).status is Status.SPEECH_DOWN


@pytest.mark.real_time  # the script has a thread of its own
async def test_a_script_that_only_asks_hears_of_a_hang_up(tmp_path: Path) -> None:
    """W5: it sends no command, so nothing tells it; it asks Asterisk now and then."""

    def script(agi: SpeechAGI) -> None:
        for _ in range(2000):
            agi.test_hangup()
            time.sleep(0.005)

    async with open_office(tmp_path, CallerPause(0.3), EndCall()) as office:
        result = await office.run(running(script, office))
        assert result.status is Status.HANGUP
        asked = [
            event
            for event in office.asterisk.events
            if event.kind is CallEventKind.COMMAND_RECEIVED and event.name == "NOOP"
        ]
    assert 1 <= len(asked) <= 4
