"""Chunks stay inside the service's limits and lose no sample."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.errors import ConfigError
from ivr_agi.sis.client.chunks import Chunker
from ivr_agi.sis.wire.formats import FORMATS
from tests.sis.fake import tone


def test_frames_are_put_together() -> None:
    """Two frames of 20 ms make a chunk of 40 ms; the third waits."""
    chunker = Chunker(40)
    pcm = tone(960)
    chunker.add(pcm[:320])
    assert chunker.cut() == []
    chunker.add(pcm[320:])
    assert chunker.cut() == [pcm[:640]]
    assert chunker.flush() == [pcm[640:]]
    assert chunker.flush() == []


def test_a_tail_that_is_too_short_is_filled_with_silence() -> None:
    """No frame has less than 160 bytes, and none half a sample."""
    chunker = Chunker()
    chunker.add(b"\1" * 7)
    assert chunker.flush() == [b"\1" * 7 + bytes(153)]
    chunker.add(b"\1" * 201)
    assert chunker.flush() == [b"\1" * 201 + b"\0"]


def test_a_short_tail_is_merged() -> None:
    """Into the chunk before it, where that is still here (8, row 8)."""
    chunker = Chunker(20)
    chunker.add(b"\1" * 801)
    assert chunker.flush() == [b"\1" * 320, b"\1" * 320, b"\1" * 161 + b"\0"]
    chunker.add(b"\1" * 700)
    assert chunker.flush() == [b"\1" * 320, b"\1" * 380]
    assert chunker.flush() == []


@pytest.mark.parametrize(
    ("name", "silence", "least"),
    [
        ("ulaw8k8bit", b"\xff", 160),
        ("alaw8k8bit", b"\xd5", 160),
        ("alaw16k8bit", b"\xd5", 320),
        ("pcm16k16bit", b"\0", 320),
    ],
)
def test_each_format_has_its_limits(name: str, silence: bytes, least: int) -> None:
    """10 ms of G.711 are too short for the service: 20 ms are sent (4.1, 5)."""
    chunker = Chunker(10, FORMATS[name])
    chunker.add(b"\1" * (least + 10))
    assert chunker.cut() == [b"\1" * least]
    assert chunker.flush() == [b"\1" * 10 + silence * (least - 10)]
    chunker.chunk_ms = 2000
    chunker.add(bytes(65_536 * 2))
    chunker.add(b"\1" * (least // 2))
    assert max(map(len, chunker.flush())) <= FORMATS[name].max_chunk_bytes


def test_the_length_may_change_while_running() -> None:
    """The new length counts for what is not cut yet."""
    chunker = Chunker(100)
    chunker.add(bytes(1280))
    assert chunker.cut() == []
    chunker.chunk_ms = 20
    assert chunker.chunk_ms == 20
    assert [len(chunk) for chunk in chunker.cut()] == [320] * 4


@pytest.mark.parametrize("chunk_ms", [9, 2001, 0, -40])
def test_lengths_outside_the_limits_are_refused(chunk_ms: int) -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match="chunk_ms"):
        Chunker(chunk_ms)


@pytest.mark.parametrize(("chunk_ms", "n_bytes"), [(10, 160), (2000, 32_000)])
def test_the_ends_of_the_range_fit_the_service(chunk_ms: int, n_bytes: int) -> None:
    """160 to 32768 bytes are allowed on the wire."""
    chunker = Chunker(chunk_ms)
    chunker.add(bytes(40_000))
    assert len(chunker.cut()[0]) == n_bytes


def test_the_oldest_samples_are_dropped_and_counted() -> None:
    """Whole samples only, so that the rest stays in step."""
    chunker = Chunker()
    chunker.add(tone(100))
    chunker.keep_newest(7)
    assert chunker.dropped_bytes == 0
    chunker.keep_newest(4)
    assert (chunker.dropped_bytes, chunker.dropped_ms) == (36, 2.25)
    assert chunker.flush()[0][:64] == tone(100)[36:]


def test_clear_forgets_all() -> None:
    """Nothing is left to flush, and nothing counts as dropped."""
    chunker = Chunker()
    chunker.add(bytes(50))
    chunker.clear()
    assert chunker.flush() == []
    assert chunker.dropped_bytes == 0


@given(st.lists(st.binary(max_size=900), max_size=12), st.integers(10, 100))
def test_no_byte_is_lost_however_it_is_cut(pieces: list[bytes], chunk_ms: int) -> None:
    """Chunks in a row are the input, plus silence at the very end."""
    chunker = Chunker(chunk_ms)
    chunks = []
    for piece in pieces:
        chunker.add(piece)
        chunks += chunker.cut()
    chunks += chunker.flush()
    whole = b"".join(pieces)
    assert b"".join(chunks)[: len(whole)] == whole
    assert not b"".join(chunks)[len(whole) :].strip(b"\0")
    assert all(len(chunk) == chunk_ms * 16 for chunk in chunks[:-1])
    assert not chunks or len(chunks[-1]) < chunk_ms * 16 + 160
    assert all(160 <= len(chunk) <= 32_768 and len(chunk) % 2 == 0 for chunk in chunks)
