"""What a line of the journal may say: every event, its fields, and what a secure step keeps of it.

Core, no I/O. ``docs/journal.md`` and ``docs/journal.schema.json`` are made from these tables
(``python -m tools.make_journal_docs``), and a test holds what the code records against them.

In a secure step a field is written only if its table says that it never holds anything of the
caller's: what is not in the tables is not written there at all.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

__all__ = (
    "EVENTS",
    "FIELDS",
    "FORMAT_VERSION",
    "EventKind",
    "FieldKind",
    "JsonType",
    "kept_in_secure",
)

FORMAT_VERSION = 2
"""Of the format: ``v`` of each line. A reader refuses what it does not know."""


class JsonType(enum.Enum):
    """Type of a field, as JSON Schema has it."""

    TEXT = "string"
    NUMBER = "number"
    COUNT = "integer"
    MAPPING = "object"


@dataclass(frozen=True)
class FieldKind:
    """One field of an event's ``data``."""

    type: JsonType
    about: str
    is_callers: bool = False
    """It may hold what a caller said or pressed, or what was found out about the caller."""
    is_said: bool = False
    """It holds what is said to the caller, where :attr:`EventKind.says` is true."""


@dataclass(frozen=True)
class EventKind:
    """One kind of event."""

    fields: tuple[str, ...]
    """Names in :data:`FIELDS`; each may be left out."""
    about: str
    """When it is recorded."""
    says: bool = False
    """It tells of a prompt. Between a secure answer and the next question, prompts are recorded."""


def _text(about: str) -> FieldKind:
    return FieldKind(JsonType.TEXT, about)


def _callers(about: str, kind: JsonType = JsonType.TEXT, *, is_said: bool = False) -> FieldKind:
    return FieldKind(kind, about, is_callers=True, is_said=is_said)


def _number(about: str) -> FieldKind:
    return FieldKind(JsonType.NUMBER, about)


def _count(about: str) -> FieldKind:
    return FieldKind(JsonType.COUNT, about)


FIELDS: dict[str, FieldKind] = {
    "arguments": _callers("variables that the dialplan has set for the flow", JsonType.MAPPING),
    "attempt": _count("number of this try, from 1"),
    "audio_ms": _count("length of the speech that was synthesised"),
    "barge_in_ms": _number("from the voice or the words that caused the stop until it"),
    "barge_in_position_ms": _count("where the prompt was stopped for good"),
    "called": _text("the number that was called"),
    "caller": _text("the caller's number; none if it is hidden"),
    "cause": _text("`ended`, `key` or `stopped`"),
    "channel": _text("Asterisk's channel"),
    "choice": _callers("value of the choice"),
    "command": _text("name of the global command"),
    "count": _count("how many of this kind there were in this question"),
    "dialled": _text("what came of the transfer: `DIALSTATUS` or `QUEUESTATUS`"),
    "duration_s": _number("length of the message"),
    "endpoint": _text("URL of the speech service"),
    "error": _text("why it failed, in one line"),
    "extension": _text("the dialplan's extension"),
    "failed": _text("URL of the endpoint that has failed"),
    "false_barge_ins": _count("times a voice without words stopped the prompt of this turn"),
    "file": _text("name of the file"),
    "filled": _count("frames of silence that filled gaps"),
    "field": _text("name of the form's field"),
    "flow": _text("name of the flow"),
    "id": _text("random name of this journal file, which it keeps when it is renamed"),
    "key": _callers("the key"),
    "keys": _callers("the keys that were the answer, unless some were pressed ahead of the turn"),
    "language": _text("language at the start of the call"),
    "legs_ms": FieldKind(
        JsonType.MAPPING,
        "how long each leg of the turn took: `voice_to_stop`, `voice_to_words`, `voice_to_final`, "
        "`silence_to_final`, `final_to_end`",
    ),
    "level_dbfs": _number("the caller's level"),
    "lines": _count("number of lines"),
    "longest_missing_ms": _count("the longest gap in the caller's audio"),
    "ms": _number("how long the event loop stood still"),
    "next": _text("URL of the endpoint that takes over"),
    "outcome": _text("name of the turn's outcome"),
    "position_ms": _count("position in the prompt"),
    "reason": _text("why it ended: `NORMAL`, `CANCEL`, `ERROR` or `FAILED`; why it was refused"),
    "received": _count("frames of audio from Asterisk"),
    "recording": _callers("name of a recorded prompt, or of the caller's message", is_said=True),
    "result": _text("value of `IVR_RESULT`, which no secure step sets"),
    "saved": _callers(
        "the values that the step has saved, by variable; left out where the step is secure, or "
        "if they take more than 4,000 characters",
        JsonType.MAPPING,
    ),
    "score": _callers("the service's confidence, 0 to 1", JsonType.NUMBER),
    "script": _text("path of the script"),
    "seconds": _number("length of the call"),
    "service": _text("URL of the speech service"),
    "source": _text("`cache` or `recording`"),
    "status": _text("value of `IVR_STATUS`"),
    "step": _text("the flow's step"),
    "table": _text("id of the hot-word table"),
    "target": _text("who is connected, takes the message or is called back"),
    "text": _callers("words: the caller's, or a prompt's", is_said=True),
    "trace_id": _text("the speech service's id of the session"),
    "traceparent": _text("the header of that name, which the request had (W3C Trace Context)"),
    "value": _callers("the answer"),
    "verdict": _text(
        "`good`, `no frames` (one-way audio), `digital silence`, `clipped`, `too loud`, `too soft`"
    ),
    "version": _text("version of the flow"),
    "voice_after_prompt_end_ms": _count("when the voice began, after the prompt's end"),
    "voice_after_prompt_start_ms": _count("when the voice began, after the prompt's start"),
    "way": _text("the key of the `transfer` where the call goes on: `busy`, `after`, ..."),
}
"""Every field, by name. A field means the same in each event."""


def _event(about: str, *fields: str, says: bool = False) -> EventKind:
    return EventKind(fields, about, says)


EVENTS: dict[str, EventKind] = {
    "journal_file": _event("the first line of each file", "id"),
    "erased": _event("a caller was forgotten, of whom this line told"),
    "journal_gap": _event(
        "lines are missing here: the disk was full or too slow for too long", "lines", "reason"
    ),
    "call_started": _event(
        "the AGI environment has been read",
        *("channel", "extension", "caller", "called", "language", "flow", "version", "script"),
    ),
    "arguments": _event("the dialplan has set variables of the flow", "arguments"),
    "step": _event("a step of the flow starts", "step"),
    "prompt_started": _event(
        "the first STREAM FILE of a prompt has been written", "text", "recording", says=True
    ),
    "prompt_ended": _event(
        "the prompt has ended, but not by the caller's voice", "cause", "position_ms"
    ),
    "prompt_stopped": _event(
        "Asterisk has confirmed the stop of the prompt", "barge_in_ms", "position_ms"
    ),
    "barge_in": _event("final words have confirmed the barge-in: the prompt is stopped for good"),
    "false_barge_in": _event(
        "it was a voice without words, or the final result has withdrawn the interim words: the "
        "prompt will resume"
    ),
    "prompt_resumed": _event(
        "the prompt resumes, at the last pause before the stop", "position_ms"
    ),
    "echo_ignored": _event("a VOICE_START was the echo of our own prompt: nothing is stopped"),
    "noise_ignored": _event(
        "after the prompt, there was a voice without words; listening continues"
    ),
    "answer_kept": _event(
        "an answer came over a prompt that may not be interrupted (`over_prompt: keep`)"
    ),
    "prompt_missing": _event("Asterisk could not open the file", "text", "recording", says=True),
    "prompt_stand_in": _event(
        "the service has failed: an older version or a recording is played", "source", "error"
    ),
    "prompt_not_cached": _event("the prompt was played, but could not be cached", "error"),
    "call_recording": _event("a recording of the call, or of a step, starts", "file"),
    "call_recording_failed": _event(
        "the recording could not be made, or broke off; the call continues", "error"
    ),
    "synthesis_started": _event(
        "the service has accepted START; once for each piece of a long text", "trace_id"
    ),
    "synthesis_first_audio": _event("the first audio of a text has arrived", "trace_id"),
    "synthesis_end": _event("END of a synthesis", "reason", "audio_ms", "error", "trace_id"),
    "recognition_started": _event("the service has accepted START", "endpoint", "trace_id"),
    "voice_start": _event("the service's VOICE_START", "trace_id"),
    "voice_end": _event("the service's VOICE_END", "trace_id"),
    "silence_exceeded": _event("the service's EXCEEDED_SILENCE", "trace_id"),
    "audio_exceeded": _event("the service's EXCEEDED_AUDIO", "trace_id"),
    "interim": _event("interim words", "text", "score", "trace_id"),
    "result": _event("final words", "text", "score", "trace_id"),
    "recognition_end": _event(
        "END of a session, also of an abandoned one", "reason", "error", "trace_id"
    ),
    "failover": _event(
        "an endpoint has failed; what was said goes to `next`, which may be the same endpoint",
        *("failed", "next", "error", "trace_id"),
    ),
    "speech_unavailable": _event("no endpoint is left", "error", "trace_id"),
    "table_refused": _event(
        "the service does not have the hot-word table, or refuses it; the call goes on without it",
        *("table", "service", "error"),
    ),
    "key": _event(
        "the caller has pressed a key. For a key ahead of its turn, `key` is left out, because the "
        "turn may be secure",
        "key",
    ),
    "outcome": _event(
        "a turn is over: what it came to, where the prompt was interrupted, when the voice started",
        *("outcome", "text", "score", "keys", "false_barge_ins", "barge_in_position_ms"),
        *("voice_after_prompt_start_ms", "voice_after_prompt_end_ms", "legs_ms"),
    ),
    "confirm": _event('the caller is asked "did you say ...?"', "step"),
    "command": _event("a global command was understood", "step", "command"),
    "slot": _event(
        "an `ask` step has its answer, or a `form` step that of a field", "step", "field", "value"
    ),
    "no_options": _event("the list that a question makes its options of is empty", "step"),
    "message": _event("a `record` step has its message", "step", "recording", "duration_s"),
    "step_failed": _event(
        "a step of the flow has failed, and the flow goes on (`on_error`); or one after a hang-up",
        *("step", "error"),
    ),
    "came_back": _event(
        "a `transfer` is over, and the call goes on: `way` is the step's key, `dialled` Asterisk's "
        "`DIALSTATUS` or `QUEUESTATUS`",
        *("step", "way", "dialled"),
    ),
    "http": _event(
        "one try of an `http` step is over; `error` says why it failed (`HTTP 503`, `no answer "
        "(ECONNREFUSED)`, `TimeoutError`)",
        *("step", "attempt", "error", "saved", "traceparent"),
    ),
    "python": _event("a `python` step is over", "step", "error", "saved"),
    "choice": _event("the flow has understood a choice", "step", "choice"),
    "no_input": _event("the flow has counted a no-input", "step", "count"),
    "no_match": _event("the flow has counted a no-match", "step", "count"),
    "keys_only": _event("speech is down, and the menu continues with keys", "error"),
    "audio": _event(
        "at the end of a call: how the caller's audio was",
        *("received", "filled", "verdict", "level_dbfs", "longest_missing_ms"),
    ),
    "call_ended": _event(
        "the call is over, and the dialplan has its variables if it can still take them. Every "
        "`call_started` has exactly one `call_ended`, also when the call was cancelled or could "
        "not begin; the server writes those of a worker that has died. Only an `ivr-agi call` that "
        "is killed has none",
        *("status", "result", "target", "seconds", "error"),
    ),
    "call_refused": _event(
        "a call did not start (`call` is left out): it was over a limit, or the server was too "
        "slow and the launcher took it back",
        "reason",
    ),
    "stalled": _event("the event loop of a worker stood still (`call` is left out)", "ms"),
}
"""Every event, by name, in the order of the documentation."""


def _kept(*, prompts: bool) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(
            field
            for field in kind.fields
            if not FIELDS[field].is_callers or (prompts and kind.says and FIELDS[field].is_said)
        )
        for name, kind in EVENTS.items()
    }


_SECURE, _SECURE_BUT_PROMPTS = _kept(prompts=False), _kept(prompts=True)


def kept_in_secure(event: str, data: dict[str, Any], *, prompts: bool) -> dict[str, Any]:
    """Return what of an event's data may be written while a step is secure.

    Args:
        event: Name of the event.
        data: Its details.
        prompts: What is said to the caller is no secret.
    """
    kept = (_SECURE_BUT_PROMPTS if prompts else _SECURE).get(event, frozenset())
    return {name: value for name, value in data.items() if name in kept}
