"""Exit and entry of organisations: twin, who may come when, and who must not end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model import organisations_life
from qorgau.model.mechanisms import Mechanism
from qorgau.model.state import State, allocate
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.people_scene import Scene, assert_twin
from tests.model.traffic_scene import after, having, knocked, live, traffic
from tests.model.twins import organisations_life as twin
from tests.model.worlds import small_world

SCENES = ((0, 20, False), (1, 60, False), (3, 90, True), (4, 30, True), (5, 200, True))
CERTAIN = 1e9
"""A yearly rate so high that the event is certain within the month."""


def alive(x: Scene) -> np.ndarray:
    return x.state.active == 1


def many(runs: int, month: int, seed: int = 1, slots: int = 6) -> Scene:
    """Many runs of the same draw, with one organisation each and the rest of the slots free."""
    world = small_world(seed, organisations=slots)
    one = draw_parameters(1, 3)
    parameters = {k: np.repeat(a, runs) for k, a in one.items()}
    state = allocate(world.sizes, runs)
    state.users[:] = 1000.0
    state.source_price[:] = 3000.0
    state.active[:, 0] = 1
    state.network[:, 0] = 1
    state.home[:, 0] = 2
    state.capacity[:] = 10.0
    state.capital[:] = 1e6
    state.returns[:] = 0.5
    state.know_how[:] = 0.5
    state.trade[:] = [0.7, 0.2, 0.1]
    parameters["organisations"]["splinter"] = 0.0
    return Scene(world, state, parameters, all_on(runs), keys(runs, 5), month)


def openings(month: int, **parameters: float) -> Scene:
    return having(many(2000, month), organisations__attrition=0.0, organisations__arrest=0.0,
                  organisations__privatisation_years=1.0, **parameters)


@pytest.mark.parametrize("seed, months, mixed", SCENES)
def test_exit_and_entry_equal_the_twin(seed: int, months: int, mixed: bool) -> None:
    x = having(traffic(seed, 4, months, mixed), organisations__entry_rate=60.0, organisations__attrition=0.1)
    x.state.capital[:, 1] -= 2.0 * np.abs(x.state.capital[:, 1])
    for _ in range(3):
        y = after(x, live)
        assert_twin(x, y, twin.advance, twin.OWNED)
        y.month += 1
        x = y


def test_nobody_comes_before_privatisation() -> None:
    first = int(np.flatnonzero(small_world(1).event["privatisation"])[0])
    for month in (5, first - 1, first):
        x = openings(month, organisations__entry_rate=CERTAIN)
        assert after(x, live).state.active.sum() == x.state.active.sum(), month
    x = openings(first + 6, organisations__entry_rate=CERTAIN)
    assert (after(x, live).state.active.sum(1) > 1).all()


def test_without_privatisation_the_field_opens_by_a_tenth() -> None:
    x = openings(120, organisations__entry_rate=2.0)
    opened, closed = (after(v, live).state.active.sum() for v in knocked(x, Mechanism.PRIVATISATION))
    start = x.state.active.sum()
    ratio = (closed - start) / (opened - start)
    assert 0.05 < ratio < 0.16


def test_entry_rises_with_know_how_and_return_and_stops_when_slots_are_full() -> None:
    x = openings(120, organisations__entry_rate=3.0)
    start = x.state.active.sum()
    base = after(x, live).state.active.sum() - start
    skilled, earning, full = x.copy(), x.copy(), x.copy()
    skilled.state.know_how[:] = 0.95
    earning.state.returns[:] = 2.0
    assert after(skilled, live).state.active.sum() - start > 1.3 * base
    assert after(earning, live).state.active.sum() - start > 1.3 * base
    full.state.active[:] = 1
    full.state.capital[:] = 1e9
    full.state.returns[:] = 5.0
    assert (after(full, live).state.active == 1).all()
    unskilled = x.copy()
    unskilled.state.know_how[:] = 0.0
    only = knocked(unskilled, Mechanism.OFFICIAL_RACKETS)[1]
    easy, hard = (after(v, live).state for v in knocked(only, Mechanism.LOW_ENTRY_COST))
    assert hard.active.sum() == start, "without skill, and with people as costly to begin with as opiates, nobody comes"
    came = (easy.active == 1) & (x.state.active == 0)
    assert came.any() and (easy.drug_first[came] == 0).all(), "the unskilled begin with people"


def test_homes_follow_the_weights_of_the_network() -> None:
    x = openings(240, organisations__entry_rate=CERTAIN)
    s = after(x, live).state
    came = (s.active == 1) & (x.state.active == 0)
    for n in range(x.world.sizes["network"]):
        here = came & (s.network == n)
        if not here.any():
            continue
        seen = np.bincount(s.home[here], minlength=x.world.sizes["place"]) / here.sum()
        weight = x.world.network_home[n]
        sd = np.sqrt(weight * (1 - weight) / here.sum())
        assert (np.abs(seen - weight) <= 4.5 * sd + 1e-12).all(), n
    assert len(np.unique(s.network[came])) >= 3


def test_the_first_trade_follows_the_trades_of_the_living() -> None:
    x = openings(240, organisations__entry_rate=CERTAIN, organisations__people_entry=0.0)
    s = after(x, live).state
    came = (s.active == 1) & (x.state.active == 0)
    assert s.drug_first[came].mean() == pytest.approx(0.7, abs=0.03)
    began = s.drug_first[came] == 1
    np.testing.assert_allclose(s.trade[came][began], np.tile([0.9, 0.05, 0.05], (began.sum(), 1)))
    more = after(having(x, organisations__people_entry=1.0), live).state
    came_more = (more.active == 1) & (x.state.active == 0) & (x.world.network_official[more.network] == 0)
    # skill .5: as many unskilled, who all begin with people
    assert more.drug_first[came_more].mean() == pytest.approx(0.35, abs=0.03)
    np.testing.assert_allclose(s.trade[came].sum(1), 1.0)


def test_an_entrant_brings_nothing_of_the_slot_before_it() -> None:
    x = traffic(1, 4)
    x.month = 240
    x.state.capital[:, 0] = -1.0
    x.state.trust[:] = 0.7
    y = after(having(x, organisations__entry_rate=CERTAIN, organisations__attrition=0.0), live)
    came = (y.state.age == 0) & alive(y)
    assert came[:, 0].all()
    assert (y.state.trust[came] == 0).all() and (y.state.purchased[came] == 0).all()
    assert (y.state.route_share[came] == 0).all() and (y.state.people_share[came] == 0).all()
    for r, o in np.argwhere(came):
        np.testing.assert_array_equal(y.state.belief[r, o], y.state.network_belief[r, y.state.network[r, o]])
    np.testing.assert_allclose(y.state.market_share[came].sum(1), 1.0)


@given(seed=st.integers(0, 200))
@settings(max_examples=20)
def test_none_ends_without_attrition_and_arrest_and_with_capital(seed: int) -> None:
    x = having(traffic(1), organisations__attrition=0.0, organisations__arrest=0.0)
    x.on[:, Mechanism.OUTSIDE_TRADE] = 0.0
    x.keys = keys(3, seed)
    x.month = 100 + seed
    x.state.capital[:] = 1.0
    assert (after(x, live).state.active >= x.state.active).all()


def test_who_runs_out_of_capital_ends() -> None:
    x = having(traffic(1), organisations__entry_rate=0.0)
    x.state.capital[:] = -1.0
    y = after(x, live).state
    assert (y.active == 0).all() and (y.purchased == 0).all()


def test_state_protection_shelters_in_soviet_times_only() -> None:
    # certain attrition: who is not sheltered ends
    x = having(traffic(1), organisations__attrition=50.0, organisations__entry_rate=0.0, organisations__splinter=0.0)
    old = alive(x) & (x.world.network_soviet[x.state.network] == 1)
    assert old.any()
    left = {}
    for name, month, on in (("soviet", 12, 1.0), ("unprotected", 12, 0.0), ("later", 60, 1.0)):
        y = x.copy()
        y.month = month
        y.on[:, Mechanism.STATE_PROTECTION] = on
        left[name] = after(y, live).state.active == 1
    np.testing.assert_array_equal(left["soviet"], old)
    assert not left["unprotected"].any() and not left["later"].any()


def _ends(x: Scene) -> float:
    return float((after(x, live).state.active[:, 0] == 0).mean())


def test_size_and_losses_raise_the_hazard_of_ending_and_protection_and_cover_lower_it() -> None:
    x = having(many(4000, 200), organisations__attrition=0.0, organisations__arrest=0.15,
               organisations__entry_rate=0.0, organisations__protection_limit=0.8, organisations__cover_strength=1.0)
    x.state.drug_loss_share[:] = 0.1
    base = _ends(x)
    exact = 1 - np.exp(-0.15 * (0.3 + 0.8) * (1 - min(0.8, x.world.network_cover[1, x.world.place_state[2]])))
    assert base == pytest.approx(exact, abs=0.02)
    big, lossy, tied = x.copy(), x.copy(), x.copy()
    big.state.capacity[:] = 60.0
    lossy.state.drug_loss_share[:] = 0.4
    tied.state.trust[:] = 1.0
    tied.state.conduct[:] = [0.0, 0.0, 0.0, 1.0, 0.0]
    assert _ends(big) > base < _ends(lossy)
    assert _ends(tied) < base < _ends(knocked(x, Mechanism.DIASPORA_COVER)[1])
    assert _ends(knocked(tied, Mechanism.PROTECTION_RACKETS)[1]) == base
    assert _ends(knocked(x, Mechanism.ENFORCEMENT)[1]) == 0.0, "nobody is dismantled"


def test_other_contraband_draws_the_old_groups_away() -> None:
    x = having(many(4000, 200), organisations__attrition=0.0, organisations__arrest=0.0,
               organisations__entry_rate=0.0, organisations__outside_return=2.0)
    x.state.returns[:] = 0.0
    x.state.network[:, 0] = int(np.flatnonzero(x.world.network_soviet)[0])
    drawn, kept = (_ends(v) for v in knocked(x, Mechanism.OUTSIDE_TRADE))
    assert drawn == pytest.approx(1 - np.exp(-0.04 * 2.0), abs=0.02) and kept == 0.0
    x.state.network[:, 0] = 1
    assert _ends(x) == 0.0


def test_know_how_spreads_logistically_with_traffic_at_home() -> None:
    x = having(many(3, 200), organisations__entry_rate=0.0, organisations__apprenticeship=0.6)
    plain = (x.world.network_official == 0) & (x.world.network_soviet == 0)
    assert (after(x, live).state.know_how[:, plain] == 0.5).all(), "no traffic, nothing learned"
    x.state.carried_kg[:] = 1e6
    rise = []
    for level in (0.1, 0.5, 0.9):
        x.state.know_how[:] = level
        rise.append(after(x, live).state.know_how[:, plain] - level)
    np.testing.assert_allclose(rise[1], 0.6 / 12 * 0.25, rtol=1e-9)
    np.testing.assert_allclose(rise[0], rise[2], rtol=1e-9)
    assert (rise[0] < rise[1]).all()


def test_contacts_with_the_trade_in_people_spread_logistically_with_people_passing_home() -> None:
    x = having(many(3, 200), organisations__entry_rate=0.0, organisations__apprenticeship=0.6)
    plain = x.world.network_official == 0
    x.state.contacts[:] = 0.5
    assert (after(x, live).state.contacts == 0.5).all(), "nobody passes, nobody is met"
    x.state.carried_people[:] = 10_000
    rise = []
    for level in (0.1, 0.5, 0.9):
        x.state.contacts[:] = level
        rise.append(after(x, live).state.contacts[:, plain] - level)
    np.testing.assert_allclose(rise[1], 0.6 / 12 * 0.25, rtol=1e-9)
    np.testing.assert_allclose(rise[0], rise[2], rtol=1e-9)


def test_what_a_diaspora_offers_to_founders_runs_out() -> None:
    x = openings(240, organisations__entry_rate=0.3, organisations__kin_entry=8.0)
    x.state.returns[:] = 0.3
    rate = []
    for groups in (1.0, 4.0, 1e9):  # the one group of the network that there is takes all, a quarter or nothing of it
        y = having(x.copy(), organisations__kin_groups=groups)
        s = after(y, live).state
        rate.append(int(((s.active == 1) & (x.state.active == 0) & (s.network == 1)).sum()))
    none = after(having(x.copy(), organisations__kin_entry=0.0), live).state
    assert rate[0] == int(((none.active == 1) & (x.state.active == 0) & (none.network == 1)).sum())
    assert rate[0] < rate[1] < rate[2]


def test_contacts_of_the_old_network_go_with_the_state_that_made_them() -> None:
    x = having(many(3, 0), organisations__entry_rate=0.0, organisations__tie_kept=0.3,
               organisations__arrangement_months=5.0)
    old = int(np.flatnonzero(x.world.network_soviet)[0])
    for on, left in ((1.0, 0.3), (0.0, 1.0)):
        y = x.copy()
        y.on[:, Mechanism.STATE_PROTECTION] = on
        y.state.know_how[:] = 0.8
        for month in range(120):
            y.month = month
            y = after(y, live)
        np.testing.assert_allclose(y.state.know_how[:, old], 0.8 * left, rtol=1e-6)
        np.testing.assert_allclose(y.state.know_how[:, 1], 0.8)


def test_a_diaspora_brings_founders_and_other_contraband_takes_them() -> None:
    x = openings(240, organisations__entry_rate=0.5, organisations__kin_entry=3.0, organisations__outside_return=3.0)
    old = int(np.flatnonzero(x.world.network_soviet)[0])
    x.state.returns[:] = 0.3

    def founded(y: Scene, n: int) -> int:
        s = after(y, live).state
        return int(((s.active == 1) & (x.state.active == 0) & (s.network == n)).sum())

    kin, none = (founded(v, 1) for v in knocked(x, Mechanism.DIASPORA_COVER))
    cover = float(x.world.network_home[1] @ x.world.network_cover[1, x.world.place_state])
    assert kin / none == pytest.approx(1 + 3 * cover, rel=0.35) and cover > 0.1
    drawn, kept = (founded(v, old) for v in knocked(x, Mechanism.OUTSIDE_TRADE))
    assert drawn < 0.2 * kept


def test_rivals_break_groups_in_opiates_unless_officials_guard_them() -> None:
    x = having(many(4000, 200), organisations__attrition=0.0, organisations__arrest=0.0, organisations__violence=2.0,
               organisations__entry_rate=0.0, organisations__protection_limit=0.8)
    x.on[:, Mechanism.COEXISTENCE] = 0.0
    base = _ends(x)
    assert base == pytest.approx(1 - np.exp(-2.0 * 0.05 * 0.7), abs=0.02)
    tied, people = x.copy(), x.copy()
    tied.state.trust[:] = 1.0
    tied.state.conduct[:] = [0.0, 0.0, 0.0, 1.0, 0.0]
    people.state.trade[:] = [0.05, 0.5, 0.45]
    assert 0.0 < _ends(tied) < 0.6 * base and _ends(people) == 0.0


def test_official_rackets_follow_the_officials_who_take_part() -> None:
    x = having(many(3, 200), organisations__entry_rate=0.0)
    n = int(np.flatnonzero(x.world.network_official)[0])
    levels = []
    for share in (0.0, 0.1, 0.2, 0.9):
        x.state.conduct[:] = [1.0 - share, 0.0, 0.0, 0.0, share]
        levels.append(after(x, live).state.know_how[0, n])
    np.testing.assert_allclose(levels, [0.1, 0.4, 0.7, 1.0], rtol=1e-9)
    assert after(knocked(x, Mechanism.OFFICIAL_RACKETS)[1], live).state.know_how[0, n] == 0.0


def test_switched_off_organisations_stay_for_ever() -> None:
    x = having(traffic(1), organisations__attrition=50.0, organisations__entry_rate=CERTAIN)
    x.state.capital[:] = -1.0
    y = after(knocked(x, Mechanism.ORGANISATIONS)[1], live).state
    np.testing.assert_array_equal(y.active, x.state.active)
    np.testing.assert_array_equal(y.age, x.state.age + x.state.active)


def test_start_fills_demand_with_the_protected_and_leaves_the_others_small() -> None:
    x = many(4, 0, slots=10)
    p = x.parameters["organisations"]
    fresh: State = allocate(x.world.sizes, 4)
    fresh.users[:] = 3e5
    fresh.source_price[:] = 3000.0
    fresh.price[:] = 9000.0
    fresh.load[:] = p["journey_load"]
    organisations_life.start(x.world, fresh, x.parameters, x.on, x.keys)
    old = (fresh.active == 1) & (x.world.network_soviet[fresh.network] == 1)
    others = (fresh.active == 1) & ~old
    assert (np.bincount(fresh.network[0][fresh.active[0] == 1], minlength=4) == x.world.network_start).all()
    demand = x.parameters["drug_market"]["use_per_person"] * 3e5 * x.world.sizes["market"] / 12
    each = (p["soviet_capacity"] * demand / p["journey_load"] / old[0].sum())[:, None]
    np.testing.assert_allclose(fresh.capacity[old].reshape(4, -1), np.broadcast_to(np.clip(each, 3, 150), (4, 3)))
    assert (fresh.capacity[others] == 2.0).all() and (fresh.capital[fresh.active == 1] > 0).all()
    np.testing.assert_allclose(fresh.trade.sum(2), 1.0)
    np.testing.assert_allclose(fresh.market_share.sum(2), 1.0)
    weights = x.world.network_home[fresh.network[0, 0]]
    assert (weights[fresh.home[0][old[0]]] > 0).all()


def test_a_broken_group_of_some_size_goes_on_in_two() -> None:
    x = having(many(500, 200), organisations__attrition=CERTAIN, organisations__entry_rate=0.0,
               organisations__splinter=1.0, organisations__entry_size=5.0, organisations__tie_kept=0.4)
    x.state.trust[:, 0] = 0.5
    s = after(x, live).state
    assert (s.active[:, :2] == 1).all() and (s.active[:, 2:] == 0).all()
    for name, part in (("capacity", 0.5), ("capital", 0.5), ("trust", 0.4), ("trade", 1.0), ("returns", 1.0)):
        before, now = getattr(x.state, name), getattr(s, name)
        np.testing.assert_allclose(now[:, 0], part * before[:, 0], rtol=1e-12)
        np.testing.assert_array_equal(now[:, 1], now[:, 0])
    assert (s.number[:, 1] == 200 + 2048).all() and (s.age[:, 1] == 0).all() and (s.age[:, 0] == 1).all()
    assert (s.network[:, 1] == 1).all() and (s.home[:, 1] == 2).all()
    small = having(x.copy(), organisations__entry_size=5.1)
    assert (after(small, live).state.active == 0).all(), "who is not twice a newcomer ends"
    poor = x.copy()
    poor.state.capital[:] = -1.0
    assert (after(poor, live).state.active == 0).all(), "who has no money has none to share"
    some = after(having(x.copy(), organisations__splinter=0.3), live).state.active
    assert some[:, 0].mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 500))
    np.testing.assert_array_equal(some[:, 0], some[:, 1])


def test_parts_of_one_network_and_month_have_numbers_of_their_own() -> None:
    x = having(many(3, 50, slots=12), organisations__attrition=CERTAIN, organisations__entry_rate=0.0,
               organisations__splinter=1.0, organisations__entry_size=1.0)
    x.state.active[:, :4] = 1
    x.state.network[:, :4] = [1, 1, 1, 2]
    x.state.number[:, :4] = [3, 4, 5, 3]
    s = after(x, live).state
    assert (s.active.sum(axis=1) == 7).all(), "a third part of a network and month finds no number"
    for r in range(3):
        there = s.active[r] == 1
        assert len(set(zip(s.network[r][there].tolist(), s.number[r][there].tolist()))) == 7


def test_founding_slows_as_the_trade_fills_and_a_growing_trade_leaves_room() -> None:
    x = openings(240, organisations__entry_rate=0.5)
    x.state.users_start[:] = x.state.users.sum(axis=1)

    def founded(y: Scene) -> int:
        return int((after(y, live).state.active.sum(axis=1) - y.state.active.sum(axis=1)).sum())

    assert founded(having(x.copy(), organisations__room=1.0)) == 0, "full"
    wide, narrow = (founded(having(x.copy(), organisations__room=room)) for room in (6.0, 2.0))
    assert 0 < narrow < wide
    assert founded(having(x.copy(), organisations__room=60.0)) == wide, "no more than there are places"
    grown = having(x.copy(), organisations__room=1.0)
    grown.state.users_start[:] /= 3.0
    leaves, not_ = (founded(v) for v in knocked(grown, Mechanism.COEXISTENCE))
    assert leaves == founded(having(x.copy(), organisations__room=3.0)) and not_ == 0
