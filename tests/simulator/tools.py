"""What the simulator's tests share: loud sounds in memory, and a clock of their own."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, cast

from ivr_agi.audio.frames import FRAME_S, FRAME_SAMPLES
from ivr_agi.simulator.asterisk import EagiSession
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.playback import HeadlessSound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.simulator.events import CallEvent
    from ivr_agi.simulator.line import PhoneLine
    from ivr_agi.simulator.playback import SoundFile

LOUD = b"\x00\x10" * FRAME_SAMPLES
"""One audible frame."""

PLAY = b'STREAM FILE "menu" "12#"\n'
"""The command that most tests begin with."""
FENCE = b'GET FULL VARIABLE "fence-7"\n'
FENCE_REPLY = b"200 result=1 (fence-7)\n"
DEAD_REPLY = b"511 Command Not Permitted on a dead channel or intercept routine\n"


class Memory:
    """Sounds by name, without files."""

    def __init__(self, sounds: Mapping[str, bytes]) -> None:
        self._sounds = {name: bytearray(pcm) for name, pcm in sounds.items()}
        self.opened: list[io.RawIOBase] = []

    def __call__(self, name: str, language: str) -> SoundFile | None:
        if name not in self._sounds:
            return None
        file = _View(self._sounds[name])
        self.opened.append(file)
        return HeadlessSound(cast("IO[bytes]", file))

    def append(self, name: str, pcm: bytes) -> None:
        """Another process writes more of it."""
        self._sounds[name] += pcm


class _View(io.RawIOBase):
    """A file whose content others may append to."""

    def __init__(self, content: bytearray) -> None:
        self._content = content
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        if self.closed:
            raise ValueError("closed file")
        data = bytes(self._content[self._position : self._position + size])
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = offset if whence == 0 else len(self._content) + offset
        return self._position


class Bench:
    """An EagiSession and a virtual clock that moves by ticks."""

    def __init__(self, call: IncomingCall | None = None, **sounds: bytes) -> None:
        self.memory = Memory(sounds)
        self.session = EagiSession(call or IncomingCall(), self.memory)
        self.now = 100.0
        self.session.start(self.now)
        self.session.data_to_send()
        self.events: list[CallEvent] = []

    def send(self, data: bytes) -> bytes:
        """Write ``data`` as the script, and give what comes back at once."""
        self.session.receive_data(data, self.now)
        return self.session.data_to_send()

    def tick(self, times: int = 1, voice: bytes | None = None) -> bytes:
        """Let time pass, and give what the caller hears."""
        heard = b""
        for _ in range(times):
            self.now += FRAME_S
            heard += self.session.tick(self.now, voice).heard
        return heard

    def replies(self) -> bytes:
        """What Asterisk has written since it was last looked at."""
        return self.session.data_to_send()

    def kinds(self) -> list[str]:
        """Kinds of all events so far."""
        self.events += self.session.take_events()
        return [event.kind.value for event in self.events]


def bench() -> Bench:
    """A call with a menu of ten audible frames."""
    return Bench(menu=LOUD * 10)


def run(line: PhoneLine, ticks: int, *, start: float = 0.0) -> list[CallEvent]:
    """Let a whole line live for some ticks; gives the events of that time."""
    for n in range(ticks):
        line.tick(start + n * FRAME_S)
    return line.take_events()
