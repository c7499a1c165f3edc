"""Firms' custom goes to the better protector, whichever it is."""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.model import corruption
from qorgau.model.guarantors import gang_quality, private_share
from qorgau.model.mechanisms import Mechanism
from tests.model.busy import begun

LATE = 250


def _settle(parts, protect, gangs):
    world, state, parameters, on, keys = parts
    state.active[:] = 0
    state.active[:, :gangs] = 1
    state.network[:] = 0
    state.home[:] = int(np.flatnonzero(world.place_state == world.focus)[0])
    for _ in range(400):
        state.conduct[:] = [1 - protect - 0.1, 0.1, 0.0, protect, 0.0]
        corruption.advance(world, state, parameters, on, keys, LATE)
    return 1.0 / (1.0 + np.exp(-state.guarantor[:, world.focus]))


def test_officials_win_custom_where_they_sell_and_gangs_where_they_do_not() -> None:
    selling, honest = begun(1, runs=6), begun(1, runs=6)
    assert (_settle(selling, 0.3, 0) > 0.6).all()
    assert (_settle(honest, 0.0001, 2) < 0.5).all()


def test_harassment_by_officials_brings_them_custom() -> None:
    """Firms that are harassed pay those who can call it off, though as many sell protection as before."""
    calm, harassed = begun(6, runs=6), begun(6, runs=6)
    calm[2]["corruption"]["harassment"][:] = 0.0
    harassed[2]["corruption"]["harassment"][:] = 1.0
    assert (_settle(harassed, 0.2, 3) > _settle(calm, 0.2, 3)).all()


def test_either_of_two_states_can_pay_its_officials_more() -> None:
    """Start and audit of all states come from one distribution, so the order of two states is not imposed."""
    _, state, *_ = begun(2, runs=60)
    first = state.guarantor[:, 0] < state.guarantor[:, 2]
    assert 0.25 < first.mean() < 0.75


def test_gangs_quality_is_a_hump_in_their_number() -> None:
    q = begun(3, runs=1, middle=True)[2]["corruption"][0]
    quality = [gang_quality(q, float(n)) for n in range(40)]
    best = int(np.argmax(quality))
    assert quality[0] == 0.0 and 0 < best < 10
    assert quality[best] <= q["gang_best"] and quality[39] == pytest.approx(q["gang_best"] / 3)


def test_custom_waits_for_private_firms() -> None:
    world, state, parameters, on, keys = begun(4, runs=3)
    before = state.guarantor.copy()
    corruption.advance(world, state, parameters, on, keys, 20)
    np.testing.assert_array_equal(before, state.guarantor)
    assert (state.legal_protection == 0).all()
    corruption.advance(world, state, parameters, on, keys, 100)
    assert (before != state.guarantor).all() and (state.legal_protection > 0).all()


def test_custom_stays_without_the_mechanism() -> None:
    world, state, parameters, on, keys = begun(5, runs=3, off=(Mechanism.OFFICIAL_GUARANTORS,))
    before = state.guarantor.copy()
    corruption.advance(world, state, parameters, on, keys, 200)
    np.testing.assert_array_equal(before, state.guarantor)


def test_private_share_is_a_ramp() -> None:
    assert [private_share(m, 5.0) for m in (0.0, 30.0, 60.0, 600.0)] == [0.0, 0.5, 1.0, 1.0]
