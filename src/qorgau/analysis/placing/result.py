"""What a placing returns."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass

NOT_FOR = "Not for operational targeting: which sections to watch in a model of the network, nothing more."


@dataclass(frozen=True)
class Placement:
    """Where to put the watches, and how good that is.

    Attributes
    ----------
    value
        Expected probability that a journey goes undetected with the chosen watches, followers adapting.
    bound
        No placement within the budget has a lower value than this; None where no bound is known.
    gap
        (value - bound) / value; None without a bound. Zero means proved best.
    chosen
        Labels of the arcs to watch, in the order of the network.
    unwatched
        The value with no watch at all.
    naive
        The value, followers adapting, of watching the busiest arcs as they are used with no watch.
    seconds
        Wall-clock time spent.
    method
        How the placement was found: "cuts", "enumerate", "gradient" or "naive".
    status
        "optimal" (gap closed), "time limit" (bound holds, gap open), "no certificate" (logit followers, naive),
        or "reranked" (the best in the network was proved, and the caller's evaluation preferred another).
    evaluated
        What the caller's own evaluation gave for the chosen arcs; None where none was given.
    candidates
        How many placements the caller's evaluation ranked; 0 where none was given.
    """

    value: float
    bound: float | None
    gap: float | None
    chosen: tuple[str, ...]
    unwatched: float
    naive: float
    seconds: float
    method: str
    status: str
    evaluated: float | None = None
    candidates: int = 0

    def to_json(self) -> str:
        """Return the placement as one JSON object, with a line on what it is not for."""
        fields: dict[str, object] = {key: _plain(value) for key, value in asdict(self).items()}
        fields["not_for"] = NOT_FOR
        return json.dumps(fields, ensure_ascii=False)


def relative_gap(value: float, bound: float | None) -> float | None:
    """Return (value - bound) / value, 0 when both are 0, None without a bound."""
    if bound is None:
        return None
    if value <= 0.0:
        return 0.0
    return max(0.0, (value - bound) / value)


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
