"""Measure the model: processes beside plain Python, the whole loop, an ensemble's overhead, compiling, memory.

python benchmarks/model/run.py                          # everything, under four minutes on two cores
python benchmarks/model/run.py --stages small case      # some stages only
python benchmarks/model/run.py --against EARLIER.json   # with the change since an earlier measurement
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "src"), str(ROOT)]

from benchmarks.record import BUSY, FORMAT, machine, number, versions  # noqa: E402 - needs the path above
from stages import DRAWS, LARGE_BLOCK, SMALL_BLOCK, STAGES, Figures, measure  # noqa: E402

Row = tuple[str, str, str, str, float, float | None, float | None]
"""Section, key of the figure, what it is, unit, value, the same in plain Python, how far the two are apart."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="repeats of which the median is told")
    parser.add_argument("--stages", nargs="+", choices=list(STAGES), default=list(STAGES))
    parser.add_argument("--quick", action="store_true", help="one repeat of the stages small, case and loop_small")
    parser.add_argument("--out", type=Path, help="JSON to write; by default a dated file in benchmarks/model/results")
    parser.add_argument("--against", type=Path, help="JSON of an earlier measurement to compare with")
    parser.add_argument("--stage", choices=list(STAGES), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stage:
        print(json.dumps(measure(given.stage, given.repeats)))
        return
    if given.quick:
        given.repeats, given.stages = 1, ["small", "case", "loop_small"]

    begun = datetime.now(UTC)
    clock = time.perf_counter()
    loads: dict[str, float] = {}
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="qorgau-benchmark-") as cache:
        for stage in STAGES:
            if stage in given.stages:
                before = os.getloadavg()[0]
                found[stage] = in_a_process(stage, given.repeats, Path(cache))
                loads[stage] = max(before, os.getloadavg()[0])
    took = time.perf_counter() - clock
    rows = rows_of(found)
    record = {
        "format": FORMAT,
        "date": begun.isoformat(timespec="seconds"),
        "seconds": round(took, 1),
        "repeats": given.repeats,
        "machine": machine(),
        "versions": versions(),
        "load": {name: round(value, 2) for name, value in loads.items()},
        "figures": {key: {"value": value, "unit": unit, "plain": plain} for _, key, _, unit, value, plain, _ in rows},
    }
    earlier = json.loads(given.against.read_text(encoding="utf-8")) if given.against else None
    out = given.out or HERE / "results" / f"{begun:%Y-%m-%dT%H%M}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    show(record, rows, earlier)
    print(f"written to {out}")


def in_a_process(stage: str, repeats: int, cache: Path) -> Figures:
    """Figures of a stage, measured in a Python of its own with its own folder of compiled code."""
    done = subprocess.run(
        [sys.executable, str(HERE / "run.py"), "--stage", stage, "--repeats", str(repeats)],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
        stdout=subprocess.PIPE, text=True, check=False,
    )
    if done.returncode:
        raise SystemExit(f"stage {stage} ended with status {done.returncode}; its message stands above")
    return json.loads(done.stdout.splitlines()[-1])


def rows_of(found: dict[str, Figures]) -> list[Row]:
    """Rows of the table, in its order."""
    rows: list[Row] = []

    def add(section: str, stage: str, key: str, what: str, unit: str, factor: float = 1.0) -> None:
        if stage in found:
            rows.append((section, f"{stage}/{key}", what, unit, factor * found[stage][key], None, None))

    for stage, world in (("small", "small random world"), ("case", "world of the bundled case")):
        section = f"Processes, {world}, block of {SMALL_BLOCK}"
        names = list(dict.fromkeys(k.rsplit("/", 1)[0] for k in found.get(stage, {}) if "/" in k))
        for name in names:
            compiled, plain, apart = (found[stage][f"{name}/{part}"] for part in ("compiled", "plain", "apart"))
            rows.append((section, f"{stage}/{name}", name, "µs per run and month", compiled, plain, apart))
        if names:
            compiled, plain = (sum(found[stage][f"{n}/{part}"] for n in names) for part in ("compiled", "plain"))
            worst = max(found[stage][f"{n}/apart"] for n in names)
            rows.append((section, f"{stage}/all", "all processes", "µs per run and month", compiled, plain, worst))

    loop = "The whole loop on the bundled case, 432 months"
    add(loop, "loop_small", "run", f"one core, block of {SMALL_BLOCK}", "ms per full run", 1e3)
    add(loop, "loop_large", "run", f"one core, block of {LARGE_BLOCK}", "ms per full run", 1e3)
    add(loop, "loop_small", "threads/1", f"two blocks of {SMALL_BLOCK}, one thread, wall", "ms per full run", 1e3)
    add(loop, "loop_small", "threads/2", f"two blocks of {SMALL_BLOCK}, two threads, wall", "ms per full run", 1e3)
    policies = int(found.get("ensemble", {}).get("number", 0))
    add(loop, "ensemble", "policies", f"{policies} policies from one snapshot", "full runs")

    share = f"Shares of a full run, block of {SMALL_BLOCK}"
    for key in sorted((k for k in found.get("loop_small", {}) if k.startswith("share/")),
                      key=lambda k: -found["loop_small"][k]):
        add(share, "loop_small", key, key.removeprefix("share/"), "%", 100)
    for key, what in (("collection", "collection of outcomes"), ("start", "state of January 1989"),
                      ("other", "the rest of the loop"), ("kernels", "of all: inside compiled kernels")):
        add(share, "loop_small", key, what, "%", 100)

    parts = f"An ensemble of {DRAWS} draws and {policies} policies; shares in one thread"
    add(parts, "ensemble", "draw", "all policies of one draw", "processor s")
    add(parts, "ensemble", "threads/1", "the same, one thread, wall", "s")
    add(parts, "ensemble", "threads/2", "the same, two threads, wall", "s")
    for key, what in (("kernels", "inside compiled kernels"), ("dispatch", "calls, snapshots and NumPy around kernels"),
                      ("collection", "collection of outcomes"), ("tables", "checks and tables"),
                      ("storage", "storage with checksums and the crate"), ("drawing", "drawing"),
                      ("other", "the rest")):
        add(parts, "ensemble", key, what, "%", 100)
    add(parts, "ensemble", "bytes", "results on disk", "kB per draw", 1e-3)

    start = "Start, in processor seconds"
    add(start, "cold", "compile", "compiling, empty cache folder", "s")
    add(start, "warm", "compile", "the same with the cache filled", "s")
    add(start, "warm", "load", "Python, imports, case and draws", "s")

    memory = "Peak memory of the process"
    for stage, what in (
        ("cold", "compiling"), ("warm", "two short runs"), ("loop_small", f"two blocks of {SMALL_BLOCK}"),
        ("loop_large", f"block of {LARGE_BLOCK}"), ("ensemble", f"ensemble of {DRAWS} draws"),
    ):
        add(memory, stage, "peak", what, "MB")
    return rows


def show(record: dict, rows: list[Row], earlier: dict | None) -> None:
    """Print the table, and what must be known to read it."""
    console = Console(width=None if sys.stdout.isatty() else 130)
    where = record["machine"]
    table = Table(
        title="Model", title_justify="left", caption_justify="left",
        caption=f"{record['date']}, {where['processor']}, {where['cores']} cores, {where['memory_gb']} GB, "
        f"{where['system']}; " + ", ".join(f"{k} {v}" for k, v in record["versions"].items())
        + f". Medians of {record['repeats']} repeats, {record['seconds']:.0f} s in all.",
    )
    for title, side in (("measured", "left"), ("value", "right"), ("unit", "left"), ("plain Python", "right"),
                        ("times", "right"), ("apart", "right")):
        table.add_column(title, justify=side)  # type: ignore[arg-type]
    if earlier:
        table.add_column("earlier", justify="right")
    section = ""
    for title, key, what, unit, value, plain, apart in rows:
        if title != section:
            table.add_section()
            table.add_row(f"[bold]{title}[/]")
            section = title
        cells = [what, number(value), unit]
        cells += ["", "", ""] if plain is None else [number(plain), number(plain / value), f"{apart:.0e}"]
        if earlier:
            before = earlier["figures"].get(key)
            cells.append(f"{value / before['value'] - 1:+.0%}" if before and before["value"] else "")
        table.add_row(*cells)
    console.print(table)
    busy = {name: load for name, load in record["load"].items() if load > BUSY}
    if busy:
        console.print(
            f"[yellow]The machine was busy: load average above {BUSY} before or after "
            + ", ".join(f"{name} ({load})" for name, load in busy.items())
            + "; compare these figures with others of the same minute only.[/]"
        )


if __name__ == "__main__":
    main()
