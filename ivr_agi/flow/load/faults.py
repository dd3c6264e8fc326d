"""Faults of a flow that types cannot express: unknown names, templates. Core, no I/O."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from ivr_agi.flow.file.slots import local_time
from ivr_agi.flow.file.spec import Expression, PromptSpec, StepName, Template, walk
from ivr_agi.flow.run.templates import check_syntax
from ivr_agi.flow.steps.hours import HoursStep
from ivr_agi.wording import FieldPath, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.file.model import Flow

__all__ = ("find_faults",)

_Fault = tuple[str, FieldPath]

_BUILT_IN = {"help", "repeat", "back", "slower"}


def find_faults(flow: Flow) -> Iterator[_Fault]:
    """Yield each fault with its path of keys."""
    if flow.start not in flow.steps:
        yield _no_step(flow, flow.start), ["start"]
    for name, step in flow.steps.items():
        for path, value in walk(step):
            if problem := _check(flow, value):
                yield problem, ["steps", name, *path]
        for reason, place in step.find_faults():
            yield reason, ["steps", name, *place]
        if isinstance(step, HoursStep) and step.hours not in flow.hours:
            yield f"there are no hours {step.hours!r}", ["steps", name, "hours"]
    yield from _find_input_faults(flow)
    yield from _find_command_faults(flow)
    for name, hours in flow.hours.items():
        for reason, place in hours.find_faults():
            yield reason, ["hours", name, *place]
    if flow.timezone is not None:
        try:
            local_time(datetime.datetime.now(datetime.UTC), flow.timezone)
        except ValueError as exc:
            yield str(exc), ["timezone"]
    if flow.on_error is not None and flow.on_error not in flow.steps:
        yield _no_step(flow, flow.on_error), ["on_error"]
    yield from _find_hang_up_faults(flow)
    if flow.limits.go is not None and flow.limits.go not in flow.steps:
        yield _no_step(flow, flow.limits.go), ["limits", "go"]


def _find_hang_up_faults(flow: Flow) -> Iterator[_Fault]:
    """Require steps that need nobody where the caller has hung up."""
    if flow.after_hang_up is None:
        return
    if flow.after_hang_up.go not in flow.steps:
        yield _no_step(flow, flow.after_hang_up.go), ["after_hang_up", "go"]
    waiting, seen = [str(flow.after_hang_up.go)], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in flow.steps:
            continue
        seen.add(name)
        step = flow.steps[name]
        if step.needs_nobody():
            waiting += [str(value) for _, value in walk(step) if isinstance(value, StepName)]
        else:
            reason = "after_hang_up leads here, where nobody is: it takes set, if, goto, hours,"
            yield f"{reason} http, python, dialplan and hangup, without prompts", ["steps", name]


def _no_step(flow: Flow, name: str, where: str = "") -> str:
    return f"there is no step {str(name)!r}{where}; {suggest(name, flow.steps)}"


def _check(flow: Flow, value: object) -> str | None:
    match value:
        case StepName() if value not in flow.steps:
            return _no_step(flow, value)
        case Template():
            return check_syntax(value)
        case Expression():
            return check_syntax(value, expression=True)
        case PromptSpec():
            texts = [text for _, part in value.all_parts() for text in part.templates]
            found = [check_syntax(text) for text in texts]
            found += [check_syntax(when, expression=True) for when in value.conditions()]
            return next(filter(None, found), None)
    return None


def _find_input_faults(flow: Flow) -> Iterator[_Fault]:
    for name, step in flow.inputs():
        for kind in step.misses():
            own, default = getattr(step, kind), getattr(flow.defaults, kind)
            go = own.over(default).go
            if go is None:
                times = own.over(default).after or 3
                reason = f"{kind} needs go, here or in defaults: where to go after {times} times"
                yield reason, ["steps", name, kind]
            elif own.go is None and go not in flow.steps:
                yield (
                    _no_step(flow, go, f", the {kind}.go of the defaults"),
                    [
                        "steps",
                        name,
                    ],
                )


def _find_command_faults(flow: Flow) -> Iterator[_Fault]:
    for name, command in flow.commands.items():
        if command.go is not None and command.go not in flow.steps:
            yield _no_step(flow, command.go), ["commands", name, "go"]
        elif command.go is None and command.language is None and name not in _BUILT_IN:
            yield "the command needs go or language", ["commands", name]
        if command.language and flow.languages and command.language not in flow.languages:
            yield f"{command.language!r} is not in languages", ["commands", name, "language"]
