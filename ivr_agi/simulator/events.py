"""The events of a simulated call, on one time line. No I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = ("CLOCK_SLACK_S", "CallEvent", "CallEventKind")

CLOCK_SLACK_S = 1e-6
"""Deadlines may be met this early: ticks of 0.02 s do not add up exactly in binary."""


class CallEventKind(enum.StrEnum):
    """Kinds of events; the text below each says what ``name`` and ``detail`` hold."""

    CALL_STARTED = "call_started"
    """The environment block was written. ``name``: the script."""
    COMMAND_RECEIVED = "command_received"
    """Asterisk read a command line. ``name``: its verb, never its arguments (caller data)."""
    PLAYBACK_STARTED = "playback_started"
    """STREAM FILE opened a sound, which may be a silent one. ``name``: the sound."""
    PLAYBACK_ENDED = "playback_ended"
    """STREAM FILE is over. ``name``: the sound; ``detail``: ended, key, stopped or hangup."""
    PROMPT_STARTED = "prompt_started"
    """The caller starts to hear something. ``name``: the sound."""
    PROMPT_ENDED = "prompt_ended"
    """The end of the last audible frame of a prompt. ``name``: the sound."""
    VOICE_STARTED = "voice_started"
    """The caller's first audible frame was sent. ``name``: the recording."""
    VOICE_ENDED = "voice_ended"
    """The recording is over. ``name``: the recording."""
    KEY_PRESSED = "key_pressed"
    """``name``: the key."""
    VARIABLE_SET = "variable_set"
    """SET VARIABLE. ``name``: the variable; ``detail``: its value."""
    HUNG_UP = "hung_up"
    """The line is cut. ``name``: ``caller`` or ``script`` (the HANGUP command)."""
    SIGHUP_SENT = "sighup_sent"
    """run_agi() saw the hang-up and signals the script."""
    SCRIPT_ENDED = "script_ended"
    """The script closed its side of the pipe."""
    EXITED = "exited"
    """The script's process has ended. ``name``: its exit code, negative for a signal."""


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One thing that happened."""

    at: float
    """When it happened, in monotonic seconds; may be earlier than when it was noticed."""
    kind: CallEventKind
    name: str = ""
    detail: str = ""
