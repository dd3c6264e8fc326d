"""The kinds of steps, one verb per file. A new kind is a class here and nothing else.

The contract is :class:`ivr_agi.flow.file.step.StepSpec`.
"""

from __future__ import annotations

from ivr_agi.flow.steps.ask import AskStep
from ivr_agi.flow.steps.confirm import ConfirmStep
from ivr_agi.flow.steps.dialplan import (
    CallbackStep,
    DialplanStep,
    HangupStep,
    TransferStep,
    VoicemailStep,
)
from ivr_agi.flow.steps.form import FormStep
from ivr_agi.flow.steps.hours import HoursStep
from ivr_agi.flow.steps.http import HttpStep
from ivr_agi.flow.steps.logic import GotoStep, IfStep, SetStep
from ivr_agi.flow.steps.menu import MenuStep
from ivr_agi.flow.steps.pause import PauseStep
from ivr_agi.flow.steps.python import PythonStep
from ivr_agi.flow.steps.record import RecordStep
from ivr_agi.flow.steps.route import RouteStep
from ivr_agi.flow.steps.say import SayStep
from ivr_agi.flow.steps.subflow import CallStep, ReturnStep

__all__ = (
    "AskStep",
    "CallStep",
    "CallbackStep",
    "ConfirmStep",
    "DialplanStep",
    "FormStep",
    "GotoStep",
    "HangupStep",
    "HoursStep",
    "HttpStep",
    "IfStep",
    "MenuStep",
    "PauseStep",
    "PythonStep",
    "RecordStep",
    "ReturnStep",
    "RouteStep",
    "SayStep",
    "SetStep",
    "AnyStep",
    "TransferStep",
    "VoicemailStep",
)

AnyStep = (
    AskStep
    | CallStep
    | CallbackStep
    | ConfirmStep
    | DialplanStep
    | FormStep
    | GotoStep
    | HangupStep
    | HoursStep
    | HttpStep
    | IfStep
    | MenuStep
    | PauseStep
    | PythonStep
    | RecordStep
    | ReturnStep
    | RouteStep
    | SayStep
    | SetStep
    | TransferStep
    | VoicemailStep
)
"""Any step; the key ``do`` says which kind it is."""
