"""Fills the prompt cache with all texts of flows before anybody calls."""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.errors import IvrError, SpeechUnavailable
from ivr_agi.sis.wire.billing import billed_units, characters_per_unit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from ivr_agi.dialogue.prompt.cache import PromptCache
    from ivr_agi.dialogue.prompt.parts import Text
    from ivr_agi.dialogue.prompt.store import PromptStore

__all__ = ("CacheEntry", "Planned", "build_prompts", "plan_prompts")

AT_ONCE = 2
"""Syntheses at the same time: callers need sessions of the account too."""


class CacheEntry(enum.Enum):
    """What the cache has of a text."""

    CACHED = "cached"
    """The text, as it would be spoken now."""
    STALE = "stale"
    """Only an older version: another voice, speed or service."""
    MISSING = "missing"
    """Nothing."""


@dataclass(frozen=True)
class Planned:
    """One text of a flow."""

    text: Text
    found: CacheEntry
    voice: str
    """The service's name of its voice."""
    units: int
    """Billed units of one synthesis."""

    @property
    def characters(self) -> int:
        """Characters that are billed."""
        return self.units * characters_per_unit(self.voice)


def plan_prompts(texts: Iterable[Text], store: PromptStore, cache: PromptCache) -> list[Planned]:
    """Return what the cache has of each text, without repetitions.

    Raises:
        ConfigError: A text cannot be spoken: it is empty, or SSML that is wrong.
    """
    planned = []
    for text in dict.fromkeys(texts):
        config = store.voice_of(text)
        if store.find(text) is not None:
            found = CacheEntry.CACHED
        else:
            found = CacheEntry.STALE if cache.versions(text.text, config) else CacheEntry.MISSING
        units = billed_units(text.text, config.property)
        planned.append(Planned(text, found, config.property, units))
    return planned


async def build_prompts(
    planned: list[Planned], store: PromptStore
) -> AsyncIterator[tuple[Planned, IvrError | None]]:
    """Synthesise what is not cached; yield each text when it is done, with its error.

    Raises:
        SpeechUnavailable: No endpoint can be reached. What was made before stays.
    """
    limit = asyncio.Semaphore(AT_ONCE)

    async def build(one: Planned) -> tuple[Planned, IvrError | None]:
        async with limit:
            try:
                await store.make(one.text)
            except SpeechUnavailable:
                raise
            except IvrError as exc:
                return one, exc
            return one, None

    wanted = [one for one in planned if one.found is not CacheEntry.CACHED]
    tasks = [asyncio.ensure_future(build(one)) for one in wanted]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
