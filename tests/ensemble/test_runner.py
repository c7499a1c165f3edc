import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from qorgau.ensemble.designs import draw_from
from qorgau.ensemble.files import Interrupted
from qorgau.ensemble.places import place_of
from qorgau.ensemble.results import Results
from qorgau.ensemble.runner import simulate_inputs
from qorgau.ensemble.store import read_manifest
from qorgau.errors import InputError, QorgauError
from tests.ensemble.fakes import FakeRunner, fake_inputs, same

ROOT = Path(__file__).parents[2]
SCRIPT = """
import signal, sys
from qorgau.ensemble.files import Interrupted
from qorgau.ensemble.runner import simulate_inputs
from tests.ensemble.fakes import FakeRunner, fake_inputs, same
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it runs in the background ignore it
try:
    simulate_inputs(fake_inputs(FakeRunner(seconds=0.2)), ["outreach"], 60, out=sys.argv[1], block=2, workers=2)
except Interrupted as error:
    print(error, file=sys.stderr)
    sys.exit(130)
"""


def whole(tmp_path, **kwargs):
    return simulate_inputs(fake_inputs(), ["outreach"], 60, out=tmp_path / "whole", block=2, **kwargs)


def launched(out):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(out)], env=environment, stderr=subprocess.PIPE, text=True
    )


def started(out):
    """A run in a process of its own, once it has finished three blocks."""
    process = launched(out)
    manifest = out / "results" / "manifest.json"
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        if manifest.exists() and finished(out) >= 3:
            return process
        time.sleep(0.02)
    process.kill()
    raise AssertionError(process.communicate()[1])


def finished(out):
    return len(read_manifest(place_of(out / "results"))["blocks"])


def test_killed_run_goes_on_where_it_stopped(tmp_path):
    out = tmp_path / "out"
    process = started(out)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    there = finished(out)
    assert 3 <= there < 30
    with pytest.raises(InputError, match="not finished"):
        Results(out)
    assert 0 < len(Results(out, partial=True).runs) < 60
    runner = FakeRunner()
    again = simulate_inputs(fake_inputs(runner), ["outreach"], 60, out=out, block=2)
    assert len(runner.calls) == 30 - there
    assert same(again.yearly(), whole(tmp_path).yearly())
    assert not [p for p in out.rglob(".tmp-*")]


def test_killed_at_random_moments_it_ends_as_if_nothing_had_been(tmp_path):
    """Three kills at moments drawn at random, from the first import to the last block."""
    moment = np.random.default_rng()
    out = tmp_path / "out"
    moments = [float(moment.uniform(0.1, 4.0)) for _ in range(3)]
    for seconds in moments:
        process = launched(out)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        process.communicate()
    again = simulate_inputs(fake_inputs(), ["outreach"], 60, out=out, block=2)
    there = {p.name: p.read_bytes() for p in (out / "results/yearly").iterdir()}
    undisturbed = whole(tmp_path)
    assert same(again.yearly(), undisturbed.yearly()), f"killed after {moments}"
    assert there == {p.name: p.read_bytes() for p in (tmp_path / "whole/results/yearly").iterdir()}


def test_ctrl_c_keeps_finished_blocks_and_says_how_to_go_on(tmp_path):
    out = tmp_path / "out"
    process = started(out)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    there = finished(out)
    assert process.returncode == 130 and 3 <= there < 30
    assert f"stopped: {there} of 30 blocks are kept" in said and "the same command goes on" in said
    again = simulate_inputs(fake_inputs(), ["outreach"], 60, out=out, block=2)
    assert same(again.yearly(), whole(tmp_path).yearly())


def test_one_and_two_workers_give_the_same_files(tmp_path):
    made = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        simulate_inputs(fake_inputs(), None, 21, seed=5, workers=workers, out=out, block=4, knockouts=5)
        made.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*.parquet")})
    assert made[0] == made[1] and len(made[0]) == 1 + 2 * 6 + 1


def test_block_size_does_not_change_results(tmp_path):
    tables = [simulate_inputs(fake_inputs(), None, 11, out=tmp_path / str(b), block=b).yearly() for b in (1, 4, 16)]
    assert same(tables[0], tables[1]) and same(tables[0], tables[2])


def test_same_seed_same_results_and_other_seed_others(tmp_path):
    one, again, other = (
        simulate_inputs(fake_inputs(), ["outreach"], 8, seed=seed, out=tmp_path / str(i)).yearly()
        for i, seed in enumerate((1, 1, 2))
    )
    assert same(one, again) and not same(one, other)


def test_policy_added_beside_changes_no_other_policy(tmp_path):
    few = simulate_inputs(fake_inputs(), ["outreach"], 8, out=tmp_path / "a")
    many = simulate_inputs(fake_inputs(), ["awareness", "outreach"], 8, out=tmp_path / "b")
    assert same(few.yearly(policies=["outreach"]), many.yearly(policies=["outreach"]))


def test_progress_runs_to_the_end(tmp_path):
    seen = []
    simulate_inputs(fake_inputs(), None, 9, out=tmp_path, block=2, knockouts=2, progress=lambda *now: seen.append(now))
    done = [now[0] for now in seen]
    assert done[0] == 0 and done == sorted(done) and done[-1] == pytest.approx(seen[-1][1]) and seen[-1][2] == 0
    assert len(seen) == 1 + 5 + 1


def test_progress_of_a_finished_ensemble_is_full_at_once(tmp_path):
    seen = []
    for _ in range(2):
        seen.clear()
        simulate_inputs(fake_inputs(), None, 4, out=tmp_path, progress=lambda *now: seen.append(now))
    assert seen == [(seen[0][1], seen[0][1], 0.0)]


def test_progress_that_raises_stops_and_keeps(tmp_path):
    def stop(done, total, left):
        if done > total / 2:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        simulate_inputs(
            fake_inputs(FakeRunner(seconds=0.01)), None, 20, out=tmp_path, block=2, workers=1, progress=stop
        )
    assert 5 <= finished(tmp_path) < 10


def test_ensemble_in_which_every_run_fails_says_why(tmp_path):
    every = frozenset(draw_from(fake_inputs().uncertain, 4, 1).values[:, 0].tolist())
    with pytest.raises(QorgauError, match="every run failed; run 0: FloatingPointError: the price ran away"):
        simulate_inputs(fake_inputs(FakeRunner(raises=every)), None, 4, out=tmp_path)


def test_interrupt_without_folder_says_that_nothing_is_kept():
    def interrupt(done, total, left):
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="nothing is kept"):
        simulate_inputs(
            fake_inputs(FakeRunner(seconds=0.01)), None, 4, progress=lambda d, t, s: d and interrupt(d, t, s)
        )


def test_without_folder_results_live_as_long_as_they_are_used():
    results = simulate_inputs(fake_inputs(), ["outreach"], 4)
    folder = results.folder
    assert results.yearly().num_rows == 2 * 4 * 34 and folder.exists()
    del results
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"runs": 0}, "runs"),
        ({"seed": -1}, "seed"),
        ({"workers": 0}, "workers"),
        ({"block": 0}, "block"),
        ({"knockouts": 9}, "knockouts"),
        ({"knockout_mechanisms": ["nope"]}, "no such mechanism.*economy, markets, scope"),
        ({"policies": ["nope"]}, "no such policy"),
    ],
)
def test_arguments_that_cannot_be_used(tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        simulate_inputs(fake_inputs(), **{"runs": 8, "out": tmp_path / "out", **change})
    assert not (tmp_path / "out").exists()
