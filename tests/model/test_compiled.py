"""The disk cache is stamped with the sources that a function can reach, so that no stale code is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from qorgau.model import compiled

PACKAGE = Path(compiled.__file__).parents[1]

SCRIPT = """
from qorgau.model.drug_market import clear
from qorgau.model.enforcement import _allocate
import numpy as np
par = np.zeros(1, dtype=[("effort_inertia", float), ("effort_power", float), ("effort_diverted", float)])
on = np.ones((1, 80))
effort = np.full((1, 2), 100.0)
seized = np.array([[50.0, 0.0]])
par["effort_inertia"], par["effort_power"] = 1.0, 1.0
z = np.zeros((1, 2))
_allocate(par, on, 0.0, 0, np.zeros(2, np.int64), np.full(1, 2.0), seized, effort, z)
stats = _allocate.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def _run(root: Path, cache: Path) -> tuple[int, int]:
    env = {**os.environ, "PYTHONPATH": str(root), "NUMBA_CACHE_DIR": str(cache)}
    out = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True)
    hits, misses = out.stdout.split()
    return int(hits), int(misses)


def test_a_change_in_a_source_within_reach_compiles_anew_and_no_other(tmp_path: Path) -> None:
    root, cache = tmp_path / "src", tmp_path / "cache"
    (root / "qorgau").mkdir(parents=True)
    (root / "qorgau" / "__init__.py").write_text("")
    shutil.copytree(PACKAGE / "model", root / "qorgau" / "model", ignore=shutil.ignore_patterns("__pycache__"))
    assert _run(root, cache) == (0, 1)
    assert _run(root, cache) == (1, 0)
    for name, expected in (("people", (1, 0)), ("streams", (0, 1))):
        source = root / "qorgau" / "model" / f"{name}.py"
        source.write_text(source.read_text() + "\n# changed\n")
        assert _run(root, cache) == expected, name
