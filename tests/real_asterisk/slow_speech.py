"""A speech service that is too slow: a syllable every half second, and it never hears a word.

For what must happen while a synthesis is under way. Run as ``python -m``, outside the chroot.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

from websockets.exceptions import ConnectionClosed

from ivr_agi.bench.signals import tone
from tests.sis.fake import STARTED, Peer, fake_service

SYLLABLE_S = 0.2
EVERY_S = 0.5


async def serve(peer: Peer) -> None:
    """Serve one connection for as long as the client likes."""
    with contextlib.suppress(ConnectionClosed):
        if not peer.path.endswith("/rtts"):
            while True:
                if isinstance(await peer.socket.recv(), str):
                    await peer.say(STARTED)
        await peer.text()
        await peer.say(STARTED)
        while True:
            await peer.say(tone(SYLLABLE_S))
            await asyncio.sleep(EVERY_S)


async def main() -> None:
    """Serve until killed."""
    async with fake_service(serve) as service:
        sys.stdout.write(f"listening on {service.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
