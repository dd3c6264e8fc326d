"""Log handlers of the command line tool.

The library itself only has loggers below ``ivr_agi`` with a ``NullHandler``. Standard output
belongs to AGI; standard error is Asterisk's console and gets warnings and errors only; the rest
goes to a file.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
from contextvars import ContextVar
from logging.handlers import QueueHandler, QueueListener, WatchedFileHandler
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError
from ivr_agi.secret import printable
from ivr_agi.surroundings import as_local_time

if TYPE_CHECKING:
    import time
    from collections.abc import Iterator
    from io import TextIOWrapper
    from pathlib import Path

__all__ = ("current_call", "log_in_a_thread", "set_up_logging")

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(call)s%(message)s"
_MAX_WAITING = 10_000
"""Lines that may wait for a slow disk; more are dropped."""

current_call: ContextVar[str] = ContextVar("current_call", default="")
"""Asterisk's unique id of the call, added to every line. Each task has its own."""


def set_up_logging(
    *, file: Path | None = None, level: str = "info", call_id: str = "", console: str = "warning"
) -> None:
    """Send logs to standard error and to a file, each from its own level up.

    Args:
        file: Log file, appended to; ``None`` means standard error only.
        level: ``debug``, ``info``, ``warning`` or ``error``.
        call_id: Asterisk's unique id of the call, if the process has only one.
        console: Level of standard error, as ``level``.

    Raises:
        ConfigError: The file cannot be opened.
    """
    root = logging.getLogger("ivr_agi")
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.setLevel(level.upper())
    if call_id:
        current_call.set(call_id)
    stderr = logging.StreamHandler()
    stderr.setLevel(console.upper())
    stderr.setFormatter(_LineFormatter("ivr-agi: %(call)s%(levelname)s: %(message)s"))
    stderr.addFilter(_add_call)
    root.addHandler(stderr)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = _PrivateFileHandler(file, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(
            f"cannot open the log file: {exc.strerror}", path=str(file), key="log.file"
        ) from exc
    handler.setFormatter(_LineFormatter(_FORMAT))
    handler.addFilter(_add_call)
    root.addHandler(handler)


@contextlib.contextmanager
def log_in_a_thread() -> Iterator[None]:
    """Write log lines in a thread, so that a slow disk or console holds up no call."""
    root = logging.getLogger("ivr_agi")
    handlers, propagates = root.handlers[:], root.propagate
    waiting: queue.Queue[logging.LogRecord | None] = queue.Queue(_MAX_WAITING)
    lines = _DroppingHandler(waiting)
    lines.addFilter(_add_call)
    listener = QueueListener(waiting, *handlers, respect_handler_level=True)
    listener.enqueue_sentinel = lambda: waiting.put(None)  # type: ignore[method-assign]  # may wait
    root.handlers[:] = [lines]
    root.propagate = False  # what handles users' lines handles none of a call in its event loop
    listener.start()
    try:
        with _keep_loggers():
            yield
    finally:
        listener.stop()
        root.handlers[:], root.propagate = handlers, propagates


class _KeptLogger(logging.Logger):
    """A logger that no ``logging.config`` and no ``logging.disable()`` of users switches off."""

    def isEnabledFor(self, level: int) -> bool:
        return level >= self.getEffectiveLevel()

    def handle(self, record: logging.LogRecord) -> None:
        if self.filter(record):
            self.callHandlers(record)


@contextlib.contextmanager
def _keep_loggers() -> Iterator[None]:
    """Keep our loggers as they are. All modules that have one have been imported."""
    loggers = [
        logger
        for name, logger in logging.Logger.manager.loggerDict.items()
        if name.partition(".")[0] == "ivr_agi" and type(logger) is logging.Logger
    ]
    for logger in loggers:
        logger.__class__ = _KeptLogger
    try:
        yield
    finally:
        for logger in loggers:
            logger.__class__ = logging.Logger


class _LineFormatter(logging.Formatter):
    """One printable line for each record; lines of a traceback are indented below it.

    Names of files, texts of users' errors and whatever else comes from outside can neither look
    like a line of ours nor do anything to a terminal.
    """

    def converter(self, at_s: float | None) -> time.struct_time:
        return as_local_time(at_s or 0.0).timetuple()

    def formatMessage(self, record: logging.LogRecord) -> str:  # logging's
        return printable(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        first, *others = super().format(record).splitlines()
        return "\n".join([first, *(f"    {printable(line)}" for line in others)])


class _PrivateFileHandler(WatchedFileHandler):
    """A log file that only its owner and group may read; a new one after logrotate, too."""

    def _open(self) -> TextIOWrapper:
        fd = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        # The handler closes it. A caller's name may have bytes that are no UTF-8.
        return open(fd, "a", encoding=self.encoding, errors="backslashreplace")


class _DroppingHandler(QueueHandler):
    def enqueue(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(queue.Full):
            self.queue.put_nowait(record)


def _add_call(record: logging.LogRecord) -> bool:
    if not hasattr(record, "call"):  # set by the task that logs, not by the thread that writes
        call = current_call.get()
        record.call = f"[{call}] " if call else ""
    return True
