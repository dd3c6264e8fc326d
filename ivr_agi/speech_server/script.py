"""The script of a scripted speech server: its steps, and its YAML file.

A script is a list of entries; ``docs/speech-server.md`` describes them::

    - path: sentence-stream         # last part of the path; without it: any
      times: 1                      # serves one connection; without it: all
      steps:
        - wait_for: START
        - start
        - wait_bytes: 8000          # of audio
        - event: VOICE_START
        - result: sales
          score: 0.9
        - event: VOICE_END
        - wait_for: END
        - end: NORMAL
    - path: rtts
      answer: {status: 401, body: {error_code: APIG.0301, error_msg: no}}

Core, no I/O: the caller gives the text, and a function that reads the recordings.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
import yaml

from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.messages import EndReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = (
    "Awaited",
    "CloseConnection",
    "ConnectionScript",
    "HttpAnswer",
    "Plain",
    "PlainKind",
    "SayEnd",
    "SayError",
    "SayEvent",
    "SayFatalError",
    "SayResult",
    "ScriptLine",
    "SendAudio",
    "SendJson",
    "SendText",
    "ServerPause",
    "WaitBytes",
    "WaitForMessage",
    "parse_script",
)

_Seconds = Annotated[float, msgspec.Meta(ge=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]


class Awaited(enum.StrEnum):
    """What a step can wait for."""

    START = "START"
    END = "END"
    """With ``cancel`` or without."""
    CLOSE = "CLOSE"


class _Yaml(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class WaitForMessage(_Yaml, frozen=True):
    """Read until the client sends it; audio and other messages before it are dropped."""

    wait_for: Awaited
    timeout_s: _Seconds = 30.0
    """After that the script ends: close 1011, and a line on standard error."""


class WaitBytes(_Yaml, frozen=True):
    """Read until this much audio has come since the last step that read."""

    wait_bytes: _Count
    timeout_s: _Seconds = 30.0


class ServerPause(_Yaml, frozen=True):
    """Do nothing and read nothing."""

    wait_s: _Seconds


class SayEvent(_Yaml, frozen=True):
    """EVENT."""

    event: str


class SayResult(_Yaml, frozen=True):
    """RESULT with one segment."""

    result: str
    final: bool = True
    score: float = 1.0
    start_ms: int = 0
    end_ms: int = 0


class SayEnd(_Yaml, frozen=True):
    """END."""

    end: EndReason


class SayError(_Yaml, frozen=True):
    """ERROR."""

    error: str
    text: str = "as the script says"


class SayFatalError(_Yaml, frozen=True):
    """FATAL_ERROR; the socket stays open until a step closes it."""

    fatal_error: str
    text: str = "as the script says"


class SendJson(_Yaml, frozen=True):
    """A text message with just this object: no ``trace_id`` is added."""

    send: dict[str, Any]


class SendText(_Yaml, frozen=True):
    """A text message with any content."""

    send_text: str


class _AudioBytes(_Yaml, frozen=True):
    audio_bytes: _Count


class _AudioFile(_Yaml, frozen=True):
    audio_file: str


@dataclass(frozen=True)
class SendAudio:
    """Binary messages of up to 4000 bytes."""

    data: bytes


class CloseConnection(_Yaml, frozen=True):
    """The closing handshake, with this code."""

    close: Annotated[int, msgspec.Meta(ge=1000, le=4999)]


class PlainKind(enum.StrEnum):
    """Steps without a value."""

    START = "start"
    """START, with a new trace id."""
    CUT = "cut"
    """End the TCP connection without a closing handshake."""
    RESET = "reset"
    """TCP reset."""


@dataclass(frozen=True)
class Plain:
    """A step without a value."""

    kind: PlainKind


ScriptAction: TypeAlias = (
    WaitForMessage
    | WaitBytes
    | ServerPause
    | SayEvent
    | SayResult
    | SayEnd
    | SayError
    | SayFatalError
    | SendJson
    | SendText
    | SendAudio
    | CloseConnection
    | Plain
)


@dataclass(frozen=True)
class ScriptLine:
    """One action, and its line in the script."""

    action: ScriptAction
    line: int
    """Line of the script, from 1."""


class HttpAnswer(_Yaml, frozen=True):
    """An HTTP response instead of the upgrade, or to a REST request."""

    status: Annotated[int, msgspec.Meta(ge=200, le=599)]
    body: Any = None
    """JSON."""


class _YamlEntry(_Yaml, frozen=True):
    path: str | None = None
    times: _Count | None = None
    delay_s: _Seconds = 0.0
    answer: HttpAnswer | None = None
    steps: list[Any] | None = None


@dataclass(frozen=True)
class ConnectionScript:
    """What to do with a connection."""

    path: str | None
    """The last part of the path that it serves; None: any."""
    times: int | None
    """Number of connections that it serves; None: all."""
    delay_s: float
    """Delay before the upgrade or the answer, in seconds."""
    answer: HttpAnswer | None
    """None: upgrade, and perform the steps."""
    steps: tuple[ScriptLine, ...]


_STEPS: Mapping[str, type[_Yaml]] = {
    "wait_for": WaitForMessage,
    "wait_bytes": WaitBytes,
    "wait_s": ServerPause,
    "event": SayEvent,
    "result": SayResult,
    "end": SayEnd,
    "error": SayError,
    "fatal_error": SayFatalError,
    "send": SendJson,
    "send_text": SendText,
    "audio_bytes": _AudioBytes,
    "audio_file": _AudioFile,
    "close": CloseConnection,
}


def parse_script(
    text: str, path: Path, read_recording: Callable[[Path], bytes]
) -> list[ConnectionScript]:
    """Read the text of a script.

    Args:
        text: YAML.
        path: The script's file: recordings are beside it, and errors name it.
        read_recording: Gives the samples of a recording (s16le mono 8 kHz).

    Raises:
        ConfigError: With the line: no YAML, an entry or a step is unknown or has a wrong or
            unknown key, a recording cannot be read.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        items = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        reason = getattr(exc, "problem", None) or getattr(exc, "reason", "")
        raise ConfigError(f"no YAML: {reason}", path=str(path), line=line) from exc
    if not isinstance(node, yaml.SequenceNode) or not items:
        raise ConfigError("expected a list of entries", path=str(path))
    return [
        _entry(item, child, path, read_recording)
        for item, child in zip(items, node.value, strict=True)
    ]


def _entry(
    item: Any, node: yaml.Node, path: Path, read_recording: Callable[[Path], bytes]
) -> ConnectionScript:
    line = node.start_mark.line + 1
    entry = _convert(item, _YamlEntry, path, line)
    if (entry.answer is None) == (entry.steps is None):
        raise ConfigError("expected either 'steps' or 'answer'", path=str(path), line=line)
    lines = []
    if entry.steps is not None:
        (steps,) = (value for key, value in node.value if key.value == "steps")
        lines = [child.start_mark.line + 1 for child in steps.value]
    steps_of_entry = tuple(
        ScriptLine(_action(step, path, at, read_recording), at)
        for step, at in zip(entry.steps or (), lines, strict=True)
    )
    return ConnectionScript(entry.path, entry.times, entry.delay_s, entry.answer, steps_of_entry)


def _action(
    item: Any, path: Path, line: int, read_recording: Callable[[Path], bytes]
) -> ScriptAction:
    if isinstance(item, str) and item in list(PlainKind):
        return Plain(PlainKind(item))
    keys = _STEPS.keys() & item.keys() if isinstance(item, dict) else set()
    if len(keys) != 1:
        expected = f"one of {', '.join(_STEPS)} with a value, or {', '.join(PlainKind)} without"
        raise ConfigError(f"expected {expected}", path=str(path), line=line)
    step: Any = _convert(item, _STEPS[keys.pop()], path, line)
    if isinstance(step, _AudioBytes):
        return SendAudio(bytes(step.audio_bytes))
    if isinstance(step, _AudioFile):
        try:
            return SendAudio(read_recording(path.parent / step.audio_file))
        except ConfigError as exc:
            reason = f"{step.audio_file}: {exc.reason}"
            raise ConfigError(reason, path=str(path), line=line) from exc
    action: ScriptAction = step
    return action


def _convert(item: Any, kind: type[Any], path: Path, line: int) -> Any:
    try:
        return msgspec.convert(item, kind)
    except msgspec.ValidationError as exc:
        raise ConfigError(str(exc), path=str(path), line=line) from exc
