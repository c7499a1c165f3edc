"""Confirm that a matched set is still what it was under a model whose code has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from qorgau.analysis.waves.evaluate import verdicts_of
from qorgau.analysis.waves.match import ready
from qorgau.analysis.waves.stored import MatchedSet, read_matched, restamp
from qorgau.case.case import Case
from qorgau.ensemble.workers import available_cores
from qorgau.errors import InputError

__all__ = ["confirm_set"]


def confirm_set(
    case: Case, folder: str | Path, *, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> MatchedSet:
    """Run a set again under a model whose code has changed, and stamp it anew if every verdict is the same.

    For changes that mean to change nothing, such as a module that was parted in two or a faster kernel.

    Parameters
    ----------
    case : Case
    folder : path
        Of the set; its case and patterns must be those at hand.
    workers : int, optional
    progress : callable, optional
        Told draws done and draws in all.

    Returns
    -------
    MatchedSet

    Raises
    ------
    InputError
        If the set is of another case or other patterns, or any verdict or distance differs.
    """
    bench, _, identity = ready(case)
    stored = read_matched(folder, bench.inputs.uncertain)
    if stored.about["case"]["hash"] != case.hash or stored.about["patterns_hash"] != identity["patterns_hash"]:
        raise InputError(folder, "", "is of another case or other patterns", "match again with qorgau match")
    step = 96
    for start in range(0, len(stored), step):
        cut = slice(start, min(len(stored), start + step))
        found = verdicts_of(
            bench, stored.draws.part(cut.start, cut.stop), int(stored.about["seed"]),
            workers=workers or available_cores(), streams=stored.draws.streams[cut],
        )
        near = np.isclose(found.distance, stored.distance[cut], rtol=1e-5, atol=1e-6, equal_nan=True)
        if not (near.all() and np.array_equal(found.holds, stored.holds[cut])):
            run, pattern = np.argwhere(~near | (found.holds != stored.holds[cut]))[0]
            raise InputError(
                folder, "",
                f"draw {start + run} comes out otherwise under this model, first on {stored.patterns[pattern]}",
                "match again with qorgau match",
            )
        if progress is not None:
            progress(cut.stop, len(stored))
    restamp(Path(folder), bench.inputs.model)
    return read_matched(folder, bench.inputs.uncertain)
