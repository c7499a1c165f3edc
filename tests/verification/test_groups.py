"""Organisations come and go: exits as a constant hazard, entry as a Poisson chance, know-how as logistic diffusion.

Sources: survival exp(-h t) and competing hazards that add (Kalbfleisch and Prentice 2002); entry in a month with chance
1 - exp(-rate); apprenticeship k' = a k (1 - k), odds that grow as exp(a t) (Verhulst; Griliches 1957 for techniques).
"""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.model import organisations_life
from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations_terms import SIZE_CAP, arrangement, backing, most_allowed, openness, told_where
from qorgau.model.streams import run_keys
from qorgau.model.tally import relabelled
from tests.model.people_scene import Scene
from tests.verification.scenes import scene, set_to, step, switch, values

RUNS = 2000


def _scene(**parameters: float) -> Scene:
    """No hazard, no entry and no cover but what a test sets; groups have capital for ever."""
    x = scene()
    x.state = x.state.repeat(RUNS // 2)
    x.parameters = {k: np.tile(a, RUNS // 2) for k, a in x.parameters.items()}
    x.on = np.tile(x.on, (RUNS // 2, 1))
    x.keys = run_keys(51, np.arange(RUNS))
    nothing = dict(attrition=0.0, arrest=0.0, violence=0.0, entry_rate=0.0, people_entry=0.0, kin_entry=0.0,
                   cover_strength=0.0, protection_limit=0.0, splinter=0.0)
    set_to(x, "organisations", **{**nothing, **parameters})
    switch(x, 0.0, Mechanism.OUTSIDE_TRADE)
    x.state.capital[:] = 1e12
    x.state.carried_kg[:] = 0.0
    x.month = 60
    return x


@pytest.mark.parametrize("hazard", [0.01, 0.06])
def test_attrition_alone_leaves_an_exponential_number_of_groups(hazard: float) -> None:
    x = _scene(attrition=hazard)
    n = int(x.state.active.sum())
    step(x, organisations_life, 20)
    p = np.exp(-20.0 * hazard)
    assert abs(x.state.active.sum() - n * p) < 4.0 * np.sqrt(n * p * (1.0 - p))


def test_hazards_of_ending_add_and_protection_takes_off_four_fifths_of_arrest_at_most() -> None:
    x = _scene(attrition=0.03, arrest=0.05)
    x.state.capacity[:], x.state.drug_loss_share[:] = 40.0, 0.2
    n = int(x.state.active.sum())
    step(x, organisations_life)
    p = 1.0 - np.exp(-0.03 - 0.05 * 2.0 * (0.3 + 1.6))  # size as the root of capacity over ten
    assert abs(n - x.state.active.sum() - n * p) < 4.0 * np.sqrt(n * p * (1.0 - p))
    y = _scene(arrest=0.5, protection_limit=1.0)
    y.state.capacity[:], y.state.drug_loss_share[:] = 10.0, 0.0
    y.state.trust[:] = 1.0
    y.state.conduct[:] = np.array([0.0, 0.0, 0.0, 1.0, 0.0])
    step(y, organisations_life)
    p = 1.0 - np.exp(-0.5 * 0.3 * 0.2)
    assert abs(n - y.state.active.sum() - n * p) < 4.0 * np.sqrt(n * p * (1.0 - p))


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_groups_that_go_on_in_two_make_up_for_those_that_end_at_one_half(part: float) -> None:
    # of n broken groups 1 - part end and part become two: the expected change is n (2 part - 1), while places are free
    x = _scene(attrition=0.05, splinter=part, entry_size=1.0)
    x.state.active[:] = 0
    x.state.active[:, :3], x.state.network[:, :3], x.state.capacity[:, :3] = 1, [0, 1, 2], 10.0
    x.state.number[:, :3] = 1
    n = int(x.state.active.sum())
    step(x, organisations_life)
    p = 1.0 - np.exp(-0.05)
    spread = np.sqrt(n * p * (1.0 - p * (2.0 * part - 1.0) ** 2))
    assert abs(int(x.state.active.sum()) - n - n * p * (2.0 * part - 1.0)) < 4.0 * spread


def test_a_group_without_capital_ends() -> None:
    x = _scene()
    x.state.capital[:] = -1.0
    step(x, organisations_life)
    assert not x.state.active.any()


@pytest.mark.parametrize("rate", [0.5, 4.0])
def test_each_network_founds_a_group_with_the_chance_of_its_rate(rate: float) -> None:
    x = _scene(entry_rate=rate, apprenticeship=0.0)
    x.state.active[:] = 0
    know = x.state.know_how[0].copy()
    own = np.flatnonzero(x.world.network_official == 0)
    step(x, organisations_life)
    slots = x.world.sizes["organisation"]
    count = np.array([((x.state.active == 1) & (x.state.network == n)).sum() for n in own])
    # nobody earns yet: a return of .2 is expected; whoever comes first in a month takes a slot from the next
    most = 1.0 - np.exp(-rate / 12.0 * know[own] * np.tanh(0.2))
    least = 1.0 - np.exp(-rate / 12.0 * know[own] * np.tanh(0.2) * (1.0 - 3.0 / slots))
    error = 4.0 * np.sqrt(most * RUNS)
    assert (count < most * RUNS + error).all() and (count > least * RUNS - error).all()
    assert abs(count[0] - most[0] * RUNS) < 4.0 * np.sqrt(RUNS * most[0] * (1.0 - most[0]))
    assert (x.state.capacity[x.state.active == 1] == values(x, "organisations")["entry_size"]).all()


def test_full_slots_admit_nobody() -> None:
    x = _scene(entry_rate=1e3)
    x.state.active[:] = 1
    before = x.state.network.copy()
    step(x, organisations_life, 3)
    np.testing.assert_array_equal(x.state.network, before)
    assert x.state.active.all()


def test_know_how_spreads_logistically_where_traffic_passes_and_not_without() -> None:
    x = switch(_scene(apprenticeship=0.24), 0.0, Mechanism.STATE_PROTECTION)
    x.state.know_how[:] = 0.1
    still = x.copy()
    x.state.carried_kg[:] = 1e6
    ordinary = x.world.network_official == 0
    step(x, organisations_life, 120)
    odds = 0.1 / 0.9 * np.exp(0.24 * 10.0)
    np.testing.assert_allclose(x.state.know_how[:, ordinary], odds / (1.0 + odds), rtol=1e-2)
    step(still, organisations_life, 120)
    np.testing.assert_array_equal(still.state.know_how[:, ordinary], 0.1)


def test_the_arrangement_wears_off_exponentially_and_the_field_opens_in_a_straight_line() -> None:
    q = set_to(scene(), "organisations", arrangement_months=8.0, privatisation_years=5.0).parameters["organisations"][0]
    assert arrangement(q, 1.0, 0.0) == 1.0 and arrangement(q, 0.0, 5.0) == 0.0
    assert arrangement(q, 1.0, 16.0) == pytest.approx(np.exp(-2.0))
    assert [openness(q, years, 1.0) for years in (-1.0, 0.0, 2.5, 5.0, 30.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert openness(q, 30.0, 0.0) == pytest.approx(0.1)


@pytest.mark.parametrize("allowance", [3.0, 40.0, 150.0])
def test_what_the_state_allows_binds_as_far_as_the_arrangement_is_in_force(allowance: float) -> None:
    """All of it: no more than allowed; none of it: the bound of all groups; between, a straight line in logs."""
    assert most_allowed(allowance, 1.0) == pytest.approx(allowance, rel=1e-12)
    assert most_allowed(allowance, 0.0) == SIZE_CAP
    left = np.linspace(0.0, 1.0, 9)
    logs = np.log([most_allowed(allowance, v) for v in left])
    np.testing.assert_allclose(logs, np.log(SIZE_CAP) + left * (np.log(allowance) - np.log(SIZE_CAP)), rtol=1e-12)


@pytest.mark.parametrize("say, forces", [(0.0, 0.0), (0.3, 0.8), (1.0, 1.0)])
def test_say_in_place_and_protection_by_forces_are_nothing_at_nought_and_all_at_one(say: float, forces: float) -> None:
    x = set_to(scene(), "organisations", place_say=say, forces_protect=forces)
    q, on = x.parameters["organisations"][0], x.on
    for left in (0.0, 0.4, 1.0):
        assert told_where(q, on, 0, 1, left) == pytest.approx(say * left) and told_where(q, on, 0, 0, left) == 0.0
    conduct = np.zeros((2, 3, 5))
    conduct[:, 1, 3], conduct[:, 2, 3] = 0.2, 1.0
    standing = np.array([1.0, 1.0, 1.0])
    for post, own in ((0, 0.0), (1, 0.5), (2, 1.0)):
        # two sellers who fail apart
        assert backing(q, on, conduct, standing, 0, post) == pytest.approx(1.0 - (1.0 - own) * (1.0 - forces))
        assert backing(q, on, conduct, 0.0 * standing, 0, post) == pytest.approx(own)


@pytest.mark.parametrize("error", [0.0, 0.25, 0.75])
def test_wrong_labels_keep_the_total_and_are_blind_where_each_label_is_as_likely(error: float) -> None:
    """A symmetric channel over four labels: s (1 - e) + (1 - s) e/3, whose capacity is 0 at e = 3/4."""
    share = np.array([[0.7, 0.2, 0.1, 0.0]])
    told = relabelled(share, np.array([error]))
    np.testing.assert_allclose(told, (1.0 - error) * share + error * (1.0 - share) / 3.0, rtol=1e-12)
    assert told.sum() == pytest.approx(1.0)
    if error == 0.75:
        np.testing.assert_allclose(told, 0.25)
