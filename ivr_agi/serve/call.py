"""One call: sets up channel, audio, speech, prompts and flow, and tears them down again.

However the call ends, the dialplan gets ``IVR_STATUS`` (:class:`~ivr_agi.flow.run.results.Status`)
and the variables that belong to it. A mistake in a file is a status and one line in the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from ivr_agi.agi.audio import CallAudio, CallAudioReader
from ivr_agi.agi.text import ENCODING_ERRORS, MAX_COMMAND_BYTES, quote
from ivr_agi.agi.transport import release_fd
from ivr_agi.audio.health import AudioVerdict
from ivr_agi.dialogue.call import Dialogue
from ivr_agi.dialogue.line import Line
from ivr_agi.dialogue.listen.link import SpeechLink
from ivr_agi.dialogue.record.call_recording import CallRecording
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.errors import CallerHungUp, ChannelClosed, ConfigError, IvrError, SpeechError
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.run.engine import FlowEngine
from ivr_agi.flow.run.fetch import fetch
from ivr_agi.flow.run.invoke import Invoker
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.flow.run.waiting import LoopWaiting
from ivr_agi.flow.tools.vocabularies import read_program_vocabularies, translate_vocabularies
from ivr_agi.serve.resources import Resources
from ivr_agi.serve.scripts import load_script, run_user_script
from ivr_agi.serve.wiring import (
    default_language,
    make_endpoints,
    make_recordings,
    make_store,
    make_synthesis_config,
)
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.threads import FILES, USER_CODE, run_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from ivr_agi.agi.channel import AgiChannel
    from ivr_agi.flow.file.model import Flow
    from ivr_agi.journal import Journal, JournalWriter
    from ivr_agi.settings import Settings

__all__ = (
    "MakeDialogue",
    "close_journal",
    "refuse_call",
    "run_call",
    "run_flow",
    "take_call",
    "use_language",
)

_log = logging.getLogger("ivr_agi.serve")

MakeDialogue = Callable[["AgiChannel", CallAudioReader], Dialogue]
"""Makes the dialogue of a call."""


async def run_flow(
    name: str,
    flow: Flow | Program,
    settings: Settings,
    dialogue: Dialogue,
    *,
    outside: Outside | None = None,
    vocabularies: Mapping[str, str] | None = None,
) -> FlowResult:
    """Run a flow on a call.

    Args:
        name: Its name, which its hot-word tables have.
        flow: The flow, or the flow with those that it calls.
        settings: The settings.
        dialogue: The call.
        outside: What the flow reaches outside the call; a rehearsal has its own.
        vocabularies: Hot-word table of each step; default: those made at the service.

    Raises:
        IvrError: What no step of the flow can handle.
    """
    caller = dialogue.line.channel.environment
    program = flow if isinstance(flow, Program) else Program.of(flow, name)
    if vocabularies is None:
        url = settings.speech.url.rstrip("/")
        vocabularies = read_program_vocabularies(settings.spool_dir, url, program)
    outside = outside or Outside(fetch=fetch, invoke=Invoker(settings.flows_dir))
    engine = FlowEngine(
        program,
        dialogue,
        dialogue.line.journal,
        plan=_make_plan(settings),
        min_score=settings.recognition.min_score,
        vocabularies=vocabularies,
        language=default_language(settings),
        caller={
            "number": _readable(caller.caller_id),
            "name": _readable(caller.caller_id_name),
            "called": _readable(caller.dnid or caller.extension),
        },
        outside=replace(
            outside,
            waiting=LoopWaiting(),
            environ=os.environ,
            set_language=functools.partial(use_language, dialogue, settings),
            enter_step=dialogue.enter_step,
        ),
    )
    result = await engine.run(await _read_arguments(program, dialogue.line.channel))
    told = {"IVR_FLOW_VERSION": program.version} if program.version else {}
    return replace(result, variables={**result.variables, **told})


def _readable(text: str) -> str:
    """Return a text from Asterisk with replacement characters for bytes that are not UTF-8."""
    return text.encode("utf-8", ENCODING_ERRORS).decode("utf-8", "replace")


async def _read_arguments(program: Program, channel: AgiChannel) -> dict[str, str]:
    """Return variables of the flow that the dialplan has set as ``IVR_ARG_NAME``."""
    found = {}
    for name in program.flows[program.main].variables:
        value = await channel.get_variable(f"IVR_ARG_{name.upper()}")
        if value is not None:
            found[name] = _readable(value)
    return found


def use_language(dialogue: Dialogue, settings: Settings, language: str) -> None:
    """Switch recogniser and voice to a language, from the next prompt on."""
    found = settings.languages.get(language) or settings.languages.get(language[:2])
    if found is None:
        _log.warning("no recogniser and voice for %r: see [languages] in the settings", language)
        return
    dialogue.line.recognition = structs.replace(settings.recognition, property=found.recognition)
    voice = structs.replace(settings.synthesis, property=found.voice)
    dialogue.line.store.config = make_synthesis_config(voice)


def _make_plan(settings: Settings) -> TurnPlan:
    plan = TurnPlan.from_settings(settings.turn, settings.recognition)
    if not settings.speech.endpoints:
        return plan
    # A sentence may have to be said again to the next endpoint.
    grace_s = plan.service_grace_s + settings.speech.failover_s
    return structs.replace(plan, service_grace_s=grace_s)


async def run_call(
    channel: AgiChannel,
    settings: Settings,
    journal: Journal,
    converse: Callable[[Dialogue], Awaitable[FlowResult]],
    *,
    audio_fd: int = 3,
    make_dialogue: MakeDialogue | None = None,
    deadline: asyncio.Timeout | None = None,
    resources: Resources | None = None,
) -> FlowResult:
    """Run a call to its end and tell the dialplan how it ended.

    Args:
        channel: The call; closed at the end.
        settings: The settings.
        journal: Records what happens.
        converse: Runs the conversation.
        audio_fd: The caller's audio, as EAGI gives it; closed at the end.
        deadline: Ends the call at the latest, not entered yet; default: ``call.deadline_s`` from
            now. Its owner may bring it forward.
        make_dialogue: Makes the dialogue; default: with the service of the settings.
        resources: What it shares with other calls; default: nothing.

    Returns:
        How the call ended, failures included.

    Cancellation: the channel is closed, the dialplan gets no variables.
    """
    reader = CallAudioReader(audio_fd)
    try:
        journal.record("call_started", extension=channel.environment.extension)
        limit = deadline or asyncio.timeout(settings.call.deadline_s)
        make = make_dialogue or functools.partial(_make_dialogue, settings, journal, resources)
        conversation = functools.partial(_with_dialogue, channel, make, converse, reader)
        result = await _try(conversation, settings, journal, limit)
        await _hand_back(channel, result)
    except ChannelClosed as exc:
        result = FlowResult(status=Status.HANGUP, error=str(exc))
    finally:
        reader.stop()
        await channel.close()
    journal.record("call_ended", status=result.status.value, error=result.error or None)
    return result


async def take_call(
    channel: AgiChannel,
    arguments: tuple[str, ...],
    shared: Resources,
    journal: Journal,
    *,
    audio_fd: int = 3,
    deadlines: set[asyncio.Timeout] | None = None,
    is_alone: bool = False,
) -> FlowResult:
    """Run what the arguments of ``EAGI()`` ask for, or tell the dialplan why not.

    Args:
        channel: The call; closed at the end.
        arguments: Name of a flow, or ``--script`` and a file.
        shared: What it shares with other calls, including the settings.
        journal: Records what happens.
        audio_fd: The caller's audio, as EAGI gives it; closed at the end.
        deadlines: Contains the deadline of the call while it runs.
        is_alone: The process has no other call. A script is loaded in the main thread, where it may
            set signal handlers.

    Raises:
        IvrError: There is no such flow or script. The dialplan has been told.

    Cancellation: the channel is closed, the dialplan gets no variables.
    """
    try:
        converse = await _find_conversation(arguments, shared, is_alone=is_alone)
    except BaseException as exc:
        release_fd(audio_fd)
        if isinstance(exc, IvrError):
            await refuse_call(channel, exc)
        raise
    deadline = asyncio.timeout(shared.settings.call.deadline_s)
    running = deadlines if deadlines is not None else set()
    running.add(deadline)
    try:
        return await run_call(
            channel,
            shared.settings,
            journal,
            converse,
            audio_fd=audio_fd,
            deadline=deadline,
            resources=shared,
        )
    finally:
        running.discard(deadline)


async def _find_conversation(
    arguments: tuple[str, ...], shared: Resources, *, is_alone: bool
) -> Callable[[Dialogue], Awaitable[FlowResult]]:
    """Return what runs the conversation.

    Raises:
        ConfigError: There is no such flow or script.
    """
    match arguments:
        case ("--script", path):
            script = load_script(path) if is_alone else await run_in(USER_CODE, load_script, path)
            return functools.partial(run_user_script, script, shared.settings)
        case (name,) if not name.startswith("-"):
            flow = shared.library.peek(name)
            if flow is None:  # brand new, wrong, or not there
                flow = await run_in(FILES, shared.library.get, name)
            return functools.partial(run_flow, name, flow, shared.settings)
    raise ConfigError("EAGI() takes the name of a flow here, or --script and a file")


async def close_journal(writer: JournalWriter | None) -> None:
    """Write the last lines of a journal, unless the disk has failed."""
    if writer is not None:
        try:
            await run_in(FILES, writer.close)
        except OSError as exc:
            _log.error("the journal's last lines may be lost: %s", exc.strerror)


async def refuse_call(channel: AgiChannel, error: IvrError) -> None:
    """Tell the dialplan why the call cannot start, and close the channel."""
    with contextlib.suppress(ChannelClosed):
        await _hand_back(channel, FlowResult(status=Status.FAILED, error=str(error)))
    await channel.close()


async def _try(
    conversation: Callable[[], Awaitable[FlowResult]],
    settings: Settings,
    journal: Journal,
    deadline: asyncio.Timeout,
) -> FlowResult:
    """Run the conversation, and turn every failure into a result."""
    planned_end = deadline.when()
    try:
        async with deadline:
            return await conversation()
    except CallerHungUp:
        return FlowResult(status=Status.HANGUP)
    except ChannelClosed:
        raise
    except SpeechError as exc:
        _log.error("%s", exc)
        return FlowResult(status=Status.SPEECH_DOWN, error=str(exc))
    except IvrError as exc:
        error = str(exc)
    except Exception as exc:  # noqa: BLE001  # the call's outermost frame: a bug, ours or a script's
        if not (isinstance(exc, TimeoutError) and deadline.expired()):
            error = _note_bug(exc, journal)
        elif deadline.when() != planned_end:
            error = "the server was stopped"
        else:
            error = f"the call was longer than call.deadline_s, {settings.call.deadline_s:g} s"
    _log.error("%s", error)
    return FlowResult(status=Status.FAILED, error=error)


def _note_bug(exc: Exception, journal: Journal) -> str:
    """Log the place of a bug; return what the dialplan may be told."""
    error = type(exc).__name__
    if journal.has_secrets:  # its text may have them
        frames = traceback.extract_tb(exc.__traceback__)
        places = " > ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
        _log.error("the call failed: %s at %s", error, places)
        return error
    _log.error("the call failed", exc_info=exc)
    return f"{error}: {exc}"


async def _with_dialogue(
    channel: AgiChannel,
    make: MakeDialogue,
    converse: Callable[[Dialogue], Awaitable[FlowResult]],
    reader: CallAudioReader,
) -> FlowResult:
    if not channel.environment.enhanced:
        raise ConfigError("the dialplan has AGI(), which gives no audio: write EAGI() there")
    dialogue = make(channel, reader)
    reader.on_frame = dialogue.hear
    reader.start()
    async with contextlib.AsyncExitStack() as at_end:  # all of it, also where it is cancelled
        at_end.callback(lambda: _note_audio(reader.audio, dialogue.line.journal))
        at_end.callback(reader.stop)
        at_end.push_async_callback(dialogue.line.store.close)
        if dialogue.recording is not None:  # reads prompts that the store is about to remove
            at_end.push_async_callback(dialogue.recording.stop)
        at_end.push_async_callback(dialogue.line.speech.close)
        at_end.push_async_callback(dialogue.close)
        dialogue.line.speech.open_ahead()
        await channel.answer()
        if dialogue.recording is not None:
            await dialogue.recording.begin_call()
        return await converse(dialogue)


def _make_dialogue(
    settings: Settings,
    journal: Journal,
    shared: Resources | None,
    channel: AgiChannel,
    reader: CallAudioReader,
) -> Dialogue:
    """Make a dialogue with the service of the settings."""
    resources = shared or Resources(settings)
    endpoints = make_endpoints(settings)
    language = channel.environment.language
    speech = SpeechLink(
        Endpoints(endpoints, resources.health),
        lambda: reader.audio.preroll(),
        journal,
        vocabularies=translate_vocabularies(
            settings.spool_dir, *(endpoint.url for endpoint in endpoints)
        ),
        sockets=resources.sockets.for_call(),
    )
    store = make_store(
        settings,
        endpoints,
        journal,
        cache=resources.cache,
        health=resources.health,
        language=language,
    )
    line = Line(
        channel=channel,
        speech=speech,
        store=store,
        recognition=settings.recognition,
        turn=settings.turn,
        journal=journal,
        forget_preroll=lambda: reader.audio.forget_preroll(),
    )
    return Dialogue(
        line,
        recording=_make_recording(channel, settings, journal),
        messages=settings.spool_dir / "messages",
    )


def _make_recording(
    channel: AgiChannel, settings: Settings, journal: Journal
) -> CallRecording | None:
    wanted = settings.recording
    if not wanted.folder:
        return None
    return CallRecording(
        settings.path(wanted.folder),
        journal,
        make_recordings(settings, channel.environment.language),
        call_id=channel.environment.uniqueid,
        by_step=wanted.when == "step",
        is_secure=lambda: journal.secure,
    )


def _note_audio(audio: CallAudio, journal: Journal) -> None:
    """Record how much audio came from the caller, and what is wrong with it."""
    health = audio.meter.health(asyncio.get_running_loop().time())
    if health.verdict is not AudioVerdict.GOOD:
        _log.info("the caller's audio: %s", health.verdict.value)
    journal.record(
        "audio",
        received=audio.frames_received,
        filled=audio.frames_filled,
        verdict=health.verdict.value,
        level_dbfs=round(health.level_dbfs, 1),
        longest_missing_ms=round(health.longest_missing_s * 1000),
    )


async def _hand_back(channel: AgiChannel, result: FlowResult) -> None:
    """Set the dialplan's variables. The dialplan hangs up or continues."""
    variables = {
        "IVR_STATUS": result.status.value,
        "IVR_RESULT": result.result,
        "IVR_TRANSFER": result.transfer,
        "IVR_ERROR": result.error,
        **result.variables,
    }
    for name, value in variables.items():
        await channel.set_variable(name, _carried(name, value))


def _carried(name: str, value: str) -> str:
    """Return a value as AGI can carry it: one line, no control characters, cut if too long.

    Whatever a caller or a service put into it, the dialplan gets its variables.
    """
    text = "".join(char for char in " ".join(value.split()) if char >= " " and char != "\x7f")
    room = MAX_COMMAND_BYTES - len(f'SET VARIABLE "{name}" \n')
    while (over := len(quote(text).encode("utf-8", ENCODING_ERRORS)) - room) > 0:
        text = text[: -max(1, over // 4)]
    if len(text) < len(value):
        _log.info("%s had to be cleaned or cut for the dialplan", name)
    return text
