"""A client of a running speech server that says one sentence after the other. Asyncio shell.

It speaks the protocol directly, so that nothing of the plugin's client is measured. Audio is sent
faster than it is spoken: the server's voice detection counts the audio's own time.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession, WSMsgType

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLES_PER_MS
from ivr_agi.errors import SpeechRejected, SpeechUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from aiohttp import ClientWebSocketResponse

__all__ = ("Understood", "HearingClient")

REPLY_WITHIN_S = 60.0
"""Longest wait for an answer."""
TRY_AGAIN_S = 0.2
TOO_MANY = "SIS.0312"
PACED_MS = 40
AHEAD_CHUNK_MS = 200
"""Length of a message where audio is sent faster than it is spoken."""
MS_BYTES = SAMPLE_BYTES * SAMPLES_PER_MS


@dataclass
class Understood:
    """What the server made of a sentence."""

    voice_start_ms: int | None = None
    """Where in the audio VOICE_START came; None: it did not."""
    words: str | None = None
    """The final words; None: there were none."""
    score: float = 0.0
    voice_end_to_words_ms: float | None = None
    """From the sending of the audio in which the sentence was over, until its words came."""


class HearingClient:
    """One socket; sessions one after the other. Use it in ``async with``.

    Args:
        url: The server's.
        language: ``en`` or ``zh``.
        is_patient: Whether it waits while the server takes no more sessions.
    """

    def __init__(self, url: str, language: str, *, is_patient: bool = True) -> None:
        self._url = url
        self.is_patient = is_patient
        self._property = {"zh": "chinese_8k_common"}.get(language, "english_8k_common")
        self._http: ClientSession | None = None
        self._ws: ClientWebSocketResponse | None = None

    async def __aenter__(self) -> Self:
        """Open the socket."""
        self._http = ClientSession()
        self._ws = await self._http.ws_connect(f"{self._url}/v1/p/rasr/sentence-stream")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        if self._ws is not None:
            await self._ws.close()
        if self._http is not None:
            await self._http.close()

    async def make_table(self, words: Sequence[str]) -> str:
        """Make a hot-word table; the same words give the same one.

        Raises:
            SpeechRejected: The server does not take it.
        """
        assert self._http is not None
        body = {
            "name": f"hearing-{hash(tuple(words)):x}",
            "language": "chinese_mandarin",
            "contents": list(words),
        }
        url = f"http{self._url.removeprefix('ws')}/v1/p/asr/vocabularies"
        async with self._http.post(url, json=body) as answer:
            told = await answer.json()
        if "vocabulary_id" not in told:
            raise SpeechRejected(str(told.get("error_code", "")), str(told.get("error_msg", "")))
        return str(told["vocabulary_id"])

    async def begin(self, table: str | None) -> None:
        """START.

        Raises:
            SpeechRejected: The server refuses.
        """
        config = {
            "audio_format": "pcm8k16bit",
            "property": self._property,
            "vad_head": 60_000,
            "vad_tail": 500,
            "max_seconds": 30,
            "interim_results": "yes",
            **({"vocabulary_id": table} if table else {}),
        }
        loop = asyncio.get_running_loop()
        until = loop.time() + REPLY_WITHIN_S
        while True:
            await self._send_json(command="START", config=config)
            try:
                await self._receive("START")
                return
            except SpeechRejected as exc:  # it is still busy with what was sent ahead of time
                if exc.code != TOO_MANY or loop.time() >= until or not self.is_patient:
                    raise
            await asyncio.sleep(TRY_AGAIN_S)

    async def say(
        self, pcm: bytes, table: str | None, *, paced_from_ms: int | None = None
    ) -> Understood:
        """Say a sentence in a session of its own.

        Args:
            pcm: s16le mono 8 kHz, with the line before and after it.
            table: What may be said.
            paced_from_ms: From there the audio is sent as it is spoken; None: never.

        Raises:
            SpeechRejected: The server refuses, or fails.
            SpeechUnavailable: It does not answer.
        """
        await self.begin(table)
        heard, over = Understood(), asyncio.Event()
        sent: dict[int, float] = {}
        reader = asyncio.create_task(self._listen(heard, sent, over))
        try:
            await self._send_audio(pcm, paced_from_ms, sent, over)
            if not reader.done():
                await self._send_json(command="END", cancel=False)
            async with asyncio.timeout(REPLY_WITHIN_S):
                await reader
        except TimeoutError as exc:
            raise SpeechUnavailable(f"no END within {REPLY_WITHIN_S:g} s") from exc
        finally:
            reader.cancel()
        return heard

    async def start_voice(self, pcm: bytes, table: str | None) -> None:
        """START and send the beginning of a sentence, and leave it so."""
        await self.begin(table)
        await self._socket.send_bytes(pcm)

    @property
    def _socket(self) -> ClientWebSocketResponse:
        assert self._ws is not None  # inside `async with`
        return self._ws

    async def _send_json(self, **message: object) -> None:
        await self._socket.send_str(json.dumps(message))

    async def _send_audio(
        self,
        pcm: bytes,
        paced_from_ms: int | None,
        sent: dict[int, float],
        over: asyncio.Event,
    ) -> None:
        loop, at_ms, began = asyncio.get_running_loop(), 0, None
        length_ms = len(pcm) // MS_BYTES
        while at_ms < length_ms and not over.is_set():
            paced = paced_from_ms is not None and at_ms >= paced_from_ms
            step_ms = PACED_MS if paced else AHEAD_CHUNK_MS
            if paced_from_ms is not None and not paced:
                step_ms = min(step_ms, paced_from_ms - at_ms)
            if paced:
                began = began if began is not None else loop.time() - at_ms / 1000
                await asyncio.sleep(max(0.0, began + (at_ms + step_ms) / 1000 - loop.time()))
            await self._socket.send_bytes(pcm[at_ms * MS_BYTES : (at_ms + step_ms) * MS_BYTES])
            at_ms += step_ms
            sent[at_ms] = time.monotonic()

    async def _listen(self, heard: Understood, sent: dict[int, float], over: asyncio.Event) -> None:
        """Take what the server says until END."""
        try:
            await self._take(heard, sent, over)
        finally:
            over.set()

    async def _take(self, heard: Understood, sent: dict[int, float], over: asyncio.Event) -> None:
        words_at = 0.0
        while True:
            answer = await self._receive()
            match answer["resp_type"]:
                case "EVENT" if answer["event"] == "VOICE_START":
                    heard.voice_start_ms = int(answer["timestamp"])
                case "EVENT":
                    ended_ms = int(answer["timestamp"])
                    after = [at for until_ms, at in sent.items() if until_ms >= ended_ms]
                    if words_at and after:
                        heard.voice_end_to_words_ms = 1000 * (words_at - min(after))
                    over.set()
                case "RESULT":
                    for segment in answer["segments"]:
                        if segment["is_final"]:
                            words_at = time.monotonic()
                            heard.words = segment["result"]["text"]
                            heard.score = float(segment["result"]["score"])
                case "END":
                    return

    async def _receive(self, wanted: str = "") -> dict[str, Any]:
        message = await self._socket.receive(timeout=REPLY_WITHIN_S)
        if message.type is not WSMsgType.TEXT:
            raise SpeechUnavailable("the server closed the socket")
        answer: dict[str, Any] = json.loads(message.data)
        if answer["resp_type"] in ("ERROR", "FATAL_ERROR"):
            raise SpeechRejected(answer["error_code"], answer["error_msg"])
        if wanted and answer["resp_type"] != wanted:
            raise SpeechUnavailable(f"expected {wanted}, got {answer['resp_type']}")
        return answer
