"""What every benchmark writes down with its figures: machine, load, versions, commit; and how numbers are printed."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FORMAT = 1
BUSY = 1.5
"""Load average above which figures are good for ratios of the same minute only."""
LIBRARIES = ("qorgau", "numpy", "numba", "llvmlite", "scipy", "pyarrow", "Mesa", "highspy")
Figures = dict[str, dict[str, object]]
"""By key: value and unit, and what else belongs to it."""


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        named = [line.split(":", 1)[1] for line in facts.read_text().splitlines() if line.startswith("model name")]
        model = named[0].strip() if named else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"processor": model, "cores": cores, "memory_gb": round(memory, 1), "system": platform.platform(terse=True)}


def versions() -> dict[str, str]:
    """Versions of what was measured and of the libraries that matter; of the model also its fingerprint."""
    from qorgau import __version__
    from qorgau.model.compiled import sources_stamp

    out = {"python": platform.python_version(), "model": sources_stamp()[:12], "commit": commit()}
    for name in LIBRARIES:
        try:
            out[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name == "qorgau":  # run from a source tree
                out[name] = __version__
    return out


def commit() -> str:
    """Commit of the source tree, with ``+`` when files that it tracks have changed; empty outside a repository."""
    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    try:
        found = git("rev-parse", "--short=12", "HEAD")
        return found + ("+" if found and git("status", "--porcelain", "--untracked-files=no") else "")
    except OSError:
        return ""


def record(figures: Figures, begun: datetime, load: float, **more: object) -> dict[str, object]:
    """A record to be written as JSON; ``begun`` in UTC, ``load`` the highest load average met."""
    return {
        "format": FORMAT,
        "date": begun.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - begun).total_seconds(), 1),
        "machine": machine(),
        "versions": versions(),
        "load": round(load, 2),
        **more,
        "figures": figures,
    }


def write(path: Path, entry: dict[str, object]) -> None:
    """Write a record as a file of JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")


def number(value: float) -> str:
    """Three significant figures, in plain notation; very small ones by powers of ten."""
    size = abs(value)
    if 0 < size < 1e-3:
        return f"{value:.0e}"
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"
