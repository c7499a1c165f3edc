import threading
import time

import pytest

from qorgau.ensemble.workers import Clock, available_cores, run_in_threads


@pytest.mark.parametrize("workers", [1, 3])
def test_every_work_is_done_once(workers):
    did, told = [], []
    run_in_threads(range(20), lambda work, stop: did.append(work), workers, told.append)
    assert sorted(did) == sorted(told) == list(range(20))


def test_threads_work_at_the_same_time():
    both = threading.Barrier(2, timeout=10)
    run_in_threads(range(2), lambda work, stop: both.wait(), 2, lambda work: None)


def test_first_error_stops_the_rest():
    did = []

    def do(work, stop):
        if work == 3:
            raise RuntimeError("three")
        did.append(work)

    with pytest.raises(RuntimeError, match="three"):
        run_in_threads(range(1000), do, 1, lambda work: None)
    assert did == [0, 1, 2]


def test_raising_in_done_stops_and_tells_the_workers():
    stops = []

    def do(work, stop):
        stops.append(stop)
        time.sleep(0.01)

    def done(work):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_threads(range(1000), do, 2, done)
    assert len(stops) < 10 and all(stop.is_set() for stop in stops)


def test_clock_leaves_compilation_out_of_the_pace():
    clock = Clock(100.0, workers=2)
    assert clock.step(10, 50.0) == pytest.approx(90 * 5 / 2)
    assert clock.step(10, 50.0) == pytest.approx(80 * 5 / 2)
    assert clock.step(10, 2.0) == pytest.approx(70 * 0.2 / 2)
    assert clock.step(70, 14.0) == 0


def test_there_is_a_core():
    assert available_cores() >= 1
