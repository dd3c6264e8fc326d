"""Types of answers that other packages add. tests/test_plugins.py installs one."""

from __future__ import annotations

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.flow.file import custom
from ivr_agi.flow.file.custom import custom_fault, find_slot, make_custom
from ivr_agi.language.slots import Digits


def test_what_is_missing() -> None:
    """Said in one line."""
    assert custom_fault(None) == "custom needs the name of a type that another package adds"
    assert custom_fault("x") == "no package adds a type 'x' (here: none)"
    with pytest.raises(ConfigError, match="no package adds a type 'x'"):
        find_slot("x")


def test_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The class, made with the limits of the flow."""
    monkeypatch.setattr(custom, "find_plugin", lambda group, name, base: Digits)
    assert custom_fault("x") is None
    assert make_custom(find_slot("x"), {"max_length": 3}) == Digits(max_length=3)
    with pytest.raises(ValueError, match="Digits: TypeError: .*'size'"):
        make_custom(Digits, {"size": 3})
