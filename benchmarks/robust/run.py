"""Kill an ensemble at random moments, twenty times, and see whether it ends as if nothing had been; fill its disk.

python benchmarks/robust/run.py            # twenty kills of a small ensemble of the bundled case, some minutes
python benchmarks/robust/run.py --kills 3

Each trial begins an ensemble in a new folder, in a process of its own, ends the process with SIGKILL at a moment drawn
evenly over the time that an undisturbed run takes, gives the same command again, and compares every table, file by
file, with those of the undisturbed run. The last rows write to a disk that is too small (a tmpfs of its own, where
the user may mount one; else a limit on the size of files) and to a folder that may not be written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
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
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
COMMAND = """
import sys, qorgau, qorgau.errors
try:
    qorgau.simulate(qorgau.load_case("kazakhstan"), ["outreach"], int(sys.argv[2]), out=sys.argv[1], workers=2, block=1)
except qorgau.errors.InputError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def launched(out: Path, runs: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", COMMAND, str(out), str(runs)], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )


def tables(out: Path) -> dict[str, str]:
    """Checksum of every table by its place in the folder."""
    return {
        str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(out.rglob("*.parquet"))
        if p.name != "matched.parquet"
    }


def whole_blocks(out: Path) -> int:
    """Blocks that are recorded as finished."""
    from qorgau.ensemble.places import place_of
    from qorgau.ensemble.store import read_manifest

    return len(read_manifest(place_of(out / "results"), none_is_fine=True).get("blocks", ()))


def trial(folder: Path, runs: int, moment: float, wanted: dict[str, str]) -> dict[str, Any]:
    out = folder / "out"
    begun = launched(out, runs)
    try:
        begun.wait(moment)
    except subprocess.TimeoutExpired:
        begun.kill()
    begun.communicate()
    kept, ended = whole_blocks(out), begun.returncode == 0
    clock = time.perf_counter()
    again = launched(out, runs)
    _, said = again.communicate()
    same = again.returncode == 0 and tables(out) == wanted
    result = {
        "killed_after": round(moment, 2), "had_ended": ended, "blocks_kept": kept, "resumed": again.returncode == 0,
        "seconds": round(time.perf_counter() - clock, 1), "same": same, "said": said.strip().splitlines()[:2],
    }
    shutil.rmtree(out, ignore_errors=True)
    return result


def full_disk(folder: Path, runs: int, wanted: dict[str, str]) -> dict[str, Any]:
    """Run on a disk that fills up; then make room and go on."""
    disk = folder / "disk"
    disk.mkdir()
    size = 5 * sum((folder / "whole" / name).stat().st_size for name in wanted) // 8
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], capture_output=True
    ).returncode == 0
    if not mounted:
        return {"how": "no disk could be mounted here: tests/ensemble/test_store.py limits the size of files instead"}
    try:
        made = launched(disk / "out", runs)
        _, said = made.communicate()
        kept = whole_blocks(disk / "out")
        subprocess.run(["mount", "-o", f"remount,size={20 * size}", str(disk)], check=True)
        again = launched(disk / "out", runs)
        again.communicate()
        return {
            "how": f"tmpfs of {size} bytes", "code": made.returncode, "said": said.strip().splitlines(),
            "blocks_kept": kept, "same": again.returncode == 0 and tables(disk / "out") == wanted,
        }
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def read_only(folder: Path, runs: int) -> dict[str, Any]:
    """Ask for a folder on a disk that is mounted read-only."""
    disk = folder / "fixed"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(disk)], capture_output=True).returncode:
        return {"how": "no disk could be mounted here: tests/ensemble/test_store.py has the error raised instead"}
    try:
        made = launched(disk / "out", runs)
        _, said = made.communicate()
        return {"how": "tmpfs mounted read-only", "code": made.returncode, "said": said.strip().splitlines()}
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--runs", type=int, default=24, help="draws of the ensemble, each a block")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--out", type=Path, help="JSON to write; by default a dated one in results")
    parser.add_argument("--quick", action="store_true", help="three kills")
    given = parser.parse_args()
    if given.quick:
        given.kills = 3
    begun, moments = datetime.now(UTC), random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="qorgau-robust-") as scratch:
        folder = Path(scratch)
        launched(folder / "warm", 2).communicate()  # compiles
        clock = time.perf_counter()
        first = launched(folder / "whole", given.runs)
        _, said = first.communicate()
        lasts = time.perf_counter() - clock
        if first.returncode:
            sys.exit(f"the undisturbed run failed: {said}")
        wanted = tables(folder / "whole")
        print(f"undisturbed: {lasts:.1f} s, {whole_blocks(folder / 'whole')} blocks, {len(wanted)} tables")
        print(f"{'kill':>5}{'after, s':>10}{'blocks kept':>13}{'resumed, s':>12}{'tables the same':>17}")
        rows = []
        for number in range(1, given.kills + 1):
            row = trial(folder, given.runs, moments.uniform(0.0, lasts), wanted)
            rows.append(row)
            same = "yes" if row["same"] else "NO"
            ended = "  (had ended before)" if row["had_ended"] else ""
            print(f"{number:5}{row['killed_after']:10.2f}{row['blocks_kept']:13}{row['seconds']:12.1f}{same:>17}{ended}",
                  flush=True)
        told = {
            "date": begun.isoformat(timespec="seconds"), "machine": platform.platform(), "cores": os.cpu_count(),
            "load": os.getloadavg()[0], "python": platform.python_version(), "runs": given.runs,
            "undisturbed_seconds": round(lasts, 1), "kills": rows,
            "figures": {
                "kills": {"value": len(rows), "unit": "kills"},
                "mended": {"value": 100 * sum(row["same"] for row in rows) / len(rows), "unit": "%", "target": 100},
            },
            "full_disk": full_disk(folder, given.runs, wanted), "read_only": read_only(folder, given.runs),
        }
    print("full disk:", json.dumps(told["full_disk"], ensure_ascii=False))
    print("read-only:", json.dumps(told["read_only"], ensure_ascii=False))
    out = given.out or HERE / "results" / f"{begun:%Y-%m-%dT%H%M}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(out)
    failed = [row for row in rows if not row["same"]]
    sys.exit(f"{len(failed)} of {len(rows)} kills were not mended" if failed else 0)


if __name__ == "__main__":
    main()
