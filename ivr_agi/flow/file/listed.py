"""Options made from data: a list that a service brought. Core, no I/O."""

from __future__ import annotations

from ivr_agi.flow.file.spec import Expression, Spec, StepName, Template

__all__ = ("ChoicesFrom", "OptionsFrom")


class OptionsFrom(Spec, frozen=True, kw_only=True):
    """Options of ``one_of`` made from a list; ``item`` is each of its entries."""

    each: Expression
    """The list: a variable, such as ``payees``, or ``answer.branches``."""
    value: Template | None = None
    """The option's value; default: the entry itself."""
    words: list[Template] = []
    """Words that mean it; default: its value. A template that gives a list gives each of them."""
    key: Template | None = None
    """Key that means it; default: the first free one."""


class ChoicesFrom(OptionsFrom, frozen=True, kw_only=True):
    """Choices of a menu made from a list."""

    go: StepName
    """The step that each leads to; ``choice`` says which it was."""
