"""Where an installation keeps what its callers said and did, beside the store. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.settings import Settings

__all__ = ("Places", "places_of")


@dataclass(frozen=True, kw_only=True)
class Places:
    """Files and folders; None: there is none."""

    journal: Path | None
    log: Path | None
    recordings: Path | None
    """Folder of recordings of calls."""
    messages: Path
    """Folder of messages that callers left."""
    prompts: Path
    """Folder of the prompt cache."""
    languages: tuple[str, ...]
    """Of the voices: a part of the names of cached prompts."""


def places_of(settings: Settings) -> Places:
    """Return the places of an installation."""

    def path(name: str) -> Path | None:
        return settings.path(name) if name else None

    voices = [settings.synthesis.property, *(one.voice for one in settings.languages.values())]
    return Places(
        journal=path(settings.journal.file),
        log=path(settings.log.file),
        recordings=path(settings.recording.folder),
        messages=settings.spool_dir / "messages",
        prompts=settings.spool_dir,
        languages=tuple(sorted({voice.partition("_")[0] for voice in voices})),
    )
