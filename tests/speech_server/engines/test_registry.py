"""Recognisers by name: ours and a stranger's, whole and broken."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest

from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.speech_server.engines import registry
from ivr_agi.speech_server.engines.base import NoModel, RecognizerOptions
from ivr_agi.speech_server.engines.registry import (
    choose_recognizer,
    recognizer_named,
    recognizer_names,
)

OPTIONS = RecognizerOptions(model="m")


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package with engines, as entry points name them."""
    module = ModuleType("a_stranger")
    names = ("mine", "pocketsphinx", "whisper")
    entries = [EntryPoint(name, f"a_stranger:{name}", registry.GROUP) for name in names]
    gone = EntryPoint("gone", "there_is_no_such_package:x", registry.GROUP)
    monkeypatch.setitem(sys.modules, "a_stranger", module)
    monkeypatch.setattr(registry, "entry_points", lambda group: (*entries, gone))
    return module


def test_ours() -> None:
    """They need no entry points."""
    assert {"pocketsphinx", "sherpa", "whisper"} <= set(recognizer_names())


def test_a_strangers_engine(strangers: Any) -> None:
    """It gets the options, and its name is known."""
    strangers.mine = lambda options: ("an engine", options)
    made: Any = recognizer_named("mine", OPTIONS)
    assert made == ("an engine", OPTIONS)
    assert "mine" in recognizer_names()


def test_what_is_wrong_is_one_line(strangers: Any) -> None:
    """An unknown name, a missing package, an error of ours, an error of theirs."""
    with pytest.raises(ConfigError, match="--engine: must be one of gone, mine, .* got 'nope'"):
        recognizer_named("nope", OPTIONS)
    with pytest.raises(MissingDependency, match="there_is_no_such_package is not installed"):
        recognizer_named("gone", OPTIONS)
    with pytest.raises(ConfigError, match="--engine mine: cannot be used .*AttributeError"):
        recognizer_named("mine", OPTIONS)

    def refuse(options: RecognizerOptions) -> None:
        raise ConfigError("told to", key="x")

    strangers.mine = refuse
    with pytest.raises(ConfigError, match="x: told to"):
        recognizer_named("mine", OPTIONS)


def test_the_best_that_can_work(strangers: Any) -> None:
    """Whisper with a model, else pocketsphinx; what is asked for is not replaced."""

    def none_here(options: RecognizerOptions) -> None:
        raise NoModel("none is here")

    strangers.mine = strangers.whisper = strangers.pocketsphinx = lambda options: options
    nothing = RecognizerOptions()
    choose: Any = choose_recognizer
    assert choose("mine", OPTIONS) is OPTIONS
    assert choose(None, OPTIONS) is OPTIONS
    assert choose(None, nothing) is nothing
    strangers.whisper = none_here
    assert choose(None, nothing) is nothing
    with pytest.raises(NoModel):
        choose_recognizer(None, OPTIONS)
