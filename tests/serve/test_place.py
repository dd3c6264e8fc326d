"""Where Asterisk keeps things: Debian's, and one that was built from source."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.serve.place import find_place

DEBIAN = """
[directories](!)
astetcdir => /etc/asterisk
astdatadir => /usr/share/asterisk
astagidir => /usr/share/asterisk/agi-bin
"""
SOURCE = """
[directories](!)
astetcdir => /opt/pbx/etc
astdatadir => /opt/pbx/lib ; ours
astagidir => /opt/pbx/lib/agi-bin
[options]
runuser = root
rungroup = wheel
"""


def root_with(folder: Path, conf: str) -> Path:
    """A machine."""
    (folder / "etc/asterisk").mkdir(parents=True)
    (folder / "etc/asterisk/asterisk.conf").write_text(conf)
    return folder


def test_debian(tmp_path: Path) -> None:
    """Its start script has the user."""
    root = root_with(tmp_path, DEBIAN)
    (root / "etc/default").mkdir()
    (root / "etc/default/asterisk").write_text('#AST_USER="x"\nAST_USER="pbx"\nAST_GROUP="pbx"\n')
    found = find_place(root)
    assert (found.etc, found.agi) == (
        Path("/etc/asterisk"),
        Path("/usr/share/asterisk/agi-bin"),
    )
    assert found.sounds == Path("/usr/share/asterisk/sounds")
    assert (found.user, found.group) == ("pbx", "pbx")


def test_built_from_source(tmp_path: Path) -> None:
    """All that asterisk.conf says."""
    found = find_place(root_with(tmp_path, SOURCE))
    assert (found.etc, found.agi) == (Path("/opt/pbx/etc"), Path("/opt/pbx/lib/agi-bin"))
    assert found.sounds == Path("/opt/pbx/lib/sounds")
    assert (found.user, found.group) == ("root", "wheel")


def test_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders that are there, and who runs this; with a user that is named, that one's."""
    root = root_with(tmp_path, "astagidir => /agi\n")
    assert find_place(root).sounds == Path("/var/lib/asterisk/sounds")
    (root / "usr/share/asterisk/sounds").mkdir(parents=True)
    assert find_place(root).sounds == Path("/usr/share/asterisk/sounds")
    assert find_place(root, getpass.getuser()).user == getpass.getuser()
    monkeypatch.setattr("ivr_agi.serve.place.os.geteuid", lambda: 0)
    assert find_place(root).user in ("asterisk", "root")


def test_none(tmp_path: Path) -> None:
    """There is no Asterisk, or not that user."""
    with pytest.raises(ConfigError, match="no Asterisk is found here"):
        find_place(tmp_path)
    root = root_with(tmp_path, "astagidir => /agi\n")
    with pytest.raises(ConfigError, match="no user 'nobody-here': name Asterisk's"):
        find_place(root, "nobody-here")
