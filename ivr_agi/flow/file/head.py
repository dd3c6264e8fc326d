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
    "AfterHangUp",
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
    "Timeouts",
    "Words",
    "words_in",
)

NonEmptyText = Annotated[str, Meta(min_length=1)]
Key = Annotated[str, Meta(pattern=r"^([0-9*#]|[0-9]{2,4})$")]
Words = list[NonEmptyText] | dict[str, list[NonEmptyText]]
"""Words and phrases: one list for all languages, or one per language."""
Timeouts = TimeoutS | Annotated[list[TimeoutS], Meta(min_length=1, max_length=10)]
"""Seconds to wait: the same for each attempt at a question, or those of the 1st, 2nd, ... one."""
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
    """How many times it may happen; default 3."""
    prompts: list[PromptSpec] = []
    """Said the 1st, 2nd, ... time; the last one from then on. Empty: the step's own prompt."""

    def over(self, other: MissSpec | None) -> MissSpec:
        """Return these, with unset values taken from ``other``."""
        if other is None:
            return self
        return MissSpec(
            go=self.go or other.go,
            after=self.after or other.after,
            prompts=self.prompts or other.prompts,
        )


class BandSpec(Spec, frozen=True, kw_only=True):
    """Thresholds for the score of a match, 0 to 1."""

    accept: _Score = Bands.accept
    """A match with at least this score is accepted."""
    confirm: _Score = Bands.confirm
    """From this score on the caller is asked "did you say ...?"; below it is a no-match."""
    margin: _Score = Bands.margin
    """If the second-best choice is not this much worse, the caller is asked."""


class Defaults(Spec, frozen=True, kw_only=True):
    """Defaults for steps. Those of a flow override those of the installation."""

    timeout_s: Timeouts | None = None
    """Seconds of silence after the prompt before it is a no-input, or a list of them by attempt."""
    barge_in: BargeIn | None = None
    """What may interrupt a prompt."""
    guard_ms: GuardMs | None = None
    """Milliseconds from the start of a prompt in which a voice does not stop it."""
    turn: TurnSpec = TurnSpec()
    """Details of listening."""
    bands: BandSpec | None = None
    """When words are accepted, confirmed or rejected."""
    no_input: MissSpec = MissSpec()
    """Silence."""
    no_match: MissSpec = MissSpec()
    """Words or keys that match nothing."""

    def over(self, other: Defaults) -> Defaults:
        """Return these, with unset values taken from ``other``."""
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
    """Words or a key that every listening step accepts.

    ``help``, ``repeat``, ``back`` and ``slower`` do what they are called, ``operator`` goes to
    ``go``; other names go to ``go``, or change the language.
    """

    words: Words | None = None
    """Words for it; ``help``, ``repeat``, ``back``, ``slower``, ``operator`` have words of their
    own."""
    key: Key | None = None
    """The key for it; a step's own keys take precedence."""
    go: StepName | None = None
    """The step to go to."""
    prompt: PromptSpec | None = None
    """Said on ``help`` if the step has no help of its own."""
    language: LanguageTag | None = None
    """Change to this language and ask again."""


class CallLimits(Spec, frozen=True, kw_only=True):
    """Limits of one call, over all its steps."""

    no_input: Annotated[int, Meta(ge=1)] = 8
    """No-inputs."""
    no_match: Annotated[int, Meta(ge=1)] = 8
    """No-matches."""
    turns: Annotated[int, Meta(ge=1, le=1000)] = 200
    """Questions."""
    go: StepName | None = None
    """The step to go to at a limit; default: the step's own exit (for turns, ``FAILED``)."""


class AfterHangUp(Spec, frozen=True, kw_only=True):
    """What is still done when the caller has hung up: steps that need nobody."""

    go: StepName
    """The first of them."""
    deadline_s: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """How long all of them may take, s."""


class FlowHead(Spec, frozen=True, kw_only=True):
    """A flow file without its steps: what a call needs to know about the flow it is in."""

    start: StepName
    """The first step."""
    languages: list[LanguageTag] = []
    """Languages of prompts and words; a call starts in the first."""
    defaults: Defaults = Defaults()
    """Defaults for steps."""
    commands: dict[Name, GlobalCommand] = {}
    """Global commands."""
    hours: dict[Name, Hours] = {}
    """Opening hours by name, for ``hours`` steps."""
    variables: dict[Name, Any] = {}
    """Initial variables; strings are not templates."""
    limits: CallLimits = CallLimits()
    """Limits of one call."""
    on_error: StepName | None = None
    """The next step after one that fails, once in each flow; the variable ``error`` says why."""
    after_hang_up: AfterHangUp | None = None
    """Steps after a hang-up."""
    slower_after: Annotated[int, Meta(ge=1, le=10)] | None = None
    """After so many no-inputs the call goes on more slowly, as at the command ``slower``."""
    timezone: str | None = None
    """Place of its calls (``Asia/Shanghai``): "today" is theirs; else the setting
    ``call.timezone``."""
    weights: dict[NonEmptyText, Annotated[int, Meta(ge=1, le=10)]] = {}
    """How strongly the speech service expects some of the words, 1 to 10 (hot words 3.0)."""


class SharedDefaults(Spec, frozen=True, kw_only=True):
    """``_defaults.yaml`` beside the flows: defaults for all of them."""

    defaults: Defaults = Defaults()
    """For every step of every flow."""
    commands: dict[Name, GlobalCommand] = {}
    """Commands of every flow; a flow's own command of the same name takes precedence."""
