"""Measure how memory and time of analysis and report grow with the number of draws.

python benchmarks/memory/run.py --source OUT            # 1 024, 4 096 and 10 016 draws made of those in OUT
python benchmarks/memory/run.py --source OUT --runs 1024

OUT is a finished ensemble of the bundled case under all of its policies, of at least 32 draws, such as
``qorgau simulate kazakhstan --prior --runs 32 --out OUT`` leaves; without --source it is made first. The larger ones
are copies of its blocks (`synthetic.py`), 3.6 GB for the largest, and go when they have been measured. Each size is
analysed and reported in a process of its own, as ``qorgau report`` does it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "src"), str(ROOT)]

SIZES = (1024, 4096, 10016)
MOST_MB, MOST_SECONDS = 2000, 60


def analysed(out: Path) -> dict[str, Any]:
    """Analyse results and write their report; seconds and peak memory of each stage."""
    from qorgau.analysis.summary import analyse
    from qorgau.cli.outputs import files_of, open_output, publish

    stages: dict[str, list[float]] = {}
    wall, cpu, last = time.perf_counter(), time.process_time(), "open"
    begun = wall, cpu

    def stage(name: str) -> None:
        nonlocal wall, cpu, last
        now, used = time.perf_counter(), time.process_time()
        stages[last] = [round(now - wall, 2), round(used - cpu, 2), peak()]
        wall, cpu, last = now, used, name

    results, case, folder = open_output(out)
    analysis = analyse(case, results, stage=stage)
    stage("report")
    publish(case, files_of(case), results, analysis, folder)
    stage("end")
    return {
        "stages": stages, "wall": time.perf_counter() - begun[0], "cpu": time.process_time() - begun[1],
        "peak_mb": peak(), "runs_in_use": analysis.comparison.runs,
    }


def peak() -> float:
    """Largest resident memory so far, MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def in_a_process(*words: object) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(ROOT / "src"), str(ROOT)])}
    words = (sys.executable, *map(str, words))
    return subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="ensemble whose blocks are copied")
    parser.add_argument("--runs", type=int, nargs="+", default=SIZES, help="multiples of 32")
    parser.add_argument("--quick", action="store_true", help="1 024 draws alone")
    parser.add_argument("--out", type=Path, help="JSON to write; by default a dated one in results")
    parser.add_argument("--analyse", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.analyse:
        print(json.dumps(analysed(given.analyse)))
        return
    from benchmarks.record import machine, versions
    from synthetic import copied

    begun, rows = datetime.now(UTC), {}
    with tempfile.TemporaryDirectory(prefix="qorgau-memory-") as scratch:
        source = given.source or Path(scratch) / "source"
        if not given.source:
            in_a_process("-m", "qorgau", "simulate", "kazakhstan", "--prior", "--runs", 32, "--out", source)
        print(f"{'draws':>7}{'GB':>6}{'peak MB':>9}{'seconds':>9}{'CPU s':>7}  stages (seconds, CPU, peak MB)")
        for runs in SIZES[:1] if given.quick else given.runs:
            out = Path(scratch) / str(runs)
            copied(source, out, runs)
            shutil.copytree(source / "case", out / "case")
            size = sum(p.stat().st_size for p in out.rglob("*.parquet"))
            rows[runs] = {"bytes": size, **json.loads(in_a_process(HERE / "run.py", "--analyse", out))}
            row = rows[runs]
            print(f"{runs:7}{size / 1e9:6.2f}{row['peak_mb']:9.0f}{row['wall']:9.1f}{row['cpu']:7.1f}  {row['stages']}",
                  flush=True)
            shutil.rmtree(out)
    figures = {}
    for runs, row in rows.items():
        target = {"target": MOST_MB, "least": False} if runs >= 10000 else {}
        figures[f"peak/{runs}"] = {"value": row["peak_mb"], "unit": "MB", **target}
        target = {"target": MOST_SECONDS, "least": False} if runs >= 10000 else {}
        figures[f"report/{runs}"] = {"value": row["wall"], "unit": "s", **target}
        figures[f"report_cpu/{runs}"] = {"value": row["cpu"], "unit": "s"}
    told = {
        "date": begun.isoformat(timespec="seconds"), "machine": machine(), "load": os.getloadavg()[0],
        "versions": versions(), "figures": figures, "rows": rows,
    }
    out = given.out or HERE / "results" / f"{begun:%Y-%m-%dT%H%M}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(out)


if __name__ == "__main__":
    main()
