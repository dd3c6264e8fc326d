"""A small client of the Asterisk Manager Interface: actions and their answers, events.

Asyncio shell. Wire form: header lines, an empty line ends a message. Asterisk does
not escape line ends in values: a caller's name with two of them cuts a message in two.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import TYPE_CHECKING, Self

from ivr_agi.errors import IvrError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ("Ami", "AmiError", "Message")

Message = dict[str, str]
"""Headers of one message; a header that comes several times is joined by newlines."""
_ANSWER_TIMEOUT_S = 5.0


class AmiError(IvrError):
    """Asterisk answered an action with an error; ``str()`` is its text."""


class Ami:
    """One manager connection. Use ``async with await Ami.connect(...)``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.listeners: list[Callable[[Message], None]] = []
        """Called with every event, in order."""
        self._reader = reader
        self._writer = writer
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._ids = itertools.count(1)
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, port: int, secret: str) -> Self:
        """Connect on loopback and log in as ``test``."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()  # "Asterisk Call Manager/11.0.0"
        ami = cls(reader, writer)
        await ami.action("Login", {"Username": "test", "Secret": secret})
        return ami

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def action(
        self,
        name: str,
        headers: Mapping[str, str] | None = None,
        *,
        variables: Mapping[str, str] | None = None,
    ) -> Message:
        """Send an action and return its answer.

        Raises:
            AmiError: The answer is an error.
            TimeoutError: No answer.
        """
        action_id = self.tell(name, headers, variables=variables)
        answer = self._answers[action_id] = asyncio.get_running_loop().create_future()
        message: Message = await asyncio.wait_for(answer, _ANSWER_TIMEOUT_S)
        if message["Response"] == "Error":
            raise AmiError(f"{name}: {message.get('Message')}")
        return message

    def tell(
        self,
        name: str,
        headers: Mapping[str, str] | None = None,
        *,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Send an action, whatever the answer; return its id."""
        action_id = str(next(self._ids))
        lines = [f"Action: {name}", f"ActionID: {action_id}"]
        lines += [f"{key}: {value}" for key, value in (headers or {}).items()]
        lines += [f"Variable: {key}={value}" for key, value in (variables or {}).items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return action_id

    async def get_variable(self, channel: str, name: str) -> str:
        """Value of a variable or dialplan function, ``''`` if there is none.

        Args:
            channel: Its channel; ``''`` means a global variable.
            name: ``NAME`` or ``FUNCTION(arguments)``.
        """
        where = {"Channel": channel} if channel else {}
        answer = await self.action("Getvar", {**where, "Variable": name})
        return answer["Value"]

    async def cli(self, command: str) -> str:
        """Run a console command and return what it printed."""
        return (await self.action("Command", {"Command": command})).get("Output", "")

    async def _read(self) -> None:
        message: Message = {}
        async for raw in self._reader:
            line = raw.decode(errors="replace").rstrip("\r\n")
            if line:
                key, _, value = line.partition(":")
                value = value.strip()
                message[key] = f"{message[key]}\n{value}" if key in message else value
                continue
            self._dispatch(message)
            message = {}

    def _dispatch(self, message: Message) -> None:
        if "Response" in message:
            answer = self._answers.pop(message.get("ActionID", ""), None)
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif "Event" in message:
            for listener in list(self.listeners):
                listener(message)
