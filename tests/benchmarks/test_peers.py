"""The stand-in is one model in all four versions, and what the limits count is what compiled code computes."""

from __future__ import annotations

import ast
from functools import cache

import numpy as np
import pytest
from benchmarks.limits import count
from benchmarks.limits.peaks import bounds
from benchmarks.peers import chance, kernel, objects, standin, whole, with_mesa
from benchmarks.peers.network import COMPARED, Network, apart, begin, draws, network_of
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model import streams
from tests.model.traffic_scene import named_world


@cache
def net(seed: int = 1) -> Network:
    return network_of(named_world(seed), slots=12)


def test_all_versions_give_the_same_numbers() -> None:
    found = standin.measure(net(), runs=4, months=40)
    assert set(found.apart) == {"compiled", "NumPy over runs", "plain objects", "Mesa"}
    assert max(found.apart.values()) < 1e-9
    assert found.organisations > 1.0


def test_a_version_that_differs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects.Stage, "hope", lambda self: setattr(self, "hoped", 0.9))
    with pytest.raises(SystemExit, match="not the same model"):
        standin.measure(net(), runs=4, months=40)


def test_the_comparison_meets_every_branch() -> None:
    parameters, keys = draws(4)
    model = kernel.Model(net(), parameters, keys, begin(net(), parameters))
    state = model.state()
    founded = ended = again = seized = 0.0
    for _ in range(60):
        before = state["active"]
        model.step()
        state = model.state()
        founded += ((state["active"] == 1) & (before == 0)).sum()
        ended += ((state["active"] == 0) & (before == 1)).sum()
        again += state["again"].sum()
        seized += state["seized"].sum()
    assert min(founded, ended, again, seized) > 0
    assert all(np.isfinite(state[name]).all() for name in COMPARED)


def test_a_run_does_not_depend_on_those_beside_it() -> None:
    parameters, keys = draws(11)
    together = kernel.Model(net(), parameters, keys, begin(net(), parameters))
    alone = kernel.Model(net(), parameters[9:], keys[9:], begin(net(), parameters[9:]))
    for _ in range(40):
        together.step()
        alone.step()
    for name, array in alone.state().items():
        assert np.array_equal(together.state()[name][9:], array), name


def test_organisations_are_agents_that_come_and_go() -> None:
    parameters, keys = draws(2)
    model = with_mesa.Model(net(), parameters, keys[0], begin(net(), parameters), 0)
    kind = with_mesa.AGENTS["Organisation"]
    seen = set()
    for _ in range(60):
        model.step()
        seen |= {agent.unique_id for agent in model.agents_by_type[kind]}
        assert len(model.agents_by_type[kind]) == sum(o is not None for o in model.slots)
    assert model.steps == 60
    assert len(seen) > len(model.agents_by_type[kind])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(1, 63), st.integers(0, 431), st.integers(0, 2**20), st.integers(0, 400))
def test_draws_are_those_of_the_model(key: int, stream: int, month: int, entity: int, item: int) -> None:
    expected = streams.uniform(np.uint64(key), stream, month, entity, item)
    assert chance.uniform(key, stream, month, entity, item) == expected
    many = chance.uniforms(np.array([key], dtype=np.uint64), stream, month, np.array([entity]), item)
    assert many[0] == expected


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-9, 1 - 1e-9), st.integers(0, 3000), st.floats(0.0, 1.0))
def test_counts_are_those_of_the_model(u: float, n: int, p: float) -> None:
    binomial, poisson = streams.binomial(u, n, p), streams.poisson(u, n * p)
    assert chance.binomial(u, n, p) == binomial
    assert chance.poisson(u, n * p) == poisson
    assert chance.binomials(np.array([u]), np.array([n]), np.array([p]))[0] == binomial
    assert chance.poissons(np.array([u]), np.array([n * p]))[0] == poisson


def test_counted_source_computes_the_same() -> None:
    parameters, keys = draws(2)
    model = kernel.Model(net(), parameters, keys, begin(net(), parameters))
    model.step()
    job = count.Job("stand-in", net(), parameters, keys, model.memory(), None, 1, 2, True)
    counted, _, counts = whole.interpreted(job)
    for _ in range(2):
        model.step()
    assert apart(model.state(), counted) < 1e-9
    # a hazard a corridor in rows of eight runs: one draw, its noise's exponential, and through it once more
    rows = 2 * 8 * len(net().corridor_km)
    assert counts["uniform"] >= rows
    assert counts["multiply"] >= 2 * 10 * rows
    assert min(counts[name] for name in ("add", "divide", "load", "load index", "store")) >= rows


def test_each_operation_is_counted_once() -> None:
    source = (
        "@inlined\ndef f(x, i):\n"
        "    x[i] += x[1] * 2.0\n"
        "    return math.exp(x[i] - 1.0) / x[0]\n"
    )
    tree = ast.fix_missing_locations(count.Rewrite().visit(ast.parse(source)))
    counts: dict[str, int] = {}

    def counted(name: str, value: float) -> float:
        counts[name] = counts.get(name, 0) + 1
        return value

    def stored(value: float) -> None:
        counts["store"] = counts.get("store", 0) + 1

    import math

    space = {"inlined": lambda f: f, "math": math, "_counted": counted, "_stored": stored}
    exec(compile(tree, "f", "exec"), space)
    x = np.array([2.0, 3.0])
    assert space["f"](x, 0) == math.exp(8.0 - 1.0) / 8.0
    assert counts == {"load": 4, "multiply": 1, "add": 2, "exp": 1, "divide": 1, "store": 1}


def test_bounds_add_what_each_unit_must_do() -> None:
    best = {"add": 1.0, "multiply": 1.0, "exp": 10.0, "load": 0.5, "store": 2.0}
    found = bounds({"add": 3, "exp": 2, "load": 4, "load index": 2, "store": 1, "unknown": 9}, best)
    assert found == {"arithmetic": 23.0, "moved": 5.0}
