"""Invariants of the whole model on small random worlds, branching, and that switching off changes things."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from qorgau.model import routes
from qorgau.model.mechanisms import SUBSYSTEMS, Mechanism
from qorgau.model.outcomes import outcome_names, outcome_units
from qorgau.model.run import PROCESSES, Branch, advance_month, baseline_only, begin, simulate_block
from qorgau.model.state import VARIABLES
from qorgau.model.world import INSTRUMENTS, POST_KINDS
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.worlds import small_world, with_lines, with_services

YEARS = 8
LAST = 12 * YEARS - 1
K = len(INSTRUMENTS)


def _branch(*policies: tuple[str, int], start: int = 60) -> Branch:
    levers = np.zeros((len(policies) + 1, K))
    for i, (_, k) in enumerate(policies):
        levers[i + 1, k] = 1.0
    names = ("baseline", *(n for n, _ in policies))
    return Branch(names, levers, np.full((len(names), K), start), np.full(K, 6))


# no shrinking: an example takes a second, and world and seed already name it
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow],
          phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(world_seed=st.integers(0, 40), seed=st.integers(0, 1000))
def test_invariants_hold_every_month_on_random_worlds(world_seed: int, seed: int) -> None:
    world = with_services(with_lines(small_world(world_seed))) if world_seed % 2 else small_world(world_seed)
    runs = 3
    p, on, k = draw_parameters(runs, seed), all_on(runs), keys(runs, seed)
    state = begin(world, p, on, k)
    china = routes.geometry_of(world)
    levers = np.zeros((runs, K))
    signed = {"price_norm", "corridor_noise", "ledger_kg", "ledger_people", "capital", "returns", "profit_total",
              "money", "plan_value", "plan_slope", "plan_price", "plan_cost", "people_value", "guarantor", "sanction",
              "scruple", "scruple_under", "scruple_centre", "scruple_service", "scruple_service_under",
              "tier_score", "delivery"}
    for month in range(60):
        advance_month(world, state, p, on, k, month, levers, china)
        scale = np.maximum(1.0, state.purchased.sum(1))
        assert np.all(np.abs(state.ledger_kg) <= 1e-9 * scale), "kg bought = seized + arrived"
        assert np.all(state.ledger_people == 0), "every person is accounted for"
        for v in VARIABLES:
            array = getattr(state, v.name)
            assert np.isfinite(array).all(), f"{v.name} is not finite in month {month}"
            if v.name not in signed:
                assert (array >= -1e-12).all(), f"{v.name} is negative in month {month}"
        np.testing.assert_allclose(state.conduct.sum(2), 1.0, atol=1e-9)
        alive = state.active == 1
        np.testing.assert_allclose(state.trade.sum(2)[alive], 1.0, atol=1e-9)
        np.testing.assert_allclose(state.market_share.sum(2)[alive], 1.0, atol=1e-6)
        spent = state.money[:, 1:8].sum(1)
        income = state.money[:, 0] + state.money[:, 8]
        np.testing.assert_allclose(income - spent, state.money[:, 9], rtol=1e-9, atol=1e-6)
        # what forces stationed abroad are paid for protection goes with them
        assert (state.fees_post.sum(1) <= state.money[:, 5] * (1 + 1e-9) + 1e-6).all()
        # what migration services are paid for papers is a part of fixed costs
        makers = world.post_kind == POST_KINDS.index("migration")
        np.testing.assert_allclose(state.bribes_post[:, ~makers].sum(1), state.money[:, 4], rtol=1e-9, atol=1e-6)
        assert (state.bribes_post[:, makers].sum(1) <= state.money[:, 6]).all()


def test_policies_branched_from_a_snapshot_equal_full_runs_to_the_bit() -> None:
    world = small_world(3)
    p, on, k = draw_parameters(2, 5), all_on(2), keys(2)
    together = simulate_block(world, p, on, k, _branch(("a", 1), ("b", 11)), LAST)
    for i, instrument in ((1, 1), (2, 11)):
        levers = np.zeros((1, K))
        levers[0, instrument] = 1.0
        alone = simulate_block(world, p, on, k, Branch(("x",), levers, np.full((1, K), 60), np.full(K, 6)), LAST)
        assert np.array_equal(together.yearly[i], alone.yearly[0], equal_nan=True)
    base = simulate_block(world, p, on, k, baseline_only(), LAST)
    assert np.array_equal(together.yearly[0], base.yearly[0], equal_nan=True)


def test_a_run_does_not_depend_on_the_block_it_is_in() -> None:
    world = small_world(4)
    p, on, k = draw_parameters(4, 9), all_on(4), keys(4)
    whole = simulate_block(world, p, on, k, baseline_only(), LAST)
    part = {n: a[2:3].copy() for n, a in p.items()}
    alone = simulate_block(world, part, on[2:3].copy(), k[2:3].copy(), baseline_only(), LAST)
    assert np.array_equal(whole.yearly[0, 2], alone.yearly[0, 0], equal_nan=True)
    assert np.array_equal(whole.corridors[0, 2], alone.corridors[0, 0])


def test_a_policy_changes_nothing_before_it_starts() -> None:
    world = small_world(3)
    p, on, k = draw_parameters(2, 5), all_on(2), keys(2)
    result = simulate_block(world, p, on, k, _branch(("a", 1)), LAST)
    first = result.branch_year - result.first_year
    assert first == 3
    assert np.array_equal(result.yearly[0, :, :first], result.yearly[1, :, :first], equal_nan=True)
    assert not np.array_equal(result.yearly[0, :, first:], result.yearly[1, :, first:], equal_nan=True)


@pytest.mark.parametrize("mechanism", SUBSYSTEMS, ids=[m.name.lower() for m in SUBSYSTEMS])
def test_each_subsystem_switched_off_changes_the_run(mechanism: Mechanism) -> None:
    world = small_world(6)
    p, k = draw_parameters(3, 2), keys(3)
    base = simulate_block(world, p, all_on(3), k, baseline_only(), LAST).yearly
    off = simulate_block(world, p, all_on(3, mechanism), k, baseline_only(), LAST).yearly
    assert not np.array_equal(base, off, equal_nan=True)


def test_names_and_units_fit_the_table_and_processes_are_distinct() -> None:
    world = small_world(1)
    names = outcome_names(world)
    result = simulate_block(world, draw_parameters(1, 1), all_on(1), keys(1), baseline_only(), 12 * 3 - 1)
    assert len(names) == len(set(names)) == result.yearly.shape[-1]
    assert set(outcome_units(world)) == set(names)
    assert len({n for n, _ in PROCESSES}) == len(PROCESSES)


def test_a_last_month_that_is_no_december_of_the_series_is_refused() -> None:
    world = small_world(1)
    p, on, k = draw_parameters(1), all_on(1), keys(1)
    for month in (10, world.months + 11):
        with pytest.raises(ValueError, match="December"):
            simulate_block(world, p, on, k, baseline_only(), month)
