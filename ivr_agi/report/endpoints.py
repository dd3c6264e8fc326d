"""How the endpoints of the speech service are, as the server has left it in its folder. Shell."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.sis.access.health import Health

if TYPE_CHECKING:
    from ivr_agi.settings import Settings

__all__ = ("EndpointState", "endpoint_states")


@dataclass(frozen=True)
class EndpointState:
    """An endpoint, and whether calls avoid it now."""

    url: str
    is_avoided: bool
    failures: int
    error: str


def endpoint_states(settings: Settings, now: float) -> list[EndpointState]:
    """Return each endpoint of the settings.

    Args:
        settings: The installation's.
        now: Seconds since 1970.
    """
    known: dict[str, Health] = {}
    file = settings.spool_dir / "speech-health.json"  # the server's, whoever we are
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        known = msgspec.json.decode(file.read_bytes(), type=dict[str, Health])
    urls = [settings.speech.url, *(one.url for one in settings.speech.endpoints)]
    found = []
    for url in urls:
        failed = [one for name, one in known.items() if url.rstrip("/") in name]
        worst = max(failed, key=lambda one: one.until, default=Health())
        found.append(EndpointState(url, worst.rests(now), worst.failures, worst.error))
    return found
