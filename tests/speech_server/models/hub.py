"""A hub on this machine: serves a model's files, and cuts off, forges or refuses as it is told."""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from ivr_agi.speech_server.models.catalogue import ModelFile, Weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTENTS = {"config.json": b'{"a": 1}', "model.bin": bytes(range(256)) * 1000}


def a_model(contents: Mapping[str, bytes] = CONTENTS, name: str = "whisper-test") -> Weights:
    """A model of these bytes."""
    files = tuple(
        ModelFile(file, len(data), hashlib.sha256(data).hexdigest())
        for file, data in contents.items()
    )
    return Weights(
        name, ("en-us",), "MIT", "someone/a-model", "main", files, 1, "nothing", "little"
    )


@dataclass
class Hub:
    """What it serves, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(CONTENTS))
    cut_after: list[int] = field(default_factory=list)
    """Bytes after which the next answers end too early."""
    status: int | None = None
    takes_ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@contextmanager
def a_hub() -> Iterator[Hub]:
    """Serve until the end of ``with``."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # its name is the library's
            wanted = self.headers.get("Range")
            hub.asked.append((self.path, wanted))
            name = self.path.removeprefix("/someone/a-model/resolve/main/")
            if hub.status or name not in hub.files:
                self.send_error(hub.status or 404)
                return
            data, begin = hub.files[name], 0
            if wanted and hub.takes_ranges:
                begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(data) - begin))
            self.end_headers()
            end = begin + hub.cut_after.pop(0) if hub.cut_after else len(data)
            self.wfile.write(data[begin:end])

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
