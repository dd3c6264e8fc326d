"""One call: puts channel, audio, speech, prompts and flow together, and takes them apart again.

However the call ends, the dialplan gets ``IVR_STATUS`` (:class:`~ivr_agi.flow.engine.Status`)
and what belongs to it; a mistake in a file is a status and one line, never a dead call.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from ivr_agi.agi.audio import CallAudio, CallAudioReader
from ivr_agi.audio.health import AudioVerdict
from ivr_agi.dialogue.call_recording import CallRecording
from ivr_agi.dialogue.plan import TurnPlan
from ivr_agi.dialogue.session import Dialogue
from ivr_agi.dialogue.speech import SpeechLink
from ivr_agi.errors import CallerHungUp, ChannelClosed, IvrError, SpeechError
from ivr_agi.flow.engine import FlowEngine, FlowResult, Outside, Status
from ivr_agi.flow.fetch import fetch
from ivr_agi.flow.invoke import Invoker
from ivr_agi.flow.vocabularies import read_vocabularies, translate_vocabularies
from ivr_agi.serve.services import (
    default_language,
    make_services,
    make_sounds,
    make_store,
    make_synthesis_config,
)
from ivr_agi.sis.endpoints import Endpoints
from ivr_agi.sis.health import Health
from ivr_agi.sis.state import SharedState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ivr_agi.agi.channel import AgiChannel
    from ivr_agi.flow.model import Flow, Program
    from ivr_agi.journal import Journal
    from ivr_agi.settings import Settings

__all__ = ("refuse_call", "run_call", "run_flow", "use_language")

_log = logging.getLogger("ivr_agi.serve")


async def run_flow(
    name: str, flow: Flow | Program, settings: Settings, dialogue: Dialogue
) -> FlowResult:
    """Run a flow on a call.

    Args:
        name: Its name; hot-word tables are kept by it.
        flow: What its file says, or with the flows that it calls.
        settings: The settings.
        dialogue: The call.

    Raises:
        IvrError: What no step of the flow can handle.
    """
    caller = dialogue.channel.environment
    engine = FlowEngine(
        flow,
        dialogue,
        dialogue.journal,
        plan=_make_plan(settings),
        min_score=settings.recognition.min_score,
        vocabularies=read_vocabularies(settings.spool_dir, settings.speech.url.rstrip("/"), name),
        language=default_language(settings),
        caller={
            "number": caller.caller_id or "",
            "name": caller.caller_id_name or "",
            "called": caller.dnid or caller.extension,
        },
        outside=Outside(
            fetch=fetch,
            invoke=Invoker(settings.flows_dir),
            set_language=functools.partial(use_language, dialogue, settings),
            enter_step=dialogue.enter_step,
        ),
    )
    result = await engine.run(await _read_arguments(engine.call.program, dialogue.channel))
    version = engine.call.program.version
    told = {"IVR_FLOW_VERSION": version} if version else {}
    return replace(result, variables={**result.variables, **told})


async def _read_arguments(program: Program, channel: AgiChannel) -> dict[str, str]:
    """Return the flow's variables that the dialplan set, as ``IVR_ARG_NAME``."""
    found = {}
    for name in program.flows[program.main].variables:
        value = await channel.get_variable(f"IVR_ARG_{name.upper()}")
        if value is not None:
            found[name] = value
    return found


def use_language(dialogue: Dialogue, settings: Settings, language: str) -> None:
    """Make recogniser and voice speak a language from the next prompt on."""
    found = settings.languages.get(language) or settings.languages.get(language[:2])
    if found is None:
        _log.warning("no recogniser and voice for %r: see [languages] in the settings", language)
        return
    dialogue.recognition = structs.replace(settings.recognition, property=found.recognition)
    voice = structs.replace(settings.synthesis, property=found.voice)
    dialogue.store.config = make_synthesis_config(voice)


def _make_plan(settings: Settings) -> TurnPlan:
    plan = TurnPlan.from_settings(settings.turn, settings.recognition)
    if not settings.speech.endpoints:
        return plan
    # A sentence may have to be said again to the next endpoint.
    grace_s = plan.service_grace_s + settings.speech.failover_s
    return replace(plan, service_grace_s=grace_s)


async def run_call(
    channel: AgiChannel,
    settings: Settings,
    journal: Journal,
    converse: Callable[[Dialogue], Awaitable[FlowResult]],
    *,
    audio_fd: int = 3,
) -> FlowResult:
    """Run a call to its end and tell the dialplan how it ended.

    Args:
        channel: The call; closed at the end.
        settings: The settings.
        journal: Gets what happens.
        converse: What is done with the call.
        audio_fd: The caller's audio, as EAGI gives it.

    Returns:
        How it ended, also where it failed.

    Cancellation: the channel is closed, the dialplan gets no variables.
    """
    journal.record("call_started", extension=channel.environment.extension)
    try:
        result = await _try(channel, settings, journal, converse, audio_fd)
        await _hand_back(channel, result)
    except ChannelClosed as exc:
        result = FlowResult(status=Status.HANGUP, error=str(exc))
    finally:
        await channel.close()
    journal.record("call_ended", status=result.status.value, error=result.error or None)
    return result


async def refuse_call(channel: AgiChannel, error: IvrError) -> None:
    """Tell the dialplan that the call cannot even begin, and close the channel."""
    with contextlib.suppress(ChannelClosed):
        await _hand_back(channel, FlowResult(status=Status.FAILED, error=str(error)))
    await channel.close()


async def _try(
    channel: AgiChannel,
    settings: Settings,
    journal: Journal,
    converse: Callable[[Dialogue], Awaitable[FlowResult]],
    audio_fd: int,
) -> FlowResult:
    """Run the conversation; every failure becomes a result."""
    try:
        async with asyncio.timeout(settings.call.deadline_s):
            return await _with_dialogue(channel, settings, journal, converse, audio_fd)
    except TimeoutError:
        error = f"the call was longer than call.deadline_s, {settings.call.deadline_s:g} s"
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
        _log.exception("the call failed")
        error = f"{type(exc).__name__}: {exc}"
    _log.error("%s", error)
    return FlowResult(status=Status.FAILED, error=error)


async def _with_dialogue(
    channel: AgiChannel,
    settings: Settings,
    journal: Journal,
    converse: Callable[[Dialogue], Awaitable[FlowResult]],
    audio_fd: int,
) -> FlowResult:
    services = make_services(settings)
    health = SharedState(Health, settings.spool_dir / "speech-health.json")
    language = channel.environment.language
    recording = _make_recording(channel, settings, journal)

    def on_frame(frame: bytes) -> None:
        dialogue.hear(frame)
        recording.hear(frame)

    reader = CallAudioReader(audio_fd, on_frame=on_frame)
    speech = SpeechLink(
        Endpoints(services, health),
        lambda: reader.audio.preroll(),
        journal,
        vocabularies=translate_vocabularies(
            settings.spool_dir, *(service.url for service in services)
        ),
    )
    store = make_store(settings, services, journal, health=health, language=language)
    dialogue = Dialogue(
        channel,
        speech,
        store,
        recognition=settings.recognition,
        turn=settings.turn,
        journal=journal,
        forget_preroll=lambda: reader.audio.forget_preroll(),
        recording=recording,
    )
    channel.on_stream = recording.stream
    reader.start()
    speech.open_ahead()
    try:
        await channel.answer()
        await recording.begin_call()
        return await converse(dialogue)
    finally:
        await dialogue.close()
        await speech.close()
        await recording.stop()  # it reads prompts that the store is about to remove
        await store.close()
        reader.stop()
        _note_audio(reader.audio, journal)


def _make_recording(channel: AgiChannel, settings: Settings, journal: Journal) -> CallRecording:
    wanted = settings.recording
    return CallRecording(
        settings.path(wanted.folder) if wanted.folder else None,
        journal,
        make_sounds(settings, channel.environment.language),
        call_id=channel.environment.uniqueid,
        by_step=wanted.when == "step",
        is_secure=lambda: journal.secure,
    )


def _note_audio(audio: CallAudio, journal: Journal) -> None:
    """Record what came of the caller's audio, and what is wrong with it."""
    health = audio.meter.health(time.monotonic())
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
    """Set the dialplan's variables. It is the dialplan that hangs up, or goes on."""
    variables = {
        "IVR_STATUS": result.status.value,
        "IVR_RESULT": result.result,
        "IVR_TRANSFER": result.transfer,
        "IVR_ERROR": result.error,
        **result.variables,
    }
    for name, value in variables.items():
        await channel.set_variable(name, " ".join(value.split()))
