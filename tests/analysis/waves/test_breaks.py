"""Which mechanism breaks which pattern, on verdicts made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.analysis.needs_records import Break, Needs, idle
from qorgau.analysis.waves.breaks import _rows, compare_verdicts


def _compare(was: str, now: str) -> Break:
    value = {"+": 1, "-": 0, "?": -1}
    return compare_verdicts("m", "P", np.array([value[c] for c in was]), np.array([value[c] for c in now]))


@pytest.mark.parametrize(("was", "now", "word"), [
    ("+" * 20, "-" * 20, "breaks"),
    ("+" * 20, "?" * 20, "breaks"),                       # not testable without it: does not come out
    ("+" * 20, "+" * 12 + "-" * 8, "breaks"),             # from 1 to .6: a fall of two fifths
    ("+" * 60, "+" * 50 + "-" * 10, "weakens"),           # a sixth, beyond chance
    ("+" * 20, "+" * 18 + "-" * 2, "no effect"),          # two of twenty may be chance
    ("-" * 20, "+" * 20, "helps"),
    ("+-" * 20, "-+" * 20, "no effect"),                  # as many gained as lost
    ("?" * 20, "-" * 20, "not tested"),
])
def test_words_follow_rates_and_pairs(was: str, now: str, word: str) -> None:
    assert _compare(was, now).word == word


def test_rates_are_over_draws_testable_with_the_mechanism() -> None:
    found = _compare("++-?", "+--+")
    assert (found.runs, found.before, found.after) == (3, pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert found.p == 0.5, "one loss, no gain"


def test_a_mechanism_that_breaks_nothing_is_idle() -> None:
    one = _compare("+" * 20, "-" * 20)
    other = Break("n", "P", 20, 1.0, 0.9, 0.25, "no effect")
    assert idle([one, other]) == ("n",)


@pytest.mark.parametrize(("runs", "rows", "forced"), [
    (None, [1, 2, 5], 0),
    (2, [1, 2], 0),
    (3, [1, 2, 5], 0),
    (5, [1, 2, 5, 0, 3], 2),
    (9, [1, 2, 5, 0, 3, 4], 3),
])
def test_draws_that_have_a_mechanism_come_first_and_others_fill_up(runs, rows, forced) -> None:
    found, put_on = _rows(np.array([False, True, True, False, False, True]), runs)
    assert found.tolist() == rows and put_on == forced


def test_a_mechanism_that_breaks_only_statements_on_itself_is_told_apart() -> None:
    rows = (
        Break("habit", "P60", 20, 1.0, 0.0, 0.0, "breaks", own=True),
        Break("scope", "P27", 20, 1.0, 0.0, 0.0, "breaks", own=True),
        Break("scope", "P26", 20, 1.0, 0.2, 0.0, "breaks"),
        Break("spoils", "P39", 20, 1.0, 0.9, 0.5, "no effect"),
    )
    assert Needs(20, rows, idle(rows)).own_only == ("habit",)
