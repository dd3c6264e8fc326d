"""The time line of a simulated call: the plugin's journal and the simulator's events, merged.

Core, no I/O. Both use the monotonic clock, so the merge is a sort.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ivr_agi.simulator.events import CallEvent, CallEventKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ivr_agi.journal import Event

__all__ = ("describe", "find_difference", "merge")

TimelineEntry = dict[str, Any]
"""``t_ms`` since launch, ``event``, and the fields of the event."""

_FROM_CALLER = {
    CallEventKind.VOICE_STARTED: "caller_voice_onset",
    CallEventKind.VOICE_ENDED: "caller_voice_end",
    CallEventKind.PROMPT_STARTED: "prompt_heard",
    CallEventKind.PROMPT_ENDED: "prompt_silent",
    CallEventKind.KEY_PRESSED: "caller_key",
}
"""Events that only the simulator can know."""


def merge(
    journal: Iterable[Event], call: Iterable[CallEvent], launched_at: float
) -> list[TimelineEntry]:
    """Return all events in order.

    Args:
        journal: The plugin's events.
        call: The simulator's events.
        launched_at: When the script was started, monotonic seconds.
    """
    entries: list[tuple[float, TimelineEntry]] = []
    entries += [(event.at_s, {"event": event.event, **event.data}) for event in journal]
    entries += [
        (event.at, {"event": _FROM_CALLER[event.kind], "name": event.name})
        for event in call
        if event.kind in _FROM_CALLER
    ]
    entries.sort(key=lambda entry: entry[0])
    return [{"t_ms": round((at - launched_at) * 1000, 1), **entry} for at, entry in entries]


def find_difference(
    entries: Sequence[TimelineEntry], expected: Iterable[TimelineEntry]
) -> str | None:
    """Check that the expected events come in this order; others may come between them.

    Returns:
        None, or one line that says which one is missing.
    """
    rest = iter(entries)
    done = "the beginning"
    for wanted in expected:
        if not any(wanted.items() <= entry.items() for entry in rest):
            return f"after {done} there is no {_show(wanted)}"
        done = _show(wanted)
    return None


def describe(entry: TimelineEntry) -> str | None:
    """Return a line for a person; None for an event that is not interesting."""
    match entry:
        case {"event": "call_started", "extension": extension}:
            return f"call      answered at extension {extension}"
        case {"event": "prompt_started", "text": text}:
            return f"IVR       says: {text}"
        case {"event": "prompt_started", "recording": recording}:
            return f"IVR       plays {recording}"
        case {"event": "prompt_ended", "cause": "ended"}:
            return "IVR       ... end of the prompt; it listens"
        case {"event": "synthesis_first_audio"}:
            return "service   first audio of the synthesis"
        case {"event": "synthesis_end", "reason": reason, "audio_ms": audio_ms}:
            return f"service   END {reason}: {audio_ms / 1000:.1f} s of speech synthesised"
        case {"event": "recognition_end", "reason": "CANCEL"}:
            return None  # a session was renewed, or given up for a key
        case {"event": "synthesis_end" | "recognition_end" as what, "reason": reason}:
            return f"service   END {reason} of {what.partition('_')[0]}"
        case {"event": "caller_voice_onset", "name": name}:
            return f"caller    begins to say {name}"
        case {"event": "caller_voice_end"}:
            return "caller    is done"
        case {"event": "caller_key", "name": key}:
            return f"caller    presses {key}"
        case {"event": "voice_start"}:
            return "service   VOICE_START"
        case {"event": "prompt_stopped", "barge_in_ms": barge_in_ms}:
            return f"IVR       barge-in: prompt stopped {barge_in_ms} ms after VOICE_START"
        case {"event": "prompt_silent"}:
            return "caller    hears the last of the prompt"
        case {"event": "voice_end"}:
            return "service   VOICE_END"
        case {"event": "result", "text": text, "score": float(score)}:
            return f"service   words: {text!r}, score {score:.2f}"
        case {"event": "choice", "choice": choice}:
            return f"flow      choice: {choice}"
        case {"event": "no_input", "count": count}:
            return f"flow      EXCEEDED_SILENCE after the prompt is no input, time {count}"
        case {"event": "no_match", "count": count}:
            return f"flow      no match, time {count}"
        case {"event": "key", "key": key}:
            return f"flow      key {key}"
        case {"event": "call_ended", "status": status}:
            return f"call      handed back to the dialplan: IVR_STATUS={status}"
    return None


def _show(entry: TimelineEntry) -> str:
    rest = ", ".join(f"{key} {value!r}" for key, value in entry.items() if key != "event")
    return f"{entry['event']} ({rest})" if rest else str(entry["event"])
