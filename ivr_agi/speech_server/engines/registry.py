"""Recognisers by name: ours, and those that other packages add.

A package adds one with an entry point in the group ``ivr_agi.engines``::

    [project.entry-points."ivr_agi.engines"]
    mine = "mine.engine:make_recognizer"

The function takes :class:`RecognizerOptions`, checks everything that can be checked without loading
(packages, files), and returns a :class:`~ivr_agi.speech_server.engines.base.Recognizer`.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, cast

from ivr_agi.errors import ConfigError, IvrError, MissingDependency
from ivr_agi.speech_server.engines.base import NoModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.speech_server.engines.base import Recognizer, RecognizerOptions

__all__ = ("GROUP", "choose_recognizer", "recognizer_named", "recognizer_names")

GROUP = "ivr_agi.engines"
"""The group of entry points."""
OUR_ENGINES = tuple(
    EntryPoint(name, f"ivr_agi.speech_server.engines.{name}:make_recognizer", GROUP)
    for name in ("pocketsphinx", "sherpa", "whisper")
)
"""A package may replace one by an entry point of its name."""


def recognizer_names() -> list[str]:
    """Return the names that ``--engine`` takes."""
    return sorted({entry.name for entry in (*entry_points(group=GROUP), *OUR_ENGINES)})


def recognizer_named(name: str, options: RecognizerOptions) -> Recognizer:
    """Make a recogniser that is checked and not loaded.

    Raises:
        ConfigError: There is none of that name, its package is broken, or an option is wrong.
        MissingDependency: A package that it needs is not installed.
    """
    known = (*entry_points(group=GROUP), *OUR_ENGINES)
    entry = next((entry for entry in known if entry.name == name), None)
    if entry is None:
        names = ", ".join(recognizer_names())
        raise ConfigError(f"must be one of {names}, got {name!r}", key="--engine")
    try:
        make = cast("Callable[[RecognizerOptions], Recognizer]", entry.load())
        return make(options)
    except IvrError:
        raise
    except ModuleNotFoundError as exc:
        raise MissingDependency(
            exc.name or "a package", hint=f"the engine {name!r} ({entry.value}) needs it"
        ) from exc
    except Exception as exc:  # a stranger's code: whatever is wrong is one line
        reason = f"cannot be used ({entry.value}): {type(exc).__name__}: {exc}"
        raise ConfigError(reason, key=f"--engine {name}") from exc


def choose_recognizer(name: str | None, options: RecognizerOptions) -> Recognizer:
    """Make the recogniser that is asked for, or the best one of ours that can work here.

    Raises:
        ConfigError: As :func:`recognizer_named`.
        MissingDependency: As :func:`recognizer_named`.
    """
    if name is not None:
        return recognizer_named(name, options)
    if options.model is not None:
        return recognizer_named("whisper", options)
    try:
        return recognizer_named("whisper", options)
    except (MissingDependency, NoModel):
        return recognizer_named("pocketsphinx", options)
