"""A good speech service whose synthesis begins a second late: ``python -m``, with a port."""

from __future__ import annotations

import asyncio
import sys

from tests.chaos.speech import Choice, be_a_little_late, speech_service


def choose(path: str) -> Choice:
    """Be late before the first audio."""
    return Choice(be_a_little_late, "first_audio")


async def main(port: int) -> None:
    """Serve until killed."""
    async with speech_service(choose, port) as url:
        sys.stdout.write(f"listening on {url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
