"""Exponentials and logarithms against the machine's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qorgau.model.exponentials import FURTHEST, fall, logarithm


def _each(x: np.ndarray) -> np.ndarray:
    return np.array([fall(v) for v in x])


def test_it_is_the_exponential_to_twelve_digits() -> None:
    x = np.concatenate([np.linspace(0.0, 40.0, 20001), [0.0, 1e-300, 1e-12]])
    out = _each(x)
    np.testing.assert_allclose(out, np.exp(-x), rtol=1e-12, atol=0)


def test_far_exponents_end_at_nothing() -> None:
    x = np.linspace(40.0, 1000.0, 5001)
    out = _each(x)
    np.testing.assert_allclose(out, np.exp(-x), rtol=0, atol=1e-28)
    assert (out[x >= FURTHEST] == 0.0).all()
    assert (out >= 0.0).all()


@given(st.floats(0.0, 60.0), st.floats(0.0, 30.0))
def test_it_falls_and_products_add_up(a: float, b: float) -> None:
    assert fall(a + b) <= fall(a) <= 1.0
    np.testing.assert_allclose(fall(a) * fall(b), fall(a + b), rtol=1e-8)


@given(st.floats(1e-300, 1e300))
def test_a_logarithm_is_that_of_the_machine(x: float) -> None:
    np.testing.assert_allclose(logarithm(x), np.log(x), rtol=1e-14, atol=0)


@given(st.floats(-0.3, 0.4))
def test_logarithms_near_one_lose_no_digits(step: float) -> None:
    np.testing.assert_allclose(logarithm(1.0 + step), np.log(1.0 + step), rtol=1e-14, atol=0)
