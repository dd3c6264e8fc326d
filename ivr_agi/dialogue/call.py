"""One call, as a flow talks on it: says prompts, runs turns, takes messages.

A silent file is played between them, so that no key is lost: Asterisk discards keys that are
pressed while no command is pending (``asterisk.md`` 1).
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.agi.channel import PlaybackCause
from ivr_agi.agi.text import ALL_KEYS
from ivr_agi.dialogue.prompt.player import PromptPlayer
from ivr_agi.dialogue.record.message_taker import MESSAGE_SUFFIX, MessageTaker
from ivr_agi.dialogue.turn.outcomes import HungUp, NoInput, Pressed, Recorded
from ivr_agi.dialogue.turn.runner import RunningTurn
from ivr_agi.errors import AgiCommandFailed, AgiError, ChannelClosed
from ivr_agi.knobs import TypeAhead
from ivr_agi.threads import FILES, run_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.dialogue.line import Line
    from ivr_agi.dialogue.prompt.parts import Prompt
    from ivr_agi.dialogue.record.call_recording import CallRecording
    from ivr_agi.dialogue.record.message import MessagePlan
    from ivr_agi.dialogue.turn.outcomes import Outcome
    from ivr_agi.dialogue.turn.plan import TurnPlan

__all__ = ("Dialogue",)

MAKE_ROOM_S = 0.02
"""Seconds that whoever stopped the silent file has to send a command."""


class Dialogue:
    """One call, as a flow sees it.

    Args:
        line: The call.
        recording: Records the call, or steps of it; None records nothing.
        messages: Folder of the messages that callers leave.
    """

    def __init__(
        self,
        line: Line,
        *,
        recording: CallRecording | None = None,
        messages: Path = Path("messages"),
    ) -> None:
        self.line = line
        self.recording = recording
        if recording is not None:
            line.channel.on_stream = recording.stream
        self._messages = messages
        self._n_messages = 0
        self.is_speaking = False
        """The caller hears what :meth:`say` was given last, or has heard it."""
        self._now = asyncio.get_running_loop().time
        self._keeps_keys = line.turn.type_ahead is TypeAhead.KEEP
        self._keeper: asyncio.Task[None] | None = None
        self._keeping_over = asyncio.Event()

    def hear(self, frame: bytes) -> None:
        """Take one frame of the caller's audio (320 bytes); never waits."""
        line = self.line
        line.speech.feed(frame)
        line.ear.feed(frame, self._now())
        if self.recording is not None:
            self.recording.hear(frame)
        if line.on_frame is not None:
            line.on_frame(frame)

    async def say(self, prompt: Prompt) -> None:
        """Play a prompt to its end, without listening; keep keys that are pressed meanwhile.

        Raises:
            CallerHungUp: The caller left.
            SpeechError: The prompt could not be synthesised.

        Cancellation: safe; the prompt is stopped.
        """
        await self._end_keeping()
        line = self.line
        player = PromptPlayer(line.channel, line.store, prompt, self._say_started(prompt))
        self.is_speaking = False
        keys = ALL_KEYS if self._keeps_keys else ""
        offset_samples = 0
        try:
            while True:
                playback = await player.play(keys=keys, offset_samples=offset_samples)
                if playback.key is None:
                    break
                self._type(playback.key)
                offset_samples = playback.position_samples
        except AgiCommandFailed as exc:
            line.note_missing(prompt, exc)
        else:
            line.journal.record("prompt_ended", cause=PlaybackCause.ENDED.value)
        self._keep_keys()

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        """Play a prompt and listen.

        Args:
            prompt: What to say.
            plan: How the turn goes.
            vocabulary_id: Hot-word table at the service: the words that are expected.

        Returns:
            The one thing that the caller did.

        Raises:
            ChannelLost: Asterisk is gone.

        Cancellation: safe; prompt and recognition are stopped.
        """
        await self._end_keeping()
        outcome = await RunningTurn(self.line, prompt, plan, vocabulary_id).run()
        self._keep_keys()
        return outcome

    async def enter_step(self, name: str, *, is_recorded: bool) -> None:
        """Tell the call recording that a step begins, and whether it asks to be recorded."""
        if self.recording is not None:
            await self.recording.enter_step(name, is_recorded=is_recorded)

    async def take_message(self, plan: MessagePlan) -> Recorded | Pressed | NoInput | HungUp:
        """Take a message of the caller, from now on; a beep has to be said before.

        Returns:
            The message; Pressed: a key that means something else; NoInput: too little was said;
            HungUp: the caller left without a message.

        Raises:
            ChannelLost: Asterisk is gone.
            ConfigError: The message cannot be written.

        Cancellation: safe; there is no message then.
        """
        await self._end_keeping()
        typed = self.line.take_typed()
        if key := next((key for key in typed if key in plan.leave_keys), None):
            self._keep_keys()
            return Pressed(keys=key)
        self._n_messages += 1
        outcome = await MessageTaker(self.line, plan, self._messages, self._n_messages).run()
        self._keep_keys()
        return outcome

    async def discard_message(self, message: Recorded) -> None:
        """Delete a message."""
        await run_in(FILES, Path(message.name + MESSAGE_SUFFIX).unlink, missing_ok=True)

    async def close(self) -> None:
        """Release the channel. The dialogue may still be used afterwards."""
        await self._end_keeping()

    def _say_started(self, prompt: Prompt) -> Callable[[int], None]:
        def started(offset_samples: int) -> None:
            self.is_speaking = True
            if not offset_samples:
                self.line.note_started(prompt)

        return started

    # Keys between turns.

    def attend(self) -> None:
        """Keep keys, and notice a hang-up, while nothing is said and nobody is listened to."""
        if self._keeper is None or self._keeper.done():
            self._keep_keys()

    def _keep_keys(self) -> None:
        if not self.line.channel.hangup_seen:
            self._keeping_over = asyncio.Event()
            keeping = self._take_keys(self._keeping_over)
            self._keeper = asyncio.get_running_loop().create_task(keeping)

    async def _take_keys(self, over: asyncio.Event) -> None:
        """Play silence while nobody else uses the channel, and keep keys."""
        line, keys = self.line, ALL_KEYS if self._keeps_keys else ""
        with contextlib.suppress(
            ChannelClosed, AgiError
        ):  # whoever uses the channel next gets the error
            while not over.is_set():
                playback = await line.channel.stream_file(
                    line.store.silence, escape_digits=keys, yields=True
                )
                if playback.key is not None:
                    self._type(playback.key)
                elif playback.cause is PlaybackCause.STOPPED:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(MAKE_ROOM_S):
                            await over.wait()

    async def _end_keeping(self) -> None:
        """Stop the silent file; not by cancelling: a key of this very moment still counts."""
        keeper, self._keeper = self._keeper, None
        self._keeping_over.set()
        while keeper is not None and not keeper.done():
            self.line.channel.interrupt()  # again, in case it was just about to begin
            await asyncio.wait([keeper], timeout=MAKE_ROOM_S)

    def _type(self, key: str) -> None:
        self.line.journal.record("key")  # not which one: it may be for a secure step to come
        self.line.type_key(key)
