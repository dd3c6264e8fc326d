"""How phrases are written, and which one is the best."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.engines.phrasing import (
    ListVerdict,
    choose_row,
    row_example,
    row_units,
    spoken_forms,
)


@pytest.mark.parametrize(
    ("phrase", "language", "forms"),
    [
        ("Account BALANCE", "en", (" Account balance.",)),
        ("b", "en", (" B.",)),
        ("Seven", "en", (" Seven.", " 7.")),
        ("oh", "en", (" Oh.",)),
        ("人工 服务", "zh", ("人工服务。",)),
        ("七", "zh", ("七。", "7。")),
    ],
)
def test_forms(phrase: str, language: str, forms: tuple[str, ...]) -> None:
    """With a full stop; digits also as figures."""
    assert spoken_forms(phrase, language) == forms


def test_the_best_of_a_list() -> None:
    """By its best form; the lead makes it sure."""
    forms = [("one", "a"), ("one", "b"), ("two", "c")]
    logs = [[-9.0], [-1.0, -2.0], [-3.5]]
    verdict = ListVerdict.of(forms, logs)
    assert verdict == ListVerdict("one", -3.0, 0.5)
    alone = ListVerdict.of(forms[:2], logs[:2])
    assert alone is not None
    assert alone.score("en") > verdict.score("en") > 0.5
    assert ListVerdict("x", -20.0, 0.1).score("en") < 0.01
    assert ListVerdict.of([], []) is None


def test_units_of_a_row() -> None:
    """A digit is a figure, a letter a capital, a Chinese word itself."""
    assert row_units(["Two", "b", "yes"], "en") == {
        " 2": "Two", "2": "Two", " B": "b", "B": "b", " yes": "yes", "yes": "yes",
    }  # fmt: skip
    assert row_units(["二", "好"], "zh") == {" 2": "二", "2": "二", "好": "好"}


def test_an_example_of_a_row() -> None:
    """Units in no order, in two rows."""
    digits = "zero one two three four five six seven eight nine".split()
    assert row_example(row_units(digits, "en")) == " 3 9 0 4 1 7. 8 5 2 6 6 0 1 3."
    assert row_example({"好": "好"}) == f"{'好' * 6}.{'好' * 8}."


def test_a_row_is_chosen_by_likelihood_and_length() -> None:
    """One that is too short is more likely, but not what was heard."""
    units = row_units(["one", "two"], "en")
    written = [(" 1", -1.0), (" 1 2", -1.2), (" 1212", -2.4), ("", -0.1), (" 1 x", -0.1)]
    chosen = choose_row(written, units, ["one", "one"])
    assert chosen is not None
    assert chosen.words == ("one", "two")
    assert 0.5 < chosen.score < 1
    without = choose_row(written, units, None)
    assert without is not None
    assert without.words == ("one",)
    assert choose_row([("", -0.1)], units, None) is None
