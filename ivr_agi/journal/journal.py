"""The journal: a call's events in order, for whoever listens and as lines of JSON.

Times are monotonic seconds, which the processes of a Linux machine share. So events of the plugin,
the simulator and a test caller can be put on one time line. A wall clock time is added for people.
:mod:`ivr_agi.journal.schema` lists the events.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi.errors import ConfigError
from ivr_agi.journal.event import Event
from ivr_agi.journal.schema import kept_in_secure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ("Journal", "read_events")


class Journal:
    """Events of one call.

    Args:
        call: Asterisk's unique id of the call.
        clock: Returns monotonic seconds.
        listener: Called with each event.
        write: Takes each event as a line of JSON and must not wait
            (:class:`~ivr_agi.journal.writer.JournalWriter`); default: no line is kept.
    """

    def __init__(
        self,
        *,
        call: str = "",
        clock: Callable[[], float] = time.monotonic,
        listener: Callable[[Event], None] | None = None,
        write: Callable[[bytes], object] | None = None,
    ) -> None:
        self.call = call
        self.tells_prompts = False
        """What is said *to* the caller is recorded even while secure."""
        self.has_secrets = False
        """True once it was secure: later errors may contain what the caller said then."""
        self._n_holds = 0
        self._kept_back: list[Event] = []
        self._secure = False
        self._clock = clock
        self._listener = listener
        self._write = write

    @property
    def held(self) -> _Hold:
        """``with journal.held:`` do what must not wait; events are kept back until it is done."""
        return _Hold(self)

    @property
    def secure(self) -> bool:
        """While true, no words or keys of the caller and no words of prompts are recorded."""
        return self._secure

    @secure.setter
    def secure(self, secure: bool) -> None:
        self._secure = secure
        self.has_secrets = self.has_secrets or secure
        self.tells_prompts = False

    def record(self, event: str, **data: Any) -> None:
        """Record that ``event`` happened now, with its details (``None`` is left out).

        Values that JSON does not have (a date, a string of another type) are written as text.
        """
        if self._secure:
            data = kept_in_secure(event, data, prompts=self.tells_prompts)
        entry = Event(
            at_s=round(self._clock(), 6),
            event=event,
            call=self.call,
            time=round(time.time(), 3),
            data={key: value for key, value in data.items() if value is not None},
        )
        if self._n_holds:
            self._kept_back.append(entry)
        else:
            self._hand_on(entry)

    def hold(self) -> None:
        """Keep events back until :meth:`release` is called as often; see :attr:`held`."""
        self._n_holds += 1

    def release(self) -> None:
        """Write what was kept back, in order, if nobody else holds it."""
        self._n_holds -= 1
        if not self._n_holds and self._kept_back:
            entries, self._kept_back = self._kept_back, []
            for entry in entries:
                self._hand_on(entry)

    def _hand_on(self, entry: Event) -> None:
        if self._listener is not None:
            self._listener(entry)
        if self._write is not None:
            self._write(_encode(entry) + b"\n")

    def close(self) -> None:
        """Stop writing lines."""
        self._write = None


def _encode(entry: Event) -> bytes:
    """Return an event as JSON, whatever is in it: a record never costs a call."""
    try:
        return msgspec.json.encode(entry, enc_hook=str)
    except (ValueError, OverflowError, TypeError, RecursionError):
        data = {_readable(key): _readable(value) for key, value in entry.data.items()}
        plain = msgspec.structs.replace(entry, call=_readable(entry.call), data=data)
        return msgspec.json.encode(plain)


def _readable(value: object) -> str:
    """Return a text without what JSON does not have: halves of characters."""
    try:
        text = str(value)
    except (ValueError, RecursionError):  # a number of thousands of digits
        text = type(value).__name__
    return text.encode("utf-8", "replace").decode()


class _Hold:
    """Keeps events back until the outermost ``with`` ends.

    A prompt that the caller interrupts does not wait for a disk. Made for each use: the journal of
    a call that is over must not refer to itself, or only the garbage collector would free it.
    """

    __slots__ = ("_journal",)

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __enter__(self) -> None:
        self._journal.hold()

    def __exit__(self, *exc: object) -> None:
        self._journal.release()


def read_events(file: Path) -> Iterator[Event]:
    """Read the events of a journal file back.

    Raises:
        ConfigError: The file cannot be read, or a line is not an event.
    """
    try:
        lines = file.read_bytes().splitlines()
    except OSError as exc:
        raise ConfigError(f"cannot read the journal: {exc.strerror}", path=str(file)) from exc
    for number, line in enumerate(lines, 1):
        try:
            event = msgspec.json.decode(line, type=Event)
        except msgspec.MsgspecError as exc:
            raise ConfigError(f"no journal event: {exc}", path=str(file), line=number) from exc
        if event.event != "journal_file":
            yield event
