"""Writes ``docs/states.md`` from the transition tables: ``python -m tests.docs.states``.

Names and meanings of states come from the enumerations themselves (the text under each member).
"""

from __future__ import annotations

import ast
import enum
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ivr_agi.agi import connection
from ivr_agi.dialogue.turn import table as turn
from ivr_agi.sis.session import modes, synthesis
from ivr_agi.sis.session.modes import MAX_AUDIO_S, Mode
from ivr_agi.sis.wire.messages import EventName
from ivr_agi.speech_server import session as server

__all__ = ("PATH", "make_page")

PATH = Path(__file__).parents[2] / "docs" / "states.md"

HEAD = """\
# State machines

Generated from the code by `python -m tests.docs.states` (`make docs`). Do not edit. Each row is an
input, each column a state, each cell the next state. `=` means the same state. An empty cell
changes nothing: the input is logged and ignored, unless the text says otherwise.

"""

CLIENT_MODES = {
    Mode.SHORT: """\
One utterance whose start and end the client knows. The service looks for neither. There are no
voice events. Interim results come while audio is sent (`interim_results`), final ones after
END.""",
    Mode.SENTENCE: """\
One sentence. The service reports when the voice starts and ends, or that there was none
(`vad_head`), or none with words. After that it takes no audio, and none is sent. Words may come
before VOICE_END or after it. The session ends with the END that answers the client's.""",
    Mode.CONTINUE: """\
Sentence after sentence. Final results come after every pause (`vad_tail`) or `max_seconds`,
sometimes several in one message. There are no voice events, and silence ends nothing.""",
}

Table = Mapping[Any, Mapping[Any, Any]]


def meanings(kind: type[enum.Enum]) -> dict[str, str]:
    """The text under each member of an enumeration, one line each."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for member, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(member, ast.Assign) and isinstance(text, ast.Expr):
            name = ast.unparse(member.targets[0])
            found[kind[name].value] = " ".join(ast.literal_eval(text.value).split())
    return found


def cell(state: enum.Enum, target: object) -> str:
    """Next state and, where the table names it, what is done."""
    if target is None:
        return ""
    following, action = target if isinstance(target, tuple) else (target, "")
    name = "=" if following is state else following.value
    return f"{name}: {action}" if action and action != "ignore" else name


def matrix(table: Table, inputs: Iterable[enum.Enum]) -> str:
    """One table; states that nothing changes any more have no column."""
    states = [state for state in type(next(iter(table))) if table.get(state)]
    lines = [
        "| | " + " | ".join(f"**{state.value}**" for state in states) + " |",
        "|---" * (len(states) + 1) + "|",
    ]
    lines += [
        f"| {what.value} | " + " | ".join(cell(s, table[s].get(what)) for s in states) + " |"
        for what in inputs
        if any(what in row for row in table.values())
    ]
    return "\n".join(lines) + "\n"


def glossary(kind: type[enum.Enum]) -> str:
    """A list of what the members mean."""
    return "".join(f"- **{name}**: {text}\n" for name, text in meanings(kind).items())


def make_page() -> str:
    """The whole page."""
    page = HEAD + "## Recognition (`ivr_agi.sis.session.modes`)\n\n"
    page += glossary(modes.RecognitionState) + "\nWhat can happen:\n\n"
    page += glossary(modes.RecognitionInput) + glossary(EventName)
    for mode, text in CLIENT_MODES.items():
        limit_s = MAX_AUDIO_S[mode]
        limit = f"{limit_s} s" if limit_s < 3600 else f"{limit_s // 3600} h"
        page += f"\n### {mode}\n\n{text}\n\nMost audio of a session: {limit}.\n\n"
        page += matrix(modes.RECOGNITION_TRANSITIONS[mode], [*modes.RecognitionInput, *EventName])
    page += "\n## Recognition in the local speech server (`ivr_agi.speech_server.session`)\n\n"
    page += "An empty cell cannot happen.\n\n"
    page += glossary(server.SessionState) + "\nWhat can happen:\n\n" + glossary(server.SessionInput)
    for mode, table in server.SERVER_TRANSITIONS.items():
        page += f"\n### {mode} of the server\n\n" + matrix(table, server.SessionInput)
    sections: list[tuple[str, Table, type[enum.Enum], type[enum.Enum]]] = [
        (
            "Synthesis (`ivr_agi.sis.session.synthesis`)",
            synthesis.SYNTHESIS_TRANSITIONS,
            synthesis.SynthesisState,
            synthesis.SynthesisInput,
        ),
        (
            "A turn (`ivr_agi.dialogue.turn.table`)\n\nBehind the next state: what is done.",
            turn.TURN_TRANSITIONS,
            turn.TurnState,
            turn.TurnEvent,
        ),
        (
            "The AGI connection (`ivr_agi.agi.connection`)\n\nAn empty cell is a bug of ours.",
            connection.AGI_TRANSITIONS,
            connection.AgiState,
            connection.AgiInput,
        ),
    ]
    for title, table, states, inputs in sections:
        page += f"\n## {title}\n\n{glossary(states)}\n{matrix(table, inputs)}"
        if states is turn.TurnState:
            page += "\nWhat is done:\n\n" + glossary(turn.TurnAction)
    return page


if __name__ == "__main__":
    PATH.write_text(make_page(), encoding="utf-8")
