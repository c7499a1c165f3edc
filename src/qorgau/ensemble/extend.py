"""Adding runs to an ensemble that is there: what it was asked for, and whether its design can grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qorgau.ensemble.designs import DESIGNS
from qorgau.ensemble.places import Address
from qorgau.ensemble.store import MAIN, read_manifest, results_place
from qorgau.errors import InputError

__all__ = ["Growth", "growth"]


@dataclass(frozen=True)
class Growth:
    """What to ask for so that an ensemble grows.

    Attributes
    ----------
    runs : int
        Runs in all, those that are there included.
    grown_from : int
        Runs that the ensemble had before.
    seed : int
        Of its design.
    design : mapping
        Method and what else makes its draws.
    policies : tuple of str
        Without the baseline.
    knockouts : int
    """

    runs: int
    grown_from: int
    seed: int
    design: Mapping[str, Any]
    policies: tuple[str, ...]
    knockouts: int

    @property
    def drawn(self) -> bool:
        """Whether its draws are of a design that goes on without end, not of a list such as a matched set."""
        return self.design["method"] in DESIGNS


def growth(out: Address, more: int) -> Growth:
    """Return what to ask for so that the ensemble in a folder has `more` runs than it has.

    The same call on an ensemble that was stopped while it grew by as many goes on with that: it does not grow twice.

    Parameters
    ----------
    out : path or str
        Output folder or address.
    more : int
        Runs to add.

    Raises
    ------
    InputError
        If there is no ensemble, or it is not finished and was not growing by so many.
    """
    if more < 1:
        raise InputError("simulate", "append", f"{more} runs to add", "add 1 or more")
    place = results_place(out)
    manifest = read_manifest(place)
    runs, before = int(manifest["runs"]), manifest.get("grown_from")
    done = sum(block["stop"] - block["start"] for block in manifest["blocks"] if block["kind"] == MAIN)
    if done < runs:
        if before != runs - more:
            raise InputError(
                place.address, "", f"the ensemble is not finished: {done} of {runs} runs are there",
                f"finish it first (--runs {runs}), then add to it",
            )
        start, total = int(before), runs
    else:
        start, total = runs, runs + more
    design = manifest["identity"]["design"]
    return Growth(
        runs=total, grown_from=start, seed=int(design.get("seed", 1)), design=design,
        policies=tuple(manifest["columns"]["policies"][1:]), knockouts=int(manifest["knockouts"]),
    )
