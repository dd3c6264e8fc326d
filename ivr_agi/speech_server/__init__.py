"""The local speech service: SIS on loopback with engines that need no network and no account.

Extra ``[local]``; importing this without it raises :class:`MissingDependency`. Its own process:
espeak-ng is GPL-3.0-or-later and never loaded by the plugin.
"""

from __future__ import annotations

from ivr_agi.speech_server.engines.base import require_package

for _package in ("aiohttp", "soxr"):
    require_package(_package, _package)
