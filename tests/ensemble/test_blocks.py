import numpy as np
import pytest

from qorgau.ensemble.blocks import compute_block, compute_knockouts
from qorgau.ensemble.designs import draw_from
from qorgau.ensemble.policies import plan_of
from qorgau.ensemble.runner import _context
from tests.ensemble.fakes import FakeRunner, fake_inputs


def setting(runs=8, policies=None, **kwargs):
    inputs = fake_inputs(FakeRunner(**kwargs))
    draws = draw_from(inputs.uncertain, runs, 1)
    return inputs, _context(inputs, plan_of(policies, inputs.catalogue), 1), draws


def test_shared_years_stand_once():
    inputs, context, draws = setting()
    table = compute_block(context, draws, inputs.runner).tables["yearly"]
    assert table.num_rows == 8 * 34 + 3 * 8 * 10
    other = table.filter(np.array(table["policy"].to_pylist()) != "baseline")
    assert min(other["year"].to_pylist()) == 2015


def test_corridor_rows_hold_what_was_carried_and_nothing_else():
    inputs, context, draws = setting()
    result = inputs.runner(None, dict(draws.columns()), draws.on, context.keys_of(1, draws.numbers), context.plan, 431)
    table = compute_block(context, draws, inputs.runner).tables["corridors"]
    stored = sum(table["carried"].to_pylist())
    whole = result.corridors[0].sum(dtype=float) - result.corridors[0, ..., 1].sum(dtype=float)
    later = result.corridors[1:, :, 24:, ..., 0].sum(dtype=float)
    assert stored == pytest.approx(whole + later, rel=1e-5)
    assert not any(
        carried == 0 and seized == 0
        for carried, seized in zip(table["carried"].to_pylist(), table["seized"].to_pylist())
    )
    assert set(table["corridor"].to_pylist()) == {"a-b", "b-c"}


def bad_values(draws, rows):
    return frozenset(float(draws.values[i, 0]) for i in rows)


def test_runs_that_raise_are_recorded_and_end_no_other():
    _, _, draws = setting()
    inputs, context, draws = setting(raises=bad_values(draws, [2, 5]))
    block = compute_block(context, draws, inputs.runner)
    assert [(f["run"], f["message"]) for f in block.failed] == [
        (2, "FloatingPointError: the price ran away"),
        (5, "FloatingPointError: the price ran away"),
    ]
    assert sorted(set(block.tables["yearly"]["run"].to_pylist())) == [0, 1, 3, 4, 6, 7]


def test_good_runs_are_the_same_beside_a_bad_one():
    inputs, context, draws = setting()
    bad, context, draws = setting(raises=bad_values(draws, [2]))
    mended = compute_block(context, draws, bad.runner).tables["yearly"]
    whole = compute_block(context, draws, inputs.runner).tables["yearly"]
    keep = whole.filter(np.array(whole["run"].to_pylist()) != 2)
    assert keep["people_exploited"].to_pylist() == mended["people_exploited"].to_pylist()


def test_numbers_that_are_not_finite_are_recorded():
    _, _, draws = setting()
    inputs, context, draws = setting(nan=bad_values(draws, [4]))
    block = compute_block(context, draws, inputs.runner)
    assert block.failed == ({"run": 4, "policy": "baseline", "message": "people_exploited is not finite in 1996"},)
    assert 4 not in block.tables["corridors"]["run"].to_pylist()


def test_outcomes_that_do_not_apply_yet_are_no_failure():
    inputs, context, draws = setting()
    block = compute_block(context, draws, inputs.runner)
    assert not block.failed and np.isnan(block.tables["yearly"]["tip_tier"].to_numpy()).any()


def test_block_in_which_every_run_fails_gives_empty_tables():
    _, _, draws = setting(4)
    inputs, context, draws = setting(4, raises=bad_values(draws, range(4)))
    block = compute_block(context, draws, inputs.runner)
    assert len(block.failed) == 4 and block.tables["yearly"].num_rows == 0 and block.tables["corridors"].num_rows == 0


def test_knockouts_switch_one_mechanism_off_from_the_start():
    inputs, context, draws = setting(3)
    table = compute_knockouts(context, draws, ("economy", "markets"), inputs.runner).tables["knockouts"]
    assert table.num_rows == 2 * 3 * 24 and max(table["year"].to_pylist()) == 2014
    baseline = compute_block(context, draws, inputs.runner).tables["yearly"].to_pylist()
    whole = {(r["run"], r["year"]): r["people_exploited"] for r in baseline if r["policy"] == "baseline"}
    for row in table.to_pylist():
        same = whole[row["run"], row["year"]]
        if row["mechanism"] == "economy":
            assert row["people_exploited"] < same
        else:
            assert row["people_exploited"] == same


def test_failed_knockouts_say_which_mechanism():
    _, _, draws = setting(3)
    inputs, context, draws = setting(3, raises=bad_values(draws, [1]))
    block = compute_knockouts(context, draws, ("economy", "markets"), inputs.runner)
    assert [(f["run"], f["policy"]) for f in block.failed] == [(1, "without economy"), (1, "without markets")]
    assert set(block.tables["knockouts"]["run"].to_pylist()) == {0, 2}
