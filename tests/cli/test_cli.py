"""The command line: what a user types, sees and gets as exit code."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from ivr_agi import __version__
from ivr_agi.bench.calls import CallsPlan, Found
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.bench.turn import TurnsPlan
from ivr_agi.cli import main
from ivr_agi.cli.bench import BENCHMARKS, MOVED
from ivr_agi.demo.run import check_demo_packages, local_speech_server
from ivr_agi.errors import MissingDependency
from ivr_agi.flow.tools.vocabularies import read_vocabularies, word_list_name
from ivr_agi.simulator.call import SimulatedCall, simulate_call
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
FLOW = ROOT / "config" / "flows" / "main_menu.yaml"


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error."""
    err = capsys.readouterr().err
    assert err.startswith("ivr-agi: ")
    assert err.count("\n") == 1
    return err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version is the package's."""
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"ivr-agi {__version__}\n"


@pytest.mark.parametrize("argv", [["help"], ["help", "flow"], ["help", "flow", "check"]])
def test_help_as_a_command(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """As in git and uv: of all, of a command, of a command's command."""
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(" ".join(["usage: ivr-agi", *argv[1:]]))


@pytest.mark.parametrize(
    ("word", "meant"), [("serv", "serve"), ("speech_sever", "speech-server"), ("Doctor", "doctor")]
)
def test_a_mistyped_command(word: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What was probably meant is said."""
    with pytest.raises(SystemExit) as caught:
        main([word])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert f"there is no command '{word}'; did you mean '{meant}'?" in said


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["call"],
        ["demo"],
        ["flow"],
        ["flow", "check"],
        ["bench"],
        *(["bench", name] for name in BENCHMARKS),
        ["completion"],
        ["doctor"],
        ["flow", "schema"],
        ["flow", "draw"],
        ["flow", "cost"],
        ["flow", "talk"],
        ["flow", "test"],
        ["install"],
        ["prompts"],
        ["prompts", "build"],
        ["serve"],
        ["speech-server"],
        ["slots"],
        ["slots", "try"],
        ["vocabulary"],
        ["vocabulary", "sync"],
        ["vocabulary", "list"],
    ],
)
def test_every_command_has_help(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """--help works at every level."""
    with pytest.raises(SystemExit) as caught:
        main([*argv, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("usage: ivr-agi")


def test_usage_errors_exit_with_2() -> None:
    """Argparse's own exit code is ours for usage."""
    for argv in ([], ["nonsense"], ["vocabulary"]):
        with pytest.raises(SystemExit) as caught:
            main(argv)
        assert caught.value.code == 2


def test_python_m() -> None:
    """Python -m ivr_agi is the same program."""
    command = [sys.executable, "-m", "ivr_agi", "--version"]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout == (
        f"ivr-agi {__version__}\n"
    )


def test_interrupt_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with the shell's code for it."""

    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("ivr_agi.cli.flow.check_files", interrupt)
    assert main(["flow", "check", "x"]) == 130


def test_flow_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Right files are named, a wrong one is told with its place."""
    assert main(["flow", "check", str(FLOW)]) == 0
    assert "5 steps, no errors, no warnings" in capsys.readouterr().out
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("start: x\nsteps:\n  y: {do: hangup}\n")
    assert main(["flow", "check", str(FLOW), str(wrong)]) == 2
    assert f"{wrong}:1:1: start: there is no step 'x'" in one_line(capsys)


def test_flow_check_warns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each warning with its place and rule; --strict makes them count."""
    file = tmp_path / "x.yaml"
    file.write_text(
        "start: a\nsteps:\n  a: {do: hangup, prompt: {recording: hi}}\n  b: {do: hangup}\n"
    )
    assert main(["flow", "check", str(file)]) == 0
    assert f"{file}:4:3: warning: steps.b: no step leads to 'b' [unreachable]" in (
        capsys.readouterr().out
    )
    assert main(["flow", "check", "--strict", "--sounds", str(tmp_path), str(file)]) == 1
    assert "there is no recording 'hi' [missing_recording]" in capsys.readouterr().out
    (tmp_path / "hi.wav").write_bytes(b"")
    main(["flow", "check", "--sounds", str(tmp_path), str(file)])
    assert "missing_recording" not in capsys.readouterr().out
    assert main(["flow", "check", "--sounds", str(tmp_path / "none"), str(file)]) == 2


def test_flow_schema_draw_and_cost(capsys: pytest.CaptureFixture[str]) -> None:
    """The schema is JSON that knows every verb; the drawing is Mermaid."""
    assert main(["flow", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"MenuStep", "AskStep", "HttpStep", "Prompt"} <= set(schema["$defs"])
    assert {"mandatory_s", "over_prompt"} <= set(schema["$defs"]["TurnSpec"]["properties"])
    assert main(["flow", "draw", str(FLOW)]) == 0
    assert capsys.readouterr().out.startswith("flowchart TD\n")
    assert main(["flow", "cost", str(FLOW)]) == 0
    assert "10 texts, 785 characters" in capsys.readouterr().out


def test_flow_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verdicts, what was not taken, and JUnit's XML; a failed one is exit code 1."""
    suite = FLOW.parent / "tests" / "bank_zh.yaml"
    junit = tmp_path / "junit.xml"
    assert main(["flow", "test", str(suite), "--junit", str(junit)]) == 0
    out = capsys.readouterr().out
    assert "7 passed, 0 failed" in out
    assert "steps not taken: none" in out
    assert re.search(r"^7 conversations, 0 failed; \d+ turns in [\d.]+ s, \d+ a second$", out, re.M)
    assert len(ElementTree.parse(junit).findall(".//testcase")) == 7
    failing = tmp_path / "t.yaml"
    failing.write_text(f"flow: {FLOW}\ntests: [{{name: n, talk: [{{hear: nothing}}]}}]")
    assert main(["flow", "test", str(failing), "--junit", str(junit)]) == 1
    assert "FAILED n" in capsys.readouterr().out
    assert ElementTree.parse(junit).find(".//failure") is not None
    assert main(["flow", "test", str(failing), "--junit", str(tmp_path)]) == 2


def test_flow_talk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Words, keys and silence from the keyboard; the matching and the variables are shown."""
    lines = iter(["technical suport", "", "#9", "#2"])
    monkeypatch.setattr("builtins.input", lambda _: next(lines))
    assert main(["flow", "talk", str(FLOW)]) == 0
    out = capsys.readouterr().out
    assert "(accept: technical support 0." in out
    assert "(no_input: step=support count=1)" in out
    assert out.endswith("IVR_STATUS=TRANSFER\nIVR_RESULT=telephone\nIVR_TRANSFER=201\n")


def test_flow_talk_ends_with_the_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-D hangs up."""

    def no_more(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", no_more)
    assert main(["flow", "talk", str(FLOW)]) == 0
    assert capsys.readouterr().out.endswith("IVR_STATUS=HANGUP\n")


def test_call_outside_of_asterisk() -> None:
    """A person who tries it in a shell is told what it is for."""
    command = [sys.executable, "-m", "ivr_agi", "call", "main_menu"]
    for stdin in (subprocess.DEVNULL, subprocess.PIPE):
        done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "Asterisk starts this with EAGI()" in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[speech]\nurll = 'x'\n", "ivr-agi.toml:2:1: speech.urll: unknown key 'urll'"),
        ("[speech\n", "ivr-agi.toml:1"),
    ],
)
async def test_call_with_a_wrong_config(
    tmp_path: Path, text: str, expected: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The dialplan gets IVR_STATUS, the console one line, the process ends with 2."""
    config = tmp_path / "ivr-agi.toml"
    await asyncio.to_thread(config.write_text, text)
    call = await call_in_the_simulator(tmp_path, "main_menu", "--config", str(config))
    assert (call.exit_code, call.variables["IVR_STATUS"]) == (2, "FAILED")
    assert expected in call.variables["IVR_ERROR"]
    assert expected in one_line(capfd)


async def test_call_of_an_unknown_flow(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The flows that there are, are named."""
    config = tmp_path / "ivr-agi.toml"
    await asyncio.to_thread(
        config.write_text, f'[paths]\nflows = "{FLOW.parent}"\nspool = "spool"\n'
    )
    call = await call_in_the_simulator(tmp_path, "nonsense", "--config", str(config))
    assert (call.exit_code, call.variables["IVR_STATUS"]) == (1, "FAILED")
    flows = ", ".join(sorted(file.stem for file in FLOW.parent.glob("*.yaml")))
    assert f"there is no flow 'nonsense' (flows here: {flows})" in one_line(capfd)


async def test_call_of_a_script(tmp_path: Path) -> None:
    """What main returns is IVR_RESULT; its exit code is the dialplan's SUCCESS."""
    script, config = tmp_path / "x.py", tmp_path / "ivr-agi.toml"
    await asyncio.to_thread(
        script.write_text, "def main(agi):\n    return agi.get_variable('NAME') + '!'\n"
    )
    await asyncio.to_thread(config.write_text, '[paths]\nspool = "spool"\n')
    call = await call_in_the_simulator(
        tmp_path, "--script", str(script), "--config", str(config), variables={"NAME": "Ann"}
    )
    assert (call.exit_code, call.agi_status) == (0, "SUCCESS")
    assert (call.variables["IVR_STATUS"], call.variables["IVR_RESULT"]) == ("COMPLETED", "Ann!")


PRINTING = """\
import os, sys
print('SET VARIABLE "FORGED" "load"', flush=True)
def main(agi):
    print('SET VARIABLE "FORGED" "1"', flush=True)
    print('{"a": "%s"}' % ("x" * 1500), flush=True)
    sys.stdout.buffer.write(b'SET VARIABLE "FORGED" "2"\\n')
    sys.stdout.flush()
    os.system('echo SET VARIABLE FORGED 3')
    return "said"
"""


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        (PRINTING, "COMPLETED", "said"),
        ("import sys\nsys.exit()\n", "FAILED", "SystemExit"),
        ("raise KeyboardInterrupt\n", "FAILED", "KeyboardInterrupt"),
        ("def main(agi):\n    raise KeyboardInterrupt\n", "FAILED", "KeyboardInterrupt"),
    ],
)
async def test_a_script_that_does_what_none_should(
    tmp_path: Path, text: str, status: str, told: str
) -> None:
    """W3, C18: what it prints is no command, and whatever it raises is a status."""
    script, config = tmp_path / "x.py", tmp_path / "ivr-agi.toml"
    await asyncio.to_thread(script.write_text, text)
    await asyncio.to_thread(config.write_text, '[paths]\nspool = "spool"\n')
    call = await call_in_the_simulator(tmp_path, "--script", str(script), "--config", str(config))
    assert call.variables["IVR_STATUS"] == status
    assert told in call.variables["IVR_RESULT" if status == "COMPLETED" else "IVR_ERROR"]
    assert "FORGED" not in call.variables


async def call_in_the_simulator(
    folder: Path, *arguments: str, variables: dict[str, str] | None = None
) -> SimulatedCall:
    """Run ``ivr-agi call`` as EAGI() does."""
    incoming = IncomingCall(arguments=("call", *arguments), variables=variables or {})
    line = PhoneLine(incoming, SoundFolder(folder))
    return await simulate_call([sys.executable, "-m", "ivr_agi"], line, deadline_s=PATIENCE_S)


def test_vocabulary_without_a_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody there: one line, exit code 3."""
    config = tmp_path / "ivr-agi.toml"
    config.write_text(f'[speech]\nurl = "ws://127.0.0.1:9"\n[paths]\nflows = "{FLOW.parent}"\n')
    assert main(["vocabulary", "sync", "main_menu", "--config", str(config)]) == 3
    assert "ws://127.0.0.1:9: cannot connect" in one_line(capsys)


def test_vocabularies_at_several_endpoints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is named, and one that is down does not keep the next from being asked."""
    config = tmp_path / "ivr-agi.toml"
    config.write_text(
        '[speech]\nurl = "ws://127.0.0.1:9"\n[[speech.endpoints]]\nurl = "ws://127.0.0.2:9"\n'
    )
    assert main(["vocabulary", "list", "--config", str(config)]) == 3
    shown = capsys.readouterr()
    assert shown.out == "ws://127.0.0.1:9:\nws://127.0.0.2:9:\n"
    assert [line.split(": ")[1] for line in shown.err.splitlines()] == [
        "ws://127.0.0.1:9",
        "ws://127.0.0.2:9",
    ]


@pytest.mark.engine
async def test_vocabulary_sync(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table for each menu, at the real local server, kept for the calls, and listed."""
    async with local_speech_server() as url:
        config = tmp_path / "ivr-agi.toml"
        config.write_text(
            f'[speech]\nurl = "{url}"\n[paths]\nflows = "{FLOW.parent}"\nspool = "spool"\n'
        )
        shown = []
        for what in (["sync", "main_menu"], ["sync", "--words", "yes", "no"], ["list"]):
            command = ["vocabulary", *what, "--config", str(config)]
            assert await asyncio.to_thread(main, command) == 0
            shown.append(capsys.readouterr().out)
        check = ["vocabulary", "sync", "--check", "--config", str(config), "--words"]
        assert await asyncio.to_thread(main, [*check, "no", "yes"]) == 0
        assert capsys.readouterr().out == "the table of these words is there\n"
        assert await asyncio.to_thread(main, [*check, "perhaps"]) == 1
        assert "perhaps: it has no table" in capsys.readouterr().out
    ids = read_vocabularies(tmp_path / "spool", url, "main_menu")
    assert sorted(ids) == ["main", "support"]
    assert shown[0] == "".join(f"main_menu.{step}: {ids[step]}\n" for step in ids)
    words = read_vocabularies(tmp_path / "spool", url, word_list_name(["no", "yes"]))["words"]
    assert shown[1] == f"yes, no: {words}\n"
    assert {line.split()[0] for line in shown[2].splitlines()} == {*ids.values(), words}


def test_a_reader_that_has_had_enough() -> None:
    """``ivr-agi flow schema | head -1``: no traceback."""
    command = [sys.executable, "-m", "ivr_agi", "flow", "schema"]
    read_fd, write_fd = os.pipe()
    os.close(read_fd)
    done = subprocess.run(command, stdout=write_fd, stderr=subprocess.PIPE, text=True)
    os.close(write_fd)
    assert (done.returncode, done.stderr) == (1, "")


def test_speech_server_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    """A missing token, a port in use or out of range: one line."""
    assert main(["speech-server", "--token-env", "NO_SUCH_VARIABLE"]) == 2
    assert "NO_SUCH_VARIABLE is not set" in one_line(capsys)
    assert main(["speech-server", "--port", "0", "--max-sessions", "0"]) == 2
    assert "must be 1 or more" in one_line(capsys)


def test_speech_server_without_its_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What to install is said, exit code 3."""
    monkeypatch.setitem(sys.modules, "soxr", None)
    for name in [name for name in sys.modules if name.startswith("ivr_agi.speech_server")]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["speech-server"]) == 3
    assert "pip install 'ivr-agi[local]'" in one_line(capsys)


@pytest.mark.parametrize("what", [["sis"], ["turn"]])
def test_bench_without_its_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], what: list[str]
) -> None:
    """Before a server is started, which would say it once more."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "pocketsphinx" or None)
    assert main(["bench", *what]) == 3
    assert "pocketsphinx is not installed" in one_line(capsys)


def test_demo_without_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, and why on a Python without a wheel."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "pocketsphinx" or None)
    with pytest.raises(MissingDependency, match="pocketsphinx is not installed"):
        check_demo_packages()
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    with pytest.raises(
        MissingDependency, match=r"no wheel for 3\.14 and newer.*python3\.13 -m venv"
    ):
        check_demo_packages()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--script", "none.yaml"], "none.yaml: cannot read the script: No such file"),
        (["--tls-key", "key.pem"], "--tls-key: also needs --tls-cert"),
        (["--tls-cert", "none.pem"], "--tls-cert: cannot be used: [Errno 2]"),
        (["--token-env", "IVR_AGI_NONE"], "IVR_AGI_NONE is not set"),
        (["--access-key-env", "IVR_AGI_KEY"], "IVR_AGI_KEY: must be AK:SK"),
    ],
)
def test_speech_server_with_wrong_options(
    options: list[str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line, before anything is started."""
    pytest.importorskip("aiohttp")
    monkeypatch.setenv("IVR_AGI_KEY", "no-colon")
    assert main(["speech-server", *options]) == 2
    assert expected in one_line(capsys)


async def test_scripted_speech_server(tmp_path: Path) -> None:
    """It needs no engines, and stops in order."""
    script = tmp_path / "script.yaml"
    await asyncio.to_thread(script.write_text, "- steps: [start, {close: 4001}]")
    async with local_speech_server("--script", str(script)) as url:
        async with connect(f"{url}/v1/p/rtts") as ws:
            assert '"START"' in await ws.recv()
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert ws.close_code == 4001


def test_a_call_of_agi_is_refused() -> None:
    """``AGI()`` in place of ``EAGI()``: no fd 3; the dialplan is told."""
    command, commands = [sys.executable, "-m", "ivr_agi", "call", "main_menu"], []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as call:
        assert call.stdin
        assert call.stdout
        assert call.stderr
        call.stdin.write("agi_channel: SIP/1\nagi_uniqueid: 1.1\nagi_enhanced: 0.0\n\n")
        call.stdin.flush()
        while line := call.stdout.readline():
            commands.append(line)
            call.stdin.write(f"200 result=1 ({line.split(chr(34))[1]})\n")
            call.stdin.flush()
        error = call.stderr.read()
    assert 'SET VARIABLE "IVR_STATUS" "FAILED"\n' in commands
    assert "fd 3 (audio) is not open, as EAGI has it" in error
    assert call.returncode == 2


def test_a_list_of_words_has_nothing_to_prune(capsys: pytest.CaptureFixture[str]) -> None:
    """Tables are made for ever: only those of a flow's steps are known to be its own."""
    assert main(["vocabulary", "sync", "--words", "yes", "--prune"]) == 2
    assert "--prune: belongs to a flow" in one_line(capsys)


@pytest.mark.parametrize("option", ["silent", "talking", "clients", "seconds"])
def test_bench_with_wrong_options(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Named."""
    assert main(["bench", "sis", f"--{option}", "0"]) == 2
    assert f"--{option}: must be more than 0" in one_line(capsys)


def test_bench_shows_and_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table on standard output, JSON where it is asked for."""

    async def run(_plan: object, _say: object) -> list[Row]:
        return [row("lag", "ms", [1.0, 2.0], Target(p99=3))]

    monkeypatch.setattr("ivr_agi.bench.sis.run_sis", run)
    assert main(["bench", "sis", "--json", str(tmp_path / "x.json")]) == 0
    assert "p99 <= 3  met" in capsys.readouterr().out
    assert json.loads((tmp_path / "x.json").read_text())["rows"][0]["p99"] == 2.0
    assert main(["bench", "sis", "--json", str(tmp_path)]) == 2


def prompts(tmp_path: Path, *options: str, url: str = "ws://127.0.0.1:9") -> list[str]:
    """Arguments of `prompts build` with settings of their own."""
    config = tmp_path / "ivr-agi.toml"
    config.write_text(
        f'[speech]\nurl = "{url}"\nconnect_timeout_s = 0.5\n'
        f'[paths]\nflows = "{FLOW.parent}"\nspool = "spool"\n'
    )
    return ["prompts", "build", "main_menu", *options, "--config", str(config)]


def test_prompts_that_are_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--check names them, --cost says what they cost; neither asks the service."""
    assert main(prompts(tmp_path, "--check")) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("missing: Welcome to Example Bank.")
    assert out[-1] == "13 texts, 13 not in the cache"
    assert main(prompts(tmp_path, "--cost")) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "not in the cache: 13 texts, 14 call units, 1400 billed characters"


def test_prompts_without_a_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 3."""
    assert main(prompts(tmp_path)) == 3
    assert "cannot connect" in one_line(capsys)


@pytest.mark.engine
async def test_prompts_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plain lines where no one watches, a bar where one does; afterwards nothing is missing."""
    check_demo_packages()
    async with local_speech_server() as url:
        command = prompts(tmp_path, url=url)
        assert await asyncio.to_thread(main, command) == 0
        lines = capsys.readouterr().out.splitlines()
        assert (len(lines), lines[-1]) == (14, "13 texts, 13 made, 0 failed")
        assert lines[0].startswith("1/13 made: ")
        assert await asyncio.to_thread(main, [*command, "--check"]) == 0
        assert capsys.readouterr().out == "13 texts, 0 not in the cache\n"
        shutil.rmtree(tmp_path / "spool")
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("ivr_agi.cli.terminal.SHOWN_AFTER_S", 0)
        assert await asyncio.to_thread(main, command) == 0
        assert "/13 [" in capsys.readouterr().err  # how often it is drawn depends on the machine


def test_doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings, and the exit code of the worst; JSON in place of text."""
    config = tmp_path / "ivr-agi.toml"
    config.write_text('[paths]\nflows = "flows"\nspool = "spool"\n')
    argv = ["doctor", "--config", str(config), "--no-asterisk", "--no-start"]
    assert main(argv) == 4
    assert "WARNING  flows: there is none" in capsys.readouterr().out
    assert main([*argv, "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert {"settings", "flows", "disk"} <= {each["check"] for each in found}


@pytest.mark.parametrize("argv", [["calls", "--seconds", "0"], ["turn", "--calls", "0"]])
def test_bench_numbers(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be measured is a usage error."""
    assert main(["bench", *argv]) == 2
    one_line(capsys)


@pytest.mark.parametrize("name", MOVED)
@pytest.mark.parametrize("options", [[], ["--json", "x.json"], ["--help"]])
def test_benchmarks_that_moved(
    name: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says where they are; they are not listed."""
    assert main(["bench", name, *options]) == 2
    assert f"python -m benchmarks.{MOVED[name]}`" in one_line(capsys)
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    assert f"  {name} " not in capsys.readouterr().out


def test_bench_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its plan is what was asked for; a table, and a picture where one is wanted; or a profile."""
    plans: list[CallsPlan] = []
    drawn: list[object] = []

    async def run(plan: CallsPlan, _say: object) -> Found:
        plans.append(plan)
        return Found()

    async def profile(calls: int, seconds: float, _say: object) -> list[str]:
        return [f"{calls} calls, {seconds:g} s"]

    monkeypatch.setattr("ivr_agi.bench.calls.run_calls", run)
    monkeypatch.setattr("ivr_agi.bench.calls.profile", profile)
    monkeypatch.setattr("ivr_agi.bench.chart.draw_costs", lambda *args, **_: drawn.append(args[0]))
    options = ["--at", "20,10", "--baseline-at", "0", "--seconds", "3", "--stall", "0"]
    png = tmp_path / "x.png"
    assert main(["bench", "calls", *options, "--png", str(png)]) == 0
    assert main(["bench", "calls"]) == 0
    assert plans == [
        CallsPlan((10, 20), (), 3.0, stall_s=0.0),
        CallsPlan(CallsPlan.ladder, CallsPlan.baseline, 15.0, stall_s=2.0),
    ]
    assert drawn == [png]
    capsys.readouterr()
    assert main(["bench", "calls", "--profile", "5", "--seconds", "2"]) == 0
    assert capsys.readouterr().out == "5 calls, 2 s\n"
    with pytest.raises(SystemExit):
        main(["bench", "calls", "--at", "many"])


def test_bench_turn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What goes on is told on standard error, the table on standard output."""

    async def run(plan: TurnsPlan, say: Callable[[str], None]) -> list[Row]:
        say(f"{plan.turns} turns, {plan.calls} calls")
        return [row("lag", "ms", [1.0])]

    monkeypatch.setattr("ivr_agi.bench.turn.run_turns", run)
    assert main(["bench", "turn", "--turns", "4", "--calls", "1"]) == 0
    out, err = capsys.readouterr()
    assert ("lag" in out, err) == (True, "4 turns, 1 calls\n")
