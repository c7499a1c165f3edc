import numpy as np
import pytest

import qorgau
from qorgau.ensemble.policies import plan_of
from qorgau.errors import InputError
from tests.ensemble.fakes import same

POLICIES = (
    "baseline",
    "border_monitoring",
    "anti_corruption",
    "police_training",
    "special_units",
    "rehabilitation_centres",
    "awareness",
    "schooling",
    "regional_coordination",
    "victim_non_prosecution",
    "penalties",
    "governor_rotation",
    "outreach",
    "regular_migration",
    "all_measures",
)


@pytest.fixture(scope="module")
def case():
    return qorgau.load_case("kazakhstan")


@pytest.fixture(scope="module")
def inputs(case):
    from qorgau.ensemble.translate import inputs_of

    return inputs_of(case)


def test_every_measure_of_the_case_moves_a_lever_from_its_start(inputs):
    plan = plan_of(None, inputs.catalogue)
    assert set(plan.policies) == set(POLICIES) and plan.policies[0] == "baseline"
    assert (plan.levers[1:].max(axis=1) > 0).all() and not plan.levers[0].any()
    assert (plan.levers[plan.policies.index("all_measures")] > 0).all()
    assert inputs.catalogue.first_year + plan.first_month // 12 == 2015
    assert (plan.ramp_months >= 1).all() and inputs.catalogue.last_month % 12 == 11


def test_draws_of_the_case_are_within_bounds_and_follow_the_evidence(case):
    from qorgau.ensemble.translate import draw
    from qorgau.evidence import claim_marginals
    from qorgau.model.registry import PARAMETERS

    draws = draw(case, 256, 1)
    limits = {f"{s}.{p.name}": (p.low, p.high) for s, table in PARAMETERS.items() for p in table}
    assert set(limits) <= set(draws.names) and np.isfinite(draws.values).all()
    for name, value in zip(draws.names, draws.values.T):
        low, high = limits[name]
        assert low <= value.min() and value.max() <= high, name
    expected = claim_marginals(case.evidence.claims, case.evidence.policy)
    # 256 independent draws have a standard error of 0.03 at most; the largest of 152 stays within four of them.
    assert np.abs(draws.truth.mean(axis=0) - expected).max() < 0.125


def test_fixed_values_leave_all_other_values_as_they_are(case):
    from qorgau.ensemble.translate import draw

    before, after = draw(case, 32, 3), draw(case.with_values({"corruption.conformity": 0}), 32, 3)
    column = before.names.index("corruption.conformity")
    assert not after.values[:, column].any() and before.values[:, column].any()
    others = np.arange(len(before.names)) != column
    assert np.array_equal(before.values[:, others], after.values[:, others])
    assert np.array_equal(before.truth, after.truth)


def test_mechanism_switched_off_by_the_case(case):
    from qorgau.ensemble.translate import draw

    draws = draw(case.without("patronage"), 16, 1)
    on = dict(zip(draws.mechanisms, draws.on.T))
    assert not on["patronage"].any() and on["economy"].all()


def test_unknown_policy_is_refused_before_anything_is_run(case, tmp_path):
    with pytest.raises(InputError, match=r"outreech.*did you mean outreach\?"):
        qorgau.simulate(case, ["outreech"], runs=4, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_real_runs_do_not_depend_on_workers_or_blocks(case, tmp_path):
    """Compiles the whole model, so it is slow the first time."""
    one = qorgau.simulate(case, ["anti_corruption"], runs=3, workers=1, out=tmp_path / "1", block=3, knockouts=1)
    two = qorgau.simulate(case, ["anti_corruption"], runs=3, workers=2, out=tmp_path / "2", block=1, knockouts=1)
    assert not one.failed().num_rows
    assert same(one.yearly(), two.yearly()) and same(one.knockouts(), two.knockouts())
    assert (
        one.corridors()
        .sort_by([(c, "ascending") for c in ("policy", "run", "year", "corridor", "trade")])
        .equals(two.corridors().sort_by([(c, "ascending") for c in ("policy", "run", "year", "corridor", "trade")]))
    )
    assert not np.array_equal(*one.to_numpy("people_exploited"))
