from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest

from qorgau.analysis.runs import Runs, corridor_outcomes, from_results
from qorgau.errors import InputError
from tests.analysis.synthetic import ensemble


class Stored:
    """Results of two runs (numbers 0 and 2), two policies and two years, as a store gives them."""

    policies = ("baseline", "outreach")
    outcomes = ("people_exploited", "opiate_users")
    corridor_names = ("C01a", "C01b", "C02a")
    trades = ("opiates", "labour")
    parameters = ("economy.m0",)
    claims = ("S01",)
    mechanisms = ("scope", "habit")
    years = np.array([2000, 2001])
    runs = np.array([0, 2])

    def arrays(
        self, names: Sequence[str], policies: Sequence[str] | None = None, years: tuple[int, int] | None = None
    ) -> np.ndarray:
        whole = np.stack([np.arange(8.0).reshape(2, 2, 2) + 100 * self.outcomes.index(name) for name in names])
        rows = [self.policies.index(policy) for policy in policies or self.policies]
        first, last = years or (2000, 2001)
        return whole[:, rows, :, first - 2000 : last - 1999]

    def values(self) -> np.ndarray:
        return np.array([[0.1], [0.2]])

    def truth(self) -> np.ndarray:
        return np.array([[True], [False]])

    def switches(self) -> np.ndarray:
        return np.array([[True, False], [True, True]])

    def carried_blocks(self, policy: str, trade: str) -> Iterator[tuple[np.ndarray, ...]]:
        assert (policy, trade) == ("baseline", "opiates")
        yield np.array([0]), np.array([0]), np.array([0]), np.array([0]), np.array([5.0])
        yield np.array([2]), np.array([0, 0]), np.array([0, 1]), np.array([0, 2]), np.array([4.0, 2.0])

    def knockouts(self) -> pa.Table:
        return pa.table({"mechanism": ["scope", "scope"], "run": [2, 2], "year": [2000, 2001],
                         "people_exploited": [7.0, 8.0]})


ENDS = {"C01a": ("osh", "bishkek"), "C01b": ("bishkek", "osh"), "C02a": ("bishkek", "almaty")}


def test_a_store_is_read_as_it_is() -> None:
    runs = from_results(Stored(), ENDS)
    assert (runs.count, runs.years, runs.baseline) == (2, (2000, 2001), "baseline")
    assert runs.fetch(["opiate_users"])["opiate_users"].tolist()[1] == [[104, 105], [106, 107]]
    assert runs.fetch_baseline(["people_exploited"])["people_exploited"].tolist() == [[0, 1], [2, 3]]
    assert runs.parameters["economy.m0"].tolist() == [0.1, 0.2]
    assert runs.claims["S01"].tolist() == [True, False]
    assert runs.switches["habit"].tolist() == [False, True]


def test_a_window_is_read_alone_and_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = from_results(Stored(), ENDS)
    whole = runs.fetch(Stored.outcomes)
    for most in (1 << 27, 1):
        monkeypatch.setattr("qorgau.analysis.runs._BATCH_BYTES", most)
        for years, columns in (((2000, 2001), slice(0, 2)), ((2001, 2001), slice(1, 2))):
            got = runs.windows(Stored.outcomes, years)
            assert all((got[name] == whole[name][..., columns].mean(axis=-1)).all() for name in Stored.outcomes)
    with pytest.raises(InputError, match="not within the results"):
        runs.windows(["opiate_users"], (1999, 2001))


def test_corridors_become_outcomes_of_the_baseline() -> None:
    got = from_results(Stored(), ENDS).fetch_baseline(
        ["corridor_opiates_kg_osh_bishkek", "corridor_opiates_kg_bishkek_almaty", "corridor_overlap"])
    assert got["corridor_opiates_kg_osh_bishkek"].tolist() == [[5, 0], [4, 0]]
    assert got["corridor_opiates_kg_bishkek_almaty"].tolist() == [[0, 0], [0, 2]]
    assert np.isnan(got["corridor_overlap"][0]).all(), "nothing carried in a year: not applicable"
    assert got["corridor_overlap"][1, 1] == 0.0, "everything moved to another corridor"


def test_knock_outs_are_matched_to_their_runs() -> None:
    rows, fetch = from_results(Stored(), ENDS).knockouts["scope"]
    assert rows.tolist() == [1]
    assert fetch(["people_exploited"])["people_exploited"].tolist() == [[7.0, 8.0]]


def test_both_modes_between_two_places_are_one_outcome() -> None:
    flows = np.array([[[1.0, 2.0]], [[3.0, 4.0]]])
    made = corridor_outcomes([("a", "b"), ("a", "b")], flows, 1, 2)
    assert made["corridor_opiates_kg_a_b"].tolist() == [[4.0, 6.0]]
    assert made["corridor_overlap"][0, 1] == pytest.approx(1 - abs(1 / 4 - 2 / 6))


def test_a_window_outside_the_results_is_refused() -> None:
    with pytest.raises(InputError, match="1980 to 2000 is not within the results"):
        ensemble().windows(["people_exploited"], (1980, 2000))


def test_arrays_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="different shapes"):
        Runs.of_arrays(["baseline"], [2000], {"a": np.zeros((1, 2, 1)), "b": np.zeros((1, 3, 1))})
