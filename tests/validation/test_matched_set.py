"""The set that the bundled case ships: current, worth what it says, and reproduced by the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qorgau.analysis.case_view import case_view
from qorgau.analysis.waves.evaluate import bench_of, narrowed, verdicts_of
from qorgau.analysis.waves.needs import read_needs
from qorgau.analysis.waves.stored import FOLDER, MatchedSet, load_matched
from qorgau.case import Case, load_case
from qorgau.model.mechanisms import Mechanism

REPRODUCED = 12


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("kazakhstan")


@pytest.fixture(scope="module")
def stored(case: Case) -> MatchedSet:
    return load_matched(case)


def test_the_set_is_of_this_case_these_patterns_and_this_model(stored: MatchedSet, case: Case) -> None:
    # loading refuses any other; what is asked here is that users get it without asking
    assert stored.patterns == tuple(p.id for p in case_view(case).patterns)
    assert stored.effective.runs >= 200, "advice needs that many independent runs"
    assert len(np.unique(stored.draws.streams)) == len(stored)


def test_matching_raised_what_it_matched(stored: MatchedSet) -> None:
    before, after = stored.prior_holds[: stored.prior_all], stored.holds
    rate = lambda holds: np.where(holds >= 0, holds == 1, np.nan)  # noqa: E731
    assert np.nanmean(rate(after)) > np.nanmean(rate(before)) + 0.05
    assert (stored.score <= stored.threshold).all()


def test_draws_of_the_set_come_out_as_they_did_when_they_were_matched(stored: MatchedSet, case: Case) -> None:
    bench = bench_of(case)
    single = np.flatnonzero(bench.plan.single)
    some = narrowed(bench, single)
    found = verdicts_of(some, stored.first(REPRODUCED), int(stored.about["seed"]), paired=False,
                        streams=stored.draws.streams[:REPRODUCED])
    assert np.array_equal(found.holds, stored.holds[:REPRODUCED][:, single])


def test_what_mechanisms_are_needed_for_belongs_to_this_set(stored: MatchedSet, case: Case) -> None:
    found = read_needs(Path(case.folder) / FOLDER, stored)
    assert found is not None, "kept beside the set, and made on it"
    tried = {row.mechanism for row in found.rows}
    assert tried <= {m.name.lower() for m in Mechanism} and len(tried) >= 20
    assert {row.pattern for row in found.rows} <= set(stored.patterns)
