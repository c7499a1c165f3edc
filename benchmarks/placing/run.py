"""Measure placing on the stochastic network interdiction instance of Pan and Morton.

python benchmarks/placing/run.py                         # the instance at budgets 10 to 90
python benchmarks/placing/run.py --watched-share 0.1     # harder: a watch leaves a tenth of the evasion
python benchmarks/placing/run.py --compare               # beside the compact description solved directly
python benchmarks/placing/run.py --follower logit --budgets 30
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.record import record, write  # noqa: E402 - needs the path above

from qorgau.analysis.placing import Network, place, read_network, worst_case  # noqa: E402
from qorgau.analysis.placing.master import Master  # noqa: E402
from qorgau.analysis.placing.reliability import arrange, journey_values, useful_arcs  # noqa: E402

DATA = Path(__file__).parent / "data"
PUBLISHED = {30: 0.3131350535}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budgets", type=float, nargs="+", default=[10, 20, 30, 40, 50, 60, 70, 80, 90])
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--watched-share", type=float, help="replace evasion watched by this share of unwatched")
    parser.add_argument("--follower", choices=["worst_case", "logit"], default="worst_case")
    parser.add_argument("--temperature", type=float, default=0.2)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--quick", action="store_true", help="budgets 30 and 60 only")
    parser.add_argument("--out", type=Path, help="JSON to write")
    given = parser.parse_args()
    if given.quick:
        given.budgets = [30, 60]
    begun_at, figures = datetime.now(UTC), {}

    network = read_network(DATA / "arcs.csv", DATA / "journeys.csv")
    if given.watched_share is not None:
        watched = np.where(np.isnan(network.evasion_watched), np.nan, given.watched_share * network.evasion)
        network = dataclasses.replace(network, evasion_watched=watched)
    place(network, 1.0, time_limit=5.0)  # compiles

    print("budget      value        bound      gap   unwatched    naive   watches seconds solve s  status")
    for budget in given.budgets:
        begun = time.perf_counter()
        solution = worst_case.solve(network, budget, given.time_limit) if given.follower == "worst_case" else None
        solving = time.perf_counter() - begun
        found = place(
            network, budget, follower=given.follower, time_limit=given.time_limit, temperature=given.temperature
        )
        root = f"{(found.value - solution.root_bound) / found.value:7.2%}" if solution else "      -"
        print(
            f"{budget:6g} {found.value:.10f} {found.bound:.10f} {found.gap:8.1e} {found.unwatched:.7f} "
            f"{found.naive:.7f} {len(found.chosen):5d} {found.seconds:8.2f} {solving:7.2f}  {found.status}"
            f"  root gap {root}"
        )
        for name, value, unit in (("value", found.value, "probability"), ("gap", found.gap, "1"),
                                  ("seconds", found.seconds, "s")):
            figures[f"budget {budget:g}/{name}"] = {"value": float(value), "unit": unit}
        if given.watched_share is None and solution and budget in PUBLISHED:
            published = PUBLISHED[int(budget)]
            print(f"       published {published:.10f}: difference {found.value - published:+.1e}")
            figures[f"budget {budget:g}/from published optimum"] = {
                "value": abs(float(found.value) - published), "unit": "probability"}
        if given.compare and solution:
            value, bound, seconds = compact(network, budget, given.time_limit)
            print(f"       compact description alone: value {value:.10f} bound {bound:.10f} in {seconds:.2f} s")
    if given.out:
        write(given.out, record(figures, begun_at, os.getloadavg()[0], quick=given.quick))


def compact(network: Network, budget: float, time_limit: float) -> tuple[float, float, float]:
    """Solve the compact description with HiGHS alone, pruned in the same way, without cuts or a start."""
    begun = time.perf_counter()
    groups = arrange(network)
    use, matter = useful_arcs(groups)
    free = np.flatnonzero(np.asarray(matter.any(axis=0))[groups.watchable])
    lower = journey_values(groups, groups.watchable)
    upper = np.maximum(lower, journey_values(groups, groups.watchable[:0]))
    master = Master(groups, network.cost[groups.watchable], budget, lower, upper, free)
    master.add_compact(groups, use)
    master.branch()
    master.solve(time_limit)
    y, _ = master.point()
    value = float(groups.probability @ journey_values(groups, groups.watchable[y > 0.5]))
    return value, master.highs.getInfo().mip_dual_bound, time.perf_counter() - begun


if __name__ == "__main__":
    main()
