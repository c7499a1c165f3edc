"""Run every benchmark and print one table.

python -m benchmarks                       # all parts; adds a line to benchmarks/history.jsonl
python -m benchmarks --quick               # smaller sizes, some minutes
python -m benchmarks --parts peers placing
python -m benchmarks --trend peers/whole   # no measuring: these figures in all entries of the history

A part is a folder with a ``run.py`` that takes ``--out FILE`` (JSON with ``figures``: by key, value and unit, and a
``target`` where there is one; ``least`` true when the figure should be at least that, which is the default; bare and
nested numbers will do) and, if it has smaller sizes, ``--quick``. Nothing else is known about it here: a new folder is
a new part.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from rich.console import Console  # noqa: E402 - needs the path above
from rich.table import Table  # noqa: E402

from benchmarks.record import BUSY, Figures, number, record, write  # noqa: E402

HISTORY = HERE / "history.jsonl"
Entry = dict[str, Any]


def parts() -> list[str]:
    """Names of all parts."""
    return sorted(path.parent.name for path in HERE.glob("*/run.py"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller sizes where a part has them")
    parser.add_argument("--parts", nargs="+", choices=parts(), default=parts())
    parser.add_argument("--out", type=Path, help="also write all figures to this file of JSON")
    parser.add_argument("--history", type=Path, default=HISTORY, help="file of JSON lines to add to")
    parser.add_argument("--no-history", action="store_true", help="compare with the history, but add nothing to it")
    parser.add_argument("--trend", metavar="WORDS", help="print figures whose key holds these words, over the history")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 130)
    history = read(given.history)
    if given.trend:
        console.print(trend(history, given.trend))
        return

    begun, load = datetime.now(UTC), os.getloadavg()[0]
    figures: Figures = {}
    failed = []
    for part in given.parts:
        console.print(f"{part} ...", style="dim")
        found = measure(part, given.quick)
        load = max(load, os.getloadavg()[0])
        if found is None:
            failed.append(part)
        else:
            figures.update({f"{part}/{key}": figure for key, figure in found.items()})
    entry = record(figures, begun, load, quick=given.quick)
    before = earlier(history, entry)
    console.print(table(entry, before))
    if load > BUSY:
        console.print(f"[yellow]The machine was busy (load average up to {load:.1f}): ratios of one part hold, "
                      "times are for comparing within this run only.[/]")
    if given.out:
        write(given.out, entry)
    if figures and not given.no_history:
        given.history.parent.mkdir(parents=True, exist_ok=True)
        with given.history.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, separators=(",", ":")) + "\n")
    if failed:
        raise SystemExit("failed: " + ", ".join(failed) + "; the messages stand above")


def measure(part: str, quick: bool) -> Figures | None:
    """Figures of a part, run in a Python of its own; None when it failed."""
    script = str(HERE / part / "run.py")
    takes = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=False).stdout
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        words = [sys.executable, script, "--out", str(out)] + (["--quick"] if quick and "--quick" in takes else [])
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT)
        if done.returncode or not out.is_file():
            print(done.stdout, f"{part} ended with status {done.returncode}", sep="\n")
            return None
        told = json.loads(out.read_text(encoding="utf-8"))["figures"]
    return flat(told)


def flat(told: dict[str, Any], before: str = "") -> Figures:
    """Figures by key, from figures or bare numbers nested to any depth; anything else is left out."""
    out: Figures = {}
    for key, figure in told.items():
        if isinstance(figure, dict) and "value" not in figure:
            out.update(flat(figure, f"{before}{key}/"))
        elif isinstance(figure, dict):
            out[before + key] = figure
        elif isinstance(figure, (int, float)):
            out[before + key] = {"value": figure, "unit": ""}
    return out


def read(path: Path) -> list[Entry]:
    """Entries of a history, oldest first."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def earlier(history: list[Entry], entry: Entry) -> Entry | None:
    """The last entry of the same machine in the same sizes that shares a figure."""
    for old in reversed(history):
        same = old["machine"] == entry["machine"] and old.get("quick") == entry.get("quick")
        if same and old["figures"].keys() & entry["figures"].keys():
            return old
    return None


def verdict(figure: dict[str, Any]) -> str:
    """Whether a target is met; empty without one."""
    if figure.get("target") is None:
        return ""
    met = figure["value"] >= figure["target"] if figure.get("least", True) else figure["value"] <= figure["target"]
    return f"{number(float(figure['target']))}: " + ("[green]met[/]" if met else "[red]missed[/]")


def table(entry: Entry, before: Entry | None) -> Table:
    """All figures of an entry, beside the change since an earlier one."""
    where = entry["machine"]
    out = Table(
        title="Benchmarks" + (", quick" if entry["quick"] else ""), title_justify="left", caption_justify="left",
        caption=f"{entry['date']}, {where['processor']}, {where['cores']} cores, {where['memory_gb']} GB, "
        f"{where['system']}; " + ", ".join(f"{k} {v}" for k, v in entry["versions"].items())
        + f". {entry['seconds']:.0f} s in all, load average up to {entry['load']}."
        + (f" Change since {before['date']}, commit {before['versions'].get('commit')}." if before else ""),
    )
    for title in ("part", "measured"):
        out.add_column(title)
    for title in ("value", "unit", "plain Python", "target", "change"):
        out.add_column(title, justify="left" if title == "unit" else "right")
    part = ""
    for key, figure in entry["figures"].items():
        now, _, what = key.partition("/")
        if now != part:
            out.add_section()
        value, plain = figure["value"], figure.get("plain")
        if not isinstance(value, (int, float)):
            continue
        change = ""
        old = before["figures"].get(key, {}).get("value") if before else None
        if isinstance(old, (int, float)) and old:
            change = f"{value / old - 1:+.0%}"
        aside = f"{number(plain)} ({number(plain / value)} times)" if plain else ""
        out.add_row(now if now != part else "", what, number(value), figure.get("unit", ""), aside, verdict(figure),
                    change)
        part = now
    return out


def trend(history: list[Entry], words: str) -> Table:
    """Figures whose key holds some words, an entry a column, the newest eight."""
    shown = history[-8:]
    out = Table(title=f"Figures with {words!r} in the history of {len(history)} entries", title_justify="left")
    out.add_column("figure")
    for entry in shown:
        out.add_column(f"{entry['date'][:16]}\n{entry['versions'].get('commit', '')}"
                       + ("\nquick" if entry.get("quick") else ""), justify="right")
    keys = dict.fromkeys(k for entry in shown for k in entry["figures"] if words in k)
    for key in keys:
        values = [entry["figures"].get(key, {}).get("value") for entry in shown]
        out.add_row(key, *(number(v) if isinstance(v, (int, float)) else "" for v in values))
    return out


if __name__ == "__main__":
    main()
