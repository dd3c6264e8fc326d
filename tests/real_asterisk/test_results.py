"""What a hostile caller says and is called, as the dialplan finds it: text, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from ivr_agi.bench.signals import tone
from tests.real_asterisk.speech import speech_service

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.asterisk.caller import Caller
    from benchmarks.asterisk.installation import Install
    from benchmarks.asterisk.instance import AsteriskInstance

pytestmark = pytest.mark.asterisk

HOSTILE = (
    '"\';--, a=b&c|d) ${HANGUPCAUSE}\n\r$[1+1] ${SHELL(id)} \\" \\n}]{{ 1 }} <b> % 你好 '
    "200 result=1"
)
TOLD = " ".join(HOSTILE.split())
FLOW = """
start: ask
steps:
  ask:
    do: ask
    prompt: {{recording: {prompt}}}
    slot: {{type: text}}
    save: word
    go: leave
    no_input: {{go: leave}}
    no_match: {{go: leave}}
  leave: {{do: {leave}, result: "{{{{ word }}}}", variables: {{NAME: "{{{{ caller.name }}}}"}}}}
"""
SCRIPT = """
- path: sentence-stream
  steps:
    - wait_for: START
    - start
    - wait_bytes: 8000
    - event: VOICE_START
    - result: {text}
    - event: VOICE_END
    - wait_for: END
    - end: NORMAL
"""


@pytest.mark.parametrize(
    ("leave", "status"),
    [("hangup", "COMPLETED"), ("transfer, queue: empty, priority: 7", "TRANSFER")],
)
async def test_hostile_words(
    caller: Caller,
    asterisk: AsteriskInstance,
    install: Install,
    tone_file: Callable[[float], str],
    tmp_path: Path,
    leave: str,
    status: str,
) -> None:
    """Quotes, commas, line ends, dialplan and template code in a slot, a result and a name."""
    asterisk.expected_log += ["fell back", "Unable to join queue"]
    script = tmp_path / "script.yaml"
    script.write_text(SCRIPT.format(text=json.dumps(HOSTILE)))
    with speech_service(
        "ivr_agi", "speech-server", "--port", "0", "--script", str(script)
    ) as server:
        program = install(server.url, {"ask": FLOW.format(prompt=tone_file(0.1), leave=leave)})
        told = program.variables("ask")
        async with caller.call("100", name=HOSTILE, variables=told) as call:
            call.say(tone(1.0))
            await call.ended()
    assert call.variables["IVR_STATUS"] == status
    assert call.variables["IVR_SLOT_WORD"] == TOLD
    assert call.variables["IVR_RESULT"] == TOLD
    assert call.variables["IVR_NAME"] == " ".join(
        HOSTILE.replace("\r", "").replace("\n", "").split()
    )
    assert len(call.variables["IVR_FLOW_VERSION"]) == 12
    if status == "TRANSFER":
        kind, priority = call.variables["IVR_TRANSFER_KIND"], call.variables["QUEUE_PRIO"]
        assert (call.variables["IVR_TRANSFER"], kind, priority) == ("empty", "QUEUE", "7")
    recorded = [step for context, _, step in call.steps if context == "ivr-record"]
    assert any(TOLD in step for step in recorded)
    events = [step for step in recorded if "UserEvent(" in step]
    assert len(events) == 1
    assert unquote(events[0].partition("Result: ")[2].partition(",Target: ")[0]) == TOLD
    assert events[0].count(",") == 3
