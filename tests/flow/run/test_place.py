"""Where a call was: kept as JSON, and gone on with."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from ivr_agi.flow.run.place import CallPlace, PlaceFrame, decode_place, encode_place

PLACE = CallPlace(
    frames=[PlaceFrame(name="main", step="a", values={"n": 3, "who": "李"}, history=["b"])],
    language="zh",
    result="sales",
    slots={"city": "Kiel"},
    counts={"turns": 2},
    announcement="A caller",
    must_accept=True,
    uniqueid="1.2",
)


def test_it_comes_back() -> None:
    """All of it."""
    assert decode_place(encode_place(PLACE)) == PLACE


def test_what_json_does_not_have() -> None:
    """Is text from then on, and never an error."""
    values = {"day": datetime.date(2026, 12, 1), "price": Decimal("1.50"), "odd": {1, 2} and object}
    place = CallPlace(
        frames=[PlaceFrame(name="m", step="a", values=values, history=[])],
        language="en", result="", slots={}, counts={},
    )  # fmt: skip
    back = decode_place(encode_place(place)).frames[0].values
    assert (back["day"], back["price"]) == ("2026-12-01", "1.50")
    assert isinstance(back["odd"], str)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"frames": 3}', b"\xff"])
def test_what_is_no_place(data: bytes) -> None:
    """A file that is half written, or another's."""
    with pytest.raises(ValueError, match=r"."):
        decode_place(data)
