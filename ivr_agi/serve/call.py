"""One call: sets up channel, audio, speech, prompts and flow, and tears them down again.

However the call ends, the dialplan gets ``IVR_STATUS`` (:class:`~ivr_agi.flow.run.results.Status`)
and the variables that belong to it. A mistake in a file is a status and one line in the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from ivr_agi.agi.audio import CallAudio, CallAudioReader
from ivr_agi.agi.transport import release_fd
from ivr_agi.audio.health import AudioVerdict
from ivr_agi.dialogue.call import Dialogue
from ivr_agi.dialogue.line import Line
from ivr_agi.dialogue.listen.link import SpeechLink
from ivr_agi.dialogue.listen.tables import HotWordTables
from ivr_agi.dialogue.record.call_recording import CallRecording
from ivr_agi.door.script import script_program
from ivr_agi.errors import CallerHungUp, ChannelClosed, ConfigError, IvrError, SpeechError
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.run.engine import FlowEngine
from ivr_agi.flow.run.fetch import fetch, stream
from ivr_agi.flow.run.invoke import Invoker
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.flow.run.waiting import LoopWaiting
from ivr_agi.flow.tools.vocabularies import read_program_vocabularies, translate_vocabularies
from ivr_agi.serve.announce import announcement
from ivr_agi.serve.handback import hand_back, last_words
from ivr_agi.serve.reach import make_outside, make_plan, make_traceparent, read_arguments
from ivr_agi.serve.records import describe_task, note_bug, note_end, note_start, readable_name
from ivr_agi.serve.resources import Resources
from ivr_agi.serve.scripts import load_script, run_user_script
from ivr_agi.serve.wiring import (
    default_language,
    make_endpoints,
    make_recordings,
    make_slower,
    make_store,
    make_synthesis_config,
)
from ivr_agi.settings import least_score
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.surroundings import environment, local_now
from ivr_agi.threads import FILES, run_in, run_user_code

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ivr_agi.agi.channel import AgiChannel
    from ivr_agi.flow.file.model import Flow
    from ivr_agi.flow.run.place import CallPlace
    from ivr_agi.journal import Journal
    from ivr_agi.settings import Settings

__all__ = (
    "CallTask",
    "MakeDialogue",
    "run_call",
    "run_flow",
    "take_call",
    "use_language",
)

_log = logging.getLogger("ivr_agi.serve")

FIND_S = 10.0
"""Seconds until the flow or the script of a call is read; a script that hangs while it is loaded
does not hold its caller."""
Converse = Callable[["Dialogue"], "Awaitable[FlowResult]"]
"""Runs a conversation to its end."""
MakeDialogue = Callable[["AgiChannel", CallAudioReader], Dialogue]
"""Makes the dialogue of a call."""


@dataclass(frozen=True, kw_only=True)
class CallTask:
    """What a call is to do."""

    converse: Converse = field(default=lambda dialogue: _raise(ConfigError("nothing to do")))
    """Runs the conversation."""
    failure: Exception | None = None
    """Why there is nothing to run."""
    about: Mapping[str, str] = field(default_factory=dict)
    """``flow``, ``version``, ``script``: for the journal."""
    variables: frozenset[str] = frozenset()
    """Of the dialplan, beside those of every call, that it may set."""


_GIVEN_UP = FlowResult(status=Status.FAILED, error="the server was stopped")
"""The end of a call that was cancelled."""


async def run_flow(
    name: str,
    flow: Flow | Program,
    settings: Settings,
    dialogue: Dialogue,
    *,
    outside: Outside | None = None,
    vocabularies: Mapping[str, str] | None = None,
    place: CallPlace | None = None,
    dialled: str = "",
) -> FlowResult:
    """Run a flow on a call.

    Args:
        name: Its name, which its hot-word tables have.
        flow: The flow, or the flow with those that it calls.
        settings: The settings.
        dialogue: The call.
        outside: What the flow reaches outside the call; a rehearsal has its own.
        vocabularies: Hot-word table of each step; default: those made at the service.
        place: Where it goes on, after a transfer.
        dialled: What came of the transfer.

    Raises:
        IvrError: What no step of the flow can handle.
    """
    caller = dialogue.line.channel.environment
    program = flow if isinstance(flow, Program) else Program.of(flow, name)
    if vocabularies is None:
        url = settings.speech.url.rstrip("/")
        vocabularies = read_program_vocabularies(settings.spool_dir, url, program)
    outside = outside or Outside(
        fetch=fetch, stream=stream, invoke=Invoker(settings.flows_dir), wall_clock=local_now
    )
    channel = dialogue.line.channel
    engine = FlowEngine(
        program,
        dialogue,
        dialogue.line.journal,
        plan=make_plan(settings),
        min_score=least_score(settings.recognition),
        vocabularies=vocabularies,
        timezone=settings.call.timezone,
        language=default_language(settings),
        caller={
            "number": readable_name(caller.caller_id),
            "name": readable_name(caller.caller_id_name),
            "called": readable_name(caller.dnid or caller.extension),
        },
        outside=replace(
            outside,
            waiting=LoopWaiting(),
            environ=environment(),
            traceparent=make_traceparent() if settings.traces.url else outside.traceparent,
            attend=dialogue.attend,
            is_speaking=lambda: dialogue.is_speaking,
            has_hung_up=lambda: dialogue.line.channel.hangup_seen,
            set_language=functools.partial(use_language, dialogue, settings),
            speak_slowly=functools.partial(make_slower, dialogue.line.store),
            enter_step=dialogue.enter_step,
            get_variable=channel.get_variable,
            set_variable=channel.set_variable,
        ),
    )
    arguments = await read_arguments(program, dialogue.line.channel)
    if arguments:
        dialogue.line.journal.record("arguments", arguments=arguments)
    result = await engine.run(arguments, place=place, dialled=dialled)
    told = {"IVR_FLOW_VERSION": program.version} if program.version else {}
    return replace(result, variables={**result.variables, **told})


def use_language(dialogue: Dialogue, settings: Settings, language: str) -> None:
    """Switch recogniser and voice to a language, from the next prompt on."""
    found = settings.languages.get(language) or settings.languages.get(language[:2])
    if found is None:
        _log.warning("no recogniser and voice for %r: see [languages] in the settings", language)
        return
    dialogue.line.recognition = structs.replace(settings.recognition, property=found.recognition)
    voice = structs.replace(settings.synthesis, property=found.voice, voice_name="")
    dialogue.line.store.config = make_synthesis_config(voice)


async def run_call(
    channel: AgiChannel,
    settings: Settings,
    journal: Journal,
    task: CallTask | Converse,
    *,
    audio_fd: int = 3,
    make_dialogue: MakeDialogue | None = None,
    deadline: asyncio.Timeout | None = None,
    resources: Resources | None = None,
) -> FlowResult:
    """Run a call to its end and tell the dialplan how it ended.

    Whatever is raised ends in a status, a closed channel, and one end in the journal.

    Args:
        channel: The call; closed at the end.
        settings: The settings.
        journal: Records what happens.
        task: What to do, or the conversation alone.
        audio_fd: The caller's audio, as EAGI gives it; closed at the end.
        deadline: Ends the call at the latest, not entered yet; default: ``call.deadline_s`` from
            now. Its owner may bring it forward.
        make_dialogue: Makes the dialogue; default: with the service of the settings.
        resources: What it shares with other calls; default: nothing.

    Returns:
        How the call ended, failures included.

    Cancellation: the dialplan gets its variables, the channel is closed, the journal has the end.
    """
    if not isinstance(task, CallTask):
        task = CallTask(converse=task)
    make = make_dialogue or functools.partial(_make_dialogue, settings, journal, resources)
    reader = CallAudioReader(audio_fd)
    conversation = (
        functools.partial(_with_dialogue, channel, make, task.converse, reader)
        if task.failure is None
        else functools.partial(_raise, task.failure)
    )
    limit = deadline or asyncio.timeout(settings.call.deadline_s)
    began_at = asyncio.get_running_loop().time()
    result, is_told = _GIVEN_UP, False
    try:
        note_start(channel, journal, task.about)
        result = await _try(conversation, settings, journal, limit)
        is_told = await hand_back(channel, result, task.variables)
    except ChannelClosed as exc:
        result = FlowResult(status=Status.HANGUP, error=str(exc))
    finally:
        reader.stop()
        await channel.close(b"" if is_told else last_words(result, task.variables))
        note_end(journal, result, began_at)
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

    Returns:
        How the call ended, failures included: there is no such flow or script, ...

    Cancellation: as that of :func:`run_call`.
    """
    try:
        async with asyncio.timeout(FIND_S):
            task = await _find_task(
                arguments, shared, channel.environment.uniqueid, is_alone=is_alone
            )
    except Exception as exc:  # noqa: BLE001  # the call's outermost frame before it begins
        failure = exc if str(exc) else ConfigError(f"cannot be read in {FIND_S:g} s")
        task = CallTask(failure=failure, about=describe_task(arguments))
    except BaseException:
        release_fd(audio_fd)
        await channel.close(last_words(_GIVEN_UP))
        note_end(journal, _GIVEN_UP, note_start(channel, journal, describe_task(arguments)))
        raise
    deadline = asyncio.timeout(shared.settings.call.deadline_s)
    running = deadlines if deadlines is not None else set()
    running.add(deadline)
    try:
        return await run_call(
            channel,
            shared.settings,
            journal,
            task,
            audio_fd=audio_fd,
            deadline=deadline,
            resources=shared,
        )
    finally:
        running.discard(deadline)


async def _find_task(
    arguments: tuple[str, ...], shared: Resources, uniqueid: str, *, is_alone: bool
) -> CallTask:
    """Return what the call is to do.

    Args:
        arguments: Those of ``EAGI()``.
        shared: What it shares with other calls.
        uniqueid: Asterisk's name of the channel.
        is_alone: The process has no other call.

    Raises:
        ConfigError: There is no such flow or script.
        TimeoutError: It could not be read in time.
    """
    settings, about = shared.settings, describe_task(arguments)
    outside = make_outside(shared, uniqueid)

    def talk(name: str, program: Program, **back: Any) -> Converse:
        return functools.partial(run_flow, name, program, settings, outside=outside, **back)

    match arguments:
        case ("--script", path):
            load = functools.partial(load_script, path)
            script = load() if is_alone else await run_user_code(load)
            if inspect.iscoroutinefunction(script):
                name = Path(path).stem
                return CallTask(converse=talk(name, script_program(name, script)), about=about)
            converse = functools.partial(run_user_script, script, settings)
            return CallTask(converse=converse, about=about)
        case ("--announce", token):
            told = announcement(await run_in(FILES, shared.returns.find, token))
            return CallTask(converse=talk(told.main, told), about=about)
        case (name, *back) if name and not name.startswith("-") and len(back) in {0, 2}:
            place, dialled = None, ""
            if back:
                token, dialled = back
                place = await run_in(FILES, shared.returns.take, token, uniqueid)
            program = shared.library.peek(name)
            if program is None:  # brand new, wrong, or not there
                program = await run_in(FILES, shared.library.get, name)
            return CallTask(
                converse=talk(name, program, place=place, dialled=dialled),
                about={**about, "version": program.version},
                variables=program.told,
            )
    raise ConfigError("EAGI() takes the name of a flow here, or --script and a file")


async def _raise(failure: Exception) -> FlowResult:
    raise failure


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
            error = note_bug(exc, journal)
        elif deadline.when() != planned_end:
            error = "the server was stopped"
        else:
            error = f"the call was longer than call.deadline_s, {settings.call.deadline_s:g} s"
    _log.error("%s", error)
    return FlowResult(status=Status.FAILED, error=error)


async def _with_dialogue(
    channel: AgiChannel,
    make: MakeDialogue,
    converse: Callable[[Dialogue], Awaitable[FlowResult]],
    reader: CallAudioReader,
) -> FlowResult:
    if not channel.environment.enhanced:
        raise ConfigError("the dialplan has AGI(), which gives no audio: write EAGI() there")
    if (form := await channel.get_variable("EAGI_AUDIO_FORMAT")) not in {None, "", "slin"}:
        reason = f"the dialplan sets EAGI_AUDIO_FORMAT={form!r}: only slin (8 kHz) is understood"
        raise ConfigError(reason)
    dialogue = make(channel, reader)
    reader.on_frame = dialogue.hear
    reader.start()
    async with contextlib.AsyncExitStack() as at_end:  # all of it, also where it is cancelled
        at_end.callback(lambda: _note_audio(reader.audio, dialogue.line))
        at_end.callback(reader.stop)
        closing = [dialogue.line.store.close, dialogue.line.speech.close, dialogue.close]
        if dialogue.recording is not None:  # reads prompts that the store is about to remove
            closing.insert(1, dialogue.recording.stop)
        for close in closing:
            at_end.push_async_callback(_close, close, dialogue.line.journal)
        dialogue.line.speech.open_ahead()
        await channel.answer()
        if dialogue.recording is not None:
            await dialogue.recording.begin_call()
        return await converse(dialogue)


async def _close(close: Callable[[], Awaitable[object]], journal: Journal) -> None:
    """Close a part of a call. A failure is logged, and does not change how the call ended."""
    try:
        await close()
    except ChannelClosed:
        return  # the dialplan's variables will find that out as well
    except Exception as exc:  # noqa: BLE001  # the part's outermost frame
        note_bug(exc, journal)


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
        tables=HotWordTables(
            translate_vocabularies(settings.spool_dir, *(each.url for each in endpoints)),
            resources.refused_tables,
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


def _note_audio(audio: CallAudio, line: Line) -> None:
    """Record how much audio came from the caller, and what is wrong with it."""
    now = asyncio.get_running_loop().time()
    health = audio.meter.health(now, was_understood=line.speech.has_understood)
    if health.verdict is not AudioVerdict.GOOD:
        _log.info("the caller's audio: %s", health.verdict.value)
    line.journal.record(
        "audio",
        received=audio.frames_received,
        filled=audio.frames_filled,
        verdict=health.verdict.value,
        level_dbfs=round(health.level_dbfs, 1),
        longest_missing_ms=round(health.longest_missing_s * 1000),
    )
