"""A speech IVR for Asterisk in one dialplan line: ``EAGI(ivr-agi,main_menu)``.

The names here are for users' own code, and are kept stable (``docs/python.md``); tests of such code
use :mod:`ivr_agi.testing`. Everything else is internal: the rooms of the package and the direction
of imports are in ``docs/design.md``. A name is loaded when it is first used.
"""

TYPE_CHECKING = False  # typing's costs milliseconds at the begin of every call
if TYPE_CHECKING:
    from ivr_agi.dialogue.prompt.parts import Recording
    from ivr_agi.dialogue.turn.outcomes import NoInput
    from ivr_agi.door.answers import Answer, Choice, Message, NoMatch
    from ivr_agi.door.call import Call
    from ivr_agi.errors import CallerHungUp, FlowError, IvrError, SpeechError
    from ivr_agi.flow.run.results import FlowResult as Result
    from ivr_agi.flow.run.results import Status
    from ivr_agi.knobs import BargeIn
    from ivr_agi.language.slots import (
        Date,
        Digits,
        FreeText,
        ListOption,
        Money,
        Number,
        OneOf,
        Parsed,
        PhoneNumber,
        Reason,
        Rejected,
        Slot,
        Time,
        YesNo,
    )

__all__ = (
    "Answer",
    "BargeIn",
    "Call",
    "CallerHungUp",
    "Choice",
    "Date",
    "Digits",
    "FlowError",
    "FreeText",
    "IvrError",
    "ListOption",
    "Message",
    "Money",
    "NoInput",
    "NoMatch",
    "Number",
    "OneOf",
    "Parsed",
    "PhoneNumber",
    "Reason",
    "Recording",
    "Rejected",
    "Result",
    "Slot",
    "SpeechError",
    "Status",
    "Time",
    "YesNo",
    "__version__",
)

__version__ = "0.2.0"

_HOMES = {
    "ivr_agi.dialogue.prompt.parts": "Recording",
    "ivr_agi.dialogue.turn.outcomes": "NoInput",
    "ivr_agi.door.answers": "Answer Choice Message NoMatch",
    "ivr_agi.door.call": "Call",
    "ivr_agi.errors": "CallerHungUp FlowError IvrError SpeechError",
    "ivr_agi.flow.run.results": "Result Status",
    "ivr_agi.knobs": "BargeIn",
    "ivr_agi.language.slots": "Date Digits FreeText ListOption Money Number OneOf Parsed "
    "PhoneNumber Reason Rejected Slot Time YesNo",
}
_INSIDE = {"Result": "FlowResult"}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names.split():
            import importlib

            found = getattr(importlib.import_module(module), _INSIDE.get(name, name))
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
