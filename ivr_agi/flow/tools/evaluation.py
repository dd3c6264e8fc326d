"""Measures how a ``route`` step understands sentences whose choice is known. Core, no I/O."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr_agi.flow.run.options import NOTHING
from ivr_agi.flow.run.routing import judge_scores
from ivr_agi.language.matching import Bands, Decision
from ivr_agi.language.routing import router_of
from ivr_agi.language.text import Language, is_cjk, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr_agi.flow.file.head import FlowHead
    from ivr_agi.flow.run.routing import RouteReader
    from ivr_agi.flow.steps.route import RouteStep

__all__ = ("ELSE", "Evaluation", "Judged", "evaluate_sentences", "leave_one_out", "shared_examples")

ELSE = "-"
"""In place of a choice: the sentence is about something else."""


@dataclass(frozen=True)
class Judged:
    """One sentence, and what became of it."""

    sentence: str
    meant: str
    """The choice's value, or :data:`ELSE`."""
    decision: Decision
    found: tuple[str, ...]
    """The choice that was taken, or the one or two that the caller is asked about."""
    score: float | None = None
    """The best one's; None: by its place in the list."""

    @property
    def is_right(self) -> bool:
        """The choice was taken or offered; or nothing was taken, and nothing was meant."""
        if self.meant == ELSE:
            return self.decision is not Decision.ACCEPT
        return self.meant in self.found

    @property
    def is_wrong(self) -> bool:
        """Something was taken that was not meant."""
        return self.decision is Decision.ACCEPT and not self.is_right


@dataclass
class Evaluation:
    """What became of many sentences."""

    tested: list[Judged] = field(default_factory=list)

    def count(self) -> dict[str, int]:
        """Return how many there are, and how many are right, wrong, asked and none."""
        return {
            "sentences": len(self.tested),
            "right": sum(one.is_right for one in self.tested),
            "wrong": sum(one.is_wrong for one in self.tested),
            "asked": sum(one.decision is Decision.CONFIRM for one in self.tested),
            "none": sum(one.decision is Decision.NO_MATCH for one in self.tested),
        }

    def by_band(self) -> dict[str, tuple[int, int]]:
        """Return of each band how many sentences are in it, and how many of them are right."""
        return {
            band.value: (
                sum(one.decision is band for one in self.tested),
                sum(one.decision is band and one.is_right for one in self.tested),
            )
            for band in Decision
        }

    def confusions(self) -> dict[str, Counter[str]]:
        """Return by meant choice what was taken; ``?``: asked, :data:`ELSE`: nothing."""
        table: dict[str, Counter[str]] = {}
        for one in self.tested:
            found = {Decision.ACCEPT: one.found[:1], Decision.CONFIRM: ("?",)}.get(
                one.decision, (ELSE,)
            )
            table.setdefault(one.meant, Counter())[found[0]] += 1
        return table


def evaluate_sentences(
    flow: FlowHead, step: RouteStep, rows: Iterable[tuple[str, str]]
) -> Evaluation:
    """Read sentences as the step would in a call.

    Args:
        flow: The step's flow.
        step: The step.
        rows: The choice that is meant (or :data:`ELSE`), and the sentence.
    """
    readers: dict[str, RouteReader] = {}
    found = Evaluation()
    for meant, sentence in rows:
        language = _language_of(flow, sentence)
        if language not in readers:
            readers[language] = step.reader(flow, language)
        reader = readers[language]
        reader.forget()
        reading = reader.read_words(sentence)
        values = [value.value_told() for value in reader.meant(reading)]
        score = reading.scores[0][1] if reading.scores else None
        decision = Decision.NO_MATCH if reading == NOTHING else reading.decision
        found.tested.append(Judged(sentence, meant, decision, tuple(values), score))
    return found


def leave_one_out(step: RouteStep, language: str) -> Evaluation:
    """Read each example of a step as if it were none of the examples."""
    own = step.example_bands
    bands = Bands(accept=own.accept, confirm=own.confirm, margin=own.margin)
    learnt = step.learnt_from(language)
    router = router_of(learnt)
    found = Evaluation()
    if router is None:
        return found
    values = [choice.value_told() for choice in step.listed()]
    sentences = [text for texts in learnt for text in texts]
    for sentence, (number, scores) in zip(sentences, router.left_out, strict=True):
        decision, meant = judge_scores(scores, bands)
        found.tested.append(
            Judged(
                sentence,
                values[number],
                decision,
                tuple(values[n] for n in meant),
                round(max(scores), 3),
            )
        )
    return found


def shared_examples(step: RouteStep, language: str) -> Iterator[tuple[str, int, int]]:
    """Yield each example that two choices have, and the numbers of both."""
    first: dict[str, int] = {}
    for number, choice in enumerate(step.listed()):
        for text in choice.examples_in(language):
            before = first.setdefault(normalise(text), number)
            if before != number:
                yield text, before, number


def _language_of(flow: FlowHead, sentence: str) -> str:
    """Return the language of a flow that a sentence is in."""
    is_chinese = is_cjk(sentence)
    named = (tag for tag in flow.languages if (tag[:2] == Language.CHINESE) is is_chinese)
    return next(named, next(iter(flow.languages), ""))
