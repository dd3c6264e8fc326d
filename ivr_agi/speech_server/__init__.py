"""The local speech service: SIS on loopback with engines that need no network and no account.

Needs the extra ``[local]``: importing this package without it raises ``MissingDependency``. It runs
in a process of its own, because espeak-ng is GPL-3.0-or-later: the plugin never loads it.
"""

from __future__ import annotations

from ivr_agi.speech_server.engines.base import require_package

for _package in ("aiohttp", "soxr"):
    require_package(_package, _package)
