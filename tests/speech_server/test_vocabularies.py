"""Hot-word tables in memory and on disk."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from ivr_agi.speech_server.vocabularies import NameTaken, Vocabulary, VocabularyStore, vocabulary_id

if TYPE_CHECKING:
    from pathlib import Path


def table(*phrases: str, name: str = "menu") -> Vocabulary:
    """A table."""
    return Vocabulary(name=name, contents=list(phrases))


def test_same_name_and_phrases_give_the_same_id() -> None:
    """In any process; everything else gives another."""
    identifier = vocabulary_id("menu", ["sales", "billing"])
    assert identifier == VocabularyStore(None).create(table("sales", "billing")).vocabulary_id
    others = [
        vocabulary_id("menu", ["billing", "sales"]),
        vocabulary_id("menu", ["sales billing"]),
        vocabulary_id("menu2", ["sales", "billing"]),
    ]
    assert len({identifier, *others}) == 4


def test_tables_survive_a_restart(tmp_path: Path) -> None:
    """Under the same id, with the same phrases in the same spelling."""
    kept = VocabularyStore(tmp_path / "state")
    kept.load()
    identifier = kept.create(table("Do Not Disturb", "人工")).vocabulary_id
    again = VocabularyStore(tmp_path / "state")
    again.load()
    found = again.get(identifier)
    assert found is not None
    assert found.contents == ["Do Not Disturb", "人工"]
    assert again.delete(identifier)
    once_more = VocabularyStore(tmp_path / "state")
    once_more.load()
    assert once_more.all() == []


def test_replaced_table_keeps_its_id(tmp_path: Path) -> None:
    """The id is what flows and running clients know."""
    store = VocabularyStore(tmp_path)
    identifier = store.create(table("sales")).vocabulary_id
    store.replace(identifier, table("billing"))
    again = VocabularyStore(tmp_path)
    again.load()
    found = again.get(identifier)
    assert found is not None
    assert found.contents == ["billing"]


def test_unknown_ids() -> None:
    """None and False, no exception."""
    store = VocabularyStore(None)
    assert store.get("x") is None
    assert store.replace("x", table("sales")) is None
    assert not store.delete("x")


def test_damaged_file_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And named in a warning; the others are there."""
    store = VocabularyStore(tmp_path)
    identifier = store.create(table("sales")).vocabulary_id
    (tmp_path / "broken.json").write_text('{"name":')
    again = VocabularyStore(tmp_path)
    with caplog.at_level(logging.WARNING):
        again.load()
    assert [each.vocabulary_id for each in again.all()] == [identifier]
    assert "broken.json" in caplog.text


@pytest.mark.parametrize(
    ("name", "phrases"),
    [(" ", ["sales"]), ("menu", []), ("menu", ["x"] * 10_001), ("menu", [" "]), ("m", ["x" * 65])],
)
def test_impossible_tables(name: str, phrases: list[str]) -> None:
    """Nothing in it, too much in it, too long."""
    with pytest.raises(ValueError, match="must"):
        table(*phrases, name=name)


def test_a_name_has_one_table() -> None:
    """The same phrases again are the same table; other phrases are refused."""
    store = VocabularyStore(None)
    store.load()
    kept = store.create(table("sales"))
    assert store.create(table("sales")) == kept
    assert store.create(table("sales", name="another")) != kept
    with pytest.raises(NameTaken, match="other phrases"):
        store.create(table("billing"))
    assert store.delete(kept.vocabulary_id)
    assert [each.name for each in store.all()] == ["another"]
