"""The ramp of measures in a branch of policies."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.run import Branch, baseline_only
from qorgau.model.world import INSTRUMENTS

K = len(INSTRUMENTS)


def _branch(level: float, start: int, ramp: int) -> Branch:
    levers = np.zeros((2, K))
    levers[1, 3] = level
    starts = np.full((2, K), 5, dtype=np.int64)
    starts[1, 3] = start
    return Branch(("baseline", "a"), levers, starts, np.full(K, ramp, dtype=np.int64))


@given(level=st.floats(0.01, 1.0), start=st.integers(12, 300), ramp=st.integers(1, 48))
@settings(max_examples=60)
def test_a_lever_ramps_up_evenly_and_stays(level: float, start: int, ramp: int) -> None:
    branch = _branch(level, start, ramp)
    path = np.array([branch.at(m) for m in range(start - 2, start + ramp + 3)])
    assert (path[:, 0] == 0).all() and (np.delete(path[:, 1], 3, axis=1) == 0).all()
    lever = path[:, 1, 3]
    assert (lever[:2] == 0).all()
    np.testing.assert_allclose(lever[2:2 + ramp], level * np.arange(1, ramp + 1) / ramp, rtol=1e-12)
    assert (lever[1 + ramp:] == level).all()


def test_the_first_month_is_that_of_the_first_acting_lever() -> None:
    assert _branch(0.5, 77, 6).first_month(400) == 77, "starts of levers at zero do not count"
    assert _branch(0.5, 900, 6).first_month(400) == 401
    assert _branch(0.0, 77, 6).first_month(400) == 401
    assert baseline_only().first_month(400) == 401
    assert (baseline_only().at(50) == 0).all() and baseline_only().policies == ("baseline",)


def test_a_lever_with_ramp_of_one_month_acts_in_full_at_once() -> None:
    branch = _branch(0.8, 30, 1)
    assert branch.at(29)[1, 3] == 0.0 and branch.at(30)[1, 3] == 0.8
