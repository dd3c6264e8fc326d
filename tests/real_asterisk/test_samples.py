"""The samples as they are, one path each: dialplan sample, EAGI, local speech server.

English words are recorded. The local server has no Mandarin recogniser, so the bank's caller uses
keys, which is what such an installation does by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.asterisk.chroot import CHECKOUT
from ivr_agi.audio.wav import read_wav

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.asterisk.ami import Ami
    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.installation import ChrootInstallation, Install
    from benchmarks.asterisk.instance import AsteriskInstance
    from ivr_agi.journal import Event
    from tests.real_asterisk.speech import SpeechProcess

pytestmark = pytest.mark.asterisk

VOICE = Path(__file__).parent / "voice"
LANGUAGES = {
    "languages.zh": {"recognition": "chinese_8k_common", "voice": "chinese_xiaoyan_common"},
    "languages.en": {"recognition": "english_8k_common", "voice": "english_cameal_common"},
}
ID_CARD, PASSWORD = "110105194912310038", "471147"


def sample(name: str, **replaced: str) -> str:
    """A sample's text, with a few words of it replaced."""
    text = (CHECKOUT / f"config/flows/{name}.yaml").read_text(encoding="utf-8")
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return text


class Service:
    """An HTTP service of the administrator's: answers by path, notes what it is sent."""

    def __init__(self, **answers: Any) -> None:
        self.requests: list[tuple[str, str, Any, str]] = []
        """Method, path, JSON, Authorization."""
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                self.answer()

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                sent = json.loads(self.rfile.read(length)) if length else None
                authorization = self.headers.get("Authorization", "")
                service.requests.append((self.command, self.path, sent, authorization))
                body = json.dumps(answers[self.path.strip("/").partition("?")[0]]).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator[Service]:
        """Serve."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


async def asked(call: Call, program: ChrootInstallation, step: str, prompt: str = "") -> None:
    """Wait until a step says its prompt, or one with these words."""
    deadline = time.monotonic() + 20
    while not asks(program.events(call, "step", "prompt_started"), step, prompt):
        told = "\n".join(f"{e.at_s:.3f} {e.event} {e.data}" for e in program.events(call))
        assert time.monotonic() < deadline, f"{step} does not ask:\n{told}"
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)


def asks(events: list[Event], step: str, prompt: str) -> bool:
    """Whether the last step is this one, and a prompt has begun since."""
    steps = [number for number, event in enumerate(events) if event.event == "step"]
    if not steps or events[steps[-1]].data["step"] != step:
        return False
    return any(prompt in event.data.get("text", "") for event in events[steps[-1] + 1 :])


async def test_bank(
    caller: Caller, asterisk: AsteriskInstance, speech: SpeechProcess, install: Install
) -> None:
    """Who calls, by keys and in secret; the balance from the bank's service; then an agent."""
    log_begins = asterisk.log_size()
    service = Service(balance={"known": True, "balance": 1234})
    with service.running():
        flow = sample("bank_zh", **{"https://bank.example.com": service.url})
        program = install(speech.url, {"bank_zh": flow}, LANGUAGES)
        await program.sync_vocabularies()
        told = program.variables("bank_zh", environment={"BANK_TOKEN": "secret"})
        async with caller.call("100", variables=told) as call:
            await asked(call, program, "main")
            await call.press("1")
            await asked(call, program, "id_card")
            await call.press(ID_CARD, gap_s=0.15)
            await asked(call, program, "password")
            await call.press(PASSWORD, gap_s=0.15)
            await asked(call, program, "tell")
            await asked(call, program, "more")
            await call.press("0")
            await call.ended(20)
    body = {"id_card": ID_CARD, "password": PASSWORD}
    assert service.requests == [("POST", "/balance", body, "Bearer secret")]
    assert call.variables["IVR_STATUS"] == "TRANSFER"
    assert (call.variables["IVR_TRANSFER"], call.variables["QUEUE_PRIO"]) == ("bank", "5")
    assert ("ivr-queue", "s") in {step[:2] for step in call.steps}
    assert not where_it_is(program, PASSWORD)
    assert not where_it_is(program, ID_CARD)
    logged = " ".join(line.text for line in asterisk.log(log_begins) if "PlayDTMF" not in line.text)
    logged += " ".join(call.variables.values())
    assert not [number for number in (PASSWORD, ID_CARD) if number in logged]
    keys = [event.data["key"] for event in program.events(call, "key") if "key" in event.data]
    assert keys == ["1"] or keys == ["1", "0"]


def where_it_is(program: ChrootInstallation, number: str) -> list[str]:
    """Files of the installation (journal, log, spool) that have a number."""
    files = [path for path in program.host.rglob("*") if path.is_file()]
    return [str(path) for path in files if number.encode() in path.read_bytes()]


async def test_clinic(caller: Caller, speech: SpeechProcess, install: Install) -> None:
    """An appointment: the wish by voice, doctor, day and hour by keys; booked at the service."""
    day = datetime.date.today() + datetime.timedelta(days=7)
    service = Service(free={"free": True}, appointments={})
    with service.running():
        flow = sample("clinic_en", **{"https://clinic.example.com": service.url})
        program = install(speech.url, {"clinic_en": flow}, LANGUAGES)
        await program.sync_vocabularies()
        async with caller.call("100", variables=program.variables("clinic_en")) as call:
            await asked(call, program, "main")
            call.say(await asyncio.to_thread(read_wav, VOICE / "book_an_appointment.wav"))
            await asked(call, program, "doctor")
            await call.press("1")
            await asked(call, program, "day")
            await call.press(f"{day:%Y%m%d}#", gap_s=0.15)
            await asked(call, program, "day", "Is that right?")
            await call.press("1")
            await asked(call, program, "hour")
            await call.press("0930#", gap_s=0.15)
            await asked(call, program, "sure")
            await call.press("1")
            await call.ended(20)
    appointment = {"doctor": "adams", "day": f"{day}", "hour": "09:30", "phone": "100200300"}
    assert service.requests[-1] == ("POST", "/appointments", appointment, "")
    assert call.variables["IVR_STATUS"] == "COMPLETED"
    assert call.variables["IVR_RESULT"] == f"{day} 09:30"
    assert call.variables["IVR_SLOT_DOCTOR"] == "adams"
    assert len(call.variables["IVR_FLOW_VERSION"]) == 12


async def test_message(caller: Caller, speech: SpeechProcess, install: Install) -> None:
    """The clinic's record step: beep, words, hash; the file has the words."""
    program = install(speech.url, {"clinic_en": sample("clinic_en")}, LANGUAGES)
    words = await asyncio.to_thread(read_wav, VOICE / "book_an_appointment.wav")
    async with caller.call("100", variables=program.variables("clinic_en")) as call:
        await asked(call, program, "main")
        await call.press("2")
        await program.wait_for(call, "prompt_ended", 3)  # menu, prompt, beep
        call.say(words)
        await call.said()
        await call.press("#")
        message = await program.wait_for(call, "message")
        await call.ended(20)
    assert call.variables["IVR_RESULT"] == "cancelled"
    name = call.variables["IVR_SLOT_CANCELLATION"]
    assert name == message.data["recording"]
    (file,) = (program.host / "spool/messages").iterdir()
    assert f"{name}.wav".endswith(file.name)
    pcm = await asyncio.to_thread(read_wav, file)
    assert len(pcm) == pytest.approx(len(words), abs=16000)


async def test_after_hours(
    caller: Caller, ami: Ami, speech: SpeechProcess, install: Install
) -> None:
    """Closed; the caller changes to Chinese and wants to be called back, which is noted."""
    flow = sample("after_hours", **{'weekly: {mon-fri: ["09:00-18:00"]}': "weekly: {}"})
    program = install(speech.url, {"after_hours": flow}, LANGUAGES)
    await program.sync_vocabularies()
    async with caller.call("100", variables=program.variables("after_hours")) as call:
        await asked(call, program, "closed_menu")
        await call.press("8")
        await program.wait_for(call, "prompt_started", 3)
        await asyncio.sleep(0.3)
        await call.press("2")
        await program.wait_for(call, "prompt_started", 4)
        await asyncio.sleep(0.3)
        await call.press("1")
        await call.ended(20)
    prompts = [event.data["text"] for event in program.events(call, "prompt_started")]
    assert prompts[2].startswith("请说留言")
    assert call.variables["IVR_STATUS"] == "CALLBACK"
    noted = await ami.cli("database show ivr-callback")
    assert re.search(r"/ivr-callback/100200300\s*: \d+ sales", noted)


async def test_reminder(caller: Caller, speech: SpeechProcess, install: Install) -> None:
    """Asterisk calls Ann, who says yes and will come."""
    program = install(speech.url, {"reminder": sample("reminder")}, LANGUAGES)
    await program.sync_vocabularies()
    told = {"IVR_ARG_NAME": "Ann", "IVR_ARG_WHEN": "tomorrow at half past nine"}
    told |= program.variables("reminder")
    async with caller.call("s", context="ivr-reminder", variables=told, outbound=True) as call:
        await asked(call, program, "greet")
        call.say(await asyncio.to_thread(read_wav, VOICE / "yes.wav"))
        await asked(call, program, "remind")
        call.say(await asyncio.to_thread(read_wav, VOICE / "i_will_come.wav"))
        await call.ended(20)
    prompts = [event.data["text"] for event in program.events(call, "prompt_started")]
    assert "speaking to Ann" in prompts[0]
    assert "tomorrow at half past nine" in prompts[1]
    assert call.variables["IVR_STATUS"] == "COMPLETED"
    assert call.variables["IVR_RESULT"] == "confirmed"


async def test_pyst2_script(caller: Caller, speech: SpeechProcess, install: Install) -> None:
    """docs/samples/pyst2_menu.py: says, is talked over, understands, leaves the extension."""
    script = (CHECKOUT / "docs/samples/pyst2_menu.py").read_text(encoding="utf-8")
    program = install(speech.url, {})
    (program.host / "menu.py").write_text(script, encoding="utf-8")
    await program.sync_words("sales", "support", "operator")
    told = program.variables("--script", f"{program.folder}/menu.py")
    async with caller.call("100", variables=told) as call:
        await program.wait_for(call, "prompt_started", 2)
        await asyncio.sleep(1.0)
        call.say(await asyncio.to_thread(read_wav, VOICE / "support.wav"))
        await call.ended(20)
    assert program.events(call, "prompt_stopped")
    assert call.variables["MENU_EXTENSION"] == "202"
    assert call.variables["IVR_STATUS"] == "COMPLETED"
