"""The disk cache is stamped with every source of the model, so that no stale code is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numba import njit
from numba.core import event

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


def test_a_change_in_another_source_of_the_model_compiles_anew(tmp_path: Path) -> None:
    root, cache = tmp_path / "src", tmp_path / "cache"
    (root / "qorgau").mkdir(parents=True)
    (root / "qorgau" / "__init__.py").write_text("")
    shutil.copytree(PACKAGE / "model", root / "qorgau" / "model", ignore=shutil.ignore_patterns("__pycache__"))
    assert _run(root, cache) == (0, 1)
    assert _run(root, cache) == (1, 0)
    for name, found in (("patronage", (1, 0)), ("streams", (0, 1))):
        source = root / "qorgau" / "model" / f"{name}.py"
        source.write_text(source.read_text() + "\n# changed\n")
        assert _run(root, cache) == found, "only what the function's file imports counts"


def test_a_stamp_covers_what_a_file_imports_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_PACKAGE", "pkg")
    (tmp_path / "a.py").write_text("from pkg.b import x\nfrom pkg import c\nimport numpy\n")
    (tmp_path / "b.py").write_text("import pkg.d\n")
    for name in "cde":
        (tmp_path / f"{name}.py").write_text("")
    assert [p.stem for p in compiled.closure(tmp_path / "a.py")] == ["a", "b", "c", "d"]

    def stamp() -> str:
        compiled._imports.cache_clear()
        compiled.closure_stamp.cache_clear()
        return compiled.closure_stamp(tmp_path / "a.py")

    first = stamp()
    (tmp_path / "e.py").write_text("y = 1\n")
    assert stamp() == first, "a file that is not imported does not count"
    (tmp_path / "d.py").write_text("y = 1\n")
    assert stamp() != first


def test_long_functions_release_the_lock_and_brief_ones_keep_it() -> None:
    assert compiled.compiled(_double).targetoptions.get("nogil") is True
    short = compiled.brief(_double)
    assert not short.targetoptions.get("nogil") and short(2.0) == 4.0


def test_a_helper_is_compiled_once_for_all_constants_and_may_call_itself() -> None:
    seen: list[tuple[str, str]] = []

    class Listener(event.Listener):
        def on_start(self, event: event.Event) -> None:
            seen.append((event.data["dispatcher"].py_func.__name__, str(event.data["args"])))

        def on_end(self, event: event.Event) -> None:
            pass

    caller = njit(_with_constants)
    with event.install_listener("numba:compile", Listener()):
        assert caller(5) == sum(range(8)) + sum(range(9)) + sum(range(6))
    assert [args for name, args in seen if name == "_summed"] == ["(int64,)"]
    assert _summed(4) == 10, "it can also be called from Python"


def test_what_is_missing_on_disk_is_told(tmp_path: Path) -> None:
    code = "import qorgau.model.enforcement; from qorgau.model.compiled import cached, uncompiled; " \
           "print(len(cached()), len(uncompiled()))"
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    of, missing = map(int, out.stdout.split())
    assert of == missing >= 2


def _double(x):
    return 2.0 * x


@compiled.inlined
def _summed(n):
    if n <= 0:
        return 0
    return n + _summed(n - 1)


def _with_constants(n):
    return _summed(7) + _summed(8) + _summed(n)
