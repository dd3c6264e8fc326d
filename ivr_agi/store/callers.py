"""Callers' numbers as keyed digests: a number finds its calls, but none shows it. Shell."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError
from ivr_agi.store.erasing import bare_number

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("CallerKey", "load_caller_key")

KEY_BYTES = 32
MOST_KNOWN = 100_000
"""Digests that are remembered."""


class CallerKey:
    """Makes the digests.

    Args:
        key: Secret bytes, the same for all nodes of a store.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, str] = {}

    def digest(self, number: str) -> str:
        """Return the digest of a number however it is written; empty for none."""
        plain = bare_number(number)
        if not plain:
            return ""
        found = self._known.get(plain)
        if found is None:
            found = hmac.new(self._key, plain.encode(), hashlib.sha256).hexdigest()[:32]
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[plain] = found
        return found


def load_caller_key(file: Path) -> CallerKey:
    """Read the key, or make one.

    Raises:
        ConfigError: The file cannot be read or made, or others may read it.
    """
    try:
        with contextlib.suppress(FileExistsError):
            file.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "w") as made:
                made.write(secrets.token_hex(KEY_BYTES))
        if file.stat().st_mode & 0o077:
            raise ConfigError(
                f"others may read this key: chmod 600 {file}", path=str(file), key="caller_key_file"
            )
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or "it is no key"
        raise ConfigError(f"cannot read the key of the digests: {reason}", path=str(file)) from exc
    if len(text) < KEY_BYTES:
        raise ConfigError("a key has at least 32 characters", path=str(file))
    return CallerKey(text.encode())
