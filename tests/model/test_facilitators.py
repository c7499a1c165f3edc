"""Services: none without supply, scarce when many ask, and gone when switched off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model import facilitators
from qorgau.model.facilitators import availability, fee
from qorgau.model.mechanisms import Mechanism
from tests.model.busy import assert_same, begun, random_switches
from tests.model.twins import facilitators as twin

positive = st.floats(0.01, 5.0)


def _run(parts, months=120, month=200):
    world, state, parameters, on, keys = parts
    for _ in range(months):
        facilitators.advance(world, state, parameters, on, keys, month)
    return state


@pytest.mark.parametrize("services", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_its_twin(seed: int, services: bool) -> None:
    world, state, parameters, on, keys = begun(seed, runs=6, services=services)
    on[:] = random_switches(np.random.default_rng(seed), len(on))
    on[0] = 1.0
    for month in (5, 70, 300):
        expected = twin.advance(world, state, parameters, on, keys, month)
        facilitators.advance(world, state, parameters, on, keys, month)
        assert_same(state, expected)


@given(supply=positive, demand=positive, half=positive, more=positive)
@settings(max_examples=80)
def test_availability_and_fee_follow_supply_and_demand(
    supply: float, demand: float, half: float, more: float
) -> None:
    here = availability(supply, demand, half)
    assert 0.0 < here < 1.0
    assert availability(supply + more, demand, half) > here > availability(supply, demand + more, half)
    price = fee(supply, demand, half, 0.7)
    assert fee(supply + more, demand, half, 0.7) <= price <= fee(supply, demand + more, half, 0.7)
    assert 0.2 <= price <= 5.0 and fee(supply, supply, half, 0.7) == pytest.approx(1.0)
    assert availability(0.0, demand, half) == 0.0


def test_professions_bring_services_after_privatisation() -> None:
    early, late = begun(1, runs=6), begun(1, runs=6)
    _run(early, month=30)
    _run(late, month=300)
    assert (late[1].service > early[1].service).all()


def test_corrupt_officials_supply_documents_most() -> None:
    honest, corrupt = begun(2, runs=6), begun(2, runs=6)
    honest[1].conduct[:] = [0.98, 0.005, 0.005, 0.005, 0.005]
    corrupt[1].conduct[:] = [0.1, 0.1, 0.4, 0.3, 0.1]
    _run(honest)
    _run(corrupt)
    rise = corrupt[1].service - honest[1].service
    assert (rise > 0).all() and rise[:, :, 0].mean() > rise[:, :, 2].mean()


def test_demand_makes_services_scarce_and_dear() -> None:
    calm, busy = begun(3, runs=4), begun(3, runs=4)
    busy[1].origin_flow[:] += 5000
    busy[1].profit_total[:] = 1e9
    _run(calm)
    _run(busy)
    assert (busy[1].service[:, :, 0] < calm[1].service[:, :, 0]).all()
    assert (busy[1].service_fee >= calm[1].service_fee).all()


@pytest.mark.parametrize("mechanism, gone", [
    (Mechanism.FACILITATORS, (0, 1, 2)), (Mechanism.DOCUMENTS, (0,)), (Mechanism.SAFE_HOUSES, (1,)),
    (Mechanism.LAUNDERING, (2,)),
])
def test_switched_off_means_no_service(mechanism: Mechanism, gone: tuple[int, ...]) -> None:
    state = _run(begun(4, off=(mechanism,)), months=2)
    for k in range(3):
        assert (state.service[:, :, k] == 0.0).all() == (k in gone)


@pytest.mark.parametrize("service, name", [(0, "documents"), (1, "houses"), (2, "laundering")])
def test_a_profession_that_serves_nobody_leaves_the_other_services_as_they_are(service: int, name: str) -> None:
    all_willing, one_short = begun(5, runs=6), begun(5, runs=6)
    one_short[2]["facilitators"][f"{name}_willing"] = 0.0
    _run(all_willing, month=300)
    _run(one_short, month=300)
    others = [k for k in range(3) if k != service]
    np.testing.assert_array_equal(one_short[1].service[:, :, others], all_willing[1].service[:, :, others])
    assert (one_short[1].service[:, :, service] < all_willing[1].service[:, :, service]).all()
    assert (one_short[1].service_fee[:, :, service] >= all_willing[1].service_fee[:, :, service]).all()
