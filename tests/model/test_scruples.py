"""Costs of conscience are those that make the starting shares a best response at the reference post."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.corruption import expected_sanction, rent_value
from qorgau.model.mechanisms import Mechanism
from qorgau.model.scruples import RISK, reveal, revealed_cost, start_share
from tests.model.busy import random_switches
from tests.model.draws import draw_parameters
from tests.model.twins.corruption import costs


@given(seed=st.integers(0, 5000), holds=st.booleans(), post=st.sampled_from(("place", "under", "centre")))
@settings(max_examples=90)
def test_the_starting_shares_are_the_best_response_to_the_reference(seed: int, holds: bool, post: str) -> None:
    """With every doubtful mechanism and without any, at each kind of post: 1989 was what it was in either world."""
    q = draw_parameters(1, seed)["corruption"][0]
    on = np.full(len(Mechanism), float(holds))
    taking = q["start_take_centre"] if post == "centre" else q["start_take"]
    above, part = (q["start_take"], 0.0) if post == "place" else (q["start_take_centre"], 0.15)
    shares = np.array([start_share(q, taking, j) for j in range(5)])
    places, top = (np.array([start_share(q, v, j) for j in range(5)]) for v in (q["start_take"], above))
    general = (1 - part) * places + part * top
    assert shares.sum() == pytest.approx(1.0) and (shares > 0).all()
    takers = shares[2:].sum()
    audit = q["audit"] * (1 + q["soviet_control"])
    free = 1 - (above + 0.5 * start_share(q, above, 1) if holds else 0.0)
    stake = expected_sanction(audit, q["penalty"], takers + 0.3 * shares[1], free, 1 / 6 if holds else 0.0)
    legal = holds * q["skim"] * 0.35 / (q["apparatus"] * q["pay_ratio"]) / (takers + q["skim_half"])
    bribe, carry = q["start_rent"] * (1 - q["carry_part"]), 2.5 * q["start_rent"] * q["carry_part"]
    rents = [0.0, 0.0, bribe + legal, 0.5 * q["start_rent"] + legal, carry + legal]
    dues = np.array([0, 0, 1, 1, 1]) * holds * q["patron_dues"] / 3
    colleagues = 0.5 * (shares + general)
    pull = np.array([colleagues[0], colleagues[1], *[colleagues[2:].sum()] * 3])
    worth = q["rent_value"] * (1 + q["haste"] * np.exp(-2.0))
    cost = np.array([revealed_cost(q, on, taking, above, part, 0.35, j) for j in range(5)])
    utility = worth * np.array([rent_value(v) for v in rents]) + dues - cost - np.array(RISK) * stake
    weight = np.exp(utility / q["temperature"] + q["conformity"] * pull)
    np.testing.assert_allclose(weight / weight[0], shares / shares[0], rtol=1e-9)
    assert cost[0] == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_its_twin(seed: int) -> None:
    parameters = draw_parameters(8, seed)["corruption"]
    on = random_switches(np.random.default_rng(seed), 8)
    scruple, under, centre, service, service_under = np.zeros((5, 8, 5))
    reveal(parameters, on, 0.15, scruple, under, centre, service, service_under)
    place, top = "start_take", "start_take_centre"
    for got, where, above, part, extract in (
        (scruple, place, place, 0.0, 0.35), (under, place, top, 0.15, 0.35), (centre, top, top, 0.15, 0.35),
        (service, place, place, 0.0, 0.0), (service_under, place, top, 0.15, 0.0),
    ):
        wanted = [costs(q, row, where, above, part, extract) for q, row in zip(parameters, on)]
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


def test_a_subsystem_knocked_out_leaves_scruple_as_it_was() -> None:
    """Only what claims can switch is weighed at the start; a knock-out changes what officials do, not who they are."""
    q = draw_parameters(1, 3)["corruption"][0]
    on = np.ones(len(Mechanism))
    off = on.copy()
    off[[Mechanism.PATRONAGE, Mechanism.CORRUPTION, Mechanism.CONFORMITY]] = 0.0
    took = q["start_take"]
    before, after = ([revealed_cost(q, v, took, took, 0.0, 0.35, j) for j in range(5)] for v in (on, off))
    assert before == after
    off[Mechanism.SHARED_SANCTION] = 0.0
    firmer, weaker = (revealed_cost(q, v, took, took, 0.0, 0.35, 2) for v in (off, on))
    assert firmer < weaker, "a firmer sanction leaves less for scruple to explain"
