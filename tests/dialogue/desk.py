"""A dialogue on a simulated Asterisk, in this process: real pipes, real sockets, real time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed

from ivr_agi.agi.audio import CallAudioReader
from ivr_agi.agi.channel import AgiChannel
from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.dialogue.call import Dialogue
from ivr_agi.dialogue.line import Line
from ivr_agi.dialogue.listen.link import SpeechLink
from ivr_agi.dialogue.prompt.cache import PromptCache
from ivr_agi.dialogue.prompt.recordings import Recordings
from ivr_agi.dialogue.prompt.store import PromptStore
from ivr_agi.dialogue.prompt.synthesis import Synthesize
from ivr_agi.journal import Event, Journal
from ivr_agi.settings import RecognitionSettings, TurnSettings
from ivr_agi.simulator.call import SimulatedAsterisk
from ivr_agi.simulator.caller import CallerStep
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.patience import PATIENCE_S
from tests.sis.fake import CANCELLED, Peer

NOBODY = Endpoint(url="ws://127.0.0.1:9", project_id="p", connect_timeout_s=0.5)
"""A service that is not there."""

LOUD_MS = b"\x00\x20" * 8
"""One audible millisecond."""


def loud(duration_ms: int) -> bytes:
    """Audible PCM."""
    return LOUD_MS * duration_ms


Speak = Callable[[str, SynthesisConfig], AsyncGenerator[bytes]]
"""A voice that tells no trace_id."""


def without_trace(speak: Speak) -> Synthesize:
    """What a prompt store takes."""
    return lambda text, config, *, on_trace: speak(text, config)


async def say_at_once(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
    """Synthesise a text of milliseconds (``"300"``) in one piece."""
    yield loud(int(text))


async def finish(peer: Peer) -> None:
    """Answer END, which need not come any more when the call is over."""
    with contextlib.suppress(ConnectionClosed):
        await peer.end()
        await peer.say(CANCELLED)


@dataclass
class Desk:
    """A dialogue, and what is around it."""

    asterisk: SimulatedAsterisk
    channel: AgiChannel
    speech: SpeechLink
    store: PromptStore
    dialogue: Dialogue
    events: list[Event]

    def names(self) -> list[str]:
        """Names of the journal's events so far."""
        return [event.event for event in self.events]

    async def until(self, name: str) -> None:
        """Wait until the journal has an event of that name."""
        async with asyncio.timeout(PATIENCE_S):
            while name not in self.names():  # noqa: ASYNC110  # the journal's listener is a list
                await asyncio.sleep(0.01)

    def data(self, name: str) -> dict[str, Any]:
        """What belongs to the first event of that name."""
        return next(event.data for event in self.events if event.event == name)

    def heard_ms(self) -> int:
        """Milliseconds of audible prompt that the caller heard so far."""
        pcm = bytes(self.asterisk.line.recording.ivr_pcm)
        return pcm.count(LOUD_MS[:2]) * 1000 // ms_to_bytes(1000) * 2


@contextlib.asynccontextmanager
async def open_desk(
    folder: Path,
    *steps: CallerStep,
    service: Endpoint = NOBODY,
    synthesize: Speak = say_at_once,
    turn: TurnSettings | None = None,
    reads_sounds: bool = True,
) -> AsyncIterator[Desk]:
    """Open a call with a scripted caller and a dialogue on it."""
    events: list[Event] = []
    journal = Journal(listener=events.append)
    line = PhoneLine(IncomingCall(), SoundFolder(folder), steps)
    async with contextlib.AsyncExitStack() as stack:
        asterisk = await stack.enter_async_context(SimulatedAsterisk(line))
        channel = await AgiChannel.open(
            stdin_fd=asterisk.script_stdin_fd,
            stdout_fd=asterisk.script_stdout_fd,
            handle_sighup=False,
        )
        stack.push_async_callback(channel.close)
        reader = CallAudioReader(
            asterisk.script_audio_fd, on_frame=lambda frame: dialogue.hear(frame)
        )
        stack.callback(reader.stop)
        speech = SpeechLink(Endpoints([service]), lambda: reader.audio.preroll(), journal)
        stack.push_async_callback(speech.close)
        store = PromptStore(
            PromptCache(folder / "spool"),
            without_trace(synthesize),
            SynthesisConfig(),
            service_kind="t",
            recordings=Recordings(folder) if reads_sounds else None,
            journal=journal,
        )
        stack.push_async_callback(store.close)
        dialogue = Dialogue(
            Line(
                channel=channel,
                speech=speech,
                store=store,
                recognition=RecognitionSettings(property="english_8k_common"),
                turn=turn or TurnSettings(),
                journal=journal,
                forget_preroll=lambda: reader.audio.forget_preroll(),
            ),
            messages=folder / "messages",
        )
        stack.push_async_callback(dialogue.close)
        reader.start()
        yield Desk(asterisk, channel, speech, store, dialogue, events)
