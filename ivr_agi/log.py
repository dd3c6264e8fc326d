"""Log handlers of the command line tool.

The library itself only has loggers below ``ivr_agi`` with a ``NullHandler``. Standard output
belongs to AGI; standard error is Asterisk's console and gets warnings and errors only; the rest
goes to a file.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("set_up_logging",)

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def set_up_logging(
    *, file: Path | None = None, level: str = "info", call_id: str = "", console: str = "warning"
) -> None:
    """Send logs from one level on to standard error and from another on to a file.

    Args:
        file: Log file, appended to; ``None`` means standard error only.
        level: ``debug``, ``info``, ``warning`` or ``error``.
        call_id: Asterisk's unique id of the call, put on every line.
        console: Level of standard error.

    Raises:
        ConfigError: The file cannot be opened.
    """
    root = logging.getLogger("ivr_agi")
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.setLevel(level.upper())
    call = f"[{call_id}] " if call_id else ""
    stderr = logging.StreamHandler()
    stderr.setLevel(console.upper())
    stderr.setFormatter(logging.Formatter(f"ivr-agi: {call}%(levelname)s: %(message)s"))
    root.addHandler(stderr)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(file, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(
            f"cannot open the log file: {exc.strerror}", path=str(file), key="log.file"
        ) from exc
    handler.setFormatter(logging.Formatter(_FORMAT.replace("%(message)s", f"{call}%(message)s")))
    root.addHandler(handler)
