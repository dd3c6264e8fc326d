"""``set``, ``if``, ``goto``: variables and branches. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import field

from ivr_agi.flow.file.head import LanguageTag
from ivr_agi.flow.file.spec import Expression, Name, Spec, StepName, StepTarget
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.file.target import aim, aim_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("Case", "GotoStep", "IfStep", "SetStep")


class SetStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="set"):
    """Set variables, or change the language."""

    go: StepName
    """The next step."""
    values: dict[Name, Any] = {}
    """Values by variable; strings may be templates."""
    language: LanguageTag | None = None
    """Speak and listen in this language from now on."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Set the variables in order."""
        for name, value in self.values.items():
            call.values.set(name, call.values.fill(value))
        if self.language:
            call.speaker.set_language(self.language)
        return self.go

    def needs_nobody(self) -> bool:
        """Tell that it does not need the caller."""
        return True


class Case(Spec, frozen=True, kw_only=True):
    """Another condition of an ``if``."""

    when: Expression
    """The condition."""
    go: StepName
    """The next step if it holds."""


class IfStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="if"):
    """Go to the step of the first condition that holds."""

    when: Expression | None = None
    """A condition, e.g. ``balance < 0``."""
    go: StepName | None = None
    """The next step if ``when`` holds."""
    cases: list[Case] = []
    """More conditions, checked in order after ``when``."""
    otherwise: StepName = field(name="else")
    """The next step if none holds."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Find the first condition that holds."""
        if self.when and self.go and call.values.holds(self.when):
            return self.go
        for case in self.cases:
            if call.values.holds(case.when):
                return case.go
        return self.otherwise

    def needs_nobody(self) -> bool:
        """Tell that it does not need the caller."""
        return True

    def find_faults(self) -> Any:
        """Require a condition with a step, or cases."""
        if (self.when is None) != (self.go is None):
            yield "when and go belong together", ("when" if self.when else "go",)
        elif self.when is None and not self.cases:
            yield "it needs when and go, or cases", ()

    def labels(self) -> dict[str, str]:
        """Label each exit with its condition."""
        found = {"go": str(self.when or ""), "else": "else"}
        return found | {f"cases.{n}.go": str(case.when) for n, case in enumerate(self.cases)}


class GotoStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="goto"):
    """Go to another step, which a variable may name."""

    go: StepName | None = None
    """The step."""
    to: StepTarget | None = None
    """A variable that names it, one of ``allowed``."""
    allowed: list[StepName] = []
    """The steps that the variable may name."""
    otherwise: StepName | None = field(name="else", default=None)
    """The next step if it names anything else; default: the call fails."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Go there."""
        if self.to is None:
            assert self.go is not None  # find_faults
            return self.go
        name, otherwise = aim(self, self.to, call.values.fill_text)
        return otherwise or StepName(name)

    def needs_nobody(self) -> bool:
        """Tell that it does not need the caller."""
        return True

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Require one way to name the step."""
        if (self.go is None) == (self.to is None):
            yield "it needs go, a step, or to, a variable that names one", ()
        elif self.to is not None and not self.to.is_open:
            yield "to is a variable: '{{ name }}'; a step is named by go", ("to",)
        elif self.to is not None:
            yield from aim_faults(self, "to", self.to)
        elif self.allowed or self.otherwise is not None:
            yield "allowed and else belong to a variable: to: '{{ name }}'", ()
