"""What a call knows, and who sees it."""

from __future__ import annotations

from ivr_agi.flow.file.head import FlowHead
from ivr_agi.flow.file.spec import StepName
from ivr_agi.flow.run.position import Position
from ivr_agi.flow.run.values import Values

HEAD = FlowHead(start=StepName("a"), variables={"n": 1})


def values() -> Values:
    """Those of a call in its first flow."""
    position = Position("main", HEAD)
    position.enter_flow("main", HEAD, {})
    return Values(position, "en", {"number": "555"})


def test_what_templates_see() -> None:
    """Caller, language, result, and variables, which go before them."""
    known = values()
    known.result = "sales"
    expected = {"caller": {"number": "555"}, "language": "en", "result": "sales", "n": 1}
    assert known.visible() == expected
    known.set("language", "xx")
    assert known.fill_text("{{ language }} {{ caller.number }}") == "xx 555"


def test_secrets_are_seen_by_who_asks_for_them() -> None:
    """Prompts do not."""
    known = values()
    known.set("pin", "0471", secure=True)
    assert "pin" not in known.visible()
    assert known.fill_text("{{ pin }}", secrets=True) == "0471"
    assert known.fill_url("https://x/{{ pin }}") == "https://x/0471"
    assert known.holds("pin == '0471'")


def test_plain_data_are_filled_in() -> None:
    """A lone variable keeps its type; nothing becomes a text."""
    filled = values().fill({"a": ["{{ n }}", "{{ n }}!", 2], "b": "{{ none }}"})
    assert filled == {"a": [1, "1!", 2], "b": ""}


def test_what_the_dialplan_gets() -> None:
    """Until it is dropped: the variable then is empty."""
    known = values()
    known.set_slot("city", "Kiel")
    assert (known.slots, known.visible()["city"]) == ({"city": "Kiel"}, "Kiel")
    known.drop_slot("city")
    assert (known.slots, known.visible()["city"]) == ({}, "")


def test_a_url_cannot_be_changed_by_its_values() -> None:
    """Each is one part of it."""
    known = values()
    known.set("city", "../x?y=1")
    assert known.fill_url("https://x/{{ city }}") == "https://x/..%2Fx%3Fy%3D1"
