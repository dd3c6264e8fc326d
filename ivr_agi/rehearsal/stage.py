"""Puts a rehearsed call together: everything of ours is real, what is around us is not.

Real: :func:`~ivr_agi.serve.call.run_call` with flow engine, dialogue, turn, prompt player and
store, speech link, recogniser, AGI channel and their cores. In their place: time (:mod:`.virtual`),
pipes and Asterisk (the simulator's, :mod:`.phone`), the speech service (:mod:`.service`),
the sound of prompts (silence as long as the text), and the caller (:mod:`.caller`).
"""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

import msgspec

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.audio.frames import FRAME_S, SILENCE_FRAME
from ivr_agi.dialogue.call import Dialogue
from ivr_agi.dialogue.line import Line
from ivr_agi.dialogue.listen.link import SpeechLink
from ivr_agi.dialogue.prompt.cache import PromptCache
from ivr_agi.dialogue.prompt.parts import LiveText, Recording, Text
from ivr_agi.dialogue.prompt.store import PromptStore
from ivr_agi.dialogue.turn.outcomes import HungUp, NoInput, Pressed, Recorded
from ivr_agi.errors import SpeechUnavailable
from ivr_agi.flow.file.spec import PromptSpec, walk
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.place import decode_place, encode_place
from ivr_agi.flow.tools.vocabularies import hot_words
from ivr_agi.journal import Event, Journal
from ivr_agi.rehearsal.caller import RehearsedCaller
from ivr_agi.rehearsal.phone import RehearsedPhone
from ivr_agi.rehearsal.service import PaperService
from ivr_agi.rehearsal.timed_sounds import VOICE_FRAME, TimedSounds, silent_speech
from ivr_agi.serve.call import run_call, run_flow
from ivr_agi.settings import PathSettings, Settings
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.sis.client.pool import SocketPool
from ivr_agi.sis.wire.messages import SynthesisConfig
from ivr_agi.speech_server.imitation import imitation_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
    from types import TracebackType

    from ivr_agi.agi.audio import CallAudioReader
    from ivr_agi.dialogue.prompt.parts import Prompt
    from ivr_agi.dialogue.record.message import MessagePlan
    from ivr_agi.dialogue.turn.outcomes import Outcome
    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.file.model import Program
    from ivr_agi.flow.run.place import CallPlace
    from ivr_agi.flow.run.results import FlowResult
    from ivr_agi.rehearsal.caller import CallerAction
    from ivr_agi.rehearsal.engines import Engines
    from ivr_agi.simulator.playback import SoundOpener

__all__ = ("Rehearsed", "RehearsedCall", "Script", "Stage")

_SERVICE = Endpoint(url="ws://127.0.0.1:9", project_id="rehearsal")
_VOICE = SynthesisConfig()

MessageOutcome = Recorded | Pressed | NoInput | HungUp
"""What comes of recording a message."""


@dataclass(frozen=True, kw_only=True)
class Script:
    """One call that is to be rehearsed."""

    program: Program
    """The flow."""
    next_action: Callable[[RehearsedCall], CallerAction]
    """What the caller does, asked at the begin of each question."""
    outside: Outside = Outside()
    """What the flow reaches."""
    caller: Mapping[str, str] = field(default_factory=dict)
    """``number``, ``name``, ``called``."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """What the dialplan sets: ``IVR_ARG_NAME``, as texts."""
    dialled: Sequence[str] = ()
    """What comes of each transfer that comes back (``BUSY``); the next one ends the call."""
    on_event: Callable[[Event], None] = lambda _: None
    """Gets every event of the journal."""
    on_prompt: Callable[[Prompt], None] = lambda _: None
    """Gets each prompt when it begins to be heard."""
    on_outcome: Callable[[Outcome | Recorded], None] = lambda _: None
    """Gets what each question came to."""
    engines: Engines | None = None
    """Recognise audio; None: the caller's words are told to the service."""
    service_delay_s: float = 0.0
    """How long the service's messages take."""
    region: str = ""
    """The region of the cloud that the service behaves like: it refuses what that refuses."""
    make_phone: Callable[[IncomingCall, SoundOpener], RehearsedPhone] = RehearsedPhone
    """Makes the caller's telephone, which plays the sounds that the second argument opens."""


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """How a call went."""

    result: FlowResult
    variables: Mapping[str, str]
    """Of the channel, at the end."""
    duration_s: float
    """Virtual seconds."""
    questions: int
    """Turns, those for further keys included."""


class Stage:
    """What calls share: the spool folder with its prompts. Use it in ``with``.

    Args:
        settings: The installation's; of paths and service nothing is used.
        voice: Synthesises a text, s16le mono 8 kHz.
    """

    def __init__(
        self, settings: Settings | None = None, *, voice: Callable[[str], bytes] = silent_speech
    ) -> None:
        self.settings = settings or Settings()
        self.store: PromptStore
        self.voice_is_down = False
        """No prompt can be synthesised."""
        self._voice = voice
        self._folder = TemporaryDirectory(prefix="ivr-agi-")
        self._recordings: tuple[Program, dict[str, str]] | None = None

    def __enter__(self) -> Self:
        spool = Path(self._folder.name)
        self.settings = _with_spool(self.settings, spool)
        self.store = PromptStore(
            PromptCache(spool),
            self._synthesize,
            _VOICE,
            service_kind="paper",
            journal=Journal(),
        )
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    async def play(self, script: Script) -> Rehearsed:
        """Run one call to its end; in a :class:`~ivr_agi.rehearsal.virtual.VirtualLoop`."""
        self.voice_is_down, self.store.config = False, _VOICE
        return await RehearsedCall(self, script).run()

    def recordings(self, program: Program) -> dict[str, str]:
        """Return what each recording of a program says, as far as its flows tell."""
        if self._recordings is None or self._recordings[0] is not program:
            self._recordings = (program, _recordings(program))
        return self._recordings[1]

    async def _synthesize(
        self, text: str, _: SynthesisConfig, *, on_trace: Callable[[str], None]
    ) -> AsyncGenerator[bytes]:
        if self.voice_is_down:
            raise SpeechUnavailable("the voice is down in this test")
        yield self._voice(text)


class RehearsedCall:
    """One call under way, for whoever says what the caller does."""

    def __init__(self, stage: Stage, script: Script) -> None:
        self.stage = stage
        self.script = script
        self.questions = 0
        loop = asyncio.get_running_loop()
        self._began_at = loop.time()
        program = script.program
        engines = script.engines
        tables = {
            step if name == program.main else f"{name}.{step}": words
            for name, flow in program.flows.items()
            for step, words in hot_words(flow).items()
        }
        self.service = PaperService(
            None if engines is None else functools.partial(engines.listen, tables),
            delay_s=script.service_delay_s,
            imitation=imitation_of(script.region),
        )
        """Of the speech service's rehearsal: it may fail."""
        self.phone = script.make_phone(
            _incoming(script), TimedSounds(stage.recordings(program), loop.time)
        )
        """The caller may also press and hang up at any time."""
        self._caller = RehearsedCaller(lambda: script.next_action(self), self.phone, self.service)
        self._journal = Journal(clock=loop.time, listener=self._on_event)
        self._tables = {step: step for step in tables}
        self._asks = False
        self._n_messages = 0

    async def run(self) -> Rehearsed:
        """Run it to its end."""
        phone, script = self.phone, self.script
        try:
            phone.start(audio=script.engines is not None)
            channel = await AgiChannel.open(transport=phone, handle_sighup=False)
            result = await run_call(
                channel,
                self.stage.settings,
                self._journal,
                self._converse,
                audio_fd=phone.script_audio_fd,
                make_dialogue=self._make_dialogue,
            )
        finally:
            self._caller.leave()
            phone.end()
        return Rehearsed(
            result=result,
            variables=phone.session.variables,
            duration_s=asyncio.get_running_loop().time() - self._began_at,
            questions=self.questions,
        )

    def begin_turn(self, prompt: Prompt) -> None:
        """A turn begins. One that waits for a further key in silence is no new question."""
        self.questions += 1
        self._asks = not (isinstance(prompt, Recording) and prompt.name.startswith("silence/"))
        if self._asks:
            self._caller.begin_question()

    async def take_message(
        self, dialogue: Dialogue, taking: Awaitable[MessageOutcome]
    ) -> MessageOutcome:
        """Do what the caller does while a message is recorded: what is heard are vowels."""
        self.questions += 1
        self._caller.begin_question()
        self._caller.hear_begin()
        self._caller.hear_end()
        hearing = asyncio.ensure_future(self._hear_vowels(dialogue))
        try:
            outcome = await taking
        finally:
            hearing.cancel()
        self._caller.end_question()
        self.script.on_outcome(outcome)
        if isinstance(outcome, Recorded):  # the same in every run
            self._n_messages += 1
            return replace(outcome, name=f"message-{self._n_messages}")
        return outcome

    async def _hear_vowels(self, dialogue: Dialogue) -> None:
        while True:
            await asyncio.sleep(FRAME_S)
            if dialogue.line.on_frame is not None:
                speaks = self.service.voice() is not None
                dialogue.line.on_frame(VOICE_FRAME if speaks else SILENCE_FRAME)

    def begin_prompt(self, prompt: Prompt) -> None:
        """A prompt begins to be heard; what is still being written is told at its end."""
        if not isinstance(prompt, LiveText):
            self.script.on_prompt(prompt)
        if self._asks:
            self._caller.hear_begin()

    def end_turn(self, outcome: Outcome) -> None:
        """It came to something."""
        if self._asks:
            self._asks = False
            self.script.on_outcome(outcome)
            self._caller.end_question()

    async def _converse(self, dialogue: Dialogue) -> FlowResult:
        program, dialled = self.script.program, ""
        place: CallPlace | None = None
        kept: list[CallPlace] = []

        async def keep_place(place: CallPlace) -> str:
            kept.append(decode_place(encode_place(place)))
            return "kept"

        outcomes = iter(self.script.dialled)
        while True:
            result = await run_flow(
                program.main,
                program,
                self.stage.settings,
                dialogue,
                outside=replace(self.script.outside, keep_place=keep_place),
                vocabularies=self._tables,
                place=place,
                dialled=dialled,
            )
            dialled = next(outcomes, "") if "IVR_RETURN" in result.variables else ""
            if not dialled:
                return result
            place = kept[-1]

    def _make_dialogue(self, channel: AgiChannel, reader: CallAudioReader) -> Dialogue:
        settings = self.stage.settings
        speech = SpeechLink(
            Endpoints([_SERVICE]),
            lambda: reader.audio.preroll(),
            self._journal,
            sockets=SocketPool(max_kept=0, connect=self.service.connect).for_call(),
        )
        line = _Line(
            channel=channel,
            speech=speech,
            store=self.stage.store,
            recognition=settings.recognition,
            turn=settings.turn,
            journal=self._journal,
            forget_preroll=lambda: reader.audio.forget_preroll(),
        )
        line.begin_prompt = self.begin_prompt
        return _Dialogue(self, line, messages=settings.spool_dir / "messages")

    def _on_event(self, event: Event) -> None:
        self.script.on_event(event)
        is_end = event.event == "prompt_ended" and event.data["cause"] == "ended"
        if self._asks and (is_end or event.event == "prompt_missing"):
            self._caller.hear_end()


class _Line(Line):
    """Tells the call of its prompts."""

    begin_prompt: Callable[[Prompt], None]

    def note_started(self, prompt: Prompt) -> None:
        super().note_started(prompt)
        self.begin_prompt(prompt)


class _Dialogue(Dialogue):
    """Tells the call of its questions."""

    def __init__(self, call: RehearsedCall, line: Line, *, messages: Path) -> None:
        super().__init__(line, messages=messages)
        self._call = call

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        self._call.begin_turn(prompt)
        outcome = await super().turn(prompt, plan, vocabulary_id=vocabulary_id)
        self._call.end_turn(outcome)
        return outcome

    async def say(self, prompt: Prompt) -> None:
        if not isinstance(prompt, LiveText):
            return await super().say(prompt)
        written: list[str] = []

        async def pieces() -> AsyncGenerator[str]:
            async for piece in prompt.pieces:
                written.append(piece)
                yield piece

        try:
            await super().say(replace(prompt, pieces=pieces()))
        finally:
            self._call.script.on_prompt(Text("".join(written)))

    async def take_message(self, plan: MessagePlan) -> MessageOutcome:
        return await self._call.take_message(self, super().take_message(plan))

    async def discard_message(self, message: Recorded) -> None:
        pass


def _with_spool(settings: Settings, spool: Path) -> Settings:
    return msgspec.structs.replace(settings, paths=PathSettings(spool=str(spool)))


def _incoming(script: Script) -> IncomingCall:
    caller = script.caller
    arguments = {f"IVR_ARG_{name.upper()}": str(text) for name, text in script.arguments.items()}
    return IncomingCall(
        arguments=("call", script.program.main),
        caller_id=caller.get("number") or "unknown",
        caller_id_name=caller.get("name") or "unknown",
        extension=caller.get("called") or "100",
        variables=arguments,
    )


def _recordings(program: Program) -> dict[str, str]:
    """Return what each recording says, as far as the flows tell."""
    return {
        part.recording: part.text
        for flow in program.flows.values()
        for step in flow.steps.values()
        for _, spec in walk(step)
        if isinstance(spec, PromptSpec)
        for _, part in spec.all_parts()
        if part.recording and part.text
    }
