from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.ensemble.translate import catalogue_of
from qorgau.errors import InputError
from qorgau.web.settings import MOST_RUNS, Lever, Setting, setting_of


def read(template: Any, body: Any) -> tuple[Setting, int]:
    return setting_of(body, catalogue_of(template), (1991, 2024), 2015, 64)


def test_what_is_left_out_is_the_cases_own(template: Any) -> None:
    setting, runs = read(template, {"levers": {"outreach": {}}})
    assert setting.levers == (Lever("outreach", 1.0, 2015),) and runs == 64


def test_order_of_levers_does_not_make_another_setting(template: Any) -> None:
    levers = {"outreach": {"intensity": 0.5}, "police_training": {"start": 2016}}
    one, _ = read(template, {"levers": levers})
    other, _ = read(template, {"levers": dict(reversed(levers.items()))})
    assert one == other and one.key == other.key


def test_a_lever_at_nought_is_off(template: Any) -> None:
    setting, _ = read(template, {"levers": {"outreach": {"intensity": 0}, "police_training": {}}})
    assert [lever.measure for lever in setting.levers] == ["police_training"]


def test_the_plan_is_what_the_model_takes(template: Any) -> None:
    catalogue = catalogue_of(template)
    setting, _ = read(template, {"levers": {"outreach": {"intensity": 0.5, "start": 2017}}})
    plan = setting.plan(catalogue)
    column = catalogue.instruments.index("outreach")
    assert plan.policies[0] == "baseline" and plan.levers[0].sum() == 0
    assert plan.levers[1, column] == 0.5 and plan.levers[1].sum() == 0.5
    assert plan.start_month[1, column] == (2017 - 1989) * 12


def test_a_setting_says_only_what_is_unusual() -> None:
    setting = Setting((Lever("outreach", 0.5, 2015), Lever("penalties", 1.0, 2018)))
    titles = {"outreach": "Outreach", "penalties": "Penalties"}
    assert setting.label(titles, 2015) == "Outreach 50 % + Penalties from 2018"


BAD = [
    ([], "not a JSON object"),
    ({}, "levers: is missing"),
    ({"levers": {}}, "no measure is on"),
    ({"levers": {"outreach": {"intensity": 0}}}, "no measure is on"),
    ({"levers": {"outreach": 1}}, "levers.outreach: is not an object"),
    ({"levers": {"outreach": {"intensity": 1.5}}}, "levers.outreach.intensity: 1.5 is not a number from 0 to 1"),
    ({"levers": {"outreach": {"intensity": True}}}, "True is not a number"),
    ({"levers": {"outreach": {"intensity": float("nan")}}}, "nan is not a number"),
    ({"levers": {"outreach": {"start": 1980}}}, "1980 is not a whole number from 1991 to 2024"),
    ({"levers": {"outreach": {"start": "2015"}}}, "'2015' is not a whole number"),
    ({"levers": {"outreach": {"speed": 1}}}, "levers.outreach.speed: no such key"),
    ({"levers": {"baseline": {}}}, "no such counter-measure"),
    ({"levers": {"nothing": {}}}, "use one of police_training, outreach"),
    ({"levers": {"outreach": {}}, "seed": 1}, "seed: no such key"),
    ({"levers": {"outreach": {}}, "runs": 1}, "runs: 1 is not a whole number"),
    ({"levers": {"outreach": {}}, "runs": MOST_RUNS + 1}, "is not a whole number"),
]


@pytest.mark.parametrize(("body", "said"), BAD)
def test_what_cannot_be_used_is_named_in_one_line(template: Any, body: Any, said: str) -> None:
    with pytest.raises(InputError) as found:
        read(template, body)
    line = str(found.value)
    assert said in line and "Fix: " in line and "\n" not in line


@given(body=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["levers", "runs", "outreach", "intensity", "start", "x"]), inner, max_size=3),
    max_leaves=12,
))
def test_no_body_does_worse_than_be_refused(template: Any, body: Any) -> None:
    try:
        setting, runs = read(template, body)
    except InputError:
        return
    assert setting.levers and all(0 < lever.intensity <= 1 for lever in setting.levers) and 2 <= runs <= MOST_RUNS
