"""What every step is, and what every step that takes input shares. Core, no I/O.

A step kind ("verb") is one class in :mod:`ivr_agi.flow.steps`: its fields are the keys of the
file, its :meth:`StepSpec.run` does it and says where to go on. Nothing else needs to know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from ivr_agi.flow.file.spec import PromptSpec, Seconds, Spec, StepName, localise
from ivr_agi.flow.file.turn import TurnSpec
from ivr_agi.knobs import BargeIn
from ivr_agi.language.matching import Bands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = (
    "Attempts",
    "BandSpec",
    "Choice",
    "Defaults",
    "InputSpec",
    "Key",
    "NonEmptyText",
    "StepSpec",
    "Words",
    "words_in",
)

NonEmptyText = Annotated[str, Meta(min_length=1)]
Key = Annotated[str, Meta(pattern=r"^([0-9*#]|[0-9]{2,4})$")]
GuardMs = Annotated[int, Meta(ge=0, le=10000)]
Words = list[NonEmptyText] | dict[str, list[NonEmptyText]]
"""Words and phrases, in every language or by language."""
_Score = Annotated[float, Meta(ge=0, le=1)]


def words_in(words: Words, language: str) -> list[str]:
    """Return the words of a language."""
    if isinstance(words, dict):
        return localise(words, language) if words else []
    return words


class StepSpec(Spec, frozen=True, kw_only=True):
    """One step; its class is the verb."""

    ends: ClassVar[bool] = False
    """The flow ends here, always."""

    record: bool = False
    """Record this step, where the setting ``recording.when`` is ``step``."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Do it.

        Args:
            call: The call it is done on.

        Returns:
            The next step, or how the flow ends.

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


class Attempts(Spec, frozen=True, kw_only=True):
    """What happens on no-input, or on no-match, in one step."""

    go: StepName | None = None
    """The step to go to after ``after`` times."""
    after: Annotated[int, Meta(ge=1, le=10)] | None = None
    """How often it may happen; 3 where nothing says otherwise."""
    prompts: list[PromptSpec] = []
    """Said at the 1st, 2nd, ... time, the last one from then on; none: the step's own prompt."""

    def over(self, other: Attempts | None) -> Attempts:
        """Return these with what they leave open taken from others."""
        if other is None:
            return self
        return Attempts(
            go=self.go or other.go,
            after=self.after or other.after,
            prompts=self.prompts or other.prompts,
        )


class BandSpec(Spec, frozen=True, kw_only=True):
    """What the score of a match means, 0 to 1."""

    accept: _Score = Bands.accept
    """From here on it is taken."""
    confirm: _Score = Bands.confirm
    """From here on the caller is asked "did you say ...?"; below is a no-match."""
    margin: _Score = Bands.margin
    """The second-best choice must be this much worse, or the caller is asked."""


class Defaults(Spec, frozen=True, kw_only=True):
    """What steps do not say themselves. The flow's go before the installation's."""

    timeout_s: Seconds | None = None
    """No-input time after the prompt's end."""
    barge_in: BargeIn | None = None
    """What ends a prompt early."""
    guard_ms: GuardMs | None = None
    """No voice stops a prompt so long after its begin."""
    turn: TurnSpec = TurnSpec()
    """The finer points of listening."""
    bands: BandSpec | None = None
    """When words are taken, asked about, refused."""
    no_input: Attempts = Attempts()
    """Silence."""
    no_match: Attempts = Attempts()
    """Words or keys that fit nothing."""

    def over(self, other: Defaults) -> Defaults:
        """Return these with what they leave open taken from others."""
        return Defaults(
            timeout_s=self.timeout_s or other.timeout_s,
            barge_in=self.barge_in or other.barge_in,
            guard_ms=other.guard_ms if self.guard_ms is None else self.guard_ms,
            turn=self.turn.over(other.turn),
            bands=self.bands or other.bands,
            no_input=self.no_input.over(other.no_input),
            no_match=self.no_match.over(other.no_match),
        )


class InputSpec(StepSpec, frozen=True, kw_only=True):
    """A step that says a prompt and takes words or keys."""

    prompt: PromptSpec
    """What is asked."""
    no_input: Attempts = Attempts()
    """Silence."""
    no_match: Attempts = Attempts()
    """Words or keys that fit nothing."""
    timeout_s: Seconds | None = None
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


class Choice(Spec, frozen=True, kw_only=True):
    """One choice of a menu."""

    go: StepName
    """The step it leads to."""
    words: Words = []
    """Words and phrases that mean it; the first is its value in ``IVR_RESULT``."""
    key: Key | None = None
    """The key (or keys) that means it."""
    value: str = ""
    """Value in ``IVR_RESULT`` and in ``choice``; else the first word, else the key."""
    label: PromptSpec | None = None
    """What it is called where a prompt is made by itself; else the first word."""

    def words_in(self, language: str) -> list[str]:
        """Return the words of a language."""
        return words_in(self.words, language)

    def all_words(self) -> list[str]:
        """Return the words of every language."""
        if isinstance(self.words, dict):
            return [word for words in self.words.values() for word in words]
        return self.words

    def value_told(self) -> str:
        """Return what the dialplan is told when it is chosen."""
        return self.value or next(iter(self.all_words()), "") or self.key or ""
