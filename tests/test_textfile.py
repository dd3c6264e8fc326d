"""Text files of people: in UTF-8, or what else they look like."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError, FlowError
from ivr_agi.flow.load.loader import load_flow
from ivr_agi.serve.scripts import load_script
from ivr_agi.textfile import MAX_BYTES, check_plain_file, read_text_file


def test_utf8(tmp_path: Path) -> None:
    """With line ends of any kind, and a mark at its begin as Windows writes it."""
    file = tmp_path / "x"
    file.write_bytes(b"\xef\xbb\xbfa: \xe4\xbd\xa0\r\nb\rc\n")
    assert read_text_file(file, "the flow") == "a: 你\nb\nc\n"


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ("a: 1\nprompt: 您好，请说账单\n".encode("gbk"), "it looks like GBK: save it as UTF-8"),
        ("prompt: 您好".encode("gb18030"), "it looks like GBK"),
        ("start: a\n".encode("utf-16"), "it looks like UTF-16: save it as UTF-8"),
        ("start: a\n您".encode("utf-16-be"), "it looks like UTF-16"),
        ("prompt: Grüße, José\n".encode("latin-1"), ""),
        (b"\xff" * 9, ""),
    ],
)
def test_another_encoding(data: bytes, hint: str, tmp_path: Path) -> None:
    """By name, if it can be guessed."""
    file = tmp_path / "x.yaml"
    file.write_bytes(data)
    with pytest.raises(
        ConfigError, match=f"cannot read the flow: it is not UTF-8 text.*{hint}"
    ) as caught:
        read_text_file(file, "the flow")
    assert bool(hint) is ("looks like" in str(caught.value))


def test_the_line_is_told(tmp_path: Path) -> None:
    """Of the first sign that is none."""
    file = tmp_path / "x.yaml"
    file.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ConfigError) as caught:
        read_text_file(file, "the flow")
    assert caught.value.line == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Why, in the system's words."""
    with pytest.raises(
        ConfigError, match="x: cannot read the settings: No such file or directory$"
    ):
        read_text_file(tmp_path / "x", "the settings")
    with pytest.raises(ConfigError, match="No such file or directory$"):
        read_text_file(tmp_path / "none" / "x", "the settings")


def test_the_file_that_was_meant(tmp_path: Path) -> None:
    """A slip in its name."""
    (tmp_path / "main_menu.yaml").touch()
    with pytest.raises(ConfigError, match=r"did you mean 'main_menu\.yaml'\?"):
        read_text_file(tmp_path / "main_manu.yaml", "the flow")


def test_a_file_of_any_length(tmp_path: Path) -> None:
    """Nobody waits for it."""
    file = tmp_path / "x"
    file.write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="has more than 8000000 bytes"):
        read_text_file(file, "the flow")


def test_a_plain_file(tmp_path: Path) -> None:
    """Through a link, too."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").symlink_to("a")
    check_plain_file(tmp_path / "a")
    check_plain_file(str(tmp_path / "b"))


def test_a_long_one(tmp_path: Path) -> None:
    """Nobody writes such a file."""
    with (tmp_path / "a").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(OSError, match="more than"):
        check_plain_file(tmp_path / "a")


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/", "pipe"])
def test_what_is_no_plain_file(tmp_path: Path, name: str) -> None:
    """A device has no end and fills the memory, a pipe holds its reader: found by the chaos."""
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / name
    with pytest.raises(OSError, match="no plain file"):
        check_plain_file(path)
    with pytest.raises(ConfigError, match="cannot read the script: it is no plain file"):
        load_script(str(path))
    with pytest.raises(FlowError, match="cannot read the flow: it is no plain file"):
        load_flow(path)
