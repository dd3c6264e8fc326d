"""Where log lines go."""

from __future__ import annotations

import asyncio
import logging
import logging.config
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.log import current_call, log_in_a_thread, set_up_logging

LOG = logging.getLogger("ivr_agi.test")


@pytest.fixture(autouse=True)
def _quiet_after() -> Iterator[None]:
    """Take the handlers away again."""
    yield
    current_call.set("")
    root = logging.getLogger("ivr_agi")
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.NOTSET)


def test_the_console_gets_warnings_only(capfd: pytest.CaptureFixture[str]) -> None:
    """Asterisk's console is not for chatter; the call is named."""
    set_up_logging(call_id="123.4")
    LOG.info("quiet")
    LOG.warning("loud")
    assert capfd.readouterr().err == "ivr-agi: [123.4] WARNING: loud\n"


def test_the_file_gets_its_level_and_more(tmp_path: Path) -> None:
    """The file is made with its folder and is appended to."""
    file = tmp_path / "log" / "ivr.log"
    for _ in range(2):
        set_up_logging(file=file, level="debug", call_id="123.4")
        LOG.debug("detail")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert all(line.endswith("DEBUG ivr_agi.test: [123.4] detail") for line in lines)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """A wrong log file is an error of configuration."""
    with pytest.raises(ConfigError, match="log.file: cannot open the log file: Is a directory"):
        set_up_logging(file=tmp_path)


def test_calls_of_one_process(tmp_path: Path) -> None:
    """Each line names the call of the task that wrote it, also where a thread writes it down."""
    file = tmp_path / "log"
    set_up_logging(file=file)

    async def talk(name: str) -> None:
        current_call.set(name)
        await asyncio.sleep(0)
        LOG.info("hello from %s", name)

    async def talk_together() -> None:
        async with asyncio.TaskGroup() as calls:
            for name in ("1.1", "2.2"):
                calls.create_task(talk(name))

    with log_in_a_thread():
        asyncio.run(talk_together())
        LOG.info("hello from nobody")
    lines = [line.partition("test: ")[2] for line in file.read_text().splitlines()]
    assert lines == ["[1.1] hello from 1.1", "[2.2] hello from 2.2", "hello from nobody"]


def test_a_thread_that_is_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that are too many are dropped: who logs never waits."""
    monkeypatch.setattr("ivr_agi.log._MAX_WAITING", 3)
    set_up_logging(file=tmp_path / "log")
    with log_in_a_thread():
        for _ in range(300):
            LOG.info("line")
    assert 3 <= len((tmp_path / "log").read_text().splitlines()) <= 300


def test_others_may_not_read_it(tmp_path: Path) -> None:
    """Its lines name numbers and errors; the file that comes after logrotate is the same."""
    file = tmp_path / "ivr-agi.log"
    mask = os.umask(0)
    try:
        set_up_logging(file=file)
        for name in ("old", "older"):
            logging.getLogger("ivr_agi.test").info("a line")
            assert stat.S_IMODE(file.stat().st_mode) == 0o640
            file.rename(tmp_path / name)
    finally:
        os.umask(mask)


def test_nothing_forges_a_line_or_writes_to_a_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """C14: names of files, callers' ids, texts of users' errors; a traceback is indented."""
    forged = "x\n2026-01-01 ERROR ivr_agi: forged\x1b[2J\r\u2028\u202e"
    set_up_logging(file=tmp_path / "log", call_id=forged)
    LOG.error("%s", forged)
    try:
        raise ValueError(forged)
    except ValueError:
        LOG.exception("it failed")
    for text in (capfd.readouterr().err, (tmp_path / "log").read_text()):
        assert all(char == "\n" or char.isprintable() for char in text)
        lines = text.splitlines()
        assert [line for line in lines if "forged" in line and line.startswith("2026-01-01")] == []
        assert any(line.startswith("    Traceback") for line in lines)


def test_users_set_up_their_own_logging(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """O3: dictConfig(), as it is by default, had switched the whole server's log off."""
    file = tmp_path / "log"
    set_up_logging(file=file)
    with log_in_a_thread():
        try:
            logging.config.dictConfig({"version": 1, "root": {"level": "DEBUG"}})
            LOG.warning("after dictConfig")
            logging.disable(logging.CRITICAL)
            LOG.warning("after disable")
            logging.basicConfig(force=True, format="theirs %(message)s")
            LOG.warning("after basicConfig")
            LOG.debug("too little")
        finally:
            logging.disable(logging.NOTSET)
            logging.getLogger().handlers.clear()
            logging.getLogger().setLevel(logging.WARNING)
            for logger in logging.Logger.manager.loggerDict.values():
                if isinstance(logger, logging.Logger):
                    logger.disabled = False
    lines = [line.rpartition(": ")[2] for line in file.read_text().splitlines()]
    assert lines == ["after dictConfig", "after disable", "after basicConfig"]
    assert "theirs" not in capfd.readouterr().err
    assert type(LOG) is logging.Logger
