"""Requests over a real socket."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator

import pytest

from ivr_agi.flow.run.fetch import MAX_RESPONSE_BYTES, fetch
from ivr_agi.flow.run.outside import FlowRequest


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(200, b'{"got": %s}' % (body or b"null"))

    def do_GET(self) -> None:
        status = {"/missing": 404, "/moved": 302}.get(self.path, 200)
        self._answer(status, {"/text": b"x", "/empty": b"", "/long": bytes(MAX_RESPONSE_BYTES + 1)}.get(
            self.path, b"{}"))  # fmt: skip

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/empty")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """A web server."""
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def get(url: str) -> FlowRequest:
    """A GET request."""
    return FlowRequest(url=url, method="GET", headers={}, body=None, timeout_s=2)


async def test_json_in_and_out(url: str) -> None:
    """An empty answer is None."""
    request = FlowRequest(url=url, method="POST", headers={}, body=b"[1]", timeout_s=2)
    assert await fetch(request) == {"got": [1]}
    assert await fetch(get(f"{url}/empty")) is None


@pytest.mark.parametrize("path", ["/missing", "/moved"])
async def test_other_states_are_errors(url: str, path: str) -> None:
    """A redirect too: it could lead the secrets anywhere."""
    with pytest.raises(OSError, match="HTTP "):
        await fetch(get(url + path))


@pytest.mark.parametrize("path", ["/text", "/long"])
async def test_what_is_no_json(url: str, path: str) -> None:
    """Text and endless answers."""
    with pytest.raises(ValueError, match=r"malformed|more than"):
        await fetch(get(url + path))


async def test_nobody_there() -> None:
    """No connection."""
    with pytest.raises(OSError, match="refused"):
        await fetch(get("http://127.0.0.1:9/"))
