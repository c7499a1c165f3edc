"""What runs behind the page: one baseline, shared by all settings, and settings run against it block by block.

Threads take the next block of whatever was asked for last, else of the baseline, so that numbers settle while one
watches and a new setting never waits for an old one. A block of the baseline is run when it is first needed and kept.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from qorgau.ensemble.designs import Draws
from qorgau.ensemble.policies import Plan
from qorgau.web.engine import Engine, Flows, Trunk
from qorgau.web.settings import Setting

__all__ = ["Job", "Progress", "Session"]

_log = logging.getLogger(__name__)

_FIRST_BLOCK, _BLOCK = 4, 8
_MOST_JOBS = 24
"""Settings that are kept; the oldest that is neither running nor kept for comparison goes first."""


@dataclass
class _Block:
    start: int
    stop: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    claimed: bool = False
    trunk: Trunk | None = None
    failed: str = ""


@dataclass
class Job:
    """One setting; blocks that are done stay when it is stopped, and it goes on from them."""

    setting: Setting
    plan: Plan
    label: str
    total: int
    state: str = "running"
    message: str = ""
    claimed: set[int] = field(default_factory=set)
    done: dict[int, Flows] = field(default_factory=dict)
    lost: int = 0
    began: float = 0.0
    at_start: int = 0
    kept: bool = False

    @property
    def id(self) -> str:
        """Name of the job."""
        return self.setting.key


@dataclass(frozen=True)
class Progress:
    """How far something is; `left` is seconds, None when not known yet."""

    state: str
    done: int
    total: int
    left: float | None
    message: str = ""


class Session:
    """Runs settings of one case.

    Parameters
    ----------
    engine : Engine
    draws_of : callable
        From a number of draws to the draws; more draws begin with the same ones.
    runs : int
        Draws of the baseline.
    workers : int
        Threads.
    window : int
        First year of what is kept of a setting.
    """

    def __init__(
        self, engine: Engine, draws_of: Callable[[int], Draws], runs: int, workers: int, window: int
    ) -> None:
        self.engine, self.runs, self.window = engine, runs, window
        self._draws_of, self._workers = draws_of, workers
        self._change = threading.Condition()
        self._draws: Draws | None = None
        self._blocks: list[_Block] = []
        self._jobs: dict[str, Job] = {}
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._first: tuple[float, int] | None = None
        self._trouble = ""

    # ------------------------------------------------------------------------------------------ asked for

    def start(self) -> None:
        """Begin with the baseline; does nothing when it has begun."""
        with self._change:
            if self._threads or self._closed:
                return
            self._grow(self.runs)
            # Daemons: a thread deep in compiled code cannot be interrupted and must not keep the process alive.
            self._threads = [threading.Thread(target=self._loop, daemon=True) for _ in range(self._workers)]
        for thread in self._threads:
            thread.start()

    def close(self, patience: float = 2.0) -> None:
        """Stop all work; blocks under way are dropped."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        until = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def submit(self, setting: Setting, plan: Plan, label: str, runs: int) -> Job:
        """Run a setting, or go on with it; the same levers are the same job, whatever number of runs is asked."""
        self.start()
        with self._change:
            job = self._jobs.pop(setting.key, None) or Job(setting, plan, label, runs)
            self._jobs[setting.key] = job  # last in the order: taken up first
            job.total = max(job.total, runs)
            self._grow(job.total)
            if job.state != "running":
                job.claimed = set(job.done)
            job.state, job.message = "running", ""
            job.began, job.at_start = time.monotonic(), self._count(job)
            self._settle(job)
            self._forget()
            self._change.notify_all()
            return job

    def stop(self, key: str) -> Job | None:
        """Stop a setting; what is done stays. None when there is no such job."""
        with self._change:
            job = self._jobs.get(key)
            if job is not None and job.state == "running":
                job.state = "stopped"
            return job

    def job(self, key: str) -> Job | None:
        """Return a setting by its key, or None."""
        with self._change:
            return self._jobs.get(key)

    def keep(self, key: str, kept: bool) -> Job | None:
        """Mark a setting as kept for comparison, or no longer."""
        with self._change:
            job = self._jobs.get(key)
            if job is not None:
                job.kept = kept
            return job

    def kept(self) -> list[Job]:
        """Return the settings kept for comparison."""
        with self._change:
            return [job for job in self._jobs.values() if job.kept]

    # -------------------------------------------------------------------------------------------- results

    def baseline_progress(self) -> Progress:
        """How far the shared baseline is."""
        with self._change:
            total = sum(b.stop - b.start for b in self._blocks) or self.runs
            lost = sum(b.stop - b.start for b in self._blocks if b.failed)
            done = sum(b.stop - b.start for b in self._blocks if b.trunk is not None)
            if self._trouble:
                return Progress("failed", done, total, None, self._trouble)
            if self._blocks and lost == total:
                return Progress("failed", done, total, None, self._blocks[0].failed)
            finished = bool(self._blocks) and done + lost == total
            left: float | None = 0.0 if finished else None
            # From the first block on: before it the model is compiled, which says nothing of the pace.
            if not finished and self._first is not None and done > self._first[1]:
                left = (time.monotonic() - self._first[0]) / (done - self._first[1]) * (total - done - lost)
            return Progress("done" if finished else "running", done, total, left)

    def progress(self, job: Job) -> Progress:
        """How far a setting is."""
        with self._change:
            done = self._count(job)
            left: float | None = None
            if job.state == "done":
                left = 0.0
            elif job.state == "running" and done > job.at_start:
                left = (time.monotonic() - job.began) / (done - job.at_start) * (job.total - done)
            return Progress(job.state, done, job.total, left, job.message)

    def pairs(self, job: Job) -> tuple[Flows, Flows] | None:
        """Return baseline and setting, row by row the same draws, from `window` on; None before the first block."""
        with self._change:
            done = [(self._blocks[i].trunk, flows) for i, flows in sorted(job.done.items())]
        start = self.window - self.engine.years[0]
        rows = [(trunk.flows, flows) for trunk, flows in done if trunk is not None and len(flows.rows)]
        if not rows:
            return None
        base = Flows(
            np.arange(sum(len(f.rows) for _, f in rows)),
            np.concatenate([b.yearly[f.rows, start:] for b, f in rows]),
            np.concatenate([b.carried[f.rows, start:] for b, f in rows]),
        )
        changed = Flows(
            base.rows, np.concatenate([f.yearly for _, f in rows]), np.concatenate([f.carried for _, f in rows])
        )
        return base, changed

    def baseline(self) -> Flows | None:
        """Return the baseline so far, all years; None before the first block."""
        with self._change:
            done = [b.trunk.flows for b in self._blocks if b.trunk is not None]
        if not done:
            return None
        yearly, carried = np.concatenate([f.yearly for f in done]), np.concatenate([f.carried for f in done])
        return Flows(np.arange(len(yearly)), yearly, carried)

    # -------------------------------------------------------------------------------------------- threads

    def _grow(self, runs: int) -> None:
        at = self._blocks[-1].stop if self._blocks else 0
        while at < runs:
            stop = min(runs, at + (_FIRST_BLOCK if at < 2 * _FIRST_BLOCK else _BLOCK))
            self._blocks.append(_Block(at, stop))
            at = stop

    def _blocks_of(self, job: Job) -> range:
        return range(sum(1 for b in self._blocks if b.start < job.total))

    def _count(self, job: Job) -> int:
        return sum(min(self._blocks[i].stop, job.total) - self._blocks[i].start for i in job.done)

    def _settle(self, job: Job) -> None:
        if job.state == "running" and all(i in job.done for i in self._blocks_of(job)):
            lost = all(not len(flows.rows) for flows in job.done.values())
            job.state = "failed" if lost else "done"

    def _forget(self) -> None:
        for key, job in list(self._jobs.items()):
            if len(self._jobs) <= _MOST_JOBS:
                break
            if not job.kept and job.state != "running":
                del self._jobs[key]

    def _take(self) -> tuple[Job | None, int] | None:
        """Return the next block to run, with the job that wants it (None: the baseline); called with the lock."""
        for job in reversed(self._jobs.values()):
            if job.state == "running":
                for i in self._blocks_of(job):
                    if i not in job.claimed:
                        job.claimed.add(i)
                        return job, i
        for i, block in enumerate(self._blocks):
            if not block.claimed and block.trunk is None:
                block.claimed = True
                return None, i
        return None

    def _loop(self) -> None:
        while True:
            with self._change:
                taken = None if self._closed else self._take()
                while taken is None and not self._closed:
                    self._change.wait()
                    taken = self._take()
                if taken is None or self._closed:
                    return
            try:
                self._do(*taken)
            except Exception as error:
                # Deliberately broad: a thread that ends would leave the page waiting for ever.
                _log.exception("a block failed")
                self._fail(taken[0], taken[1], " ".join(f"{type(error).__name__}: {error}".split()))

    def _fail(self, job: Job | None, i: int, words: str) -> None:
        with self._change:
            if self._draws is None:
                self._trouble = words
            if job is not None:
                job.message = words
                job.done[i] = _nothing(self.engine)
                self._settle(job)

    def _do(self, job: Job | None, i: int) -> None:
        block = self._blocks[i]
        with block.lock:
            if block.trunk is None and not block.failed:
                try:
                    block.trunk = self.engine.trunk(self._part(block))
                    with self._change:
                        self._first = self._first or (time.monotonic(), block.stop - block.start)
                except Exception as error:
                    _log.exception("the baseline of a block failed")
                    block.failed = " ".join(f"{type(error).__name__}: {error}".split())
        if job is None or self._closed or job.state != "running":
            return
        trunk = block.trunk
        flows = _nothing(self.engine) if trunk is None else self.engine.branch(trunk, job.plan, self.window)
        with self._change:
            lost = (block.stop - block.start) - len(flows.rows)
            if job.state == "running" and i not in job.done:
                job.done[i] = flows
                job.lost += lost
                job.message = block.failed or job.message
                self._settle(job)

    def _part(self, block: _Block) -> Draws:
        with self._change:
            held = self._draws
            wanted = self._blocks[-1].stop
        if held is None or len(held) < block.stop:
            held = self._draws_of(wanted)
            with self._change:
                self._draws = held
        return held.part(block.start, block.stop)


def _nothing(engine: Engine) -> Flows:
    return Flows(np.zeros(0, dtype=np.int64), np.zeros((0, len(engine.years), 0)), np.zeros((0, 0, 0, 0)))
