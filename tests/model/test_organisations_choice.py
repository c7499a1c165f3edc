"""Expected prices, shares of markets and choice of trade: twin, the clearing they lead to, stated directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.mechanisms import Mechanism
from qorgau.model.routes import geometry_of
from tests.model.people_scene import Scene, assert_twin, one_run
from tests.model.traffic_scene import after, carry, having, knocked, plan, traffic
from tests.model.twins import organisations_choice as twin
from tests.model.twins.drug_market import bends, cleared, elasticity, places_of

SCENES = ((0, 20, False), (1, 60, False), (3, 90, True), (4, 30, True), (5, 200, True), (8, 150, True))
WRITES = ("price_expected", "market_share", "trade", "in_use", "return_scale")


def alive(x: Scene) -> np.ndarray:
    return x.state.active == 1


def fresh(seed: int = 1, runs: int = 4, months: int = 60, **parameters: float) -> Scene:
    """A scene whose organisations have just planned."""
    return after(having(traffic(seed, runs, months), **parameters), plan, everything=True)


def trades(x: Scene) -> np.ndarray:
    return after(x, carry).state.trade


@pytest.mark.parametrize("seed, months, mixed", SCENES)
def test_choices_equal_the_twin(seed: int, months: int, mixed: bool) -> None:
    x = traffic(seed, 4, months, mixed)
    assert_twin(x, after(x, carry), twin.advance, WRITES)


def _settled(x: Scene, months: int = 300) -> Scene:
    """Expectations repeated with everything else held, until they rest."""
    held = x.state.copy()
    y = x.copy()
    for _ in range(months):
        before = y.state.price_expected.copy()
        carry(y)
        price, share = y.state.price_expected.copy(), y.state.market_share.copy()
        y.state = held.copy()
        y.state.price_expected[:], y.state.market_share[:] = price, share
        if np.allclose(price, before, rtol=1e-13):
            break
    return y


def _clears(x: Scene, r: int) -> tuple[np.ndarray, list[float]]:
    """Expected prices of a run and the prices at which its markets would clear what is sent at them."""
    q = {k: {f: float(a[f][r]) for f in a.dtype.names} for k, a in x.parameters.items()}
    s, p = one_run(x, r), q["drug_market"]
    scale = q["routes"]["choice_scale"] * twin.mean_price(s)
    on = {m.name: float(x.on[r, m]) > 0.5 for m in Mechanism}
    lost = {o: twin.rivalry(x.world, s, q, on, x.month, o) for o in twin.living(s)}
    wanted = twin.targets(s, [float(v) for v in s["price_expected"]], scale, lost)
    out = []
    for m, market in enumerate(places_of(x.world)):
        sent = sum(float(s["purchased"][o]) * t[m] * float(s["survival"][o][m]) for o, t in wanted.items())
        need = p["use_per_person"] * float(s["users"][m]) / 12
        e = elasticity(p, market, on)
        k, *bend = bends(p, on)
        reference = float(s["price_reference"][m])
        out.append(cleared(need, sent, reference, 1.0, 0.0, e, k, 0.0, 1.0, *bend)[0])
    return s["price_expected"], out


def test_expected_prices_settle_where_every_market_clears() -> None:
    """With plans held. Diagonal steps circle in a few draws with a very small scale, never in one in eight."""
    settled = []
    for seed in range(8):
        x = _settled(fresh(seed, 8))
        for r in range(len(x.keys)):
            expected, clearing = _clears(x, r)
            settled.append(np.allclose(expected, clearing, rtol=1e-6))
    assert np.mean(settled) > 7 / 8


def test_a_single_market_reaches_its_clearing_price_and_takes_all() -> None:
    from qorgau.model.run import begin
    from tests.model.draws import all_on, draw_parameters, keys
    from tests.model.worlds import small_world

    world = small_world(2, markets=1)
    parts = draw_parameters(5, 3), all_on(5), keys(5)
    x = Scene(world, begin(world, *parts), *parts, 40)
    demand = x.parameters["drug_market"]["use_per_person"] * x.state.users[:, 0] / 12.0
    x.state.purchased[:] *= (np.array([0.3, 0.8, 1.0, 1.5, 2.5]) * demand / x.state.purchased.sum(axis=1))[:, None]
    y = _settled(x)
    for r in range(5):
        expected, clearing = _clears(y, r)
        np.testing.assert_allclose(expected, clearing, rtol=1e-9)
    np.testing.assert_allclose(y.state.market_share[alive(x)], 1.0, rtol=1e-12)


@given(seed=st.sampled_from((0, 1, 4)), speed=st.floats(0, 1), scale=st.floats(0.01, 2.0))
@settings(max_examples=20)
def test_shares_of_markets_and_trades_are_shares(seed: int, speed: float, scale: float) -> None:
    x = having(traffic(seed), organisations__market_speed=speed, routes__choice_scale=scale)
    s = after(x, plan, carry).state
    for shares in (s.market_share, s.trade):
        np.testing.assert_allclose(shares.sum(2)[alive(x)], 1.0, rtol=1e-9)
        assert (shares[alive(x)] >= 0).all()
    assert (s.in_use[alive(x)] >= 0).all() and (s.in_use <= 1).all()


def test_larger_markets_draw_more() -> None:
    x = having(fresh(), organisations__market_speed=1.0, organisations__place_say=0.0)
    x.on[:, Mechanism.MARKETS] = 0.0
    more = x.copy()
    more.state.users[:, 0] *= 3.0
    # the size term alone: value and price as they were
    for y in (x, more):
        y.state.plan_slope[:] = 0.0
    a, b = (after(v, carry).state.market_share[alive(x)] for v in (x, more))
    assert (b[:, 0] > a[:, 0]).all() and (b[:, 1:] < a[:, 1:]).all()
    odds = (b[:, 0] / b[:, 1]) / (a[:, 0] / a[:, 1])
    np.testing.assert_allclose(odds, 3.0, rtol=1e-9)


def test_markets_that_pay_more_draw_more() -> None:
    x = having(fresh(), organisations__market_speed=1.0, organisations__place_say=0.0)
    x.on[:, Mechanism.MARKETS] = 0.0
    more = x.copy()
    more.state.plan_value[:, :, 1] += 1.0
    a, b = (after(v, carry).state.market_share[alive(x)] for v in (x, more))
    assert (b[:, 1] > a[:, 1]).all()


def test_without_markets_expected_prices_stay() -> None:
    x = knocked(fresh(), Mechanism.MARKETS)[1]
    np.testing.assert_array_equal(after(x, carry).state.price_expected, x.state.price_expected)


def test_more_supply_lowers_expected_prices() -> None:
    x = fresh()
    more = x.copy()
    more.state.purchased[:] *= 2.0
    # a step moves what the markets have in common first; a single market can move the other way for a month
    plenty, usual = (np.log(after(v, carry).state.price_expected).mean(axis=1) for v in (more, x))
    assert (plenty < usual).all()


def test_no_choice_of_trade_without_the_subsystem_or_at_speed_zero() -> None:
    for x in (knocked(fresh(), Mechanism.ORGANISATIONS)[1], having(fresh(), organisations__trade_speed=0.0)):
        np.testing.assert_allclose(trades(x)[alive(x)], x.state.trade[alive(x)], rtol=1e-12)


def test_a_trade_keeps_a_small_share_whatever_it_earns() -> None:
    x = having(fresh(), organisations__trade_speed=1.0, organisations__trade_scale=1e-4)
    t = trades(x)[alive(x)]
    np.testing.assert_allclose(np.sort(t, axis=1)[:, :1], 0.04 / 3, rtol=1e-6)


def _opiates_pay(x: Scene) -> Scene:
    """Opiates and people both pay, for every organisation."""
    x.state.plan_slope[:] = 0.8
    x.state.plan_cost[:] = 0.0
    x.state.price_expected[:] = 3.0 * x.state.source_price[:, None] + 5000.0
    x.state.people_value[:] = np.linspace(300.0, 2500.0, x.state.people_value.shape[1])[None, :, None]
    x.on[:, Mechanism.MARKETS] = 0.0
    return x


def test_danger_pushes_from_opiates_to_people() -> None:
    x = _opiates_pay(fresh(organisations__danger_weight=3.0))
    x.state.drug_loss_share[:] = 0.2
    with_danger, without = (trades(v)[alive(x)] for v in knocked(x, Mechanism.DANGER_PUSH))
    assert (with_danger[:, 0] < without[:, 0]).all()
    assert (with_danger[:, 1:].sum(1) > without[:, 1:].sum(1)).all()
    worse = x.copy()
    worse.state.drug_loss_share[:] = 0.28
    assert (trades(worse)[alive(x)][:, 0] < with_danger[:, 0]).all()
    safe = x.copy()
    safe.state.drug_loss_share[:] = 0.0
    threatened = having(safe, organisations__violence=0.02)
    a, b = (trades(v)[alive(x)][:, 0] for v in knocked(threatened, Mechanism.DANGER_PUSH))
    assert (a < b).all(), "rivals are a danger at the market, whatever happens on the road"
    safe = having(safe, organisations__violence=0.0, organisations__rivalry=0.0)
    a, b = (trades(v) for v in knocked(safe, Mechanism.DANGER_PUSH))
    np.testing.assert_array_equal(a, b)


def test_what_rivals_take_pushes_to_people_with_danger_push_alone() -> None:
    x = having(_opiates_pay(fresh(organisations__violence=0.0)), organisations__rivalry=0.2)
    x.state.drug_loss_share[:] = 0.0
    with_push, without = (trades(v)[alive(x)] for v in knocked(x, Mechanism.DANGER_PUSH))
    assert (with_push[:, 0] < without[:, 0]).all()
    calm = having(x, organisations__rivalry=0.0)
    untouched, same = (trades(v)[alive(x)] for v in knocked(calm, Mechanism.DANGER_PUSH))
    np.testing.assert_array_equal(untouched, same)
    # where nothing pushes, what rivals take does not enter the comparison of trades
    np.testing.assert_allclose(without, same)


def _opiate_groups(x: Scene) -> Scene:
    x = _opiates_pay(x)
    x.state.trade[:] = [0.9, 0.05, 0.05]
    x.state.drug_first[:] = 1
    return x


def test_profit_in_people_draws_opiate_groups_in() -> None:
    x = _opiate_groups(fresh())
    x.state.drug_first[:, ::2] = 0
    drawn, not_drawn = (trades(v) for v in knocked(x, Mechanism.PEOPLE_PROFIT))
    began = alive(x) & (x.state.drug_first == 1)
    assert began.any() and (drawn[began][:, 0] < not_drawn[began][:, 0]).all()
    rest = alive(x) & ~began
    np.testing.assert_array_equal(drawn[rest], not_drawn[rest])


def test_capital_from_opiates_pays_the_start_in_people() -> None:
    x = _opiate_groups(fresh(organisations__people_start_cost=0.5))
    need = 0.5 * x.parameters["organisations"]["journey_fixed_cost"][:, None] * np.maximum(1.0, x.state.capacity)
    x.state.capital[:], x.state.other_capital[:] = 0.6 * need, 0.2 * need
    paid, unpaid = (trades(v)[alive(x)] for v in knocked(x, Mechanism.DRUG_CAPITAL))
    assert (paid[:, 0] < unpaid[:, 0]).all()
    x.state.capital[:] = 0.3 * need
    assert (trades(x)[alive(x)][:, 0] > paid[:, 0]).all(), "less capital, fewer people"
    x.state.capital[:], x.state.other_capital[:] = 100.0 * need, 2.0 * need
    a, b = (trades(v)[alive(x)] for v in knocked(x, Mechanism.DRUG_CAPITAL))
    np.testing.assert_array_equal(a, b)


def test_low_entry_cost_lets_small_purses_in() -> None:
    x = _opiate_groups(fresh(organisations__people_start_cost=0.5, organisations__drug_start_cost=5.0))
    need = x.parameters["organisations"]["journey_fixed_cost"][:, None] * np.maximum(1.0, x.state.capacity)
    x.state.capital[:] = 0.5 * need
    cheap, dear = (trades(v)[alive(x)] for v in knocked(x, Mechanism.LOW_ENTRY_COST))
    assert (cheap[:, 0] < dear[:, 0]).all()


def test_scope_draws_towards_both_trades() -> None:
    x = _opiates_pay(fresh(organisations__scope=0.4))
    x.state.trade[:] = [0.85, 0.1, 0.05]
    x.state.trade[:, ::2] = [0.15, 0.45, 0.4]
    shared, alone = (trades(v)[:, :, 0] for v in knocked(x, Mechanism.SCOPE))
    mostly = alive(x) & (x.state.trade[:, :, 0] > 0.5)
    hardly = alive(x) & (x.state.trade[:, :, 0] < 0.5)
    assert mostly.any() and (shared[mostly] < alone[mostly]).all()
    assert hardly.any() and (shared[hardly] > alone[hardly]).all()


def _spread(x: Scene) -> Scene:
    """All trades pay and lose, and half of the groups are nearly all in opiates, half in people."""
    x = _opiates_pay(x)
    x.state.people_value[:] = 2000.0
    x.state.capital[:], x.state.contacts[:], x.state.know_how[:] = 1e9, 1.0, 1.0
    x.state.drug_loss_share[:] = x.state.people_loss_share[:] = 0.3
    x.state.trade[:] = [0.9, 0.05, 0.05]
    x.state.trade[:, ::2] = [0.002, 0.499, 0.499]
    return x


def test_aversion_to_risk_draws_groups_out_of_the_trade_that_they_are_most_in() -> None:
    # without danger at the market opiates pay in every draw, so most is at stake where most of the work is
    x = _spread(fresh(organisations__risk_aversion=1.0, organisations__danger_weight=0.0))
    averse, neutral = (trades(v)[:, :, 0] for v in knocked(x, Mechanism.DIVERSIFICATION))
    opiates = alive(x) & (x.state.trade[:, :, 0] > 0.5)
    people = alive(x) & (x.state.trade[:, :, 0] < 0.5)
    assert opiates.any() and (averse[opiates] < neutral[opiates]).all()
    assert people.any() and (averse[people] > neutral[people]).all()
    more = trades(having(x, organisations__risk_aversion=2.0))[:, :, 0]
    assert (more[opiates] < averse[opiates]).all() and (more[people] > averse[people]).all()


def test_without_aversion_or_without_risk_trades_are_chosen_by_return() -> None:
    x = _spread(fresh(organisations__risk_aversion=1.5))
    plain = trades(knocked(x, Mechanism.DIVERSIFICATION)[1])
    np.testing.assert_array_equal(trades(having(x, organisations__risk_aversion=0.0)), plain)
    for lost in (0.0, 1.0):  # nothing is at risk where all or nothing arrives
        sure = x.copy()
        sure.state.drug_loss_share[:] = sure.state.people_loss_share[:] = lost
        a, b = (trades(v) for v in knocked(sure, Mechanism.DIVERSIFICATION))
        np.testing.assert_array_equal(a, b)


def test_rivals_take_revenue_unless_the_market_grew() -> None:
    x = _opiates_pay(fresh(organisations__rivalry=0.25))
    x.state.trade[:] = [0.6, 0.2, 0.2]
    x.state.users[:] = 3.0 * x.state.users_start[:, None] / x.state.users.shape[1]
    free = having(x, organisations__rivalry=0.0)
    assert (trades(x)[alive(x)][:, 0] < trades(free)[alive(x)][:, 0]).all()
    grown, fixed = (trades(v)[alive(x)][:, 0] for v in knocked(x, Mechanism.COEXISTENCE))
    assert (grown > fixed).all()


def test_rivals_keep_off_those_whom_officials_guard() -> None:
    x = _opiates_pay(fresh(organisations__rivalry=0.25, organisations__protection_limit=0.8))
    x.state.trade[:] = [0.6, 0.2, 0.2]
    x.state.conduct[:] = [0.0, 0.0, 0.0, 1.0, 0.0]
    share = []
    for trust in (0.0, 0.5, 1.0):
        x.state.trust[:] = trust
        share.append(trades(x)[alive(x)][:, 0])
    assert (share[0] < share[1]).all() and (share[1] < share[2]).all()
    alone = having(x, organisations__rivalry=0.0, organisations__violence=0.0)
    a, b = (trades(v)[alive(x)][:, 0] for v in knocked(alone, Mechanism.PROTECTION_RACKETS))
    np.testing.assert_allclose(a, b)


def test_unskilled_groups_that_began_with_people_earn_less_with_opiates() -> None:
    x = _opiates_pay(fresh())
    x.state.trade[:] = [0.3, 0.4, 0.3]
    x.state.drug_first[:] = 0
    share = []
    for know in (0.1, 0.3, 0.6, 1.0):
        x.state.know_how[:] = know
        share.append(trades(x)[alive(x)][:, 0])
    np.testing.assert_array_equal(share[0], share[1])  # what they have done themselves counts as skill
    assert (share[1] < share[2]).all() and (share[2] < share[3]).all()
    x.state.drug_first[:] = 1
    x.state.know_how[:] = 0.1
    x.state.contacts[:] = 1.0
    np.testing.assert_array_equal(trades(x)[alive(x)][:, 0], share[3])


def test_groups_that_began_with_opiates_need_contacts_in_the_trade_in_people() -> None:
    x = _opiates_pay(fresh())
    x.state.people_value[:] = 3000.0
    x.state.trade[:] = [0.8, 0.1, 0.1]
    x.state.capital[:] = 1e9
    x.state.drug_first[:] = 1
    share = []
    for contacts in (0.05, 0.2, 0.6, 1.0):
        x.state.contacts[:] = contacts
        share.append(trades(x)[alive(x)][:, 1:].sum(1))
    np.testing.assert_allclose(share[0], share[1], rtol=1e-12)  # what they have done themselves counts as contacts
    assert (share[1] < share[2]).all() and (share[2] < share[3]).all()
    x.state.drug_first[:] = 0
    x.state.know_how[:] = 1.0
    x.state.contacts[:] = 0.05
    np.testing.assert_allclose(trades(x)[alive(x)][:, 1:].sum(1), share[3], rtol=1e-12)


def test_other_contraband_takes_work_from_the_old_groups_only() -> None:
    x = _opiates_pay(fresh(organisations__outside_return=1.5))
    x.month = 150
    x.state.returns[:] = 0.2
    x.state.outside[:] = 0.0
    on, off = (after(v, carry).state for v in knocked(x, Mechanism.OUTSIDE_TRADE))
    old = alive(x) & (x.world.network_soviet[x.state.network] == 1)
    assert old.any() and (on.outside[old] > 0).all() and (on.outside[~old] == 0).all() and (off.outside == 0).all()
    assert (on.in_use[old] < off.in_use[old]).all()
    better = x.copy()
    better.state.returns[:] = 2.0
    assert (after(better, carry).state.outside[old] < on.outside[old]).all()
    closed = x.copy()
    closed.month = 5
    assert (after(closed, carry).state.outside == 0).all(), "no private contraband before privatisation"


def test_capacity_stands_idle_where_a_journey_does_not_pay() -> None:
    x = _opiates_pay(fresh())
    x.state.drug_first[:] = 1
    x.state.outside[:] = 0.0
    x.on[:, Mechanism.OUTSIDE_TRADE] = 0.0
    x.state.price_expected[:] = 100.0
    x.state.people_value[:] = 0.0
    x.state.in_use[:] = 0.5
    bad = after(x, carry).state.in_use[alive(x)]
    x.state.price_expected[:] = 2e5
    good = after(x, carry).state.in_use[alive(x)]
    assert (bad < 0.5).all() and (good > 0.5).all()


def test_geometry_marks_the_far_market() -> None:
    for seed in (0, 1, 5):
        x = traffic(seed, 4, 200, True) if seed == 5 else traffic(seed)
        assert geometry_of(x.world).far.tolist() == [int(m["far"]) for m in places_of(x.world)]


def test_the_state_has_its_say_in_where_the_protected_sell() -> None:
    """All of it: shares stay; none: as for others; the others are free."""
    moved = {}
    for say, month in ((1.0, 12), (0.4, 12), (0.0, 12), (1.0, 300)):
        x = _opiates_pay(fresh(organisations__place_say=say, organisations__arrangement_months=3.0))
        x.state.network[:] = 1
        x.state.network[:, :2] = 0
        x.month = month
        x.on[:, Mechanism.MARKETS] = 0.0  # prices as they stand
        moved[say, month] = after(x, carry).state.market_share - x.state.market_share
    old = alive(x) & (x.world.network_soviet[x.state.network] == 1)
    others = alive(x) & ~old
    assert old.any() and others.any()
    assert np.abs(moved[1.0, 12][old]).max() < 1e-15 < np.abs(moved[0.0, 12][old]).max()
    np.testing.assert_allclose(moved[0.4, 12][old], 0.6 * moved[0.0, 12][old], rtol=1e-9, atol=1e-15)
    np.testing.assert_array_equal(moved[1.0, 12][others], moved[0.0, 12][others])
    assert np.abs(moved[1.0, 300][old]).max() > 1e-6
