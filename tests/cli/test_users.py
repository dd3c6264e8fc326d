"""``ivr-agi users``: who may use the page."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from ivr_agi.cli import main


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Settings with a file of users."""
    (tmp_path / "ivr.toml").write_text('[console]\nusers_file = "users"\n')
    return str(tmp_path / "ivr.toml")


def test_users_come_and_go(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password is asked for, or made and shown once; none is listed."""
    assert main(["users", "list", "--config", config]) == 0
    assert "there are no users" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("a good password\n"))
    assert main(["users", "add", "ann", "--role", "listen", "--config", config]) == 0
    assert capsys.readouterr().out == "ann may listen\n"
    assert main(["users", "add", "bob", "--generate", "--config", config]) == 0
    made = re.match(r"password: (\S{20})\nbob may watch\n", capsys.readouterr().out)
    assert made is not None
    assert main(["users", "list", "--json", "--config", config]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed == [{"name": "ann", "role": "listen"}, {"name": "bob", "role": "watch"}]
    assert main(["users", "remove", "ann", "--config", config]) == 0
    capsys.readouterr()
    assert main(["users", "list", "--config", config]) == 0
    assert capsys.readouterr().out == "bob                      watch\n"


def test_mistakes(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line each, and nothing is changed; the password is in none."""
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert main(["users", "add", "ann", "--config", config]) == 2
    told = capsys.readouterr().err
    assert told == "ivr-agi: a password has 12 to 200 characters\n"
    assert main(["users", "remove", "ann", "--config", config]) == 2
    assert "there is no user 'ann'" in capsys.readouterr().err
    assert not Path(config).with_name("users").exists()
