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
from qorgau.model import months, outcomes, run

KERNELS = "kernels"
COLLECTION = "collection"
OF_COLLECTION = "kernels of collection"


class Probe:
    """Processor seconds by name of part; ``total`` holds those of the whole.

    Kernels that the collection of outcomes calls are booked under a name of their own, so that subtracting kernels and
    collection from the whole does not subtract them twice. ``clocks`` is what the clocks around kernels cost outside
    of what they measure.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.total = 0.0
        self._calls = 0
        self._collecting = False

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

    def kernel(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The compiled function with its processor time added up."""

        @functools.wraps(function)
        def call(*args: Any) -> Any:
            begun = time.process_time()
            try:
                return function(*args)
            finally:
                self.seconds[OF_COLLECTION if self._collecting else KERNELS] += time.process_time() - begun
                self._calls += not self._collecting

        return call

    def collecting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with its processor time added up as collection of outcomes."""
        clocked = self.timed(COLLECTION, function)

        @functools.wraps(function)
        def call(*args: Any) -> Any:
            self._collecting = True
            try:
                return clocked(*args)
            finally:
                self._collecting = False

        return call

    @property
    def clocks(self) -> float:
        """Processor seconds of the clocks around kernels that are in no part."""
        spare, number = Probe(), 20_000
        empty, given = spare.kernel(lambda *_: None), tuple(range(12))
        begun = time.process_time()
        for _ in range(number):
            empty(*given)
        return self._calls * (time.process_time() - begun - spare.seconds[KERNELS]) / number

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
    """Put clocks around processes, kernels and the collection of outcomes; around an ensemble's parts instead if asked.

    To be told apart, processes are called from Python, all rows at once; an ensemble's months are played as they are
    without clocks, in one kernel.

    Everything must have been compiled before: compiling would take a clock for a constant of the function.
    """
    probe = Probe()

    class Collector(outcomes.Collector):
        month = probe.collecting(outcomes.Collector.month)
        year = probe.collecting(outcomes.Collector.year)

    places: list[tuple[Any, str, Any]] = [(m, n, probe.kernel(f)) for m, n, f in list(_compiled())]
    places += [
        (months, "Collector", Collector),
        (run, "begin", probe.timed("start", run.begin)),
    ]
    if not ensemble:
        by_process = functools.partial(run.simulate_block, advance=probe.months(months.advance_month))
        places.append((run, "simulate_block", by_process))
    if ensemble:
        places += [
            (runner, "draw_from", probe.timed("drawing", runner.draw_from)),
            (crate, "write_crate", probe.timed("storage", crate.write_crate)),
        ]
        for name in ("_take_over", "gather", "write_draws", "add"):
            places.append((store.Store, name, probe.timed("storage", getattr(store.Store, name))))
        for name in ("_check", "yearly_table", "corridor_table"):
            places.append((blocks, name, probe.timed("tables", getattr(blocks, name))))
    with ExitStack() as stack:
        for place, name, clock in places:
            stack.enter_context(patch.object(place, name, clock))
        begun = time.process_time()
        yield probe
        probe.total = time.process_time() - begun
