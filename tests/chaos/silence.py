"""How long a caller hears nothing that is not the caller's own turn to speak. No I/O.

A span is a pair of times. What a caller hears are spans of sound; between them is silence. Of a
silence are taken off: the caller's own sounds; the turns to speak (from the end of a prompt until
the caller has acted, or the turn is over); and when the machine stood still.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S
from ivr_agi.audio.levels import is_audible
from ivr_agi.journal import Event
from ivr_agi.simulator.events import CallEvent, CallEventKind

Span = tuple[float, float]

TAIL_S = 0.5
"""The pause that ends a sentence (``vad_tail``): the caller may go on."""


def heard_spans(pcm: bytes | bytearray, began_at: float) -> list[Span]:
    """When there was sound in what the caller heard, s16le mono 8 kHz."""
    spans: list[Span] = []
    for number, at in enumerate(range(0, len(pcm), FRAME_BYTES)):
        if is_audible(bytes(pcm[at : at + FRAME_BYTES])):
            begin = began_at + number * FRAME_S
            if spans and begin - spans[-1][1] < FRAME_S / 2:
                spans[-1] = (spans[-1][0], begin + FRAME_S)
            else:
                spans.append((begin, begin + FRAME_S))
    return spans


def acting_spans(events: Iterable[CallEvent], inter_digit_s: float) -> list[Span]:
    """When the caller spoke, or could press a further key."""
    spans: list[Span] = []
    voice_at: float | None = None
    for event in events:
        if event.kind is CallEventKind.VOICE_STARTED:
            voice_at = event.at
        elif event.kind is CallEventKind.VOICE_ENDED and voice_at is not None:
            spans.append((voice_at, event.at + TAIL_S))
            voice_at = None
        elif event.kind is CallEventKind.KEY_PRESSED:
            spans.append((event.at, event.at + inter_digit_s))
    return spans


def turn_spans(journal: Sequence[Event], acts: Sequence[Span], timeout_s: float) -> list[Span]:
    """When it was the caller's turn to speak.

    Args:
        journal: The call's events.
        acts: When the caller acted: the turn is over with the first act in it.
        timeout_s: How long a turn lasts without one.
    """
    spans = []
    for event in journal:
        if event.event in ("prompt_ended", "prompt_stopped"):
            until = next(
                (e.at_s for e in journal if e.event == "outcome" and e.at_s > event.at_s),
                event.at_s,
            )
            acted = next((begin for begin, end in acts if event.at_s < begin < until), until)
            spans.append((event.at_s, min(until, acted, event.at_s + timeout_s)))
    return spans


def longest_silence(heard: Sequence[Span], whole: Span, excused: Sequence[Span]) -> float:
    """Seconds of the longest silence, without what is excused of it.

    Args:
        heard: Spans of sound.
        whole: When the caller was there.
        excused: Spans that do not count.
    """
    edges = [whole[0], *itertools.chain(*heard), whole[1]]
    merged = merge(excused)
    longest = 0.0
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if end > begin:
            longest = max(longest, end - begin - overlap((begin, end), merged))
    return longest


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same spans, without overlaps."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > begin:
            merged.append((begin, end))
    return merged


def overlap(span: Span, merged: Sequence[Span]) -> float:
    """Seconds of a span that others cover, which do not overlap."""
    return sum(max(0.0, min(span[1], end) - max(span[0], begin)) for begin, end in merged)
