"""Tells whoever is called what the caller wants, before the two are connected. Core, no I/O.

A flow like any other, on the channel of the one who is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.file.head import MissSpec
from ivr_agi.flow.file.model import Flow, Program
from ivr_agi.flow.file.spec import StepName, Template
from ivr_agi.flow.run.phrases import join_texts, phrases
from ivr_agi.flow.run.prompts import plain
from ivr_agi.flow.steps.dialplan import HangupStep
from ivr_agi.flow.steps.menu import Choice, MenuStep
from ivr_agi.flow.steps.say import SayStep

if TYPE_CHECKING:
    from ivr_agi.flow.file.step import StepSpec
    from ivr_agi.flow.run.place import CallPlace

__all__ = ("announcement",)

_END, _NOBODY = StepName("end"), StepName("nobody")


def announcement(place: CallPlace) -> Program:
    """Return the flow for the one who is called.

    Its ``IVR_RESULT`` is ``accept``, ``decline``, or ``nobody`` if no key was pressed; empty if
    nothing was asked.

    Args:
        place: The call that waits.
    """
    first: StepSpec
    if place.must_accept:
        miss = MissSpec(go=_NOBODY, after=2)
        asked = (place.announcement, phrases(place.language).take_call)
        first = MenuStep(
            prompt=plain(join_texts(asked, place.language)),
            choices=[
                Choice(key="1", value="accept", go=_END),
                Choice(key="2", value="decline", go=_END),
            ],
            no_input=miss,
            no_match=miss,
            keys_only=True,
            commands=False,
        )
    else:
        first = SayStep(prompt=plain(place.announcement), go=_END)
    steps = {"tell": first, "end": HangupStep(), "nobody": HangupStep(result=Template("nobody"))}
    flow = Flow(start=StepName("tell"), languages=[place.language], steps=steps)
    return Program.of(flow, "announcement")
