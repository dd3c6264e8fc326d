"""What the calls of a process share. A process with one call makes its own. Shell."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ivr_agi.dialogue.listen.tables import RefusedTables
from ivr_agi.flow.load.library import FlowLibrary
from ivr_agi.flow.tools.vocabularies import warn_of_outdated
from ivr_agi.serve.returns import Returns
from ivr_agi.serve.wiring import make_cache
from ivr_agi.sis.access.health import Health
from ivr_agi.sis.access.shared_file import SharedFile
from ivr_agi.sis.client.pool import SocketPool

if TYPE_CHECKING:
    from ivr_agi.dialogue.prompt.cache import PromptCache
    from ivr_agi.settings import Settings

__all__ = ("Resources", "make_library")


def make_library(settings: Settings) -> FlowLibrary:
    """Return the flows of the settings, none read yet; a warning tells of words without a table."""
    spool, url = settings.spool_dir, settings.speech.url.rstrip("/")
    return FlowLibrary(
        settings.flows_dir,
        copies=spool / "flows",
        on_new=functools.partial(warn_of_outdated, spool, url),
    )


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
        self.library = library or make_library(settings)
        self.health = SharedFile(Health, settings.spool_dir / "speech-health.json")
        """What is known of the endpoints."""
        self.returns = Returns(settings.spool_dir / "returns")
        """Calls that were connected to somebody, and may come back."""
        self.refused_tables = RefusedTables()
        """Hot-word tables that the service refused."""

    @functools.cached_property
    def cache(self) -> PromptCache:
        """The prompts.

        Raises:
            ConfigError: Prompts cannot be written.
        """
        return make_cache(self.settings)
