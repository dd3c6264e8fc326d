"""What each number of a report means: the page says it beside the numbers. Core, no I/O."""

from __future__ import annotations

__all__ = ("CONTAINED", "DEFINITIONS", "GIVEN_UP", "HUNG_UP", "OUTCOMES", "TRANSFERRED")

CONTAINED = ("COMPLETED", "VOICEMAIL", "CALLBACK")
TRANSFERRED = ("TRANSFER", "DIALPLAN")
HUNG_UP = ("HANGUP",)
GIVEN_UP = ("SPEECH_DOWN", "FAILED", "REFUSED", "LOST")

OUTCOMES = {
    "contained": CONTAINED,
    "transferred": TRANSFERRED,
    "hung up": HUNG_UP,
    "given up": GIVEN_UP,
}
"""How calls ended, each with its statuses. Every call is in exactly one of them."""

DEFINITIONS = {
    "calls": "Calls that began in the time shown, by the hour in which they began. A call without "
    "an end is counted a day after its last event.",
    "contained": "Calls that ended without a person: IVR_STATUS is COMPLETED, VOICEMAIL or "
    "CALLBACK.",
    "transferred": "Calls that were handed to a person or to the dialplan: TRANSFER or DIALPLAN.",
    "hung up": "Calls in which the caller hung up before the flow ended: HANGUP.",
    "given up": "Calls that ended by a fault: SPEECH_DOWN, FAILED or REFUSED, or whose end is "
    "missing (LOST).",
    "rang again": "Calls after which the same number called again within 24 hours, whatever that "
    "call was about. Calls without a number are not among them.",
    "seconds": "Mean length of a call, from the AGI environment to its end.",
    "visits": "How often the step began.",
    "voice": "Turns of the step that ended in words (Heard).",
    "keys": "Turns of the step that ended in keys (Pressed).",
    "no-input": "Times the flow counted silence.",
    "no-match": "Times the flow counted words or keys that it could not understand.",
    "false stops": "Times a voice without words stopped the prompt, which then went on.",
    "barge-ins": "Times words stopped the prompt for good.",
    "confirmed": 'Times the caller was asked "did you say ...?".',
    "refused": 'Times the answer to "did you say ...?" was no, silence, or not understood.',
    "left": "Calls in which the caller hung up in this step.",
    "step seconds": "Mean time from the begin of the step to the begin of the next one, or to the "
    "end of the call.",
    "path": "The steps of a call in their order, also those that ask nothing.",
    "leg": "A part of a turn: from the service's VOICE_START until the prompt is silent "
    "(voice_to_stop), until the first words (voice_to_words) or the last (voice_to_final); from "
    "VOICE_END until the last words (silence_to_final); from these until END (final_to_end). "
    "Percentiles are of buckets that grow by 10 %, so they are right to 5 %.",
    "chance": "Two shares differ by more than chance if a difference as large would come up in "
    "fewer than 1 of 20 pairs of samples of one and the same share (two-sided test of two "
    "proportions), and each has at least 30 calls.",
}
"""By the name that the page and the JSON use."""
