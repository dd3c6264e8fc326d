"""Loads all code that calls can need before the first call comes. Shell.

Files of the package may be replaced under a running server, by an upgrade in place. A module that
is imported for the first time after that would be of another version than the rest. It also saves
the first call that needs a module the time to load it, and workers share what is loaded.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil

__all__ = ("load_all",)

ROOMS = ("agi", "audio", "dialogue", "flow", "journal", "language", "serve", "sis")
"""Rooms that calls reach."""
LIBRARIES = (
    "aiohttp",
    "asyncio.subprocess",
    "asyncio.unix_events",
    "encodings.idna",
    "encodings.utf_8_sig",
    "jinja2.ext",
    "jinja2.meta",
    "jinja2.sandbox",
    "phonenumbers",
    "urllib.request",
    "uvloop",
    "xml.etree.ElementTree",
    "yarl",
    "zoneinfo",
)
"""What they import only where it is needed, for a call without the server starts faster so."""


def load_all() -> None:
    """Import them; what is not installed is left out."""
    for room in ROOMS:
        package = importlib.import_module(f"ivr_agi.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"ivr_agi.{room}."):
            importlib.import_module(module.name)
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with contextlib.suppress(ImportError):
        metadata = importlib.import_module("phonenumbers.phonemetadata")
        metadata.PhoneMetadata.load_all()  # one file for each country
