"""Yearly outcomes: how a year is formed from its months, and the entropy of routes in exact cases."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.collector import Reading, Term, YearTable, each, one
from qorgau.model.outcomes import (
    Chains,
    Collector,
    chains_of,
    outcome_names,
    outcome_units,
    readings,
    route_entropy,
)
from qorgau.model.state import VARIABLES, State, allocate
from qorgau.model.tally import share_above
from qorgau.model.world import World
from tests.model.twins.outcomes import PlainCollector, plain_names, plain_route_entropy
from tests.model.worlds import small_world, with_lines, with_services

RUNS = 2


def random_state(world: World, rng: np.random.Generator) -> State:
    """Every array random and in range."""
    state = allocate(world.sizes, RUNS)
    for v in VARIABLES:
        array = getattr(state, v.name)
        if v.integer:
            array[:] = rng.integers(0, 50, array.shape)
        else:
            array[:] = rng.uniform(0, 1, array.shape)
    state.active[:] = rng.integers(0, 2, state.active.shape)
    state.network[:] = rng.integers(0, world.sizes["network"], state.network.shape)
    state.group[:] = rng.integers(0, world.sizes["group"], state.group.shape)
    state.line[:] = rng.integers(0, world.sizes["line"], state.line.shape)
    return state


def year(world: World, months: list[State]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    collector = Collector(world, RUNS)
    for s in months:
        collector.month(s)
    table, traffic = collector.year()
    return dict(zip(outcome_names(world), table.T)), traffic


@pytest.fixture(scope="module")
def world() -> World:
    return replace(with_lines(small_world(3)), state_names=("KAZ", "KGZ", "RUS", "AFG"))


@pytest.fixture(scope="module")
def months(world: World) -> list[State]:
    rng = np.random.default_rng(0)
    return [random_state(world, rng) for _ in range(12)]


def test_names_are_unique_and_every_one_has_a_unit(world: World) -> None:
    for w in (world, with_services(world), small_world(0), small_world(5, places=12, markets=5, networks=6)):
        names = outcome_names(w)
        assert len(names) == len(set(names))
        assert set(outcome_units(w)) == set(names) and all(outcome_units(w).values())


def test_flows_add_up_and_levels_are_averaged(world: World, months: list[State]) -> None:
    out, _ = year(world, months)
    f = world.focus
    for name, array in (
        ("people_recruited", "origin_flow"), ("people_identified", "identified"), ("people_assisted", "assisted"),
        ("people_retrafficked", "retrafficked"), ("cases_prosecuted", "cases_prosecuted"),
        ("cases_convicted", "cases_convicted"), ("people_transit_KAZ", "transit_flow"),
    ):
        np.testing.assert_allclose(out[name], sum(getattr(s, array)[:, f] for s in months), err_msg=name)
    here = [d for d, p in enumerate(world.destination_place) if world.place_state[p] == f]
    held = [s.exploited[:, here].sum((1, 2, 3)) for s in months]
    np.testing.assert_allclose(out["people_exploited"], np.mean(held, axis=0))
    everyone = [s.exploited.sum((1, 2, 3)) for s in months]
    np.testing.assert_allclose(out["people_exploited_all"], np.mean(everyone, axis=0))
    np.testing.assert_allclose(out["opiate_users_all"], np.mean([s.users.sum(1) for s in months], axis=0))
    np.testing.assert_allclose(out["opiates_delivered_kg_all"], sum(s.arrivals.sum(1) for s in months))
    np.testing.assert_allclose(out["measures_cost_usd"], sum(s.measure_cost for s in months))
    told = world.announced.any(axis=0)
    for name, array in (("measures_announced_mean", "announced"), ("measures_delivered_mean", "instrument")):
        np.testing.assert_allclose(out[name], np.mean([getattr(s, array)[:, told].mean(1) for s in months], axis=0))
    np.testing.assert_array_equal(out["tip_tier"], months[-1].tier[:, f])
    for m, name in enumerate(world.market_names):
        np.testing.assert_allclose(out[f"opiate_price_{name}"], np.mean([s.price[:, m] for s in months], axis=0))
    into = [k for k in range(len(world.corridor_to)) if world.place_state[world.corridor_to[k]] == f]
    np.testing.assert_allclose(out["opiates_seized_kg"], sum(s.seized_kg[:, into].sum(1) for s in months))


def test_kinds_of_readings_and_units_agree(world: World) -> None:
    for r in readings(world):
        assert r.kind in ("flow", "mean", "end")
        assert ("/year" in r.unit) == (r.kind == "flow"), r.names


def test_kg_into_the_focus_are_counted_by_neighbour(world: World, months: list[State]) -> None:
    out, _ = year(world, months)
    f, ground = world.focus, world.corridor_mode <= 1
    for n, iso in enumerate(world.state_names):
        links = [k for k in range(len(world.corridor_to)) if ground[k]
                 and world.place_state[world.corridor_from[k]] == n != f
                 and world.place_state[world.corridor_to[k]] == f]
        if links:
            np.testing.assert_allclose(out[f"opiates_border_kg_{iso}"],
                                       sum(s.carried_kg[:, links].sum(1) for s in months))
        else:
            assert f"opiates_border_kg_{iso}" not in out
    for k, name in enumerate(world.section_names):
        links = np.flatnonzero(world.corridor_section == k)
        np.testing.assert_allclose(out[f"people_border_{name}"],
                                   sum(s.carried_people[:, links].sum((1, 2)) for s in months))


def test_shares_and_effective_numbers(world: World, months: list[State]) -> None:
    rng = np.random.default_rng(1)
    even = [s.copy() for s in months]
    for s in even:
        s.purchased[:] = 0.0
        s.purchased[:, :4] = 7.0
        s.network_kg[:] = rng.uniform(0, 1, s.network_kg.shape)
    out, _ = year(world, even)
    np.testing.assert_allclose(out["organisations_effective"], 4.0)
    shares = np.array([out[f"organisations_share_{n}"] for n in world.network_names])
    np.testing.assert_allclose(shares.sum(0), 1.0)
    none = [s.copy() for s in months]
    for s in none:
        s.purchased[:] = s.network_kg[:] = 0.0
        s.spells_ended[:] = s.spell_months[:] = 0
    out, _ = year(world, none)
    assert np.isnan(out["organisations_effective"]).all() and np.isnan(out["governor_tenure_months"]).all()


def test_tenure_and_spells_are_means_over_those_that_ended(world: World, months: list[State]) -> None:
    out, _ = year(world, months)
    f = world.focus
    spells, length = (sum(getattr(s, n)[:, f] for s in months) for n in ("spells_ended", "spell_months"))
    np.testing.assert_allclose(out["governor_tenure_months"], length / spells)


def test_a_year_starts_afresh_and_traffic_is_summed(world: World, months: list[State]) -> None:
    collector = Collector(world, RUNS)
    tables = []
    for _ in range(2):
        for s in months:
            collector.month(s)
        tables.append(collector.year())
    np.testing.assert_array_equal(tables[0][0], tables[1][0])
    traffic = tables[1][1]
    assert traffic.shape == (RUNS, world.sizes["corridor"], 3, 2)
    np.testing.assert_allclose(traffic[:, :, 0, 0], sum(s.carried_kg for s in months), rtol=1e-5)
    np.testing.assert_allclose(traffic[:, :, 0, 1], sum(s.seized_kg for s in months), rtol=1e-5)
    np.testing.assert_allclose(traffic[:, :, 1:, 0], sum(s.carried_people for s in months), rtol=1e-5)
    assert (traffic[:, :, 1:, 1] == 0).all()


def _chains(km: list[float], entry: list[int], *links: tuple[int, ...]) -> tuple[World, Chains]:
    """A world whose corridors have the given lengths, and one chain per route."""
    w = small_world(0)
    lengths = w.corridor_km.copy()
    lengths[: len(km)] = km
    w = replace(w, corridor_km=lengths)
    return w, Chains(np.arange(len(links)), np.array(entry), np.array([lengths[list(g)].sum() for g in links]), links)


@given(n=st.integers(1, 12), kg=st.floats(0.01, 1e6))
@settings(max_examples=25)
def test_n_disjoint_chains_evenly_used_give_ln_n(n: int, kg: float) -> None:
    w, chains = _chains([100.0 + 7 * i for i in range(n)], [1] * n, *[(i,) for i in range(n)])
    np.testing.assert_allclose(route_entropy(w, chains, np.full((1, n), kg)), math.log(n), atol=1e-12)


def test_a_single_chain_gives_zero_and_no_traffic_gives_nothing() -> None:
    w, chains = _chains([100.0, 200.0], [1, 1], (0,), (1,))
    np.testing.assert_allclose(route_entropy(w, chains, np.array([[5.0, 0.0]])), 0.0, atol=1e-12)
    assert np.isnan(route_entropy(w, chains, np.zeros((1, 2)))).all()


def test_chains_that_share_a_road_count_as_one() -> None:
    """Two chains of the same road, one with a short end: as the end shrinks the entropy goes to zero."""
    values = []
    for end in (300.0, 30.0, 0.3):
        w, chains = _chains([600.0, end], [1, 1], (0,), (0, 1))
        values.append(float(route_entropy(w, chains, np.array([[1.0, 1.0]]))[0]))
    assert values[0] > values[1] > values[2] >= 0.0 and values[2] < 1e-3
    # half of each way in common: PS = 3/4 for both, so H = ln 2 + ln 3/4
    w, chains = _chains([100.0, 100.0, 100.0], [1, 1], (0, 1), (0, 2))
    np.testing.assert_allclose(route_entropy(w, chains, np.array([[2.0, 2.0]])), math.log(1.5), rtol=1e-12)


def test_entries_are_weighed_by_their_kg() -> None:
    """Entropy within each entry place, weighed by kg: choosing among entries itself adds nothing."""
    w, chains = _chains([100.0] * 3, [1, 1, 2], (0,), (1,), (2,))
    np.testing.assert_allclose(route_entropy(w, chains, np.array([[1.0, 1.0, 2.0]])), 0.5 * math.log(2.0), rtol=1e-12)


@given(kg=st.lists(st.floats(0.5, 100.0), min_size=4, max_size=4))
@settings(max_examples=25)
def test_disjoint_chains_have_the_entropy_of_their_shares(kg: list[float]) -> None:
    w, chains = _chains([50.0, 60.0, 70.0, 80.0], [1] * 4, (0,), (1,), (2,), (3,))
    p = np.array(kg) / sum(kg)
    np.testing.assert_allclose(route_entropy(w, chains, np.array([kg])), -(p * np.log(p)).sum(), rtol=1e-9, atol=1e-12)


def test_chains_are_the_stretch_of_a_route_inside_the_state() -> None:
    w = small_world(4)
    for state in range(3):
        chains = chains_of(w, state)
        for k in range(w.sizes["drug_route"]):
            links = [int(v) for v in w.route_links[w.route_ptr[k]:w.route_ptr[k + 1]]]
            inside = [w.place_state[w.corridor_from[v]] == state for v in links]
            if not any(inside):
                assert chains.chain[k] == -1
                continue
            first = inside.index(True)
            length = next((i for i, v in enumerate(inside[first:]) if not v), len(inside) - first)
            assert chains.links[chains.chain[k]] == tuple(links[first:first + length])
            assert chains.entry[chains.chain[k]] == w.corridor_from[links[first]]


@pytest.mark.parametrize("seed", [0, 3, 7])
@pytest.mark.parametrize("named", [False, True])
def test_every_number_equals_the_plain_table(seed: int, named: bool) -> None:
    """Two years, the second from other arrays, of worlds with and without Russia among their states."""
    w = small_world(seed, places=9, markets=4, networks=5)
    if named:
        w = with_services(replace(w, state_names=("KAZ", "KGZ", "RUS", "AFG")))
    rng = np.random.default_rng(seed)
    compiled, plain = Collector(w, RUNS), PlainCollector(w, RUNS)
    at = {n: i for i, n in enumerate(outcome_names(w))}
    for _ in range(2):
        for _ in range(12):
            s = random_state(w, rng)
            compiled.month(s)
            plain.month(s)
        (table, traffic), (table_plain, traffic_plain) = compiled.year(), plain.year()
        np.testing.assert_array_equal(traffic, traffic_plain)
        for i, name in enumerate(plain_names(w)):
            np.testing.assert_allclose(table[:, at[name]], table_plain[:, i], rtol=1e-12, atol=1e-12, err_msg=name)


def test_every_declared_sum_is_the_sum_of_its_cells(world: World, months: list[State]) -> None:
    out, _ = year(world, months)

    def added(terms: tuple[Term, ...], s: State) -> np.ndarray:
        rows = [sum(t.weight * np.sum(getattr(s, t.array)[r][t.index]) for t in terms) for r in range(RUNS)]
        return np.array(rows)

    for reading in readings(world):
        for i, terms in enumerate(reading.columns):
            values = [added(terms, s) for s in months]
            if reading.over:
                values = [v / np.maximum(1.0, added(reading.over[i], s)) for v, s in zip(values, months)]
            expected = {"flow": np.sum(values, axis=0), "mean": np.mean(values, axis=0), "end": values[-1]}
            np.testing.assert_allclose(out[reading.names[i]], expected[reading.kind], rtol=1e-12,
                                       err_msg=reading.names[i])


def test_a_state_that_changes_in_place_is_read_anew(world: World, months: list[State]) -> None:
    collector, s = Collector(world, RUNS), months[0].copy()
    for m in months:
        for v in VARIABLES:
            getattr(s, v.name)[:] = getattr(m, v.name)
        collector.month(s)
    expected = Collector(world, RUNS)
    for m in months:
        expected.month(m)
    np.testing.assert_array_equal(collector.year()[0], expected.year()[0])


def test_rows_do_not_depend_on_the_rows_beside_them(world: World, months: list[State]) -> None:
    """A table of one row equals that row of a table of two, to the bit."""
    both, alone = Collector(world, RUNS), Collector(world, 1)
    for m in months:
        both.month(m)
        alone.month(State({k: a[1:] for k, a in m.arrays().items()}))
    np.testing.assert_array_equal(both.year()[0][1:], alone.year()[0])


def test_readings_that_cannot_be_made_are_refused(world: World) -> None:
    def table(*items: Reading) -> YearTable:
        return YearTable(world, RUNS, items, (world.focus,))

    table(one("a", "1", "mean", Term("users")), one("b", "1", "flow", Term("active")))
    with pytest.raises(KeyError):
        table(one("a", "1", "mean", Term("no_such_array")))
    with pytest.raises(IndexError):
        table(each(("a",), "1", "mean", "users", [world.sizes["market"]]))
    with pytest.raises(ValueError, match="2 names, 1 columns"):
        table(each(("a", "b"), "1", "mean", "users", [0]))


@given(seed=st.integers(0, 40))
@settings(max_examples=15, deadline=None)
def test_entropy_equals_the_plain_one(seed: int) -> None:
    w = small_world(seed % 5, places=9, markets=4)
    rng = np.random.default_rng(seed)
    kg = rng.gamma(0.2, 1.0, (6, w.sizes["drug_route"])) * (rng.random((6, 1)) > 0.2)
    for state in range(3):
        chains = chains_of(w, state)
        np.testing.assert_allclose(route_entropy(w, chains, kg), plain_route_entropy(w, chains, kg), rtol=1e-12,
                                   atol=1e-13)


def test_the_place_in_a_table_is_the_share_of_countries_that_score_better(world: World) -> None:
    scores = np.array([10.0, 20.0, 30.0, 90.0])
    ranked = replace(world, score_table=scores)
    assert "perceived_corruption_rank_share" in outcome_names(ranked)
    assert "perceived_corruption_rank_share" not in outcome_names(world)
    seen = np.full((3, world.sizes["state"]), 50.0)
    seen[:, world.focus] = [5.0, 20.0, 95.0]
    share = np.empty((3, 1))
    share_above(seen, world.focus, scores, share)
    np.testing.assert_array_equal(share[:, 0], [1.0, 0.5, 0.0])


def test_labels_are_mixed_in_what_is_told_and_nowhere_else(world: World, months: list[State]) -> None:
    """No error: as it is. One in three: each label keeps two thirds of its own. The whole is kept."""
    told = {}
    for error in (0.0, 1 / 3):
        mixed = [s.copy() for s in months]
        for s in mixed:
            s.label_error[:] = error
        told[error], _ = year(world, mixed)
    names = [n for n, official in zip(world.network_names, world.network_official) if not official]
    for kind in ("active", "share"):
        own, none, third = (np.array([told[e][f"organisations_{label}{kind}_{n}"] for n in names])
                            for e, label in ((0.0, ""), (0.0, "labelled_"), (1 / 3, "labelled_")))
        np.testing.assert_array_equal(own, none)
        np.testing.assert_allclose(third.sum(0), own.sum(0))
        np.testing.assert_allclose(third, 2 / 3 * own + (own.sum(0) - own) / 3 / (len(names) - 1))
    for name, values in told[0.0].items():
        if "labelled" not in name:
            np.testing.assert_array_equal(values, told[1 / 3][name])
