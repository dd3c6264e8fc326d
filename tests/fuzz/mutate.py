"""Inputs at random, for machines without atheris, and for the tests: the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

PIECES = (
    *(b"", b"\n", b"\r\n", b" ", b"\x00", b"\xff", b'"', b"'", b"{", b"}", b"-", b":"),
    *(b"[" * 50, b"9" * 5000, b"NaN", b"\\u0000", b"200 result=", b"&#"),
    *(b"\xed\xa0\x80", b"\xe2\x80\xa8"),
)
"""What often breaks something."""


def mutants(seeds: Sequence[bytes], n_inputs: int, max_bytes: int, seed: int) -> Iterator[bytes]:
    """Change the seeds in small ways, again and again."""
    dice = random.Random(seed)
    pool = [*seeds, b""]
    for number in range(n_inputs):
        data = bytearray(dice.choice(pool))
        for _ in range(dice.choice((1, 1, 2, 4, 8))):
            _change(data, dice, pool)
        found = bytes(data[: max_bytes + 6000])
        if number % 50 == 0 and len(pool) < 500:
            pool.append(found)
        yield found


def _change(data: bytearray, dice: random.Random, pool: Sequence[bytes]) -> None:
    at = dice.randrange(len(data) + 1)
    end = min(len(data), at + dice.choice((1, 2, 4, 16, 64)))
    match dice.randrange(6):
        case 0:
            del data[at:end]
        case 1:
            data[at:at] = dice.choice(PIECES)
        case 2:
            data[at:end] = dice.randbytes(end - at)
        case 3:
            data[at:at] = data[at:end]
        case 4:
            other = dice.choice(pool)
            start = dice.randrange(len(other) + 1)
            data[at:end] = other[start : start + 40]
        case 5 if at < len(data):
            data[at] ^= 1 << dice.randrange(8)
