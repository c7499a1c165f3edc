import numpy as np
import pytest

from qorgau.ensemble.policies import Choice, Part, choice_of, plan_of
from qorgau.errors import InputError
from tests.ensemble.fakes import catalogue


def test_all_measures_of_the_case_by_default():
    plan = plan_of(None, catalogue())
    assert plan.policies == ("baseline", "outreach", "awareness", "all_measures")
    assert plan.levers.tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]
    assert (plan.start_month == 312).all() and plan.ramp_months.tolist() == [12, 24] and plan.first_month == 312


def test_baseline_comes_first_even_when_not_asked_for():
    assert plan_of(["outreach", "baseline"], catalogue()).policies == ("baseline", "outreach")
    assert plan_of(["awareness"], catalogue()).policies == ("baseline", "awareness")


def test_intensity_and_start_as_text():
    plan = plan_of(["outreach=0.5@2016-07", "outreach=0.25+awareness@2017"], catalogue())
    assert plan.levers.tolist() == [[0, 0], [0.5, 0], [0.25, 1.0]]
    assert plan.start_month[1, 0] == (2016 - 1989) * 12 + 6
    assert plan.start_month[2].tolist() == [312, (2017 - 1989) * 12]
    assert plan.first_month == 312


def test_start_before_the_case_start_moves_the_first_month():
    assert plan_of(["outreach@2010"], catalogue()).first_month == 21 * 12


def test_policy_as_data():
    choice = Choice("mine", (Part("all_measures", 0.5), Part("outreach", 0.8, "2018")))
    plan = plan_of([choice], catalogue())
    assert plan.policies == ("baseline", "mine") and plan.levers[1].tolist() == [0.8, 0.5]
    assert plan.start_month[1].tolist() == [29 * 12, 312]


def test_unknown_name_lists_the_names():
    with pytest.raises(
        InputError, match=r"outreech.*did you mean outreach\?.*baseline, outreach, awareness, all_measures"
    ):
        plan_of(["outreech"], catalogue())


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("outreach=2", "outside 0 to 1"),
        ("outreach=1e", "not a number"),
        ("outreach@1980", "use YYYY or YYYY-MM from 1989 to 2024"),
        ("outreach@2016-13", "not a month"),
        ("out reach!", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_policies_that_cannot_be_used(policy, words):
    with pytest.raises(InputError, match=words):
        plan_of([policy], catalogue())


def test_policy_asked_for_twice():
    with pytest.raises(InputError, match="asked for twice"):
        plan_of(["outreach", "outreach"], catalogue())


def test_text_is_read_into_parts():
    assert choice_of("outreach = 0.5 + awareness").parts == (Part("outreach", 0.5), Part("awareness"))


def test_baseline_only():
    alone = plan_of(None, catalogue()).baseline_only()
    assert alone.policies == ("baseline",) and not alone.levers.any() and np.shape(alone.start_month) == (1, 2)
