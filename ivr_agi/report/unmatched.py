"""Groups what was not understood by likeness, the most frequent first. Core, no I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jellyfish

from ivr_agi.language.text import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.store.queries import UnmatchedWords

__all__ = ("UnmatchedGroup", "group_unmatched")

LIKE = 0.8
"""Likeness of two texts, 0 to 1, from which on they are one group."""
MOST_COMPARED = 2_000
"""Texts of a step that are compared with each other; rarer ones stand alone."""


@dataclass
class UnmatchedGroup:
    """Words that are much alike, said in one step."""

    flow: str
    step: str
    text: str
    """The most frequent form."""
    n: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    meant: Counter[str] = field(default_factory=Counter)
    """What callers chose next, and how often."""
    calls: list[int] = field(default_factory=list)


def group_unmatched(said: Iterable[UnmatchedWords]) -> list[UnmatchedGroup]:
    """Return groups, the most frequent first."""
    by_step: dict[tuple[str, str], dict[str, list[UnmatchedWords]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for words in said:
        by_step[words.flow, words.step][normalise(words.text) or words.text].append(words)
    found: list[UnmatchedGroup] = []
    for (flow, step), forms in by_step.items():
        groups: list[UnmatchedGroup] = []
        by_count = sorted(forms.items(), key=lambda item: (-len(item[1]), item[0]))
        for n, (text, members) in enumerate(by_count):
            group = _like(groups, text) if n < MOST_COMPARED else None
            if group is None:
                group = UnmatchedGroup(flow, step, text)
                groups.append(group)
            group.n += len(members)
            group.texts[text] += len(members)
            group.meant.update(words.meant for words in members if words.meant)
            group.calls += [words.call_id for words in members]
        found += groups
    return sorted(found, key=lambda group: (-group.n, group.flow, group.step, group.text))


def _like(groups: list[UnmatchedGroup], text: str) -> UnmatchedGroup | None:
    best, group = LIKE, None
    for other in groups:
        longer = max(len(text), len(other.text))
        if abs(len(text) - len(other.text)) > longer * (1 - LIKE):
            continue
        likeness = 1 - jellyfish.levenshtein_distance(text, other.text) / longer
        if likeness >= best:
            best, group = likeness, other
    return group
