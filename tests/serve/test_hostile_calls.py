"""Calls whose files and scripts do what none should: no other call notices.

One worker in this process: what ended its event loop would end the test.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from ivr_agi.journal import read_events
from ivr_agi.simulator.call import SimulatedAsterisk
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from tests.serve.running import write_installation
from tests.serve.soak import offer, state, working

RAISING = {
    "exit": "import sys; sys.exit()",
    "exit_1": "raise SystemExit(1)",
    "interrupt": "raise KeyboardInterrupt",
    "generator": "raise GeneratorExit",
    "base": "raise BaseException('x')",
    "cancelled": "import asyncio; raise asyncio.CancelledError",
    "cancelled_future": "import concurrent.futures; raise concurrent.futures.CancelledError",
    "timeout": "raise TimeoutError",
    "stop": "raise StopIteration",
    "stop_async": "raise StopAsyncIteration",
    "memory": "raise MemoryError",
    "recursion": "def f(): f()\n    f()",
    "lost": "raise OSError(32, 'Broken pipe')",
}
FLOW = """
start: a
steps:
  a: {do: python, function: "%s", go: end, error: sorry}
  end: {do: hangup, result: went on}
  sorry: {do: hangup, result: sorry}
"""
SCRIPT = "def main(agi):\n    %s\n"
DATE = "start: a\nsteps: {a: {do: hangup}}\nvariables: {x: 2026-02-30}\n"


def write_hostile_files(folder: Path) -> list[tuple[str, ...]]:
    """Make an installation; returns what its calls ask for."""
    write_installation(folder)
    code = ["import asyncio"]
    wanted: list[tuple[str, ...]] = []
    for name, text in RAISING.items():
        code += [f"def {name}():\n    {text}\n", f"async def a_{name}():\n    {text}\n"]
        wanted += [(f"f_{name}",), (f"f_a_{name}",)]
        for function in (name, f"a_{name}"):
            flow = FLOW % f"hostile_calls_mine:{function}"
            (folder / f"flows/f_{function}.yaml").write_text(flow)
        (folder / f"main_{name}.py").write_text(SCRIPT % text)
        (folder / f"load_{name}.py").write_text(text.replace("\n    ", "\n"))
        wanted += [
            ("--script", str(folder / f"main_{name}.py")),
            ("--script", str(folder / f"load_{name}.py")),
        ]
    (folder / "flows/hostile_calls_mine.py").write_text("\n".join(code))
    (folder / "flows/hostile_calls_exit.py").write_text("import sys\nsys.exit(3)\n")
    (folder / "flows/f_import.yaml").write_text(FLOW % "hostile_calls_exit:x")
    (folder / "flows/date.yaml").write_text(DATE)
    return [
        *wanted,
        ("f_import",),
        ("date",),
        ("x" * 252,),
        ("",),
        (),
        ("now", "and more"),
        ("--config", "x"),
        ("--script",),
        ("--script", str(folder)),
    ]


async def call(path: Path, folder: Path, *words: str, caller: str = "123") -> dict[str, str]:
    """One call to its end; returns the channel's variables."""
    line = PhoneLine(IncomingCall(caller_id=caller), SoundFolder(folder))
    async with SimulatedAsterisk(line) as asterisk:
        assert await offer(path, asterisk, *words) == b"+"
        await asterisk.wait_for(CallEventKind.SCRIPT_ENDED)
        return dict(line.session.variables)


async def test_whatever_user_code_and_files_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C1, C2, C3, O6: each call has one status, one start and one end; nothing is left of it."""
    wanted = await asyncio.to_thread(write_hostile_files, tmp_path)
    async with working(tmp_path / "ivr-agi.toml") as path:
        assert (await call(path, tmp_path, "now"))["IVR_STATUS"] == "COMPLETED"
        await call(path, tmp_path, "f_exit")  # the threads are there now
        before = state()
        for words in wanted:
            async with asyncio.timeout(30):
                variables = await call(path, tmp_path, *words)
            if words and words[0].startswith("f_"):
                assert (variables["IVR_STATUS"], variables["IVR_RESULT"]) == ("COMPLETED", "sorry")
            elif words[:1] == ("--script",) and "main_exit" in words[1:][0:1].__str__():
                assert variables["IVR_STATUS"] == "COMPLETED"  # sys.exit() is how many scripts end
            else:
                assert variables["IVR_STATUS"] == "FAILED", words
                assert variables["IVR_ERROR"], words
        assert (await call(path, tmp_path, "now"))["IVR_STATUS"] == "COMPLETED"
        await asyncio.sleep(0.1)
        after = state()
        assert after.tasks == before.tasks
        assert after.fds <= before.fds
    events = await asyncio.to_thread(lambda: list(read_events(tmp_path / "journal.jsonl")))
    found = Counter(event.event for event in events)
    assert found["call_started"] == found["call_ended"] == len(wanted) + 3
    ends = [event for event in events if event.event == "call_ended"]
    assert all(event.data["seconds"] >= 0 for event in ends)


async def test_whatever_asterisk_says_of_a_call(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, control characters, no texts at all: found by the chaos."""
    config = await asyncio.to_thread(write_installation, tmp_path)
    odd = ("\udcfe", "", "\x1b[2J\x00", "n" * 20_000)
    async with working(config) as path:
        assert (await call(path, tmp_path, "now"))["IVR_STATUS"] == "COMPLETED"
        before = state()
        for number, text in enumerate(odd):
            incoming = IncomingCall(
                channel=text,
                extension=text,
                language=text,
                caller_id=text,
                caller_id_name=text,
                uniqueid=f"{number}{text[:9]}",
            )
            line = PhoneLine(incoming, SoundFolder(tmp_path))
            async with SimulatedAsterisk(line) as asterisk:
                assert await offer(path, asterisk, "now") == b"+"
                await asterisk.wait_for(CallEventKind.SCRIPT_ENDED)
            assert line.session.variables["IVR_STATUS"] == "COMPLETED"
        await asyncio.sleep(0.1)
        after = state()
        assert (after.fds, after.tasks) == (before.fds, before.tasks)
    events = await asyncio.to_thread(lambda: list(read_events(tmp_path / "journal.jsonl")))
    found = Counter(event.event for event in events)
    assert found["call_started"] == found["call_ended"] == len(odd) + 1


async def test_what_the_journal_has_of_a_call(tmp_path: Path) -> None:
    """O7: who called whom, and what came of it."""
    config = await asyncio.to_thread(write_installation, tmp_path)
    text = "start: a\nsteps:\n  a: {do: transfer, extension: '201', result: sales}\n"
    await asyncio.to_thread((tmp_path / "flows/away.yaml").write_text, text)
    async with working(config) as path:
        await call(path, tmp_path, "away")
    events = await asyncio.to_thread(lambda: list(read_events(tmp_path / "journal.jsonl")))
    (start,) = [event.data for event in events if event.event == "call_started"]
    (end,) = [event.data for event in events if event.event == "call_ended"]
    expected = {"caller": "123", "called": IncomingCall().extension, "flow": "away"}
    assert {key: start[key] for key in expected} == expected
    assert start["language"] == "en"
    assert start["channel"]
    assert len(start["version"]) == 12
    assert (end["status"], end["result"], end["target"]) == ("TRANSFER", "sales", "201")
