"""Measure what it costs to have runs made: everything but the model, beside joblib and the EMA workbench.

python benchmarks/dispatch/run.py             # about two minutes on two cores once the model is compiled
python benchmarks/dispatch/run.py --draws 64  # more draws of the bundled case

Two kinds of runs. Of *real* ones (the bundled case under all of its policies) the seconds inside the model are added
up; what is left of workers times wall time is overhead: cutting, handing out, collecting, waiting, and for Qorgau also
drawing, checks, tables, checksums and files flushed to disk, which the others leave to their user. *Trivial* ones do
next to nothing, so all of their time is overhead. The EMA workbench is measured where it is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "src"), str(ROOT)]
# Worker processes of joblib and of the EMA workbench import this file too.
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), str(ROOT / "src"), str(ROOT)])
warnings.filterwarnings("ignore")

TRIVIAL = 4096
SINGLE = 4  # draws for the EMA workbench, which gives the model one at a time: slow, and its overhead is told a draw
LIBRARIES = ("qorgau", "joblib", "ema_workbench", "numpy", "numba", "pyarrow")
Measured = dict[str, float]


@functools.cache
def case_inputs() -> Any:
    """The bundled case, once in each process."""
    import qorgau
    from qorgau.ensemble.translate import inputs_of

    return inputs_of(qorgau.load_case("kazakhstan"))


@functools.cache
def plan() -> Any:
    from qorgau.ensemble.policies import plan_of

    return plan_of(None, case_inputs().catalogue)


def real_block(draws: Any) -> tuple[np.ndarray, float]:
    """Run draws under every policy; return yearly outcomes and the seconds inside the model."""
    inputs = case_inputs()
    parameters, keys = inputs.parameters_of(draws.columns(), len(draws)), inputs.keys_of(1, draws.streams)
    plan()
    begun = time.perf_counter()
    result = inputs.runner(inputs.world, parameters, np.array(draws.on), keys, plan(), inputs.catalogue.last_month)
    return result.yearly, time.perf_counter() - begun


def trivial(a: float = 0.0, b: float = 0.0, c: float = 0.0) -> dict[str, float]:
    """A run that does next to nothing."""
    return {"y": a + b + c}


# ------------------------------------------------------------------------------------------------ the three


class Timed:
    """A model with a clock around it: wall and processor seconds, summed over threads."""

    def __init__(self, runner: Any) -> None:
        self.runner, self.lock, self.wall, self.cpu = runner, threading.Lock(), 0.0, 0.0

    def __call__(self, *given: Any) -> Any:
        with self.running():
            return self.runner(*given)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            with self.lock:
                self.wall += wall
                self.cpu += cpu


@contextlib.contextmanager
def storing() -> Iterator[Timed]:
    """Put one clock around all that writes files: encoding, compression, checksums, flushing to disk, the crate."""
    from qorgau.ensemble import crate
    from qorgau.ensemble.store import Store

    clock = Timed(None)

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **options: Any) -> Any:
            with clock.running():
                return function(*given, **options)

        return call

    with contextlib.ExitStack() as stack:
        for place, name in ((Store, "resume"), (Store, "write_draws"), (Store, "add"), (crate, "write_crate")):
            stack.enter_context(patch.object(place, name, timed(getattr(place, name))))
        yield clock


def qorgau_real(draws: int, workers: int) -> Measured:
    from dataclasses import replace

    from qorgau.ensemble.runner import simulate_inputs

    model = Timed(case_inputs().runner)
    with tempfile.TemporaryDirectory() as folder, storing() as files:
        wall, cpu = time.perf_counter(), time.process_time()
        inputs = replace(case_inputs(), runner=model)
        simulate_inputs(inputs, None, draws, 1, workers, Path(folder) / "out")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "wall": wall, "model": model.wall, "draws": draws, "overhead": (workers * wall - model.wall) / draws,
        "share": 1 - model.wall / (workers * wall), "cpu_share": 1 - model.cpu / cpu,
        "cpu_overhead": (cpu - model.cpu) / draws, "files": files.wall / draws, "cpu_files": files.cpu / cpu,
    }


def joblib_real(draws: int, workers: int) -> Measured:
    from joblib import Parallel, delayed

    from qorgau.ensemble.cuts import equal_blocks
    from qorgau.ensemble.designs import draw_from

    every = draw_from(case_inputs().uncertain, draws, 1)
    parts = [every.part(a, b) for a, b in equal_blocks(draws)]
    import run as here  # by name, so that workers import it and do not compile the model of a copy

    with Parallel(n_jobs=workers) as pool:
        pool(delayed(here.real_block)(every.part(0, 1)) for _ in range(workers))
        begun = time.perf_counter()
        made = pool(delayed(here.real_block)(part) for part in parts)
        wall = time.perf_counter() - begun
    return _others(wall, sum(seconds for _, seconds in made), draws, workers)


def _others(wall: float, model: float, draws: int, workers: int) -> Measured:
    return {"wall": wall, "model": model, "overhead": (workers * wall - model) / draws,
            "share": 1 - model / (workers * wall), "draws": draws}


@functools.cache
def _first(draws: int) -> Any:
    from qorgau.ensemble.designs import draw_from

    return draw_from(case_inputs().uncertain, draws, 1)


def ema_run(number: float = 0.0, many: int = 8) -> dict[str, Any]:
    """One experiment: the draw whose place in the design is `number`, under every policy."""
    draws = _first(int(many))
    yearly, seconds = real_block(draws.part(int(number), int(number) + 1))
    return {"yearly": yearly.ravel(), "seconds": seconds}


def ema_real(_: int, workers: int) -> Measured:
    draws = SINGLE
    import run as here
    from ema_workbench import ArrayOutcome, Constant, IntegerParameter, Model, ScalarOutcome, Scenario

    model = Model("real", function=here.ema_run)
    model.uncertainties = [IntegerParameter("number", 0, draws)]
    model.constants = [Constant("many", draws)]
    model.outcomes = [ArrayOutcome("yearly"), ScalarOutcome("seconds")]
    scenarios = [Scenario(str(i), number=i) for i in range(draws)]
    wall, outcomes = _ema(model, scenarios, workers, warm=workers)
    return _others(wall, float(np.sum(outcomes["seconds"])), draws, workers)


def _ema(model: Any, scenarios: Any, workers: int, warm: int) -> tuple[float, Any]:
    from ema_workbench import MultiprocessingEvaluator, SequentialEvaluator

    kind = SequentialEvaluator(model) if workers == 1 else MultiprocessingEvaluator(model, n_processes=workers)
    with kind as evaluator:
        evaluator.perform_experiments(scenarios[:warm] if isinstance(scenarios, list) else warm)
        begun = time.perf_counter()
        _, outcomes = evaluator.perform_experiments(scenarios)
        return time.perf_counter() - begun, outcomes


def qorgau_trivial(workers: int) -> Measured:
    from tests.ensemble.fakes import FakeRunner, fake_inputs

    from qorgau.ensemble.runner import simulate_inputs

    with tempfile.TemporaryDirectory() as folder, storing() as files:
        model = Timed(FakeRunner())
        begun = time.perf_counter()
        simulate_inputs(fake_inputs(model), [], TRIVIAL, 1, workers, Path(folder) / "out")
        wall = time.perf_counter() - begun
    return {"wall": wall, "overhead": (workers * wall - model.wall) / TRIVIAL, "files": files.wall / TRIVIAL}


def joblib_trivial(workers: int) -> Measured:
    import run as here
    from joblib import Parallel, delayed

    with Parallel(n_jobs=workers) as pool:
        pool(delayed(here.trivial)(i) for i in range(8))
        begun = time.perf_counter()
        pool(delayed(here.trivial)(i) for i in range(TRIVIAL))
        wall = time.perf_counter() - begun
    return {"wall": wall, "overhead": workers * wall / TRIVIAL}


def ema_trivial(workers: int) -> Measured:
    import run as here
    from ema_workbench import Model, RealParameter, ScalarOutcome

    model = Model("trivial", function=here.trivial)
    model.uncertainties = [RealParameter(name, 0.0, 1.0) for name in "abc"]
    model.outcomes = [ScalarOutcome("y")]
    wall, _ = _ema(model, TRIVIAL, workers, warm=8)
    return {"wall": wall, "overhead": workers * wall / TRIVIAL}


# ---------------------------------------------------------------------------------------------- measurement


def median_of(measure: Callable[[], Measured], repeats: int) -> Measured:
    """The measurement with the median overhead."""
    found = sorted((measure() for _ in range(repeats)), key=lambda item: item["overhead"])
    return found[(len(found) - 1) // 2]


def figures(found: dict[str, dict[str, dict[str, Measured]]]) -> dict[str, dict[str, Any]]:
    """What is compared over time: shares of a run, microseconds of a trivial one, and both over those of the others."""
    told: dict[str, dict[str, Any]] = {}
    for workers, rows in found["real"].items():
        ours, light = rows["qorgau"], found["trivial"][workers]
        told[f"outside_model_cpu/{workers}"] = {
            "value": 100 * ours["cpu_share"], "unit": "% of a run", "target": 2.0, "least": False,
        }
        told[f"outside_model_wall/{workers}"] = {"value": 100 * ours["share"], "unit": "% of a run"}
        told[f"files_cpu/{workers}"] = {"value": 100 * ours["cpu_files"], "unit": "% of a run"}
        told[f"trivial/{workers}"] = {"value": 1e6 * light["qorgau"]["overhead"], "unit": "µs a run"}
        told[f"trivial_without_files/{workers}"] = {
            "value": 1e6 * (light["qorgau"]["overhead"] - light["qorgau"]["files"]), "unit": "µs a run",
        }
        for name in rows:
            if name != "qorgau":
                told[f"real_over_{name}/{workers}"] = {
                    "value": ours["overhead"] / rows[name]["overhead"], "unit": "times", "least": False}
                told[f"trivial_over_{name}/{workers}"] = {
                    "value": light["qorgau"]["overhead"] / light[name]["overhead"], "unit": "times", "least": False}
    return told


def installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=32, help="draws of the bundled case, a multiple of 16")
    parser.add_argument("--repeats", type=int, default=3, help="repeats of which the median is told")
    parser.add_argument("--out", type=Path, help="JSON to write; by default a dated one in results")
    parser.add_argument("--quick", action="store_true", help="16 draws, once")
    given = parser.parse_args()
    if given.quick:
        given.draws, given.repeats = 16, 1
    if given.draws < 16 or given.draws % 16:
        parser.error("--draws: give a multiple of 16")
    begun, loads = datetime.now(UTC), [os.getloadavg()[0]]
    from qorgau.ensemble.cuts import equal_blocks

    first = equal_blocks(given.draws)[0]
    qorgau_real(16, 1)  # compiles
    real: dict[str, Callable[[int, int], Measured]] = {"qorgau": qorgau_real, "joblib": joblib_real}
    light: dict[str, Callable[[int], Measured]] = {"qorgau": qorgau_trivial, "joblib": joblib_trivial}
    if installed("ema_workbench"):
        real["ema_workbench"], light["ema_workbench"] = ema_real, ema_trivial
    found: dict[str, dict[str, dict[str, Measured]]] = {"real": {}, "trivial": {}}
    for workers in (1, 2):
        found["real"][str(workers)] = {
            name: median_of(lambda run=run, w=workers: run(given.draws, w), given.repeats) for name, run in real.items()
        }
        found["trivial"][str(workers)] = {
            name: median_of(lambda run=run, w=workers: run(w), given.repeats) for name, run in light.items()
        }
        loads.append(os.getloadavg()[0])
    told = {
        "date": begun.isoformat(timespec="seconds"),
        "machine": {"system": platform.platform(), "processor": processor(), "cores": os.cpu_count()},
        "load": loads,
        "python": platform.python_version(),
        "versions": {name: installed(name) for name in LIBRARIES},
        "draws": given.draws, "policies": len(plan().policies), "trivial_runs": TRIVIAL, "block": first[1] - first[0],
        "repeats": given.repeats, "measured": found, "figures": figures(found),
    }
    out = given.out or HERE / "results" / f"{begun:%Y-%m-%dT%H%M}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    show(told)
    print(out)


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def show(told: dict[str, Any]) -> None:
    print(f"load average {', '.join(f'{x:.1f}' for x in told['load'])}" + (
        "; another program took part of the machine: wall times are for comparing within this run only"
        if statistics.mean(told["load"]) > told["machine"]["cores"] else ""))
    print(f"{told['draws']} draws of the bundled case under {told['policies']} policies, blocks of {told['block']}")
    print(f"{'':16}{'workers':>8}{'ms a draw':>11}{'over, ms':>10}{'files':>8}{'share':>8}{'of CPU':>8}"
          f"{'times ours':>12}{'trivial, µs':>13}{'files':>8}{'times ours':>12}")
    for workers, rows in told["measured"]["real"].items():
        light = told["measured"]["trivial"][workers]
        for name, row in rows.items():
            cpu = f"{100 * row['cpu_share']:.1f} %" if "cpu_share" in row else ""
            of_files = f"{1e3 * row['files']:.2f}" if "files" in row else "none"
            light_files = f"{1e6 * light[name]['files']:.1f}" if "files" in light[name] else "none"
            print(
                f"{name:16}{workers:>8}{1e3 * row['wall'] / row['draws']:11.1f}{1e3 * row['overhead']:10.2f}"
                f"{of_files:>8}{100 * row['share']:6.1f} %{cpu:>8}{row['overhead'] / rows['qorgau']['overhead']:12.2f}"
                f"{1e6 * light[name]['overhead']:13.1f}{light_files:>8}"
                f"{light[name]['overhead'] / light['qorgau']['overhead']:12.2f}"
            )


if __name__ == "__main__":
    main()
