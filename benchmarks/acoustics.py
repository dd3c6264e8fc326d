"""A real call on a line with its sounds, in virtual time: minutes of it in seconds.

Everything is what a call in service has: :func:`~ivr_agi.serve.call.run_call` with a flow, the
turn, the prompt player, the echo detector, the link to the recogniser and its pacing, the local
server's engines. The prompt is heard with its own samples, and the line may give it back. Left out
are pipes, sockets and processor time: what they add, ``ivr-agi bench turn`` measures. The service
may be far away: what it says comes so much later.
"""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from benchmarks.noises import over_ulaw, to_pcm, to_samples
from ivr_agi.audio.frames import FRAME_BYTES, FRAME_SAMPLES
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.engines import Engines
from ivr_agi.rehearsal.phone import RehearsedPhone
from ivr_agi.rehearsal.stage import Script, Stage
from ivr_agi.rehearsal.virtual import run_virtually
from ivr_agi.settings import Settings
from ivr_agi.simulator.sound_folder import SoundFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from ivr_agi.audio.levels import Samples
    from ivr_agi.dialogue.turn.outcomes import Outcome, Recorded
    from ivr_agi.journal import Event
    from ivr_agi.simulator.incoming import IncomingCall
    from ivr_agi.simulator.playback import SoundOpener

__all__ = ("AcousticCalls", "AcousticTally", "Echo")

_DEFAULTS = Settings()
_MAX_SPEECH_S = 10


@dataclass(frozen=True)
class Echo:
    """What the line gives back of the prompt."""

    level_db: float
    """Against the prompt."""
    delay_ms: int
    """A multiple of 20."""


@dataclass
class AcousticTally:
    """What a caller did to the prompts; times in seconds of the call."""

    played_s: float = 0.0
    """Prompt that was played."""
    stops: list[float] = field(default_factory=list)
    """When Asterisk had stopped the prompt for what the caller did."""
    resumes: list[float] = field(default_factory=list)
    """When it went on after that."""
    outcomes: list[Outcome | Recorded] = field(default_factory=list)

    _began_at: float | None = None
    """When the prompt that plays began."""

    def note(self, event: Event) -> None:
        """Take an event of the journal."""
        match event.event:
            case "prompt_started" | "prompt_resumed":
                self._began_at = event.at_s
                if event.event == "prompt_resumed":
                    self.resumes.append(event.at_s)
            case "prompt_stopped" | "prompt_ended" | "call_ended" if self._began_at is not None:
                self.played_s += event.at_s - self._began_at
                self._began_at = None
                if event.event == "prompt_stopped":
                    self.stops.append(event.at_s)


class _Phone(RehearsedPhone):
    """Brings in the given samples, and the echo of what it plays; hangs up after them."""

    def __init__(self, call: IncomingCall, samples: Samples, echo: Echo | None) -> None:
        super().__init__(call, SoundFolder(Path()))
        self._samples = samples
        self._at = 0
        self._gain = 0.0 if echo is None else 10 ** (echo.level_db / 20)
        n_frames = 1 if echo is None else echo.delay_ms // 20
        self._coming_back = deque([bytes(FRAME_BYTES)] * (n_frames - 1))

    def next_frame(self, heard: bytes) -> bytes:
        """Return the next frame of the line."""
        at, self._at = self._at, self._at + FRAME_SAMPLES
        if self._at > self._samples.size:
            self.hang_up()
            return bytes(FRAME_BYTES)
        frame = self._samples[at : self._at]
        self._coming_back.append(heard)
        back = self._coming_back.popleft()
        if self._gain:
            frame = frame + to_samples(over_ulaw(back)) * self._gain
        return over_ulaw(to_pcm(frame))


class AcousticCalls:
    """Calls to a menu that asks again and again. Use it in ``with``.

    Args:
        phrases: The menu's choices.
        prompt: What it says, s16le mono 8 kHz.
        prompt_text: Its words.
        timeout_s: ``turn.timeout_s``.

    Raises:
        MissingDependency: The extra ``local`` is not installed.
    """

    def __init__(
        self,
        phrases: Sequence[str],
        prompt: bytes,
        prompt_text: str,
        *,
        timeout_s: float = _DEFAULTS.turn.timeout_s,
    ) -> None:
        choices = "".join(f"\n      - {{words: [{phrase}], go: ask}}" for phrase in phrases)
        again = "{after: 1, go: ask}"
        self._program = Program.of(
            parse_flow(
                "start: ask\nlimits: {turns: 1000}\nsteps:\n  ask:\n    do: menu\n"
                f"    prompt: {prompt_text}\n    choices:{choices}\n"
                f"    no_input: {again}\n    no_match: {again}\n"
            )
        )
        self._engines = Engines()
        self._stages = {
            own_onset: Stage(
                replace(
                    _DEFAULTS,
                    turn=replace(_DEFAULTS.turn, timeout_s=timeout_s, own_onset=own_onset),
                    recognition=replace(_DEFAULTS.recognition, max_seconds=_MAX_SPEECH_S),
                ),
                voice=lambda _: prompt,
            )
            for own_onset in (False, True)
        }
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        self._exits.enter_context(self._engines)
        for stage in self._stages.values():
            self._exits.enter_context(stage)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._exits.close()

    def call(
        self,
        samples: Samples,
        *,
        echo: Echo | None = None,
        delay_s: float = 0.0,
        own_onset: bool = False,
    ) -> AcousticTally:
        """Make one call, as long as what comes in.

        Args:
            samples: The caller's side of the line.
            echo: What it gives back of the prompt besides.
            delay_s: There and back to the service, and its thinking.
            own_onset: ``turn.own_onset``.
        """
        tally = AcousticTally()

        def make_phone(call: IncomingCall, _: SoundOpener) -> RehearsedPhone:
            return _Phone(call, samples, echo)

        script = Script(
            program=self._program,
            next_action=lambda _: CallerAction(Deed.SILENCE),
            on_event=tally.note,
            on_outcome=tally.outcomes.append,
            engines=self._engines,
            service_delay_s=delay_s,
            make_phone=make_phone,
        )
        run_virtually(self._stages[own_onset].play(script))
        return tally
