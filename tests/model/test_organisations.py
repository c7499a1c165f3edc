"""What organisations carry, lose, pay and learn in a month: twin, exact accounts, stated directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations import FLOWS
from qorgau.model.organisations_terms import soviet_times
from qorgau.model.units import PERSONS_PER_JOURNEY
from tests.model.people_scene import Scene, assert_twin
from tests.model.traffic_scene import after, carry, having, knocked, plan, stir, traffic
from tests.model.twins import organisations as twin

SCENES = ((0, 20, False), (1, 60, False), (1, 36, False), (3, 90, True), (4, 30, True), (5, 200, True))
LEDGER = ("purchased", "arrivals", "carried_kg", "seized_kg", "route_kg", "network_kg", "survival", "drug_loss_share")
BOOKS = ("money", "profit_total", "capital", "other_capital", "returns", "capacity", "bribes_post", "fees_post",
         "racket_profit_post")
TIES = ("trust", "belief", "network_belief", "journeys", "attempts_route", "attempts_drug_first")


def alive(x: Scene) -> np.ndarray:
    return x.state.active == 1


def busy(seed: int = 1, runs: int = 4, **parameters: float) -> Scene:
    """A scene in which every organisation has planned, has money and keeps its trade."""
    x = having(traffic(seed, runs), organisations__trade_speed=0.0, **parameters)
    x = after(x, plan, everything=True)
    x.state.capital[:] = 1e9
    x.state.trade[:] = [0.6, 0.25, 0.15]
    return x


def flow(x: Scene, name: str) -> np.ndarray:
    return x.state.money[:, FLOWS.index(name)]


@pytest.mark.parametrize("names", (LEDGER, BOOKS, TIES), ids=("kg", "money", "ties and beliefs"))
@pytest.mark.parametrize("seed, months, mixed", SCENES)
def test_a_month_equals_the_twin(seed: int, months: int, mixed: bool, names: tuple[str, ...]) -> None:
    x = traffic(seed, 4, months, mixed)
    assert_twin(x, after(x, carry), twin.advance, names)


@given(seed=st.integers(0, 10_000), hazard=st.floats(0, 30), rich=st.floats(0, 10))
@settings(max_examples=40)
def test_kg_bought_are_seized_or_arrive(seed: int, hazard: float, rich: float) -> None:
    x = after(traffic(1), plan)
    stir(x, np.random.default_rng(seed))
    x.state.hazard[:] *= hazard
    x.state.capital[:] *= rich
    s = after(x, carry).state
    bought, scale = s.purchased.sum(1), np.maximum(1.0, s.purchased.sum(1))
    assert (np.abs(s.ledger_kg) <= 1e-9 * scale).all()
    np.testing.assert_allclose(bought, s.seized_kg.sum(1) + s.arrivals.sum(1), atol=1e-9 * scale.max())
    np.testing.assert_allclose(s.network_kg.sum(1), bought, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(s.route_kg.sum(1), s.arrivals.sum(1), rtol=1e-9, atol=1e-12)
    assert (s.seized_kg <= s.carried_kg * (1 + 1e-12)).all()
    spent = s.money[:, 1:8].sum(1)
    np.testing.assert_allclose(s.money[:, 0] + s.money[:, 8] - spent, s.money[:, 9], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(s.bribes_post.sum(1), s.money[:, 4], rtol=1e-9, atol=1e-9)
    # what forces stationed abroad are paid goes with them
    assert (s.fees_post.sum(1) <= s.money[:, 5] * (1 + 1e-9) + 1e-9).all()
    gone = after(knocked(x, Mechanism.OFFICIAL_FLIGHTS)[1], carry).state
    np.testing.assert_allclose(gone.fees_post.sum(1), gone.money[:, 5], rtol=1e-9, atol=1e-9)
    assert (s.trust >= 0).all() and (s.trust <= 1).all()


def test_nothing_is_seized_without_hazard_and_all_with_a_huge_one() -> None:
    x = busy()
    x.on[:, Mechanism.PROTECTION_RACKETS] = 0.0
    x.state.hazard[:] = 0.0
    s = after(x, carry).state
    assert (s.seized_kg == 0).all() and (s.arrivals.sum(1) > 0).all()
    x.state.hazard[:] = 1e4
    s = after(x, carry).state
    np.testing.assert_allclose(s.seized_kg.sum(1), s.purchased.sum(1), rtol=1e-12)
    np.testing.assert_allclose(s.arrivals, 0.0, atol=1e-300)


def test_purchases_are_limited_by_capital_with_half_on_credit() -> None:
    x = busy()
    x.state.capital[:] = 1000.0
    s = after(x, carry).state
    limit = np.broadcast_to(2 * 1000.0 / x.state.source_price[:, None], s.purchased.shape)
    assert (s.purchased <= limit * (1 + 1e-12)).all()
    x.state.capital[:] = -1.0
    assert (after(x, carry).state.purchased == 0).all()
    x.state.capital[:] = 1e9
    x.state.purchase_ration[:] = 1.0
    plenty = after(x, carry).state.purchased
    x.state.purchase_ration[:] = 0.5
    half = after(knocked(x, Mechanism.FORCED_COURIERS)[1], carry).state.purchased
    full = x.copy()
    full.state.purchase_ration[:] = 1.0
    np.testing.assert_allclose(2 * half, after(knocked(full, Mechanism.FORCED_COURIERS)[1], carry).state.purchased)
    assert (plenty[alive(x)] > 0).all()


def test_scope_carries_more_for_less() -> None:
    """With both trades a share phi of the fixed cost is saved: capacity 1 + 2 phi x(1-x), cost 1 - 4 phi x(1-x)."""
    x = busy(organisations__scope=0.4, organisations__service_fee=0.0)
    x.on[:, Mechanism.FORCED_COURIERS] = 0.0
    x.state.capital[:] = 1e12
    # idle capacity answers the saving too: hold it
    runs = []
    for v in knocked(x, Mechanism.SCOPE):
        y = after(v, carry)
        runs.append((y, y.state.purchased / y.state.in_use.clip(1e-12), y.state.attempts_route.sum((1, 2))))
    joint = 0.6 * 0.4
    ratio = runs[0][1][alive(x)] / runs[1][1][alive(x)]
    np.testing.assert_allclose(ratio, 1 + 2 * 0.4 * joint, rtol=1e-9)
    work = [(y.state.in_use * x.state.capacity * alive(x)) for y, _, _ in runs]
    price = x.parameters["organisations"]["journey_fixed_cost"]
    service = x.parameters["organisations"]["service_cost"]
    home = x.world.place_state[x.state.home]
    short = 1 - 0.5 * np.take_along_axis(x.state.service[:, :, :2].sum(2), home, axis=1)
    unit = price[:, None] * (1 + service[:, None] * short)
    np.testing.assert_allclose(flow(runs[0][0], "fixed"), (work[0] * unit).sum(1) * (1 - 4 * 0.4 * joint), rtol=1e-9)
    np.testing.assert_allclose(flow(runs[1][0], "fixed"), (work[1] * unit).sum(1), rtol=1e-9)
    x.state.trade[:] = [1.0, 0.0, 0.0]
    a, b = (after(v, carry).state.purchased for v in knocked(x, Mechanism.SCOPE))
    np.testing.assert_allclose(a, b, rtol=1e-12)


def test_scope_leaves_more_groups_in_both_trades() -> None:
    shares = []
    for v in knocked(having(traffic(1, 8), organisations__scope=0.5, organisations__trade_speed=0.15),
                     Mechanism.SCOPE):
        # prices and plans held, so that scope acts through the choice of trade alone
        held = v.state.copy()
        for _ in range(40):
            carry(v)
            trade, idle = v.state.trade.copy(), v.state.in_use.copy()
            v.state = held.copy()
            v.state.trade[:], v.state.in_use[:] = trade, idle
        x = v.state.trade[:, :, 0][alive(v)]
        shares.append(np.abs(x - 0.5))
    # a group whose two trades pay alike can sit a little off the middle either way
    assert (shares[0] <= shares[1] + 1e-9).mean() > 0.9 and shares[0].mean() < shares[1].mean() - 0.005


def test_fees_need_profit_protection_and_rackets() -> None:
    x = busy()
    x.state.trust[:] = 0.8
    x.state.conduct[:] = [0.2, 0.2, 0.1, 0.4, 0.1]
    x.state.price[:] = 1e5
    assert (after(x, carry).state.fees_post.sum(1) > 0).all()
    away = after(knocked(x, Mechanism.PROTECTION_RACKETS)[1], carry).state
    assert (away.fees_post == 0).all()
    for change in ("trust", "conduct", "price"):
        y = x.copy()
        if change == "trust":
            y.state.trust[:] = 0.0
        elif change == "conduct":
            y.state.conduct[:] = [0.5, 0.5, 0.0, 0.0, 0.0]
        else:
            y.state.price[:] = 0.0
            y.state.people_value[:] = 0.0
        assert (after(y, carry).state.fees_post == 0).all(), change


def test_fees_are_a_share_of_profit_at_the_home_post() -> None:
    x = busy(organisations__fee_share=0.2)
    x.on[:, Mechanism.LAUNDERING] = 0.0
    x = having(x, organisations__cash_at_risk=0.0)
    x.state.trust[:] = 0.5
    x.state.conduct[:] = [0.0, 0.0, 0.0, 1.0, 0.0]
    x.state.price[:] = 1e5
    s = after(x, carry).state
    paid, kept = s.money[:, FLOWS.index("fees")], s.money[:, FLOWS.index("profit")]
    np.testing.assert_allclose(paid / (paid + kept), 0.1, rtol=1e-9)
    homes = {int(v) for v in x.world.place_post[x.state.home[alive(x)]]}
    assert set(np.flatnonzero(s.fees_post.sum(0))) <= homes


def test_protection_lowers_the_loss() -> None:
    x = busy(organisations__protection_limit=0.8)
    x.state.conduct[:] = [0.0, 0.0, 0.0, 1.0, 0.0]
    losses = []
    for trust in (0.0, 0.5, 1.0):
        x.state.trust[:] = trust
        losses.append(after(x, carry).state.seized_kg.sum(1))
    assert (losses[0] > losses[1]).all() and (losses[1] > losses[2]).all() and (losses[2] > 0).all()
    nobody = (Mechanism.PROTECTION_RACKETS, Mechanism.OFFICIAL_FLIGHTS)
    off = after(knocked(x, *nobody)[1], carry).state.seized_kg.sum(1)
    np.testing.assert_allclose(off, losses[0], rtol=1e-12)


@pytest.mark.parametrize("mechanism, more_seized", [
    (Mechanism.DIASPORA_COVER, True), (Mechanism.PROTECTION_RACKETS, True),
])
def test_cover_and_protection_off_means_more_seized(mechanism: Mechanism, more_seized: bool) -> None:
    x = busy()
    x.state.trust[:] = 0.7
    on, off = (after(v, carry).state.seized_kg.sum(1) for v in knocked(x, mechanism))
    assert ((off > on) == more_seized).all()


def test_soviet_order_shelters_the_protected_and_presses_the_others() -> None:
    x = busy()
    x.month = 10
    x.on[:, [Mechanism.PROTECTION_RACKETS, Mechanism.DIASPORA_COVER]] = 0.0
    old = x.world.network_soviet == 1
    assert x.world.event["soviet"][10] == 1.0
    for n, network in ((0, True), (1, False)):
        assert bool(old[n]) == network
        x.state.network[:] = n
        lost = {}
        for name, month, on in (("soviet", 10, 1.0), ("later", 60, 1.0), ("unprotected", 10, 0.0)):
            y = x.copy()
            y.month = month
            y.on[:, Mechanism.STATE_PROTECTION] = on
            lost[name] = after(y, carry).state.seized_kg.sum(1)
        if network:
            assert (lost["soviet"] < lost["later"]).all() and (lost["unprotected"] > lost["later"]).all()
        else:
            assert (lost["soviet"] > lost["later"]).all()
            np.testing.assert_array_equal(lost["soviet"], lost["unprotected"])


def test_couriers_add_to_loads() -> None:
    x = busy(human_trade__courier_share=0.2, human_trade__courier_kg=0.5)
    with_couriers, without = (after(v, carry).state for v in knocked(x, Mechanism.FORCED_COURIERS))
    assert (with_couriers.purchased >= without.purchased).all()
    world, s = x.world, with_couriers
    goal = world.place_state[world.destination_place[world.people_destination]]
    abroad = goal != world.place_state[world.people_origin]
    ready = x.state.effectiveness[:, world.people_origin, world.people_destination]
    carried = 1.0 - x.state.pool_there[:, world.people_origin, world.people_destination, None]
    people = (s.attempts_route * ready * carried * abroad[None, :, None]).sum((1, 2))
    added = (with_couriers.purchased - without.purchased).sum(1)
    np.testing.assert_allclose(added, people * 0.2 * 0.5, rtol=1e-9)
    x.state.trade[:] = [0.04, 0.5, 0.46]
    a, b = (after(v, carry).state.purchased for v in knocked(x, Mechanism.FORCED_COURIERS))
    np.testing.assert_array_equal(a, b), "groups that hardly touch opiates make no one carry them"


def test_who_is_there_already_is_approached_without_journey_bribe_or_load() -> None:
    x = busy(human_trade__courier_share=0.2, human_trade__courier_kg=0.5)
    x.state.bribe_rate[:] = 0.01
    x.state.pool_there[:] = 0.0
    carried = after(x, carry).state
    x.state.pool_there[:] = 1.0
    y, without = (after(v, carry).state for v in knocked(x, Mechanism.FORCED_COURIERS))
    np.testing.assert_array_equal(y.attempts_route, carried.attempts_route)
    np.testing.assert_array_equal(y.purchased, without.purchased)
    x.state.trade[:] = [0.0, 0.6, 0.4]
    y = after(x, carry)
    assert (y.state.attempts_route.sum((1, 2)) > 0).all()
    assert not y.state.journeys.any() and not y.state.bribes_post.any() and not flow(y, "bribes").any()


def test_laundering_costs_a_fee_and_without_it_cash_is_lost() -> None:
    x = busy(organisations__cash_at_risk=0.3, organisations__service_fee=0.05)
    x.state.price[:] = 1e5
    x.state.service[:, :, 2] = 1.0
    x.state.service_fee[:, :, 2] = 2.0
    served, lost = (after(v, carry) for v in knocked(x, Mechanism.LAUNDERING))
    for y, share in ((served, 0.1), (lost, 0.3)):
        paid, kept = flow(y, "laundering"), flow(y, "profit")
        np.testing.assert_allclose(paid / (paid + kept), share, rtol=1e-9)
    x.state.price[:] = 0.0
    x.state.people_value[:] = 0.0
    assert (flow(after(x, carry), "laundering") == 0).all()


def test_missing_services_raise_cost_and_risk() -> None:
    x = busy(organisations__service_need=0.0)
    fixed, seized = [], []
    for level in (0.0, 0.5, 1.0):
        x.state.service[:] = level
        x.state.in_use[:] = 1.0
        y = after(having(x, organisations__trade_scale=1e6), carry)
        fixed.append(flow(y, "fixed"))
        seized.append(y.state.seized_kg.sum(1))
    assert (np.diff(fixed, axis=0) < 0).all() and (np.diff(seized, axis=0) < 0).all()


def test_journeys_that_need_services_are_not_made_without_them() -> None:
    x = having(busy(organisations__service_need=0.6), organisations__trade_scale=1e6)
    x.on[:, [Mechanism.FORCED_COURIERS]] = 0.0
    loads, tried = [], []
    for level in (0.0, 0.5, 1.0):
        x.state.service[:] = level
        s = after(x, carry).state
        loads.append(s.purchased.sum(1))
        tried.append(s.attempts_route.sum((1, 2)))
    for made in (loads, tried):
        np.testing.assert_allclose(made[0] / made[2], 0.4, rtol=1e-3)
        np.testing.assert_allclose(made[1] / made[2], 0.7, rtol=1e-3)
    x.state.service[:] = 0.0
    free = after(knocked(x, Mechanism.FACILITATORS)[1], carry).state.purchased.sum(1)
    np.testing.assert_allclose(free, loads[2], rtol=1e-3)


def test_protection_already_bought_lowers_the_bribe() -> None:
    x = busy(organisations__protection_limit=0.8, organisations__rivalry=0.0, organisations__violence=0.0)
    x.on[:, Mechanism.FACILITATORS] = 0.0
    x.state.trade[:] = [1.0, 0.0, 0.0]
    x.state.conduct[:] = [0.0, 0.0, 0.0, 1.0, 0.0]
    x.state.bribe_rate[:] = 0.01
    x.month = 280  # nothing is left of the old order
    x.state.hazard[:] = 1e-6
    paid = []
    for trust in (0.0, 0.5, 1.0):
        x.state.trust[:] = trust
        paid.append(flow(after(x, carry), "bribes"))
    np.testing.assert_allclose(paid[1] / paid[0], 0.6, rtol=1e-3)
    np.testing.assert_allclose(paid[2] / paid[0], 0.2, rtol=1e-3)
    x.state.hazard[:] = 0.0
    assert (flow(after(x, carry), "bribes") > 0).all(), "no hazard, no shelter to count"


def test_outsiders_reach_weaker_ties_except_under_the_old_order() -> None:
    x = busy(organisations__outsider_ties=0.3, organisations__protection_months=1.0)
    x.state.rotated[:] = 0
    x.state.trust[:] = 0.0
    base = x.world.place_post[x.state.home]

    def at_home(y: Scene) -> np.ndarray:
        return np.take_along_axis(after(y, carry).state.trust, base[:, :, None], axis=2)[:, :, 0]

    official = x.world.network_official[x.state.network] == 1
    state = x.world.place_state[x.state.home]
    for month, order in ((10, 1.0), (200, 0.0)):
        x.month = month
        got = at_home(x)
        inside = x.world.network_insider[x.state.network, state] == 1
        inside |= (x.world.network_soviet[x.state.network] == 1) & (order > 0.5)
        inside |= official
        some = alive(x) & ~inside
        np.testing.assert_allclose(got[alive(x) & inside], 0.985, rtol=1e-3)
        if some.any():
            np.testing.assert_allclose(got[some], 0.985 * 0.3, rtol=1e-3)
    x.state.network[:] = 1
    assert (x.world.network_insider[1] == 0).all()
    np.testing.assert_allclose(at_home(x)[alive(x)], 0.985 * 0.3, rtol=1e-6)


def test_the_end_of_the_old_order_wears_ties_by_two_changes_of_holder() -> None:
    x = busy(organisations__tie_kept=0.5, organisations__arrangement_months=6.0)
    x.state.network[:] = 0
    began, _ = soviet_times(x.world, 0)
    assert began == 1.0 and x.world.network_soviet[0] == 1
    kept = np.ones(int(alive(x).sum()))
    for month in range(30, 100):
        x.month = month
        x.state.rotated[:] = 0
        x.state.trust[:] = 1.0
        with_order, without = (after(v, carry).state.trust[alive(x), 0] for v in knocked(x, Mechanism.STATE_PROTECTION))
        # ties above what outsiders can reach do not grow: both fade alike but for the order
        kept *= with_order / without
    np.testing.assert_allclose(kept, 0.25, rtol=1e-3)


def test_ties_grow_with_visits_and_fall_with_a_new_holder() -> None:
    x = busy(organisations__tie_kept=0.25)
    x.state.trust[:] = 0.0
    x.state.rotated[:] = 0
    still = after(x, carry).state.trust
    assert (still[alive(x)].sum(1) > 0).all() and (still[~alive(x)] == 0).all()
    x.state.rotated[:] = 1
    np.testing.assert_allclose(after(x, carry).state.trust, 0.25 * still, rtol=1e-12)
    x.state.capacity[:] = 0.0
    x.state.rotated[:] = 0
    base = x.world.place_post[x.state.home]
    home = np.zeros_like(still)
    np.put_along_axis(home, base[:, :, None], 1.0, axis=2)
    idle = after(x, carry).state.trust
    assert (idle[(home == 0)] == 0).all() and (idle[(home == 1) & alive(x)[:, :, None]] > 0).all()


def test_growth_follows_return_and_stops_without_the_subsystem() -> None:
    x = having(busy(), organisations__growth=0.1, organisations__size_alone=50.0)
    x.state.capacity[:] = 10.0
    for price, sign in ((2e5, 1), (0.0, -1)):
        y = x.copy()
        y.state.price[:] = price
        y.state.returns[:] = 3.0 * sign
        y.state.people_value[:] = 0.0
        moved = np.sign(after(y, carry).state.capacity[alive(x)] - 10.0)
        assert (moved == sign).all()
    off = after(knocked(x, Mechanism.ORGANISATIONS)[1], carry).state
    np.testing.assert_array_equal(off.capacity, x.state.capacity)


def test_only_official_rackets_profit_for_their_post() -> None:
    x = busy()
    x.state.price[:] = 1e5
    x.state.network[:] = 0
    assert (after(x, carry).state.racket_profit_post == 0).all()
    x.state.network[:] = int(np.flatnonzero(x.world.network_official)[0])
    assert (after(x, carry).state.racket_profit_post.sum(1) > 0).all()


@pytest.mark.parametrize("contacts", (0.1, 0.7, 1.0))
@pytest.mark.parametrize("smugglers", (0, 1))
def test_smugglers_approach_people_as_far_as_they_have_contacts(smugglers: int, contacts: float) -> None:
    x = busy(organisations__service_need=0.0)
    x.on[:, Mechanism.SCOPE] = 0.0
    x.state.drug_first[:] = smugglers
    x.state.contacts[:] = contacts
    s = after(x, carry).state
    known = max(contacts, 1 - 0.6) if smugglers else 1.0  # what they have done themselves counts as contacts
    work = known * (s.in_use * x.state.capacity * alive(x)).sum(1)
    np.testing.assert_allclose(s.attempts_route.sum(1), work[:, None] * PERSONS_PER_JOURNEY * [0.25, 0.15], rtol=1e-9)
    kg = s.in_use * x.state.capacity * 0.6 * (x.state.load * x.state.purchase_ration)[:, None] * alive(x)
    assert (s.purchased >= kg * (1 - 1e-12)).all(), "opiates are bought as before"
