"""The retail layer: dealers who buy from traders and break down for users.

Sources: the additive and the multiplicative model of mark-ups (Caulkins 1990), of which P_r = M P0 (P/P0)^s is the
log-linear form, s = 1 the multiplicative one. A holder who passes on 1/(1 + h) of stock and purchases a month is a
linear reservoir: at rest it holds h months of what passes (Little 1961), and a gap closes by h/(1 + h) a month.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.model import drug_market
from qorgau.model.drug_market import clear, far_markets, inverse_demand
from qorgau.model.mechanisms import Mechanism
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, switch, values

MARKET = ("price", "price_norm", "stock", "users", "sold", "source_price", "purchases_year", "source_offer")


def _fed(share: float = 0.6, **parameters: float) -> Scene:
    """Markets fed by constant arrivals, a share of what users want at the reference price; users stay."""
    x = set_to(scene(), "drug_market", start_rate=0.0, stop_rate=0.0, **parameters)
    x.state.arrivals[:] = share * x.parameters["drug_market"]["use_per_person"][:, None] * x.state.users / 12.0
    x.state.purchased[:] = 0.0
    return x


def _at_rest(x: Scene, months: int = 1500) -> Scene:
    users = x.state.users.copy()
    for _ in range(months):
        x.state.users[:] = users  # a few start every month whatever the rates
        held(x, drug_market, 1)
    return x


def test_what_traders_sell_is_used_or_held_by_dealers() -> None:
    x = _fed()
    rng = np.random.default_rng(0)
    whole = x.state.stock + x.state.dealer_stock
    for _ in range(24):
        before = x.state.dealer_stock.copy()
        x.state.arrivals[:] = rng.uniform(0.0, 300.0, x.state.arrivals.shape)
        held(x, drug_market, 1)
        kept = before + x.state.sold - x.state.consumed
        np.testing.assert_allclose(x.state.dealer_stock, kept, rtol=1e-12, atol=1e-9)
        whole = whole + x.state.arrivals - x.state.consumed
    np.testing.assert_allclose(x.state.stock + x.state.dealer_stock, whole, rtol=1e-10, atol=1e-7)


@pytest.mark.parametrize("weeks", [0.5, 3.0, 13.0])
def test_dealers_hold_their_weeks_of_use_and_gaps_close_as_in_a_linear_reservoir(weeks: float) -> None:
    x = _at_rest(_fed(dealer_weeks=weeks), 800)
    months = weeks * 12.0 / 52.0
    rest = x.state.dealer_stock.copy()
    np.testing.assert_allclose(x.state.consumed, x.state.arrivals, rtol=1e-5)
    np.testing.assert_allclose(rest, months * x.state.consumed, rtol=1e-9)
    same = x.copy()
    x.state.dealer_stock[:] = 3.0 * rest
    for y in (x, same):
        held(y, drug_market, 4)
    gap = x.state.dealer_stock - same.state.dealer_stock
    np.testing.assert_allclose(gap / rest, 2.0 * (months / (1.0 + months)) ** 4, rtol=1e-9)
    np.testing.assert_array_equal(x.state.price, same.state.price)  # what dealers hold moves no price


def test_dealers_who_hold_for_no_time_pass_all_on() -> None:
    x = held(_fed(dealer_weeks=0.0), drug_market, 12)
    np.testing.assert_allclose(x.state.consumed, x.state.sold, rtol=1e-12)
    np.testing.assert_array_equal(x.state.dealer_stock, 0.0)


def _begun(x: Scene) -> Scene:
    drug_market.start(x.world, x.state, x.parameters, x.on, x.keys)
    return held(x, drug_market, 24)


def test_off_is_a_market_without_dealers_to_the_last_bit() -> None:
    off = _begun(switch(scene(), 0.0, Mechanism.RETAIL))
    none = _begun(set_to(scene(), "drug_market", retail_markup=1.0, retail_pass_through=1.0, dealer_weeks=0.0))
    for name in (*MARKET, "dealer_stock", "consumed", "price_retail"):
        np.testing.assert_array_equal(getattr(off.state, name), getattr(none.state, name), err_msg=name)
    np.testing.assert_array_equal(off.state.consumed, off.state.sold)
    np.testing.assert_allclose(off.state.price_retail, off.state.price, rtol=1e-14)


def test_off_clears_at_the_users_own_elasticities() -> None:
    x = switch(_fed(), 0.0, Mechanism.RETAIL)
    before = x.copy().state
    held(x, drug_market, 1)
    q = values(x, "drug_market")
    far = far_markets(x.world)
    for m in range(x.world.sizes["market"]):
        e = q["xinjiang_elasticity"] if x.world.market_xinjiang[m] else q["demand_elasticity"]
        e = q["far_elasticity"] if far[m] else e
        want, sale = clear(
            q["use_per_person"] * before.users[0, m] / 12.0, before.stock[0, m] + before.arrivals[0, m],
            before.price_reference[0, m], math.exp(before.price_norm[0, m]), 0.0, e,
            q["demand_curvature"], q["stock_elasticity"], q["holding_months"], q["substitution"],
            math.log(q["substitution_price"]))
        assert x.state.price[0, m] == pytest.approx(want, rel=1e-12)
        assert x.state.sold[0, m] == pytest.approx(sale, rel=1e-12)


@pytest.mark.parametrize("s", [0.5, 0.8, 1.0])
def test_use_at_rest_answers_the_retail_price_by_the_users_elasticity(s: float) -> None:
    """Between two supplies under demand, where the elasticity is constant: in wholesale prices it is s times that."""
    small, large = (
        _at_rest(_fed(share, retail_pass_through=s, retail_markup=2.5, demand_curvature=1e-9, substitution=0.0))
        for share in (0.75, 0.9)
    )
    q = values(small, "drug_market")
    use = np.log(large.state.consumed / small.state.consumed)
    retail = np.log(large.state.price_retail / small.state.price_retail)
    wholesale = np.log(large.state.price / small.state.price)
    np.testing.assert_allclose(retail, s * wholesale, rtol=1e-9)
    left = np.where(far_markets(small.world) == 1, q["far_elasticity"], q["xinjiang_elasticity"])[None, :]
    other = (far_markets(small.world) == 1) | (small.world.market_xinjiang == 1)
    assert not other.all()
    np.testing.assert_allclose(-use[:, ~other] / retail[:, ~other], q["demand_elasticity"], rtol=1e-5)
    np.testing.assert_allclose(-(use / wholesale)[:, other], np.repeat(left, 2, axis=0)[:, other], rtol=1e-5)


@pytest.mark.parametrize("markup", [1.0, 3.0])
def test_a_fixed_share_of_the_price_is_the_multiplicative_model(markup: float) -> None:
    x = held(_fed(retail_pass_through=1.0, retail_markup=markup), drug_market, 12)
    np.testing.assert_allclose(x.state.price_retail, markup * x.state.price, rtol=1e-12)


@given(a=st.floats(-5.0, 12.0), e=st.floats(0.1, 1.5), k=st.floats(0.02, 1.5), b=st.floats(0.0, 20.0),
       xs=st.floats(0.1, 2.0), s=st.floats(0.2, 1.0))
def test_demand_to_the_retail_price_has_the_same_form_in_wholesale_prices(
    a: float, e: float, k: float, b: float, xs: float, s: float
) -> None:
    """e z + k/2 max(0, z)^2 + b/2 max(0, z - xs)^2 at z = s x, with xs/s where s x = xs."""
    wholesale = inverse_demand(a, e * s, k * s * s, b * s * s, xs / s)
    assert s * wholesale == pytest.approx(inverse_demand(a, e, k, b, xs), rel=1e-7, abs=1e-7)
