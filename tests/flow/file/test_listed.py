"""Options made from data, in a flow file."""

from __future__ import annotations

import msgspec

from ivr_agi.flow.file.listed import ChoicesFrom, OptionsFrom
from ivr_agi.flow.file.spec import Expression, StepName, Template, decode_text, walk
from ivr_agi.flow.load.schema import flow_schema


def test_what_tools_find() -> None:
    """Its templates, and where choices lead."""
    data = {"each": "branches", "value": "{{ item.id }}", "words": ["{{ item.name }}"], "go": "z"}
    choices = msgspec.convert(data, ChoicesFrom, dec_hook=decode_text)
    found = dict(walk(choices))
    assert found[("each",)] == Expression("branches")
    assert found[("words", 0)] == Template("{{ item.name }}")
    assert found[("go",)] == StepName("z")
    assert msgspec.convert({"each": "towns"}, OptionsFrom, dec_hook=decode_text) == OptionsFrom(
        each=Expression("towns")
    )


def test_the_schema_knows_them() -> None:
    """For editors."""
    assert {"OptionsFrom", "ChoicesFrom"} <= flow_schema()["$defs"].keys()
