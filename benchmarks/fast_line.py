"""A call in virtual time: the turn's own rules, with the local server's ears, minutes in seconds.

Turn, echo detector, speech detector, end-pointer and recogniser are those of a real call, fed frame
by frame. Left out are pipes, sockets and processor time: what they add, ``ivr-agi bench turn``
measures. A network may be given: what the service says comes so much later.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S, SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.audio.pauses import last_pause_before
from ivr_agi.dialogue.hearing.ear import Ear
from ivr_agi.dialogue.turn.commands import (
    EndRecognition,
    Finish,
    ResumePrompt,
    StartRecognition,
    StopPrompt,
    TurnCommand,
)
from ivr_agi.dialogue.turn.inputs import (
    EchoHeard,
    OnsetHeard,
    OwnVoiceHeard,
    PromptEnded,
    PromptStarted,
    TurnInput,
)
from ivr_agi.dialogue.turn.machine import Turn
from ivr_agi.dialogue.turn.table import PROMPT_OWED
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    EventResponse,
    RecognitionConfig,
    ResultResponse,
)
from ivr_agi.speech_server.engines.base import RecognitionRequest
from ivr_agi.speech_server.engines.pocketsphinx import PocketsphinxRecognizer
from ivr_agi.speech_server.engines.silero import SileroVad
from ivr_agi.speech_server.modes import SentenceSession
from ivr_agi.speech_server.session import (
    BeginUtterance,
    CloseUtterance,
    FeedUtterance,
    FinishUtterance,
    SessionSetup,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.dialogue.turn.outcomes import Outcome
    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.speech_server.engines.pocketsphinx import PocketsphinxUtterance
    from ivr_agi.speech_server.session import Output

__all__ = ("Ears", "FastLine", "Tally")

CHUNK_BYTES = 2 * FRAME_BYTES
PREROLL_FRAMES = 25
_EVENTS: dict[str, TurnInput] = {
    "VOICE_START": VoiceStarted(session=1),
    "VOICE_END": VoiceEnded(session=1),
    "EXCEEDED_SILENCE": SilenceExceeded(session=1),
    "EXCEEDED_AUDIO": AudioExceeded(session=1),
}


class Ears:
    """The local server's engines, loaded once.

    Args:
        phrases: What may be said.

    Raises:
        MissingDependency: The extra ``local`` is not installed.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self.vad = SileroVad()
        self.request = RecognitionRequest("en-us", tuple(phrases))
        self.recognizer = PocketsphinxRecognizer()
        self.recognizer.load()


@dataclass
class Tally:
    """What a caller did to the prompts; times in seconds of the call."""

    played_s: float = 0.0
    """Prompt that was played."""
    stops: list[float] = field(default_factory=list)
    resumes: list[float] = field(default_factory=list)
    outcomes: list[tuple[float, Outcome]] = field(default_factory=list)


class FastLine:
    """One call. A turn that is over is followed by the next one at once.

    Args:
        ears: The engines.
        plan: Of every turn.
        prompt: What is played in every turn, s16le mono 8 kHz.
        prompt_text: Its words.
        delay_s: There and back to the service, and its thinking.
    """

    def __init__(
        self, ears: Ears, plan: TurnPlan, prompt: bytes, prompt_text: str, *, delay_s: float = 0.0
    ) -> None:
        self.tally = Tally()
        self.now = 0.0
        self._ears = ears
        self._plan = plan
        self._prompt = prompt
        self._prompt_text = prompt_text
        self._delay_s = delay_s
        self._ear = Ear()
        self._preroll: deque[bytes] = deque(maxlen=PREROLL_FRAMES)
        self._service: _Service | None = None
        self._said: deque[tuple[float, _Service, TurnInput]] = deque()
        self._begin()

    def hear(self, frame: bytes) -> bytes:
        """Take 20 ms of the caller; returns the 20 ms that the caller hears meanwhile."""
        self.now += FRAME_S
        self._preroll.append(frame)
        if self._service is not None:
            self._say(self._service, self._service.hear(frame))
        self._ear.feed(frame, self.now)
        if self._plan.own_onset and self._ear.feed_onset(frame) and self._turn.awaits_onset:
            self._receive(OnsetHeard())
        elif self._turn.doubts_echo and self._ear.is_check_due() and self._ear.hears_own_voice():
            self._receive(OwnVoiceHeard())
        while self._said and self._said[0][0] <= self.now:
            _, service, told = self._said.popleft()
            if service is self._service:
                self._receive(told)
        while (due := self._turn.next_deadline()) is not None and due <= self.now:
            self._do(self._turn.handle_timeout(self.now))
        return self._play()

    def _begin(self) -> None:
        self._turn = Turn(self._plan, self.now, prompt_text=self._prompt_text)
        self._do(self._turn.begin())
        self._play_from(0)

    def _play_from(self, position: int) -> None:
        self._position, self._plays = position, True
        samples = position // SAMPLE_BYTES
        self._ear.play(self._prompt, self.now, offset_samples=samples)
        self._receive(PromptStarted(samples / SAMPLE_RATE_HZ))

    def _play(self) -> bytes:
        if not self._plays:
            return bytes(FRAME_BYTES)
        frame = self._prompt[self._position : self._position + FRAME_BYTES]
        self._position += FRAME_BYTES
        self.tally.played_s += FRAME_S
        if self._position >= len(self._prompt):
            self._plays = False
            self._receive(PromptEnded())
        return frame.ljust(FRAME_BYTES, b"\0")

    def _receive(self, told: TurnInput) -> None:
        is_voice = isinstance(told, VoiceStarted) and self._turn.state in PROMPT_OWED
        if is_voice and self._ear.hears_echo():
            told = EchoHeard()
        if isinstance(told, RecognitionEnded):
            self._service = None
        self._do(self._turn.receive(told, self.now))

    def _do(self, commands: list[TurnCommand]) -> None:
        for command in commands:
            match command:
                case StopPrompt():
                    if self._plays:
                        self.tally.stops.append(self.now)
                    self._stop()
                case ResumePrompt():
                    self.tally.resumes.append(self.now)
                    at = last_pause_before(
                        self._prompt[: self._position], self._position // SAMPLE_BYTES
                    )
                    self._play_from(at * SAMPLE_BYTES)
                case StartRecognition(silence_s=silence_s, has_preroll=has_preroll):
                    if not has_preroll:
                        self._preroll.clear()
                    self._service = _Service(self._ears, self._plan, silence_s)
                    self._say(self._service, self._service.hear(b"".join(self._preroll)))
                case EndRecognition(cancel=False) if self._service is not None:
                    self._say(self._service, self._service.end())
                case EndRecognition():
                    self._service = None
                case Finish(outcome=outcome):
                    self._stop()
                    self._service = None
                    self.tally.outcomes.append((self.now, outcome))
                    self._begin()

    def _stop(self) -> None:
        self._plays = False
        self._ear.stop(self.now)

    def _say(self, service: _Service, said: list[TurnInput]) -> None:
        at = self.now + self._delay_s
        self._said += [(at, service, told) for told in said]


class _Service:
    """One session of the local server, without the server."""

    def __init__(self, ears: Ears, plan: TurnPlan, silence_s: float) -> None:
        self._ears = ears
        stream = ears.vad.stream()
        self._session = SentenceSession(
            SessionSetup(
                RecognitionConfig(
                    audio_format="pcm8k16bit",
                    property="english_8k_common",
                    vad_head=round(silence_s * 1000) + PREROLL_FRAMES * 20,
                    max_seconds=round(plan.max_speech_s),
                    interim_results="yes",
                ),
                trace_id="",
                window_samples=ears.vad.window_samples,
                probability=stream.probability,
                is_free=False,
            )
        )
        self._utterance: PocketsphinxUtterance | None = None
        self._partial = ""
        self._unsent = b""

    def hear(self, pcm: bytes) -> list[TurnInput]:
        self._unsent += pcm
        if len(self._unsent) < CHUNK_BYTES:
            return []
        pcm, self._unsent = self._unsent, b""
        return self._carry_out(self._session.receive_audio(pcm))

    def end(self) -> list[TurnInput]:
        return self._carry_out(self._session.receive_end(cancel=False))

    def _carry_out(self, outputs: list[Output]) -> list[TurnInput]:
        said: list[TurnInput] = []
        for output in outputs:
            match output:
                case EventResponse(event=event):
                    said.append(_EVENTS[event])
                case ResultResponse(segments=[segment]) if segment.result is not None:
                    said.append(
                        Transcribed(
                            session=1,
                            text=segment.result.text,
                            is_final=segment.is_final,
                            score=segment.result.score,
                            start_ms=0,
                            end_ms=0,
                        )
                    )
                case EndResponse():
                    said.append(RecognitionEnded(session=1, reason=EndReason.NORMAL))
                case _:
                    said += self._carry_out(self._recognise(output))
        return said

    def _recognise(self, output: Output) -> list[Output]:
        match output:
            case BeginUtterance(background=background):
                self._utterance = self._ears.recognizer.open(self._ears.request)
                self._utterance.begin(background)
            case FeedUtterance(pcm=pcm) if self._utterance is not None:
                text = self._utterance.feed(pcm)
                if text and text != self._partial:
                    self._partial = text
                    return self._session.receive_partial(text)
            case FinishUtterance() if self._utterance is not None:
                hypothesis = self._utterance.finish()
                self._close()
                return self._session.receive_final(hypothesis)
            case CloseUtterance():
                self._close()
        return []

    def _close(self) -> None:
        if self._utterance is not None:
            self._utterance.close()
            self._utterance = None
