"""How a flow ends, as the dialplan is told. Core, no I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

__all__ = ("FlowResult", "Status")


class Status(enum.StrEnum):
    """``IVR_STATUS``: how a call ended, for the dialplan."""

    COMPLETED = "COMPLETED"
    """The flow came to a ``hangup`` step, or a script to its end; the dialplan ends the call."""
    TRANSFER = "TRANSFER"
    """Connect the caller to ``IVR_TRANSFER``: ``IVR_TRANSFER_KIND`` says what that is."""
    VOICEMAIL = "VOICEMAIL"
    """Take a message for ``IVR_MAILBOX``."""
    CALLBACK = "CALLBACK"
    """Call ``IVR_CALLBACK`` back."""
    DIALPLAN = "DIALPLAN"
    """The flow left at a ``dialplan`` step; its variables say more."""
    HANGUP = "HANGUP"
    """The caller hung up."""
    SPEECH_DOWN = "SPEECH_DOWN"
    """The speech service failed and keys could not take over."""
    REFUSED = "REFUSED"
    """No call was begun: the server is full, is being stopped, or is not there."""
    FAILED = "FAILED"
    """Something else went wrong; ``IVR_ERROR`` says what."""


@dataclass(frozen=True, kw_only=True)
class FlowResult:
    """How a flow ended."""

    status: Status
    result: str = ""
    """Value of the last choice, or what the last step says."""
    transfer: str = ""
    """Extension, queue or SIP URI to go to."""
    error: str = ""
    """One line, with SPEECH_DOWN and FAILED."""
    variables: dict[str, str] = field(default_factory=dict)
    """Further channel variables, by full name (``IVR_QUEUE``, ``IVR_SLOT_CITY``, ...)."""
