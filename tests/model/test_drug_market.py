"""The market for opiates clears exactly, and price and use answer what they should."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from qorgau.model import drug_market
from qorgau.model.drug_market import clear, inverse_demand
from qorgau.model.mechanisms import Mechanism
from qorgau.model.units import PRICE_CAP
from tests.model.people_scene import Scene, assert_twin
from tests.model.traffic_scene import after, clearing, follow, having, knocked, traffic
from tests.model.twins import drug_market as twin

positive = st.floats(0.5, 1e4)
SCENES = ((0, 20, False), (1, 60, False), (3, 90, True), (4, 30, True), (5, 200, True), (8, 150, True))
WRITES = ("price", "price_norm", "stock", "users", "sold", "source_price", "purchases_year", "purchase_ration",
          "source_offer", "dealer_stock", "consumed", "price_retail")


@pytest.mark.parametrize("seed, months, mixed", SCENES)
def test_a_month_equals_the_twin(seed: int, months: int, mixed: bool) -> None:
    x = traffic(seed, 4, months, mixed)
    for scale in (1.0, 0.0, 30.0):
        y = x.copy()
        y.state.stock[:] *= scale
        y.state.arrivals[:] *= scale
        assert_twin(y, after(y, clearing), twin.advance, WRITES)


@pytest.mark.parametrize("seed", (0, 1, 2, 5, 8))
def test_the_start_equals_the_twin(seed: int) -> None:
    x = traffic(seed, 3, 1)
    x.state.hazard_honest[:] = np.random.default_rng(seed).uniform(0, 0.08, x.state.hazard_honest.shape)
    drug_market.start(x.world, x.state, x.parameters, x.on, x.keys)
    for r in range(3):
        q = {k: {f: float(a[f][r]) for f in a.dtype.names} for k, a in x.parameters.items()}
        on = {m.name: bool(x.on[r, m]) for m in Mechanism}
        for name, value in twin.start(x.world, x.state.hazard_honest[r].tolist(), q, on).items():
            np.testing.assert_allclose(getattr(x.state, name)[r], value, rtol=1e-9, err_msg=name)


def test_without_retail_dealers_hold_nothing_at_the_start() -> None:
    x = knocked(traffic(1, 3, 1), Mechanism.RETAIL)[1]
    drug_market.start(x.world, x.state, x.parameters, x.on, x.keys)
    q = {k: {f: float(a[f][0]) for f in a.dtype.names} for k, a in x.parameters.items()}
    on = {m.name: m != Mechanism.RETAIL for m in Mechanism}
    expected = twin.start(x.world, x.state.hazard_honest[0].tolist(), q, on)
    np.testing.assert_array_equal(x.state.dealer_stock, 0.0)
    np.testing.assert_array_equal(x.state.price_retail, x.state.price)
    np.testing.assert_allclose(x.state.price_retail[0], expected["price_retail"], rtol=1e-9)


def _rest(x: Scene) -> Scene:
    """Prices at their reference, stocks that last, a source so cheap that no reservation price binds."""
    x.state.source_price[:] = 1.0
    x.state.price[:] = x.state.price_reference
    x.state.price_norm[:] = np.log(x.state.price)
    x.state.users[:] = 1e4
    x.state.arrivals[:] = 40.0
    x.state.stock[:] = 100.0
    return x


def test_users_rise_as_the_price_falls_and_only_with_the_mechanism() -> None:
    x = _rest(having(traffic(1), drug_market__start_elasticity=1.0, drug_market__start_rate=0.5))
    x = having(x, drug_market__xinjiang_growth=2.0)  # room above the users that it begins with, everywhere
    x.world = _without_new_people(x)
    cheap = x.copy()
    cheap.state.arrivals[:] *= 20.0
    assert (after(cheap, clearing).state.users > after(x, clearing).state.users).all()
    a, b = (after(knocked(v, Mechanism.PRICE_USERS)[1], clearing).state.users for v in (x, cheap))
    np.testing.assert_allclose(a, b, rtol=1e-12)


def _without_new_people(x: Scene):
    from dataclasses import replace

    return replace(x.world, population=np.full_like(x.world.population, 2e7))


def test_use_recovers_from_nothing_and_stays_below_its_limit() -> None:
    x = having(traffic(1), drug_market__start_rate=0.6, drug_market__start_elasticity=0.0)
    x.state.users[:] = 1.0
    y = after(x, clearing)
    assert (y.state.users > 1.0).all()
    x.state.users[:] = 1e9
    assert (after(x, clearing).state.users < 1e9).all()


def test_stocks_damp_the_price_and_without_stockpiling_all_is_offered() -> None:
    x = _rest(having(traffic(1), drug_market__holding_months=3.0, drug_market__stock_elasticity=0.0))
    x.state.source_price[:] = 1.0
    held, offered = (after(v, clearing).state for v in knocked(x, Mechanism.STOCKPILING))
    assert (held.price >= offered.price).all()  # equal where the reservation price binds both
    assert (held.price > offered.price).any() and (held.stock > offered.stock).all()
    for s in (held, offered):
        np.testing.assert_allclose(s.stock + s.sold, x.state.stock + x.state.arrivals, rtol=1e-12)


def test_afghan_output_lowers_the_price_at_the_source() -> None:
    x = traffic(1)
    x.month = int(np.argmax(x.world.opium > 4000.0)) + 20
    x.state.source_price[:] = x.parameters["drug_market"]["source_price"]
    x.state.purchases_year[:] = 0.3 * 100 * 3000 * x.parameters["drug_market"]["northern_share"]
    x.state.source_offer[:] = 3000.0
    plenty, ignored = (after(v, clearing).state.source_price for v in knocked(x, Mechanism.AFGHAN_SUPPLY))
    inside = plenty > 0.11 * x.parameters["drug_market"]["source_price"]
    assert inside.any() and (plenty[inside] < ignored[inside]).all() and (plenty <= ignored).all()


def test_purchases_raise_the_price_at_the_source_within_its_bounds() -> None:
    x = traffic(1)
    levels = []
    for factor in (0.0, 1.0, 20.0):
        y = x.copy()
        y.state.purchased[:] = factor * 50.0
        follow(y, 60, (clearing,))
        levels.append(y.state.source_price / x.parameters["drug_market"]["source_price"])
    assert (levels[0] < levels[1]).all() and (levels[1] < levels[2]).all()
    assert (levels[0] >= 0.1 - 1e-12).all() and (levels[2] <= 10.0 + 1e-12).all()


def test_without_markets_prices_users_and_the_source_stay() -> None:
    x = knocked(traffic(1), Mechanism.MARKETS)[1]
    y = after(x, clearing).state
    for name in ("price", "users", "source_price"):
        np.testing.assert_array_equal(getattr(y, name), getattr(x.state, name))


def _fall(x: float, e: float, k: float, s: float, xs: float) -> float:
    return e * x + 0.5 * k * max(0.0, x) ** 2 + 0.5 * s * max(0.0, x - xs) ** 2


@given(a=st.floats(-5, 12), e=st.floats(0.1, 2.0), k=st.floats(0.05, 1.0), s=st.floats(0.0, 8.0),
       xs=st.floats(0.5, 2.0))
@settings(max_examples=100, deadline=None)
def test_inverse_demand_inverts_the_fall_of_demand(a: float, e: float, k: float, s: float, xs: float) -> None:
    assert _fall(inverse_demand(a, e, k, s, xs), e, k, s, xs) == pytest.approx(a, abs=1e-8)


@given(demand=positive, available=positive, norm=st.floats(0.3, 3.0), e=st.floats(0.2, 1.0), k=st.floats(0.1, 0.6),
       eta=st.floats(0.0, 0.5), tau=st.floats(1.0, 4.0), s=st.floats(0.0, 6.0), xs=st.floats(0.9, 1.7))
@settings(max_examples=150, deadline=None)
def test_the_market_clears_where_a_root_finder_says(
    demand: float, available: float, norm: float, e: float, k: float, eta: float, tau: float, s: float, xs: float
) -> None:
    reference = 5000.0
    price, sale = clear(demand, available, reference, norm * reference, 0.0, e, k, eta, tau, s, xs)

    def excess(x: float) -> float:
        wanted = math.log(demand) - _fall(x, e, k, s, xs)
        offered = math.log(available / tau) + eta * (x - math.log(norm))
        return wanted - offered

    x = brentq(excess, -60, 60)
    bought = math.exp(math.log(demand) - _fall(x, e, k, s, xs))
    if bought > available:  # traders cannot sell more than they hold
        x = brentq(lambda y: math.log(demand / available) - _fall(y, e, k, s, xs), -60, 60)
        bought = available
    if reference * math.exp(x) < PRICE_CAP:
        assert price == pytest.approx(reference * math.exp(x), rel=1e-6)
        assert sale == pytest.approx(bought, rel=1e-6)
    assert 0.0 <= sale <= available * (1 + 1e-12)


def test_the_reservation_price_keeps_stock() -> None:
    price, sale = clear(10.0, 1000.0, 5000.0, 5000.0, 3000.0, 0.5, 0.3, 0.0, 1.0, 4.0, 1.2)
    assert price == 3000.0
    assert sale == pytest.approx(10.0 * (3000.0 / 5000.0) ** -0.5)
    assert sale < 1000.0


def test_price_rises_with_demand_and_falls_with_supply() -> None:
    prices = [clear(d, 100.0, 5000.0, 5000.0, 1.0, 0.5, 0.3, 0.2, 2.0, 4.0, 1.2)[0] for d in np.linspace(10, 400, 30)]
    assert np.all(np.diff(prices) > 0)
    prices = [clear(100.0, a, 5000.0, 5000.0, 1.0, 0.5, 0.3, 0.2, 2.0, 4.0, 1.2)[0] for a in np.linspace(10, 400, 30)]
    assert np.all(np.diff(prices) < 0)


def test_an_empty_market_sells_nothing_and_its_price_stays_finite() -> None:
    price, sale = clear(100.0, 0.0, 5000.0, 5000.0, 1.0, 0.5, 0.3, 0.2, 2.0, 4.0, 1.2)
    assert sale == 0.0
    assert 5000.0 < price <= PRICE_CAP
