"""The settings of what reads the journal: store, retention, console. Parts of the settings file."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = (
    "ConsoleSettings",
    "RetentionSettings",
    "StoreSettings",
    "TraceSettings",
    "WebhookSettings",
)


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the sections: immutable, and an unknown key is an error."""


_Days = Annotated[int, Meta(ge=0, le=36_500)]
_Megabytes = Annotated[int, Meta(ge=0, le=100_000_000)]


class StoreSettings(_Section, frozen=True):
    """``[store]``: what the console makes of the journal (``docs/store.md``)."""

    url: str = "/var/lib/ivr-agi/store.sqlite3"
    """File of an SQLite database, or ``postgresql://user@host/name``."""
    node: str = ""
    """Name of this machine in the store; empty: its host name."""
    timezone: str = ""
    """Whose hours and days reports count in (``Asia/Shanghai``); empty: the machine's."""
    numbers: Literal["plain", "digest"] = "plain"
    """Keep callers' numbers, or only digests, which find a number but do not show it."""
    caller_key_file: str = "/var/lib/ivr-agi/caller.key"
    """Key of the digests (mode 0600), made if missing; nodes that share a store share it."""


class RetentionSettings(_Section, frozen=True):
    """``[retention]``: how long the console keeps what; 0 days or MB: no limit."""

    words_days: _Days = 30
    """What callers said, their numbers, and the time lines of calls."""
    calls_days: _Days = 400
    """Calls and turns without words."""
    recordings_days: _Days = 14
    """Recordings of calls."""
    messages_days: _Days = 90
    """Messages that callers have left."""
    journal_days: _Days = 7
    """Journal files that have been read."""
    words_mb: _Megabytes = 4_000
    """Size of all time lines."""
    recordings_mb: _Megabytes = 20_000
    """Size of all recordings."""
    messages_mb: _Megabytes = 5_000
    """Size of all messages."""
    journal_mb: _Megabytes = 4_000
    """Size of the journal files that have been read."""


_Url = Annotated[str, Meta(pattern=r"^https?://[^\s/]+")]
WebhookEvent = Literal[
    "call_started",
    "arguments",
    "step",
    "outcome",
    "choice",
    "slot",
    "message",
    "no_input",
    "no_match",
    "failover",
    "speech_unavailable",
    "call_ended",
]
_FIRST_EVENTS: list[WebhookEvent] = ["call_started", "call_ended"]


class WebhookSettings(_Section, frozen=True):
    """``[[console.webhooks]]``: another system that the console tells what happens in calls."""

    url: _Url
    """Where: https, or http on this machine."""
    secret_env: str = "IVR_WEBHOOK_SECRET"
    """Environment variable with the secret of the signatures: ``whsec_...``, or a long text."""
    events: list[WebhookEvent] = msgspec.field(default_factory=_FIRST_EVENTS.copy)
    """Events of the journal that are sent."""
    flows: list[str] = []
    """Only calls of these; empty: all."""


class TraceSettings(_Section, frozen=True):
    """``[traces]``: one trace of each call, for a collector of OpenTelemetry."""

    url: Annotated[str, Meta(pattern=r"^(https?://[^\s/]+.*)?$")] = ""
    """``http://127.0.0.1:4318/v1/traces``; empty: none."""
    authorization_env: str = ""
    """Environment variable with the value of the header ``Authorization``."""
    words: bool = False
    """Numbers, words and answers are sent, too, as attributes ``ivr.pii.*``."""


class ConsoleSettings(_Section, frozen=True):
    """``[console]``: the process beside the server (``docs/store.md``, ``docs/console.md``)."""

    listen: str = "127.0.0.1:8780"
    """Address and port of ``/metrics``; empty: none."""
    page: str = "127.0.0.1:8781"
    """Address and port of the page; empty: none. Other machines need a certificate, or a proxy."""
    origin: str = ""
    """Where browsers find the page, such as ``https://ivr.example.com``; empty: at its address."""
    behind_proxy: bool = False
    """A proxy is in front, which ends TLS and says who asks (``X-Forwarded-For``)."""
    certificate: str = ""
    """File of the page's certificate, with those above it (PEM)."""
    certificate_key: str = ""
    """File of its private key."""
    users_file: str = "/var/lib/ivr-agi/console.users"
    """Users of the page (mode 0600), made by ``ivr-agi users add``."""
    idle_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 60
    """A user who does nothing for so long is signed out."""
    session_hours: Annotated[int, Meta(ge=1, le=168)] = 12
    """A user is signed out after so long."""
    webhooks: list[WebhookSettings] = []
    """Other systems that are told what happens in calls."""
