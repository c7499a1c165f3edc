"""Costs of conscience are those that make the starting shares a best response at the reference post."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.corruption import expected_sanction, rent_value
from qorgau.model.scruples import RISK, revealed_cost, start_share
from tests.model.draws import draw_parameters


@given(seed=st.integers(0, 5000))
@settings(max_examples=60)
def test_the_starting_shares_are_the_best_response_to_the_reference(seed: int) -> None:
    q = draw_parameters(1, seed)["corruption"][0]
    shares = np.array([start_share(q, j) for j in range(5)])
    assert shares.sum() == pytest.approx(1.0) and (shares > 0).all()
    takers = shares[2:].sum()
    audit = q["audit"] * (1 + q["soviet_control"])
    stake = expected_sanction(audit, q["penalty"], takers + 0.3 * shares[1], 1 - takers - 0.5 * shares[1], 0.2)
    legal = q["skim"] * 0.35 / (q["apparatus"] * q["pay_ratio"]) / (takers + q["skim_half"])
    bribe, carry = q["start_rent"] * (1 - q["carry_part"]), 2.5 * q["start_rent"] * q["carry_part"]
    rents = [0.0, 0.0, bribe + legal, 0.5 * q["start_rent"] + legal, carry + legal]
    pull = np.array([shares[0], shares[1], takers, takers, takers])
    worth = q["rent_value"] * (1 + q["haste"] * np.exp(-2.0))
    cost = np.array([revealed_cost(q, j) for j in range(5)])
    utility = worth * np.array([rent_value(v) for v in rents]) - cost - np.array(RISK) * stake
    weight = np.exp(utility / q["temperature"] + q["conformity"] * pull)
    odds = weight / weight[0]
    free = (cost > 0) | (np.arange(5) < 2)
    np.testing.assert_allclose(odds[free], (shares / shares[0])[free], rtol=1e-9)
    assert (odds[~free] <= (shares / shares[0])[~free] + 1e-12).all(), "a cost held at nought never adds takers"
    assert (cost[2:] >= 0).all() and cost[0] == 0.0
