"""Clearing of markets for opiates, stocks, users and the price at the source.

Sources: supply from stock a/tau (P/Pn)^eta (Wright and Williams 1984 for speculative storage, here in constant
elasticity) meets log demand that is linear, then quadratic in the log price (translog; Christensen, Jorgenson and
Lau 1975); the model inverts it in closed form, the tests search for the root with Brent's method. Users: logistic
spread with removal, u' = a u (1 - u/K) - b u + c, at rest the positive root of a quadratic.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from qorgau.model import drug_market
from qorgau.model.drug_market import clear, fall_of_demand, inverse_demand
from qorgau.model.mechanisms import Mechanism
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, switch, values

SHAPE = dict(e=st.floats(0.1, 1.5), k=st.floats(0.02, 1.5), s=st.floats(0.0, 4.0), xs=st.floats(0.1, 2.0))
MARKET = dict(demand=st.floats(1.0, 500.0), available=st.floats(1.0, 2000.0), reference=st.floats(500.0, 30000.0),
              drift=st.floats(-0.7, 0.7), eta=st.floats(0.0, 2.0), tau=st.floats(1.0, 6.0))


def _ln_demand(x: float, e: float, k: float, s: float, xs: float) -> float:
    """Log of demand over its reference at log price x over reference, from the formula."""
    return -(e * x + k / 2.0 * max(0.0, x) ** 2 + s / 2.0 * max(0.0, x - xs) ** 2)


@settings(max_examples=200)
@given(x=st.floats(-4.0, 4.0), **SHAPE)
def test_inverse_demand_inverts_demand(x: float, e: float, k: float, s: float, xs: float) -> None:
    fall = -_ln_demand(x, e, k, s, xs)
    assert fall_of_demand(x, e, k, s, xs) == pytest.approx(fall, rel=1e-12, abs=1e-12)
    assert inverse_demand(fall, e, k, s, xs) == pytest.approx(x, rel=1e-8, abs=1e-8)


@settings(max_examples=250)
@given(**MARKET, **SHAPE)
def test_the_price_clears_the_market(demand: float, available: float, reference: float, drift: float, eta: float,
                                     tau: float, e: float, k: float, s: float, xs: float) -> None:
    norm = reference * math.exp(drift)

    def excess(x: float) -> float:
        offered = math.log(available / tau) + eta * (x + math.log(reference / norm))
        return math.log(demand) + _ln_demand(x, e, k, s, xs) - min(offered, math.log(available))

    root = brentq(excess, -200.0, 60.0, xtol=1e-13, rtol=1e-14)
    price, sale = clear(demand, available, reference, norm, 0.0, e, k, eta, tau, s, xs)
    if reference * math.exp(root) < drug_market.PRICE_CAP:
        assert price == pytest.approx(reference * math.exp(root), rel=1e-8)
        assert sale == pytest.approx(demand * math.exp(_ln_demand(root, e, k, s, xs)), rel=1e-8)
    assert 0.0 < sale <= available * (1.0 + 1e-9)


@settings(max_examples=150)
@given(up=st.floats(1.05, 3.0), **MARKET, **SHAPE)
def test_comparative_statics(up: float, demand: float, available: float, reference: float, drift: float, eta: float,
                             tau: float, e: float, k: float, s: float, xs: float) -> None:
    norm, rest = reference * math.exp(drift), (e, k, eta, tau, s, xs)
    price, sale = clear(demand, available, reference, norm, 0.0, *rest)
    if price * up**8 > drug_market.PRICE_CAP:
        return
    wanted, bought = clear(demand * up, available, reference, norm, 0.0, *rest)
    assert wanted > price and bought >= sale * (1.0 - 1e-12)
    offered, sold = clear(demand, available * up, reference, norm, 0.0, *rest)
    assert offered < price and sold > sale
    # elasticities in the constant-elasticity range: d ln P / d ln demand = 1/(e + eta), of supply its negative
    if price < reference and wanted < reference and sale < available / 1.001 and bought < available / 1.001:
        assert math.log(wanted / price) == pytest.approx(math.log(up) / (e + eta), rel=1e-6)
        assert math.log(offered / price) == pytest.approx(-math.log(up) / (e + eta), rel=1e-6)


def test_a_floor_holds_the_price_and_the_rest_is_carried_over() -> None:
    price, sale = clear(10.0, 1000.0, 2000.0, 2000.0, 1500.0, 0.5, 0.5, 0.5, 1.0, 0.0, 1.0)
    assert price == 1500.0
    assert sale == pytest.approx(10.0 * (1500.0 / 2000.0) ** -0.5, rel=1e-12)
    bare, _ = clear(10.0, 1000.0, 2000.0, 2000.0, 0.0, 0.5, 0.5, 0.5, 1.0, 0.0, 1.0)
    assert bare < 1500.0


def test_at_reference_price_with_a_month_on_sale_demand_is_met_at_reference() -> None:
    price, sale = clear(80.0, 80.0 * 2.5, 4000.0, 4000.0, 0.0, 0.6, 0.4, 1.0, 2.5, 0.5, 0.7)
    assert (price, sale) == (pytest.approx(4000.0, rel=1e-12), pytest.approx(80.0, rel=1e-12))


def test_an_empty_market_sells_nothing_and_stays_dear() -> None:
    price, sale = clear(80.0, 0.0, 4000.0, 4000.0, 0.0, 0.6, 0.4, 1.0, 2.5, 0.5, 0.7)
    assert sale == 0.0 and 4000.0 < price <= drug_market.PRICE_CAP


def _fed(**parameters: float) -> Scene:
    """Markets fed by constant arrivals, users frozen by a spread and an end that are both zero."""
    x = set_to(scene(), "drug_market", start_rate=0.0, stop_rate=0.0, **parameters)
    x.state.arrivals[:] = 0.5 * x.parameters["drug_market"]["use_per_person"][:, None] * x.state.users / 12.0
    x.state.purchased[:] = 0.0
    return x


def test_stock_is_carried_exactly() -> None:
    x = _fed()
    for _ in range(24):
        before = x.state.stock.copy()
        held(x, drug_market, 1)
        np.testing.assert_allclose(x.state.stock, before + x.state.arrivals - x.state.sold, rtol=1e-12, atol=1e-9)


def test_at_rest_sales_equal_arrivals_and_stock_is_what_is_held_for_the_months() -> None:
    x = _fed(holding_months=4.0)
    users = x.state.users.copy()
    for _ in range(1500):
        x.state.users[:] = users  # a few start every month whatever the rates
        held(x, drug_market, 1)
    x.state.users[:] = users
    np.testing.assert_allclose(x.state.sold, x.state.arrivals, rtol=1e-7)
    # available / tau is sold, so stock after the sale is (tau - 1) months of arrivals (Little 1961)
    np.testing.assert_allclose(x.state.stock, 3.0 * x.state.arrivals, rtol=1e-6)
    q = values(x, "drug_market")
    base = q["use_per_person"] * x.state.users[0] / 12.0
    for m, price in enumerate(x.state.price[0]):
        far = drug_market.far_markets(x.world)[m]
        s = q["retail_pass_through"]
        # users answer the retail price, s z in logs; what other ways leave is told in wholesale prices
        near = q["xinjiang_elasticity"] / s if x.world.market_xinjiang[m] else q["demand_elasticity"]
        shape = (q["far_elasticity"] / s if far else near, q["demand_curvature"], q["substitution"],
                 math.log(q["substitution_price"]))

        def gap(z: float, m: int = m, shape: tuple = shape, s: float = s) -> float:
            return math.log(base[m]) + _ln_demand(s * z, *shape) - math.log(x.state.arrivals[0, m])

        want = x.state.price_reference[0, m] * math.exp(brentq(gap, -40.0, 40.0))
        assert price == pytest.approx(want, rel=1e-6)


def _people(x: Scene) -> np.ndarray:
    place = x.world.market_place
    return (x.world.population[x.month, x.world.place_state[place]] * x.world.place_share[place]
            * x.world.market_weight)


@pytest.mark.parametrize("start, stop", [(0.4, 0.1), (0.3, 0.22), (0.1, 0.3)])
def test_users_settle_at_the_root_of_logistic_spread_with_removal(start: float, stop: float) -> None:
    x = switch(scene(), 0.0, Mechanism.PRICE_USERS)
    set_to(x, "drug_market", start_rate=start, stop_rate=stop, xinjiang_growth=1.0)
    held(x, drug_market, 4000)
    people = _people(x)
    limit = values(x, "drug_market")["users_limit"] * people
    new = 12.0 * 2e-7 * people
    # (a/K) u^2 - (a - b) u - c = 0
    rest = ((start - stop) + np.sqrt((start - stop) ** 2 + 4.0 * start / limit * new)) * limit / (2.0 * start)
    np.testing.assert_allclose(x.state.users[0], np.maximum(1.0, rest), rtol=1e-5)
    if start > stop:
        np.testing.assert_allclose(x.state.users[0], limit * (1.0 - stop / start), rtol=2e-2)


def test_rare_use_grows_at_the_difference_of_the_rates_and_prices_change_both() -> None:
    x = set_to(scene(), "drug_market", start_rate=0.24, stop_rate=0.12, start_elasticity=0.5, stop_elasticity=0.8,
               demand_curvature=1e-3, substitution=0.0)
    x.state.users[:] = 1e-3 * values(x, "drug_market")["users_limit"] * _people(x)
    before = x.state.users.copy()
    x.state.arrivals[:] = x.parameters["drug_market"]["use_per_person"][:, None] * before / 12.0
    held(x, drug_market, 1)
    at_start = x.parameters["drug_market"]["retail_markup"][:, None] * x.state.price_reference
    ratio = x.state.price_retail / at_start
    growth = (x.state.users - before - 2e-7 * _people(x)) / before
    crowd = 1.0 - before / (values(x, "drug_market")["users_limit"] * _people(x))
    here = x.world.market_xinjiang == 0
    want = 0.02 * np.minimum(5.0, ratio**-0.5) * crowd - 0.01 * np.minimum(4.0, ratio**0.8)
    np.testing.assert_allclose(growth[:, here], want[:, here], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("more", [0.5, 2.0, 3.0])
def test_the_source_price_settles_at_its_elasticity_of_purchases_over_offer(more: float) -> None:
    """What all buy, the northern way its share of it, over what there is, both against the usual 3,000 tonnes."""
    x = set_to(scene(), "drug_market", source_elasticity=0.6, northern_share=0.2, source_stock_years=1.0)
    usual = 0.3 * 3000.0 * 100.0 * 0.2
    x.state.purchased[:] = 0.0
    x.state.purchased[:, 0] = more * usual / 12.0
    held(x, drug_market, 900)
    output = float(x.world.opium[x.month])
    np.testing.assert_allclose(x.state.source_offer, output, rtol=1e-9)
    want = x.parameters["drug_market"]["source_price"] * ((0.8 + 0.2 * more) * 3000.0 / output) ** 0.6
    np.testing.assert_allclose(x.state.source_price, want, rtol=1e-6)
    np.testing.assert_allclose(x.state.purchases_year, more * usual, rtol=1e-6)


def test_stocks_at_the_source_smooth_a_bad_harvest_exponentially() -> None:
    x = set_to(scene(), "drug_market", source_stock_years=2.0)
    output = float(x.world.opium[x.month])
    x.state.source_offer[:] = 3.0 * output
    held(x, drug_market, 30)
    np.testing.assert_allclose(x.state.source_offer / output - 1.0, 2.0 * (1.0 - 1.0 / 24.0) ** 30, rtol=1e-9)


def test_markets_off_freeze_prices_and_users() -> None:
    x = switch(_fed(), 0.0, Mechanism.MARKETS)
    price, users = x.state.price.copy(), x.state.users.copy()
    held(x, drug_market, 12)
    np.testing.assert_array_equal(x.state.price, price)
    np.testing.assert_array_equal(x.state.users, users)
