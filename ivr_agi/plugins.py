"""Parts that other packages add, by entry points; a broken one is one line, and nothing more.

Groups: ``ivr_agi.steps`` (kinds of steps), ``ivr_agi.slots`` (types of answers),
``ivr_agi.engines`` (recognisers of the local speech server). They are looked for when a name is
met that is none of ours, so that nobody else waits for it. ``docs/extending.md`` has the how-to.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ("find_plugin", "plugin_names")


@functools.cache
def _known(group: str) -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # 10 ms that most calls do not need

    return {entry.name: entry for entry in entry_points(group=group)}


def plugin_names(group: str) -> list[str]:
    """Return the names of a group, in order; nothing is loaded. Read once in a process."""
    return sorted(_known(group))


def find_plugin(group: str, name: str, base: type) -> Any:
    """Return a class that a package adds; None if there is none of that name.

    Args:
        group: The group of entry points.
        name: The name in flow files.
        base: What the class is derived from.

    Raises:
        ConfigError: It cannot be loaded, or is no such class.
    """
    entry = _known(group).get(name)
    if entry is None:
        return None
    try:
        found = entry.load()
    except Exception as exc:  # a stranger's code: whatever is wrong is one line
        text = " ".join(str(exc).split())[:200]
        reason = f"{_place(entry)} cannot be loaded: {type(exc).__name__}: {text}"
        raise ConfigError(reason, key=group) from exc
    if not (isinstance(found, type) and base in found.__mro__):  # base may be a protocol
        raise ConfigError(
            f"{_place(entry)} is no class on {base.__name__}: {entry.value}", key=group
        )
    return found


def _place(entry: EntryPoint) -> str:
    return f"{entry.name!r} of the package {entry.dist.name if entry.dist else entry.value}"
