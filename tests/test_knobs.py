"""The knobs of a turn."""

from __future__ import annotations

from ivr_agi.knobs import BargeIn


def test_barge_in_tells_what_it_lets_through() -> None:
    """The kinds of barge-in: by any voice, by words, by keys."""
    kinds = {kind: (kind.by_voice, kind.by_speech, kind.by_keys) for kind in BargeIn}
    assert kinds == {
        BargeIn.BOTH: (True, True, True),
        BargeIn.SPEECH: (True, True, False),
        BargeIn.HOTWORD: (False, True, True),
        BargeIn.KEYS: (False, False, True),
        BargeIn.NONE: (False, False, False),
    }
