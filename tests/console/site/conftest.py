"""A page over a store with some calls, as a browser would see it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import shutil
import wave
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import numpy as np
import pytest
from aiohttp.test_utils import TestServer

from ivr_agi.console.access.roles import Role
from ivr_agi.console.access.sessions import Sessions
from ivr_agi.console.access.users import UserFile
from ivr_agi.console.site.application import make_site
from ivr_agi.console.site.context import SiteContext
from ivr_agi.console.site.rendering import load_files
from ivr_agi.journal import Event, JournalFile
from ivr_agi.settings import Settings, load_settings
from ivr_agi.store.audit import AuditLine, list_audit
from ivr_agi.store.database import Database
from ivr_agi.store.places import places_of
from ivr_agi.store.queries import CallFilter, list_calls
from tests.store.journals import BEGIN, KEY, ZONE, event, ingester_of

ROOT = Path(__file__).parents[3]
PASSWORD = "a long password of tests"
HOSTILE = "<script>alert(1)</script>\"'&lt;{{7*7}}"
"""What a caller, a name, a file may say."""


def hostile_call(call: str, began_s: float, *, secure: bool = False) -> list[bytes]:
    """A call in which every text is hostile; with ``secure``, as a secure step leaves it."""

    def line(after_s: float, name: str, **data: Any) -> bytes:
        return event(call, began_s + after_s, name, **data)

    words = {} if secure else {"text": HOSTILE}
    return [
        line(
            0,
            "call_started",
            channel="PJSIP/a",
            extension=HOSTILE,
            caller="0790" + HOSTILE,
            called=HOSTILE,
            language="en",
            flow="main_menu",
            version=HOSTILE,
        ),
        line(0.01, "call_recording", file=f"{call}.wav"),
        line(0.1, "step", step="main"),
        line(0.2, "prompt_started", **({} if secure else {"text": f"Say {HOSTILE}"})),
        line(0.5, "recognition_started", endpoint="ws://a", trace_id="t"),
        line(1.0, "voice_start", trace_id="t"),
        line(1.1, "interim", **words, trace_id="t"),
        line(1.2, "prompt_stopped", position_ms=700, barge_in_ms=3.1),
        line(1.5, "key", **({} if secure else {"key": "7"})),
        line(2.0, "result", **words, **({} if secure else {"score": 0.9}), trace_id="t"),
        line(
            2.1,
            "outcome",
            outcome="Heard",
            **words,
            **({} if secure else {"score": 0.9}),
            legs_ms={"voice_to_stop": 12, "voice_to_final": 800},
        ),
        line(2.2, "no_match", step="main", count=1),
        line(3.0, "call_ended", status="TRANSFER", seconds=3.0, target=HOSTILE, result=HOSTILE),
    ]


@dataclass
class Site:
    """A page that is served, and its users."""

    context: SiteContext
    folder: Path
    server: TestServer
    going_on: list[list[Event]] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    sessions: list[aiohttp.ClientSession] = field(default_factory=list)

    def browser(self, **headers: str) -> aiohttp.ClientSession:
        """A browser without cookies."""
        made = aiohttp.ClientSession(
            self.server.make_url("/"),
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"Origin": self.context.origin, **headers},
        )
        self.sessions.append(made)
        return made

    async def signed_in(self, role: Role = Role.ADMINISTER) -> aiohttp.ClientSession:
        """The browser of a user of a role."""
        browser = self.browser()
        form = {"name": f"user-{role.told}", "password": PASSWORD}
        async with browser.post("/sign-in", data=form) as answer:
            assert answer.status == 200, await answer.text()
        return browser

    async def text(self, browser: aiohttp.ClientSession, path: str, status: int = 200) -> str:
        """A page."""
        async with browser.get(path) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return text

    async def post(
        self, browser: aiohttp.ClientSession, path: str, status: int = 200, **form: str
    ) -> str:
        """Send a form with its token."""
        csrf = csrf_of(await self.text(browser, "/calls"))
        async with browser.post(path, data={"csrf": csrf, **form}) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return text

    def call_id(self, unique_id: str) -> int:
        """The number of a call."""
        return self.ids[unique_id]

    async def audit(self) -> list[AuditLine]:
        """Who did what."""
        return await asyncio.to_thread(list_audit, self.context.database)


def csrf_of(text: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def write_sound(file: Path, seconds: float = 3.0) -> None:
    """A stereo recording: the caller is loud from the first to the second second."""
    samples = np.zeros((round(seconds * 8000), 2), "<i2")
    samples[8000:16_000, 0] = 12_000 * np.sin(np.arange(8000) / 5)
    samples[: 8000 // 2, 1] = 6_000
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes(samples.tobytes())


def users_file(folder: Path) -> UserFile:
    """A user of each role; their hash is a cheap one."""
    users = UserFile(folder / "console.users")
    made = hashlib.scrypt(PASSWORD.encode(), salt=b"salt", n=2, r=1, p=1, dklen=32)
    hashed = f"scrypt$1$1$1${b64encode(b'salt').decode()}${b64encode(made).decode()}"
    of_role = {f"user-{one.told}": {"role": one.told, "password": hashed} for one in Role}
    users.path.write_bytes(msgspec.json.encode(of_role))
    users.path.chmod(0o600)
    return users


def settings_in(folder: Path) -> Settings:
    """Settings of an installation in a folder."""
    (folder / "ivr.toml").write_text(
        '[journal]\nfile = "journal.jsonl"\n[paths]\nflows = "flows"\nspool = "spool"\n'
        '[recording]\nfolder = "recordings"\n[store]\nurl = "store.sqlite3"\nnode = "node"\n'
    )
    return load_settings(folder / "ivr.toml")


@pytest.fixture(scope="session")
def first_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with five calls, two of them hostile; flows and recordings beside it."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / "recordings").mkdir()
    (folder / "flows").mkdir()
    flow = (ROOT / "config/flows/main_menu.yaml").read_text()
    (folder / "flows" / "main_menu.yaml").write_text(flow)
    file = JournalFile(folder / "journal.jsonl")
    file.append(b"".join(hostile_call("1.1", 0.0)))
    file.append(b"".join(hostile_call("1.2", 100.0, secure=True)))
    for number in range(3):
        lines = hostile_call(f"2.{number}", 200.0 + number * 10)
        file.append(b"".join(line.replace(b"0790", b"0791") for line in lines))
    file.close()
    write_sound(folder / "recordings" / "1.1.wav")
    database = Database(str(folder / "store.sqlite3"))
    database.upgrade()
    ingester_of(database, folder / "journal.jsonl").read_all()
    database.close()
    return folder


@pytest.fixture
def stored(first_store: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of it."""
    shutil.copytree(first_store, tmp_path, dirs_exist_ok=True)
    database = Database(str(tmp_path / "store.sqlite3"))
    yield database
    database.close()


@pytest.fixture
async def site(stored: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """The page, served."""
    async with served_site(stored, tmp_path) as made:
        yield made


def _prepare(database: Database, folder: Path) -> tuple[Settings, UserFile, dict[str, int]]:
    load_files()
    rows = list_calls(database, KEY, CallFilter())
    ids = {str(row["unique_id"]): int(row["id"]) for row in rows}
    return settings_in(folder), users_file(folder), ids


@contextlib.asynccontextmanager
async def served_site(database: Database, folder: Path, **changes: Any) -> AsyncIterator[Site]:
    """Serve a page over a store.

    Args:
        database: The store.
        folder: Of the installation.
        changes: Of the context.
    """
    settings, users, ids = await asyncio.to_thread(_prepare, database, folder)
    if "console" in changes:
        settings = msgspec.structs.replace(settings, console=changes.pop("console"))
    going_on: list[list[Event]] = []

    async def open_calls() -> list[list[Event]]:
        return [list(one) for one in going_on]

    context = SiteContext(
        settings=settings,
        database=database,
        caller_key=KEY,
        places=places_of(settings),
        zone=ZONE,
        users=users,
        sessions=Sessions(idle_s=3600.0, longest_s=36_000.0),
        open_calls=open_calls,
        **({"origin": "http://127.0.0.1"} | changes),
    )
    server = TestServer(make_site(context))
    await server.start_server()
    if "origin" not in changes:
        context.origin = f"http://127.0.0.1:{server.port}"
    made = Site(context, folder, server, going_on, ids)
    try:
        yield made
    finally:
        for browser in made.sessions:
            await browser.close()
        await server.close()


def events_of(lines: list[bytes]) -> list[Event]:
    """Events of lines."""
    return [msgspec.json.decode(line, type=Event) for line in lines]


def since() -> str:
    """A time before all calls, as a person writes it."""
    import datetime

    return f"{datetime.datetime.fromtimestamp(BEGIN - 86_400, ZONE):%Y-%m-%d}"
