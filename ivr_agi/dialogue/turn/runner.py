"""Runs one turn on a call: the shell around :mod:`.machine`.

What the service says reaches the AGI pipe in one call stack: socket reader, speech link, turn,
STOP, fence. Nothing is awaited, and nothing written to the journal, between VOICE_START and the
command that stops the prompt.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from ivr_agi.agi.channel import PlaybackCause
from ivr_agi.agi.text import ALL_KEYS
from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.dialogue.prompt.parts import words_of
from ivr_agi.dialogue.prompt.player import PromptPlayer
from ivr_agi.dialogue.turn.commands import (
    EndRecognition,
    Finish,
    Note,
    ResumePrompt,
    StartRecognition,
    StopPrompt,
    TurnCommand,
)
from ivr_agi.dialogue.turn.inputs import (
    CallerLeft,
    EchoHeard,
    KeyPressed,
    OnsetHeard,
    OwnQuietHeard,
    OwnVoiceHeard,
    PromptEnded,
    PromptFailed,
    PromptStarted,
)
from ivr_agi.dialogue.turn.machine import Turn
from ivr_agi.dialogue.turn.outcomes import Heard, Outcome, Pressed, SpeechDown
from ivr_agi.dialogue.turn.table import PROMPT_OWED, TurnState
from ivr_agi.errors import AgiCommandFailed, CallerHungUp, SpeechError
from ivr_agi.knobs import OverPrompt, TypeAhead
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)
from ivr_agi.sis.wire.formats import pcm_format
from ivr_agi.sis.wire.messages import RecognitionConfig

if TYPE_CHECKING:
    from ivr_agi.agi.channel import Playback
    from ivr_agi.dialogue.line import Line
    from ivr_agi.dialogue.prompt.parts import Prompt
    from ivr_agi.dialogue.turn.inputs import TurnInput
    from ivr_agi.dialogue.turn.plan import TurnPlan

__all__ = ("RunningTurn",)

PAUSE_FRAMES = 5
"""Quiet frames after which a voice is over: 100 ms, longer than the gap in a consonant."""
FORGOTTEN_FRAMES = 50
"""Quiet frames after which our ear has heard no part of a voice that the service hears now."""


class RunningTurn:
    """One turn of a call.

    Args:
        line: The call.
        prompt: What to say.
        plan: How the turn goes.
        vocabulary_id: Hot-word table of the service.
    """

    def __init__(
        self, line: Line, prompt: Prompt, plan: TurnPlan, vocabulary_id: str | None
    ) -> None:
        self._line = line
        self._prompt = prompt
        self._vocabulary_id = vocabulary_id
        self._loop = asyncio.get_running_loop()
        self._turn = Turn(plan, self._loop.time(), prompt_text=words_of(prompt))
        self._player = PromptPlayer(line.channel, line.store, prompt, self._on_prompt_started)
        self._offset_samples = 0
        self._prompt_over = False
        self._resuming = False
        self._was_let_go = False
        self._stop_asked_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._outcome: Outcome | None = None
        self._has_dialled_ahead = False

    async def run(self) -> Outcome:
        """Run the turn to its outcome.

        Raises:
            ChannelLost: Asterisk is gone.

        Cancellation: safe; prompt and recognition are stopped.
        """
        line = self._line
        line.on_frame = self._on_frame
        if self._turn.plan.listen:
            line.speech.open_ahead()
        self._carry_out(self._turn.begin(), self._loop.time())
        try:
            self._dial_ahead()
            while self._outcome is None:
                await self._play_or_wait()
        finally:
            line.on_frame = None
            line.speech.end(cancel=True)
            if self._timer is not None:
                self._timer.cancel()
            del self._player  # it refers to us, and we to it: free both with the turn
        if isinstance(self._outcome, Heard):
            line.forget_preroll()  # the next turn must not hear this answer again
        report = self._outcome.report
        line.journal.record(
            "outcome",
            outcome=type(self._outcome).__name__,
            **self._answer(),
            false_barge_ins=report.false_barge_ins or None,
            barge_in_position_ms=report.barge_in_position_ms,
            voice_after_prompt_start_ms=report.voice_after_prompt_start_ms,
            voice_after_prompt_end_ms=report.voice_after_prompt_end_ms,
            legs_ms=report.legs or None,
        )
        return self._outcome

    def _answer(self) -> dict[str, object]:
        """Return what was said or pressed. Keys from before the turn may be for a secure one."""
        match self._outcome:
            case Heard(text=text, score=score):
                return {"text": text, "score": score}
            case Pressed(keys=keys) if not self._has_dialled_ahead:
                return {"keys": keys}
        return {}

    # The prompt, and keys.

    def _dial_ahead(self) -> None:
        """Take the keys that were pressed before, until this turn has its outcome."""
        typed = self._line.take_typed(wanted=self._turn.plan.type_ahead is TypeAhead.KEEP)
        for n_taken, key in enumerate(typed):
            if self._outcome is not None:
                self._line.typed = typed[n_taken:]
                return
            self._has_dialled_ahead = True
            self._receive(KeyPressed(key))

    async def _play_or_wait(self) -> None:
        """Play the prompt if it is due, or else silence, until either ends."""
        try:
            if self._prompt_over or self._player.stopped:
                self._take_key(await self._player.wait_for_key())
            else:
                await self._play()
        except CallerHungUp:
            self._receive(CallerLeft())
        except SpeechError as exc:
            self._receive(PromptFailed(exc))
            if self._outcome is None:  # with an answer only the prompt breaks off
                self._end_prompt()

    async def _play(self) -> None:
        plan = self._turn.plan
        takes_keys = plan.barge_in.by_keys or plan.over_prompt is OverPrompt.KEEP
        if self._resuming:
            self._offset_samples = self._player.pause_before(self._offset_samples)
        try:
            playback = await self._player.play(
                keys=ALL_KEYS if takes_keys else "", offset_samples=self._offset_samples
            )
        except AgiCommandFailed as exc:
            self._line.ear.stop(self._loop.time())
            self._line.note_missing(self._prompt, exc)
            self._end_prompt()
            return
        self._line.ear.stop(self._loop.time())
        self._offset_samples = playback.position_samples
        match playback.cause:
            case PlaybackCause.STOPPED:
                self._note_stop(playback)
            case PlaybackCause.KEY:
                self._take_key(playback)
                if self._player.stopped or self._outcome is not None:
                    self._note_end(playback)
            case PlaybackCause.ENDED:
                self._note_end(playback)
                self._end_prompt()

    def _end_prompt(self) -> None:
        self._prompt_over = True
        self._receive(PromptEnded())

    def _take_key(self, playback: Playback) -> None:
        if playback.key is None:
            return
        if self._outcome is None:
            with self._line.journal.held:
                self._line.journal.record("key", key=playback.key)
                self._receive(KeyPressed(playback.key))
        else:  # at the moment of the outcome: it is for the next turn
            self._line.typed += playback.key

    def _on_prompt_started(self, offset_samples: int) -> None:
        now = self._loop.time()
        with self._line.journal.held:
            if not self._turn.log.prompt_has_begun:
                self._line.note_started(self._prompt)
            elif self._resuming:
                self._record("prompt_resumed", offset_samples)
            self._resuming = False
            pcm, begins_at = self._player.samples()
            self._line.ear.play(pcm, now, offset_samples=offset_samples - begins_at)
            self._receive(PromptStarted(offset_samples / SAMPLE_RATE_HZ))

    def _note_stop(self, playback: Playback) -> None:
        now = self._loop.time()
        if self._stop_asked_at is None:  # the outcome stopped it
            self._note_end(playback)
            return
        self._turn.log.note_stop(now, playback.position_samples * 1000 // SAMPLE_RATE_HZ)
        barge_in_ms = round((now - self._stop_asked_at) * 1000, 1)
        self._record("prompt_stopped", playback.position_samples, barge_in_ms=barge_in_ms)

    def _note_end(self, playback: Playback) -> None:
        self._record("prompt_ended", playback.position_samples, cause=playback.cause.value)

    def _record(self, event: str, position_samples: int, **data: object) -> None:
        position_ms = position_samples * 1000 // SAMPLE_RATE_HZ
        self._line.journal.record(event, **data, position_ms=position_ms)

    # The caller's voice.

    def _on_frame(self, frame: bytes) -> None:
        turn, ear = self._turn, self._line.ear
        if turn.plan.own_onset and ear.feed_onset(frame) and turn.awaits_onset:
            self._receive(OnsetHeard())
        elif turn.doubts_echo and ear.is_check_due() and ear.hears_own_voice():
            self._receive(OwnVoiceHeard())
        elif turn.awaits_quiet:
            if PAUSE_FRAMES <= self._line.speech.n_quiet < FORGOTTEN_FRAMES:
                self._was_let_go = True
                self._receive(OwnQuietHeard())
        elif self._was_let_go and self._line.speech.n_quiet == 0:  # the voice goes on
            self._was_let_go = False
            if turn.state is TurnState.PROMPTING:
                self._receive(OwnVoiceHeard())

    def _on_speech(self, event: RecognitionEvent) -> None:
        now = self._loop.time()  # the caller waits from here on, the judgement included
        match event:
            case VoiceStarted() if self._is_echo():
                self._receive(EchoHeard(event.trace_id), now)
            case (
                VoiceStarted()
                | VoiceEnded()
                | SilenceExceeded()
                | AudioExceeded()
                | Transcribed()
                | RecognitionEnded()
                | RecognitionFailed()
            ):
                self._receive(event, now)

    def _is_echo(self) -> bool:
        """Return whether the voice is the prompt coming back; not if words have interrupted it."""
        state = self._turn.state
        may_be_echo = state in PROMPT_OWED and state is not TurnState.INTERRUPTED
        return may_be_echo and self._line.ear.hears_echo()

    # The turn.

    def _receive(self, told: TurnInput, now: float | None = None) -> None:
        now = self._loop.time() if now is None else now
        was_owed = self._turn.state in PROMPT_OWED
        commands = self._turn.receive(told, now)
        self._carry_out(commands, now)
        if was_owed and self._turn.state not in PROMPT_OWED:  # nothing is left to stop
            self._line.speech.set_chunk(self._line.turn.listen_chunk_ms)

    def _carry_out(self, commands: list[TurnCommand], now: float) -> None:
        """Do what the turn wants done, and journal it when the commands are out."""
        notes = []
        for command in commands:
            match command:
                case StopPrompt():
                    self._stop_asked_at = now
                    self._player.stop()
                case ResumePrompt():
                    self._stop_asked_at, self._resuming = None, True
                    self._player.resume()
                case StartRecognition(silence_s=silence_s, has_preroll=has_preroll):
                    if not has_preroll:
                        self._line.forget_preroll()
                    self._start_recognition(silence_s)
                case EndRecognition(cancel=cancel):
                    self._line.speech.end(cancel=cancel)
                case Note(event=event):
                    notes.append(event)
                case Finish(outcome=outcome):
                    if isinstance(outcome, SpeechDown):
                        self._note_failure(now)
                    self._outcome = outcome
                    self._player.stop()
        for event in notes:
            self._line.journal.record(event)
        deadline = self._turn.next_deadline()
        if self._timer is not None and self._timer.when() != deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and deadline is not None:
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def _note_failure(self, now: float) -> None:
        """Let the next prompt not begin a silence of its own, if the caller hears one now."""
        hears_prompt = not (self._prompt_over or self._player.stopped)
        waited_s = 0.0 if hears_prompt else self._line.speech.kept_waiting_s
        self._line.store.patience.speech_failed(now, now - waited_s)

    def _on_timer(self) -> None:
        self._timer = None
        now = self._loop.time()
        self._carry_out(self._turn.handle_timeout(now), now)

    def _start_recognition(self, silence_s: float) -> None:
        settings, turn = self._line.recognition, self._line.turn
        plan = self._turn.plan
        tail_s = plan.incomplete_timeout_s
        self._line.speech.start(
            RecognitionConfig(
                audio_format=pcm_format(settings.property).name,
                property=settings.property,
                add_punc=settings.add_punc,
                digit_norm=settings.digit_norm,
                vad_head=round(silence_s * 1000),
                vad_tail=settings.vad_tail_ms if tail_s is None else round(tail_s * 1000),
                max_seconds=min(settings.max_seconds, math.ceil(plan.max_speech_s)),
                interim_results="yes",
                need_word_info=settings.word_times,
                vocabulary_id=self._vocabulary_id,
            ),
            self._on_speech,
            chunk_ms=(
                turn.prompt_chunk_ms if self._turn.state in PROMPT_OWED else turn.listen_chunk_ms
            ),
            quiet_chunk_ms=turn.listen_chunk_ms,
        )
