"""``ivr-agi call`` in this process, on a simulated Asterisk; test_cli.py has it as a process."""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.cli import call, main
from ivr_agi.errors import ChannelLost, ConfigError
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.simulator.call import SimulatedAsterisk
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder

pytestmark = pytest.mark.virtual_time

NOW = "start: a\nsteps:\n  a: {do: hangup, result: now}\n"
NO_AUDIO = ConfigError("fd 3 (audio) is not open")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings, a flow and a script."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/now.yaml").write_text(NOW)
    (tmp_path / "hello.py").write_text("def main(agi):\n    return 'hello'\n")
    file = tmp_path / "ivr-agi.toml"
    file.write_text(
        "[paths]\nflows = 'flows'\nspool = 'spool'\n[speech]\nurl = 'ws://127.0.0.1:9'\n"
    )
    return file


async def run(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    flow: str | None = "now",
    no_audio: ConfigError | None = None,
    words: tuple[str, ...] | None = None,
) -> tuple[FlowResult | ConfigError, dict[str, str]]:
    """What the command makes of a call, and what the dialplan finds."""
    line = PhoneLine(IncomingCall(), SoundFolder(folder))
    async with SimulatedAsterisk(line) as asterisk:
        opened = functools.partial(AgiChannel.open, handle_sighup=False)
        monkeypatch.setattr(AgiChannel, "open", opened)
        if words is None:
            words = (flow,) if flow else ("--script", str(folder / "hello.py"))
        args = argparse.Namespace(config=str(folder / "ivr-agi.toml"), words=words)
        fds = (
            asterisk.script_stdin_fd,
            asterisk.script_stdout_fd,
            asterisk.script_audio_fd,
        )
        result: FlowResult | ConfigError
        try:
            result = await call._call(args, fds, no_audio)
        except ConfigError as error:
            result = error
        return result, dict(line.session.variables)


async def test_a_flow(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its result is the dialplan's."""
    result, variables = await run(config.parent, monkeypatch)
    assert isinstance(result, FlowResult)
    assert (variables["IVR_STATUS"], variables["IVR_RESULT"]) == ("COMPLETED", "now")


@pytest.mark.real_time  # the script has a thread of its own
async def test_a_script(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What main() returns is the result."""
    result, variables = await run(config.parent, monkeypatch, flow=None)
    assert (variables["IVR_STATUS"], variables["IVR_RESULT"]) == ("COMPLETED", "hello")


@pytest.mark.parametrize(
    ("flow", "no_audio", "expected"),
    [
        ("nonsense", None, "there is no flow 'nonsense'"),
        ("x" * 252, None, "there is no flow 'xxx"),
        ("now", NO_AUDIO, "fd 3 (audio)"),
    ],
)
async def test_a_call_that_cannot_begin(
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    flow: str,
    no_audio: ConfigError | None,
    expected: str,
) -> None:
    """The dialplan is told, and so is the console."""
    error, variables = await run(config.parent, monkeypatch, flow=flow, no_audio=no_audio)
    assert expected in (error.error if isinstance(error, FlowResult) else str(error))
    assert variables["IVR_STATUS"] == "FAILED"
    assert expected in variables["IVR_ERROR"]


@pytest.mark.parametrize("no_audio", [None, NO_AUDIO])
async def test_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch, no_audio: ConfigError | None
) -> None:
    """A shell has neither replies nor audio: the person is told what is missing first."""

    async def lost(**_: object) -> AgiChannel:
        raise ChannelLost("gone")

    monkeypatch.setattr(AgiChannel, "open", lost)
    with pytest.raises(ChannelLost if no_audio is None else ConfigError):
        await call._call(argparse.Namespace(), (0, 1, 3), no_audio)


async def test_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes, and nobody who writes: no process waits for ever."""

    async def silent(**_: object) -> AgiChannel:
        await asyncio.sleep(1e6)
        raise AssertionError

    monkeypatch.setattr(AgiChannel, "open", silent)
    with pytest.raises(ConfigError, match="nothing came from Asterisk in 5 s"):
        await call._call(argparse.Namespace(), (0, 1, 3), None)


@pytest.fixture
def pipes(monkeypatch: pytest.MonkeyPatch) -> dict[int, int | None]:
    """The modes of fds 0, 1 and 3, as Asterisk gives them; None is not open."""
    modes: dict[int, int | None] = dict.fromkeys((0, 1, 3), stat.S_IFIFO)
    really = os.fstat

    def fstat(fd: int) -> os.stat_result:
        if fd not in modes:
            return really(fd)
        if (mode := modes[fd]) is None:
            raise OSError
        return os.stat_result((mode, *[0] * 9))

    monkeypatch.setattr(os, "fstat", fstat)
    return modes


@pytest.mark.parametrize(
    ("status", "exit_code"), [(Status.COMPLETED, 0), (Status.FAILED, 1), (Status.SPEECH_DOWN, 3)]
)
def test_exit_codes(
    status: Status,
    exit_code: int,
    pipes: dict[int, int | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hang-up now does not kill us unheard; the dialplan sees how it went."""

    async def ended(_: object, fds: object, no_audio: ConfigError | None) -> FlowResult:
        assert (fds, no_audio) == ((10, 11, 12), None)
        return FlowResult(status=status)

    ignored: list[tuple[object, ...]] = []
    monkeypatch.setattr(signal, "signal", lambda *args: ignored.append(args))
    monkeypatch.setattr(call, "_call", ended)
    monkeypatch.setattr(call, "_take_fds", lambda *, has_audio: (10, 11, 12))
    assert main(["call", "now"]) == exit_code
    assert ignored[:1] == [(signal.SIGHUP, signal.SIG_IGN)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(None, "fd 1 (commands) is not open"), (stat.S_IFREG, "fd 1 (commands) is not a pipe")],
)
def test_not_on_pipes(
    mode: int | None,
    expected: str,
    pipes: dict[int, int | None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line says what starts this."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    pipes[1] = mode
    assert main(["call", "now"]) == 2
    err = capsys.readouterr().err
    assert expected in err
    assert "Asterisk starts this with EAGI()" in err


def append(config: Path, text: str) -> None:
    """Add to the settings; there is a file where a folder would have to be."""
    (config.parent / "file").write_text("")
    config.write_text(config.read_text() + text)


@pytest.mark.parametrize("words", [(), ("",), ("now", "more"), ("--flow", "x"), ("--script",)])
async def test_wrong_arguments_are_told_as_the_server_tells_them(
    config: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """W9: the dialplan hears of it."""
    _, variables = await run(config.parent, monkeypatch, words=words)
    assert variables["IVR_STATUS"] == "FAILED"
    assert "EAGI() takes the name of a flow" in variables["IVR_ERROR"]


@pytest.mark.parametrize("section", ["[journal]\nfile = %r\n", "[log]\nfile = %r\n"])
async def test_a_record_never_costs_a_call(
    config: Path, monkeypatch: pytest.MonkeyPatch, section: str, caplog: pytest.LogCaptureFixture
) -> None:
    """W10: neither log nor journal can be written: the folder is a file."""
    append(config, section % str(config.parent / "file/x.log"))
    result, variables = await run(config.parent, monkeypatch)
    assert isinstance(result, FlowResult)
    assert (variables["IVR_STATUS"], variables["IVR_RESULT"]) == ("COMPLETED", "now")
    assert "the call goes on without its" in caplog.text


@pytest.mark.parametrize("text", ["nonsense", "[" * 20_000, "[turn]\ntimeout_s = 'x'\n"])
async def test_settings_that_are_none(
    config: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Whatever a file can raise is a status and one line."""
    append(config, text)
    error, variables = await run(config.parent, monkeypatch)
    assert isinstance(error, ConfigError)
    assert "\n" not in str(error)
    assert variables["IVR_STATUS"] == "FAILED"


async def test_a_bug_before_the_call_begins(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C18: the dialplan is told, and the process ends with one line."""

    def bug(_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(call, "Resources", bug)
    error, variables = await run(config.parent, monkeypatch)
    assert "ZeroDivisionError: a bug" in str(error)
    assert (variables["IVR_STATUS"], variables["IVR_ERROR"]) == ("FAILED", "a bug")


@pytest.mark.parametrize(
    ("argv", "config_file", "words"),
    [
        (["main_menu"], None, ("main_menu",)),
        (["--config", "x.toml", "main_menu"], "x.toml", ("main_menu",)),
        (["--config=x.toml", "--script", "y.py"], "x.toml", ("--script", "y.py")),
        (["--config"], None, ("--config",)),
        (["main_menu", "--config", "x"], "x", ("main_menu",)),
        ([], None, ()),
    ],
)
def test_arguments_are_taken_as_they_are(
    argv: list[str],
    config_file: str | None,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those of the launcher come first; the rest is what EAGI() has."""
    found: list[argparse.Namespace] = []

    def note(args: argparse.Namespace) -> int:
        found.append(args)
        return 0

    monkeypatch.setattr(call, "_run", note)
    assert main(["call", *argv]) == 0
    assert (found[0].config, found[0].words) == (config_file, words)


def test_help_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    """For the person who looks."""
    with pytest.raises(SystemExit) as caught:
        main(["call", "--help"])
    assert caught.value.code == 0
    assert "EAGI(ivr-agi,main_menu)" in capsys.readouterr().out


TAKE = """
import os, subprocess, sys
from ivr_agi.cli import call
%s
fds = call._take_fds(has_audio=%s)
print("a print")
os.system("echo a child")
assert sys.stdin.read() == ""
if fds[2] >= 0:
    assert os.read(fds[2], 9) == b"audio"
os.write(fds[1], os.read(fds[0], 9))
seen = subprocess.run(["ls", "/proc/self/fd"], capture_output=True, close_fds=False).stdout
assert set(seen.split()) <= {b"0", b"1", b"2", b"3"}, seen
"""


@pytest.mark.parametrize("has_audio", [True, False])
@pytest.mark.parametrize("has_stderr", [True, False])
def test_the_pipe_of_commands_is_nobodys_output(has_audio: bool, has_stderr: bool) -> None:
    """W3: what user code and its children print is no AGI command; none inherits the pipe."""
    more = "" if has_stderr else "os.close(2)"
    audio = os.pipe()
    os.write(audio[1], b"audio")
    os.set_inheritable(audio[0], True)
    prepare = f"os.dup2({audio[0]}, 3); os.close({audio[0]}); {more}" if has_audio else more
    done = subprocess.run(
        [sys.executable, "-c", TAKE % (prepare, has_audio)],
        input=b"reply",
        capture_output=True,
        pass_fds=[audio[0]] if has_audio else [],
        check=False,
    )
    for fd in audio:
        os.close(fd)
    assert (done.returncode, done.stdout) == (0, b"reply"), done.stderr
    assert sorted(done.stderr.split(b"\n")) == (
        [b"", b"a child", b"a print"] if has_stderr else [b""]
    )
