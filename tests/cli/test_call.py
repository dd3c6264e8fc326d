"""``ivr-agi call`` in this process, on a simulated Asterisk; test_cli.py has it as a process."""

from __future__ import annotations

import argparse
import functools
import os
import signal
import stat
from pathlib import Path

import pytest

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.cli import call, main
from ivr_agi.errors import ChannelLost, ConfigError
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.serve.call import take_call
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
) -> tuple[FlowResult | ConfigError, dict[str, str]]:
    """What the command makes of a call, and what the dialplan finds."""
    line = PhoneLine(IncomingCall(), SoundFolder(folder))
    async with SimulatedAsterisk(line) as asterisk:
        opened = functools.partial(
            AgiChannel.open,
            stdin_fd=asterisk.script_stdin_fd,
            stdout_fd=asterisk.script_stdout_fd,
            handle_sighup=False,
        )
        monkeypatch.setattr(AgiChannel, "open", opened)
        monkeypatch.setattr(
            call, "take_call", functools.partial(take_call, audio_fd=asterisk.script_audio_fd)
        )
        args = argparse.Namespace(
            config=str(folder / "ivr-agi.toml"),
            flow=flow,
            script=None if flow else str(folder / "hello.py"),
        )
        result: FlowResult | ConfigError
        try:
            result = await call._call(args, no_audio)
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
    [("nonsense", None, "there is no flow 'nonsense'"), ("now", NO_AUDIO, "fd 3 (audio)")],
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
    assert expected in str(error)
    assert variables["IVR_STATUS"] == "FAILED"
    assert expected in variables["IVR_ERROR"]


@pytest.mark.parametrize("no_audio", [None, NO_AUDIO])
async def test_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch, no_audio: ConfigError | None
) -> None:
    """A shell has neither replies nor audio: the person is told what is missing first."""

    async def lost() -> AgiChannel:
        raise ChannelLost("gone")

    monkeypatch.setattr(AgiChannel, "open", lost)
    with pytest.raises(ChannelLost if no_audio is None else ConfigError):
        await call._call(argparse.Namespace(), no_audio)


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

    async def ended(_: object, no_audio: ConfigError | None) -> FlowResult:
        assert no_audio is None
        return FlowResult(status=status)

    ignored: list[tuple[object, ...]] = []
    monkeypatch.setattr(signal, "signal", lambda *args: ignored.append(args))
    monkeypatch.setattr(call, "_call", ended)
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
