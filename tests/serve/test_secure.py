"""A number given in a secure step, by voice and by keys: looked for in every sink there is."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.dialogue.call import Dialogue
from ivr_agi.flow.load.loader import load_program
from ivr_agi.flow.run.results import FlowResult
from ivr_agi.serve.call import run_flow
from ivr_agi.simulator.caller import CallerStep, Moment, Press, WaitForPrompt
from ivr_agi.sis.wire.messages import EventResponse
from tests.serve.test_call import Office, open_office, speak
from tests.sis.fake import (
    CANCELLED,
    ENDED,
    STARTED,
    VOICE_START,
    Peer,
    fake_service,
    listen_in_vain,
    result,
)

PIN = "471147"
FORMS = re.compile(
    r"4\D?7\D?1\D?1\D?4\D?7|four,? seven|forty.seven|四七|肆柒|四十七", re.IGNORECASE
)
"""Ways to write it; of words its begin is enough."""

FLOW = """\
start: pin
languages: [en]
defaults:
  timeout_s: 0.3
  no_input: {go: bye, after: 1}
  no_match: {go: bye, after: 2}
steps:
  pin:
    do: ask
    prompt: Your PIN, please.
    timeout_s: 5
    slot: {type: digits, length: 6}
    secure: true
    save: pin
    go: look
  look:
    do: http
    url: "http://127.0.0.1:9/{{ pin }}"
    method: POST
    retry_safe: true
    headers: {X-Pin: "{{ pin }}"}
    json: {pin: "{{ pin }}"}
    filler: One moment.
    filler_after_s: 0.01
    save: {balance: balance}
    go: use
    error: use
  use: {do: python, function: "hooks:use", arguments: {pin: "{{ pin }}"}, go: sure, error: wait}
  wait: {do: say, prompt: Thank you., go: is_right}
  is_right: {do: if, when: "pin == '471147'", go: sure, else: bye}
  sure: {do: confirm, prompt: "Anything else?", yes: bye, no: bye}
  bye: {do: hangup, prompt: Goodbye., result: "{{ pin | default('none') }}"}
"""
HOOKS = "def use(pin):\n    raise ValueError(f'no account has the PIN {pin}')\n"


async def hear_the_pin(peer: Peer) -> None:
    """Be the service: words for the PIN, at once or only after the session was given up."""
    if peer.path.endswith("/rtts"):
        return await speak(peer)
    await peer.start()
    await peer.say(STARTED)
    await peer.hear(ms_to_bytes(300))
    await peer.say(VOICE_START, result("four seven", is_final=False))
    await peer.say(result("four seven one one four seven"), EventResponse(event="VOICE_END"))
    await peer.end()
    await peer.say(ENDED)
    await listen_in_vain(peer)


async def hear_too_late(peer: Peer) -> None:
    """Be the service that tells of words when keys have answered."""
    if peer.path.endswith("/rtts"):
        return await speak(peer)
    await peer.start()
    await peer.say(STARTED)
    await peer.end()
    await asyncio.sleep(0.2)
    await peer.say(result("four seven", is_final=False), result("four seven one one four seven"))
    await peer.say(CANCELLED)
    await listen_in_vain(peer)


@pytest.mark.parametrize(
    ("service", "steps"),
    [
        (hear_the_pin, ()),
        (hear_too_late, (WaitForPrompt(Moment.PROMPT_START), Press("47114747"))),
    ],
    ids=["voice", "keys"],
)
@pytest.mark.slow
async def test_every_sink(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    service: Callable[[Peer], Awaitable[None]],
    steps: tuple[CallerStep, ...],
) -> None:
    """Journal, logs of every library at DEBUG, prompt cache, AGI, variables, text of a crash."""
    (tmp_path / "menu.yaml").write_text(FLOW)
    (tmp_path / "hooks.py").write_text(HOOKS)
    program = await asyncio.to_thread(load_program, tmp_path / "menu.yaml")
    caplog.set_level(logging.DEBUG)
    written: list[bytes] = []
    write = os.write

    def spy(fd: int, data: bytes) -> int:
        written.append(bytes(data))
        return write(fd, data)

    monkeypatch.setattr(os, "write", spy)

    async def converse(dialogue: Dialogue) -> FlowResult:
        done = await run_flow("menu", program, office.settings, dialogue)
        raise ValueError(f"a bug of ours, {PIN}: {done.result}")

    async with (
        fake_service(service) as served,
        open_office(tmp_path, *steps, url=served.url) as office,
    ):
        await office.run(converse)
        variables = await office.variables()
    assert variables == {"IVR_STATUS": "FAILED", "IVR_ERROR": "ValueError"}
    found_in = sinks(tmp_path, office, caplog)
    found_in["AGI commands and other writes"] = b"".join(written).decode(errors="replace")
    for name, text in found_in.items():
        found = FORMS.search(text)
        assert found is None, f"{name}: ...{text[max(0, found.start() - 200) : found.end() + 50]}"
    assert not [event for event in office.events if "key" in event.data]  # also those too many
    told = [event.data.get("step") for event in office.events if event.event == "step"]
    assert told == ["pin", "look", "use", "wait", "is_right", "sure", "bye"]
    said = [event.data.get("text") for event in office.events if event.event == "prompt_started"]
    assert "Thank you." in said
    assert "the call failed: ValueError at" in caplog.text


def sinks(folder: Path, office: Office, caplog: pytest.LogCaptureFixture) -> dict[str, str]:
    """All that could be read afterwards; sound is looked at by the texts that it is made of."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        "journal": "\n".join(f"{event.event} {event.data}" for event in office.events),
        "log": caplog.text,
        "names of files": "\n".join(path.name for path in files),
        "files": "\n".join(
            path.read_text(errors="replace")
            for path in files
            if path.suffix not in {".sln", ".py", ".pyc"} and path.name != "menu.yaml"
        ),
    }
