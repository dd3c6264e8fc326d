"""An installation that a benchmark makes and looks into: settings, flows, spool and journal.

They are written from outside and the journal is read back; the times in it are on this process's
own clock. Asyncio shell.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ivr_agi.flow.load.loader import load_flow
from ivr_agi.journal import Event
from ivr_agi.serve.vocabulary_sync import sync_vocabularies, sync_words
from ivr_agi.sis.access.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


__all__ = ("BenchInstallation", "JournalledCall", "Sections")

POLL_S = 0.005
BENCH_MODEL = "english_8k_common"
"""The line's own rate, as the local engines hear it; the cloud has none for English."""


class JournalledCall(Protocol):
    """A call whose events are in the journal."""

    @property
    def uniqueid(self) -> str:
        """``agi_uniqueid``."""
        ...


Sections = dict[str, dict[str, Any]]
"""Settings: section -> setting -> value."""


class BenchInstallation:
    """The program with settings of its own.

    Args:
        folder: Its folder; made anew.
        url: The speech service.
        flows: Text of each flow, by name.
        settings: Further settings, beside endpoint, paths and journal.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        flows: Mapping[str, str],
        settings: Sections | None = None,
    ) -> None:
        self.host = folder
        """The folder, as this process sees it."""
        self._url = url
        self._flows = tuple(flows)
        self._journal = self.host / "journal.jsonl"
        self._read_bytes = 0
        self._events: dict[str, list[Event]] = {}
        shutil.rmtree(self.host, ignore_errors=True)
        (self.host / "flows").mkdir(parents=True)
        for name, text in flows.items():
            (self.host / f"flows/{name}.yaml").write_text(text, encoding="utf-8")
        self._write_settings(settings or {})

    def _write_settings(self, settings: Sections) -> None:
        sections: Sections = {
            "speech": {"url": self._url},
            "paths": {"flows": "flows", "spool": "spool"},
            "journal": {"file": "journal.jsonl"},
            "log": {"file": "log", "level": "debug"},
            "recognition": {"property": BENCH_MODEL},
        }
        for section, values in settings.items():
            sections[section] = sections.get(section, {}) | values
        lines = []
        for section, values in sections.items():
            lines.append(f"[{section}]")
            lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        (self.host / "ivr-agi.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    async def sync_vocabularies(
        self, models: Mapping[str, str] | None = None, *, url: str = ""
    ) -> None:
        """Make the hot-word tables of all flows at the speech service.

        Args:
            models: The recognition model of each language.
            url: Another service, which stands in.
        """
        endpoint = Endpoint(url=url or self._url, project_id="local")
        for name in self._flows:
            flow = load_flow(self.host / f"flows/{name}.yaml")
            await sync_vocabularies(endpoint, name, flow, self.host / "spool", models=models)

    async def sync_words(self, *words: str) -> None:
        """Make the hot-word table of a script's words."""
        endpoint = Endpoint(url=self._url, project_id="local")
        await sync_words(endpoint, list(words), self.host / "spool")

    def events(self, call: JournalledCall, *names: str) -> list[Event]:
        """What the journal says of a call so far, or of that what has one of these names."""
        if self._journal.exists():
            with self._journal.open("rb") as file:
                file.seek(self._read_bytes)
                lines, end, _ = file.read().rpartition(b"\n")
            self._read_bytes += len(lines) + len(end)
            for line in lines.splitlines():
                event = msgspec.json.decode(line, type=Event)
                self._events.setdefault(event.call, []).append(event)
        events = self._events.get(call.uniqueid, [])
        return [event for event in events if event.event in names] if names else list(events)

    async def wait_for(
        self, call: JournalledCall, name: str, n: int = 1, timeout_s: float = 20.0
    ) -> Event:
        """The ``n``-th event of this name in a call, once it has happened."""
        deadline = time.monotonic() + timeout_s
        while len(found := self.events(call, name)) < n:
            if time.monotonic() > deadline:
                so_far = "\n".join(f"{e.at_s:.3f} {e.event} {e.data}" for e in self.events(call))
                raise TimeoutError(f"no {name} number {n} in {timeout_s} s; journal:\n{so_far}")
            await asyncio.sleep(POLL_S)
        return found[n - 1]
