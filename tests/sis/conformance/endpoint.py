"""An endpoint under test: where it is, what it understands and speaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect

from ivr_agi.catalogue import region_of
from tests.sis.conformance.peer import Peer

__all__ = ("REQUIRED", "Endpoint", "from_environment")

_PREFIX = "IVR_AGI_CONFORMANCE_"
REQUIRED = tuple(_PREFIX + name for name in ("URL", "PROJECT_ID", "TOKEN"))
"""Variables that name an endpoint; the token is the value of X-Auth-Token."""
OPTIONAL: Mapping[str, str] = {
    "MODEL": "chinese_8k_general",
    "MODEL_16K": "chinese_16k_general",
    "VOICE": "chinese_huaxiaomei_common",
    "TEXT": "请帮我查一下账户余额。",
}
"""Further variables (with the same prefix), what they are without, and fields of Endpoint."""


@dataclass
class Endpoint:
    """One service."""

    url: str
    project_id: str
    token: str = field(repr=False)
    model: str
    """8 kHz."""
    model_16k: str
    voice: str
    text: str
    """What the voice can say and the model understand."""
    markup_voice: str = "chinese_huaxiaomei_common"
    """One that takes SSML and gives subtitles."""
    is_ours: bool = False
    """Section 8's policies for a server hold."""
    hasty_url: str = ""
    """The same service with a short time for data, for the cases that are about it."""
    patience_s: float = 30.0
    """For one message: longer than it waits for data, 20 s, and than the vendor's SDK waits for an
    END, 18 s (14.1, 6)."""
    region: str = ""
    """The region that it is, or behaves like; empty: neither."""
    streaming_voice: str = "chinese_huaxiaoli_common"
    """A voice of the large model."""
    pace: float = 1.0
    """Real time that a second of audio takes to send; 0: at once."""
    _speech: dict[str, bytes] = field(default_factory=dict, repr=False)

    @contextlib.asynccontextmanager
    async def connect(
        self, path: str, *, headers: Mapping[str, str] | None = None, is_hasty: bool = False
    ) -> AsyncIterator[Peer]:
        """Open a socket below the project's path, e.g. ``rasr/sentence-stream``."""
        url = (self.hasty_url if is_hasty else "") or self.url
        sent = {"X-Auth-Token": self.token} if headers is None else headers
        async with connect(
            f"{url}/v1/{self.project_id}/{path}",
            additional_headers=sent,
            compression=None,
            max_size=2**22,
            close_timeout=1.0,
            open_timeout=self.patience_s,
            ping_interval=None,  # who is slow is not gone
        ) as socket:
            yield Peer(socket, pace=self.pace, patience_s=self.patience_s)

    async def rest(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Send a REST request; give its status and the answer."""
        url = f"http{self.url.removeprefix('ws')}/v1/{self.project_id}/{path}"
        headers = {"X-Auth-Token": self.token, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        return await asyncio.to_thread(_send, request, self.patience_s)

    async def speech(self) -> bytes:
        """The text, spoken by the endpoint itself: s16le mono 8 kHz."""
        if "pcm" not in self._speech:
            async with self.connect("rtts") as peer:
                await peer.send(command="START", text=self.text, config={"property": self.voice})
                messages = await peer.until("END", "ERROR", "FATAL_ERROR")
                assert messages[-1].get("reason") == "NORMAL", messages
                self._speech["pcm"] = bytes(peer.audio)
        return self._speech["pcm"]


def _send(request: urllib.request.Request, timeout_s: float) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read() or b"{}")


def from_environment() -> Endpoint | None:
    """The endpoint that the environment names, or None."""
    if not all(os.environ.get(name) for name in REQUIRED):
        return None
    url, project_id, token = (os.environ[name] for name in REQUIRED)
    model, model_16k, voice, text = (
        os.environ.get(_PREFIX + name, default) for name, default in OPTIONAL.items()
    )
    return Endpoint(
        *(url.rstrip("/"), project_id, token, model, model_16k, voice, text),
        region=region_of(url),
    )
