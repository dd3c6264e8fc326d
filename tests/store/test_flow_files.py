"""Files of a flow's version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr_agi.store import flow_files
from ivr_agi.store.flow_files import read_flow_files


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a folder; none where there is none, where they are too large, or no text."""
    assert read_flow_files(tmp_path / "none") is None
    assert read_flow_files(tmp_path) is None
    (tmp_path / "main.yaml").write_text("start: a")
    (tmp_path / "sub").mkdir()
    assert json.loads(read_flow_files(tmp_path) or "") == {"main.yaml": "start: a"}
    with monkeypatch.context() as patch:
        patch.setattr(flow_files, "MAX_FLOW_BYTES", 3)
        assert read_flow_files(tmp_path) is None
    (tmp_path / "x.yaml").write_bytes(b"\xff")
    assert read_flow_files(tmp_path) is None
