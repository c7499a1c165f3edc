import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.model.settlement import at_the_desk, bribe_paid, settled

MONEY = st.floats(0.0, 1e7)


@given(MONEY, MONEY, st.floats(0.0, 1.0))
def test_a_bribe_lies_between_the_risk_and_the_loss(loss: float, risk: float, share: float) -> None:
    bribe = bribe_paid(loss, risk, share)
    assert min(loss, risk) - 1e-6 <= bribe <= loss * (1 + 1e-12) + 1e-6
    assert 0.0 <= settled(loss, risk) <= 1.0


def test_nothing_is_settled_without_a_loss_and_all_without_a_risk() -> None:
    assert settled(0.0, 0.0) == settled(0.0, 5.0) == 0.0
    assert settled(7.0, 0.0) == 1.0 and settled(7.0, 7.0) == 0.5
    assert settled(1e3, 1e2) > settled(1e3, 1e3) > settled(1e3, 1e4), "less is settled when officials have more to fear"


def test_an_official_with_all_the_power_takes_the_whole_loss_and_one_with_none_covers_the_risk() -> None:
    assert bribe_paid(900.0, 100.0, 1.0) == pytest.approx(900.0)
    assert bribe_paid(900.0, 100.0, 0.0) == pytest.approx(100.0)


@given(st.floats(0.0, 1.0), st.floats(1.0, 50.0))
def test_the_desk_is_no_cleaner_than_the_police(abuse: float, odds: float) -> None:
    assert abuse - 1e-12 <= at_the_desk(abuse, odds) <= 1.0
