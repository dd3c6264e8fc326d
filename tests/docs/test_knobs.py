"""What the documents say of a turn's knobs is what :mod:`ivr_agi.knobs` declares."""

from __future__ import annotations

from tests.docs.knobs import make_pages


def test_the_tables_are_fresh() -> None:
    """Run ``python -m tests.docs.knobs`` (``make docs``) after a change of a knob."""
    for file, page in make_pages().items():
        assert file.read_text(encoding="utf-8") == page
