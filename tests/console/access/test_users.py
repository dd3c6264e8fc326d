"""The file of users: passwords by scrypt, changes whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr_agi.console.access.roles import Role
from ivr_agi.console.access.users import UserFile, check_new_user
from ivr_agi.errors import ConfigError

PASSWORD = "correct horse battery"


def test_a_user_is_added_checked_changed_and_removed(tmp_path: Path) -> None:
    """The file is for its owner only, and has no password."""
    users = UserFile(tmp_path / "new" / "users")
    assert users.users() == {}
    assert users.check("ann", PASSWORD) is None
    users.add("ann", Role.LISTEN, PASSWORD)
    assert users.path.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in users.path.read_text()
    found = users.check("ann", PASSWORD)
    assert found is not None
    assert found.rank is Role.LISTEN
    assert users.check("ann", PASSWORD + "x") is None
    assert users.check("Ann", PASSWORD) is None
    mark = found.mark
    users.add("ann", Role.WATCH, PASSWORD)
    assert users.users()["ann"].mark != mark
    users.remove("ann")
    assert users.users() == {}
    with pytest.raises(ConfigError, match="there is no user 'ann'"):
        users.remove("ann")


def test_another_process_sees_the_change(tmp_path: Path) -> None:
    """At its next look."""
    running, changing = UserFile(tmp_path / "users"), UserFile(tmp_path / "users")
    assert running.users() == {}
    changing.add("ann", Role.WATCH, PASSWORD)
    assert set(running.users()) == {"ann"}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660])
def test_others_may_not_read_it(tmp_path: Path, mode: int) -> None:
    """It is refused, with what to do."""
    users = UserFile(tmp_path / "users")
    users.add("ann", Role.WATCH, PASSWORD)
    os.chmod(users.path, mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        UserFile(users.path).users()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"ann": 1}',
        '{"ann": {"role": "root", "password": "scrypt$1$1$1$aa$aa"}}',
        '{"ann": {"role": "watch", "password": ""}}',
        "\0",
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, text: str) -> None:
    """One line; nobody is let in."""
    (tmp_path / "users").write_text(text)
    (tmp_path / "users").chmod(0o600)
    with pytest.raises(ConfigError, match="it is no file of users"):
        UserFile(tmp_path / "users").check("ann", "")


@pytest.mark.parametrize(
    ("name", "password", "told"),
    [
        ("", PASSWORD, "a name has"),
        ("a b", PASSWORD, "a name has"),
        ("<b>", PASSWORD, "a name has"),
        ("../x", PASSWORD, "a name has"),
        ("ann", "short", "12 to 200 characters"),
        ("ann", "x" * 201, "12 to 200 characters"),
        ("ann", "aaaaaaaaaaaaaaaa", "too easy"),
        ("ann", "ann-is-my-name-here", "too easy"),
    ],
)
def test_what_will_not_do(name: str, password: str, told: str) -> None:
    """Told before anything is written."""
    with pytest.raises(ConfigError, match=told):
        check_new_user(name, password)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """One line."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write the users"):
        UserFile(tmp_path / "file" / "users").add("ann", Role.WATCH, PASSWORD)
