"""What a prompt is made of."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.prompt.parts import Parts, Recording, Text, parts_of


def test_parts() -> None:
    """A single part is a prompt; none is not."""
    text, recording = Text("a"), Recording("b")
    assert parts_of(text) == (text,)
    assert parts_of(Parts((text, recording))) == (text, recording)
    with pytest.raises(ValueError, match="one part or more"):
        Parts(())
