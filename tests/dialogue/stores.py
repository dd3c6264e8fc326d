"""Prompt stores in the hands of tests, and the voice that speaks for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from ivr_agi.dialogue.prompt.cache import PromptCache
from ivr_agi.dialogue.prompt.file import PromptFile
from ivr_agi.dialogue.prompt.parts import Recording
from ivr_agi.dialogue.prompt.recordings import Recordings
from ivr_agi.dialogue.prompt.store import PromptStore
from ivr_agi.dialogue.prompt.synthesis import Synthesize
from ivr_agi.journal import Event, Journal
from ivr_agi.sis.wire.messages import SynthesisConfig


class Voice:
    """Synthesises what a test puts into it, piece by piece."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[bytes | None | Exception] = asyncio.Queue()
        self.texts: list[str] = []

    async def __call__(
        self, text: str, _: SynthesisConfig, *, on_trace: Callable[[str], None]
    ) -> AsyncGenerator[bytes]:
        self.texts.append(text)
        on_trace(f"t{len(self.texts)}")
        while (piece := await self.pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def give(self, *pieces: bytes | None | Exception) -> None:
        """Let these arrive; None is END NORMAL."""
        for piece in pieces:
            self.pieces.put_nowait(piece)


def make_store(
    folder: Path,
    synthesize: Synthesize,
    *,
    events: list[Event] | None = None,
    kind: str = "a",
    config: SynthesisConfig | None = None,
) -> PromptStore:
    """Open a store."""
    return PromptStore(
        PromptCache(folder / "prompts"),
        synthesize,
        config or SynthesisConfig(),
        service_kind=kind,
        journal=Journal(listener=None if events is None else events.append),
    )


def files(folder: Path) -> list[str]:
    """Names of the prompt files, without the silent one."""
    names = (file.name for file in (folder / "prompts").iterdir())
    return sorted(name for name in names if not name.startswith("silence"))


def stores_of_one_process(
    folder: Path, *voices: Voice, **options: str
) -> tuple[PromptCache, list[PromptStore]]:
    """Open stores that share a cache object; their sounds are in the folder."""
    cache = PromptCache(folder / "prompts")
    stores = [
        PromptStore(
            cache,
            voice,
            SynthesisConfig(property="english_cameal_common"),
            service_kind="a",
            voices=options,
            recordings=Recordings(folder),
            journal=Journal(),
        )
        for voice in voices
    ]
    return cache, stores


async def whole(file: PromptFile | Recording) -> bytes:
    """Wait until it is complete; return what is in it."""
    assert isinstance(file, PromptFile)
    await file.wait_for(1 << 40)
    return await asyncio.to_thread(file.path.read_bytes)
