"""The bundled case as a whole: no idle subsystem, no idle measure, prices that neither swing nor run away."""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.case import Case, load_case
from qorgau.ensemble.results import Results
from qorgau.ensemble.runner import simulate
from qorgau.model.mechanisms import SUBSYSTEMS

RUNS = 24
SPREAD = 0.1
"""Share of an outcome's spread over draws that a subsystem must move it by."""


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("kazakhstan")


@pytest.fixture(scope="module")
def results(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return simulate(case, runs=RUNS, seed=3, workers=2, out=tmp_path_factory.mktemp("bundled"), knockouts=RUNS)


def _paired(results: Results, name: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Baseline and each knock-out of one outcome, mean over 2005-2013, by draw."""
    years = [y for y in results.years if 2005 <= y <= 2013]
    at = [list(results.years).index(y) for y in years]
    base = results.to_numpy(name)[list(results.policies).index("baseline")][:, at].mean(axis=1)
    table = results.knockouts().to_pydict()
    out: dict[str, np.ndarray] = {}
    for mechanism in sorted(set(table["mechanism"])):
        rows = {}
        for m, run, year, value in zip(table["mechanism"], table["run"], table["year"], table[name], strict=True):
            if m == mechanism and year in years:
                rows.setdefault(run, []).append(value)
        out[mechanism] = np.array([np.mean(rows[run]) for run in sorted(rows)])
    return base, out


OUTCOMES = ("people_exploited", "people_recruited_all", "opiates_delivered_kg_all", "opiates_seized_kg_all",
            "opiate_users_all", "cases_prosecuted", "people_assisted", "officials_corrupt_share", "tip_tier",
            "perceived_corruption_score", "active_organisations", "opiates_border_kg_KGZ", "people_identified")


def test_each_subsystem_switched_off_moves_an_outcome_by_a_tenth_of_its_spread(results: Results) -> None:
    largest = {m.name.lower(): 0.0 for m in SUBSYSTEMS}
    for name in OUTCOMES:
        base, off = _paired(results, name)
        spread = float(np.nanstd(base))
        for mechanism in largest:
            change = float(np.nanmean(off[mechanism] - base[: len(off[mechanism])]))
            if spread > 0:
                largest[mechanism] = max(largest[mechanism], abs(change) / spread)
    idle = {m: round(v, 3) for m, v in largest.items() if v <= SPREAD}
    assert not idle, f"subsystems that move nothing: {idle}"


OWN_PATH = {"penalties": ("officials_corrupt_share",)}
"""What a measure works through that the others are not asked about. Longer penalties deter officials too; the study has
them do little for people (P35), so that what reaches people may be too small to see in 24 draws."""


def test_each_measure_moves_people_or_what_reaches_them(results: Results) -> None:
    at = [list(results.years).index(y) for y in results.years if y >= 2016]
    names = ("people_exploited", "people_recruited", "people_identified", "people_assisted", "people_retrafficked",
             "people_exploited_children", "cases_prosecuted", "opiates_seized_kg", "governor_tenure_months")
    moved = dict.fromkeys((p for p in results.policies if p != "baseline"), 0.0)
    for name in (*names, *{name for own in OWN_PATH.values() for name in own}):
        values = np.nanmean(results.to_numpy(name)[:, :, at], axis=2)
        base = values[list(results.policies).index("baseline")]
        spread = float(np.nanstd(base)) or 1.0
        for policy in moved if name in names else (p for p, own in OWN_PATH.items() if name in own):
            change = np.nanmean(values[list(results.policies).index(policy)] - base)
            moved[policy] = max(moved[policy], abs(float(change)) / spread)
    idle = {p: round(v, 4) for p, v in moved.items() if v < 0.02}
    assert not idle, f"measures that move nothing: {idle}"


def test_a_measure_acts_only_from_its_start(results: Results) -> None:
    before = [list(results.years).index(y) for y in results.years if y <= 2014]
    values = results.to_numpy("people_exploited")[:, :, before]
    assert np.array_equal(values, np.broadcast_to(values[:1], values.shape))


@pytest.fixture(scope="module")
def many(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """128 prior draws of the baseline alone: a median over two dozen has a standard error of a tenth of itself."""
    return simulate(case, policies=["baseline"], runs=128, seed=3, workers=2, out=tmp_path_factory.mktemp("prices"))


def test_prices_of_opiates_neither_freeze_nor_swing(case: Case, many: Results) -> None:
    """Median over draws of the standard deviation of the yearly change of log price in calm years."""
    at = [list(many.years).index(y) for y in many.years if 2003 <= y <= 2010]
    deviations = []
    for market in case.markets:
        price = many.to_numpy(f"opiate_price_{market.place}")[0][:, at]
        deviations.append(np.diff(np.log(price), axis=1).std(axis=1))
    middle = float(np.median(np.median(np.array(deviations), axis=0)))
    assert 0.1 <= middle <= 0.3


@pytest.mark.xfail(strict=True, reason="known defect: with the wider range of pay for risk 3 % of prior draws touch it")
def test_prices_of_opiates_seldom_touch_their_guard(many: Results) -> None:
    assert np.asarray(many.price_cap())[0].mean() < 0.02


def test_nothing_is_negative_and_nothing_is_missing(results: Results) -> None:
    for name in results.outcomes:
        values = results.to_numpy(name)
        finite = values[np.isfinite(values)]
        if name != "organisations_profit_usd":
            assert (finite >= 0).all(), name
    for name in ("people_exploited", "opiate_users", "cases_prosecuted", "opiate_price_almaty"):
        assert np.isfinite(results.to_numpy(name)).all()
