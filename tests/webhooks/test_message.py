"""What a webhook says, and its signature."""

from __future__ import annotations

import json
import random

import msgspec
import pytest

from ivr_agi.journal import Event
from ivr_agi.store.batch import LineSorter
from ivr_agi.store_settings import WebhookSettings
from ivr_agi.webhooks.message import body_of, new_events, sign_message, signing_key, wants
from tests.store.journals import call_lines

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_of_the_standard() -> None:
    """Its own example (standard-webhooks, libraries/python)."""
    headers = sign_message(
        signing_key(SECRET),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secrets() -> None:
    """Base64 or a text; what is too short or broken is told without it."""
    assert signing_key("whsec_" + "QUJDREVGR0hJSktMTU5PUA==") == b"ABCDEFGHIJKLMNOP"
    assert signing_key("a text of some length") == b"a text of some length"
    for text, reason in (("short", "at least 16 bytes, got 5"), ("whsec_?", "expected Base64")):
        with pytest.raises(ValueError, match=reason) as told:
            signing_key(text)
        assert text not in str(told.value)


def test_each_event_once_and_in_order() -> None:
    """Over batches that end anywhere."""
    lines = call_lines(3, random.Random(4))
    sorter, found = LineSorter(lambda _: False), []
    for start in range(0, len(lines), 2):
        batch = sorter.take(lines[start : start + 2])
        pieces = batch.hand_over()
        found += [event.event for _, _, event in new_events(batch, pieces, {"step", "call_ended"})]
        assert all(
            begin.event == "call_started" for _, begin, _ in new_events(batch, pieces, {"step"})
        )
    names = [msgspec.json.decode(line, type=Event).event for line in lines]
    assert found == [name for name in names if name in ("step", "call_ended")]


def test_what_a_message_says() -> None:
    """The call, whose it is, and what happened; the number only where it may."""
    lines = [msgspec.json.decode(line, type=Event) for line in call_lines(3, random.Random(4))]
    end = next(one for one in lines if one.event == "call_ended")
    body = json.loads(body_of("node-1", "1.3", lines[0], end, tells_numbers=True))
    assert body["type"] == "ivr.call_ended"
    assert body["timestamp"].endswith("Z")
    assert body["data"]["caller"] == "13800000003"
    assert (body["data"]["call"], body["data"]["node"]) == ("1.3", "node-1")
    assert (body["data"]["flow"], body["data"]["status"]) == ("main", end.data["status"])
    masked = json.loads(body_of("node-1", "1.3", lines[0], end, tells_numbers=False))
    assert "caller" not in masked["data"]
    started = json.loads(body_of("node-1", "1.3", lines[0], lines[0], tells_numbers=False))
    assert "13800000003" not in json.dumps(started)


def test_who_wants_what() -> None:
    """By event and flow."""
    begin, end = (
        Event(at_s=0, event="call_started", data={"flow": "main"}),
        Event(at_s=1, event="call_ended"),
    )
    assert wants(WebhookSettings(url="https://a"), begin, end)
    assert not wants(WebhookSettings(url="https://a", flows=["other"]), begin, end)
    assert not wants(WebhookSettings(url="https://a", events=["step"]), begin, end)
