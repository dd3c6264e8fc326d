"""What a step can do, one verb a file. A new one is a class here and nothing else.

The contract is :class:`ivr_agi.flow.step.StepSpec`.
"""

from __future__ import annotations

from ivr_agi.flow.verbs.ask import Ask
from ivr_agi.flow.verbs.confirm import Confirm
from ivr_agi.flow.verbs.dialplan import Callback, Dialplan, Hangup, Transfer, Voicemail
from ivr_agi.flow.verbs.hours import HoursStep
from ivr_agi.flow.verbs.http import Http
from ivr_agi.flow.verbs.logic import Goto, If, Set
from ivr_agi.flow.verbs.menu import Menu
from ivr_agi.flow.verbs.python import Python
from ivr_agi.flow.verbs.record import Record
from ivr_agi.flow.verbs.say import Say
from ivr_agi.flow.verbs.subflow import Call, Return

__all__ = (
    "Ask",
    "Call",
    "Callback",
    "Confirm",
    "Dialplan",
    "Goto",
    "Hangup",
    "HoursStep",
    "Http",
    "If",
    "Menu",
    "Python",
    "Record",
    "Return",
    "Say",
    "Set",
    "Step",
    "Transfer",
    "Voicemail",
)

Step = (
    Ask
    | Call
    | Callback
    | Confirm
    | Dialplan
    | Goto
    | Hangup
    | HoursStep
    | Http
    | If
    | Menu
    | Python
    | Record
    | Return
    | Say
    | Set
    | Transfer
    | Voicemail
)
"""Any step; which one is told by its key ``do``."""
