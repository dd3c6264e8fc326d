"""A process of the benchmarks, run in a thread of this one, so that it can be looked into."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

__all__ = ("Inside", "inside")


class Inside:
    """What answers each line of JSON with another."""

    def __init__(self, commands_fd: int, answers_fd: int) -> None:
        self._commands_fd = commands_fd
        self._answers = os.fdopen(answers_fd)
        self.greeting = self._answers.readline().strip()

    async def ask(self, **command: object) -> dict[str, Any]:
        """Send a command and wait for the answer."""
        os.write(self._commands_fd, json.dumps(command).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await asyncio.to_thread(self._answers.readline))
        return answer

    def close(self) -> None:
        """End its input, and let go of its output."""
        os.close(self._commands_fd)
        self._answers.close()


@contextlib.contextmanager
def inside(
    module: ModuleType, main: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Inside]:
    """Run a module's ``main``; it has pipes for its standard input and output."""
    commands, commands_fd = os.pipe()
    answers_fd, answers = os.pipe()
    with os.fdopen(commands) as stdin, os.fdopen(answers, "w") as stdout:
        monkeypatch.setattr(module, "sys", SimpleNamespace(stdin=stdin, stdout=stdout))
        thread = threading.Thread(target=main)
        thread.start()
        process = Inside(commands_fd, answers_fd)
        try:
            yield process
        finally:
            process.close()
            thread.join()
