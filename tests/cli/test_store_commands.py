"""The commands that read the journal, ask the store, and take care of it."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import tarfile
import time
import wave
from pathlib import Path

import msgspec
import pytest

from ivr_agi.cli import main
from ivr_agi.cli.console import CONSOLE_NICE
from ivr_agi.journal import JournalFile
from ivr_agi.rehearsal.caller import CallerAction, Deed
from tests.patience import PATIENCE_S
from tests.rehearsal import test_replay as replays
from tests.store.journals import call_lines, event

ROOT = Path(__file__).parents[2]
ROOMS = ("ivr_agi.store.", "ivr_agi.report.", "ivr_agi.metrics.", "ivr_agi.console.")
HEAVY = ("sqlalchemy", "alembic", "psycopg", *ROOMS)


def lines_now(number: int) -> list[bytes]:
    """A call of a moment ago."""
    began_at = round(time.time()) - 600
    lines = call_lines(number, random.Random(number), caller=f"+861380000{number:04}")
    found = []
    for line in lines:
        entry = json.loads(line)
        entry["time"] = began_at + entry["at_s"]
        found.append(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
    return found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An installation with ten calls in its journal; two go on."""
    (tmp_path / "flows").mkdir()
    flow = (ROOT / "config/flows/main_menu.yaml").read_text()
    (tmp_path / "flows" / "main.yaml").write_text(flow)
    (tmp_path / "recordings").mkdir()
    (tmp_path / "ivr.toml").write_text(
        '[journal]\nfile = "journal.jsonl"\n[paths]\nflows = "flows"\nspool = "spool"\n'
        '[store]\nurl = "store.sqlite3"\nnode = "n"\ncaller_key_file = "caller.key"\n'
        'timezone = "Asia/Shanghai"\n[recording]\nfolder = "recordings"\n[console]\nlisten = ""\n'
    )
    file = JournalFile(tmp_path / "journal.jsonl")
    for number in range(10):
        file.append(b"".join(lines_now(number)))
    file.append(b"".join(lines_now(11)[:3] + lines_now(12)[:3]))
    file.close()
    return tmp_path


def run(place: Path, *words: str) -> int:
    """A command of that installation."""
    return main([words[0], *words[1:], "--config", str(place / "ivr.toml")])


def test_from_journal_to_answers(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ingest, list, filter, show."""
    assert run(place, "calls") == 2
    assert "there is no store yet" in capsys.readouterr().err
    assert run(place, "ingest", "--once") == 0
    assert "lines were read" in capsys.readouterr().out
    assert run(place, "ingest", "--once") == 0
    assert capsys.readouterr().out == "0 lines were read\n"
    assert run(place, "calls") == 0
    assert len(capsys.readouterr().out.splitlines()) == 10
    assert run(place, "calls", "--caller", "+86 1380 0000 003", "--json") == 0
    (call,) = json.loads(capsys.readouterr().out)
    assert call["caller"] == "+8613800000003"
    assert call["started"].endswith("+08:00")
    assert run(place, "calls", "--status", "nothing") == 0
    assert capsys.readouterr().out == "no such call\n"
    assert run(place, "calls", "--csv", "--limit", "3") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 3
    assert rows[0]["caller"].startswith("+861")
    assert run(place, "show", call["unique_id"]) == 0
    told = capsys.readouterr().out
    assert "flow      step menu" in told
    assert "IVR       says: Sales or support?" in told
    assert run(place, "show", call["unique_id"], "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["event"] == "call_started"
    assert run(place, "show", "nobody") == 2


def test_formulas_of_spreadsheets(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A caller's name of a target is no formula."""
    file = JournalFile(place / "journal.jsonl")
    for number, target in enumerate(["=cmd()", "-cmd()", "-5", "@x"]):
        name = f"77.{number}"
        begun = event(name, 0, "call_started", flow="evil")
        ended = event(name, 1, "call_ended", status="TRANSFER", target=target)
        file.append(begun + ended)
    run(place, "ingest", "--once")
    capsys.readouterr()
    run(place, "calls", "--csv", "--flow", "evil", "--since", "2026-01-01")
    found = {row["target"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert found == {"'=cmd()", "'-cmd()", "-5", "'@x"}


def test_a_call_as_a_picture(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its recording, and without."""
    name = "55.1"
    file = JournalFile(place / "journal.jsonl")
    now = time.time()
    entries = [
        ("call_started", {"flow": "main"}),
        ("call_recording", {"file": "55.wav"}),
        ("call_ended", {"status": "HANGUP", "seconds": 2.0}),
    ]
    for n, (kind, data) in enumerate(entries):
        line = {"v": 2, "at_s": n, "event": kind, "call": name, "time": now + n, "data": data}
        file.append(json.dumps(line).encode() + b"\n")
    with wave.open(str(place / "recordings" / "55.wav"), "wb") as recorded:
        recorded.setparams((2, 2, 8000, 0, "NONE", ""))
        recorded.writeframes(bytes(4 * 4000))
    run(place, "ingest", "--once")
    svg, png = place / "a.svg", place / "a.png"
    assert run(place, "show", name, "--svg", str(svg), "--png", str(png)) == 0
    assert "<svg" in svg.read_text()
    assert png.read_bytes().startswith(b"\x89PNG")
    assert run(place, "show", name, "--svg", str(place / "none" / "a.svg")) == 2
    assert "cannot write the picture" in capsys.readouterr().err


def test_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words, as JSON, as a page; two spans side by side."""
    run(place, "ingest", "--once")
    capsys.readouterr()
    assert run(place, "report") == 0
    assert capsys.readouterr().out.startswith("10 calls")
    assert run(place, "report", "--json", "--compare", "before") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["report"]["calls"] == 10
    assert found["before"]["calls"] == 0
    assert "contained" in found["definitions"]
    page = place / "page.html"
    words = ("--html", str(page), "--flow", "main", "--compare", "v0")
    assert run(place, "report", *words) == 0
    assert "version v0" in page.read_text()
    assert "visits" in page.read_text()
    assert run(place, "report", "--flow", "gone", "--html", str(page)) == 0
    assert "No call began" in page.read_text()
    assert run(place, "report", "--html", str(place / "none" / "x")) == 2
    assert run(place, "report", "--since", "today", "--until", "yesterday") == 2
    assert "is not before" in capsys.readouterr().err
    assert run(place, "report", "--since", "soon") == 2
    assert "expected 24h" in capsys.readouterr().err


def test_status(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the journal alone; no store is needed."""
    assert run(place, "status") == 0
    told = capsys.readouterr().out
    assert told.startswith("2 of 500 calls now")
    assert "hears a prompt" in told
    assert "ws://127.0.0.1:8765  works" in told
    (place / "spool").mkdir()
    health = {"rasr ws://127.0.0.1:8765": {"failures": 3, "until": time.time() + 9, "error": "no"}}
    (place / "spool" / "speech-health.json").write_text(json.dumps(health))
    assert run(place, "status", "--json") == 0
    seen = json.loads(capsys.readouterr().out)
    assert [call["step"] for call in seen["calls"]] == ["menu", "menu"]
    assert seen["endpoints"][0]["is_avoided"] is True
    assert run(place, "status") == 0
    assert "avoided, 3 failures: no" in capsys.readouterr().out
    (place / "ivr.toml").write_text("")
    assert run(place, "status") == 2
    assert "there is no journal to look at" in capsys.readouterr().err


def test_status_again_and_again(place: Path) -> None:
    """Until it is stopped."""
    command = [sys.executable, "-m", "ivr_agi", "status", "--watch", "--config", "ivr.toml"]
    process = subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE)
    assert process.stdout is not None
    found = 0
    while found < 2:
        found += b"calls now" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130


def test_taking_care(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Back up, forget, purge, restore."""
    run(place, "ingest", "--once")
    file = place / "backup.sqlite3"
    assert run(place, "backup", str(file)) == 0
    assert f"10 calls are in {file}" in capsys.readouterr().out
    assert run(place, "forget", "+8613800000003") == 0
    assert "1 calls are without words and number" in capsys.readouterr().out
    assert run(place, "forget", "+8613800000011") == 1
    assert "1 calls are under way" in capsys.readouterr().out
    file.unlink()
    assert run(place, "forget", "+8613800000004") == 1
    assert "so not changed: the backup" in capsys.readouterr().out
    assert run(place, "purge") == 0
    assert "0 calls lost their words" in capsys.readouterr().out
    assert run(place, "backup", str(file)) == 0
    assert run(place, "restore", str(file)) == 2
    assert "--replace deletes what is in it" in capsys.readouterr().err
    assert run(place, "restore", str(file), "--replace") == 0
    assert "10 calls are in the store" in capsys.readouterr().out
    assert run(place, "forget", "1") == 2


def test_no_journal(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to read."""
    text = (place / "ivr.toml").read_text().replace('file = "journal.jsonl"', "")
    (place / "ivr.toml").write_text(text)
    assert run(place, "ingest", "--once") == 2
    assert "there is no journal to read" in capsys.readouterr().err
    assert run(place, "forget", "12345") == 0


def test_a_console(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It reads until it is stopped; nobody else ingests meanwhile, but a number is forgotten."""
    command = [sys.executable, "-m", "ivr_agi", "console", "--config", str(place / "ivr.toml")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while run(place, "calls") or len(capsys.readouterr().out.splitlines()) < 10:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        capsys.readouterr()
        assert run(place, "ingest", "--once") == 2
        assert "another ivr-agi console" in capsys.readouterr().err
        assert run(place, "forget", "+8613800000005") == 0
        own = os.getpriority(os.PRIO_PROCESS, 0)  # whoever runs the tests may have a good one
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(19, own + CONSOLE_NICE)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert run(place, "ingest", "--once") == 0


@pytest.mark.parametrize("command", ["call", "serve"])
def test_what_carries_calls_imports_nothing_of_it(command: str) -> None:
    """Nor does the launcher's way into it, nor the list of all commands."""
    code = (
        "import sys\n"
        f"import ivr_agi.cli.{command}, ivr_agi.serve.worker\n"
        "from ivr_agi.serve.preload import load_all\n"
        "load_all()\n"
        "import ivr_agi.cli\n"
        "try: ivr_agi.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in sys.modules if name.startswith({HEAVY!r})])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_unmatched(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Groups, as text and JSON; and into a flow file."""
    run(place, "ingest", "--once")
    capsys.readouterr()
    assert run(place, "unmatched") == 0
    assert "main/menu" in capsys.readouterr().out
    assert run(place, "unmatched", "--json", "--least", "2") == 0
    (group,) = json.loads(capsys.readouterr().out)
    assert group["text"] == "mumble"
    assert run(place, "unmatched", "--least", "1000") == 0
    assert capsys.readouterr().out == "everything was understood\n"
    flow = place / "main.yaml"
    flow.write_text(
        "start: menu\ndefaults: {no_input: {go: bye}, no_match: {go: bye}}\n"
        "steps:\n  menu:\n    do: menu\n    prompt: Sales?\n    choices:\n"
        "      - {words: [sales], go: bye}  # kept\n  bye: {do: hangup}\n"
    )
    assert run(place, "unmatched", "--patch", str(flow)) == 0
    assert "menu: 'mumble' is sales" in capsys.readouterr().out
    assert '[sales, "mumble"], go: bye}  # kept' in flow.read_text()
    assert main(["flow", "test", str(place / "main.unmatched.tests.yaml")]) == 0
    capsys.readouterr()
    assert run(place, "unmatched", "--patch", str(flow), "--flow", "other") == 0
    assert "no words to add" in capsys.readouterr().out
    assert run(place, "unmatched", "--patch", str(place / "none.yaml")) == 2


def test_an_archive_for_a_bug_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What happened, without words and numbers."""
    file = JournalFile(place / "journal.jsonl")
    begun = event("66.1", 0, "call_started", flow="main", version="v9", caller="+861381234")
    said = event("66.1", 1, "outcome", outcome="Heard", text="my secret wish")
    file.append(begun + said + event("66.1", 2, "call_ended", status="HANGUP"))
    (place / "spool/flows/main/v9").mkdir(parents=True)
    (place / "spool/flows/main/v9/main.yaml").write_text("start: menu")
    run(place, "ingest", "--once")
    archive = place / "a.tar.gz"
    assert run(place, "support", "66.1", "--output", str(archive)) == 0
    with tarfile.open(archive) as opened:
        texts = {
            name: (opened.extractfile(name) or io.BytesIO()).read().decode()
            for name in opened.getnames()
        }
    whole = "\n".join(texts.values())
    assert "xx xxxxxx xxxx" in whole
    assert "start: menu" in whole
    assert "HANGUP" in whole
    assert "secret" not in whole
    assert "1381234" not in whole
    assert run(place, "support", "66.1", "--output", str(place / "none" / "a")) == 2
    assert "cannot write the archive" in capsys.readouterr().err


def test_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Calls against a changed flow, against changed settings, and with the answers of tests."""
    folder = tmp_path / "flows"
    folder.mkdir()
    old = replays.program(folder)
    file = JournalFile(tmp_path / "journal.jsonl")
    for n, said in enumerate(["bills", "support", "mumble"]):
        events = replays.call_of(old, CallerAction(Deed.SAY, said), CallerAction(Deed.HANG_UP))
        for one in events:
            entry = msgspec.to_builtins(one) | {"call": f"1.{n}", "time": time.time()}
            if one.event == "call_started":
                entry["data"] |= {"flow": "main", "version": old.version}
            file.append(json.dumps(entry).encode() + b"\n")
    file.close()
    config = tmp_path / "ivr.toml"
    config.write_text(
        '[journal]\nfile = "journal.jsonl"\n[paths]\nflows = "flows"\nspool = "spool"\n'
        '[store]\nurl = "store.sqlite3"\nnode = "n"\ncaller_key_file = "caller.key"\n'
    )
    run(tmp_path, "ingest", "--once")
    new = tmp_path / "main.yaml"
    new.write_text(replays.FLOW.replace("[support]", "[support, mumble]"))
    capsys.readouterr()
    assert run(tmp_path, "replay") == 2
    assert "nothing is changed" in capsys.readouterr().err
    assert run(tmp_path, "replay", "--flow", str(new)) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].split(maxsplit=1) == ["1.2", "menu: no_match  ->  menu: choice support"]
    assert told[1] == "3 calls: 2 same, 1 otherwise, 0 cannot tell"
    strict = tmp_path / "strict.toml"
    strict.write_text("[recognition]\nmin_score = 0.99\n")
    assert run(tmp_path, "replay", "--settings", str(strict), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sum"]["verdicts"] == {"same": 1, "otherwise": 2, "cannot tell": 0}
    assert [one["call"] for one in found["calls"]] == ["1.0", "1.1", "1.2"]
    other = tmp_path / "other.yaml"
    other.write_text(replays.FLOW.replace("{amount: ", "{owner: name, amount: "))
    words = ("replay", "--flow", str(other), "--of", "main")
    assert run(tmp_path, *words) == 0
    assert "1  cannot tell: no answer is known for the http step" in capsys.readouterr().out
    tests = tmp_path / "tests.yaml"
    tests.write_text(
        "flow: other.yaml\ntests:\n- name: one\n  http:\n    https://bank.example.com/:\n"
        "      {answer: {name: Li, account: {items: [{amount: 1}]}}}\n"
    )
    assert run(tmp_path, *words, "--tests", str(tests)) == 0
    assert capsys.readouterr().out == "3 calls: 3 same, 0 otherwise, 0 cannot tell\n"
