"""The vendor's REST client and signer, and the WebSocket library of its real-time client."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.speech_server.engines.spoken import on_the_line, recorded
from tests.vendor.bootstrap import PYTHON

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not PYTHON.exists(), reason="no vendor packages: python -m tests.vendor.bootstrap"
    ),
]

ACCESS, SECRET = "TESTAK0000000000EXAMPLE", "testsk/EXAMPLE+0000000000000000000000000"
TOKEN = "a token"


async def test_the_vendors_code_is_served(tmp_path: Path) -> None:
    """Signed requests, sessions with the captured messages (14.1), and its samples' way to work."""
    from ivr_agi.speech_server.server import SpeechServer

    audio = tmp_path / "audio.pcm"
    speech = on_the_line(await asyncio.to_thread(recorded, "technical_support"))
    speech += b"\0\0\0"  # an odd last chunk
    await asyncio.to_thread(audio.write_bytes, speech)
    async with SpeechServer(workers=1, keys={ACCESS: SECRET}, token=TOKEN) as server:
        process = await asyncio.create_subprocess_exec(
            PYTHON,
            str(Path(__file__).with_name("vendor_client.py")),
            *(str(server.port), ACCESS, SECRET, TOKEN, str(audio)),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
    assert process.returncode == 0
    found = json.loads(output)
    words = ["technical support", "operator"]
    assert found["tables"] == ["other", words, True, 2, 1, "kept"]
    kinds = [each.get("event") or each["resp_type"] for each in found["recognition"]]
    assert kinds == ["START", "VOICE_START", "RESULT", "VOICE_END", "END"]
    [segment] = found["recognition"][2]["segments"]
    assert segment["result"]["text"] == "technical support"
    assert [each["resp_type"] for each in found["synthesis"]] == ["START", "END"]
    assert all(each["trace_id"] for each in found["recognition"] + found["synthesis"])
    for mode, answers in found["samples"].items():
        kinds = [each.get("event") or each["resp_type"] for each in answers]
        heard = [segment for each in answers for segment in each.get("segments", ())]
        events = ["VOICE_START", "VOICE_END"] if mode == "sentence-stream" else []
        assert [kind for kind in kinds if kind != "RESULT"] == ["START", *events, "END"]
        assert [segment["result"]["text"] for segment in heard if segment["is_final"]] == [words[0]]
        assert not heard[0]["is_final"]
        assert answers[-1]["reason"] == "NORMAL"
