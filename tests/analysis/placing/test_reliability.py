from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.analysis.placing.reliability import arrange, delivered, load, useful_arcs

from .networks import best_by_relaxation, random_network, subsets


@given(st.integers(0, 10_000), st.booleans())
def test_best_paths_equal_plain_relaxation(seed: int, stopping: bool) -> None:
    network = random_network(seed, stopping=stopping)
    chosen = network.watchable[:: 1 + seed % 3]
    assert delivered(arrange(network), chosen) == pytest.approx(best_by_relaxation(network, chosen), rel=1e-12)


@given(st.integers(0, 10_000))
def test_watches_never_help_worst_case_followers(seed: int) -> None:
    network = random_network(seed)
    groups = arrange(network)
    values = [delivered(groups, network.watchable[:n]) for n in range(network.watchable.size + 1)]
    assert np.all(np.diff(values) <= 1e-15)


@given(st.integers(0, 10_000))
def test_arcs_that_cannot_matter_do_not(seed: int) -> None:
    network = random_network(seed, watchable=6)
    groups = arrange(network)
    _, matter = useful_arcs(groups)
    idle = set(np.flatnonzero(~matter.any(axis=0)).tolist())
    for chosen in subsets(network, 6):
        kept = np.array([a for a in chosen.tolist() if a not in idle], dtype=np.int64)
        assert delivered(groups, chosen) == pytest.approx(delivered(groups, kept), rel=1e-9)


def test_load_counts_each_journey_on_its_best_path() -> None:
    network = random_network(4)
    groups = arrange(network)
    use = load(groups, network.watchable[:0])
    # Arcs out of the journeys' beginnings carry at least the journeys that begin there.
    for b in np.unique(groups.begin):
        leaving = use[groups.tail == b].sum()
        assert leaving >= groups.probability[groups.begin == b].sum() - 1e-12
