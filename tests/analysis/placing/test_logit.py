from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.analysis.placing import logit
from qorgau.analysis.placing.network import Network
from qorgau.analysis.placing.reliability import arrange
from qorgau.analysis.placing.reliability import delivered as worst_delivered

from .networks import random_network, walks


def by_listing(network: Network, costs: np.ndarray, temperature: float, hops: int) -> float:
    """Expected undetected share with a multinomial logit over every walk, listed one by one."""
    total = 0.0
    for o, d, p in zip(network.origin, network.destination, network.probability):
        sums = np.array([costs[w].sum() for w in walks(network, int(o), int(d), hops)])
        share = np.exp(-sums / temperature)
        total += p * (share @ np.exp(-sums)) / share.sum()
    return total


@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.3, 2.0]))
@settings(max_examples=25)
def test_recursive_equals_path_logit_over_all_routes(seed: int, temperature: float) -> None:
    network = random_network(seed, acyclic=True)
    model = logit.logit_model(network, temperature)
    y = np.random.default_rng(seed).random(model.watch.size)
    listed = by_listing(network, model.costs(y), temperature, len(network.nodes))
    assert logit.delivered(model, y) == pytest.approx(listed, rel=1e-10)


@given(st.integers(0, 10_000), st.integers(5, 6))
@settings(max_examples=15)
def test_recursive_equals_path_logit_over_bounded_walks_with_cycles(seed: int, hops: int) -> None:
    network = random_network(seed, nodes=6, journeys=3)
    model = logit.logit_model(network, 0.4, hops=hops)
    y = np.random.default_rng(seed).random(model.watch.size)
    assert logit.delivered(model, y) == pytest.approx(by_listing(network, model.costs(y), 0.4, hops), rel=1e-10)


@given(st.integers(0, 10_000), st.sampled_from([0.1, 1.0]))
@settings(max_examples=15)
def test_gradient_equals_finite_differences(seed: int, temperature: float) -> None:
    model = logit.logit_model(random_network(seed), temperature)
    y = np.random.default_rng(seed).uniform(0.1, 0.9, model.watch.size)
    value, gradient = logit.delivered_and_gradient(model, y)
    assert value == pytest.approx(logit.delivered(model, y), rel=1e-12)
    step = 1e-5
    for i in range(y.size):
        up, down = y.copy(), y.copy()
        up[i] += step
        down[i] -= step
        numeric = (logit.delivered(model, up) - logit.delivered(model, down)) / (2 * step)
        assert gradient[i] == pytest.approx(numeric, rel=1e-5, abs=1e-8)


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_cold_followers_take_the_most_reliable_path(seed: int) -> None:
    network = random_network(seed)
    model = logit.logit_model(network, 1e-4, hops=len(network.nodes))
    cold = logit.delivered(model, model.whole(np.arange(0, model.watch.size, 2)))
    worst = worst_delivered(arrange(network), network.watchable[::2])
    # Ties and near ties split; the share can only fall short of the best path, by little.
    assert worst * 0.99 <= cold <= worst * (1 + 1e-9)


def test_passes_leave_each_origin_once_on_an_acyclic_network() -> None:
    network = random_network(2, acyclic=True, journeys=1)
    model = logit.logit_model(network, 0.5)
    flow = logit.passes(model, model.base, model.beta, model.probability)
    assert flow[model.tail == model.begin[0]].sum() == pytest.approx(1.0)
    assert flow[model.head == model.ends[0]].sum() == pytest.approx(1.0)


def test_refuses_bad_settings() -> None:
    with pytest.raises(ValueError, match="temperature"):
        logit.logit_model(random_network(1), 0.0)
    with pytest.raises(ValueError, match="allow more hops"):
        logit.logit_model(random_network(1), 0.1, hops=0)


def test_a_watch_can_raise_the_undetected_share_of_logit_followers() -> None:
    """Why the search never assumes that more watches are better: they may push journeys to a safer path."""
    from qorgau.analysis.placing.network import make_network

    network = make_network(["a", "a"], ["b", "b"], [0.3, 0.9], [0.1, np.nan], ["a"], ["b"], [1.0])
    model = logit.logit_model(network, 2.0)
    assert logit.delivered(model, np.ones(1)) > logit.delivered(model, np.zeros(1))
