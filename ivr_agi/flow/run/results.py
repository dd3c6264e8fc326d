"""How a flow ends, for the dialplan. Core, no I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

__all__ = ("OUR_VARIABLES", "RETURN_VARIABLES", "FlowResult", "Status")

OUR_VARIABLES = (
    "IVR_STATUS",
    "IVR_RESULT",
    "IVR_TRANSFER",
    "IVR_TRANSFER_KIND",
    "IVR_PRIORITY",
    "IVR_MAILBOX",
    "IVR_CALLBACK",
    "IVR_QUEUE",
    "IVR_FLOW_VERSION",
    "IVR_ERROR",
)
"""What the dialplan gets of every call, empty where it says nothing."""


RETURN_VARIABLES = ("IVR_TIMEOUT", "IVR_RETURN", "IVR_FLOW", "IVR_AFTER", "IVR_ANNOUNCE")
"""What it gets of a transfer, beside them."""

_TARGETS = ("IVR_MAILBOX", "IVR_CALLBACK")


class Status(enum.StrEnum):
    """``IVR_STATUS``: how a call ended, for the dialplan."""

    COMPLETED = "COMPLETED"
    """The flow reached a ``hangup`` step, or a script its end; the dialplan ends the call."""
    TRANSFER = "TRANSFER"
    """Connect the caller to ``IVR_TRANSFER``, which is of the kind ``IVR_TRANSFER_KIND``."""
    VOICEMAIL = "VOICEMAIL"
    """Take a message for ``IVR_MAILBOX``."""
    CALLBACK = "CALLBACK"
    """Call back ``IVR_CALLBACK``."""
    DIALPLAN = "DIALPLAN"
    """The flow ended at a ``dialplan`` step; its variables say more."""
    HANGUP = "HANGUP"
    """The caller hung up."""
    SPEECH_DOWN = "SPEECH_DOWN"
    """The speech service failed, and keys could not be used instead."""
    REFUSED = "REFUSED"
    """The call was not started: the server is full, stopping, or not running."""
    FAILED = "FAILED"
    """Another error; see ``IVR_ERROR``."""


@dataclass(frozen=True, kw_only=True)
class FlowResult:
    """How a flow ended."""

    status: Status
    result: str = ""
    """Value of the last choice, or of the last step's ``result``."""
    transfer: str = ""
    """Destination: extension, queue or SIP URI."""
    error: str = ""
    """The reason in one line, with SPEECH_DOWN and FAILED."""
    variables: dict[str, str] = field(default_factory=dict)
    """Further channel variables, by full name (``IVR_QUEUE``, ``IVR_SLOT_CITY``, ...)."""

    @property
    def target(self) -> str:
        """Where the call goes: who is connected, takes the message, or is called back."""
        known = (self.transfer, *(self.variables.get(name, "") for name in _TARGETS))
        return next(filter(None, known), "")
