"""Threads over blocks: compiled code lets go of Python's lock, so threads use all cores and share the world."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

__all__ = ["Clock", "available_cores", "run_in_threads"]

Work = TypeVar("Work")
_PATIENCE = 2.0  # seconds that a stop waits for threads to reach their next block


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def run_in_threads(
    works: Sequence[Work], do: Callable[[Work, threading.Event], None], workers: int, done: Callable[[Work], None]
) -> None:
    """Do every work in one of some threads; call `done` from the calling thread as each ends.

    Parameters
    ----------
    works : sequence
        In the order in which they are begun.
    do : callable
        Takes a work and the event that says stop; after the event it must not write any more.
    workers : int
        Number of threads.
    done : callable
        Called in the calling thread; may raise to stop.

    Raises
    ------
    BaseException
        Whatever `do` or `done` raised first, or KeyboardInterrupt; no further work is begun, and what is under
        way is dropped.
    """
    waiting: queue.SimpleQueue[Work] = queue.SimpleQueue()
    ended: queue.SimpleQueue[tuple[Work, BaseException | None]] = queue.SimpleQueue()
    stop = threading.Event()
    for work in works:
        waiting.put(work)

    def loop() -> None:
        while not stop.is_set():
            try:
                work = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                do(work, stop)
            except BaseException as error:  # handed to the calling thread, which raises it
                ended.put((work, error))
                return
            ended.put((work, None))

    # Daemons: a thread deep in compiled code cannot be interrupted and must not keep the process alive.
    threads = [threading.Thread(target=loop, daemon=True) for _ in range(max(1, min(workers, len(works))))]
    try:
        for thread in threads:
            thread.start()
        for _ in works:
            work, error = ended.get()
            if error is not None:
                raise error
            done(work)
    finally:
        stop.set()
        until = time.monotonic() + _PATIENCE
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))


@dataclass
class Clock:
    """Estimates the seconds left from what blocks took, the first of each thread aside: they also compile.

    Parameters
    ----------
    total : float
        Work in all, in any unit.
    done : float
        Work that was there before.
    workers : int
        Threads that share what is left.
    """

    total: float
    done: float = 0.0
    workers: int = 1
    _steps: list[tuple[float, float]] = field(default_factory=list)

    def step(self, amount: float, seconds: float) -> float:
        """Add a finished block, with the seconds that its thread took, and return the seconds left."""
        self.done += amount
        self._steps.append((amount, seconds))
        steps = self._steps[self.workers :] or self._steps
        pace = sum(seconds for _, seconds in steps) / sum(amount for amount, _ in steps)
        return max(0.0, self.total - self.done) * pace / self.workers
