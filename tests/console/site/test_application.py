"""Where the page may be: on this machine only, until there is TLS or a proxy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import msgspec
import pytest

from ivr_agi.console.site.application import page_origin, served_page, tls_of
from ivr_agi.errors import ConfigError
from ivr_agi.settings import Settings
from ivr_agi.store.database import Database
from ivr_agi.store_settings import ConsoleSettings
from tests.console.site.conftest import served_site


@pytest.mark.parametrize(
    ("console", "origin"),
    [
        ({"page": "127.0.0.1:8781"}, "http://127.0.0.1:8781"),
        ({"page": "[::1]:8781"}, "http://[::1]:8781"),
        (
            {"page": "0.0.0.0:443", "certificate": "c", "origin": "https://ivr.example.com"},
            "https://ivr.example.com",
        ),
        ({"page": "10.0.0.1:443", "certificate": "c"}, "https://10.0.0.1:443"),
        (
            {"page": "127.0.0.1:1", "behind_proxy": True, "origin": "https://a.example"},
            "https://a.example",
        ),
        (
            {"page": "10.0.0.1:1", "behind_proxy": True, "origin": "https://a.example"},
            "https://a.example",
        ),
    ],
)
def test_addresses(console: dict[str, object], origin: str) -> None:
    """Where browsers find it."""
    assert page_origin(msgspec.convert(console, ConsoleSettings)) == origin


@pytest.mark.parametrize(
    ("console", "told"),
    [
        ({"page": "0.0.0.0:8781"}, "without TLS"),
        ({"page": "[::]:8781"}, "without TLS"),
        ({"page": "192.168.1.5:8781", "origin": "https://a.example"}, "without TLS"),
        ({"page": "127.0.0.1:1", "behind_proxy": True}, "say where browsers find the page"),
        ({"page": "10.0.0.1:1", "certificate": "c", "origin": "http://a.example"}, "by https"),
        ({"page": "127.0.0.1:1", "origin": "ivr.example.com"}, "expected an address"),
        ({"page": "127.0.0.1:1", "origin": "https://a.example/x"}, "expected an address"),
        ({"page": "127.0.0.1:1", "origin": "https://u@a.example"}, "expected an address"),
        ({"page": "8781"}, "expected an address and a port"),
    ],
)
def test_what_will_not_do(console: dict[str, object], told: str) -> None:
    """One line that says what to do."""
    with pytest.raises(ConfigError, match=told):
        page_origin(msgspec.convert(console, ConsoleSettings))


def test_a_certificate_that_cannot_be_read(tmp_path: Path) -> None:
    """One line, not a traceback."""
    assert tls_of(Settings()) is None
    (tmp_path / "c.pem").write_text("no certificate")
    for name in ("c.pem", "missing.pem"):
        console = ConsoleSettings(certificate=name)
        with pytest.raises(ConfigError, match="cannot read the certificate"):
            tls_of(msgspec.structs.replace(Settings(), base=tmp_path, console=console))


@pytest.mark.asyncio
async def test_it_is_served_by_tls(stored: Database, tmp_path: Path, unused_tcp_port: int) -> None:
    """With the certificate of the settings."""
    await asyncio.to_thread(make_certificate, tmp_path)
    console = ConsoleSettings(
        page=f"127.0.0.1:{unused_tcp_port}", certificate="cert.pem", certificate_key="key.pem"
    )
    async with (
        served_site(stored, tmp_path, console=console, origin=page_origin(console)) as site,
        served_page(site.context),
        aiohttp.ClientSession() as browser,
    ):
        async with browser.get(f"{site.context.origin}/sign-in", ssl=False) as answer:
            assert answer.status == 200
            assert "Strict-Transport-Security" in answer.headers


def make_certificate(folder: Path) -> None:
    """A certificate of its own, by the machine's openssl."""
    import subprocess

    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    words += ["-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
