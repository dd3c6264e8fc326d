"""Measuring routes: what counts as right, and each example left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.flow.load.loader import load_flow, parse_flow
from ivr_agi.flow.steps.route import RouteStep
from ivr_agi.flow.tools.evaluation import (
    ELSE,
    Evaluation,
    Judged,
    evaluate_sentences,
    leave_one_out,
    shared_examples,
)
from ivr_agi.language.matching import Decision

ROOT = Path(__file__).parents[3]
FLOW = """\
start: a
languages: [en, zh]
steps:
  a:
    do: route
    prompt: {en: Hello, zh: 您好}
    choices:
      - value: card
        go: z
        examples: {en: [I lost my card, my card was stolen, my card is gone, pay], zh: [卡丢了]}
      - value: pay
        go: z
        words: {en: [payment]}
        examples: {en: [I want to send money, send money to my son, Pay!], zh: [我要转账]}
    no_input: {go: z}
    no_match: {go: z}
  z: {do: hangup}
"""
STEP = parse_flow(FLOW).steps["a"]
assert isinstance(STEP, RouteStep)


@pytest.mark.parametrize(
    ("meant", "decision", "found", "right", "wrong"),
    [
        ("a", Decision.ACCEPT, ("a",), True, False),
        ("a", Decision.ACCEPT, ("b",), False, True),
        ("a", Decision.CONFIRM, ("b", "a"), True, False),
        ("a", Decision.CONFIRM, ("b",), False, False),
        ("a", Decision.NO_MATCH, (), False, False),
        (ELSE, Decision.NO_MATCH, (), True, False),
        (ELSE, Decision.CONFIRM, ("a",), True, False),
        (ELSE, Decision.ACCEPT, ("a",), False, True),
    ],
)
def test_right_and_wrong(
    meant: str, decision: Decision, found: tuple[str, ...], right: bool, wrong: bool
) -> None:
    """Offered is right; of something else, all but taking is."""
    tested = Judged("x", meant, decision, found)
    assert (tested.is_right, tested.is_wrong) == (right, wrong)


def test_counts() -> None:
    """In all, by band, and by choice."""
    found = Evaluation(
        [
            Judged("1", "a", Decision.ACCEPT, ("a",)),
            Judged("2", "a", Decision.ACCEPT, ("b",)),
            Judged("3", "a", Decision.CONFIRM, ("a",)),
            Judged("4", ELSE, Decision.NO_MATCH, ()),
        ]
    )
    assert found.count() == {"sentences": 4, "right": 3, "wrong": 1, "asked": 1, "none": 1}
    assert found.by_band() == {"accept": (2, 1), "confirm": (1, 1), "no_match": (1, 1)}
    assert found.confusions() == {"a": {"a": 1, "b": 1, "?": 1}, ELSE: {ELSE: 1}}


def test_sentences_are_read_in_their_language() -> None:
    """As a call would; each by itself."""
    assert isinstance(STEP, RouteStep)
    rows = [("card", "my card was stolen"), ("pay", "我要转账"), ("pay", "payment"), (ELSE, "hm")]
    found = evaluate_sentences(parse_flow(FLOW), STEP, rows)
    assert [one.is_right for one in found.tested] == [True] * 4
    assert [one.decision for one in found.tested][1:] == [
        Decision.ACCEPT,
        Decision.ACCEPT,
        Decision.NO_MATCH,
    ]


def test_each_example_left_out() -> None:
    """An example that nothing else is like is not understood without itself."""
    assert isinstance(STEP, RouteStep)
    found = leave_one_out(STEP, "en").tested
    by_sentence = {(one.sentence, one.meant): one for one in found}
    assert len(found) == 8
    assert by_sentence["my card is gone", "card"].is_right
    assert by_sentence["payment", "pay"].decision is Decision.NO_MATCH


def test_no_examples_at_all() -> None:
    """Nothing is left out."""
    keys = FLOW.partition("    choices:\n")[0] + (
        '    choices: [{key: "1", go: z}, {key: "2", go: z}]\n'
        "    no_input: {go: z}\n    no_match: {go: z}\n  z: {do: hangup}\n"
    )
    step = parse_flow(keys).steps["a"]
    assert isinstance(step, RouteStep)
    assert leave_one_out(step, "en").tested == []


def test_shared_examples() -> None:
    """Case and punctuation do not tell them apart."""
    assert isinstance(STEP, RouteStep)
    assert list(shared_examples(STEP, "en")) == [("Pay!", 0, 1)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sample_on_both_halves(language: str) -> None:
    """416 sentences of callers, a quarter about something else, half of them never tuned on."""
    flow = load_flow(ROOT / "config/flows/bank_help.yaml")
    step = flow.steps["help"]
    assert isinstance(step, RouteStep)
    rows = [
        (line.partition("\t")[0], line.partition("\t")[2])
        for half in ("own", "held_out")
        for line in (ROOT / f"tests/flow/sentences/bank_{language}_{half}.tsv")
        .read_text(encoding="utf-8")
        .splitlines()
        if not line.startswith("#")
    ]
    counts = evaluate_sentences(flow, step, rows).count()
    assert counts["sentences"] == 416
    assert counts["right"] >= 0.80 * 416
    assert counts["wrong"] <= 0.03 * 416
    assert counts["asked"] <= 0.25 * 416
