"""The speech service of a rehearsal: speaks the service's own messages, in virtual time.

Stands where the network would be: the client's real recogniser writes frames to
:class:`PaperSocket` and reads the answers from it. What is understood is what the caller of the
test says, with the delays of a good service; or, with engines, what they hear in the audio.

Source: ``sis-protocol.md`` 4 and 7 (sentence-stream), order of messages 8 rows 2 and 5.
"""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosedError

from ivr_agi.errors import SpeechUnavailable
from ivr_agi.sis.client.recognizer import RecognitionClient
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndRequest,
    EndResponse,
    ErrorResponse,
    EventName,
    EventResponse,
    RecognitionConfig,
    ResultResponse,
    Segment,
    SegmentText,
    StartResponse,
    encode,
)
from ivr_agi.speech_server.imitation import Imitation
from ivr_agi.speech_server.requests import BadRequest, read_recognition_request

if TYPE_CHECKING:
    import msgspec

    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.wire.events import RecognitionEvent
    from ivr_agi.sis.wire.messages import RecognitionCommand

__all__ = (
    "SCORE",
    "Listening",
    "MakeListening",
    "PaperService",
    "PaperSocket",
    "ServiceFault",
    "part_of",
)

ONSET_S = 0.12
"""From the first sound of a voice until VOICE_START is there."""
INTERIM_SHARE = 0.6
"""So much of a sentence has been said when interim words come."""
PREROLL_S = 0.5
"""What was said so long before a session began is sent with it."""
SCORE = 0.95
"""How sure the service is of words, unless told otherwise."""


class ServiceFault(enum.StrEnum):
    """What is wrong with the service."""

    UP = "up"
    """Nothing."""
    DOWN = "down"
    """It cannot be reached; what was connected is cut."""
    REFUSED = "refused"
    """It answers every START with ERROR."""
    DIES = "dies"
    """It breaks off in the caller's next words, and is down from then on."""
    FROZEN = "frozen"
    """It takes everything and answers nothing."""


class Listening:
    """A session that listens to audio: an engine's. Methods return the text frames they lead to."""

    def hear(self, pcm: bytes) -> list[str]:
        """Take audio (s16le mono 8 kHz)."""
        raise NotImplementedError

    def end(self, *, cancel: bool) -> list[str]:
        """Take the client's END."""
        raise NotImplementedError


MakeListening = Callable[[RecognitionConfig, str], Listening]
"""Opens a session: what START asks for, and its trace id."""


@dataclass
class _Voice:
    """Something the caller says."""

    words: str
    """Empty: a noise."""
    begins_at: float
    ends_at: float
    is_done: bool = False
    """A session has understood it."""
    score: float = SCORE

    def words_until(self, now: float, since: float) -> str:
        lasts_s = self.ends_at - self.begins_at
        shares = [min(1.0, max(0.0, (at - self.begins_at) / lasts_s)) for at in (since, now)]
        return part_of(self.words, *shares)


def part_of(words: str, first: float, last: float) -> str:
    """Return what is said of a sentence between two shares (0 to 1) of its time."""
    joint = " " if words.isascii() else ""
    units = words.split(" ") if joint else list(words)
    return joint.join(units[round(first * len(units)) : round(last * len(units))])


class PaperService:
    """The service, for one call.

    Args:
        make_listening: Opens an engine's session; None: only what is put in the caller's mouth
            (:meth:`speak`) is understood.
        delay_s: How long its messages take to the client: there and back to a service far away.
        imitation: The region of the cloud that it behaves like; None: no one.
    """

    def __init__(
        self,
        make_listening: MakeListening | None = None,
        *,
        delay_s: float = 0.0,
        imitation: Imitation | None = None,
    ) -> None:
        self.delay_s = delay_s
        self.imitation = imitation or Imitation()
        self.fault = ServiceFault.UP
        self.make_listening = make_listening
        self._loop = asyncio.get_running_loop()
        self._voice: _Voice | None = None
        self._sockets: set[PaperSocket] = set()
        self._n_sessions = 0

    async def connect(
        self,
        endpoint: Endpoint,
        *,
        on_event: Callable[[RecognitionEvent], None],
        mode: Mode = Mode.SENTENCE,
    ) -> RecognitionClient:
        """Connect a recogniser, as :meth:`RecognitionClient.connect` does.

        Raises:
            SpeechUnavailable: It is down.
        """
        if self.fault is ServiceFault.DOWN:
            raise SpeechUnavailable("speech is down in this test", service=endpoint.url)
        socket = PaperSocket(self, self._sockets.discard)
        self._sockets.add(socket)
        return RecognitionClient(socket, endpoint, on_event, mode)

    def fail(self, fault: ServiceFault) -> None:
        """Be in order, or out of it, from now on."""
        self.fault = fault
        if fault is ServiceFault.DOWN:
            for socket in list(self._sockets):
                socket.abort()

    def speak(self, words: str, lasts_s: float, score: float = SCORE) -> None:
        """The caller says something from now on; a noise where there are no words."""
        now = self._loop.time()
        self._voice = _Voice(words, now, now + lasts_s, score=score)
        for socket in list(self._sockets):
            socket.notice(self._voice)

    def voice(self) -> _Voice | None:
        """Return what the caller is saying, where no session has understood it yet."""
        voice = self._voice
        if voice is None or voice.is_done or voice.ends_at <= self._loop.time():
            return None
        return voice

    def next_trace_id(self) -> str:
        """Return the id of a new session."""
        self._n_sessions += 1
        return f"paper-{self._n_sessions}"


class PaperSocket:
    """The service's end of one WebSocket, as the client's own end of it.

    A :class:`~ivr_agi.sis.client.connection.MessageTransport`.
    """

    def __init__(self, service: PaperService, on_closed: Callable[[PaperSocket], None]) -> None:
        self.service = service
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._inbox: deque[str] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._session: _Session | None = None
        self._is_closed = False

    # What the client does.

    async def recv(self) -> str:
        """Return the next message.

        Raises:
            ConnectionClosedError: It is closed.
        """
        while not self._inbox:
            if self._is_closed:
                raise ConnectionClosedError(None, None)
            self._waiter = self._loop.create_future()
            await self._waiter
        return self._inbox.popleft()

    def write(self, messages: Sequence[str | bytes]) -> int:
        """Take messages of the client."""
        for message in messages:
            if self._is_closed or self.service.fault is ServiceFault.FROZEN:
                break
            if isinstance(message, str):
                self._read(message)
            elif self._session is not None:
                self._session.hear(message)
        return 0

    async def ping(self) -> asyncio.Future[float]:
        """Return the pong: it is there, or never comes.

        Raises:
            ConnectionClosedError: It is closed.
        """
        if self._is_closed:
            raise ConnectionClosedError(None, None)
        pong: asyncio.Future[float] = self._loop.create_future()
        if self.service.fault is not ServiceFault.FROZEN:
            pong.set_result(0.0)
        return pong

    async def close(self) -> None:
        """Close it."""
        self.abort()

    def abort(self) -> None:
        """Break the connection."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._session is not None:
            self._session.forget()
        self._on_closed(self)
        self._wake()

    # What the service does.

    def say(self, *messages: msgspec.Struct) -> None:
        """Send messages, unless the service is frozen by now."""
        self.say_frames([encode(message) for message in messages])

    def say_frames(self, frames: list[str]) -> None:
        """Send messages that are text frames already."""
        if self.service.fault is ServiceFault.FROZEN or self._is_closed:
            return
        if self.service.delay_s:
            self._loop.call_later(self.service.delay_s, self._deliver, frames)
        else:
            self._deliver(frames)

    def notice(self, voice: _Voice) -> None:
        """The caller begins to speak."""
        if self._session is not None:
            self._session.notice(voice)

    def _read(self, message: str) -> None:
        """Take a message, or refuse it as the region would."""
        try:
            request = read_recognition_request(message, self.service.imitation.check_start)
        except BadRequest as error:
            trace_id = self.service.next_trace_id()
            self.say(ErrorResponse(trace_id=trace_id, error_code=error.code, error_msg=error.text))
        else:
            self._receive(request)

    def _receive(self, request: RecognitionCommand) -> None:
        if isinstance(request, EndRequest):
            self._end(cancel=request.cancel)
        elif self.service.fault is ServiceFault.REFUSED:
            trace_id = self.service.next_trace_id()
            self.say(
                ErrorResponse(
                    trace_id=trace_id, error_code="SIS.0303", error_msg="refused in this test"
                ),
                EndResponse(trace_id=trace_id, reason=EndReason.ERROR),
            )
        else:
            self._session = _Session(self, request.config)

    def _end(self, *, cancel: bool) -> None:
        session, self._session = self._session, None
        if session is None:
            self.say(EndResponse(trace_id=self.service.next_trace_id(), reason=EndReason.NORMAL))
        else:
            session.end(cancel=cancel)

    def _deliver(self, frames: list[str]) -> None:
        self._inbox.extend(frames)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Session:
    """START to END."""

    def __init__(self, socket: PaperSocket, config: RecognitionConfig) -> None:
        self._socket = socket
        self._service = socket.service
        self._config = config
        self._loop = asyncio.get_running_loop()
        self._began_at = self._loop.time()
        self._trace_id = self._service.next_trace_id()
        self._timer: asyncio.TimerHandle | None = None
        self._voice: _Voice | None = None
        self._voice_said = False
        self._is_over = False
        make = self._service.make_listening
        self._listening = None if make is None else make(config, self._trace_id)
        socket.say(StartResponse(trace_id=self._trace_id))
        if (voice := self._service.voice()) is not None:
            self.notice(voice)
        elif self._listening is None:
            self._at(self._began_at + config.vad_head / 1000, self._exceed_silence)

    def hear(self, audio: bytes) -> None:
        if self._listening is not None:
            self._socket.say_frames(self._listening.hear(audio))

    def notice(self, voice: _Voice) -> None:
        """Hear what the caller says; the engine, if any, hears a silent line."""
        if self._is_over or self._voice is not None:
            return
        self._listening, self._voice = None, voice
        self._at(max(voice.begins_at, self._began_at) + ONSET_S, self._say_voice_start)

    def end(self, *, cancel: bool) -> None:
        self.forget()
        if self._listening is not None:
            self._socket.say_frames(self._listening.end(cancel=cancel))
            return
        if self._voice_said and not self._is_over and not cancel:
            self._say_result(is_final=True)
        reason = EndReason.CANCEL if cancel else EndReason.NORMAL
        self._socket.say(EndResponse(trace_id=self._trace_id, reason=reason))

    def forget(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _at(self, when: float, act: Callable[[], None]) -> None:
        self.forget()
        self._timer = self._loop.call_at(when, act)

    def _exceed_silence(self) -> None:
        self._is_over = True
        self._say_event(EventName.EXCEEDED_SILENCE)

    def _say_voice_start(self) -> None:
        voice = self._heard()
        self._voice_said = True
        self._say_event(EventName.VOICE_START)
        lasts_s = voice.ends_at - voice.begins_at
        interim_at = voice.begins_at + INTERIM_SHARE * lasts_s
        if self._service.fault is ServiceFault.DIES:
            self._at(interim_at, lambda: self._service.fail(ServiceFault.DOWN))
        elif voice.words and self._config.interim_results == "yes":
            self._at(max(interim_at, self._loop.time()), self._say_interim)
        else:
            self._await_end(voice)

    def _say_interim(self) -> None:
        self._say_result(is_final=False)
        self._await_end(self._heard())

    def _await_end(self, voice: _Voice) -> None:
        begins_at = max(voice.begins_at, self._began_at)
        cut_at = begins_at + self._config.max_seconds
        self._at(
            max(self._loop.time(), min(voice.ends_at + self._config.vad_tail / 1000, cut_at)),
            self._finish,
        )

    def _finish(self) -> None:
        """Say the words and that they are over; a noise without words is silence (8, row 5)."""
        self._is_over = True
        if self._say_result(is_final=True):
            self._say_event(EventName.VOICE_END)
        else:
            self._say_event(EventName.EXCEEDED_SILENCE)

    def _say_result(self, *, is_final: bool) -> bool:
        voice, now = self._heard(), self._loop.time()
        words = voice.words_until(now, self._began_at - PREROLL_S)
        voice.is_done = voice.is_done or (is_final and now >= voice.ends_at)
        if words:
            segment = Segment(
                start_time=self._ms(voice.begins_at),
                end_time=self._ms(min(now, voice.ends_at)),
                is_final=is_final,
                result=SegmentText(text=words, score=voice.score if is_final else 0.0),
            )
            self._socket.say(ResultResponse(trace_id=self._trace_id, segments=[segment]))
        return bool(words)

    def _say_event(self, event: EventName) -> None:
        position_ms = self._ms(self._loop.time())
        self._socket.say(EventResponse(trace_id=self._trace_id, event=event, timestamp=position_ms))

    def _heard(self) -> _Voice:
        assert self._voice is not None  # its timers run only with one
        return self._voice

    def _ms(self, at: float) -> int:
        return max(0, round((at - self._began_at) * 1000))
