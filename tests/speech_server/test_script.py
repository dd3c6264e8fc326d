"""Reading a server's script: strict, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.audio.wav import write_wav
from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.messages import EndReason
from ivr_agi.speech_server.script import (
    Awaited,
    CloseConnection,
    ConnectionScript,
    HttpAnswer,
    Plain,
    PlainKind,
    SayEnd,
    SayError,
    SayEvent,
    SayFatalError,
    SayResult,
    ScriptLine,
    SendAudio,
    SendJson,
    SendText,
    ServerPause,
    WaitBytes,
    WaitForMessage,
)
from ivr_agi.speech_server.scripted import load_server_script

SCRIPT = """\
- path: sentence-stream
  times: 2
  delay_s: 0.5
  steps:
    - {wait_for: START, timeout_s: 5}
    - start
    - wait_bytes: 320
    - wait_s: 0.1
    - event: VOICE_START
    - {result: sal, final: false, score: 0.1, start_ms: 10, end_ms: 20}
    - send: {resp_type: RESULT, x: 1}
    - send_text: "{"
    - audio_bytes: 3
    - audio_file: a.wav
    - {error: SIS.0305, text: broken}
    - fatal_error: SIS.0304
    - end: ERROR
    - close: 1011
    - cut
    - reset
- answer:
    status: 503
    body: {error_code: APIG.0308}
"""


def load(tmp_path: Path, text: str) -> list[ConnectionScript]:
    """The script as it is read from a file."""
    path = tmp_path / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return load_server_script(path)


def test_all_steps(tmp_path: Path) -> None:
    """Each with its line."""
    write_wav(tmp_path / "a.wav", b"\1\0" * 80)
    first, second = load(tmp_path, SCRIPT)
    assert (first.path, first.times, first.delay_s, first.answer) == (
        "sentence-stream",
        2,
        0.5,
        None,
    )
    assert first.steps == tuple(
        ScriptLine(action, line)  # type: ignore[arg-type]  # a list of all kinds
        for line, action in enumerate(
            [
                WaitForMessage(Awaited.START, timeout_s=5),
                Plain(PlainKind.START),
                WaitBytes(320),
                ServerPause(0.1),
                SayEvent("VOICE_START"),
                SayResult("sal", final=False, score=0.1, start_ms=10, end_ms=20),
                SendJson({"resp_type": "RESULT", "x": 1}),
                SendText("{"),
                SendAudio(bytes(3)),
                SendAudio(b"\1\0" * 80),
                SayError("SIS.0305", "broken"),
                SayFatalError("SIS.0304"),
                SayEnd(EndReason.ERROR),
                CloseConnection(1011),
                Plain(PlainKind.CUT),
                Plain(PlainKind.RESET),
            ],
            start=5,
        )
    )
    answer = HttpAnswer(503, {"error_code": "APIG.0308"})
    assert second == ConnectionScript(None, None, 0.0, answer, ())


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x: 1", None, "list of entries"),
        ("", None, "list of entries"),
        ("[]", None, "list of entries"),
        ("- {a: 1\nb", 2, "no YAML"),
        ("- steps: []\n- 3", 2, "object"),
        ("- steps: []\n  paht: x", 1, "paht"),
        ("- path: x", 1, "'steps' or 'answer'"),
        ("- steps: []\n  answer: {status: 200}", 1, "'steps' or 'answer'"),
        ("- answer: {status: 1}", 1, "status"),
        ("- times: 0\n  steps: []", 1, "times"),
        ("- delay_s: -1\n  steps: []", 1, "delay_s"),
        ("- steps:\n  - start\n  - begin", 3, "expected one of wait_for"),
        ("- steps:\n  - start\n  - {event: x, end: NORMAL}", 3, "expected one of"),
        ("- steps:\n  - wait_for: STRAT", 2, "STRAT"),
        ("- steps:\n  - end: OK", 2, "OK"),
        ("- steps:\n  - {event: x, text: y}", 2, "text"),
        ("- steps:\n  - close: 10", 2, "close"),
        ("- steps:\n  - audio_file: none.wav", 2, "none.wav"),
    ],
)
def test_errors_say_where(tmp_path: Path, text: str, line: int | None, words: str) -> None:
    """File, line and what is wrong."""
    with pytest.raises(ConfigError, match=words) as caught:
        load(tmp_path, text)
    assert caught.value.line == line
    assert caught.value.path == str(tmp_path / "script.yaml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, or no text."""
    with pytest.raises(ConfigError, match="cannot read"):
        load_server_script(tmp_path / "none.yaml")
    (tmp_path / "x.yaml").write_bytes(b"\xff\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_server_script(tmp_path / "x.yaml")


def test_the_documents_example_is_a_script(tmp_path: Path) -> None:
    """What docs/speech-server.md prints."""
    text = (Path(__file__).parents[2] / "docs" / "speech-server.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    assert len(load(tmp_path, example)) >= 2
