"""The bases of all steps and of those that take input. Core, no I/O.

Each kind of step ("verb") is a class in :mod:`ivr_agi.flow.steps`: its fields are the keys in the
file, and its :meth:`StepSpec.run` runs it and returns the next step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ivr_agi.flow.file.head import BandSpec, MissSpec, Timeouts
from ivr_agi.flow.file.spec import PromptSpec, Spec
from ivr_agi.flow.file.turn import TurnSpec
from ivr_agi.knobs import BargeIn, GuardMs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr_agi.flow.file.slots import Kind

__all__ = ("InputSpec", "StepSpec", "table_key")


def table_key(step: str, language: str) -> str:
    """Return the name of a step's hot-word table for a further language of its flow."""
    return f"{step}@{language}"


class StepSpec(Spec, frozen=True, kw_only=True):
    """A step; its class is the verb."""

    ends: ClassVar[bool] = False
    """The flow always ends here."""

    resumes: ClassVar[bool] = False
    """A call that was connected to somebody may come back to it."""

    record: bool = False
    """Record this step if the setting ``recording.when`` is ``step``."""

    async def run(self, call: Any) -> Any:
        """Run the step. Subclasses name the types, which belong to the room above.

        Args:
            call: The :class:`~ivr_agi.flow.run.call.FlowCall` to run it on.

        Returns:
            The next step, or the :class:`~ivr_agi.flow.run.results.FlowResult` that ends the flow.

        Raises:
            IvrError: Errors that the step cannot handle.
        """
        raise NotImplementedError

    def needs_nobody(self) -> bool:
        """Tell whether it can run when the caller has hung up."""
        return False

    def prepare(self, languages: Sequence[str]) -> None:
        """Make what calls need and what takes long, when the flow is loaded: in a thread.

        Args:
            languages: Those of the flow.
        """

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Yield faults that types cannot express, with their path of keys."""
        yield from ()

    def told(self) -> Iterator[str]:
        """Yield the dialplan's variables that the step may set, beside those of every call."""
        yield from ()

    def labels(self) -> dict[str, str]:
        """Return labels of exits for drawings, by the exit's dotted path of keys."""
        return {}


class InputSpec(StepSpec, frozen=True, kw_only=True):
    """A step that says a prompt and takes words or keys."""

    prompt: PromptSpec
    """The question."""
    no_input: MissSpec = MissSpec()
    """Silence."""
    no_match: MissSpec = MissSpec()
    """Words or keys that match nothing."""
    timeout_s: Timeouts | None = None
    """No-input time after the prompt's end, or a list: those of the 1st, 2nd, ... attempt; else the
    setting ``turn.timeout_s``."""
    barge_in: BargeIn | None = None
    """What ends the prompt early; else ``both``."""
    guard_ms: GuardMs | None = None
    """No voice stops the prompt so long after its begin; else the setting ``turn.guard_ms``."""
    turn: TurnSpec = TurnSpec()
    """The finer points of listening; else the settings of ``[turn]``."""
    bands: BandSpec | None = None
    """When words are accepted, confirmed or rejected."""
    help: PromptSpec | None = None
    """Said on the command "help"; default: the command's own prompt."""
    keys_prompt: PromptSpec | None = None
    """Said while speech is down; default: generated from the step."""
    commands: bool = True
    """Accept the flow's global commands here."""
    keys_only: bool = False
    """No voice may answer: the recogniser is not used here."""
    vocabulary_id: str | None = None
    """Hot-word table; default: the one made by ``ivr-agi vocabulary sync``, if any."""
    secure: bool = False
    """Keep what the caller says or presses here out of journal, log, recordings, and the variables
    that prompts and the dialplan see."""

    def misses(self) -> tuple[str, ...]:
        """Return the kinds of misses that are possible here; each has its own count and exit."""
        return "no_input", "no_match"

    def keys_texts(self, language: str) -> list[str]:
        """Return what the step says itself while speech is down, in a language."""
        return []

    def expected_words(self) -> list[str]:
        """Return the words expected here in all languages, as hot words for the recogniser."""
        return []

    def expected_kind(self) -> Kind | None:
        """Return the type of the answer that is expected here, if it is a typed one."""
        return None
