"""What a step can do, one verb a file. A new one is a class here and nothing else.

The contract is :class:`ivr_agi.flow.file.step.StepSpec`.
"""

from __future__ import annotations

from ivr_agi.flow.steps.ask import Ask
from ivr_agi.flow.steps.confirm import Confirm
from ivr_agi.flow.steps.dialplan import Callback, Dialplan, Hangup, Transfer, Voicemail
from ivr_agi.flow.steps.hours import HoursStep
from ivr_agi.flow.steps.http import Http
from ivr_agi.flow.steps.logic import Goto, If, Set
from ivr_agi.flow.steps.menu import Menu
from ivr_agi.flow.steps.python import Python
from ivr_agi.flow.steps.record import Record
from ivr_agi.flow.steps.say import Say
from ivr_agi.flow.steps.subflow import Return, Subflow

__all__ = (
    "Ask",
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
    "Subflow",
    "Transfer",
    "Voicemail",
)

Step = (
    Ask
    | Subflow
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
