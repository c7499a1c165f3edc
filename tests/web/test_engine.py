"""The real model on the small case: a branch from a kept snapshot is the run in full, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qorgau.ensemble.designs import draw_from
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.policies import plan_of
from qorgau.web.engine import ModelEngine

pytestmark = pytest.mark.slow


def full(inputs: Inputs, draws: Any, plan: Any) -> Any:
    parameters = inputs.parameters_of(draws.columns(), len(draws))
    keys = inputs.keys_of(1, draws.numbers)
    return inputs.runner(inputs.world, parameters, np.array(draws.on), keys, plan, inputs.catalogue.last_month)


@pytest.mark.parametrize("policy", ["outreach", "outreach=0.5@2018-05", "police_training@1996", "outreach@1991"])
def test_a_branch_is_the_run_in_full_to_the_bit(inputs: Inputs, policy: str) -> None:
    draws = draw_from(inputs.uncertain, 2, 1)
    engine = ModelEngine(inputs, 1)
    plan = plan_of([policy], inputs.catalogue)
    trunk = engine.trunk(draws)
    flows = engine.branch(trunk, plan, 1991)
    whole = full(inputs, draws, plan)
    np.testing.assert_array_equal(trunk.flows.yearly, whole.yearly[0])
    np.testing.assert_array_equal(flows.yearly, whole.yearly[1])
    shared = whole.corridors[1] if policy.endswith("1991") else None
    if shared is not None:
        np.testing.assert_array_equal(flows.carried, shared[..., 0])


def test_a_draw_alone_gives_what_it_gives_among_others(inputs: Inputs) -> None:
    draws = draw_from(inputs.uncertain, 3, 1)
    engine = ModelEngine(inputs, 1)
    plan = plan_of(["outreach"], inputs.catalogue)
    together = engine.branch(engine.trunk(draws), plan, 2015)
    alone = engine.branch(engine.trunk(draws.take([2])), plan, 2015)
    assert alone.yearly.shape[0] == 1 and alone.yearly.shape[1] == 10
    np.testing.assert_array_equal(alone.yearly[0], together.yearly[2])


def test_a_setting_does_not_touch_what_others_branch_from(inputs: Inputs) -> None:
    engine = ModelEngine(inputs, 1)
    trunk = engine.trunk(draw_from(inputs.uncertain, 2, 1))
    plan = plan_of(["outreach"], inputs.catalogue)
    first = engine.branch(trunk, plan, 2015)
    engine.branch(trunk, plan_of(["police_training"], inputs.catalogue), 2015)
    np.testing.assert_array_equal(engine.branch(trunk, plan, 2015).yearly, first.yearly)
