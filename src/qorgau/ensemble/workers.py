"""Threads over blocks: compiled code lets go of Python's lock, so threads use all cores and share the world."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    """Estimates the seconds left, without counting the first block's compilation as the pace.

    Parameters
    ----------
    total : float
        Work in all, in any unit.
    done : float
        Work that was there before.
    """

    total: float
    done: float = 0.0

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        self._before = self.done
        self._first: tuple[float, float] | None = None

    def step(self, amount: float) -> float:
        """Add finished work and return the seconds left, NaN when nothing is known yet."""
        now = time.monotonic()
        self.done += amount
        if self._first is None:
            self._first = (now, self.done)
            pace = (self.done - self._before) / max(now - self._began, 1e-9)
        else:
            pace = (self.done - self._first[1]) / max(now - self._first[0], 1e-9)
        return max(0.0, self.total - self.done) / pace if pace > 0 else float("nan")
