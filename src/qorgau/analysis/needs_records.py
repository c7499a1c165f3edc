"""Records of which mechanism each pattern needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qorgau.analysis.record import Record

__all__ = ["Break", "Needs", "idle"]


@dataclass(frozen=True)
class Break(Record):
    """What switching one mechanism off does to one pattern.

    Attributes
    ----------
    mechanism, pattern : str
    runs : int
        Draws with the mechanism on in which the pattern could be tested with it; untestable without it counts as a
        fail, since then the statement does not come out.
    before, after : float
        Pass rates with and without the mechanism over those draws; NaN when there are none.
    p : float
        One-sided exact McNemar probability of so many losses against gains by chance.
    word : str
        "breaks", "weakens" (a fall beyond chance that is smaller), "helps" (a rise beyond chance), "no effect",
        "not tested".
    own : bool
        Whether the pattern's own change switches the mechanism off: it asks what the mechanism does, so without it
        nothing is left to ask about.
    forced : int
        Draws of the comparison that do not believe in the mechanism; it was switched on in them first, since too few
        others have it.
    """

    mechanism: str
    pattern: str
    runs: int
    before: float
    after: float
    p: float
    word: str
    forced: int = 0
    own: bool = False


def idle(found: Sequence[Break]) -> tuple[str, ...]:
    """Mechanisms that break no pattern."""
    all_of_them = dict.fromkeys(item.mechanism for item in found)
    breaking = {item.mechanism for item in found if item.word == "breaks"}
    return tuple(name for name in all_of_them if name not in breaking)


@dataclass(frozen=True)
class Needs(Record):
    """What breaks without each mechanism.

    `runs` is the number of matched draws that each mechanism is compared on: the first of the set in which it is on,
    and where these are too few, others in which it is switched on first.
    `idle` are the mechanisms that break no pattern; `missing` those that were not tried yet. `own_only` break none
    that was tried but those that ask what they do.
    """

    runs: int
    rows: tuple[Break, ...]
    idle: tuple[str, ...]
    missing: tuple[str, ...] = ()

    def of_pattern(self, pattern: str) -> tuple[str, ...]:
        """Mechanisms without which the pattern no longer comes out."""
        return tuple(row.mechanism for row in self.rows if row.pattern == pattern and row.word == "breaks")

    @property
    def own_only(self) -> tuple[str, ...]:
        """Mechanisms that break patterns, but none that was tried and asks of anything else than what they do."""
        breaking = [row for row in self.rows if row.word == "breaks"]
        others = {row.mechanism for row in breaking if not row.own}
        return tuple(dict.fromkeys(row.mechanism for row in breaking if row.mechanism not in others))

    @property
    def forced(self) -> tuple[str, ...]:
        """Mechanisms that were switched on for the comparison in draws that do not believe in them."""
        return tuple(dict.fromkeys(row.mechanism for row in self.rows if row.forced))

    def of_mechanism(self, mechanism: str, word: str = "breaks") -> tuple[str, ...]:
        """Patterns that the mechanism breaks (or "weakens")."""
        return tuple(row.pattern for row in self.rows if row.mechanism == mechanism and row.word == word)
