import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import qorgau

ROOT = Path(__file__).parents[2]


def test_importing_qorgau_is_light():
    script = (
        "import sys, qorgau; print([m for m in ('numba', 'altair', 'scipy', 'numpy', 'duckdb') if m in sys.modules])"
    )
    made = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert made.stdout.strip() == "[]"


def test_reading_results_needs_no_compiler():
    script = "import sys; from qorgau import Results, simulate; print('numba' in sys.modules, 'altair' in sys.modules)"
    made = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert made.stdout.strip() == "False False"


def test_public_names():
    assert {"load_case", "simulate", "Results", "__version__"} <= set(dir(qorgau))
    assert callable(qorgau.simulate) and callable(qorgau.load_case)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        qorgau.nothing  # noqa: B018


def test_version_is_that_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = project.get("version", qorgau.__version__)
    assert version == qorgau.__version__
