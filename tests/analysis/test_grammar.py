from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.analysis import expressions as ex
from qorgau.analysis.grammar import parse_test
from qorgau.analysis.verdicts import parse_tolerance
from qorgau.errors import InputError

YEARS = (2000, 2001, 2002, 2003)
NAN = float("nan")
VALUES = {
    # two runs, four years
    "x_KAZ": np.array([[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]]),
    "x_KGZ": np.array([[2.0, 2.0, 2.0, 2.0], [1.0, 1.0, 1.0, NAN]]),
    "x_TJK": np.array([[0.0, 0.0, 0.0, 0.0], [5.0, 5.0, 5.0, 5.0]]),
}
PAIRED = {name: 2 * values for name, values in VALUES.items()}


def check(text: str, tolerance: object = 1, changes: tuple[str, ...] = ()) -> tuple[list[int], list[float]]:
    test = parse_test(text, outcomes=VALUES, years=YEARS, tolerance=parse_tolerance(tolerance, "p.yaml", "t"),
                      changes=changes, file="p.yaml", key="P01.test")
    context = ex.Context(lambda name, run: (PAIRED if run == "B" else VALUES)[name], YEARS)
    verdict = test.evaluate(context, 2)
    return verdict.holds.tolist(), verdict.distance.tolist()


@pytest.mark.parametrize(("text", "holds"), [
    ("m(x_KAZ, 2000:2003) == 2.5", [1, 1]),
    ("m(x_KAZ, 2000..2001) < 2", [1, 0]),
    ("x_KAZ[2003] > x_KAZ[2000]", [1, 0]),
    ("sum(x_KAZ, 2000:2001) == 3", [1, 0]),
    ("min(x_KAZ, 2000:2003) == 1 and max(x_KAZ, 2000:2003) == 4", [1, 1]),
    ("median(x_KAZ, 2000:2002) == 2", [1, 0]),
    ("median(x_KAZ, 2000:2002) == 2 or x_KAZ[2000] == 4", [1, 1]),
    ("1.4 <= m(x_KAZ, 2000:2001) <= 1.6", [1, 0]),
    ("max(x_KAZ[2000], x_KGZ[2000]) == 2", [1, 0]),
    ("sum({x_KAZ, x_KGZ}, 2000:2001) == 7", [1, 0]),
    ("sum(x_*, 2000:2000) == 3", [1, 0]),
    ("years(x_KAZ >= 3, 2000:2003) == 2", [1, 1]),
    ("years(x_KAZ > max({x_KGZ, x_TJK}), 2000:2003) >= 2", [1, 0]),
    ("argmax(x_*, 2003) == KAZ", [1, 0]),
    ("argmax(x_*, 2000:2003) == x_TJK", [0, 1]),
    ("years(argmax(x_*) == KGZ, 2000:2003) >= 1", [1, 0]),
    ("first(x_KAZ >= 3, 2000:2003) == 2002", [1, 0]),
    ("first(x_KAZ > 9, 2000:2003) == 2004", [1, 1]),
    ("abs(x_KAZ[2000] - x_KAZ[2003]) == 3", [1, 1]),
    ("-x_KAZ[2000] == -1", [1, 0]),
    ("m(x_KAZ / x_KGZ, 2000:2002) == 1", [1, 0]),
    ("ratio(x_KAZ[2000], x_KGZ[2000], 0.5) >= 0.5", [1, 1]),
])
def test_each_form_says_what_it_should(text: str, holds: list[int]) -> None:
    assert check(text)[0] == holds


def test_a_quotient_by_zero_or_under_its_floor_is_not_testable_and_never_a_pass() -> None:
    assert check("x_KAZ[2000] / x_TJK[2000] >= 0")[0] == [-1, 1]
    assert check("ratio(x_KAZ[2000], x_KGZ[2000], 1.5) >= 0")[0] == [1, -1]


def test_a_year_that_does_not_apply_is_not_testable_and_a_mean_needs_half_of_its_years() -> None:
    assert check("x_KGZ[2003] > 0")[0] == [1, -1]
    assert check("m(x_KGZ, 2000:2003) > 0")[0] == [1, 1]
    assert check("sum(x_KGZ, 2000:2003) > 0")[0] == [1, -1]
    assert check("x_KGZ[2003] > 0 and x_KAZ[2000] > 3")[0] == [0, -1], "one part that fails settles an and"
    assert check("x_KGZ[2003] > 5 or x_KAZ[2000] > 3")[0] == [0, 1], "one part that holds settles an or"


def test_distance_counts_in_units_of_the_tolerance() -> None:
    assert check("m(x_KAZ, 2000:2003) >= 3.5", 0.5)[1] == [2.0, 2.0]
    assert check("x_KAZ[2000] >= 2", "50%")[1] == [1.0, 0.0]
    assert check("x_KAZ[2000] >= 3 and x_KAZ[2003] >= 5", [1, 0.5])[1] == [2.0, 8.0], "the worst part of an and"
    assert check("x_KAZ[2000] >= 3 or x_KAZ[2003] >= 5", [1, 0.5])[1] == [2.0, 0.0], "the best part of an or"
    assert check("argmax(x_*, 2000) == KAZ", 1)[1] == [1.0, 1.0]
    assert check("years(x_KAZ >= 3, 2000:2003) >= 4", 2)[1] == [1.0, 1.0]


def test_a_strict_tie_fails_at_no_distance() -> None:
    assert check("x_KAZ[2000] > 1") == ([0, 1], [0.0, 0.0])


def test_paired_runs() -> None:
    assert check("d(x_KAZ, 2000:2003) == 1", changes=("B",))[0] == [1, 1]
    assert check("m(x_KAZ@B, 2000:2003) == 2 * m(x_KAZ, 2000:2003)", changes=("B",))[0] == [1, 1]
    test = parse_test("d(x_KAZ, 2000:2001, C) < 0", outcomes=VALUES, years=YEARS, changes=("B", "C"))
    assert (test.paired, test.outcomes, test.last_year) == (("C",), ("x_KAZ",), 2001)


@pytest.mark.parametrize(("text", "problem", "fix"), [
    ("m(x_KAX, 2000:2001) > 1", "unknown outcome 'x_KAX'", "did you mean x_KAZ?"),
    ("m(x_KAZ, 1999:2001) > 1", "year 1999 is outside the results (2000 to 2003)", "use a year from 2000 to 2003"),
    ("m(x_KAZ, 2002:2001) > 1", "run backwards", "write 2001:2002"),
    ("d(x_KAZ, 2000:2001) > 1", "the pattern does not say what is changed in it", "add `change: {B: ...}`"),
    ("m(x_KAZ, 2000:2001 > 1", "cannot be read", "check brackets"),
    ("x_KAZ > 1", "a verdict for each year", "years(..., 2005:2013)"),
    ("x_KAZ[2000]", "is not a comparison", "compare it with a number"),
    ("mean(x_KAZ, 2000:2001) > 1", "'mean' is not a function", "use median"),
    ("m(x_KAZ) > 1", "names no years", "write m(x, 2005:2013)"),
    ("m({x_KAZ, x_KGZ}, 2000:2001) > 1", "takes one outcome, not a set", "m(sum(set), 2005:2013)"),
    ("m(x_KAZ[2000], 2000:2001) > 1", "has no years", "name an outcome"),
    ("m(y_*, 2000:2001) > 1", "no outcome begins with 'y_'", ""),
    ("argmax(x_*, 2000) == RUS", "'RUS' names no member", "x_KAZ"),
    ("argmax(x_*, 2000) > KAZ", "something else than ==", "argmax(...) == member"),
    ("argmax(x_*) > 1 and x_KAZ[2000] > 1", "something else than ==", ""),
    ("x_KAZ[2000:2001] > 1", "takes several years", "m(x, 2005:2013)"),
    ("x_KAZ[2000] in x_KGZ", "comparison that tests do not have", "use <"),
    ("x_KAZ[2000] ** 2 > 1", "operator that tests do not have", "use +, -, *, /"),
    ("years(x_KAZ[2000] > 1, 2000:2001) > 1", "nothing about single years", ""),
    ("years(x_KAZ > 1, 2000:2001) > 1 or x_KAZ > 1", "joined with one of the whole run", "use years(...)"),
    ("__import__('os').system('true') > 0", "is not a function of tests", ""),
    ("x_KAZ.__class__ > 0", "is not part of the language", ""),
    ("(lambda: 1)() > 0", "is not a function of tests", ""),
    ("[y for y in (1, 2)] > 0", "is not part of the language", ""),
    ("'a' > 'b'", "is not part of the language", ""),
    ("True > 0", "is not part of the language", ""),
])
def test_what_is_outside_the_language_is_refused_with_the_fix(text: str, problem: str, fix: str) -> None:
    with pytest.raises(InputError) as caught:
        check(text)
    assert caught.value.file == "p.yaml" and caught.value.key == "P01.test"
    assert problem in caught.value.problem
    assert fix in caught.value.fix
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bad", [0, -1, "x", "0%", True, None, float("inf")])
def test_a_tolerance_is_a_number_above_nought(bad: object) -> None:
    with pytest.raises(InputError, match="is not a tolerance"):
        parse_tolerance(bad, "p.yaml", "P01.tolerance")


def test_tolerances_match_the_comparisons() -> None:
    with pytest.raises(InputError, match="2 tolerances for 3 comparisons"):
        check("x_KAZ[2000] > 1 and x_KAZ[2001] > 1 and x_KAZ[2002] > 1", [1, 2])
    assert check("years(x_KAZ > 1, 2000:2003) >= 4 and x_KAZ[2000] > 1", [1, 2])[0] == [0, 0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_distance_is_nought_exactly_where_the_test_holds(row: list[float], bound: float, tolerance: float) -> None:
    values = np.array([row])
    test = parse_test("m(x, 2000:2003) >= " + repr(bound), outcomes=["x"], years=YEARS,
                      tolerance=parse_tolerance(tolerance, "p", "t"))
    verdict = test.evaluate(ex.Context(lambda name, run: values, YEARS), 1)
    assert (verdict.distance[0] == 0) == (verdict.holds[0] == 1)
    assert verdict.distance[0] >= 0


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused_with_one_line(text: str) -> None:
    try:
        parse_test(text, outcomes=VALUES, years=YEARS)
    except InputError as error:
        assert "\n" not in str(error)
