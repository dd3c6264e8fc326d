"""No caller hears more than 5 s of nothing, whatever the speech service does: in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from pathlib import Path

import pytest

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.bench.signals import tone
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.journal import Event, Journal
from ivr_agi.serve.call import run_call, run_flow
from ivr_agi.settings import EndpointSettings, PathSettings, Settings, SpeechSettings
from ivr_agi.simulator.call import SimulatedAsterisk
from ivr_agi.simulator.caller import CallerPause, CallerStep, Moment, PlayVoice, WaitForPrompt
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from tests.chaos.files import PLAIN
from tests.chaos.silence import acting_spans, heard_spans, longest_silence, turn_spans
from tests.chaos.speech import RECOGNITION, SYNTHESIS, Act, Choice, Handshake, speech_service
from tests.chaos.table import HANDSHAKES, SPEECH, Hostility
from tests.chaos.verdict import LONGEST_SILENCE_S, TIMEOUT_S

pytestmark = pytest.mark.virtual_time

VOICE = PlayVoice("voice", tone(0.8))
AFTER_PROMPT = (WaitForPrompt(Moment.PROMPT_END), CallerPause(0.4), VOICE)
OVER_PROMPT = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.9), VOICE)


async def call(folder: Path, choice: Choice, what: str, *, has_second: bool) -> str:
    """A call whose first speech service makes this choice each time; return what is wrong."""

    def choose(path: str) -> Choice:
        return choice if path.endswith("/rtts") == (what == "rtts") else Choice()

    async with contextlib.AsyncExitStack() as services:
        url = await services.enter_async_context(speech_service(choose))
        others = []
        if has_second:
            good = await services.enter_async_context(speech_service(lambda _: Choice()))
            others = [EndpointSettings(url=good)]
        settings = Settings(
            speech=SpeechSettings(url=url, endpoints=others),
            paths=PathSettings(flows=".", spool="spool"),
            base=folder,
        )
        steps: list[CallerStep] = [*AFTER_PROMPT, *OVER_PROMPT, *AFTER_PROMPT]
        line = PhoneLine(IncomingCall(), SoundFolder(folder), steps)
        events: list[Event] = []
        loop = asyncio.get_running_loop()
        journal = Journal(clock=loop.time, listener=events.append)
        began_at = loop.time()
        async with SimulatedAsterisk(line) as asterisk:
            channel = await AgiChannel.open(
                stdin_fd=asterisk.script_stdin_fd,
                stdout_fd=asterisk.script_stdout_fd,
                handle_sighup=False,
            )
            converse = functools.partial(run_flow, "plain", parse_flow(PLAIN), settings)
            await run_call(channel, settings, journal, converse, audio_fd=asterisk.script_audio_fd)
            await asterisk.wait_for(CallEventKind.SCRIPT_ENDED)
        acts = acting_spans(asterisk.events, 1.0)
        heard = heard_spans(line.recording.ivr_pcm, line.recording.started_at)
        turns = turn_spans(events, acts, TIMEOUT_S)
        silence_s = longest_silence(heard, (began_at, loop.time()), [*turns, *acts])
    wrong = []
    if silence_s > LONGEST_SILENCE_S:
        wrong.append(f"{silence_s:.1f} s of silence")
    if [event.event for event in events].count("call_ended") != 1:
        wrong.append("not one end")
    if not line.session.variables.get("IVR_STATUS"):
        wrong.append("no status")
    return ", ".join(wrong)


MOMENTS = [*(("rasr", moment) for moment in RECOGNITION), *(("rtts", m) for m in SYNTHESIS)]


def moments_of(row: Hostility[Act]) -> list[tuple[str, str]]:
    """All for those that say nothing; a third for the others, by turns."""
    return MOMENTS if row.fault == "silence" else MOMENTS[SPEECH.index(row) % 3 :: 3]


@pytest.mark.slow
@pytest.mark.parametrize("has_second", [False, True], ids=["one", "two"])
@pytest.mark.parametrize("row", SPEECH, ids=lambda row: row.name)
async def test_at_each_moment(tmp_path: Path, row: Hostility[Act], has_second: bool) -> None:
    """With one endpoint, and with a good second one."""
    wrong = {}
    for what, moment in moments_of(row):
        folder = tmp_path / f"{what}-{moment}"
        folder.mkdir()
        choice = Choice(row.how, moment)
        if found := await call(folder, choice, what, has_second=has_second):
            wrong[what, moment] = found
    assert not wrong


@pytest.mark.parametrize("has_second", [False, True], ids=["one", "two"])
@pytest.mark.parametrize("row", HANDSHAKES, ids=lambda row: row.name)
async def test_before_the_connection(
    tmp_path: Path, row: Hostility[Handshake], has_second: bool
) -> None:
    """The same."""
    wrong = {}
    for what in ("rasr", "rtts"):
        (tmp_path / what).mkdir()
        choice = Choice(handshake=row.how)
        if found := await call(tmp_path / what, choice, what, has_second=has_second):
            wrong[what] = found
    assert not wrong
