"""What every step is, and what every step that takes input shares. Core, no I/O.

A step kind ("verb") is one class in :mod:`ivr_agi.flow.steps`: its fields are the keys of the
file, its :meth:`StepSpec.run` does it and says where to go on. Nothing else needs to know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ivr_agi.flow.file.head import BandSpec, MissSpec
from ivr_agi.flow.file.spec import PromptSpec, Spec
from ivr_agi.flow.file.turn import TurnSpec
from ivr_agi.knobs import BargeIn, GuardMs, TimeoutS

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ("InputSpec", "StepSpec")


class StepSpec(Spec, frozen=True, kw_only=True):
    """One step; its class is the verb."""

    ends: ClassVar[bool] = False
    """The flow ends here, always."""

    record: bool = False
    """Record this step, where the setting ``recording.when`` is ``step``."""

    async def run(self, call: Any) -> Any:
        """Do it. What runs steps lies above this room: each kind of step names the types.

        Args:
            call: The :class:`~ivr_agi.flow.run.call.FlowCall` it is done on.

        Returns:
            The next step, or the :class:`~ivr_agi.flow.run.results.FlowResult` that ends the flow.

        Raises:
            IvrError: What the step cannot handle.
        """
        raise NotImplementedError

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Yield what types cannot say is wrong: each fault with its path of keys."""
        yield from ()

    def labels(self) -> dict[str, str]:
        """Return what a drawing writes at an exit, by the exit's path of keys, dotted."""
        return {}


class InputSpec(StepSpec, frozen=True, kw_only=True):
    """A step that says a prompt and takes words or keys."""

    prompt: PromptSpec
    """What is asked."""
    no_input: MissSpec = MissSpec()
    """Silence."""
    no_match: MissSpec = MissSpec()
    """Words or keys that fit nothing."""
    timeout_s: TimeoutS | None = None
    """No-input time after the prompt's end; else the setting ``turn.timeout_s``."""
    barge_in: BargeIn | None = None
    """What ends the prompt early; else ``both``."""
    guard_ms: GuardMs | None = None
    """No voice stops the prompt so long after its begin; else the setting ``turn.guard_ms``."""
    turn: TurnSpec = TurnSpec()
    """The finer points of listening; else the settings of ``[turn]``."""
    bands: BandSpec | None = None
    """When words are taken, asked about, refused."""
    help: PromptSpec | None = None
    """Said at the command "help"; else the command's own prompt."""
    keys_prompt: PromptSpec | None = None
    """Said while speech is down; else it is made of the step."""
    commands: bool = True
    """The flow's global commands are taken here too."""
    vocabulary_id: str | None = None
    """Hot-word table; else the one that ``ivr-agi vocabulary sync`` made, if it did."""
    secure: bool = False
    """Nothing that the caller says or presses here goes into journal, log, recordings, or the
    variables that prompts and the dialplan see."""

    def misses(self) -> tuple[str, ...]:
        """Return what can go wrong here, each with its own count and exit."""
        return "no_input", "no_match"

    def expected_words(self) -> list[str]:
        """Return what may be said here, in every language: hot words for the recogniser."""
        return []
