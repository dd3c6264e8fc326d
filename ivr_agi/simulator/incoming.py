"""An incoming call, and the block of lines by which AGI tells a script about it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("IncomingCall",)


@dataclass(frozen=True)
class IncomingCall:
    """What Asterisk knows when the dialplan reaches ``EAGI(script,arguments...)``.

    Texts are sent as they are: Asterisk escapes nothing here, so quotes, UTF-8 and worse in a
    caller's name reach the script unchanged.
    """

    script: str = "ivr-agi"
    """First argument of EAGI(), sent as ``agi_request``."""
    arguments: tuple[str, ...] = ()
    """The other arguments, sent as ``agi_arg_1`` and so on, and passed to the process."""
    caller_id: str = "unknown"
    caller_id_name: str = "unknown"
    extension: str = "100"
    context: str = "ivr"
    priority: int = 1
    language: str = "en"
    channel: str = "PJSIP/simulated-00000001"
    uniqueid: str = "1700000000.1"
    variables: Mapping[str, str] = field(default_factory=dict)
    """Channel variables (and functions such as ``CALLERID(num)``) that the dialplan has set."""

    def environment_block(self) -> bytes:
        """Return the lines that open every AGI connection, with the empty line that ends them.

        Source: ``res_agi.c`` ``setup_env()``: these names, in this order.
        """
        fields = {
            "request": self.script,
            "channel": self.channel,
            "language": self.language,
            "type": self.channel.partition("/")[0],
            "uniqueid": self.uniqueid,
            "version": "22.10.1",
            "callerid": self.caller_id,
            "calleridname": self.caller_id_name,
            "callingpres": "0",
            "callingani2": "0",
            "callington": "0",
            "callingtns": "0",
            "dnid": self.extension,
            "rdnis": "unknown",
            "context": self.context,
            "extension": self.extension,
            "priority": str(self.priority),
            "enhanced": "1.0",
            "accountcode": "",
            "threadid": "140000000000000",
        }
        fields |= {f"arg_{n}": argument for n, argument in enumerate(self.arguments, 1)}
        block = "".join(f"agi_{name}: {value}\n" for name, value in fields.items())
        return (block + "\n").encode(errors="surrogateescape")
