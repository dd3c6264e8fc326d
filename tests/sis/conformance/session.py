"""What cases of recognition do: a session that begins, a sentence in it, what was told."""

from __future__ import annotations

from tests.sis.conformance.endpoint import Endpoint
from tests.sis.conformance.peer import Message, Peer, quiet


def config(endpoint: Endpoint, **changes: object) -> Message:
    """A configuration, with changes."""
    return {"audio_format": "pcm8k16bit", "property": endpoint.model, "vad_tail": 500, **changes}


async def began(peer: Peer, endpoint: Endpoint, **changes: object) -> Message:
    """Begin a session that must be accepted."""
    answer = await peer.start(config(endpoint, **changes))
    assert answer["resp_type"] == "START", answer
    return answer


async def heard(endpoint: Endpoint, path: str, **changes: object) -> list[Message]:
    """One session with one sentence in it: all messages, END the last."""
    speech = await endpoint.speech()
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, **changes)
        await peer.say(quiet(500) + speech + quiet(1500))
        await peer.end()
        return peer.messages


def kinds(messages: list[Message]) -> list[str]:
    """Types, and names of events."""
    return [message.get("event") or message["resp_type"] for message in messages]
