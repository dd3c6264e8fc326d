"""What a form says: its fields, and how it is read back. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, structs

from ivr_agi.flow.file.head import MissSpec, Words
from ivr_agi.flow.file.slots import SlotSpec
from ivr_agi.flow.file.spec import Name, PromptSpec, Spec, StepName, Template
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.language.slots import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("FieldSpec", "FormSpec")


class FieldSpec(Spec, frozen=True, kw_only=True):
    """One answer of a form. Its name is the variable, and ``IVR_SLOT_NAME`` for the dialplan."""

    slot: SlotSpec
    """The type of the answer."""
    prompt: PromptSpec
    """Asks for it, if no sentence has brought it yet."""
    words: Words = []
    """What callers call it ("the date is wrong"), also beside its value ("four guests"). The first
    is its name in generated prompts."""
    reasons: dict[Reason, PromptSpec] = {}
    """Prompts by reason of rejection; they take precedence over ``no_match.prompts``."""
    no_input: MissSpec = MissSpec()
    """Silence at this question; default: the form's."""
    no_match: MissSpec = MissSpec()
    """Words or keys that are no answer to it; default: the form's."""
    help: PromptSpec | None = None
    """Said on the command "help"; default: the form's."""
    keys_prompt: PromptSpec | None = None
    """Asks for it while speech is down; default: generated."""


class FormSpec(InputSpec, frozen=True, kw_only=True):
    """Take several typed answers, in any order, and store each in a variable."""

    fields: Annotated[dict[Name, FieldSpec], Meta(min_length=1, max_length=20)]
    """The answers by the names of their variables, in the order in which they are asked for."""
    go: StepName
    """The next step, when all fields are filled."""
    heard: Template | None = None
    """What the caller said before (``{{ said }}``, saved by a ``route``): read as the answer to the
    opening question, which is then not asked."""
    read_back: bool = True
    """Say the answers and ask whether they are right. What is doubtful is always read back."""
    read_back_prompt: PromptSpec | None = None
    """Prompt for it: ``{{ answer }}``, or each field's answer in words by its name."""
    change_prompt: PromptSpec | None = None
    """Asks what is wrong, after a mere "no"; default: a built-in sentence."""

    def __post_init__(self) -> None:
        """Keep forms secure that have an answer which always is: the number of a card."""
        if not self.secure and any(spec.slot.is_secret for spec in self.fields.values()):
            structs.force_setattr(self, "secure", True)

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Check each slot's limits, and that a name means one field."""
        seen: dict[str, str] = {}
        for name, spec in self.fields.items():
            if problem := spec.slot.problem():
                yield problem, ("fields", name, "slot")
            elif self.keys_only and not spec.slot.can_be_keyed:
                yield f"keys_only: {spec.slot.type.value} has no keys", ("fields", name, "slot")
            lists = spec.words.values() if isinstance(spec.words, dict) else [spec.words]
            for word in {word.casefold() for words in lists for word in words}:
                if seen.setdefault(word, name) != name:
                    yield f"{word!r} is a word of {seen[word]!r} too", ("fields", name, "words")

    def told(self) -> Iterator[str]:
        """Yield those of the fields, unless nobody may see them."""
        if not self.secure:
            yield from (f"IVR_SLOT_{name.upper()}" for name in self.fields)

    def labels(self) -> dict[str, str]:
        """Label the exit with the fields."""
        quiet = {"no_input": "silence", "no_match": "no match"}
        labels = {
            f"fields.{name}.{kind}.go": f"{name}: {text}"
            for name in self.fields
            for kind, text in quiet.items()
        }
        return {"go": ", ".join(self.fields), **labels}

    def expected_words(self) -> list[str]:
        """Return the fields' options and names."""
        found: list[str] = []
        for spec in self.fields.values():
            found += [word for option in spec.slot.listed for word in option.all_words()]
            lists = spec.words.values() if isinstance(spec.words, dict) else [spec.words]
            found += [word for words in lists for word in words]
        return list(dict.fromkeys(found))
