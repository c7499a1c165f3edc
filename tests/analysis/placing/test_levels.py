from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.analysis.placing.levels import separate
from qorgau.analysis.placing.reliability import arrange, journey_values, useful_arcs

from .networks import random_network, subsets


@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_cuts_hold_at_every_placement(seed: int, whole: bool, stopping: bool) -> None:
    """Cuts made at any point, whole or fractional, are valid at every binary point."""
    network = random_network(seed, watchable=6, stopping=stopping)
    groups = arrange(network)
    use, _ = useful_arcs(groups)
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, groups.watchable.size).astype(float) if whole else rng.random(groups.watchable.size)
    cuts = separate(groups, use, y, np.zeros(groups.begin.size), 1e-9)
    assert cuts
    for chosen in subsets(network, 6):
        values = journey_values(groups, chosen)
        point = np.isin(groups.watchable, chosen).astype(float)
        for cut in cuts:
            assert values[cut.journey] + cut.coefficients @ point[cut.slots] >= cut.constant - 1e-9


@given(st.integers(0, 10_000))
def test_cuts_are_tight_at_the_placement_they_are_made_at(seed: int) -> None:
    network = random_network(seed)
    groups = arrange(network)
    use, _ = useful_arcs(groups)
    point = np.random.default_rng(seed).integers(0, 2, groups.watchable.size).astype(float)
    values = journey_values(groups, groups.watchable[point > 0.5])
    cuts = separate(groups, use, point, np.zeros(groups.begin.size), 1e-9)
    assert len(cuts) == np.count_nonzero(values > 1e-9)
    for cut in cuts:
        tight = cut.constant - cut.coefficients @ point[cut.slots]
        assert tight == pytest.approx(values[cut.journey], abs=1e-9)
    assert separate(groups, use, point, values, 1e-9) == []
