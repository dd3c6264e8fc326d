"""Runs a user's ``async def main(call)``: as a flow of one step, and from ``python`` steps. Shell.

Whoever runs a call says where the user's code runs: :func:`in_own_thread` (a server, where code
that blocks must hold up no other call) or :func:`in_call_loop` (a test in virtual time).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from ivr_agi.door.call import Call
from ivr_agi.errors import FlowError
from ivr_agi.flow.file.model import Flow, Program
from ivr_agi.flow.file.spec import StepName
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.run.invoke import find_function
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.flow.run.values import to_data
from ivr_agi.threads import run_user_code, run_user_code_alone, run_user_coroutine

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.flow.run.call import FlowCall

__all__ = (
    "Conversations",
    "Main",
    "RunUser",
    "ScriptStep",
    "in_call_loop",
    "in_own_thread",
    "script_program",
)

Main = Callable[[Call], Coroutine[Any, Any, Any]]
"""A script's ``async def main(call)``."""
RunUser = Callable[[Callable[[], Coroutine[Any, Any, Any]]], Awaitable[Any]]
"""Runs a user's coroutine."""


async def in_own_thread(make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a user's coroutine in an event loop and a thread of its own."""
    return await run_user_coroutine(make, run_user_code_alone)


async def in_call_loop(make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a user's coroutine in the call's event loop."""
    return await make()


class ScriptStep(StepSpec, frozen=True, kw_only=True):
    """The one step of a script. No file can have it."""

    main: Main
    """The script."""
    run_user: RunUser
    """Where it runs."""

    async def run(self, call: FlowCall) -> FlowResult:
        """Run it.

        Raises:
            TypeError: It returned what is no result.
        """
        ended = await _converse(self.main, call, {}, self.run_user)
        if ended is None:
            return call.end(Status.COMPLETED)
        if not isinstance(ended, FlowResult):
            reason = "return a Result, as call.transfer() and call.hang_up() make, or nothing"
            raise TypeError(f"main() returned {type(ended).__name__}: {reason}")
        return ended


def script_program(name: str, main: Main, run_user: RunUser = in_own_thread) -> Program:
    """Return a script as a program of one flow with one step.

    Args:
        name: Its name in the journal.
        main: Its ``async def main(call)``.
        run_user: Where it runs.
    """
    step = ScriptStep(main=main, run_user=run_user)
    return Program.of(Flow(start=StepName("main"), steps={"main": step}), name)


class Conversations:
    """Runs functions that take the call, for ``python`` steps.

    Args:
        directory: The folder of the flows; modules may lie there.
        run_user: Where they run.
    """

    def __init__(self, directory: Path, run_user: RunUser = in_own_thread) -> None:
        self._directory = str(directory)
        self._run_user = run_user

    async def __call__(self, name: str, call: FlowCall, arguments: Mapping[str, Any]) -> Any:
        """Run ``module:function`` and return a result of the call, or data.

        Raises:
            FlowError: There is no such function, or it is no coroutine function.
            TypeError: What it returned is no data.
            Exception: Whatever it raises.
        """
        function = await run_user_code(find_function, name, self._directory)
        if not inspect.iscoroutinefunction(function):
            raise FlowError(f"{name} takes the call: it has to be an async def")
        found = await _converse(function, call, arguments, self._run_user)
        return found if isinstance(found, FlowResult) else to_data(found)


async def _converse(
    function: Callable[..., Coroutine[Any, Any, Any]],
    call: FlowCall,
    arguments: Mapping[str, Any],
    run_user: RunUser,
) -> Any:
    given, position = Call(call), call.position
    step, history = position.step, list(position.frame.history)
    try:
        return await run_user(functools.partial(function, given, **arguments))
    finally:
        given.abandon()
        position.frame.history[:] = history  # "back" leads to no question of Python's
        position.enter_step(step)
