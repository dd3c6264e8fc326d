"""C stdio on a pipe: what is read, what is seen by poll(), where it blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.simulator.stdio import StdioReader, parse_arguments


def read_all(reader: StdioReader) -> list[bytes]:
    """Read until it would block or ends."""
    lines = []
    while line := reader.read_line():
        lines.append(line)
    return lines


def test_one_line() -> None:
    """A whole line is readable, and is gone once read."""
    reader = StdioReader()
    reader.feed(b"NOOP\n")
    assert reader.is_readable
    assert reader.read_line() == b"NOOP\n"
    assert not reader.is_readable


def test_half_a_line_blocks() -> None:
    """fgets() takes the half out of the pipe and waits for the rest."""
    reader = StdioReader()
    reader.feed(b"NO")
    assert reader.read_line() is None
    assert not reader.is_readable
    reader.feed(b"OP\n")
    assert reader.read_line() == b"NOOP\n"


def test_second_line_is_out_of_sight() -> None:
    """The trap: the second line of one write is in the buffer, and poll() sees nothing."""
    reader = StdioReader()
    reader.feed(b"ONE\nTWO\n")
    assert reader.read_line() == b"ONE\n"
    assert not reader.is_readable
    reader.feed(b"X")
    assert reader.is_readable
    assert reader.read_line() == b"TWO\n"
    assert reader.is_readable  # fgets() did not need the pipe


def test_end_of_pipe() -> None:
    """The end is readable and stays so; the rest of a line comes first."""
    reader = StdioReader()
    reader.feed(b"LAST")
    reader.feed_eof()
    assert reader.is_readable
    assert [reader.read_line() for _ in range(3)] == [b"LAST", b"", b""]
    assert reader.is_readable


def test_long_line_is_two() -> None:
    """What does not fit into AGI_BUF_LEN becomes the next command."""
    reader = StdioReader()
    reader.feed(b"x" * 2047 + b"yz\n")
    assert reader.read_line() == b"x" * 2047
    assert reader.read_line() == b"yz\n"


def test_stdio_reads_4096_bytes() -> None:
    """What is beyond stdio's buffer stays in the pipe, where poll() sees it."""
    reader = StdioReader()
    reader.feed(b"a\n" * 2048 + b"b\n")
    assert reader.read_line() == b"a\n"
    assert reader.is_readable


@given(st.lists(st.binary(max_size=20)))
def test_any_split_gives_the_same_lines(chunks: list[bytes]) -> None:
    """How the bytes are cut does not matter to what is read."""
    whole, pieces = StdioReader(), StdioReader()
    whole.feed(b"".join(chunks))
    whole.feed_eof()
    lines = []
    for chunk in chunks:
        pieces.feed(chunk)
        lines += read_all(pieces)
    pieces.feed_eof()
    assert lines + read_all(pieces) == read_all(whole)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  NOOP\t x ", ["NOOP", "x"]),
        ('A "b c" d', ["A", "b c", "d"]),
        ('A "" b', ["A", "", "b"]),
        (r'A "say \"hi\" \\ x"', ["A", 'say "hi" \\ x']),
        (r"A b\ c \x", ["A", "b c", "x"]),
        ('A b"c d"e', ["A", "bc de"]),
        ('A "open end', ["A", "open end"]),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    """Quotes, backslashes and blanks as in parse_args()."""
    assert parse_arguments(line) == words
