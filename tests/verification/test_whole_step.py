"""The whole model with a step of a quarter of a month: it runs, loses nothing, and tells nearly the same.

The month is the step of every result; docs/verification.md has the table of how far a finer one moves outcomes, which
``tools/time_step.py`` makes. Here 24 draws run to 2000 at either step. Bounds are on what all draws have together, by
the mean and four standard deviations of such differences in larger runs. Rates, spans or capacities told by month where
the rest is told by step were tried, and break them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qorgau
from qorgau.model.clock import STEPS, STEPS_A_YEAR, kept, memory
from qorgau.model.registry import PARAMETERS
from tests.beside import LAST, Beside
from tests.model.draws import draw_parameters
from tests.model.worlds import small_world
from tools import time_step as tool

FIRST = 1995
UNITS = {f"{subsystem}.{p.name}": p.unit for subsystem, table in PARAMETERS.items() for p in table}
Runs = dict[int, dict[str, np.ndarray]]

BOUNDS = {
    "departures_CA": 0.02, "rents_legal_usd": 0.03, "officials_corrupt_share": 0.05, "people_recruited_all": 0.15,
    "people_exploited_all": 0.1, "people_identified": 0.35, "people_found_on_way": 0.4, "cases_investigated": 0.25,
    "opiates_delivered_kg_all": 0.15, "opiates_seized_kg_all": 0.25, "opiate_users_all": 0.05,
    "opiate_source_price": 0.08, "active_organisations": 0.12, "organisations_profit_usd": 0.3,
    "journey_cost_usd": 0.03, "governor_tenure_months": 0.45, "salience": 0.04, "attention": 0.05,
    "perceived_corruption_score": 0.02,
}
"""How far the mean of all draws may be from that at the step of a month, relative to it."""


@pytest.fixture(scope="module")
def runs(beside: Beside) -> Runs:
    return beside.runs()


def _mean(run: dict[str, np.ndarray], name: str) -> float:
    first = int(run["first_year"])
    column = list(run["names"]).index(name)
    return float(np.nanmean(run["yearly"][:, :, FIRST - first: LAST - first + 1, column]))


@pytest.mark.slow
def test_no_kilogram_and_no_person_is_lost_at_either_step(runs: Runs) -> None:
    for steps, run in runs.items():
        assert run["steps"] == steps
        assert run["kg"] < 1e-12
        assert run["persons"] == 0


@pytest.mark.slow
def test_main_outcomes_stay_near_those_of_a_month(runs: Runs) -> None:
    far = {name: ratio for name, bound in BOUNDS.items()
           if abs((ratio := _mean(runs[4], name) / _mean(runs[1], name)) - 1.0) > bound}
    assert not far


@pytest.mark.slow
def test_the_step_is_told_apart_from_another_stream_by_its_own_chance(runs: Runs) -> None:
    """A step of its own has random numbers of its own: counts of people are not those of a month."""
    column = list(runs[1]["names"]).index("people_recruited_all")
    month, fine = (runs[n]["yearly"][0, :, -1, column] for n in (1, 4))
    assert (month != fine).any()


def test_a_month_is_the_step_of_every_result() -> None:
    assert (STEPS, STEPS_A_YEAR) == (1, 12)
    weights = np.linspace(0.0, 1.0, 101)
    assert all(memory(w) == w and kept(w) == w for w in weights)


@pytest.mark.parametrize("name", ["organisations.trade_speed", "cases.lapse", "routes.learning"])
def test_weights_close_as_much_of_a_gap_in_a_month(name: str) -> None:
    by_step = tool.by_step(name, UNITS[name], np.array([0.3]), 4)
    assert 1.0 - (1.0 - by_step[0]) ** 4 == pytest.approx(0.3, rel=1e-12)


@pytest.mark.parametrize(("name", "factor"), [
    ("people.escape", 0.25), ("people.spell_labour", 4.0), ("cases.officers", 1.0), ("cases.case_months", 4.0),
    ("people.search", 0.25), ("facilitators.documents_capacity", 0.25), ("organisations.entry_size", 1.0),
    ("human_trade.choke_labour", 4.0), ("corruption.penalty", 1.0), ("economy.leave_rate", 1.0),
    ("indicators.role_half", 0.25), ("measures.law_delay", 4.0), ("people.dose_kg", 0.25),
])
def test_parameters_are_told_by_step_by_their_unit(name: str, factor: float) -> None:
    assert tool.by_step(name, UNITS[name], np.array([2.0]), 4)[0] == 2.0 * factor


def test_every_unit_with_a_month_is_known() -> None:
    """A new one must be looked at: is it a rate, a share closed in a month, a span, or a level?"""
    known = {"1/month", "month", "months", "kg/month", "journeys/month", "persons/month/million",
             "officer-months/month/million", "officer-months/case", "officer-months/person", "million/officer-month",
             "persons/month/10 million", "monthly wages"}
    assert {unit for unit in UNITS.values() if "month" in unit} == known
    assert set(UNITS) >= tool.WEIGHTS | tool.SPANS | tool.LEVELS
    assert all(UNITS[name] == "journeys/month" for name in tool.LEVELS)
    assert {name for name, unit in UNITS.items() if unit == "journeys/month"} == tool.LEVELS


def test_a_finer_world_repeats_months_and_what_happens_once_happens_once() -> None:
    world = small_world()
    fine = tool.finer_world(world, 4)
    assert fine.months == 4 * world.months == fine.sizes["month"]
    np.testing.assert_array_equal(fine.population[::4], world.population)
    np.testing.assert_array_equal(fine.population[3::4], world.population)
    for name, series in world.event.items():
        whole = 1 if name in tool.PULSES else 4
        assert fine.event[name].sum() == pytest.approx(whole * series.sum())


def test_a_finer_set_leaves_the_given_one_as_it_was() -> None:
    given = draw_parameters(2)
    before = {k: a.copy() for k, a in given.items()}
    tool.finer_parameters(given, 4)
    assert all((given[k] == before[k]).all() for k in given)


def test_the_package_that_is_run_is_the_one_that_tests_import() -> None:
    assert tool.package() == Path(qorgau.__file__).parent


def test_a_clock_that_cannot_be_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "package" / "model").mkdir(parents=True)
    (tmp_path / "package" / "model" / "clock.py").write_text("STEPS = one()\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no line"):
        tool.copy_of(tmp_path / "package", tmp_path / "copy", 4)


def test_more_steps_than_random_numbers_have_names_for_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tool.main(["--steps", "40"])
    assert "random numbers" in capsys.readouterr().err


def _tables(shift: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    draws = rng.normal(10.0, 2.0, (1, 400, 1, 1)) + rng.normal(0.0, 0.2, (3, 400, 4, 1))
    return {"yearly": draws + shift, "names": np.array(["x"]), "first_year": np.array(1991)}


def test_the_table_finds_a_shift_and_no_other() -> None:
    ratio, moved, error, single, chance = tool.compare(_tables(0.0), _tables(1.0), 1991, 1994)["x"]
    assert ratio == pytest.approx(1.1, abs=0.01)
    assert moved == pytest.approx(0.5, abs=0.05)
    assert error < 1e-12  # the same chance in both
    assert single == pytest.approx(np.hypot(moved, chance), rel=0.02)
    assert chance == pytest.approx(0.2 / np.sqrt(4) * np.sqrt(2) / 2.0, rel=0.15)
    assert "| `x` | 1.10" in tool.told(tool.compare(_tables(0.0), _tables(1.0), 1991, 1994))
