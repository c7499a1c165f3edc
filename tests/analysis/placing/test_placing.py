from __future__ import annotations

import json

import numpy as np
import pytest

from qorgau.analysis.placing import make_network, place
from qorgau.analysis.placing.network import Network
from qorgau.errors import InputError

from .networks import best_by_relaxation, random_network, subsets


def two_crossings() -> Network:
    """A busy pass that hardly loses from a watch since a detour is as good, and a bottleneck that does."""
    return make_network(
        ["a", "m", "a", "n", "x"],
        ["m", "x", "n", "x", "b"],
        [0.9, 1.0, 0.89, 1.0, 0.8],
        [0.3, np.nan, np.nan, np.nan, 0.4],
        ["a", "m"],
        ["b", "b"],
        [0.6, 0.4],
        labels=["pass", "l1", "detour", "l2", "border section"],
    )


def test_adapting_followers_leave_the_watched_pass() -> None:
    found = place(two_crossings(), 1)
    assert found.chosen == ("border section",)
    assert found.value == pytest.approx(0.5 * found.unwatched)
    assert found.gap is not None and found.gap < 1e-7
    assert found.status == "optimal" and found.method == "cuts"


def test_naive_ignores_adaptation() -> None:
    network = make_network(
        ["a", "m", "a", "n", "c"],
        ["m", "b", "n", "b", "d"],
        [0.9, 1.0, 0.89, 1.0, 0.9],
        [0.3, np.nan, np.nan, np.nan, 0.3],
        ["a", "c"],
        ["b", "d"],
        [0.6, 0.4],
    )
    naive = place(network, 1, method="naive")
    assert naive.chosen == ("a to m",)  # busiest with no watch, but its detour costs next to nothing
    assert naive.value == naive.naive > place(network, 1).value
    assert naive.bound is None and naive.gap is None and naive.status == "no certificate"


@pytest.mark.parametrize("seed", range(4))
def test_methods_agree(seed: int) -> None:
    network = random_network(seed)
    cuts, listed = place(network, 3, method="cuts"), place(network, 3, method="enumerate")
    assert cuts.value == pytest.approx(listed.value, rel=1e-7)
    smooth, all_sets = (place(network, 3, m, "logit", 2.0) for m in ("gradient", "enumerate"))
    assert smooth.value == pytest.approx(all_sets.value, rel=1e-9)
    assert smooth.bound is not None and smooth.bound <= all_sets.value
    assert smooth.status == "no certificate" and all_sets.status == "optimal"
    for found in (cuts, listed, smooth, all_sets):
        assert found.value <= found.unwatched and found.value <= found.naive * (1 + 1e-9)


def test_evaluate_reranks_the_best_few() -> None:
    network = random_network(8, watchable=10)
    plain = place(network, 2)
    seen: list[tuple[str, ...]] = []

    def dislike(chosen: tuple[str, ...]) -> float:
        seen.append(chosen)
        return 1.0 if set(chosen) == set(plain.chosen) else 0.5

    found = place(network, 2, evaluate=dislike)
    assert found.method == "enumerate" and found.evaluated == 0.5
    assert found.candidates == len(seen) > 1 and found.status == "reranked"
    assert set(found.chosen) != set(plain.chosen) and found.value >= plain.value - 1e-9
    near = place(network, 2, method="cuts", evaluate=dislike)
    assert near.evaluated == 0.5 and set(near.chosen) != set(plain.chosen)
    assert near.bound is not None and near.bound <= near.value


def test_auto_lists_small_networks_for_logit_followers() -> None:
    assert place(random_network(1), 2, follower="logit").method == "enumerate"


def test_value_is_what_the_chosen_watches_give() -> None:
    network = random_network(7)
    found = place(network, 3)
    arcs = np.array([network.labels.index(name) for name in found.chosen])
    assert found.value == pytest.approx(best_by_relaxation(network, arcs), rel=1e-12)
    assert found.unwatched == pytest.approx(best_by_relaxation(network, arcs[:0]), rel=1e-12)
    assert found.value == pytest.approx(min(best_by_relaxation(network, s) for s in subsets(network, 3)), rel=1e-7)


def test_no_budget_is_no_watch() -> None:
    for follower in ("worst_case", "logit"):
        found = place(random_network(1), 0, follower=follower)
        assert found.chosen == () and found.value == found.unwatched == found.naive


def test_json_names_sections_and_no_routes() -> None:
    network = random_network(2)
    fields = json.loads(place(network, 2).to_json())
    assert {"value", "bound", "gap", "chosen", "unwatched", "naive", "seconds", "method", "status"} <= set(fields)
    assert set(fields["chosen"]) <= set(network.names(network.watchable))
    assert not any("route" in key or "path" in key or "journey" in key for key in fields)
    assert "operational targeting" in fields["not_for"]
    assert json.loads(place(network, 2, method="naive").to_json())["bound"] is None


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"budget": -1}, "budget"),
        ({"budget": float("nan")}, "budget"),
        ({"budget": 1, "method": "guess"}, "method"),
        ({"budget": 1, "method": "gradient"}, "does not fit"),
        ({"budget": 1, "method": "cuts", "follower": "logit"}, "does not fit"),
        ({"budget": 1, "follower": "drunk"}, "follower"),
        ({"budget": 1, "time_limit": 0}, "time_limit"),
    ],
)
def test_bad_arguments_are_named(arguments: dict, word: str) -> None:
    with pytest.raises(InputError, match=word):
        place(random_network(1), **arguments)


def test_a_network_without_watchable_arcs_is_refused() -> None:
    with pytest.raises(InputError, match="no arc can be watched"):
        place(make_network(["a"], ["b"], [0.9], [np.nan], ["a"], ["b"], [1.0]), 1)
