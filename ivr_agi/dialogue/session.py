"""Runs turns over the channel and the speech service: the shell around :mod:`.turn`.

What the service says reaches the AGI pipe in one call stack: socket reader, speech link, turn,
STOP, fence. Nothing is awaited between VOICE_START and the command that stops the prompt.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ivr_agi.agi.channel import PlaybackCause
from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.dialogue.outcomes import Heard, Outcome
from ivr_agi.dialogue.player import ALL_KEYS, PromptPlayer
from ivr_agi.dialogue.prompts import Text, parts_of
from ivr_agi.dialogue.turn import (
    EndRecognition,
    Finish,
    Happening,
    StartRecognition,
    StopPrompt,
    Turn,
    TurnCommand,
    TurnPlan,
    TurnState,
)
from ivr_agi.errors import AgiCommandFailed, CallerHungUp, SpeechError
from ivr_agi.sis.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)
from ivr_agi.sis.messages import RecognitionConfig

if TYPE_CHECKING:
    from ivr_agi.agi.channel import AgiChannel, Playback
    from ivr_agi.dialogue.call_recording import CallRecording
    from ivr_agi.dialogue.prompts import Prompt, PromptStore
    from ivr_agi.dialogue.speech import SpeechLink
    from ivr_agi.journal import Journal
    from ivr_agi.settings import RecognitionSettings, TurnSettings

__all__ = ("Dialogue",)

_log = logging.getLogger("ivr_agi.dialogue")

_HAPPENINGS: dict[type[RecognitionEvent], Happening] = {
    VoiceStarted: Happening.VOICE_STARTED,
    VoiceEnded: Happening.VOICE_ENDED,
    SilenceExceeded: Happening.SILENCE_EXCEEDED,
    AudioExceeded: Happening.AUDIO_EXCEEDED,
    RecognitionEnded: Happening.SESSION_ENDED,
    RecognitionFailed: Happening.SPEECH_FAILED,
}


class Dialogue:
    """What a call flow talks through: says prompts and runs turns on one call.

    Args:
        channel: The call.
        speech: The recogniser.
        store: The prompts.
        recognition: What every session asks for.
        turn: The clocks.
        journal: Gets what happens.
        recording: Records the call, or steps of it.
    """

    def __init__(
        self,
        channel: AgiChannel,
        speech: SpeechLink,
        store: PromptStore,
        *,
        recognition: RecognitionSettings,
        turn: TurnSettings,
        journal: Journal,
        recording: CallRecording | None = None,
    ) -> None:
        self.channel = channel
        self.speech = speech
        self.store = store
        self.journal = journal
        self.recognition = recognition
        self.turn_settings = turn
        self.recording = recording

    async def say(self, prompt: Prompt) -> None:
        """Play a prompt to its end, without listening.

        Raises:
            CallerHungUp: The caller left.
            SpeechError: The prompt could not be synthesised.

        Cancellation: safe; the prompt is stopped.
        """
        player = PromptPlayer(self.channel, self.store, lambda: self.note_started(prompt))
        try:
            await player.play(prompt, keys="")
        except AgiCommandFailed as exc:
            self.note_missing(prompt, exc)
        else:
            self.journal.record("prompt_ended", cause=PlaybackCause.ENDED.value)

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        """Play a prompt and listen.

        Args:
            prompt: What to say.
            plan: How the turn is to go.
            vocabulary_id: Hot-word table of the service, the words that are expected.

        Returns:
            What the caller did; never more than one thing.

        Raises:
            ChannelLost: Asterisk is gone.

        Cancellation: safe; prompt and recognition are stopped.
        """
        return await _RunningTurn(self, prompt, plan, vocabulary_id).run()

    def note_started(self, prompt: Prompt) -> None:
        """Record that a prompt begins to play."""
        self.journal.record("prompt_started", **_describe(prompt))

    def note_missing(self, prompt: Prompt, exc: AgiCommandFailed) -> None:
        """Record that Asterisk cannot open a prompt: the call goes on without it."""
        names = [part.name for part in parts_of(prompt) if not isinstance(part, Text)]
        _log.error("a prompt cannot be played: %s (%s)", ", ".join(names) or "synthesised", exc)
        self.journal.record("prompt_missing", **_describe(prompt))


def _describe(prompt: Prompt) -> dict[str, str | None]:
    """Texts and recordings of a prompt, for the journal."""
    texts, names = [], []
    for part in parts_of(prompt):
        if not isinstance(part, Text):
            names.append(part.name)
        elif not part.is_private:
            texts.append(part.text)
    return {"text": " ".join(texts) or None, "recording": " ".join(names) or None}


class _RunningTurn:
    """One turn under way."""

    def __init__(
        self, dialogue: Dialogue, prompt: Prompt, plan: TurnPlan, vocabulary_id: str | None
    ) -> None:
        self._dialogue = dialogue
        self._prompt = prompt
        self._vocabulary_id = vocabulary_id
        self._loop = asyncio.get_running_loop()
        self._turn = Turn(plan, self._loop.time())
        self._player = PromptPlayer(
            dialogue.channel, dialogue.store, lambda: dialogue.note_started(prompt)
        )
        self._timer: asyncio.TimerHandle | None = None
        self._outcome: Outcome | None = None
        self._voice_started_at: float | None = None

    async def run(self) -> Outcome:
        """Run it to its outcome."""
        self._dialogue.speech.on_event = self._on_speech
        if self._turn.plan.listen:
            self._dialogue.speech.open_ahead()
        self._carry_out(self._turn.begin())
        try:
            while self._outcome is None:
                await self._play_and_wait()
        finally:
            self._dialogue.speech.on_event = None
            self._dialogue.speech.end(cancel=True)
            if self._timer is not None:
                self._timer.cancel()
        self._dialogue.journal.record(
            "outcome",
            outcome=type(self._outcome).__name__,
            false_barge_ins=self._turn.false_barge_ins or None,
        )
        return self._outcome

    async def _play_and_wait(self) -> None:
        """Play the prompt, then silence, until the turn is over."""
        try:
            await self._play()
            while self._outcome is None:
                self._take(await self._player.wait_for_key())
        except CallerHungUp:
            self._receive(Happening.HUNG_UP)
        except SpeechError as exc:
            self._receive(Happening.SPEECH_FAILED, reason=str(exc))

    async def _play(self) -> None:
        plan = self._turn.plan
        keys = ALL_KEYS if plan.barge_in.by_keys else ""
        try:
            playback = await self._player.play(self._prompt, keys=keys)
        except AgiCommandFailed as exc:
            self._dialogue.note_missing(self._prompt, exc)
        else:
            self._note_end(playback)
            self._take(playback)
        self._dialogue.speech.set_chunk(self._dialogue.turn_settings.listen_chunk_ms)
        self._receive(Happening.PROMPT_ENDED)

    def _note_end(self, playback: Playback) -> None:
        record = self._dialogue.journal.record
        position_ms = playback.position_samples * 1000 // SAMPLE_RATE_HZ
        if playback.cause is PlaybackCause.STOPPED and self._voice_started_at is not None:
            barge_in_ms = round((self._loop.time() - self._voice_started_at) * 1000, 1)
            record("prompt_stopped", barge_in_ms=barge_in_ms, position_ms=position_ms)
        else:
            record("prompt_ended", cause=playback.cause.value, position_ms=position_ms)

    def _take(self, playback: Playback) -> None:
        if playback.key is not None and self._outcome is None:
            self._dialogue.journal.record("key", key=playback.key)
            self._receive(Happening.KEY, key=playback.key)

    def _on_speech(self, event: RecognitionEvent) -> None:
        match event:
            case Transcribed(is_final=True):
                words = Heard(text=event.text, score=event.score, trace_id=event.trace_id)
                self._receive(Happening.WORDS, words=words)
            case RecognitionFailed():
                self._receive(Happening.SPEECH_FAILED, reason=str(event.error))
            case VoiceStarted():
                if self._turn.state is TurnState.PROMPTING:
                    self._voice_started_at = self._loop.time()
                self._receive(Happening.VOICE_STARTED)
            case _ if type(event) in _HAPPENINGS:
                self._receive(_HAPPENINGS[type(event)])

    def _receive(
        self, happening: Happening, *, key: str = "", words: Heard | None = None, reason: str = ""
    ) -> None:
        now = self._loop.time()
        self._carry_out(self._turn.receive(happening, now, key=key, words=words, reason=reason))

    def _carry_out(self, commands: list[TurnCommand]) -> None:
        for command in commands:
            match command:
                case StopPrompt():
                    self._player.stop()
                case StartRecognition(silence_s=silence_s):
                    self._start_recognition(silence_s)
                case EndRecognition(cancel=cancel):
                    self._dialogue.speech.end(cancel=cancel)
                case Finish(outcome=outcome):
                    self._outcome = outcome
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._turn.next_deadline()
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._carry_out(self._turn.handle_timeout(self._loop.time()))

    def _start_recognition(self, silence_s: float) -> None:
        settings, turn = self._dialogue.recognition, self._dialogue.turn_settings
        prompting = self._turn.state is TurnState.PROMPTING
        self._dialogue.speech.start(
            RecognitionConfig(
                audio_format="pcm8k16bit",
                property=settings.property,
                add_punc=settings.add_punc,
                digit_norm=settings.digit_norm,
                vad_head=round(silence_s * 1000),
                vad_tail=settings.vad_tail_ms,
                max_seconds=settings.max_seconds,
                interim_results="yes",
                vocabulary_id=self._vocabulary_id,
            ),
            chunk_ms=turn.prompt_chunk_ms if prompting else turn.listen_chunk_ms,
        )
