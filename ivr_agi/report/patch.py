"""Adds words to the choices of a flow file, and leaves the rest as it is."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow, parse_nodes
from ivr_agi.flow.steps.menu import ChoosingStep
from ivr_agi.language.text import is_cjk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ivr_agi.flow.file.model import Flow
    from ivr_agi.report.unmatched import UnmatchedGroup

__all__ = ("AddedWords", "add_words", "conversation_tests")

QUIET_STEPS = ("say", "set", "goto")
"""Steps that ask nothing and have one way on."""


@dataclass(frozen=True)
class AddedWords:
    """Words that a choice has now."""

    step: str
    choice: str
    words: str
    go: str
    """The step that the choice leads to."""
    way: tuple[str, ...]
    """What a caller says to come to the step; the words are said after it."""
    is_reachable: bool
    """A caller comes there by menus alone."""


def add_words(
    text: str, groups: Iterable[UnmatchedGroup], *, name: str
) -> tuple[str, list[AddedWords]]:
    """Add each group's words to the choice that was meant most often.

    A group is left out if nothing shows what was meant, if its step is no menu, or if the file
    would not be valid with its words, as where another choice has them.

    Args:
        text: The file.
        groups: What was not understood.
        name: Of the file, for errors.

    Returns:
        The file with the words, and what was added.

    Raises:
        FlowError: The file is wrong as it is.
    """
    flow = parse_flow(text, name)
    added = []
    for group in groups:
        step = flow.steps.get(group.step)
        meant = group.meant.most_common(1)
        if not meant or not isinstance(step, ChoosingStep):
            continue
        number = next(
            (n for n, one in enumerate(step.listed()) if one.value_told() == meant[0][0]), None
        )
        if number is None:
            continue
        patched = _insert(text, group.step, number, group.text)
        if patched is None:
            continue
        try:
            parse_flow(patched, name)
        except FlowError:
            continue
        text = patched
        way = _way_to(flow, group.step)
        go = str(step.listed()[number].go)
        added.append(
            AddedWords(group.step, meant[0][0], group.text, go, way or (), way is not None)
        )
    return text, added


def conversation_tests(flow_file: str, added: Sequence[AddedWords]) -> str:
    """Return a file of conversation tests: each of the words leads where its choice does."""
    tests: list[dict[str, Any]] = []
    for one in added:
        if one.is_reachable:
            talk = [{"say": words} for words in (*one.way, one.words)]
            expect = {"steps": [one.step, one.go]}
            name = f"{one.words} is {one.choice}"
            tests.append({"name": name, "talk": talk, "expect": expect})
    lines = ["# Made by ivr-agi unmatched --patch: what callers said, and where it leads now."]
    lines += [
        f"# No test of {one.words!r}: a caller does not come to {one.step} by menus alone."
        for one in added
        if not one.is_reachable
    ]
    body = yaml.safe_dump(
        {"flow": flow_file, "tests": tests}, allow_unicode=True, sort_keys=False, width=100
    )
    return "\n".join(lines) + "\n" + body


def _insert(text: str, step: str, number: int, words: str) -> str | None:
    """Return the text with words at the end of a choice's list; None where it has no list."""
    choices = _child(_child(_child(parse_nodes(text), "steps"), step), "choices")
    if not isinstance(choices, yaml.SequenceNode):
        return None
    listed = _child(choices.value[number], "words")
    if isinstance(listed, yaml.MappingNode):
        language = "zh" if is_cjk(words) else "en"
        listed = _child(listed, language)
    if not isinstance(listed, yaml.SequenceNode):
        return None
    quoted = json.dumps(words, ensure_ascii=False)
    if listed.flow_style:
        at = listed.end_mark.index - 1
        has_comma = not listed.value or text[:at].rstrip().endswith(",")
        return f"{text[:at].rstrip()}{'' if has_comma else ','} {quoted}{text[at:]}"
    last = listed.value[-1].end_mark.index
    end = text.find("\n", last)
    end = len(text) if end < 0 else end
    return f"{text[:end]}\n{' ' * listed.start_mark.column}- {quoted}{text[end:]}"


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                found: yaml.Node = value
                return found
    return None


def _way_to(flow: Flow, wanted: str) -> tuple[str, ...] | None:
    """Return what a caller says to come to a step by menus; None: there is no such way."""
    waiting: deque[tuple[str, tuple[str, ...]]] = deque([(str(flow.start), ())])
    seen = set()
    while waiting:
        name, said = waiting.popleft()
        if name == wanted:
            return said
        step = flow.steps.get(name)
        if name in seen or step is None:
            continue
        seen.add(name)
        if isinstance(step, ChoosingStep):
            for choice in step.listed():
                if words := choice.all_words():
                    waiting.append((str(choice.go), (*said, words[0])))
        elif type(step).__struct_config__.tag in QUIET_STEPS and (go := getattr(step, "go", None)):
            waiting.append((str(go), said))
    return None
