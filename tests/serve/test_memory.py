"""Memory that is not needed any more."""

from __future__ import annotations

import ctypes
import os

import pytest

from ivr_agi.bench.processes import memory_kb
from ivr_agi.serve.memory import give_memory_back


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


def test_without_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing happens."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    give_memory_back()
