"""What is measured, stage by stage; each runs in a process of its own, so that its peak memory is its own."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

Figures = dict[str, float]
SMALL_BLOCK, LARGE_BLOCK, DRAWS = 8, 120, 16
SHORT = 35
"""Last month of a run that is long enough to call everything: December of the first year in the tables."""


@dataclass(frozen=True)
class Case:
    """The bundled case and draws of it."""

    inputs: Any
    plan: Any
    rows: int
    parameters: Any
    on: Any
    keys: Any

    def run(self, last_month: int | None = None) -> Any:
        """The baseline of all rows."""
        last = self.inputs.catalogue.last_month if last_month is None else last_month
        return self.inputs.runner(self.inputs.world, self.parameters, self.on, self.keys, self.plan, last)

    @property
    def months(self) -> int:
        return self.inputs.catalogue.last_month + 1


def case_of(rows: int, seed: int = 1) -> Case:
    """The first draws of the bundled case, as an ensemble draws them."""
    import numpy as np

    from qorgau.case import load_case
    from qorgau.ensemble.designs import draw_from
    from qorgau.ensemble.policies import plan_of
    from qorgau.ensemble.translate import inputs_of

    inputs = inputs_of(load_case("kazakhstan"))
    draws = draw_from(inputs.uncertain, rows, seed, "sobol")
    parameters = inputs.parameters_of(draws.columns(), rows)
    plan = plan_of(None, inputs.catalogue).baseline_only()
    return Case(inputs, plan, rows, parameters, np.array(draws.on), inputs.keys_of(seed, draws.numbers))


def seconds(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds that a piece of work takes."""
    begun = clock()
    work()
    return clock() - begun


def start(repeats: int) -> Figures:
    """From the start of Python to the first result: cold when the cache folder is empty."""
    case = case_of(2)
    loaded = time.process_time()
    first = seconds(lambda: case.run(SHORT))
    return {"load": loaded, "compile": first - median(seconds(lambda: case.run(SHORT)) for _ in range(repeats))}


def small(repeats: int) -> Figures:
    """Processes and twins on a small random world of the tests."""
    from tests.model.draws import all_on, draw_parameters, keys
    from tests.model.traffic_scene import named_world
    from twins import Block, compare

    from qorgau.model.routes import geometry_of

    world = named_world(1)
    parts = draw_parameters(SMALL_BLOCK, 1), all_on(SMALL_BLOCK), keys(SMALL_BLOCK)
    return _flat(compare(Block(world, *parts, geometry_of(world)), repeats))


def case(repeats: int) -> Figures:
    """Processes and twins on the world of the bundled case."""
    from twins import Block, compare

    from qorgau.model.routes import geometry_of

    c = case_of(SMALL_BLOCK)
    return _flat(compare(Block(c.inputs.world, c.parameters, c.on, c.keys, geometry_of(c.inputs.world)), repeats))


def _flat(found: dict[str, dict[str, float]]) -> Figures:
    return {f"{name}/{what}": value for name, values in found.items() for what, value in values.items()}


def loop_small(repeats: int) -> Figures:
    """Full runs in a small block: alone, by part, and two blocks one after the other or in two threads."""
    from probe import KERNELS, OF_COLLECTION, clocks

    from qorgau.model.run import PROCESSES

    c, other = case_of(SMALL_BLOCK), case_of(SMALL_BLOCK, seed=2)
    c.run(SHORT)
    alone = median(seconds(c.run) for _ in range(repeats))
    parts: list[dict[str, float]] = []
    for _ in range(repeats):
        with clocks() as probe:
            c.run()
        parts.append({name: value / probe.total for name, value in probe.seconds.items()})
    share = {name: median(p[name] for p in parts) for name in parts[0]}
    inside = [name for name, _ in PROCESSES]
    out = {"run": alone / c.rows, "start": share["start"], "collection": share["collection"]}
    out["kernels"] = share[KERNELS] + share[OF_COLLECTION]
    out["other"] = 1.0 - share["start"] - share["collection"] - sum(share[name] for name in inside)
    out.update({f"share/{name}": share[name] for name in inside})
    for threads in (1, 2):
        with ThreadPoolExecutor(threads) as pool:
            walls = [seconds(lambda: list(pool.map(lambda x: x.run(), (c, other))), time.perf_counter)
                     for _ in range(repeats)]
        out[f"threads/{threads}"] = median(walls) / (c.rows + other.rows)
    return out


def loop_large(repeats: int) -> Figures:
    """Full runs in a large block."""
    c = case_of(LARGE_BLOCK)
    c.run(SHORT)
    return {"run": median(seconds(c.run) for _ in range(repeats)) / c.rows}


def ensemble(repeats: int) -> Figures:
    """An ensemble of some draws under all policies: where its time goes in one thread, and the wall time in two."""
    from probe import KERNELS, clocks

    from qorgau.ensemble.policies import plan_of
    from qorgau.ensemble.runner import simulate_inputs
    from qorgau.model import run

    c = case_of(SMALL_BLOCK)
    c.run(SHORT)
    policies = len(plan_of(None, c.inputs.catalogue).policies)
    rows: list[Figures] = []
    for _ in range(repeats):
        full = seconds(c.run) / c.rows
        with tempfile.TemporaryDirectory() as folder, clocks(ensemble=True) as probe:
            results = Path(folder) / "out"
            with patch.object(run, "simulate_block", probe.timed("model", run.simulate_block)):
                simulate_inputs(c.inputs, None, DRAWS, 1, 1, results, block=SMALL_BLOCK)
            size = sum(p.stat().st_size for p in results.rglob("*") if p.is_file())
        part = {name: value / probe.total for name, value in probe.seconds.items()}
        known = sum(part[name] for name in ("model", "tables", "storage", "drawing"))
        rows.append({
            "draw": probe.total / DRAWS,
            "policies": probe.seconds["model"] / DRAWS / full,
            "kernels": part[KERNELS],
            "dispatch": part["model"] - part[KERNELS] - part["collection"] - probe.clocks / probe.total,
            "collection": part["collection"],
            "tables": part["tables"],
            "storage": part["storage"],
            "drawing": part["drawing"],
            "other": 1.0 - known,
            "bytes": size / DRAWS,
            "number": float(policies),
        })
    out = {name: median(row[name] for row in rows) for name in rows[0]}
    for threads in (1, 2):
        walls = []
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as folder:
                begun = time.perf_counter()
                simulate_inputs(c.inputs, None, DRAWS, 1, threads, Path(folder) / "out", block=SMALL_BLOCK)
                walls.append(time.perf_counter() - begun)
        out[f"threads/{threads}"] = median(walls) / DRAWS
    return out


STAGES: dict[str, Callable[[int], Figures]] = {
    "cold": start, "warm": start, "small": small, "case": case, "loop_small": loop_small, "loop_large": loop_large,
    "ensemble": ensemble,
}
"""In the order in which they run; ``cold`` finds an empty cache folder and fills it for the others."""


def measure(stage: str, repeats: int) -> Figures:
    """Run a stage here; adds its peak memory in MB."""
    figures = STAGES[stage](repeats)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {**figures, "peak": peak / (2**20 if sys.platform == "darwin" else 2**10)}
