"""Dimensional checks: units parse, and results do not depend on the units in which money, mass and numbers are told.

Source: dimensional analysis (Buckingham 1914). Where an absolute number in the code has a unit it breaks homogeneity;
each of those is named here, and the test keeps away from it or makes up for it in the stated way.

Money (whole model): guards at 1 USD/month (wage), 50 and 200 USD/kg (expected and mean price), 50 USD (mean price of
exploitation) and 500,000 USD/kg are not met; the reference wage of 100 USD/month is left out by elasticities of 0.
Whole persons and thresholds of traffic magnify the rounding of amounts: hence a tolerance of 1e-4, and 24 months.
Mass (market and allocation): the usual purchases at the source, written out in kg, are left out by an elasticity of 0;
5 kg a journey is a constant of the code, so the organisations cannot be told in another unit of mass.
Numbers (extensive scaling): a destination's mass is taken over 1.6e8 persons and a home's over 1e7, which the value of
staying makes up for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
import yaml

from qorgau.model import corruption, drug_market, economy, enforcement, facilitators, human_trade, indicators, routes
from qorgau.model.registry import PARAMETERS
from qorgau.model.run import advance_month, begin
from qorgau.model.state import VARIABLES
from qorgau.model.streams import run_keys
from qorgau.model.world import World
from tests.model.draws import all_on, draw_parameters
from tests.model.people_scene import Scene
from tests.model.worlds import small_world
from tests.verification.scenes import NO_LEVERS, held, scene, set_to, values
from tests.verification.units import (
    STATE_UNITS,
    largest_difference,
    parse,
    power,
    rescaled,
    rescaled_parameters,
    rescaled_world,
)

MONTHS = 24


def test_the_unit_of_every_parameter_and_variable_parses() -> None:
    for table in PARAMETERS.values():
        for p in table:
            parse(p.unit)
    for v in VARIABLES:
        for part in v.unit.split(", "):
            parse(part.removeprefix("ln(").removesuffix(")"))


def test_the_parser_itself() -> None:
    assert parse("USD/kg/km") == {"USD": 1, "kg": -1, "km": -1}
    assert parse("officer-months/month/million") == {"officer": 1, "person": -1}
    assert parse("persons/1000") == {"person": 1} and parse("1") == {}
    for wrong in ("furlongs", "USD/fortnight", "kg per day"):
        with pytest.raises(ValueError, match="is no unit"):
            parse(wrong)


def test_priors_are_told_in_the_unit_of_the_equation() -> None:
    folder = files("qorgau").joinpath("cases", "kazakhstan", "parameters")
    for subsystem, table in PARAMETERS.items():
        priors = yaml.safe_load(folder.joinpath(f"{subsystem}.yaml").read_text("utf-8"))
        for p in table:
            assert parse(str(priors[p.name]["unit"])) == parse(p.unit), f"{subsystem}.{p.name}"


def test_every_base_is_in_use() -> None:
    """A scaling test of a base that no parameter has would check nothing."""
    seen = Counter(base for t in PARAMETERS.values() for p in t for base in parse(p.unit))
    assert seen["USD"] >= 20 and seen["kg"] >= 5 and seen["time"] >= 40


def _run(world: World, parameters: dict[str, np.ndarray], seed: int, months: int) -> Scene:
    on, keys = all_on(2), run_keys(seed, np.arange(2))
    state, geometry = begin(world, parameters, on, keys), routes.geometry_of(world)
    for month in range(months):
        advance_month(world, state, parameters, on, keys, month, np.zeros((2, NO_LEVERS)), geometry)
        assert state.price.max() < drug_market.PRICE_CAP and state.price_expected.max() < drug_market.PRICE_CAP
        assert state.price_expected.min() > 200.0 and state.people_price.mean() > 50.0
    return Scene(world, state, parameters, on, keys, months)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_whole_model_is_blind_to_the_unit_of_money(seed: int) -> None:
    """Currencies of which a dollar buys a half, and 2: with a factor of 4 all prices keep between their guards."""
    world, parameters = small_world(seed), draw_parameters(2, seed)
    parameters["corruption"]["audit_income"] = 0.0
    parameters["corruption"]["boom"] = 0.0
    told = [_run(rescaled_world(world, "USD", f), rescaled_parameters(parameters, "USD", f), seed, MONTHS)
            for f in (0.5, 2.0)]
    gap = largest_difference(told[1], told[0], "USD", 4.0)
    del gap["ledger_kg"]  # rounding of a difference that is nought
    assert max(gap.values()) < 1e-4, sorted(gap.items(), key=lambda item: -item[1])[:5]
    for v in VARIABLES:
        if v.integer:
            one, other = (getattr(t.state, v.name) for t in told)
            np.testing.assert_array_equal(one, other, err_msg=v.name)


def test_it_is_the_declared_units_that_make_it_so() -> None:
    """One parameter left in the old unit shows at once, so that the test above can fail."""
    world, parameters = small_world(0), draw_parameters(2, 0)
    one = _run(world, parameters, 0, 12)
    told = rescaled_parameters(parameters, "USD", 4.0)
    told["organisations"]["journey_fixed_cost"] /= 10.0
    got = _run(rescaled_world(world, "USD", 4.0), told, 0, 12)
    assert largest_difference(got, one, "USD", 4.0)["trade"] > 1e-3


@pytest.mark.parametrize("factor", [2.2046, 1000.0])
def test_the_market_is_blind_to_the_unit_of_mass(factor: float) -> None:
    """From kg to pounds and to grams; prices are per unit of mass and fall as kg rise."""
    x = scene()
    x.state.arrivals[:] = 0.6 * x.parameters["drug_market"]["use_per_person"][:, None] * x.state.users / 12.0
    x.state.purchased[:, 0] = x.state.arrivals.sum(1) * 1.3
    # what is usual at the source is written out in kg: 3,000 tonnes of opium at 100 kg of heroin each
    set_to(x, "drug_market", source_elasticity=0.0)
    y = rescaled(x, "kg", factor)
    held(x, drug_market, 60)
    held(y, drug_market, 60)
    names = ("price", "sold", "stock", "users", "source_price", "purchases_year", "price_norm",
             "dealer_stock", "consumed", "price_retail")
    gap = largest_difference(y, x, "kg", factor, names)
    assert max(gap.values()) < 1e-9, gap


def test_the_unit_of_mass_of_seizures_matters_only_through_the_floor_of_success() -> None:
    """Success has an absolute 0.005 kg/officer-month added; where seizures are far above it, units do not matter."""
    x = scene()
    x.state.seized_kg[:] = 1e4 * np.random.default_rng(0).uniform(1.0, 3.0, x.state.seized_kg.shape)
    y = rescaled(x, "kg", 1000.0)
    held(x, enforcement, 40, "advance_allocation")
    held(y, enforcement, 40, "advance_allocation")
    np.testing.assert_allclose(y.state.effort, x.state.effort, rtol=1e-4)


def _larger(x: Scene, factor: float) -> Scene:
    """The same scene with everybody and everything ``factor`` times as many; per head nothing changes."""
    y = x.copy()
    y.world = replace(x.world, population=x.world.population * factor, post_officials=x.world.post_officials * factor)
    for name, unit in STATE_UNITS.items():
        array = getattr(y.state, name)
        if (power(unit, "person") == 1 and "USD" not in unit) or unit in ("kg/month", "kg", "kg/year", "USD/month"):
            array *= int(factor) if array.dtype == np.int64 else factor
    y.state.wage[:], y.state.irregular_wage[:] = x.state.wage, x.state.irregular_wage
    y.state.control_income[:] = x.state.control_income
    y.state.profit_total[:] = x.state.profit_total * factor
    return y


def test_migration_is_proportional_to_the_number_of_people() -> None:
    x = scene(places=9)
    y = _larger(x, 8.0)
    q = values(x, "economy")
    set_to(y, "economy", stay_value=q["stay_value"] * 8.0 ** (q["mass_power"] - q["home_mass"]))
    held(x, economy, 60)
    held(y, economy, 60)
    for name in ("departures", "migrants", "pool", "irregular_arrivals"):
        np.testing.assert_allclose(getattr(y.state, name), 8.0 * getattr(x.state, name), rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(y.state.remittances_share, x.state.remittances_share, rtol=1e-9)


@pytest.mark.parametrize("module, names", [
    (facilitators, ("service", "service_fee", "service_demand")),
    (corruption, ("conduct", "corrupt", "sanction", "shield", "abuse", "guarantor")),
    (indicators, ("perceived_corruption", "tier_score", "tier", "visible_harm")),
])
def test_shares_and_readings_do_not_know_how_large_the_world_is(module, names: tuple[str, ...]) -> None:
    x = scene()
    rng = np.random.default_rng(5)
    for name in ("origin_flow", "transit_flow", "arrival_flow", "exploited", "assisted", "cases_prosecuted"):
        array = getattr(x.state, name)
        array[:] = rng.integers(0, 60, array.shape)
    x.state.bribes_post[:] = rng.uniform(1e3, 1e5, x.state.bribes_post.shape)
    x.state.profit_total[:] = 4e5
    y = _larger(x, 8.0)
    y.state.cases_prosecuted[:] = 8 * x.state.cases_prosecuted
    y.state.prosecuted_year[:], y.state.assisted_year[:] = 8 * x.state.prosecuted_year, 8 * x.state.assisted_year
    held(x, module, 36)
    held(y, module, 36)
    for name in names:
        np.testing.assert_allclose(getattr(y.state, name), getattr(x.state, name), rtol=1e-9, atol=1e-12, err_msg=name)


def test_the_market_per_head_does_not_know_how_large_it_is() -> None:
    x = scene()
    x.state.arrivals[:] = 0.6 * x.parameters["drug_market"]["use_per_person"][:, None] * x.state.users / 12.0
    x.state.purchased[:, 0] = x.state.arrivals.sum(1) * 1.3
    set_to(x, "drug_market", source_elasticity=0.0)
    y = _larger(x, 8.0)
    held(x, drug_market, 60)
    held(y, drug_market, 60)
    for name, factor in (("price", 1.0), ("users", 8.0), ("stock", 8.0), ("sold", 8.0),
                         ("dealer_stock", 8.0), ("consumed", 8.0), ("price_retail", 1.0)):
        np.testing.assert_allclose(getattr(y.state, name), factor * getattr(x.state, name), rtol=1e-9, err_msg=name)


def test_the_price_of_exploitation_knows_size_only_by_the_one_person_in_its_step() -> None:
    x = scene(places=9)
    x.state.exploited[:] = (x.state.demand_people[..., None] * 0.2).astype(np.int64)
    x.state.attempts_route[:] = 0.0
    y = _larger(x, 8.0)
    held(x, human_trade, 60)
    held(y, human_trade, 60)
    np.testing.assert_allclose(y.state.people_price, x.state.people_price, rtol=1e-3)
    np.testing.assert_allclose(y.state.demand_people, 8.0 * x.state.demand_people, rtol=1e-3)
