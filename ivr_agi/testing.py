"""Whole conversations in virtual time, for tests of users' own code: a minute is a moment.

Everything of ours is the real thing, and time runs only while everything waits. Not needed: an
Asterisk, a speech service, an account, a microphone::

    from ivr_agi.testing import hear, rehearse, say

    def test_three_tickets() -> None:
        call = rehearse(main, hear("How many"), say("three"), hear("3 tickets"))
        assert call.result.transfer == "200"
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi.dialogue.prompt.parts import as_written
from ivr_agi.door.script import Conversations, in_call_loop, script_program
from ivr_agi.flow.load.library import FlowLibrary
from ivr_agi.flow.run.invoke import find_function
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.values import to_data
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.stage import Script, Stage
from ivr_agi.rehearsal.virtual import run_virtually
from ivr_agi.serve.scripts import load_script
from ivr_agi.threads import FILES, run_in

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    from ivr_agi.dialogue.prompt.parts import Prompt
    from ivr_agi.door.script import Main
    from ivr_agi.flow.file.model import Flow, Program
    from ivr_agi.flow.run.results import FlowResult
    from ivr_agi.rehearsal.stage import RehearsedCall
    from ivr_agi.settings import Settings

__all__ = (
    "Rehearsal",
    "Hear",
    "cough",
    "hang_up",
    "hear",
    "press",
    "rehearse",
    "say",
    "silence",
)


@dataclass(frozen=True)
class Hear:
    """Expects that the caller has heard a text since their last deed."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """How a rehearsed call went."""

    result: FlowResult
    """Its end: an :class:`ivr_agi.Result`."""
    heard: list[str]
    """Every prompt that the caller has heard, in order."""
    variables: Mapping[str, str]
    """Of the dialplan, at the end."""
    duration_s: float
    """Virtual seconds."""
    log: list[str]
    """The conversation, line by line."""


def say(words: str, *, over_s: float | None = None) -> CallerAction:
    """Return: the caller says words after the question, or so many seconds into it."""
    return CallerAction(Deed.SAY, words, over_s)


def press(keys: str, *, over_s: float | None = None) -> CallerAction:
    """Return: the caller presses keys after the question, or so many seconds into it."""
    return CallerAction(Deed.PRESS, keys, over_s)


def silence() -> CallerAction:
    """Return: the caller does nothing until the next question."""
    return CallerAction(Deed.SILENCE)


def cough(lasts_s: float = 0.3, *, over_s: float | None = None) -> CallerAction:
    """Return: a noise without words; what the caller does next follows it."""
    return CallerAction(Deed.NOISE, over_s=over_s, lasts_s=lasts_s)


def hang_up(*, over_s: float | None = None) -> CallerAction:
    """Return: the caller leaves after the question, or so many seconds into it."""
    return CallerAction(Deed.HANG_UP, over_s=over_s)


def hear(text: str) -> Hear:
    """Return: the caller has heard a text since their last deed; else the test fails."""
    return Hear(text)


def rehearse(
    what: Main | str | Path,
    *talk: CallerAction | Hear,
    caller: Mapping[str, str] | None = None,
    arguments: Mapping[str, str] | None = None,
    flows: str | Path | None = None,
    settings: Settings | None = None,
    now: datetime.datetime | None = None,
) -> Rehearsal:
    """Run one whole call in virtual time, and return how it went.

    A caller who has nothing more to do hangs up at the next question.

    Args:
        what: ``async def main(call)``, the file of a script that has one, or a flow (``.yaml``).
        talk: What the caller does at each question, and what they expect to have heard.
        caller: ``number``, ``name``, ``called``.
        arguments: What the dialplan gives to the flow: ``IVR_ARG_NAME``.
        flows: The folder of the flows that it calls; default: that of the file.
        settings: Settings; default: those of a new installation.
        now: The time of day of the call; default: the machine's.

    Raises:
        AssertionError: Something was not heard, or the call ended before the caller had done all.
        ConfigError: The file is wrong.
    """
    main, folder = _load(what)
    folder = Path(flows) if flows is not None else folder
    return _Running(main, talk, folder).run(
        settings, caller=dict(caller or {}), arguments=dict(arguments or {}), now=now
    )


def _load(what: Main | str | Path) -> tuple[Program, Path]:
    if isinstance(what, str | Path):
        path = Path(what)
        if path.suffix == ".yaml":
            return FlowLibrary(path.parent).get(path.stem), path.parent
        script = load_script(str(path))
        if not inspect.iscoroutinefunction(script):
            raise TypeError(f"{path}: only async def main(call) can be rehearsed, not main(agi)")
        return script_program(path.stem, script, in_call_loop), path.parent
    return script_program(getattr(what, "__name__", "main"), what, in_call_loop), Path()


class _Running:
    """One conversation."""

    def __init__(
        self, program: Program, talk: tuple[CallerAction | Hear, ...], folder: Path
    ) -> None:
        self._program = program
        self._talk = list(talk)
        self._folder = folder
        self._heard: list[str] = []
        self._since: list[str] = []
        self._log: list[str] = []
        self._problem = ""

    def run(
        self,
        settings: Settings | None,
        *,
        caller: dict[str, str],
        arguments: dict[str, str],
        now: datetime.datetime | None,
    ) -> Rehearsal:
        outside = Outside(
            invoke=self._invoke,
            converse=Conversations(self._folder, in_call_loop),
            find_flow=self._find_flow,
        )
        if now is not None:
            outside = replace(outside, wall_clock=lambda: now)
        script = Script(
            program=self._program,
            next_action=self._next_action,
            outside=outside,
            caller=caller,
            arguments=arguments,
            on_prompt=self._note,
        )
        with Stage(settings) as stage:
            went = run_virtually(stage.play(script))
        self._log.append(f"= {went.result.status.value} {went.result.target}".rstrip())
        if not self._problem:
            self._check_rest()
        if self._problem:
            told = "".join(f"\n  {line}" for line in self._log)
            error = f"\n{went.result.error}" if went.result.error else ""
            raise AssertionError(f"{self._problem}{error}{told}")
        return Rehearsal(
            result=went.result,
            heard=self._heard,
            variables=went.variables,
            duration_s=went.duration_s,
            log=self._log,
        )

    def _next_action(self, _: RehearsedCall) -> CallerAction:
        while self._talk and not self._problem:
            line = self._talk.pop(0)
            if isinstance(line, CallerAction):
                self._log.append(f"> {line.deed.value} {line.what}".rstrip())
                self._since.clear()
                return line
            self._expect(line)
        self._log.append("> (hangs up)")
        return CallerAction(Deed.HANG_UP)

    def _expect(self, line: Hear) -> None:
        heard = " ".join(self._since)
        if line.text not in heard and not self._problem:
            self._problem = f"expected to hear {line.text!r}, heard {heard!r}"

    def _check_rest(self) -> None:
        for line in self._talk:
            if isinstance(line, CallerAction):
                self._problem = f"the call ended before the caller did: {line.deed.value}"
                return
            self._expect(line)

    def _note(self, prompt: Prompt) -> None:
        said = as_written(prompt)
        self._heard.append(said)
        self._since.append(said)
        self._log.append(f"< {said}")

    async def _invoke(self, name: str, arguments: Mapping[str, Any]) -> Any:
        returned = find_function(name, str(self._folder))(**arguments)
        return to_data(await returned if inspect.isawaitable(returned) else returned)

    async def _find_flow(self, name: str) -> tuple[Mapping[str, Flow], Mapping[str, str]]:
        found = await run_in(FILES, FlowLibrary(self._folder).get, name)
        return found.flows, {}
