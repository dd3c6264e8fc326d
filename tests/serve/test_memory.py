"""Memory that is not needed any more."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import weakref

import pytest

from ivr_agi.bench.processes import memory_kb
from ivr_agi.serve.memory import FULL_COLLECTION_AFTER, give_memory_back, settle


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="not glibc")
def test_it_is_given_back() -> None:
    """Also what lies between pieces that stay."""
    pieces = [bytearray(2000) for _ in range(20_000)]
    kept = pieces[::50]
    del pieces
    before = memory_kb(os.getpid())
    give_memory_back()
    assert memory_kb(os.getpid()) < before - 20_000
    assert len(kept) == 400


def test_circles_are_collected() -> None:
    """What knows itself, too."""

    class Circle:
        def __init__(self) -> None:
            self.itself = self

    circle = weakref.ref(Circle())
    assert circle() is not None
    give_memory_back()
    assert circle() is None


def test_what_is_loaded_is_not_looked_through() -> None:
    """Never again; the rest less often."""
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_freeze_count() > 10_000
        if sys.version_info < (3, 14):
            assert gc.get_threshold() == (*before[:2], FULL_COLLECTION_AFTER)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_without_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing happens."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    give_memory_back()
