"""An old pyst2 script that learned to talk: ``ivr-agi call --script pyst2_menu.py``.

Everything but say() and ask() is plain pyst2. The words of ask() are heard best from a
hot-word table, made once for each list (the local speech server needs it)::

    ivr-agi vocabulary sync --words sales support operator
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asterisk.agi import AGIHangup

if TYPE_CHECKING:
    from ivr_agi.agi.pyst import SpeechAGI

EXTENSIONS = {"sales": "201", "support": "202", "operator": "200"}


def main(agi: SpeechAGI) -> None:
    """Greet the caller, ask where to go, and leave the extension to the dialplan."""
    try:
        agi.answer()
        agi.say("Welcome to Example Limited.")
        for _ in range(3):
            answer = agi.ask("Sales, support, or the operator?", words=list(EXTENSIONS))
            if answer in EXTENSIONS:
                agi.set_variable("MENU_EXTENSION", EXTENSIONS[answer])
                agi.say(f"One moment, I connect you to {answer}.")
                return
            agi.say("Sorry, I did not get that.")
        agi.stream_file("vm-goodbye")
        agi.hangup()
    except AGIHangup:
        agi.set_variable("MENU_RESULT", "caller left")  # still works after a hang-up
