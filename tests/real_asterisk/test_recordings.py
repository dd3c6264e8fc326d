"""Real human words over the whole path: phone, Asterisk, fd 3, WebSocket, the local engine.

Six calls at once, one word a turn. The flow is a menu that goes to itself, whatever it heard.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ivr_agi.audio.frames import FRAME_BYTES
from tests.real_asterisk.recordings import DIGITS, MENU, OTHER_WORDS, Recordings, faster

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.installation import ChrootInstallation, Install
    from benchmarks.asterisk.instance import AsteriskInstance
    from tests.real_asterisk.speech import SpeechProcess
    from tests.real_asterisk.tables import Tables

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(1800)]

CALLS = 6
TRIES = 6
"""How often a word is said until the machine lets it through as it was said."""
LATE_S = 0.06
"""A frame that leaves so late is a gap in the word: other audio, with another score."""
SPEEDS = (0.85, 0.925, 1.0, 1.075, 1.15)
MIN_SCORE = 0.7
"""A trade-off of the tables below; engines.md 4.5 has what it costs."""
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, MIN_SCORE, 0.8)


@dataclass(frozen=True)
class Bounds:
    """What must hold, as shares; rejection with MIN_SCORE."""

    right: float
    false_rejection: float
    false_acceptance: float


BOUNDS = {"digits": Bounds(0.85, 0.15, 0.22), "menu": Bounds(0.93, 0.08, 0.16)}

FLOW = """
start: ask
steps:
  ask:
    do: menu
    prompt: {{recording: {prompt}}}
    timeout_s: 2
    choices: {choices}
    no_input: {{after: 1, go: ask}}
    no_match: {{after: 1, go: ask}}
"""


@dataclass(frozen=True)
class Said:
    """One thing that a caller says."""

    text: str
    pcm: bytes
    is_listed: bool = True


@dataclass(frozen=True)
class Answer:
    """What became of it."""

    said: Said
    text: str
    """What the service understood; empty if nothing."""
    score: float
    choice: str
    """What the flow took; empty if nothing."""


def flow(prompt: str, words: Iterable[str]) -> str:
    """A menu of these words that goes on for ever."""
    choices = [{"words": [word], "go": "ask"} for word in words]
    return FLOW.format(prompt=prompt, choices=json.dumps(choices))


@pytest.fixture(scope="module")
def recordings(asterisk: AsteriskInstance) -> Recordings:
    """The human recordings."""
    return Recordings(asterisk.chroot)


async def answers(
    caller: Caller, program: ChrootInstallation, name: str, things: Sequence[Said]
) -> list[Answer]:
    """Say things one after the other.

    What the machine has torn is said again: a service that had no time to answer ends the speech of
    its call, and frames that left late are other audio than was recorded.
    """
    found: list[Answer] = []
    n_tries = 0
    while len(found) < len(things):
        async with (
            caller.call("100", variables=program.variables(name)) as call,
            aclosing(answers_of_call(call, program, things[len(found) :])) as answered,
        ):
            async for answer in answered:
                n_tries += 1
                is_whole = not program.events(call, "keys_only") and not is_torn(call, answer)
                if not is_whole and n_tries < TRIES:
                    break
                found.append(answer)
                n_tries = 0
    return found


def is_torn(call: Call, answer: Answer) -> bool:
    """Whether frames of the last word left late."""
    times = [frame.at for frame in call.said_frames[-len(answer.said.pcm) // FRAME_BYTES :]]
    return any(after - before > LATE_S for before, after in pairwise(times))


async def answers_of_call(
    call: Call, program: ChrootInstallation, things: Sequence[Said]
) -> AsyncGenerator[Answer, None]:
    """Say things in one call, until it has no speech any more."""
    for turn, said in enumerate(things, 1):
        asked = await program.wait_for(call, "prompt_ended", turn)
        call.say(said.pcm)
        over = await program.wait_for(call, "outcome", turn)
        events = [e for e in program.events(call) if asked.at_s <= e.at_s <= over.at_s + 0.05]
        results = [e.data for e in events if e.event == "result"]
        heard = results[-1] if results else {}
        await program.wait_for(call, "prompt_started", turn + 1)
        taken = [e.data["choice"] for e in program.events(call, "choice") if e.at_s > asked.at_s]
        choice = taken[-1] if taken else ""
        yield Answer(said, heard.get("text", ""), heard.get("score", 0.0), choice)
        if program.events(call, "keys_only"):
            return


@pytest.mark.parametrize("name", ["digits", "menu"])
async def test_human_words(
    caller: Caller,
    recordings: Recordings,
    speech: SpeechProcess,
    install: Install,
    tone_file: Callable[[float], str],
    tables: Tables,
    name: str,
) -> None:
    """One digit of ten at least 85 %, a 90-phrase menu at least 93 %, other words rejected."""
    listed, others = (DIGITS, MENU) if name == "digits" else (MENU, OTHER_WORDS)
    speeds = SPEEDS if name == "digits" else (1.0,)
    things = [
        Said(recordings.text(word), faster(recordings.pcm[word], speed))
        for speed in speeds
        for word in listed
    ]
    things += [
        Said(recordings.text(word), recordings.pcm[word], is_listed=False) for word in others
    ]
    program = install(
        speech.url,
        {name: flow(tone_file(0.1), recordings.texts(listed))},
        {"recognition": {"min_score": MIN_SCORE}},
    )
    await program.sync_vocabularies()
    shares = await asyncio.gather(
        *(answers(caller, program, name, things[start::CALLS]) for start in range(CALLS))
    )
    found = [answer for share in shares for answer in share]
    inside = [answer for answer in found if answer.said.is_listed]
    right = [answer for answer in inside if answer.text == answer.said.text]
    outside = [answer for answer in found if not answer.said.is_listed]
    add_tables(tables, name, inside, right, outside)
    bounds = BOUNDS[name]
    assert len(right) / len(inside) >= bounds.right
    assert rejected(right, MIN_SCORE) <= bounds.false_rejection
    assert 1 - rejected(outside, MIN_SCORE) <= bounds.false_acceptance
    for answer in found:
        assert answer.choice == (answer.text if answer.score >= MIN_SCORE else ""), answer


def rejected(found: Sequence[Answer], min_score: float) -> float:
    """Share of answers below a score."""
    return sum(answer.score < min_score for answer in found) / len(found)


def add_tables(
    tables: Tables,
    name: str,
    inside: Sequence[Answer],
    right: Sequence[Answer],
    outside: Sequence[Answer],
) -> None:
    """Print what was understood, and what each threshold would make of it."""
    wrong = ", ".join(
        f"{answer.said.text} > {answer.text or '-'}" for answer in inside if answer not in right
    )
    tables.add(
        f"Human recordings over the whole path: {name}",
        ("", "n", "right", "%"),
        [("words of the list", len(inside), len(right), f"{100 * len(right) / len(inside):.1f}")],
    )
    tables.texts[-1] += f"\nwrong: {wrong or 'none'}"
    tables.add(
        f"Words that are not in the list: {name} (FR: right words rejected; FA: others accepted)",
        ("min_score", "FR %", "FA %"),
        [
            (
                f"{threshold:.1f}{' *' if threshold == MIN_SCORE else ''}",
                f"{100 * rejected(right, threshold):.1f}",
                f"{100 * (1 - rejected(outside, threshold)):.1f}",
            )
            for threshold in THRESHOLDS
        ],
    )
