"""A speech service whose voice counts: no two samples of a text are alike. It hears nothing.

For what must come through to the very sample. Run as ``python -m``, outside the chroot.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

import numpy as np
from websockets.exceptions import ConnectionClosed

from tests.sis.fake import ENDED, STARTED, Peer, fake_service

PIECE_MS = 110
"""Of audio, which is no number of frames."""
N_PIECES = 5


def counted(text: str) -> bytes:
    """PCM of a text: 550 ms that count up from a number that depends on its length."""
    begin = 1000 * len(text)
    return np.arange(begin, begin + N_PIECES * PIECE_MS * 8, dtype="<i2").tobytes()


async def serve(peer: Peer, every_s: float) -> None:
    """Serve one connection for as long as the client likes."""
    with contextlib.suppress(ConnectionClosed):
        if not peer.path.endswith("/rtts"):
            while True:
                if isinstance(await peer.socket.recv(), str):
                    await peer.say(STARTED)
        pcm = counted((await peer.text()).text)
        await peer.say(STARTED)
        for begin in range(0, len(pcm), PIECE_MS * 16):
            await peer.say(pcm[begin : begin + PIECE_MS * 16])
            await asyncio.sleep(every_s)
        await peer.say(ENDED)


async def main(every_s: float) -> None:
    """Serve until killed."""
    async with fake_service(lambda peer: serve(peer, every_s)) as service:
        sys.stdout.write(f"listening on {service.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
