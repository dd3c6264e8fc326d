"""Asterisk's side of an AGI pipe, in a thread: ``run_agi()`` of res_agi.c as far as tests need it.

It keeps the trap of the original: commands are read with stdio's read-ahead, while prompts are
stopped by ``poll()`` on the fd alone.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
import time
from typing import TYPE_CHECKING, Self

from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRONMENT = (
    b"agi_request: ivr-agi\nagi_channel: PJSIP/alice-00000001\nagi_language: en\n"
    b"agi_type: PJSIP\nagi_uniqueid: 1754.1\nagi_version: 22.10.1\nagi_callerid: 200\n"
    b'agi_calleridname: Al "x" \\ \xc3\xa9\xff\nagi_dnid: 100\nagi_rdnis: unknown\n'
    b"agi_context: default\nagi_extension: 100\nagi_priority: 2\nagi_enhanced: 1.0\n"
    b"agi_accountcode: \nagi_threadid: 139\nagi_arg_1: call\nagi_arg_2: main menu\n\n"
)

_ALIVE_ONLY = (
    "STREAM FILE",
    "GET DATA",
    "SAY NUMBER",
    "WAIT FOR DIGIT",
    "CHANNEL STATUS",
    "ANSWER",
    "HANGUP",
)
_ALWAYS = (
    "GET FULL VARIABLE",
    "GET VARIABLE",
    "SET VARIABLE",
    "DATABASE GET",
    "VERBOSE",
    "NOOP",
    "EXEC",
)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread or the kernel does soon."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # nobody there could set an Event
            await asyncio.sleep(0.002)


def parse_args(line: str) -> list[str]:
    """Split a command as ``parse_args`` in res_agi.c does."""
    words: list[str] = []
    word, quoted, escaped, begun = "", False, False, False
    for char in line:
        if escaped:
            word, escaped, begun = word + char, False, True
        elif char == "\\":
            escaped = True
        elif char == '"':
            quoted, begun = not quoted, True
        elif char in " \t" and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + char, True
    return [*words, word] if begun else words


class FakeAsterisk:
    """One call. ``stdin_fd`` and ``stdout_fd`` are the script's ends, which it owns."""

    def __init__(self, environment: bytes = ENVIRONMENT) -> None:
        command_read, self.stdout_fd = os.pipe()
        self.stdin_fd, reply_write = os.pipe()
        self._commands, self._replies = command_read, reply_write
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)  # written to in the event loop
        self._stdio = b""
        self._environment = environment
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sounds = {"hello": 0.2, "long": 30.0, "silence/10": 10.0}  # seconds
        self.variables: dict[str, str] = {}
        self.database: dict[tuple[str, str], str] = {}
        self.commands: list[list[str]] = []
        self.begun = 0  # prompts that play or played
        self.stopped = 0  # prompts that a command stopped
        self.stopped_at = 0.0  # monotonic seconds
        self.hungup = False
        self._keys = ""
        self._cut = False
        self.may_read = threading.Event()  # cleared: the channel thread is slow to look
        self.may_read.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.may_read.set()
        self.cut()
        self._thread.join(PATIENCE_S)
        for fd in (self._commands, self._replies, self._wake_read, self._wake_write):
            os.close(fd)
        assert not self._thread.is_alive()

    # What happens to the call, from the test.

    def hang_up(self) -> None:
        """The caller leaves."""
        self.hungup = True
        self._wake()

    def press(self, key: str) -> None:
        """The caller presses a key."""
        self._keys += key
        self._wake()

    def cut(self) -> None:
        """Asterisk dies: both pipes end."""
        self._cut = True
        self._wake()

    def verbs(self) -> list[str]:
        """First words of all commands but fences."""
        return [words[0] for words in self.commands if words[:2] != ["GET", "FULL"]]

    # The channel thread.

    def _wake(self) -> None:
        os.write(self._wake_write, b"x")

    def _poll(self, timeout_s: float | None) -> bool:
        """Wait for a command; True if the fd (not the stdio buffer) has something."""
        ready, _, _ = select.select([self._commands, self._wake_read], [], [], timeout_s)
        if self._wake_read in ready:
            os.read(self._wake_read, 100)
        return self._commands in ready

    def _fgets(self) -> str:
        """One line, with read-ahead; empty at the end."""
        self.may_read.wait()
        while b"\n" not in self._stdio:
            data = os.read(self._commands, 4096)
            if not data:
                return ""
            self._stdio += data
        end = min(self._stdio.index(b"\n") + 1, 2047)
        line, self._stdio = self._stdio[:end], self._stdio[end:]
        return line.decode("utf-8", "surrogateescape")

    def _reply(self, text: str) -> None:
        try:
            os.write(self._replies, text.encode("utf-8", "surrogateescape") + b"\n")
        except BrokenPipeError:
            self._cut = True

    def _run(self) -> None:
        os.write(self._replies, self._environment)
        while not self._cut:
            if not self._poll(None) or self._cut:
                continue
            line = self._fgets()
            if not line:
                break
            self.commands.append(parse_args(line.rstrip("\n")))
            self._handle(self.commands[-1])
        # The ends stay open for close(); the script sees EOF through a dup of nothing.
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, self._replies)
        os.dup2(null, self._commands)
        os.close(null)

    def _handle(self, words: list[str]) -> None:
        verb = next(
            (v for v in (*_ALIVE_ONLY, *_ALWAYS) if words[: v.count(" ") + 1] == v.split()), ""
        )
        args = words[verb.count(" ") + 1 :]
        if not verb:
            self._reply("510 Invalid or unknown command")
        elif self.hungup and verb in _ALIVE_ONLY:
            self._reply("511 Command Not Permitted on a dead channel or intercept routine")
        else:
            getattr(self, "_" + verb.lower().replace(" ", "_"))(*args)

    def _play(self, duration_s: float, keys: str) -> int | None:
        """Play: 0 at the end, a key's code, -1 at a hang-up, None if a command came."""
        end = time.monotonic() + duration_s
        while not self._cut:
            if self.hungup:
                return -1
            if self._keys:
                key, self._keys = self._keys[0], self._keys[1:]
                if key in keys:
                    return ord(key)
            left = end - time.monotonic()
            if left <= 0:
                return 0
            if self._poll(left):
                self.stopped += 1
                self.stopped_at = time.monotonic()
                return None
        return None

    def _stream_file(self, name: str, keys: str, offset: str = "0") -> None:
        if name not in self.sounds:
            self._reply("200 result=-1 endpos=0")
            return
        self._keys = ""  # pressed while nothing was pending
        self.begun += 1
        result = self._play(self.sounds[name] - int(offset) / 8000, keys)
        if result is not None:
            self._reply(f"200 result={result} endpos={int(self.sounds[name] * 8000)}")

    def _say_number(self, number: str, keys: str) -> None:
        if not number.isdecimal():
            self._reply("520-Invalid command syntax.  Proper usage follows:\n Usage: SAY NUMBER")
            self._reply("520 End of proper usage.")
            return
        result = self._play(0.05, keys)
        if result is not None:
            self._reply(f"200 result={result}")

    def _wait_for_digit(self, timeout_ms: str) -> None:
        result = self._play(int(timeout_ms) / 1000, "0123456789*#")
        self._reply(f"200 result={1 if result is None else result}")

    def _get_data(self, name: str, timeout_ms: str = "2000", max_digits: str = "255") -> None:
        digits = ""
        while len(digits) < int(max_digits):
            result = self._play(int(timeout_ms) / 1000, "0123456789*#")
            if result is None:
                return
            if result <= 0:
                self._reply("200 result=-1" if result else f"200 result={digits} (timeout)")
                return
            if result == ord("#"):
                break
            digits += chr(result)
        self._reply(f"200 result={digits}")

    def _channel_status(self) -> None:
        self._reply("200 result=6")

    def _answer(self) -> None:
        self._reply("200 result=0")

    def _hangup(self) -> None:
        self._reply("200 result=1")
        self.hungup = True

    def _get_full_variable(self, text: str) -> None:
        self._reply(f"200 result=1 ({text})")

    def _get_variable(self, name: str) -> None:
        value = self.variables.get(name)
        self._reply("200 result=0" if value is None else f"200 result=1 ({value})")

    def _set_variable(self, name: str, value: str) -> None:
        self.variables[name] = value
        self._reply("200 result=1")

    def _database_get(self, family: str, key: str) -> None:
        value = self.database.get((family, key))
        self._reply("200 result=0" if value is None else f"200 result=1 ({value})")

    def _verbose(self, text: str, level: str) -> None:
        self._reply("200 result=1")

    def _noop(self) -> None:
        self._reply("200 result=0")

    def _exec(self, application: str, options: str = "") -> None:
        if application == "Slow":
            time.sleep(float(options))
        results = {"NoSuchApp": "-2", "Fails": "-1"}
        self._reply(f"200 result={results.get(application, '0')}")
