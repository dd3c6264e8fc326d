"""What depends on whether somebody watches: colours, and bars of what takes long."""

from __future__ import annotations

import contextlib
import enum
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("Colour", "paint", "progress")

SHOWN_AFTER_S = 2.0
"""Seconds until a bar is shown: what is done by then needs none."""


class Colour(enum.Enum):
    """A colour, as terminals take it."""

    RED = "31"
    GREEN = "32"
    YELLOW = "33"


def paint(text: str, colour: Colour, stream: TextIO | None = None) -> str:
    """Return a text in a colour, if somebody sees it.

    Not if the stream is no terminal, or a poor one, or ``NO_COLOR`` is set (https://no-color.org).

    Args:
        text: The text.
        colour: Its colour.
        stream: Where it is printed; default: standard output.
    """
    to = sys.stdout if stream is None else stream
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not to.isatty():
        return text
    return f"\x1b[{colour.value}m{text}\x1b[0m"


@contextlib.contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[], object]]:
    """Show a bar on standard error after 2 s, if that is a terminal; gives what to call for each.

    Args:
        total: How much there is to do.
        what: What is counted: ``texts``.
    """
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from tqdm import tqdm  # only people need it

    with tqdm(
        total=total, unit=f" {what}", delay=SHOWN_AFTER_S, leave=False, file=sys.stderr
    ) as bar:
        yield bar.update
