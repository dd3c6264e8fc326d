"""When keys are an answer."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.turn.keys import KeyCollector, KeyRules


@pytest.mark.parametrize(
    ("rules", "pressed", "done", "keys", "complete"),
    [
        (KeyRules(), "1", [True], "1", True),
        (KeyRules(), "#", [True], "#", True),
        (KeyRules(min_keys=3, max_keys=3), "123", [False, False, True], "123", True),
        (KeyRules(min_keys=3, max_keys=3), "12", [False, False], "12", False),
        (KeyRules(min_keys=2, max_keys=9, terminator="#"), "1#", [False, True], "1", False),
        (KeyRules(min_keys=0, max_keys=9, terminator="#"), "#", [True], "", True),
        (KeyRules(min_keys=1, max_keys=9, terminator="*"), "1#*", [False, False, True], "1#", True),
    ],
)
def test_collecting(
    rules: KeyRules, pressed: str, done: list[bool], keys: str, complete: bool
) -> None:
    """Length, terminator, and whether it is enough."""
    collector = KeyCollector(rules)
    assert [collector.add(key) for key in pressed] == done
    assert (collector.keys, collector.is_complete) == (keys, complete)


@pytest.mark.parametrize(
    "wrong", [{"min_keys": 3, "max_keys": 2}, {"max_keys": 0, "min_keys": 0}, {"terminator": "##"}]
)
def test_rules_that_make_no_sense(wrong: dict[str, object]) -> None:
    """They are refused where they are made."""
    with pytest.raises(ValueError, match="key"):
        KeyRules(**wrong)  # type: ignore[arg-type]
