"""Where draws are cut into blocks: of their number alone, so that any number of workers leaves the same files.

A block has its files, whose columns cost the same whatever they hold: with blocks of 16 a fifth less a draw than with
blocks of 8 (docs/decisions/0113). So blocks are as large as memory allows where there are many draws. Where there are
few, they are of one size and their number is a power of two or a multiple of one, so that so many workers end
together.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

__all__ = ["equal_blocks", "fixed_blocks", "within"]

Range = tuple[int, int]

_LARGEST = 32
_WORTH_IT = 8
_SHARES = (16, 8, 4)


def equal_blocks(runs: int) -> list[Range]:
    """Blocks of one size (or one more), at most 32 draws each.

    Their number is a multiple of 16, 8 or 4 where that leaves at least 8 draws to a block, of 2 else.
    """
    share = next((s for s in _SHARES if runs >= _WORTH_IT * s), min(2, runs))
    if not share:
        return []
    number = share * -(-runs // (share * _LARGEST))
    return list(pairwise(runs * i // number for i in range(number + 1)))


def within(blocks: Iterable[Range], start: int, stop: int) -> list[Range]:
    """What of some blocks lies in a range of draws; a block that lies in it whole stays as it is."""
    return [(max(a, start), min(b, stop)) for a, b in blocks if max(a, start) < min(b, stop)]


def fixed_blocks(start: int, stop: int, size: int) -> list[Range]:
    """Blocks of so many draws, the last of what is left."""
    return [(a, min(a + size, stop)) for a in range(start, stop, size)]
