"""The knobs of a turn."""

from __future__ import annotations

from typing import Annotated, get_args, get_type_hints

from ivr_agi.flow.file.head import Defaults, Timeouts
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.flow.file.turn import TurnSpec
from ivr_agi.knobs import BargeIn, InstallationKnobs, TurnKnobs, find_knobs
from ivr_agi.settings import TurnSettings

PLACES: dict[str, list[type]] = {"turn": [TurnSpec], "step": [Defaults, InputSpec], "": []}
"""Which classes of a flow have a knob."""


def test_barge_in_tells_what_it_lets_through() -> None:
    """The kinds of barge-in: by any voice, by words, by keys."""
    kinds = {kind: (kind.by_voice, kind.by_speech, kind.by_keys) for kind in BargeIn}
    assert kinds == {
        BargeIn.BOTH: (True, True, True),
        BargeIn.SPEECH: (True, True, False),
        BargeIn.HOTWORD: (False, True, True),
        BargeIn.KEYS: (False, False, True),
        BargeIn.NONE: (False, False, False),
    }


def test_every_knob_says_what_it_does() -> None:
    """In one sentence or two, and where a flow sets it."""
    knobs = find_knobs(TurnKnobs)
    assert list(knobs) == list(TurnKnobs.__struct_fields__)
    assert all(knob.what.endswith(".") for _, knob in knobs.values())
    assert {knob.in_flow for _, knob in knobs.values()} == {"turn", "step", ""}


def test_the_settings_file_sets_those_of_the_installation() -> None:
    """And how long messages to the service are."""
    own = set(TurnSettings.__struct_fields__) - set(InstallationKnobs.__struct_fields__)
    assert own == {"prompt_chunk_ms", "listen_chunk_ms"}
    assert set(find_knobs(TurnSettings)) == set(InstallationKnobs.__struct_fields__)


def test_steps_and_flows_set_the_others() -> None:
    """Those beside ``turn:`` are written out for their readers, with the same range."""
    for name, (hint, knob) in find_knobs(TurnKnobs).items():
        for place in PLACES[knob.in_flow]:
            own = get_type_hints(place, include_extras=True)[name]
            assert type(None) in get_args(own), name
            kind, *metas = get_args(hint)
            ranges = [meta for meta in metas if meta is not knob]
            one = Annotated[kind, *ranges] if ranges else kind
            assert own in (one | None, Timeouts | None) or place is TurnSpec, name
            if own == Timeouts | None:
                assert get_args(Timeouts)[0] == one  # the same range, for each attempt
