"""The simulator over real pipes: in this process, and with EAGI scripts of their own."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ivr_agi.audio.frames import FRAME_BYTES, SILENCE_FRAME
from ivr_agi.errors import ConfigError
from ivr_agi.simulator.asterisk import AgiStatus
from ivr_agi.simulator.call import SimulatedAsterisk, SimulatedCall, simulate_call
from ivr_agi.simulator.caller import CallerPause, CallerStep, EndCall, Mute, PlayVoice, Press
from ivr_agi.simulator.events import CallEvent, CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from tests.patience import PATIENCE_S, Stopwatch
from tests.simulator.tools import LOUD, Memory

if TYPE_CHECKING:
    from pathlib import Path

PRELUDE = """
import os, signal, sys, time
def line():
    text = b""
    while not text.endswith(b"\\n"):
        byte = os.read(0, 1)
        if not byte:
            break
        text += byte
    return text
def ask(command):
    os.write(1, command + b"\\n")
    return line()
environment = []
while (text := line()) != b"\\n":
    environment.append(text)
def tell(name, value):
    ask(b'SET VARIABLE %s "%s"' % (name, bytes(value)))
"""


def script(body: str) -> list[str]:
    """Command line of a small EAGI script that has read its environment."""
    return [sys.executable, "-I", "-S", "-c", PRELUDE + body]


def phone_line(*steps: CallerStep, call: IncomingCall | None = None, **sounds: bytes) -> PhoneLine:
    """A call with sounds in memory."""
    return PhoneLine(call or IncomingCall(), Memory(sounds), steps)


async def call(body: str, line: PhoneLine, *, deadline_s: float = PATIENCE_S) -> SimulatedCall:
    """Run a script against a line."""
    return await simulate_call(script(body), line, deadline_s=deadline_s)


async def read_line(fd: int) -> bytes:
    """A line from a pipe, read in a thread so that the simulator goes on."""

    def read() -> bytes:
        text = b""
        while not text.endswith(b"\n"):
            text += os.read(fd, 1)
        return text

    return await asyncio.to_thread(read)


async def read_environment(asterisk: SimulatedAsterisk) -> None:
    """Take the environment block out of the pipe."""
    while await read_line(asterisk.script_stdin_fd) != b"\n":
        pass


# --- in this process


async def test_environment_is_there_at_once() -> None:
    """When the body begins the script can read it."""
    incoming = IncomingCall(caller_id_name='"Zoë" \udcff')
    async with SimulatedAsterisk(phone_line(call=incoming)) as asterisk:
        block = os.read(asterisk.script_stdin_fd, 65536)
    assert block == incoming.environment_block()


async def test_command_and_reply() -> None:
    """A line in, a reply out, an event on the time line."""
    async with SimulatedAsterisk(phone_line()) as asterisk:
        await read_environment(asterisk)
        began = time.monotonic()
        os.write(asterisk.script_stdout_fd, b"ANSWER\n")
        assert await read_line(asterisk.script_stdin_fd) == b"200 result=0\n"
        event = await asterisk.wait_for(CallEventKind.COMMAND_RECEIVED)
    assert event.name == "ANSWER"
    assert began <= event.at <= time.monotonic()


async def test_two_commands_in_one_write_fail_here_too() -> None:
    """The second one is not looked at until another byte comes."""
    async with SimulatedAsterisk(phone_line(menu=LOUD * 100)) as asterisk:
        await read_environment(asterisk)
        os.write(asterisk.script_stdout_fd, b'STREAM FILE menu ""\nNOOP\n')
        await asterisk.wait_for(CallEventKind.PROMPT_STARTED)
        await asyncio.sleep(0.06)
        assert asterisk.events[-1].kind is CallEventKind.PROMPT_STARTED
        os.write(asterisk.script_stdout_fd, b"NOOP\n")
        assert await read_line(asterisk.script_stdin_fd) == b"200 result=0\n"
        ended = await asterisk.wait_for(CallEventKind.PLAYBACK_ENDED)
    assert ended.detail == "stopped"


@pytest.mark.virtual_time
async def test_voice_in_real_time() -> None:
    """One frame every 20 ms on fd 3, the caller's words among them."""
    async with SimulatedAsterisk(phone_line(PlayVoice("yes", LOUD))) as asterisk:
        await asterisk.wait_for(CallEventKind.VOICE_ENDED)
        await asyncio.sleep(0.2)
        n_frames = asterisk.frames_written - 2
        assert n_frames == pytest.approx(10, abs=2)
        audio = os.read(asterisk.script_audio_fd, 65536)
    assert audio[: FRAME_BYTES * 2] == LOUD + SILENCE_FRAME


@pytest.mark.virtual_time
async def test_full_pipe_drops_frames() -> None:
    """A script that does not read fd 3 loses frames, and they are counted."""
    async with SimulatedAsterisk(phone_line()) as asterisk:
        os.set_blocking(asterisk._audio_fd, False)
        filled = os.write(asterisk._audio_fd, bytes(1 << 20))
        await asyncio.sleep(0.1)
        assert asterisk.frames_written == 0
        assert asterisk.frames_dropped >= 2
        assert len(os.read(asterisk.script_audio_fd, filled)) == filled
        await asyncio.sleep(0.05)
        assert asterisk.frames_written >= 1


async def test_fd3_closed_by_the_script() -> None:
    """Asterisk ignores that nobody wants the audio."""
    async with SimulatedAsterisk(phone_line(CallerPause(0.06), Press("1"))) as asterisk:
        os.close(asterisk.script_audio_fd)
        await asterisk.wait_for(CallEventKind.KEY_PRESSED)
        assert (asterisk.frames_written, asterisk.frames_dropped) == (0, 0)


async def test_muted_phone_sends_nothing() -> None:
    """No frame reaches fd 3."""
    async with SimulatedAsterisk(phone_line(Mute(True), CallerPause(0.06), Press("1"))) as asterisk:
        await asterisk.wait_for(CallEventKind.KEY_PRESSED)
        assert asterisk.frames_written == 0


async def test_replies_wait_for_a_slow_script() -> None:
    """What does not fit into the pipe comes later, in order."""
    async with SimulatedAsterisk(phone_line()) as asterisk:
        await read_environment(asterisk)
        os.write(asterisk.script_stdout_fd, b"SET VARIABLE X " + b"x" * 2000 + b"\n")
        await read_line(asterisk.script_stdin_fd)
        for n in range(40):
            os.write(asterisk.script_stdout_fd, b"GET VARIABLE X\n")
            await asterisk.wait_for(CallEventKind.COMMAND_RECEIVED, nth=n + 2)
        for _ in range(40):
            line = await read_line(asterisk.script_stdin_fd)
            assert line == b"200 result=1 (" + b"x" * 2000 + b")\n"


async def test_script_that_reads_no_replies() -> None:
    """A script that has closed its standard input still gets its commands done."""
    async with SimulatedAsterisk(phone_line()) as asterisk:
        os.close(asterisk.script_stdin_fd)
        os.write(asterisk.script_stdout_fd, b"SET VARIABLE X 1\n")
        await asterisk.wait_for(CallEventKind.VARIABLE_SET)


async def test_script_ends() -> None:
    """Closing its standard output is the end, and the ticks stop."""
    async with SimulatedAsterisk(phone_line()) as asterisk:
        os.close(asterisk.script_stdout_fd)
        await asterisk.wait_for(CallEventKind.SCRIPT_ENDED)
        await asyncio.sleep(0.04)
        frames = asterisk.frames_written
        await asyncio.sleep(0.06)
        assert asterisk.frames_written == frames


@pytest.mark.virtual_time
async def test_events_are_called_back_and_awaited() -> None:
    """By kind, name and number; what has not come is waited for no longer than said."""
    seen: list[CallEvent] = []
    async with SimulatedAsterisk(phone_line(Press("121")), on_event=seen.append) as asterisk:
        second = await asterisk.wait_for(CallEventKind.KEY_PRESSED, name="1", nth=2)
        first, *_ = [e for e in asterisk.events if e.kind is CallEventKind.KEY_PRESSED]
        assert second.at - first.at == pytest.approx(0.4, abs=0.1)
        with pytest.raises(TimeoutError):
            await asterisk.wait_for(CallEventKind.HUNG_UP, timeout_s=0.01)
        assert seen == asterisk.events


async def test_pipes_are_closed() -> None:
    """No file descriptor is left, and one that is someone else's by now is not touched."""
    before = len(os.listdir("/proc/self/fd"))
    async with SimulatedAsterisk(phone_line(menu=LOUD)) as asterisk:
        os.write(asterisk.script_stdout_fd, b"STREAM FILE menu #\n")
        os.close(asterisk.script_audio_fd)
        other = os.open(os.devnull, os.O_RDONLY)
        assert other == asterisk.script_audio_fd
    os.fstat(other)
    os.close(other)
    assert len(os.listdir("/proc/self/fd")) == before


async def test_error_in_the_body_comes_out() -> None:
    """As itself, not in a group."""
    with pytest.raises(ZeroDivisionError):
        async with SimulatedAsterisk(phone_line()):
            raise ZeroDivisionError


@pytest.mark.parametrize("kind", [CallEventKind.KEY_PRESSED, CallEventKind.COMMAND_RECEIVED])
async def test_error_in_a_callback_is_not_lost(kind: CallEventKind) -> None:
    """An on_event that fails, in a tick or on a command, ends the call."""

    def fail(event: CallEvent) -> None:
        if event.kind is kind:
            raise ZeroDivisionError

    async def run_call() -> None:
        async with SimulatedAsterisk(phone_line(Press("1")), on_event=fail) as asterisk:
            os.write(asterisk.script_stdout_fd, b"NOOP\n")
            await asyncio.sleep(5)

    with pytest.raises(ExceptionGroup) as found:
        await run_call()
    assert found.group_contains(ZeroDivisionError)


# --- with a script of its own


async def test_a_whole_call(tmp_path: Path) -> None:
    """Environment, a growing prompt from disk, voice on fd 3, a key, a variable, the end."""
    (tmp_path / "menu.sln").write_bytes(LOUD * 50)
    line = PhoneLine(
        IncomingCall(arguments=("main", "a b")),
        SoundFolder(tmp_path),
        [PlayVoice("yes", LOUD), CallerPause(0.1), Press("2")],
    )
    result = await call(
        """
reply = ask(b'STREAM FILE menu "12"')
tell(b"REPLY", reply.split()[1])
tell(b"LOUD", str(os.read(3, 65536).count(b"\\x00\\x10")).encode())
tell(b"ARGS", " ".join(sys.argv[1:]).encode() + b"|" + environment[-1].strip())
tell(b"AGI_DIR", os.environ["AST_AGI_DIR"].encode())
""",
        line,
    )
    assert result.variables["REPLY"] == "result=50"
    assert int(result.variables["LOUD"]) >= 160
    assert result.variables["ARGS"] == "main a b|agi_arg_2: a b"
    assert result.variables["AGI_DIR"] == "/usr/share/asterisk/agi-bin"
    assert (result.exit_code, result.agi_status, result.failure) == (0, AgiStatus.SUCCESS, None)
    kinds = [event.kind for event in result.events]
    assert kinds[0] is CallEventKind.CALL_STARTED
    assert kinds[-2:] == [CallEventKind.SCRIPT_ENDED, CallEventKind.EXITED]
    assert kinds.index(CallEventKind.PROMPT_STARTED) < kinds.index(CallEventKind.KEY_PRESSED)
    assert [event.at for event in result.events] == sorted(event.at for event in result.events)
    assert LOUD in result.recording.ivr_pcm
    assert len(result.recording.ivr_pcm) == len(result.recording.caller_pcm)


async def test_asterisks_ends_are_not_inherited() -> None:
    """The script has each of its three pipes once; else it would never see their end."""
    result = await call(
        """
links = []
for fd in os.listdir("/proc/self/fd"):
    try:
        links.append(os.readlink("/proc/self/fd/" + fd))
    except OSError:
        pass
pipes = [os.readlink("/proc/self/fd/" + fd) for fd in "013"]
tell(b"COUNTS", " ".join(str(links.count(pipe)) for pipe in pipes).encode())
""",
        phone_line(),
    )
    assert result.variables["COUNTS"] == "1 1 1"


@pytest.mark.parametrize(
    ("ends", "exit_code", "status"),
    [("sys.exit(3)", 3, AgiStatus.FAILURE), ("os.abort()", -6, AgiStatus.FAILURE)],
)
async def test_exit_codes(ends: str, exit_code: int, status: AgiStatus) -> None:
    """A script that fails makes AGISTATUS FAILURE."""
    result = await call(ends, phone_line())
    assert (result.exit_code, result.agi_status) == (exit_code, status)


async def test_hang_up_kills_a_script_that_does_not_care() -> None:
    """SIGHUP's default action, as in Asterisk."""
    result = await call("line()", phone_line(CallerPause(0.2), EndCall()))
    assert (result.exit_code, result.agi_status) == (-1, AgiStatus.HANGUP)


async def test_hang_up_is_noticed_and_cleaned_up_after() -> None:
    """The pending command answers -1, SIGHUP comes, variables can still be set."""
    result = await call(
        """
signals = []
signal.signal(signal.SIGHUP, lambda *_: signals.append(b"HUP"))
ask(b"ANSWER")
pending = ask(b"WAIT FOR DIGIT -1")
while not signals:
    time.sleep(0.001)
dead = ask(b'STREAM FILE menu ""')
tell(b"ALL", b"|".join([pending.strip(), signals[0], dead[:3]]))
""",
        phone_line(CallerPause(0.3), EndCall()),
    )
    assert result.variables["ALL"] == "200 result=-1|HUP|511"
    assert (result.exit_code, result.agi_status) == (0, AgiStatus.HANGUP)


async def test_deadline_kills_the_script_and_its_children(tmp_path: Path) -> None:
    """Nothing of it is left, and the result says why."""
    path = tmp_path / "pids"
    body = f"sleep 99 & echo $$ $! > {path}; wait"
    for deadline_s in (0.5, 5, 50):  # until the shell was fast enough
        watch = Stopwatch()
        result = await simulate_call(["sh", "-c", body], phone_line(), deadline_s=deadline_s)
        assert watch.seconds < deadline_s + 4.5
        if path.exists() and path.stat().st_size:
            break
    assert result.failure == f"the script did not end within {deadline_s:g} s"
    assert (result.exit_code, result.agi_status) == (-9, AgiStatus.FAILURE)
    pids = [int(pid) for pid in path.read_text().split()]
    assert len(pids) == 2
    for pid in pids:
        await gone(pid)


def is_running(pid: int) -> bool:
    """A process that is neither gone nor a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> None:
    """Wait for the end of a process that was killed; only the script itself is waited for by us."""
    async with asyncio.timeout(PATIENCE_S):
        while is_running(pid):  # noqa: ASYNC110  # the kernel tells nobody
            await asyncio.sleep(0.01)


async def test_script_that_lingers_is_waited_for() -> None:
    """The pipe's end is not the process's end; its exit code is still collected."""
    result = await call("os.close(1); time.sleep(0.1); sys.exit(4)", phone_line())
    assert result.exit_code == 4
    ended, exited = result.events[-2:]
    assert exited.at - ended.at > 0.05


async def test_caller_who_gives_up_is_reported() -> None:
    """The failure of the scripted caller is the call's."""
    line = phone_line()
    line.caller.failure = "step 1: no prompt_start within 1 s"
    result = await call("", line)
    assert result.failure == "step 1: no prompt_start within 1 s"


async def test_cancelled_call_kills_the_script(tmp_path: Path) -> None:
    """Cancelling leaves no process behind."""
    path = tmp_path / "pid"
    body = f'open({str(path)!r}, "w").write(str(os.getpid()))\ntell(b"X", b"1")\ntime.sleep(30)'
    ready = asyncio.Event()

    def note(event: CallEvent) -> None:
        if event.kind is CallEventKind.VARIABLE_SET:
            ready.set()

    task = asyncio.create_task(simulate_call(script(body), phone_line(), on_event=note))
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(int(path.read_text()))


async def test_environment_variables() -> None:
    """More of them can be given."""
    result = await simulate_call(
        script('tell(b"X", os.environ["IVR_TEST"].encode())'),
        phone_line(),
        environment={"IVR_TEST": "yes"},
    )
    assert result.variables["X"] == "yes"


async def test_missing_program() -> None:
    """One line that names it."""
    with pytest.raises(ConfigError, match="cannot start /no/such/script: No such file"):
        await simulate_call(["/no/such/script"], phone_line())
