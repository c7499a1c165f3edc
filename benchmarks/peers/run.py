"""Measure the model beside its peers, and how far compiled code is from what the machine could do.

python benchmarks/peers/run.py            # about two minutes on one core
python benchmarks/peers/run.py --quick    # about half a minute: fewer runs and months
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.limits.count import Job  # noqa: E402 - needs the path above
from benchmarks.limits.peaks import bounds, peaks  # noqa: E402
from benchmarks.model.stages import case_of  # noqa: E402
from benchmarks.model.twins import Block  # noqa: E402
from benchmarks.peers import kernel, standin, whole  # noqa: E402
from benchmarks.peers.network import COMPARED, apart, begin, draws, network_of  # noqa: E402
from benchmarks.record import Figures, number, record, write  # noqa: E402
from qorgau.model.routes import geometry_of  # noqa: E402

TARGETS = {
    "whole/times twins": 300.0,
    "stand-in/times plain objects": 300.0,
    "stand-in/times Mesa": 200.0,
}
"""Times per run that compiled code should be faster by."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs and months")
    parser.add_argument("--out", type=Path, help="JSON to write")
    given = parser.parse_args()
    begun, load = datetime.now(UTC), os.getloadavg()[0]
    case = case_of(8)
    block = Block(case.inputs.world, case.parameters, case.on, case.keys, geometry_of(case.inputs.world))
    figures: Figures = {}

    def add(key: str, value: float, unit: str) -> None:
        figures[key] = {"value": value, "unit": unit}
        if key in TARGETS:
            figures[key]["target"] = TARGETS[key]

    best = peaks(rounds=500 if given.quick else 2000)
    stand_in(add, figures, block, best, given.quick)
    the_whole(add, block, best, given.quick)
    for name, seconds in best.items():
        add(f"machine/{name}", 1e9 * seconds, "ns")
    entry = record(figures, begun, max(load, os.getloadavg()[0]), quick=given.quick)
    show(figures)
    if given.out:
        write(given.out, entry)


def stand_in(add, figures: Figures, block: Block, best: dict[str, float], quick: bool) -> None:  # type: ignore[no-untyped-def]
    """The stand-in in blocks of two sizes, and its distance from the machine's limit."""
    net = network_of(block.world)
    for runs, months in ((8, 15),) if quick else ((8, 30), (64, 18)):
        found = standin.measure(net, runs, months)
        fastest = found.micros["compiled"]
        at = "stand-in" if runs < 32 else f"stand-in, block of {runs}"
        for name, micros in found.micros.items():
            add(f"{at}/{name}", micros, "µs per run and month")
        for name, difference in found.apart.items():
            if name != "compiled":
                add(f"{at}/times {name}", found.micros[name] / fastest, "times")
                add(f"{at}/apart {name}", difference, "of the largest value")
        add(f"{at}/organisations", found.organisations, "alive on average")
        add(f"{at}/Mesa over plain objects", found.micros["Mesa"] / found.micros["plain objects"], "times")
    runs, months = 8, 3
    parameters, keys = draws(runs)
    model = kernel.Model(net, parameters, keys, begin(net, parameters))
    for _ in range(24):
        model.step()
    begun = model.memory()
    job = Job("stand-in", net, parameters, keys, begun, None, 24, months, True)
    counted, _, counts = whole.interpreted(job)
    times = []
    for _ in range(5 if quick else 15):
        model.remember(begun)
        since = time.process_time()
        for _ in range(months):
            model.step()
        times.append(time.process_time() - since)
    if apart(model.state(), {name: counted[name] for name in COMPARED}) > standin.AGREE:
        raise SystemExit("what was counted is not what the compiled stand-in computes")
    micros = 1e6 * median(times) / (runs * months)
    least = limit(add, "stand-in", {k: v / (runs * months) for k, v in counts.items()}, best, micros)
    slow = figures["stand-in/times plain objects"]["value"] * micros
    add("stand-in/times plain objects, were compiled code at the machine's limit", slow / least, "times")


def the_whole(add, block: Block, best: dict[str, float], quick: bool) -> None:  # type: ignore[no-untyped-def]
    """All processes of the real model on the bundled case: compiled, twins, source without a compiler."""
    months, rows = 3, 2 if quick else 8
    state = whole.state_at(block)
    seconds = whole.seconds_compiled(block, state, months)
    after = whole.compiled(block, state, months)
    slow, worst = 0.0, 0.0
    for r in range(rows):
        one = whole.row(block, r)
        begun = type(state)({name: array[r: r + 1].copy() for name, array in state.arrays().items()})
        mine, took = whole.by_twins(one, begun, months)
        slow += took / (rows * months)
        worst = max(worst, whole.apart({n: a[r: r + 1] for n, a in after.arrays().items()}, mine.arrays()))
    if worst > whole.AGREE:
        raise SystemExit(f"the twins are {worst:.0e} from compiled after {months} months: not the same model")
    add("whole/compiled", 1e6 * seconds, "µs per run and month")
    add("whole/twins", 1e6 * slow, "µs per run and month")
    add("whole/times twins", slow / seconds, "times")
    add("whole/apart twins", worst, "of the largest value")
    jobs = {}
    for counted in (False, True):
        job = Job("model", block.world, block.parameters, block.keys, state.copy().arrays(), block.on, whole.MONTH,
                  months, counted)
        end, took, counts = whole.interpreted(job)
        worst = whole.apart(after.arrays(), end)
        if worst > whole.AGREE:
            raise SystemExit(f"the interpreted source is {worst:.0e} from compiled: not the same model")
        jobs[counted] = (took / (months * len(block.keys)), counts)
    add("whole/same source without compiler", 1e6 * jobs[False][0], "µs per run and month")
    add("whole/times same source without compiler", jobs[False][0] / seconds, "times")
    add("whole/apart same source without compiler", worst, "of the largest value")
    counts = {k: v / (months * len(block.keys)) for k, v in jobs[True][1].items()}
    limit(add, "whole", counts, best, 1e6 * seconds)


def limit(add, name: str, counts: dict[str, float], best: dict[str, float], micros: float) -> float:  # type: ignore[no-untyped-def]
    """Add counts, bounds and the share of the machine's limit that was reached; the limit in microseconds."""
    for what, count in sorted(counts.items(), key=lambda x: -x[1]):
        add(f"{name}/count {what}", count, "per run and month")
    least = {kind: 1e6 * seconds for kind, seconds in bounds(counts, best).items()}
    for kind, words in (("arithmetic", "arithmetic alone"), ("moved", "loads and stores alone")):
        add(f"{name}/least: {words}", least[kind], "µs per run and month")
    add(f"{name}/share of the machine's limit", 100.0 * max(least.values()) / micros, "%")
    return max(least.values())


def show(figures: Figures) -> None:
    """Print what was found, part by part."""
    part = ""
    for key, figure in figures.items():
        now, _, what = key.partition("/")
        if now != part:
            print(f"\n{now}")
            part = now
        target = figure.get("target")
        verdict = ""
        if target:
            met = float(figure["value"]) >= float(target)  # type: ignore[arg-type]
            verdict = f"   target {number(float(target))}: {'met' if met else 'missed'}"  # type: ignore[arg-type]
        print(f"  {what:44s} {number(float(figure['value'])):>10s} {figure['unit']}{verdict}")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
