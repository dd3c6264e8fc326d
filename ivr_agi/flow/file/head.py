"""What a flow file says beside its steps: languages, defaults, commands, hours, limits.

Core, no I/O.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from ivr_agi.flow.file.hours import Hours
from ivr_agi.flow.file.spec import Name, PromptSpec, Spec, StepName, localise
from ivr_agi.flow.file.turn import TurnSpec
from ivr_agi.knobs import BargeIn, GuardMs, TimeoutS
from ivr_agi.language.matching import Bands

__all__ = (
    "BandSpec",
    "GlobalCommand",
    "Defaults",
    "FlowHead",
    "SharedDefaults",
    "Key",
    "LanguageTag",
    "CallLimits",
    "MissSpec",
    "NonEmptyText",
    "Words",
    "words_in",
)

NonEmptyText = Annotated[str, Meta(min_length=1)]
Key = Annotated[str, Meta(pattern=r"^([0-9*#]|[0-9]{2,4})$")]
Words = list[NonEmptyText] | dict[str, list[NonEmptyText]]
"""Words and phrases, in every language or by language."""
_Score = Annotated[float, Meta(ge=0, le=1)]
LanguageTag = Annotated[str, Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]


def words_in(words: Words, language: str) -> list[str]:
    """Return the words of a language."""
    if isinstance(words, dict):
        return localise(words, language) if words else []
    return words


class MissSpec(Spec, frozen=True, kw_only=True):
    """What happens on no-input, or on no-match, in one step."""

    go: StepName | None = None
    """The step to go to after ``after`` times."""
    after: Annotated[int, Meta(ge=1, le=10)] | None = None
    """How often it may happen; 3 where nothing says otherwise."""
    prompts: list[PromptSpec] = []
    """Said at the 1st, 2nd, ... time, the last one from then on; none: the step's own prompt."""

    def over(self, other: MissSpec | None) -> MissSpec:
        """Return these with what they leave open taken from others."""
        if other is None:
            return self
        return MissSpec(
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

    timeout_s: TimeoutS | None = None
    """No-input time after the prompt's end."""
    barge_in: BargeIn | None = None
    """What ends a prompt early."""
    guard_ms: GuardMs | None = None
    """No voice stops a prompt so long after its begin."""
    turn: TurnSpec = TurnSpec()
    """The finer points of listening."""
    bands: BandSpec | None = None
    """When words are taken, asked about, refused."""
    no_input: MissSpec = MissSpec()
    """Silence."""
    no_match: MissSpec = MissSpec()
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


class GlobalCommand(Spec, frozen=True, kw_only=True):
    """Words or a key that are taken in every step that listens.

    ``help``, ``repeat`` and ``back`` do what they are called, ``operator`` goes to ``go``; other
    names go to ``go``, or change the language.
    """

    words: Words | None = None
    """What is said for it; ``help``, ``repeat``, ``back``, ``operator`` have words of their own."""
    key: Key | None = None
    """The key for it; a step's own keys go before it."""
    go: StepName | None = None
    """The step to go to."""
    prompt: PromptSpec | None = None
    """Said at ``help`` where the step has no help of its own."""
    language: LanguageTag | None = None
    """Change to this language and ask again."""


class CallLimits(Spec, frozen=True, kw_only=True):
    """What one call may cost; all steps together."""

    no_input: Annotated[int, Meta(ge=1)] = 8
    """Times of silence."""
    no_match: Annotated[int, Meta(ge=1)] = 8
    """Times of not being understood."""
    turns: Annotated[int, Meta(ge=1, le=1000)] = 200
    """Questions asked."""
    go: StepName | None = None
    """The step to go to at a limit; else the step's own exit (for turns: ``FAILED``)."""


class FlowHead(Spec, frozen=True, kw_only=True):
    """A flow file without its steps: what a call must know of the flow that it is in."""

    start: StepName
    """The first step."""
    languages: list[LanguageTag] = []
    """The languages that prompts and words are written in; the first is the call's at the start."""
    defaults: Defaults = Defaults()
    """What steps do not say themselves."""
    commands: dict[Name, GlobalCommand] = {}
    """Global commands."""
    hours: dict[Name, Hours] = {}
    """Opening hours by name, for the steps ``do: hours``."""
    variables: dict[Name, Any] = {}
    """Variables at the start; texts are taken as they are."""
    limits: CallLimits = CallLimits()
    """What one call may cost."""


class SharedDefaults(Spec, frozen=True, kw_only=True):
    """``_defaults.yaml`` beside the flows: what flows do not say themselves."""

    defaults: Defaults = Defaults()
    """For every step of every flow."""
    commands: dict[Name, GlobalCommand] = {}
    """In every flow; the flow's own of the same name go before them."""
