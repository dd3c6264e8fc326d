"""What a webhook sends, and its signature, as Standard Webhooks has them. Core, no I/O.

https://www.standardwebhooks.com: libraries of many languages check these signatures.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ivr_agi.journal import Event
    from ivr_agi.store.batch import Batch, OpenPiece
    from ivr_agi.store_settings import WebhookSettings

__all__ = ("body_of", "new_events", "sign_message", "signing_key", "wants")

SECRET_PREFIX = "whsec_"
FEWEST_SECRET_BYTES = 16
_OF_THE_CALL = ("flow", "version", "caller", "called", "extension", "language")
"""What each message says of its call."""


def signing_key(secret: str) -> bytes:
    """Return the key of a secret: ``whsec_`` and Base64, or any text.

    Raises:
        ValueError: It is too short, or no Base64; the secret is not in the text.
    """
    if secret.startswith(SECRET_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error:
            raise ValueError("expected Base64 after whsec_") from None
    else:
        key = secret.encode()
    if len(key) < FEWEST_SECRET_BYTES:
        raise ValueError(f"expected at least {FEWEST_SECRET_BYTES} bytes, got {len(key)}")
    return key


def sign_message(key: bytes, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """Return the headers that identify and sign a message sent at ``at``, s since 1970."""
    signed = b"%b.%d.%b" % (message_id.encode(), at, body)
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{digest}",
    }


def wants(hook: WebhookSettings, begin: Event, event: Event) -> bool:
    """Return whether a hook wants an event of the call that began so."""
    flow = begin.data.get("flow") or begin.data.get("script") or ""
    return event.event in hook.events and (not hook.flows or flow in hook.flows)


def new_events(
    batch: Batch, pieces: list[OpenPiece], names: Collection[str]
) -> Iterator[tuple[str, Event, Event]]:
    """Yield unique id, first event and each new event of these names; of each call in order."""
    for call in batch.ended:
        for event in call.events[call.n_stored :]:
            if event.event in names:
                yield call.unique_id, call.events[0], event
    for piece in pieces:
        for event in piece.events:
            if event.event in names:
                yield piece.unique_id, piece.begin, event


def body_of(node: str, call: str, begin: Event, event: Event, *, tells_numbers: bool) -> bytes:
    """Return the JSON of a message: ``type``, ``timestamp`` and ``data``.

    Args:
        node: The machine's name.
        call: The call's unique id.
        begin: The call's first event, which says whose call it is.
        event: What happened.
        tells_numbers: The caller's number may be in it.
    """
    data: dict[str, Any] = {"call": call, "node": node}
    data |= {name: begin.data[name] for name in _OF_THE_CALL if begin.data.get(name)}
    data |= event.data
    if not tells_numbers:
        data.pop("caller", None)
    at = datetime.datetime.fromtimestamp(event.time, datetime.UTC)
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return msgspec.json.encode({"type": f"ivr.{event.event}", "timestamp": stamp, "data": data})
