"""The state: variables by name, changed in place only; copies that are independent."""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.model.state import VARIABLES, allocate
from tests.model.worlds import small_world


def test_variables_are_found_by_name_and_change_in_place_only() -> None:
    state = allocate(small_world(0).sizes, 2)
    assert set(state.arrays()) == {v.name for v in VARIABLES}
    assert all(getattr(state, name) is array for name, array in state.arrays().items())
    with pytest.raises(AttributeError, match="no variable 'nothing'"):
        _ = state.nothing
    with pytest.raises(AttributeError, match="in place"):
        state.users = np.zeros(2)


def test_copies_and_repeats_are_independent() -> None:
    state = allocate(small_world(0).sizes, 2)
    state.users[:] = np.arange(state.users.size).reshape(state.users.shape)
    copy, many = state.copy(), state.repeat(3)
    state.users[:] = -1.0
    assert (copy.users >= 0).all()
    for k in range(3):
        np.testing.assert_array_equal(many.users[2 * k : 2 * k + 2], copy.users)
    assert all(a.shape[0] == 6 and a.flags.c_contiguous for a in many.arrays().values())
