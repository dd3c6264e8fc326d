"""Endpoint: what is refused, and what is never shown."""

from __future__ import annotations

import dataclasses

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.secret import Secret
from ivr_agi.sis.access.endpoint import Endpoint


def test_the_token_is_never_shown() -> None:
    """No way of printing the endpoint gives it away."""
    endpoint = Endpoint("ws://127.0.0.1:1", "p", token=Secret("hunter2"))
    for text in (repr(endpoint), str([endpoint])):
        assert "hunter2" not in text
    assert endpoint.headers == {"X-Auth-Token": "hunter2"}


def test_addresses() -> None:
    """WebSocket and REST share host, port and project."""
    endpoint = Endpoint("wss://sis-ext.example.com/", "p_1")
    assert endpoint.url == "wss://sis-ext.example.com"
    assert endpoint.socket_url("rtts") == "wss://sis-ext.example.com/v1/p_1/rtts"
    assert endpoint.rest_url("asr/vocabularies") == (
        "https://sis-ext.example.com/v1/p_1/asr/vocabularies"
    )
    assert Endpoint("ws://h:8765", "p").rest_url("x") == "http://h:8765/v1/p/x"
    assert endpoint.headers == {}


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [
        ("ws://127.0.0.1:1", True),
        ("ws://127.8.9.1:1", True),
        ("ws://[::1]:1", True),
        ("ws://localhost:1", True),
        ("wss://sis-ext.example.com", False),
        ("ws://192.0.2.1:1", False),
    ],
)
def test_loopback(url: str, is_loopback: bool) -> None:
    """Decides whether a proxy may be used."""
    assert Endpoint(url, "p").is_loopback is is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://host",
        "host:80",
        "ws://",
        "ws://host:port",
        "ws://host:0",
        "ws://[::1",
        "ws://user:pass@host",
        "ws://host?token=pass",
        "ws://host/#pass",
    ],
)
def test_bad_urls_are_refused(url: str) -> None:
    """The key is named; credentials that stand in it are not shown."""
    with pytest.raises(ConfigError) as caught:
        Endpoint(url, "p")
    assert caught.value.key == "url"
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("project_id", ""),
        ("project_id", "a/b"),
        ("project_id", "é"),
        ("token", Secret("a\r\nb")),
        ("token", Secret("")),
        ("enterprise_project_id", "a b"),
        ("connect_timeout_s", 0),
        ("answer_timeout_s", -1.0),
        ("answer_timeout_s", float("nan")),
    ],
)
def test_bad_values_are_refused(key: str, value: object) -> None:
    """No header or path can be broken out of, and no wait be endless."""
    endpoint = Endpoint("ws://h", "p")
    with pytest.raises(ConfigError) as caught:
        dataclasses.replace(endpoint, **{key: value})  # type: ignore[arg-type]  # wrong on purpose
    assert caught.value.key == key
