"""One call: puts channel, audio, speech, prompts and flow together, and takes them apart again.

However the call ends, the dialplan gets ``IVR_STATUS`` (:class:`~ivr_agi.flow.engine.Status`)
and what belongs to it; a mistake in a file is a status and one line, never a dead call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from ivr_agi.agi.audio import CallAudioReader
from ivr_agi.dialogue.call_recording import CallRecording
from ivr_agi.dialogue.session import Dialogue
from ivr_agi.dialogue.speech import SpeechLink
from ivr_agi.dialogue.turn import TurnPlan
from ivr_agi.errors import CallerHungUp, ChannelClosed, IvrError, SpeechError
from ivr_agi.flow.engine import FlowEngine, FlowResult, Status
from ivr_agi.flow.vocabularies import read_vocabularies, translate_vocabularies
from ivr_agi.serve.services import make_services, make_sounds, make_store
from ivr_agi.sis.endpoints import Endpoints
from ivr_agi.sis.health import Health
from ivr_agi.sis.state import SharedState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ivr_agi.agi.channel import AgiChannel
    from ivr_agi.flow.model import Flow
    from ivr_agi.journal import Journal
    from ivr_agi.settings import Settings

__all__ = ("refuse_call", "run_call", "run_flow")

_log = logging.getLogger("ivr_agi.serve")


async def run_flow(name: str, flow: Flow, settings: Settings, dialogue: Dialogue) -> FlowResult:
    """Run a flow on a call.

    Args:
        name: Its name; hot-word tables are kept by it.
        flow: What its file says.
        settings: The settings.
        dialogue: The call.

    Raises:
        IvrError: What no step of the flow can handle.
    """
    turn = settings.turn
    engine = FlowEngine(
        flow,
        dialogue,
        dialogue.journal,
        plan=TurnPlan(
            timeout_s=turn.timeout_s,
            max_speech_s=settings.recognition.max_seconds,
            # A sentence may have to be said again to the next endpoint.
            service_grace_s=turn.service_grace_s
            + (settings.speech.failover_s if settings.speech.endpoints else 0),
            deadline_s=turn.deadline_s,
        ),
        min_score=settings.recognition.min_score,
        vocabularies=read_vocabularies(settings.spool_dir, settings.speech.url.rstrip("/"), name),
    )
    return await engine.run()


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
    sounds = make_sounds(settings, channel.environment.language)
    recording = CallRecording(
        settings.path(settings.recording.folder) if settings.recording.folder else None,
        journal,
        sounds,
        call_id=channel.environment.uniqueid,
        by_step=settings.recording.when == "step",
    )

    def on_frame(frame: bytes) -> None:
        speech.feed(frame)
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
    store = make_store(
        settings, services, journal, health=health, language=channel.environment.language
    )
    channel.on_stream = recording.stream
    reader.start()
    speech.open_ahead()
    try:
        await channel.answer()
        await recording.begin_call()
        dialogue = Dialogue(
            channel,
            speech,
            store,
            recognition=settings.recognition,
            turn=settings.turn,
            journal=journal,
            recording=recording,
        )
        return await converse(dialogue)
    finally:
        await speech.close()
        await recording.stop()  # before the prompts that it has yet to read are removed
        await store.close()
        reader.stop()
        audio = reader.audio
        journal.record("audio", received=audio.frames_received, filled=audio.frames_filled)


async def _hand_back(channel: AgiChannel, result: FlowResult) -> None:
    """Set the dialplan's variables. It is the dialplan that hangs up, or goes on."""
    variables = {
        "IVR_STATUS": result.status.value,
        "IVR_RESULT": result.result,
        "IVR_TRANSFER": result.transfer,
        "IVR_ERROR": result.error,
    }
    for name, value in variables.items():
        await channel.set_variable(name, " ".join(value.split()))
