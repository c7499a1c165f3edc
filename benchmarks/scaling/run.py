"""Measure what a run costs as invented worlds grow: places and corridors, organisations, markets, everything.

Every slot for an organisation is held while months are measured: cost goes with organisations that live, and invented
markets would not feed two thousand.

python benchmarks/scaling/run.py                     # everything, some ten minutes; one table, JSON, PNG and SVG
python benchmarks/scaling/run.py --quick             # small sizes only
python benchmarks/scaling/run.py --series corridors  # one series only
python benchmarks/scaling/run.py --draw FILE.json    # table and figure of an earlier measurement
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.record import BUSY, Figures  # noqa: E402 - needs the path above
from benchmarks.record import record as record_of  # noqa: E402

RUNS = 2
FROM = 144
"""First month measured: January 2001, when all processes are at work."""

Size = dict[str, int]
SERIES: dict[str, tuple[str, str, tuple[Size, ...]]] = {
    "corridors": ("corridors", "Places and corridors, 40 organisations", tuple(
        {"places": p, "corridors": c, "organisations": 40}
        for p, c in ((25, 45), (100, 250), (400, 1_200), (1_500, 5_000), (5_000, 20_000))
    )),
    "organisations": ("organisations", "Organisations, 100 places and 250 corridors", tuple(
        {"places": 100, "corridors": 250, "organisations": o} for o in (40, 120, 360, 1_000, 2_000)
    )),
    "markets": ("markets", "Markets and destinations, 400 places and 1,200 corridors", tuple(
        {"places": 400, "corridors": 1_200, "organisations": 40, "markets": m, "destinations": m // 2}
        for m in (12, 36, 120)
    )),
    "both": ("corridors", "Everything at once", tuple(
        {"places": p, "corridors": c, "organisations": o}
        for p, c, o in ((25, 45, 40), (400, 1_200, 400), (5_000, 20_000, 2_000))
    )),
}
"""Name of each series: what is counted along it, its title, its sizes."""

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", nargs="+", choices=list(SERIES), default=list(SERIES))
    parser.add_argument("--quick", action="store_true", help="worlds of up to 400 places only")
    parser.add_argument("--months", type=int, default=6, help="months measured; fewer on the largest worlds")
    parser.add_argument("--out", type=Path, help="JSON to write; by default a dated file in benchmarks/scaling/results")
    parser.add_argument("--figure", type=Path, help="PNG and SVG to write, without ending; by default beside the JSON")
    parser.add_argument("--draw", type=Path, help="JSON of an earlier measurement to show, without measuring")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(json.loads(given.one), given.months)))
        return
    if given.draw:
        record = json.loads(given.draw.read_text(encoding="utf-8"))
        out = given.draw
    else:
        record = measured(given.series, given.months, given.quick)
        out = given.out or HERE / "results" / f"{record['date'][:16].replace(':', '')}.json"
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    show(record)
    draw(record, given.figure or out.with_suffix(""))
    print(f"in {out}")


def measured(series: list[str], months: int, quick: bool) -> Row:
    """The record of a measurement: every size in a Python of its own."""
    begun = datetime.now(UTC)
    rows: list[Row] = []
    for name in series:
        for size in SERIES[name][2]:
            if quick and size["places"] > 400:
                continue
            load = os.getloadavg()[0]
            done = subprocess.run(
                [sys.executable, str(Path(__file__)), "--months", str(months), "--one", json.dumps(size)],
                stdout=subprocess.PIPE, text=True, check=False,
            )
            if done.returncode:
                raise SystemExit(f"{size} ended with status {done.returncode}; its message stands above")
            found = json.loads(done.stdout.splitlines()[-1])
            rows.append({"series": name, **size, **found, "load": round(max(load, os.getloadavg()[0]), 2)})
            print(f"{name}: {size}: {found['run_month']:.3g} ms a run and month", file=sys.stderr)
    load = max(row["load"] for row in rows)
    return {**record_of(figures_of(rows), begun, load, runs=RUNS), "rows": rows}


def figures_of(rows: list[Row]) -> Figures:
    """What the history of benchmarks keeps: growth over each series, and what its largest world costs."""
    out: Figures = {}
    for name, (along, _, _) in SERIES.items():
        own = [row for row in rows if row["series"] == name]
        if len(own) < 2:
            continue
        if name != "both":
            out[f"{name}/exponent"] = {"value": round(growth(own[0], own[-1], along), 3), "unit": f"of {along}",
                                       "target": 1.0, "least": False}
        out[f"{name}/largest"] = {"value": own[-1]["run_month"], "unit": "ms a run and month"}
        out[f"{name}/state"] = {"value": own[-1]["state_mb"], "unit": "MB a run"}
    return out


def measure(size: Size, months: int) -> Row:
    """Figures of one size: seconds of set-up, milliseconds a run and month, megabytes."""
    run_once({"places": 25, "corridors": 45, "organisations": 40}, 1)  # loads what is compiled
    return run_once(size, max(2, min(months, 40_000 * months // (size["corridors"] * size["organisations"]))))


def run_once(size: Size, months: int) -> Row:
    """Write, load, translate and simulate an invented case; processor time throughout."""
    import numpy as np
    from tests.model.draws import all_on, draw_parameters, keys

    from qorgau.case import Scale, synthetic_case, to_world
    from qorgau.model import routes
    from qorgau.model.outcomes import Collector
    from qorgau.model.run import advance_month, begin

    clock = [time.process_time()]

    def lap() -> float:
        clock.append(time.process_time())
        return clock[-1] - clock[-2]

    case = synthetic_case(Scale(**size))
    load = lap()
    world = to_world(case)
    translate = lap()
    args = (world, draw_parameters(RUNS, 3), all_on(RUNS), keys(RUNS))
    lap()
    state = begin(*args)
    start = lap()
    collector = Collector(world, RUNS)
    geometry, levers = routes.geometry_of(world), np.zeros((RUNS, world.sizes["instrument"]))
    by_process: dict[str, float] = {}
    for month in range(FROM - 1, FROM + months):
        hold_all(state)
        lap()

        def watch(name: str, _: Any, first: bool = month < FROM) -> None:
            by_process[name] = by_process.get(name, 0.0) + (0.0 if first else lap())

        advance_month(world, state, *args[1:], month, levers, geometry, watch)
        lap()
        collector.month(state)
        by_process["collection"] = by_process.get("collection", 0.0) + (0.0 if month < FROM else lap())
    each = {name: 1e3 * seconds / RUNS / months for name, seconds in by_process.items()}
    return {
        "load_case": load, "translate": translate, "start": start / RUNS, "months": months,
        "run_month": sum(each.values()), "processes": each,
        "routes": world.sizes["drug_route"], "ways": world.sizes["people_route"],
        "links": float(np.diff(world.people_ptr).mean()),
        "state_mb": sum(a.nbytes for a in state.arrays().values()) / RUNS / 1e6,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


def hold_all(state: Any) -> None:
    """Fill every slot with a copy of an organisation that is there, and keep it from going broke."""
    import numpy as np

    from qorgau.model.state import VARIABLES

    alive = np.flatnonzero(state.active.all(axis=0))
    empty = np.flatnonzero((state.active == 0).any(axis=0))
    for variable in VARIABLES:
        if variable.dims[:1] == ("organisation",):
            array = getattr(state, variable.name)
            array[:, empty] = array[:, alive[np.arange(len(empty)) % len(alive)]]
    state.capital[:] = 1e9


def growth(a: Row, b: Row, along: str) -> float:
    """Exponent of cost between two sizes: 1 where it grows as what is counted."""
    return math.log(b["run_month"] / a["run_month"]) / math.log(b[along] / a[along])


def show(record: Row) -> None:
    """Print the one table."""
    from rich.console import Console
    from rich.table import Table

    where = record["machine"]
    table = Table(
        title="What a run costs in larger worlds", title_justify="left", caption_justify="left",
        caption=f"{record['date']}, {where['processor']}, {where['cores']} cores, {where['system']}, Python "
        f"{record['versions']['python']}, numba {record['versions']['numba']}. Processor time of one core, blocks of "
        f"{record['runs']} runs, months from January 2001, every slot held. Exponent: growth since the row "
        f"above, 1 is linear. {record['seconds']:.0f} s in all.",
    )
    table.add_column("series", no_wrap=True)
    for title in ("places", "corridors", "organisations", "routes, ways", "ms a run and month", "exponent",
                  "largest process", "load + translate, s", "start, s a run", "state, MB a run", "peak, MB"):
        table.add_column(title, justify="right")
    for name, (along, _, _) in SERIES.items():
        rows = [row for row in record["rows"] if row["series"] == name]
        if not rows:
            continue
        table.add_section()
        grown = [None, *(growth(a, b, along) for a, b in pairwise(rows))]
        for n, row in enumerate(rows):
            top, cost = max(row["processes"].items(), key=lambda item: item[1])
            table.add_row(
                name if n == 0 else "", f"{row['places']:,}", f"{row['corridors']:,}", f"{row['organisations']:,}",
                f"{row['routes']:,}, {row['ways']:,}", f"{row['run_month']:.3g}",
                "" if n == 0 else f"{grown[n]:.2f}",
                f"{top} {cost / row['run_month']:.0%}", f"{row['load_case']:.1f} + {row['translate']:.1f}",
                f"{row['start']:.2f}", f"{row['state_mb']:,.1f}", f"{row['peak_mb']:,.0f}",
            )
    console = Console(width=None if sys.stdout.isatty() else 190)
    console.print(table)
    if max(row["load"] for row in record["rows"]) > BUSY:
        console.print(f"[yellow]Other programs were running (load average above {BUSY}): figures may be too high.[/]")


def draw(record: Row, out: Path) -> None:
    """Write the figure: cost along each series on two logarithmic scales, beside growth in proportion."""
    import altair as alt
    import vl_convert

    charts = []
    for name, (along, title, _) in SERIES.items():
        rows = [row for row in record["rows"] if row["series"] == name]
        if len(rows) < 2:
            continue
        last = rows[-1]
        points = [
            {"x": row[along], "measured": row["run_month"], "linear": last["run_month"] * row[along] / last[along]}
            for row in rows
        ]
        base = alt.Chart(alt.Data(values=points)).encode(
            x=alt.X("x:Q", scale=alt.Scale(type="log"), title=along if name != "both" else "corridors, with the rest"))
        y = alt.Scale(type="log")
        line = base.mark_line(point=True, color="#1f5a7a").encode(
            y=alt.Y("measured:Q", scale=y, title="ms a run and month"))
        dash = base.mark_line(strokeDash=[4, 3], color="#999").encode(y=alt.Y("linear:Q", scale=y))
        charts.append(alt.layer(dash, line).properties(width=250, height=200, title=title))
    figure = alt.concat(*charts, columns=2).properties(
        title="Cost of a run in invented worlds; dashed: growth in proportion").configure_view(stroke=None)
    out.parent.mkdir(parents=True, exist_ok=True)
    text = figure.to_json()
    out.with_suffix(".svg").write_text(vl_convert.vegalite_to_svg(text), encoding="utf-8")
    out.with_suffix(".png").write_bytes(vl_convert.vegalite_to_png(text, scale=2))


if __name__ == "__main__":
    main()
