"""What the calls of a process share. A process with one call makes its own. Shell."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ivr_agi.flow.load.library import FlowLibrary
from ivr_agi.serve.wiring import make_cache
from ivr_agi.sis.access.health import Health
from ivr_agi.sis.access.shared_file import SharedFile
from ivr_agi.sis.client.pool import SocketPool

if TYPE_CHECKING:
    from ivr_agi.dialogue.prompt.cache import PromptCache
    from ivr_agi.settings import Settings

__all__ = ("Resources",)


class Resources:
    """Made from settings. A call keeps those it began with.

    Args:
        settings: The settings.
        sockets: Sockets to the speech service; default: none are kept.
        library: The flows; default: those of the settings, none read yet.
    """

    def __init__(
        self,
        settings: Settings,
        sockets: SocketPool | None = None,
        library: FlowLibrary | None = None,
    ) -> None:
        self.settings = settings
        self.sockets = sockets or SocketPool(max_kept=0)
        self.library = library or FlowLibrary(
            settings.flows_dir, copies=settings.spool_dir / "flows"
        )
        self.health = SharedFile(Health, settings.spool_dir / "speech-health.json")
        """What is known of the endpoints."""

    @functools.cached_property
    def cache(self) -> PromptCache:
        """The prompts.

        Raises:
            ConfigError: Prompts cannot be written.
        """
        return make_cache(self.settings)
