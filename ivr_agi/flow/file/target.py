"""Where a call goes if a variable decides: only ever to what the step lists. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ivr_agi.errors import FlowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ivr_agi.flow.file.spec import Destination, StepName

__all__ = ("Directed", "aim", "aim_faults")


class Directed(Protocol):
    """A step that leads to something that it names, or that a variable names."""

    @property
    def allowed(self) -> Sequence[str]:
        """What the variable may name."""
        ...

    @property
    def otherwise(self) -> StepName | None:
        """Step to go to if it names anything else (``else``)."""
        ...


def aim(
    step: Directed, target: Destination, fill: Callable[[str], str]
) -> tuple[str, StepName | None]:
    """Return the name of a target, or else the step to go to.

    Args:
        step: The step.
        target: What it says.
        fill: Fills templates in.

    Raises:
        FlowError: A variable names what is not allowed, and there is no ``else``.
    """
    if not target.is_open:
        return str(target), None
    name = fill(target).strip()
    if name in step.allowed:
        return name, None
    if step.otherwise is None:
        raise FlowError("the variable names nothing of allowed (else: where to go then)")
    return "", step.otherwise


def aim_faults(
    step: Directed, key: str, target: Destination
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield what is wrong with a target and its list.

    Args:
        step: The step.
        key: The key of the target.
        target: What it says.
    """
    if not target.is_open:
        if step.allowed or step.otherwise is not None:
            yield f"allowed and else belong to a variable: {key}: '{{{{ name }}}}'", (key,)
        return
    if not step.allowed:
        yield "a variable needs allowed: [...], all that it may name", ("allowed",)
    for number, name in enumerate(step.allowed):
        if fault := target.fault(name):
            yield f"{fault}, got {name!r}", ("allowed", number)
