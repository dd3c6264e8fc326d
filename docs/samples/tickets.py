"""A script that takes the call: ``EAGI(ivr-agi,--script,/etc/ivr-agi/tickets.py)``.

``tests/test_testing.py`` of ivr-agi rehearses it: see ``docs/python.md``.
"""

from __future__ import annotations

import ivr_agi


async def main(call: ivr_agi.Call) -> ivr_agi.Result:
    """Sell tickets, or connect to the operator."""
    match await call.ask("How many tickets?", ivr_agi.Number(minimum=1, maximum=9), save="tickets"):
        case ivr_agi.Answer(value=n):
            await call.say(f"{n} tickets.")
            return call.transfer("200")
        case ivr_agi.NoInput() | ivr_agi.NoMatch():
            return call.transfer("operator")
