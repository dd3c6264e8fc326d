"""Whole calls on a simulated Asterisk, in this process: how they end and what the dialplan gets."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.dialogue.call import Dialogue
from ivr_agi.dialogue.listen.link import SpeechLink
from ivr_agi.dialogue.prompt.parts import Recording, Text
from ivr_agi.dialogue.prompt.store import PromptStore
from ivr_agi.errors import RequestFailed, SpeechUnavailable
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.outside import FlowRequest, Outside
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.flow.tools.vocabularies import write_vocabularies
from ivr_agi.journal import Event, Journal
from ivr_agi.knobs import TypeAhead
from ivr_agi.serve.call import run_call, run_flow, take_call, use_language
from ivr_agi.serve.resources import Resources
from ivr_agi.settings import (
    CallSettings,
    EndpointSettings,
    PathSettings,
    RecordingSettings,
    Settings,
    SpeechSettings,
)
from ivr_agi.simulator.call import SimulatedAsterisk
from ivr_agi.simulator.caller import CallerPause, CallerStep, EndCall, Moment, Press, WaitForPrompt
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from ivr_agi.sis.access.health import Health
from ivr_agi.sis.access.shared_file import SharedFile
from ivr_agi.sis.wire.messages import EventResponse
from tests.dialogue.desk import loud
from tests.sis.fake import (
    ENDED,
    STARTED,
    VOICE_START,
    Peer,
    fake_service,
    listen_in_vain,
    result,
)

pytestmark = pytest.mark.virtual_time

FLOW = """\
start: main
steps:
  main:
    do: menu
    prompt: What can I do for you?
    choices:
      - {words: [sales], key: "1", go: sales}
    no_input: {go: sales}
    no_match: {go: sales}
  sales: {do: transfer, extension: "201"}
"""

Converse = Callable[[Dialogue], Awaitable[FlowResult]]


@dataclass
class Office:
    """A simulated call that a test runs, and what came of it."""

    asterisk: SimulatedAsterisk
    channel: AgiChannel
    settings: Settings
    events: list[Event]

    async def run(self, converse: Converse | None = None) -> FlowResult:
        """Run the call to its end."""
        journal = Journal(listener=self.events.append)
        if converse is None:
            converse = functools.partial(run_flow, "menu", parse_flow(FLOW), self.settings)
        audio_fd = self.asterisk.script_audio_fd
        return await run_call(self.channel, self.settings, journal, converse, audio_fd=audio_fd)

    async def variables(self) -> dict[str, str]:
        """What the dialplan finds."""
        await self.asterisk.wait_for(CallEventKind.SCRIPT_ENDED)
        found = self.asterisk.line.session.variables
        return {name: value for name, value in found.items() if name.startswith("IVR_") and value}


@contextlib.asynccontextmanager
async def open_office(
    folder: Path,
    *steps: CallerStep,
    url: str = "ws://127.0.0.1:9",
    deadline_s: float = 60,
    incoming: IncomingCall | None = None,
) -> AsyncIterator[Office]:
    """Take a call with a scripted caller."""
    settings = Settings(
        speech=SpeechSettings(url=url, connect_timeout_s=1, answer_timeout_s=1),
        call=CallSettings(deadline_s=deadline_s),
        paths=PathSettings(flows=".", spool="spool"),
        base=folder,
    )
    line = PhoneLine(incoming or IncomingCall(), SoundFolder(folder), steps)
    async with SimulatedAsterisk(line) as asterisk:
        channel = await AgiChannel.open(
            stdin_fd=asterisk.script_stdin_fd,
            stdout_fd=asterisk.script_stdout_fd,
            handle_sighup=False,
        )
        yield Office(asterisk, channel, settings, [])
        await channel.close()


async def speak(peer: Peer) -> None:
    """Be the synthesis."""
    await peer.text()
    await peer.say(STARTED, loud(1000), ENDED)
    await peer.gone()


async def listen(peer: Peer) -> None:
    """Be the recogniser that hears "sales"."""
    config = await peer.start()
    assert config.vocabulary_id in {None, "table"}
    await peer.say(STARTED)
    await peer.hear(3200)
    await peer.say(VOICE_START, result("sales"), EventResponse(event="VOICE_END"))
    await peer.end()
    await peer.say(ENDED)
    await peer.gone()


async def serve(peer: Peer) -> None:
    """Be the whole service."""
    await (speak if peer.path.endswith("/rtts") else listen)(peer)


async def wait_silently(peer: Peer) -> None:
    """Speak, and never hear anything."""
    await (speak if peer.path.endswith("/rtts") else listen_in_vain)(peer)


async def only_speak(peer: Peer) -> None:
    """Speak; nobody wants to be heard."""
    await (speak if peer.path.endswith("/rtts") else Peer.gone)(peer)


@pytest.mark.parametrize("table", [None, "table"])
async def test_a_call_by_voice(tmp_path: Path, table: str | None) -> None:
    """From the answer to the hand-over; the step's hot-word table is used where there is one."""
    async with fake_service(serve) as service, open_office(tmp_path, url=service.url) as office:
        if table:
            write_vocabularies(tmp_path / "spool", service.url, "menu", {"main": table})
        result = await office.run()
        assert result == FlowResult(status=Status.TRANSFER, result="sales", transfer="201")
        assert await office.variables() == {
            "IVR_STATUS": "TRANSFER",
            "IVR_RESULT": "sales",
            "IVR_TRANSFER": "201",
        }
    names = [event.event for event in office.events]
    assert (names[0], names[-1]) == ("call_started", "call_ended")
    assert {"voice_start", "prompt_stopped", "choice", "audio"} <= set(names)


async def test_a_call_by_key(tmp_path: Path) -> None:
    """The same choice."""
    steps = (WaitForPrompt(Moment.PROMPT_START), Press("1"))
    async with (
        fake_service(wait_silently) as service,
        open_office(tmp_path, *steps, url=service.url) as office,
    ):
        assert (await office.run()).transfer == "201"


async def test_the_caller_hangs_up(tmp_path: Path) -> None:
    """The dialplan's h extension finds the status."""
    steps = (WaitForPrompt(Moment.PROMPT_START), EndCall())
    async with (
        fake_service(wait_silently) as service,
        open_office(tmp_path, *steps, url=service.url) as office,
    ):
        assert (await office.run()).status is Status.HANGUP
        assert await office.variables() == {"IVR_STATUS": "HANGUP"}


async def test_agi_in_place_of_eagi(tmp_path: Path) -> None:
    """Nobody would be heard: the dialplan's author is told at once."""
    async with open_office(tmp_path) as office:
        office.channel.environment = replace(office.channel.environment, enhanced=False)
        assert (await office.run()).status is Status.FAILED
        assert "write EAGI() there" in (await office.variables())["IVR_ERROR"]


async def test_nobody_there(tmp_path: Path) -> None:
    """Without service and without a cached prompt the dialplan takes over."""
    async with open_office(tmp_path) as office:
        assert (await office.run()).status is Status.SPEECH_DOWN
        variables = await office.variables()
        assert variables["IVR_STATUS"] == "SPEECH_DOWN"
        assert "127.0.0.1:9" in variables["IVR_ERROR"]


async def test_keys_take_over_when_the_prompt_is_cached(tmp_path: Path) -> None:
    """The prompt of an earlier call is played without any service, and keys choose."""
    async with fake_service(serve) as service, open_office(tmp_path, url=service.url) as office:
        await office.run()
    steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.5), Press("1"))
    async with open_office(tmp_path, *steps, url=service.url) as office:
        assert (await office.run()).transfer == "201"
        assert "keys_only" in [event.event for event in office.events]


async def test_a_spool_folder_that_cannot_be(tmp_path: Path) -> None:
    """One line in IVR_ERROR, and the dialplan goes on."""
    async with open_office(tmp_path) as office:
        await asyncio.to_thread((tmp_path / "spool").write_text, "")
        assert (await office.run()).status is Status.FAILED
        variables = await office.variables()
        assert variables["IVR_STATUS"] == "FAILED"
        assert "paths.spool: cannot write prompts" in variables["IVR_ERROR"]


async def test_a_bug_is_not_the_callers_problem(tmp_path: Path) -> None:
    """Whatever a script raises, the dialplan goes on."""

    async def converse(_: Dialogue) -> FlowResult:
        raise ZeroDivisionError("x\ny")

    async with open_office(tmp_path) as office:
        assert (await office.run(converse)).error == "ZeroDivisionError: x y"
        assert (await office.variables())["IVR_ERROR"] == "ZeroDivisionError: x y"


async def test_a_call_has_a_deadline(tmp_path: Path) -> None:
    """It is handed back in order."""

    async def converse(_: Dialogue) -> FlowResult:
        await asyncio.Event().wait()
        raise AssertionError

    async with open_office(tmp_path, deadline_s=0.2) as office:
        assert (await office.run(converse)).status is Status.FAILED
        assert "call.deadline_s, 0.2 s" in (await office.variables())["IVR_ERROR"]


async def test_the_deadline_in_a_prompt(tmp_path: Path) -> None:
    """The prompt is stopped, and the channel in step: the variables arrive."""

    async def converse(dialogue: Dialogue) -> FlowResult:
        await dialogue.say(Text("long"))
        raise AssertionError

    async with (
        fake_service(only_speak) as service,
        open_office(tmp_path, url=service.url, deadline_s=0.6) as office,
    ):
        await office.run(converse)
        assert (await office.variables())["IVR_STATUS"] == "FAILED"


async def test_a_deadline_while_the_call_is_taken_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cuts the waiting short; nothing is left open."""
    closed = []
    close = PromptStore.close

    async def note_close(store: PromptStore) -> None:
        closed.append(store)
        await close(store)

    async def converse(_: Dialogue) -> FlowResult:
        return FlowResult(status=Status.COMPLETED)

    monkeypatch.setattr(PromptStore, "close", note_close)
    monkeypatch.setattr(SpeechLink, "close", lambda _: asyncio.Event().wait())  # takes its time
    async with open_office(tmp_path, deadline_s=0.3) as office:
        assert (await office.run(converse)).status is Status.FAILED
        assert len(closed) == 1
        assert "audio" in [event.event for event in office.events]


async def test_a_scripts_own_timeout_is_not_the_deadline(tmp_path: Path) -> None:
    """The dialplan is told what happened."""

    async def converse(_: Dialogue) -> FlowResult:
        raise TimeoutError("the database")

    async with open_office(tmp_path) as office:
        assert (await office.run(converse)).error == "TimeoutError: the database"


async def test_a_hang_up_that_a_script_lets_through(tmp_path: Path) -> None:
    """Not every conversation is a flow."""

    async def converse(dialogue: Dialogue) -> FlowResult:
        await dialogue.say(Text("x"))
        raise AssertionError

    async with (
        fake_service(only_speak) as service,
        open_office(
            tmp_path, WaitForPrompt(Moment.PROMPT_START), EndCall(), url=service.url
        ) as office,
    ):
        assert (await office.run(converse)).status is Status.HANGUP


async def test_asterisk_goes_away(tmp_path: Path) -> None:
    """No pipe, no variables, no traceback."""

    async def converse(dialogue: Dialogue) -> FlowResult:
        await dialogue.line.channel.close()
        await dialogue.line.channel.verbose("x")
        raise AssertionError

    async with open_office(tmp_path) as office:
        result = await office.run(converse)
        assert (result.status, "AGI pipe" in result.error) == (Status.HANGUP, True)


async def test_what_the_dialplan_gives_and_gets(tmp_path: Path) -> None:
    """IVR_ARG_X is the flow's variable x; slots and the version of the flow come back."""
    text = "start: a\nvariables: {name: Ann, city: Kiel}\nsteps: {a: {do: dialplan, %s}}"
    flow = parse_flow(text % 'result: "{{ name }} {{ city }}", variables: {X: "a\\nb"}')
    incoming = IncomingCall(variables={"IVR_ARG_NAME": "Bob, {{ city }}"})
    async with open_office(tmp_path, incoming=incoming) as office:
        program = Program("menu", {"menu": flow}, "v1")
        await office.run(functools.partial(run_flow, "menu", program, office.settings))
        variables = await office.variables()
        assert variables["IVR_RESULT"] == "Bob, {{ city }} Kiel"
        assert (variables["IVR_STATUS"], variables["IVR_FLOW_VERSION"]) == ("DIALPLAN", "v1")
        assert variables["IVR_X"] == "a b"


async def test_what_agi_cannot_carry_is_left_out(tmp_path: Path) -> None:
    """Line ends, control characters, a whole novel: the dialplan gets its variables."""

    async def converse(dialogue: Dialogue) -> FlowResult:
        told = {"IVR_SLOT_WORD": 'a\x00b\r\nc\x1b\t"d"\\ ${e}', "IVR_LONG": 'ü"' * 3000}
        return FlowResult(status=Status.COMPLETED, variables=told)

    async with open_office(tmp_path) as office:
        await office.run(converse)
        variables = await office.variables()
    assert variables["IVR_STATUS"] == "COMPLETED"
    assert variables["IVR_SLOT_WORD"] == 'ab c "d"\\ ${e}'
    assert 900 < len(variables["IVR_LONG"]) < 1024
    assert set(variables["IVR_LONG"]) == set('ü"')


async def test_the_language_changes_recogniser_and_voice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """From the settings; a language that is not there changes nothing."""

    async def converse(dialogue: Dialogue) -> FlowResult:
        use_language(dialogue, office.settings, "zh-CN")
        use_language(dialogue, office.settings, "fr")
        return FlowResult(
            status=Status.COMPLETED,
            result=f"{dialogue.line.recognition.property} {dialogue.line.store.config.property}",
        )

    async with open_office(tmp_path) as office:
        result = await office.run(converse)
    assert result.result == "chinese_8k_general chinese_xiaoyan_common"
    assert "no recogniser and voice for 'fr'" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (("now",), "COMPLETED", None),
        (("nowhere",), "FAILED", "no flow"),
        (("--script", "nowhere.py"), "FAILED", "cannot read the script"),
        (("--config",), "FAILED", "EAGI() takes the name of a flow here, or --script and a file"),
        ((), "FAILED", "EAGI() takes the name of a flow here, or --script and a file"),
    ],
)
async def test_take_call(
    tmp_path: Path,
    arguments: tuple[str, ...],
    status: str,
    error: str | None,
) -> None:
    """What the arguments ask for is run; else the dialplan is told, the audio's fd is closed."""
    (tmp_path / "now.yaml").write_text("start: a\nsteps:\n  a: {do: hangup}\n")
    deadlines: set[asyncio.Timeout] = set()
    async with open_office(tmp_path) as office:
        taking = take_call(
            office.channel,
            arguments,
            Resources(office.settings),
            Journal(),
            audio_fd=office.asterisk.script_audio_fd,
            deadlines=deadlines,
        )
        assert (await taking).status == status
        variables = await office.variables()
    assert variables["IVR_STATUS"] == status
    assert (error or "") in variables.get("IVR_ERROR", "")
    assert not deadlines


async def test_a_call_goes_on_at_the_next_endpoint(tmp_path: Path) -> None:
    """Voice and words come from there; the next call knows, and does not even try the first."""
    async with fake_service(serve) as service:
        for expected in (True, False):
            async with open_office(tmp_path) as office:
                speech = msgspec.structs.replace(
                    office.settings.speech, endpoints=[EndpointSettings(url=service.url)]
                )
                office.settings = msgspec.structs.replace(office.settings, speech=speech)
                assert (await office.run()).transfer == "201"
                assert ("failover" in [event.event for event in office.events]) is expected
    known = SharedFile(Health, tmp_path / "spool" / "speech-health.json").read()
    assert set(known) == {"rasr ws://127.0.0.1:9", "rtts ws://127.0.0.1:9"}


async def test_a_call_is_recorded(tmp_path: Path) -> None:
    """Where the settings name a folder: both sides, the prompt too, in one file."""

    async def converse(dialogue: Dialogue) -> FlowResult:
        await dialogue.say(Text("x"))
        return FlowResult(status=Status.COMPLETED)

    async with (
        fake_service(only_speak) as service,
        open_office(tmp_path, url=service.url) as office,
    ):
        office.settings = msgspec.structs.replace(
            office.settings, recording=RecordingSettings(folder="calls")
        )
        assert (await office.run(converse)).status is Status.COMPLETED
        heard = bytes(office.asterisk.line.recording.ivr_pcm)
    (name,) = await asyncio.to_thread(os.listdir, tmp_path / "calls")
    with wave.open(str(tmp_path / "calls" / name)) as file:
        both = file.readframes(file.getnframes())
    right = b"".join(both[at + 2 : at + 4] for at in range(0, len(both), 4))
    assert right.count(b"\x00\x20") == pytest.approx(heard.count(b"\x00\x20"), abs=480)


async def test_a_bug_in_a_call_with_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its text, which may have them, is told to nobody; its place is."""

    async def converse(dialogue: Dialogue) -> FlowResult:
        dialogue.line.journal.secure = True
        raise ZeroDivisionError("4711")

    async with open_office(tmp_path) as office:
        assert (await office.run(converse)).error == "ZeroDivisionError"
    assert "ZeroDivisionError at " in caplog.text
    assert "4711" not in caplog.text


async def test_speech_that_is_down(tmp_path: Path) -> None:
    """A script that lets it through has a status of its own."""

    async def converse(_: Dialogue) -> FlowResult:
        raise SpeechUnavailable("it is away")

    async with open_office(tmp_path) as office:
        result = await office.run(converse)
        assert (result.status, result.error) == (Status.SPEECH_DOWN, "it is away")


async def test_the_tables_of_a_rehearsal(tmp_path: Path) -> None:
    """Those that it gives are used, not the installation's."""
    flow = parse_flow('start: a\nsteps:\n  a: {do: transfer, extension: "201"}\n')
    async with open_office(tmp_path) as office:
        converse = functools.partial(run_flow, "menu", flow, office.settings, vocabularies={})
        assert (await office.run(converse)).transfer == "201"


WAITING = """
start: s
steps:
  s: {do: say, prompt: {recording: "%s/t"}, go: a}
  a: {do: http, url: "http://x/one", method: POST, timeout_s: 10, %sgo: b, error: e}
  b: {do: http, url: "http://x/two", method: POST, go: c, error: e}
  c: {do: hangup, result: both}
  e: {do: hangup, result: error}
"""


@pytest.mark.parametrize("more", ["", "filler_after_s: 100, "])
@pytest.mark.parametrize("answer", [{}, RequestFailed("HTTP 503")])
@pytest.mark.parametrize("type_ahead", list(TypeAhead))
async def test_nothing_begins_after_a_hang_up(
    tmp_path: Path, more: str, answer: object, type_ahead: TypeAhead
) -> None:
    """W4 (09_hangup_http): the request under way is answered, no other one is sent."""
    requests: list[str] = []

    async def fetch(request: FlowRequest) -> object:
        requests.append(request.url)
        await asyncio.sleep(6)
        if isinstance(answer, Exception):
            raise answer
        return answer

    (tmp_path / "t.sln").write_bytes(loud(1000))
    flow = parse_flow(WAITING % (tmp_path, more))
    steps = (WaitForPrompt(Moment.PROMPT_END), CallerPause(0.6), EndCall())
    async with open_office(tmp_path, *steps) as office:
        turn = msgspec.structs.replace(office.settings.turn, type_ahead=type_ahead)
        office.settings = msgspec.structs.replace(office.settings, turn=turn)
        outside = Outside(fetch=fetch)
        result = await office.run(
            functools.partial(run_flow, "w", flow, office.settings, outside=outside)
        )
    assert (result.status, requests) == (Status.HANGUP, ["http://x/one"])
    steps_run = [event.data["step"] for event in office.events if event.event == "step"]
    assert steps_run == ["s", "a"]


KEYED = """
start: a
steps:
  a:
    do: menu
    prompt: PROMPT
    choices: [{key: "1", go: one}, {key: "2", go: two}]
    no_input: {go: silent, after: 1}
    no_match: {go: a, after: 9}
  one: {do: hangup, result: one}
  two: {do: hangup, result: two}
  silent: {do: hangup, result: silent}
"""


@pytest.mark.parametrize("keys", ["301", "31", "3001#"])
@pytest.mark.parametrize("pause_s", [0.05, 0.4, 1.0])
async def test_keys_behind_a_wrong_key_are_forgotten(
    tmp_path: Path, keys: str, pause_s: float
) -> None:
    """W2: choices 1 and 2, 301 is pressed: that is one wrong answer, not three."""
    (tmp_path / "t.sln").write_bytes(loud(500))
    flow = parse_flow(KEYED.replace("PROMPT", f"{{recording: {tmp_path}/t}}"))
    pressed = [step for key in keys for step in (Press(key), CallerPause(pause_s))]
    async with open_office(tmp_path, WaitForPrompt(Moment.PROMPT_END), *pressed) as office:
        result = await office.run(functools.partial(run_flow, "m", flow, office.settings))
    assert result.result == "silent"
    assert [event.event for event in office.events].count("no_match") == 1


async def test_the_second_call_on_a_channel_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    """W6: every variable that the flow can set is set, empty too."""
    flow = (
        "start: a\nvariables: {again: ''}\nsteps:\n  a: {do: if, when: again, go: c, else: b}\n"
        "  b: {do: transfer, queue: q, priority: 3, variables: {CITY: Kiel}, result: first}\n"
        "  c: {do: hangup}\n"
        "  d: {do: ask, prompt: x, slot: {type: digits}, save: num, go: c, no_input: {go: c},"
        " no_match: {go: c}}\n"
    )
    await asyncio.to_thread((tmp_path / "twice.yaml").write_text, flow)
    left = {
        "IVR_SLOT_NUM": "7",
        "IVR_CITY": "Kiel",
        "IVR_TRANSFER": "q",
        "IVR_TRANSFER_KIND": "QUEUE",
        "IVR_ERROR": "x",
        "IVR_CALLBACK": "1",
        "IVR_MAILBOX": "1",
        "IVR_RESULT": "first",
        "IVR_ARG_AGAIN": "yes",
    }
    async with open_office(tmp_path, incoming=IncomingCall(variables=left)) as office:
        await take_call(
            office.channel,
            ("twice",),
            Resources(office.settings),
            Journal(),
            audio_fd=office.asterisk.script_audio_fd,
        )
        found = await office.variables()
    assert set(found) == {"IVR_STATUS", "IVR_FLOW_VERSION", "IVR_ARG_AGAIN"}


@pytest.mark.parametrize(("form", "status"), [("slin16", "FAILED"), ("slin", "COMPLETED")])
async def test_audio_of_another_rate_is_refused(tmp_path: Path, form: str, status: str) -> None:
    """W7: what nobody would understand is told at once."""
    incoming = IncomingCall(variables={"EAGI_AUDIO_FORMAT": form})
    async with open_office(tmp_path, incoming=incoming) as office:
        flow = parse_flow("start: a\nsteps: {a: {do: hangup}}")
        await office.run(functools.partial(run_flow, "x", flow, office.settings))
        found = await office.variables()
    assert found["IVR_STATUS"] == status
    assert ("EAGI_AUDIO_FORMAT='slin16'" in found.get("IVR_ERROR", "")) is (status == "FAILED")


@pytest.mark.parametrize("name", ["x" * 2100, "x\ny", "a" * 300])
async def test_a_recording_that_nobody_can_name(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """C19: it is missing, in one line; the call goes on."""

    async def converse(dialogue: Dialogue) -> FlowResult:
        await dialogue.say(Recording(name))
        return FlowResult(status=Status.COMPLETED)

    async with open_office(tmp_path) as office:
        assert (await office.run(converse)).status is Status.COMPLETED
    (told,) = [each.getMessage() for each in caplog.records if each.name == "ivr_agi.dialogue"]
    assert "cannot be played" in told
    assert len(told) < 400


async def test_the_journal_has_the_end_of_a_cancelled_call(tmp_path: Path) -> None:
    """O6: whatever happens."""

    async def converse(_: Dialogue) -> FlowResult:
        await asyncio.sleep(1e6)
        raise AssertionError

    async with open_office(tmp_path, deadline_s=1e7) as office:
        call = asyncio.create_task(office.run(converse))
        await asyncio.sleep(5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    names = [event.event for event in office.events]
    assert (names.count("call_started"), names.count("call_ended")) == (1, 1)
