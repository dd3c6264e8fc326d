"""The benchmark of answers scores as its file format says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.answers import (
    Answer,
    Score,
    answer_rows,
    judge,
    lost_on_the_way,
    main,
    make_slot_of,
    read_answers,
)
from benchmarks.values import CHANCES
from ivr_agi.errors import ConfigError
from ivr_agi.language.slots import Parsed, Reason, Rejected
from ivr_agi.language.text import Language

FILES = Path(__file__).parents[1] / "language" / "answers"


@pytest.mark.parametrize(
    ("result", "right", "score"),
    [
        (Parsed("12"), ["12"], Score.RIGHT),
        (Parsed("12"), ["13", "12 ~"], Score.WRONG_SURE),
        (Parsed("12", is_sure=False), ["13", "12 ~"], Score.RIGHT),
        (Parsed("12", is_sure=False), ["12"], Score.ASKED),
        (Parsed("12", is_sure=False), ["13"], Score.WRONG_DOUBTED),
        (Parsed("12"), ["!ambiguous"], Score.WRONG_SURE),
        (Parsed(True), ["yes", "!ambiguous"], Score.RIGHT),
        (Rejected(Reason.AMBIGUOUS), ["yes", "!ambiguous"], Score.RIGHT),
        (Rejected(Reason.TOO_SHORT), ["yes", "!ambiguous"], Score.REFUSED),
    ],
)
def test_scores(result: Parsed[object] | Rejected, right: list[str], score: Score) -> None:
    """Sure and wrong is the worst."""
    assert judge(result, right) is score


@pytest.mark.parametrize(
    ("slot", "said", "right"),
    [
        ("number", "一千零一", "1001"),
        ("number:whole=0", "one point five", "1.50"),
        ("money:cur=USD", "$12.99", "12.99"),
        ("date:today=2018-02-22", "march first", "2018-03-01"),
        ("date:prefer=past", "march first", "2026-03-01"),
        ("time", "3 pm", "15:00"),
        ("timeb", "三点", "15:00"),
        ("digits:min=4,max=4", "123", "!too_short"),
        ("phone:mobile", "010-62281234", "!not_mobile"),
        ("phone:region=US", "212 555 2368", "+12125552368"),
        ("id", "11010119900307803X", "11010119900307803X"),
        ("plate", "京A12345", "京A12345"),
        ("yn", "yes", "yes"),
        ("text", "any words", "any words"),
        ("alnum:min=2", "A B", "AB"),
        ("email", "a at b dot com", "a@b.com"),
        ("card", "4111 1111 1111 1111", "4111111111111111"),
        ("my", "04/29", "2029-04"),
        ("duration", "two hours", "PT2H"),
        ("name", "I am Ann", "Ann ~"),
        ("address", "12 Elm", "12 Elm ~"),
    ],
)
def test_slots(slot: str, said: str, right: str) -> None:
    """Each has its limits."""
    assert judge(make_slot_of(slot).parse(said), [right]) is Score.RIGHT


def test_faults_are_told() -> None:
    """An unknown slot, and nothing to measure."""
    with pytest.raises(ConfigError, match="is one of number, money"):
        make_slot_of("colour")
    with pytest.raises(ConfigError, match="no answers"):
        answer_rows([])


def test_rows() -> None:
    """Over all and by slot, each with its per cent."""
    told: list[str] = []
    answers = [
        Answer("yn", "yes", ("yes",)),
        Answer("yn", "no", ("yes",)),
        Answer("yn", "hello", ("yes",)),
        Answer("number", "five", ("5",)),
    ]
    rows = {row.name: (row.n, row.p50) for row in answer_rows(answers, told.append)}
    assert rows["answers_right"] == (4, 50)
    assert rows["answers_wrong_sure"] == (4, 25)
    assert rows["answers_right: number"] == (1, 100)
    assert [line.split()[0] for line in told] == ["wrong_sure", "refused"]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows and values, as text and as JSON."""
    file, out = tmp_path / "rows.tsv", tmp_path / "out.json"
    file.write_text("yn\tyes\tyes\n", encoding="utf-8")
    assert main([str(file), "--values", "2", "--verbose", "--json", str(out)]) == 0
    names = {row["name"] for row in json.loads(out.read_text())["rows"]}
    assert {"answers_wrong_doubted: yn", "values_lost: time zh"} <= names
    assert "answers_right" in capsys.readouterr().out


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Which line, and what it must have."""
    file = tmp_path / "rows.tsv"
    file.write_text("yn\tyes\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1 must have slot, words and right answers"):
        read_answers(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_answers(tmp_path / "none.tsv")


@pytest.mark.parametrize("name", ["own", "held_out", "held_out_2", "held_out_3"])
def test_our_files_are_in_the_form(name: str) -> None:
    """At least 300 rows each, half of them Chinese, and slots that exist."""
    answers = read_answers(FILES / f"{name}.tsv")
    assert len(answers) >= 300
    assert sum(answer.said.isascii() for answer in answers) >= 150
    for answer in answers:
        make_slot_of(answer.slot)


@pytest.mark.parametrize("kind", CHANCES)
@pytest.mark.parametrize("language", Language)
def test_what_is_said_is_read_back(kind: str, language: Language) -> None:
    """Random values; the benchmark does many more."""
    assert lost_on_the_way(kind, language, 20) == []


@pytest.mark.parametrize("name", ["own", "held_out", "held_out_2", "held_out_3"])
def test_what_callers_say_is_what_slots_get(name: str) -> None:
    """Nothing is wrong and sure in either file, though held_out was not tuned with."""
    rows = {row.name: row.p50 or 0 for row in answer_rows(read_answers(FILES / f"{name}.tsv"))}
    assert rows["answers_wrong_sure"] == 0
    assert rows["answers_right"] >= 95
    assert rows["answers_asked"] <= 4
