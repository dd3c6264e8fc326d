"""All mistakes of a file at once, and none that only follows from another."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ivr_agi.mistakes import MAX_MISTAKES, convert_all


class _Part(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    size: int = 0


class _Whole(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    parts: Annotated[list[_Part], Meta(min_length=1)]
    named: dict[Annotated[str, Meta(pattern="^[a-z]+$")], _Part] = {}


RIGHT = {"title": "t", "parts": [{"name": "a"}]}


def places(data: Any, **more: Any) -> list[list[str | int]]:
    """Where the mistakes are."""
    return [place for _, place in convert_all(data, _Whole, **more).mistakes]


def test_right_data() -> None:
    """Is converted, and nothing is said."""
    found = convert_all(RIGHT, _Whole)
    assert (found.value.title, found.mistakes, found.gone) == ("t", [], set())


def test_each_mistake_once() -> None:
    """In whichever part, at its place in the file."""
    parts = [{"name": 1}, {"name": "b", "sise": 2}, {"name": "c", "size": "x"}, {"size": 1}]
    data = {"title": 5, "parts": parts}
    assert places(data) == [
        ["title"],
        ["parts", 0, "name"],
        ["parts", 1, "sise"],
        ["parts", 2, "size"],
        ["parts", 3],
    ]
    assert data["title"] == 5  # as it was


def test_what_follows_from_a_mistake_is_none() -> None:
    """Neither a key that was taken out, nor a list that is empty without its only value."""
    assert places({"title": "t", "parts": [{"name": 1}]}) == [["parts", 0, "name"]]
    found = convert_all({"title": "t", "parts": [{"name": 1}]}, _Whole)
    assert found.value is None
    assert found.concerns(["parts"])
    assert found.concerns(["parts", 0, "name", "x"])
    assert not found.concerns(["title"])


def test_wrong_keys() -> None:
    """Of a mapping of things by name: the one, not the mapping."""
    data = RIGHT | {"named": {"A1": {"name": "a"}, "b": {"name": 2}, "c": {"name": "x"}}}
    assert places(data) == [["named", "A1"], ["named", "b", "name"]]


def test_what_others_refer_to_has_a_stand_in() -> None:
    """So that they stay right."""

    def stand_in(place: tuple[str | int, ...]) -> Any:
        return {"name": "stand-in"} if len(place) == 2 and place[0] == "named" else None

    found = convert_all(RIGHT | {"named": {"a": {"name": 1}}}, _Whole, stand_in=stand_in)
    assert found.value.named["a"].name == "stand-in"
    assert [place for _, place in found.mistakes] == [["named", "a", "name"]]


def test_a_shared_value_is_wrong_at_each_place() -> None:
    """YAML's aliases are one object."""
    part = {"name": 1}
    assert places({"title": "t", "parts": [part, part, {"name": "x"}]}) == [
        ["parts", 0, "name"],
        ["parts", 1, "name"],
    ]


def test_there_is_a_limit() -> None:
    """A file of another kind is told in a page."""
    data = {"title": "t", "parts": [{"name": n} for n in range(99)]}
    assert len(places(data)) == MAX_MISTAKES


def test_nothing_is_left() -> None:
    """Data of another kind altogether."""
    assert places([1]) == [[]]
    assert convert_all(None, _Whole).value is None
