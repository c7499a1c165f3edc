"""Clocks put around parts of the model from outside, for one process at a time; the model itself carries none."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from numba.core.dispatcher import Dispatcher

import qorgau.model
from qorgau.ensemble import blocks, crate, runner, store
from qorgau.model import outcomes, run

KERNELS = "kernels"


class Probe:
    """Processor seconds by name of part; ``total`` holds those of the whole."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.total = 0.0

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with its processor time added up under a name."""

        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            begun = time.process_time()
            try:
                return function(*args, **options)
            finally:
                self.seconds[name] += time.process_time() - begun

        return call

    def months(self, advance: Callable[..., None]) -> Callable[..., None]:
        """``advance_month`` that books each process under its printed name."""

        def call(*args: Any) -> None:
            last = time.process_time()

            def watch(name: str, _: Any) -> None:
                nonlocal last
                now = time.process_time()
                self.seconds[name] += now - last
                last = now

            advance(*args, watch)

        return call


def _compiled() -> Iterator[tuple[Any, str, Dispatcher]]:
    """Every compiled function that a module of the model can call from Python."""
    for found in pkgutil.iter_modules(qorgau.model.__path__):
        module = importlib.import_module(f"qorgau.model.{found.name}")
        for name, value in vars(module).items():
            if isinstance(value, Dispatcher):
                yield module, name, value


@contextmanager
def clocks(ensemble: bool = False) -> Iterator[Probe]:
    """Put clocks around processes, kernels and the collection of outcomes; around an ensemble's parts too if asked.

    Everything must have been compiled before: compiling would take a clock for a constant of the function.
    """
    probe = Probe()

    class Collector(outcomes.Collector):
        month = probe.timed("collection", outcomes.Collector.month)
        year = probe.timed("collection", outcomes.Collector.year)

    places: list[tuple[Any, str, Any]] = [(m, n, probe.timed(KERNELS, f)) for m, n, f in list(_compiled())]
    places += [
        (run, "Collector", Collector),
        (run, "advance_month", probe.months(run.advance_month)),
        (run, "begin", probe.timed("start", run.begin)),
    ]
    if ensemble:
        places += [
            (runner, "draw_from", probe.timed("drawing", runner.draw_from)),
            (crate, "write_crate", probe.timed("storage", crate.write_crate)),
        ]
        for name in ("resume", "write_draws", "add"):
            places.append((store.Store, name, probe.timed("storage", getattr(store.Store, name))))
        for name in ("_check", "yearly_table", "_corridor_table"):
            places.append((blocks, name, probe.timed("tables", getattr(blocks, name))))
    with ExitStack() as stack:
        for place, name, clock in places:
            stack.enter_context(patch.object(place, name, clock))
        begun = time.process_time()
        yield probe
        probe.total = time.process_time() - begun
