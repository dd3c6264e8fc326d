"""Each target takes its seeds, what was found once, and some thousand mutants of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.fuzz.mutate import mutants
from tests.fuzz.targets import TARGETS, Target, close, seeds_of

N_INPUTS = 20_000
"""Of all targets together."""


@pytest.fixture(autouse=True, scope="module")
def _open_once() -> Iterator[None]:
    """What targets keep open between inputs."""
    for target in TARGETS:
        target.run(b"\x03x")
    yield
    close()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What is fuzzed logs a lot."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_was_found(target: Target) -> None:
    """Seeds are good and bad ones; findings made a target raise."""
    seeds = seeds_of(target.name)
    assert seeds
    for data in seeds:
        target.run(data)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_mutants(target: Target) -> None:
    """The same ones each time."""
    n_inputs = max(50, round(N_INPUTS * target.share))
    for data in mutants(seeds_of(target.name), n_inputs, target.max_bytes, seed=7):
        target.run(data)
