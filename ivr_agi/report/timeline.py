"""The time line of a call in words: what happened, and why. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr_agi.journal.event import Event

__all__ = ("tell_call", "tell_event")

QUIET = frozenset(
    {
        "synthesis_started",
        "synthesis_first_audio",
        "synthesis_end",
        "recognition_started",
        "interim",
    }
)
"""What is told only if everything is asked for, unless it failed."""


def tell_call(events: Iterable[Event], *, everything: bool = False) -> Iterator[str]:
    """Return the lines of a call, each with its time since the call's begin.

    Args:
        events: In order.
        everything: Also what each call has in great number: the sessions of the service.
    """
    began_at_s: float | None = None
    for event in events:
        if began_at_s is None:
            began_at_s = event.at_s
        if event.event in QUIET and not everything and "error" not in event.data:
            continue
        yield f"{event.at_s - began_at_s:9.3f}  {tell_event(event.event, event.data)}"


def tell_event(event: str, data: dict[str, Any]) -> str:
    """Return one event in words."""
    known = _TOLD.get(event)
    if known is not None:
        who, text = known
        return f"{who:8}  {text.format_map(_Fields(data))}{_more(event, data)}"
    rest = ", ".join(f"{key} {value}" for key, value in data.items())
    return f"{'':8}  {event.replace('_', ' ')}{': ' + rest if rest else ''}"


class _Fields(dict[str, Any]):
    """Fields of an event; one that a secure step has left out is three dots."""

    def __missing__(self, key: str) -> str:
        return "..."


_TOLD = {
    "call_started": ("call", "begins at extension {extension}, flow {flow}"),
    "call_ended": ("call", "ends: {status}"),
    "arguments": ("call", "the dialplan gives {arguments}"),
    "step": ("flow", "step {step}"),
    "prompt_started": ("IVR", "says"),
    "prompt_ended": ("IVR", "end of the prompt"),
    "prompt_stopped": (
        "IVR",
        "the prompt is silent at {position_ms} ms, {barge_in_ms} ms after the voice",
    ),
    "prompt_resumed": ("IVR", "the prompt goes on at {position_ms} ms"),
    "prompt_missing": ("IVR", "a prompt cannot be played"),
    "prompt_stand_in": ("IVR", "plays an older version ({source}), because the voice failed"),
    "prompt_not_cached": ("IVR", "the prompt is not kept"),
    "barge_in": ("IVR", "words confirm the interruption: the prompt stays stopped"),
    "false_barge_in": ("IVR", "it was a voice without words: the prompt will go on"),
    "echo_ignored": ("IVR", "the voice was our own prompt's echo: nothing is stopped"),
    "noise_ignored": ("IVR", "a voice without words; it goes on listening"),
    "answer_kept": ("IVR", "an answer came over a prompt that may not be interrupted: it is kept"),
    "call_recording": ("IVR", "records into {file}"),
    "call_recording_failed": ("IVR", "the recording failed"),
    "synthesis_started": ("service", "takes a text"),
    "synthesis_first_audio": ("service", "first audio of the text"),
    "synthesis_end": ("service", "END {reason} of the synthesis"),
    "recognition_started": ("service", "listens"),
    "recognition_end": ("service", "END {reason} of the recognition"),
    "voice_start": ("service", "VOICE_START: the caller talks"),
    "voice_end": ("service", "VOICE_END: the caller has stopped"),
    "silence_exceeded": ("service", "EXCEEDED_SILENCE: nothing was said"),
    "audio_exceeded": ("service", "EXCEEDED_AUDIO: it was too long"),
    "interim": ("service", "interim words: {text}"),
    "result": ("service", "words: {text}"),
    "failover": ("service", "{failed} has failed; it goes on with {next}"),
    "speech_unavailable": ("service", "no endpoint is left"),
    "key": ("caller", "presses {key}"),
    "outcome": ("turn", "ends: {outcome}"),
    "confirm": ("flow", 'not sure: asks "did you say ...?"'),
    "command": ("flow", "command {command}"),
    "slot": ("flow", "answer: {value}"),
    "choice": ("flow", "choice: {choice}"),
    "message": ("flow", "message of {duration_s} s: {recording}"),
    "no_input": ("flow", "no input, time {count}: nothing was said or pressed"),
    "no_match": ("flow", "no match, time {count}: it fits no choice"),
    "http": ("flow", "the service has answered, try {attempt}"),
    "python": ("flow", "the function has returned"),
    "keys_only": ("flow", "speech is down: goes on with keys"),
    "audio": ("audio", "{verdict}, {level_dbfs} dBFS, {filled} of {received} frames filled in"),
    "erased": ("", "(erased: a caller was forgotten)"),
}
"""Who, and what; fields in braces."""


def _more(event: str, data: dict[str, Any]) -> str:
    """Return what an event may have beside its main words: the reason above all."""
    parts = []
    match event:
        case "prompt_started":
            parts.append(": " + (data.get("text") or data.get("recording") or "..."))
        case "prompt_ended" if data.get("cause") != "ended":
            parts.append(f": {data.get('cause', '...')}, at {data.get('position_ms', '...')} ms")
        case "call_started" if data.get("caller"):
            parts.append(f", from {data['caller']}")
        case "call_ended":
            parts += [f", {key} {data[key]}" for key in ("result", "target") if data.get(key)]
            if data.get("seconds") is not None:
                parts.append(f", after {data['seconds']:.1f} s")
        case "outcome":
            parts += [f", {key} {data[key]}" for key in ("text", "keys") if key in data]
            if data.get("false_barge_ins"):
                parts.append(f", {data['false_barge_ins']} false stops")
            legs = data.get("legs_ms") or {}
            parts.append(
                "".join(f", {name.replace('_', ' ')} {ms} ms" for name, ms in legs.items())
            )
    if data.get("score") is not None:
        parts.append(f" (score {data['score']:.2f})")
    if data.get("error"):
        parts.append(f" because: {data['error']}")
    return "".join(parts)
