"""A call as a user's own code sees it: say, ask, menu, record, flows, variables, and its end.

Shell. Everything runs in the event loop of the call, wherever the user's code runs: the server
gives it a loop and a thread of its own, a test does not.
"""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
from collections.abc import AsyncIterable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ivr_agi.dialogue.turn.outcomes import NoInput
from ivr_agi.door.answers import Answer, Choice, Message, NoMatch
from ivr_agi.door.pieces import Writing
from ivr_agi.door.said import Said, prompt_of
from ivr_agi.errors import ChannelLost
from ivr_agi.flow.file.head import MissSpec
from ivr_agi.flow.file.slots import value_as_text
from ivr_agi.flow.file.spec import PromptSpec, StepName, decode_text
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.flow.run.answering import take_answer
from ivr_agi.flow.run.asking import Taken, ask
from ivr_agi.flow.run.company import refuse_after_hang_up
from ivr_agi.flow.run.options import Option, make_bands
from ivr_agi.flow.run.readers import OptionReader, SlotReader
from ivr_agi.flow.steps.dialplan import (
    CallbackStep,
    DialplanStep,
    HangupStep,
    Leaving,
    TransferStep,
    VoicemailStep,
)
from ivr_agi.flow.steps.record import RecordStep
from ivr_agi.language.slots import OneOf, Reason, Slot
from ivr_agi.threads import run_in_call_loop

if TYPE_CHECKING:
    import concurrent.futures

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult
    from ivr_agi.knobs import BargeIn

__all__ = ("Call",)

_T = TypeVar("_T")

_NO_INPUT, _NO_MATCH, _DONE = StepName("no_input"), StepName("no_match"), StepName("done")
QUESTION_TRIES = 3
"""How often a question is asked."""


class _Question(InputSpec, frozen=True, kw_only=True):
    """A question of a script."""

    reasons: dict[Reason, PromptSpec] = {}


class Call:
    """One call. Made for ``async def main(call)``; its methods are used from there only.

    Methods that speak or listen raise :class:`ivr_agi.CallerHungUp` when the caller has left. Let
    it pass: the call then ends with the status ``HANGUP``.
    """

    def __init__(self, call: FlowCall) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._is_over = False
        self._running: set[concurrent.futures.Future[Any]] = set()

    @property
    def caller(self) -> str:
        """The caller's number; empty if it is not known."""
        return self._of_caller("number")

    @property
    def caller_name(self) -> str:
        """The caller's name; empty if it is not known."""
        return self._of_caller("name")

    @property
    def called(self) -> str:
        """The number that was called."""
        return self._of_caller("called")

    @property
    def language(self) -> str:
        """The call's language, such as ``en`` or ``zh``."""
        return self._call.language

    async def set_language(self, language: str) -> None:
        """Speak and listen in a language of ``[languages]`` in the settings from now on."""

        async def change() -> None:
            self._call.speaker.set_language(language)

        await self._there(change())

    # Speaking and listening.

    async def say(self, prompt: Said | AsyncIterable[str]) -> None:
        """Say something to its end.

        Args:
            prompt: What is said. A text that comes in pieces (an async generator of ``str``) is
                spoken while it is written.

        Raises:
            CallerHungUp: The caller left.
            SpeechError: It could not be synthesised.
            TypeError: A piece is no text.
            ValueError: There is nothing to say, or pieces of more than 100,000 characters.
        """
        if isinstance(prompt, AsyncIterable):
            await self._say_while_written(prompt)
        else:
            await self._there(self._say(prompt_of(prompt)))

    async def _say_while_written(self, text: AsyncIterable[str]) -> None:
        writing = Writing(text, self._loop)
        reading = asyncio.ensure_future(writing.read())
        try:
            await self._there(self._say_live(writing.pieces()))
        except BaseException:
            reading.cancel()
            await asyncio.wait((reading,))
            raise
        await reading  # what the script's own code raised

    async def ask(
        self,
        prompt: Said,
        slot: Slot[_T],
        *,
        tries: int = QUESTION_TRIES,
        no_input: Said | None = None,
        no_match: Said | None = None,
        read_back: bool = False,
        save: str = "",
        secure: bool = False,
        keys_only: bool = False,
        timeout_s: float | None = None,
        barge_in: BargeIn | None = None,
    ) -> Answer[_T] | NoInput | NoMatch:
        """Ask for one typed answer, spoken or keyed.

        What is doubtful is asked about ("did you say ...?"). While speech is down, keys answer.

        Args:
            prompt: The question; the caller may talk over it.
            slot: The type of the answer, such as ``ivr_agi.Number(minimum=1, maximum=9)``.
            tries: How often silence, and how often words without a meaning, are asked again, less
                one.
            no_input: Said in place of the question after silence.
            no_match: Said in place of the question after words without a meaning.
            read_back: Say the answer and ask whether it is right.
            save: The dialplan gets the answer as ``IVR_SLOT_<SAVE>``, unless it is secure.
            secure: Nothing of the answer is in a journal, log or recording.
            keys_only: No voice may answer.
            timeout_s: Seconds of silence after the question; default: the setting.
            barge_in: What may interrupt the question; default: voice and keys.

        Raises:
            CallerHungUp: The caller left.
            SpeechUnavailable: Speech is down, and keys cannot answer.
            ValueError: There is nothing to say.
        """
        words = (
            [word for option in slot.options for word in option.words]
            if isinstance(slot, OneOf)
            else []
        )
        question = _Question(
            prompt=prompt_of(prompt),
            secure=secure or slot.is_secret,
            keys_only=keys_only,
            **_misses(tries, no_input, no_match),
            **self._listening(words, timeout_s, barge_in),
        )

        async def work() -> Taken | StepName:
            call = self._call
            await self._enter(save or "ask")
            reader = SlotReader(call, question, slot, is_checked=read_back)
            taken = await take_answer(call, question, reader, reads_back=read_back)
            if isinstance(taken, Taken):
                text = value_as_text(taken.value)
                if save and not question.secure:
                    call.values.set_slot(save, text)
                call.note("slot", value=None if question.secure else text)
            return taken

        return _came_to(await self._there(work()))

    async def menu(
        self,
        prompt: Said,
        choices: Sequence[Choice | str],
        *,
        tries: int = QUESTION_TRIES,
        no_input: Said | None = None,
        no_match: Said | None = None,
        timeout_s: float | None = None,
        barge_in: BargeIn | None = None,
    ) -> Answer[str] | NoInput | NoMatch:
        """Ask for one of a few choices, by voice or key.

        Args:
            prompt: The question, which names the choices.
            choices: The choices; a text is a choice that is said so.
            tries: As :meth:`ask`.
            no_input: As :meth:`ask`.
            no_match: As :meth:`ask`.
            timeout_s: As :meth:`ask`.
            barge_in: As :meth:`ask`.

        Returns:
            The value of the choice, which ``IVR_RESULT`` then is by default.

        Raises:
            CallerHungUp: The caller left.
            SpeechUnavailable: Speech is down, and keys cannot answer.
            ValueError: There is nothing to say or to choose.
        """
        listed = [Choice(each) if isinstance(each, str) else each for each in choices]
        if not listed:
            raise ValueError("a menu needs one choice or more")
        options = [
            Option(one.words or (one.value,), one.key, one.value, next(iter(one.words), one.value))
            for one in listed
        ]
        question = _Question(
            prompt=prompt_of(prompt),
            **_misses(tries, no_input, no_match),
            **self._listening([w for o in options for w in o.words], timeout_s, barge_in),
        )

        async def work() -> Taken | StepName:
            call = self._call
            await self._enter("menu")
            bands = make_bands(question, call.flow)
            taken = await ask(call, question, OptionReader(options, bands, call.language))
            if isinstance(taken, Taken):
                call.values.result = taken.value
                call.note("choice", choice=taken.value)
            return taken

        return _came_to(await self._there(work()))

    async def record(
        self,
        prompt: Said,
        *,
        max_s: float = 120.0,
        silence_s: float = 3.0,
        end_keys: str = "#",
        beep: bool = True,
        review: bool = False,
        tries: int = QUESTION_TRIES,
        save: str = "message",
    ) -> Message | NoInput | NoMatch:
        """Record a message until a key, silence, a hang-up or the maximum time.

        Args:
            prompt: Said before it.
            max_s: The longest message, seconds.
            silence_s: Silence after words that ends it, seconds.
            end_keys: Keys that end it.
            beep: Play Asterisk's ``beep`` first.
            review: Let the caller keep it, listen to it or record another one.
            tries: How often nothing may be said, less one.
            save: The dialplan gets its name as ``IVR_SLOT_<SAVE>``.

        Raises:
            CallerHungUp: The caller left; what was said so far is kept, and its name with it.
            ValueError: There is nothing to say.
        """
        step = RecordStep(
            prompt=prompt_of(prompt),
            save=save,
            go=_DONE,
            max_s=max_s,
            silence_s=silence_s,
            end_keys=end_keys,
            beep=beep,
            review=review,
            commands=False,
            **_misses(tries, None, None),
        )

        async def work() -> StepName | FlowResult:
            await self._enter(save)
            return await step.run(self._call)

        went = await self._there(work())
        if went == _DONE:
            return Message(self._call.values.slots[save])
        return NoMatch() if went == _NO_MATCH else NoInput()

    # Flows and variables.

    async def run_flow(self, name: str, /, **arguments: Any) -> FlowResult | dict[str, Any]:
        """Run a flow of the folder of flows on this call.

        Args:
            name: Its name: its file without ``.yaml``.
            arguments: Its variables.

        Returns:
            What its ``return`` step gives back; or how the call ends (:class:`ivr_agi.Result`),
            which ``main`` then returns.

        Raises:
            CallerHungUp: The caller left.
            FlowError: There is no such flow, or it is wrong.
        """
        return await self._there(self._call.run_flow(name, arguments))

    async def get_variable(self, name: str) -> str | None:
        """Read a variable of the dialplan; None if it is not set."""
        return await self._there(self._call.outside.get_variable(name))

    async def set_variable(self, name: str, value: str) -> None:
        """Set a variable of the dialplan.

        Raises:
            ValueError: The value has a line break, or is longer than AGI carries.
        """
        await self._there(self._call.outside.set_variable(name, value))

    # How it ends. Each makes what main() returns, and does nothing else.

    def transfer(
        self,
        extension: str = "",
        *,
        queue: str = "",
        sip: str = "",
        priority: int = 0,
    ) -> FlowResult:
        """Return: connect the caller to exactly one of an extension, a queue, a SIP URI.

        Raises:
            ValueError: It is not exactly one, or none that can be called.
        """
        where = {"extension": extension, "queue": queue, "sip": sip}
        given = {key: value for key, value in where.items() if value}
        return self._leave(TransferStep, priority=priority, **given)

    def voicemail(self, mailbox: str) -> FlowResult:
        """Return: take a message for a mailbox, ``200`` or ``200@context``.

        Raises:
            ValueError: It is no mailbox.
        """
        return self._leave(VoicemailStep, mailbox=mailbox)

    def callback(self, number: str = "") -> FlowResult:
        """Return: call a number back; default: the caller's.

        Raises:
            FlowError: It is no telephone number.
        """
        return self._leave(CallbackStep, **({"number": number} if number else {}))

    def hang_up(self, result: str | None = None) -> FlowResult:
        """Return: the dialplan ends the call; ``result`` is ``IVR_RESULT``."""
        return self._leave(HangupStep, result=result)

    def dialplan(self, result: str | None = None, **variables: str) -> FlowResult:
        """Return: the dialplan goes on; ``CITY="Bonn"`` is ``IVR_CITY``.

        Raises:
            ValueError: The program sets a variable of that name itself.
        """
        return self._leave(DialplanStep, result=result, variables=variables)

    # Inside.

    def _leave(self, kind: type[Leaving], **fields: Any) -> FlowResult:
        fields = {key: value for key, value in fields.items() if value is not None}
        result = fields.pop("result", None)
        values = dict(fields.pop("variables", {}))  # texts are no templates here
        number = fields.get("number")
        if number is not None:
            fields["number"] = "".join(char for char in number if char in "+0123456789 -()")
        try:
            step = msgspec.convert(
                {
                    "do": kind.__struct_config__.tag,
                    **fields,
                    "variables": dict.fromkeys(values, ""),
                },
                kind,
                dec_hook=decode_text,
            )
        except msgspec.ValidationError as exc:
            raise ValueError(f"{kind.__struct_config__.tag}: {exc}") from None
        for fault, _ in step.find_faults():
            raise ValueError(f"{kind.__struct_config__.tag}: {fault}")
        ended = step.leave(self._call)
        told = {f"IVR_{name}": text for name, text in values.items()}
        changed = {} if result is None else {"result": result}
        return dataclasses.replace(ended, variables={**ended.variables, **told}, **changed)

    def _of_caller(self, key: str) -> str:
        return str(self._call.values.visible()["caller"].get(key, ""))

    def _listening(
        self, words: Sequence[str], timeout_s: float | None, barge_in: BargeIn | None
    ) -> dict[str, Any]:
        table = self._call.outside.find_table(words) if words else None
        return {
            "commands": False,
            "timeout_s": timeout_s,
            "barge_in": barge_in,
            "vocabulary_id": table,
        }

    async def _say(self, spec: PromptSpec) -> None:
        refuse_after_hang_up(self._call)
        await self._call.speaker.say(spec)

    async def _say_live(self, pieces: AsyncIterable[str]) -> None:
        refuse_after_hang_up(self._call)
        await self._call.speaker.say_live(pieces)

    async def _enter(self, name: str) -> None:
        """Be a step of this name, for the journal and the recording."""
        call = self._call
        refuse_after_hang_up(call)
        call.position.enter_step(name)
        call.journal.record("step", step=call.position.full_step)
        await call.outside.enter_step(call.position.full_step, is_recorded=False)

    async def _there(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run in the call's event loop, and wait for it in this one."""
        if self._is_over:
            work.close()
            raise ChannelLost("the script was still running")
        if asyncio.get_running_loop() is self._loop:
            return await work
        running = run_in_call_loop(work, self._loop, self._context)
        self._running.add(running)
        if self._is_over:  # since a moment ago
            running.cancel()
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            if self._is_over and not _is_being_cancelled():
                raise ChannelLost("the script was still running") from None
            raise
        finally:
            self._running.discard(running)

    def abandon(self) -> None:
        """``main`` has ended: what it waits for, and whatever it tries next, raises ChannelLost."""
        self._is_over = True
        for running in list(self._running):
            running.cancel()


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _misses(tries: int, no_input: Said | None, no_match: Said | None) -> dict[str, Any]:
    return {
        "no_input": _miss(_NO_INPUT, tries, no_input),
        "no_match": _miss(_NO_MATCH, tries, no_match),
    }


def _miss(go: StepName, tries: int, said: Said | None) -> MissSpec:
    if tries < 1:
        raise ValueError(f"a question is asked once or more, got tries={tries}")
    return MissSpec(go=go, after=tries, prompts=[] if said is None else [prompt_of(said)])


def _came_to(taken: Taken | StepName) -> Answer[Any] | NoInput | NoMatch:
    if isinstance(taken, Taken):
        return Answer(taken.value)
    return NoInput() if taken == _NO_INPUT else NoMatch()
