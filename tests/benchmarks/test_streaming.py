"""One text each way: that it is measured, not what."""

from __future__ import annotations

import pytest

from benchmarks import streaming

pytestmark = pytest.mark.engine


async def test_each_way_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The old way waits for all of the text, whatever the machine does."""
    pytest.importorskip("espeakng_loader", reason="espeakng-loader is not installed (extra local)")
    monkeypatch.setattr(streaming, "PIECE_S", 0.01)
    rows = {row.name: row for row in await streaming.run_streaming(1, lambda _: None)}
    assert rows.keys() == {
        *("streaming_first_sound", "by_sentence_first_sound", "whole_first_sound")
    }
    pieces = -(-len(streaming.SPOKEN_TEXT) // streaming.WRITTEN_AT_ONCE)
    whole = rows["whole_first_sound"].p50
    assert whole is not None
    assert whole > 10 * pieces


def test_options(capsys: pytest.CaptureFixture[str]) -> None:
    """None is too few."""
    assert streaming.main(["--texts", "0"]) == 2
    assert "more than 0" in capsys.readouterr().err
