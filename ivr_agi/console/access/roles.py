"""What a user of the page may do. Core, no I/O."""

from __future__ import annotations

import enum

__all__ = ("Role",)


class Role(enum.IntEnum):
    """Each may do what those before it may."""

    WATCH = 1
    """See calls: who called, what was said, what was pressed."""
    LISTEN = 2
    """Hear recordings."""
    CHANGE = 3
    """Write drafts and notes."""
    ADMINISTER = 4
    """Read who did what."""

    @property
    def told(self) -> str:
        """The name in files and on pages."""
        return self.name.lower()
