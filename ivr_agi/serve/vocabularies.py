"""Makes the hot-word tables of a flow at the speech service and keeps their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.vocabularies import menu_words, write_vocabularies
from ivr_agi.sis.vocabularies import create_vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.flow.model import Flow
    from ivr_agi.sis.service import Service

__all__ = ("sync_vocabularies",)

MAX_NAME = 32
"""Characters in a table's name (the vendor's page sis_03_0071)."""


async def sync_vocabularies(service: Service, name: str, flow: Flow, spool: Path) -> dict[str, str]:
    """Make a table for each menu that takes speech; calls use them from then on.

    Args:
        service: Where.
        name: The flow's name.
        flow: The flow.
        spool: Folder of the file that keeps the ids.

    Returns:
        The id of each step's table.

    Raises:
        SpeechError: The service refuses or cannot be reached; what was kept before stays.
        ConfigError: The ids cannot be kept.
    """
    ids = {}
    for step, words in menu_words(flow).items():
        table = f"{name}_{step}"[:MAX_NAME]
        ids[step] = await create_vocabulary(service, table, words)
    write_vocabularies(spool, service.url, name, ids)
    return ids
