"""Keeps the places of calls that are connected to somebody and may come back. Shell.

One file for each, in a folder of the spool folder, readable by its owner alone. Its name is random,
and the dialplan has it until the call is back.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import time
from typing import TYPE_CHECKING

from msgspec import structs

from ivr_agi.errors import ConfigError
from ivr_agi.flow.run.place import decode_place, encode_place

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.flow.run.place import CallPlace

__all__ = ("PLACE_KEPT_S", "Returns")

_log = logging.getLogger("ivr_agi.serve")

PLACE_KEPT_S = 86_400
"""Seconds after which a call is not expected back."""
_TOKEN = re.compile(r"[0-9a-f]{32}")


class Returns:
    """The calls that may come back.

    Args:
        folder: For their files; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, place: CallPlace, uniqueid: str) -> str:
        """Keep where a call is; return the name under which it comes back.

        Args:
            place: Where it is.
            uniqueid: Asterisk's name of its channel.

        Raises:
            ConfigError: It cannot be written.
        """
        token = secrets.token_hex(16)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._remove_old()
            fd = os.open(self._folder / token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(fd, "wb") as file:  # of the mode above
                file.write(encode_place(structs.replace(place, uniqueid=uniqueid)))
        except OSError as exc:
            reason = f"cannot keep the place of a call ({exc.strerror}): {self._folder}"
            raise ConfigError(reason) from exc
        return token

    def take(self, token: str, uniqueid: str) -> CallPlace | None:
        """Return the place of a call that is back, once; None: it is not known."""
        place = self._look(token)
        if place is None or place.uniqueid != uniqueid:
            _log.warning("the place of a call that is back is not known: its flow begins anew")
            return None
        with contextlib.suppress(OSError):
            (self._folder / token).unlink()
        return place

    def find(self, token: str) -> CallPlace:
        """Return the place of a call that waits.

        Raises:
            ConfigError: There is none of that name.
        """
        place = self._look(token)
        if place is None:
            raise ConfigError("the call that is to be announced is not there any more")
        return place

    def _look(self, token: str) -> CallPlace | None:
        if not _TOKEN.fullmatch(token):
            return None
        try:
            return decode_place((self._folder / token).read_bytes())
        except (OSError, ValueError):
            return None

    def _remove_old(self) -> None:
        """Remove the places of callers who have hung up meanwhile."""
        now = time.time()
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if now - entry.stat().st_mtime > PLACE_KEPT_S:
                        os.unlink(entry.path)  # an entry is no Path
