"""What protection by the state and by forces stationed abroad allows, keeps off and costs."""

from __future__ import annotations

import numpy as np

from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations_terms import SIZE_CAP, forces
from tests.model.people_scene import Scene
from tests.model.test_organisations import alive, busy
from tests.model.traffic_scene import after, carry, knocked


def _grown(x: Scene, months: int) -> Scene:
    """Work that pays as no other, for some months of the same date."""
    for _ in range(months):
        x.state.price[:], x.state.returns[:] = 1e6, 5.0
        x.state.conduct[:] = [0.0, 0.0, 0.0, 1.0, 0.0]
        x = after(x, carry)
    return x


def test_under_the_arrangement_the_protected_fill_what_the_state_allows_and_no_more() -> None:
    x = busy(organisations__growth=0.15, organisations__size_alone=20.0, organisations__size_protected=1.0,
             organisations__arrangement_months=6.0)
    x.state.network[:] = 1
    x.state.network[:, :2] = 0
    x.state.capacity[:] = 10.0
    x.state.allowance[:] = 60.0
    x.month = 12
    ruled = _grown(x, 60).state.capacity
    old = alive(x) & (x.world.network_soviet[x.state.network] == 1)
    np.testing.assert_allclose(ruled[old], 60.0, rtol=1e-12)
    others = alive(x) & ~old
    np.testing.assert_allclose(ruled[others], 20.0 * np.tanh(7.5), rtol=0.01)
    free = _grown(knocked(x, Mechanism.STATE_PROTECTION)[1], 60).state.capacity
    np.testing.assert_allclose(free[alive(x)], 20.0 * np.tanh(7.5), rtol=0.01)
    later = x.copy()
    later.month, later.state.allowance[:] = 36 + 240, 5.0
    np.testing.assert_allclose(_grown(later, 60).state.capacity[old], 20.0 * np.tanh(7.5), rtol=0.01)
    assert (_grown(later, 60).state.capacity <= SIZE_CAP).all()


def test_forces_sell_protection_where_they_stand_and_keep_what_they_are_paid() -> None:
    x = busy(organisations__forces_protect=0.5, organisations__protection_limit=0.8)
    here = forces(x.world, x.month)
    assert set(here) == {0.0, 1.0} and set(x.world.post_state[here > 0]) == {x.world.place_state[1]}
    assert (forces(x.world, 12 * 20) == 0).all(), "after they have left"
    x.state.conduct[:] = [1.0, 0.0, 0.0, 0.0, 0.0]
    x.state.trust[:] = 1.0
    x.state.price[:] = 1e5
    with_them, without = (after(v, carry).state for v in knocked(x, Mechanism.OFFICIAL_FLIGHTS))
    assert (with_them.fees_post == 0).all() and (without.money[:, 5] == 0).all()
    at_home = (here[x.world.place_post[x.state.home]] > 0) & alive(x)
    assert ((with_them.money[:, 5] > 0) == at_home.any(1)).all() and at_home.any()
    near = here[x.world.place_post[x.world.corridor_to]] > 0
    lost = [s.seized_kg / np.maximum(1e-12, s.carried_kg) for s in (with_them, without)]
    used = without.carried_kg > 1e-3
    assert (lost[0] < lost[1])[used & near].all()
