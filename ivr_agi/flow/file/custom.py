"""Types of answers that other packages add (entry points ``ivr_agi.slots``). Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ivr_agi.errors import ConfigError
from ivr_agi.language.slots import Slot
from ivr_agi.plugins import find_plugin, plugin_names

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("custom_fault", "find_slot", "make_custom")

SLOT_GROUP = "ivr_agi.slots"


def find_slot(name: str) -> type[Slot[Any]]:
    """Return the class of a type.

    Raises:
        ConfigError: No package adds one of that name, or the package is broken.
    """
    found: type[Slot[Any]] | None = find_plugin(SLOT_GROUP, name, Slot)
    if found is None:
        known = ", ".join(plugin_names(SLOT_GROUP)) or "none"
        raise ConfigError(f"no package adds a type {name!r} (here: {known})")
    return found


def custom_fault(name: str | None) -> str | None:
    """Return what is wrong with the name of a type, or None."""
    if name is None:
        return "custom needs the name of a type that another package adds"
    try:
        find_slot(name)
    except ConfigError as exc:
        return str(exc)
    return None


def make_custom(slot: type[Slot[Any]], limits: Mapping[str, Any]) -> Slot[Any]:
    """Return a slot.

    Raises:
        ValueError: The limits are not those of the type.
    """
    try:
        return slot(**limits)
    except Exception as exc:  # a stranger's code: whatever is wrong is one line
        raise ValueError(f"{slot.__name__}: {type(exc).__name__}: {exc}") from exc
