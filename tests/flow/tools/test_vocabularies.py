"""The words of a flow's menus, and the file that keeps the ids of their tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.file.slots import Kind
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.tools.vocabularies import (
    FILE_NAME,
    SHARED,
    WORDS_FILE_NAME,
    find_outdated,
    hot_word_tables,
    hot_words,
    read_program_vocabularies,
    read_vocabularies,
    slot_words,
    translate_vocabularies,
    warn_of_outdated,
    write_vocabularies,
)
from ivr_agi.speech_server.rows import is_row

FLOW = """\
start: a
steps:
  a: {do: menu, prompt: x, choices: [{words: [yes, sure], go: z}, {words: [no], go: z}],
      no_input: {go: z}, no_match: {go: z}}
  b: {do: menu, prompt: x, choices: [{key: "1", go: z}], no_input: {go: z}, no_match: {go: z}}
  c: {do: menu, prompt: x, choices: [{words: [x], go: z}], no_input: {go: z}, no_match: {go: z},
      vocabulary_id: mine}
  z: {do: hangup}
"""


def test_hot_words() -> None:
    """Menus by voice, but for those that name a table of their own."""
    assert hot_words(parse_flow(FLOW)) == {"a": ["yes", "sure", "no"]}


def ask(kind: str, more: str = "") -> str:
    """A flow that asks for one answer."""
    return (
        f"start: a\nlanguages: [zh]\nsteps:\n  a: {{do: ask, prompt: x, slot: {{type: {kind}}},"
        f" save: n, go: z, no_input: {{go: z}}, no_match: {{go: z}}{more}}}\n  z: {{do: hangup}}\n"
    )


def test_typed_answers_share_a_table() -> None:
    """One for each type and languages, whose words are the grammar's."""
    found = hot_word_tables("f", parse_flow(ask("digits")))
    assert found == hot_word_tables("other", parse_flow(ask("digits")))
    table = found["a"]
    assert (table.owner, table.name) == (SHARED, "answers_digits_zh")
    assert {"三", "幺", "拐"} <= set(table.words)
    assert not any(word.isascii() for word in table.words)
    assert {"明天", "星期", "上个"} <= set(slot_words(Kind.DATE, ["zh"]))
    assert {"bravo", "foxtrot"} <= set(slot_words(Kind.ALPHANUMERIC, ["en"]))
    assert {"twelfth", "day after tomorrow", "march"} <= set(slot_words(Kind.DATE, ["en"]))


def test_yes_and_no_are_whole_answers() -> None:
    """The local speech server takes a table for a closed list."""
    words = slot_words(Kind.YES_NO, ["en", "zh"])
    assert {"yes", "that's right", "no"} <= set(words)
    assert {"不是", "是的"} <= set(words)
    assert "a" not in words


@pytest.mark.parametrize("kind", [Kind.DIGITS, Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.PHONE])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_of_typed_answers_follow_each_other(kind: Kind, language: str) -> None:
    """Or the local speech server would hear one word of an answer."""
    assert is_row(slot_words(kind, [language]))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in {Kind.ONE_OF, Kind.CUSTOM}])
def test_every_type_has_words_that_a_table_takes(kind: Kind) -> None:
    """At most 10000, of 64 letters or 32 characters (sis-protocol.md 13); text has none."""
    for language, longest in (("en", 64), ("zh", 32)):
        words = slot_words(kind, [language])
        assert bool(words) is (kind not in {Kind.NAME, Kind.ADDRESS, Kind.TEXT})
        assert len(words) <= 10_000
        assert all(len(word) <= longest for word in words)


def test_questions_without_a_table() -> None:
    """Nobody listens, or the words are anything."""
    assert hot_words(parse_flow(ask("digits", ", keys_only: true"))) == {}
    assert hot_words(parse_flow(ask("name"))) == {}


def test_ids_are_kept_by_service_and_flow(tmp_path: Path) -> None:
    """What was written is read; another service or flow has its own."""
    spool = tmp_path / "spool"
    write_vocabularies(spool, "ws://a", "menu", {"main": "1"})
    write_vocabularies(spool, "ws://b", "menu", {"main": "2"})
    write_vocabularies(spool, "ws://a", "other", {"main": "3"})
    write_vocabularies(spool, "ws://a", "menu", {"main": "4"})
    assert read_vocabularies(spool, "ws://a", "menu") == {"main": "4"}
    assert read_vocabularies(spool, "ws://b", "menu") == {"main": "2"}
    assert read_vocabularies(spool, "ws://a", "none") == {}


def test_ids_of_a_program(tmp_path: Path) -> None:
    """Steps of called flows go by the flow's name too; what it does not call is not there."""
    for flow, number in (("menu", "1"), ("who", "2"), ("other", "3")):
        write_vocabularies(tmp_path, "ws://a", flow, {"main": number})
    program = Program("menu", dict.fromkeys(("menu", "who", "new"), parse_flow(FLOW)))
    assert read_program_vocabularies(tmp_path, "ws://a", program) == {"main": "1", "who.main": "2"}


def test_ids_of_one_service_in_terms_of_another(tmp_path: Path) -> None:
    """Step by step; what another service has not got is left out."""
    write_vocabularies(tmp_path, "ws://a", "menu", {"main": "1", "more": "2"})
    write_vocabularies(tmp_path, "ws://b", "menu", {"main": "7", "old": "8"})
    assert translate_vocabularies(tmp_path, "ws://a", "ws://b", "ws://c") == {
        "ws://b": {"1": "7"},
        "ws://c": {},
    }
    assert translate_vocabularies(tmp_path, "ws://a") == {}


def test_words_that_have_changed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """O12: changed and new steps are told by name; a flow that never had tables is not."""
    flow = parse_flow(FLOW)
    assert find_outdated(tmp_path, "ws://a", "menu", flow) == []
    write_vocabularies(tmp_path, "ws://a", "menu", {"a": "1"}, hot_words(flow))
    assert find_outdated(tmp_path, "ws://a", "menu", flow) == []
    changed = parse_flow(FLOW.replace("[no]", "[nope]"))
    assert find_outdated(tmp_path, "ws://a", "menu", changed) == ["a"]
    assert find_outdated(tmp_path, "ws://b", "menu", changed) == []
    warn_of_outdated(tmp_path, "ws://a", Program("menu", {"menu": flow}))
    assert not caplog.messages
    warn_of_outdated(tmp_path, "ws://a", Program("menu", {"menu": changed}))
    assert "flow menu: the words of a have changed" in caplog.messages[0]
    assert caplog.messages[0].endswith("ivr-agi vocabulary sync menu")
    (tmp_path / WORDS_FILE_NAME).write_text("[1]")
    warn_of_outdated(tmp_path, "ws://a", Program("menu", {"menu": changed}))
    assert "remove it and run" in caplog.messages[1]


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    """A fresh installation recognises freely."""
    assert read_vocabularies(tmp_path, "ws://a", "menu") == {}


def test_a_broken_file(tmp_path: Path) -> None:
    """What to do is said."""
    (tmp_path / FILE_NAME).write_text("[1]")
    with pytest.raises(ConfigError, match="remove it and run ivr-agi vocabulary sync"):
        read_vocabularies(tmp_path, "ws://a", "menu")


def test_a_file_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    """Errors of the file system are errors of configuration."""
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ConfigError, match="cannot read"):
        read_vocabularies(tmp_path, "ws://a", "menu")
    (tmp_path / "x").write_text("")
    with pytest.raises(ConfigError, match="cannot (read|write)"):
        write_vocabularies(tmp_path / "x", "ws://a", "menu", {})


FORM = """\
start: a
languages: [%s]
steps:
  a: {do: form, prompt: x, go: z, no_input: {go: z}, no_match: {go: z}, fields: {city: {prompt: x, words: [城市],
      slot: {type: one_of, options: [{value: b, words: [北京]}]}}}}
  z: {do: hangup}
"""


def test_a_form_has_a_table_where_sentences_cannot_be_heard_freely() -> None:
    """In Chinese: options, names, yes and no; in English the table would be a closed list."""
    words = hot_words(parse_flow(FORM % "zh"))["a"]
    assert words[:2] == ["北京", "城市"]
    assert "对" in words
    assert hot_words(parse_flow(FORM % "en")) == {}
