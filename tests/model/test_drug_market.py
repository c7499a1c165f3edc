"""The market for opiates clears exactly, and price and use answer what they should."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from qorgau.model.drug_market import PRICE_CAP, clear, inverse_demand

positive = st.floats(0.5, 1e4)


@given(a=st.floats(-5, 5), e=st.floats(0.1, 2.0), k=st.floats(0.05, 1.0))
@settings(max_examples=100, deadline=None)
def test_inverse_demand_inverts_the_log_quadratic(a: float, e: float, k: float) -> None:
    x = inverse_demand(a, e, k)
    assert e * x + 0.5 * k * max(0.0, x) ** 2 == pytest.approx(a, abs=1e-9)


@given(demand=positive, available=positive, norm=st.floats(0.3, 3.0), e=st.floats(0.2, 1.0), k=st.floats(0.1, 0.6),
       eta=st.floats(0.0, 0.5), tau=st.floats(1.0, 4.0))
@settings(max_examples=150, deadline=None)
def test_the_market_clears_where_a_root_finder_says(
    demand: float, available: float, norm: float, e: float, k: float, eta: float, tau: float
) -> None:
    reference = 5000.0
    price, sale = clear(demand, available, reference, norm * reference, 0.0, e, k, eta, tau)

    def excess(x: float) -> float:
        wanted = math.log(demand) - e * x - 0.5 * k * max(0.0, x) ** 2
        offered = math.log(available / tau) + eta * (x - math.log(norm))
        return wanted - offered

    x = brentq(excess, -60, 60)
    bought = math.exp(math.log(demand) - e * x - 0.5 * k * max(0.0, x) ** 2)
    if bought > available:  # traders cannot sell more than they hold
        x = brentq(lambda y: math.log(demand / available) - e * y - 0.5 * k * max(0.0, y) ** 2, -60, 60)
        bought = available
    if reference * math.exp(x) < PRICE_CAP:
        assert price == pytest.approx(reference * math.exp(x), rel=1e-6)
        assert sale == pytest.approx(bought, rel=1e-6)
    assert 0.0 <= sale <= available * (1 + 1e-12)


def test_the_reservation_price_keeps_stock() -> None:
    price, sale = clear(10.0, 1000.0, 5000.0, 5000.0, 3000.0, 0.5, 0.3, 0.0, 1.0)
    assert price == 3000.0
    assert sale == pytest.approx(10.0 * (3000.0 / 5000.0) ** -0.5)
    assert sale < 1000.0


def test_price_rises_with_demand_and_falls_with_supply() -> None:
    prices = [clear(d, 100.0, 5000.0, 5000.0, 1.0, 0.5, 0.3, 0.2, 2.0)[0] for d in np.linspace(10, 400, 30)]
    assert np.all(np.diff(prices) > 0)
    prices = [clear(100.0, a, 5000.0, 5000.0, 1.0, 0.5, 0.3, 0.2, 2.0)[0] for a in np.linspace(10, 400, 30)]
    assert np.all(np.diff(prices) < 0)


def test_an_empty_market_sells_nothing_and_its_price_stays_finite() -> None:
    price, sale = clear(100.0, 0.0, 5000.0, 5000.0, 1.0, 0.5, 0.3, 0.2, 2.0)
    assert sale == 0.0
    assert 5000.0 < price <= PRICE_CAP
