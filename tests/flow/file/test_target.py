"""Where a call goes if a variable decides."""

from __future__ import annotations

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.spec import Extension, StepName
from ivr_agi.flow.file.target import aim, aim_faults
from ivr_agi.flow.steps.dialplan import TransferStep

OPEN = Extension("{{ desk }}")


def test_a_fixed_target() -> None:
    """It is what the file says, and nothing is filled in."""
    step = TransferStep(extension=Extension("200"))
    assert aim(step, Extension("200"), lambda _: pytest.fail("filled in")) == ("200", None)
    assert list(aim_faults(step, "extension", Extension("200"))) == []


def test_a_variable_names_one_of_a_list() -> None:
    """Anything else goes elsewhere, or fails."""
    step = TransferStep(extension=OPEN, allowed=["200"], otherwise=StepName("b"))
    assert aim(step, OPEN, lambda _: " 200 ") == ("200", None)
    assert aim(step, OPEN, lambda _: "201") == ("", "b")
    with pytest.raises(FlowError, match="nothing of allowed"):
        aim(TransferStep(extension=OPEN, allowed=["200"]), OPEN, lambda _: "201")


def test_a_list_is_needed() -> None:
    """With names that can be right."""
    faults = aim_faults(TransferStep(extension=OPEN, allowed=["20 0"]), "extension", OPEN)
    assert [place for _, place in faults] == [("allowed", 0)]
    faults = aim_faults(TransferStep(extension=OPEN), "extension", OPEN)
    assert [place for _, place in faults] == [("allowed",)]
