from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from qorgau.ensemble.designs import draw_from
from qorgau.ensemble.inputs import Inputs
from qorgau.web.session import Session
from qorgau.web.settings import Lever, Setting
from tests.web.fakes import FakeEngine, wait_for

OUTREACH = Setting((Lever("outreach", 1.0, 2015),))
TRAINING = Setting((Lever("police_training", 0.5, 2016),))


@pytest.fixture
def session(engine: FakeEngine, inputs: Inputs) -> Iterator[Session]:
    made = Session(engine, lambda n: draw_from(inputs.uncertain, n, 1), 24, 2, 2015)
    yield made
    engine.gate.set()
    made.close()


def submit(session: Session, inputs: Inputs, setting: Setting, runs: int = 24) -> Any:
    return session.submit(setting, setting.plan(inputs.catalogue), "A setting", runs)


def test_the_baseline_is_run_once_whatever_is_asked(session: Session, engine: FakeEngine, inputs: Inputs) -> None:
    for setting in (OUTREACH, TRAINING):
        job = submit(session, inputs, setting)
        wait_for(lambda job=job: job.state == "done")
    wait_for(lambda: session.baseline_progress().state == "done")
    assert sorted(n for block in engine.trunks for n in block) == list(range(24))
    assert sorted(n for block in engine.branches for n in block) == sorted(2 * list(range(24)))


def test_pairs_are_the_same_draws_row_by_row(session: Session, inputs: Inputs) -> None:
    job = submit(session, inputs, OUTREACH)
    wait_for(lambda: job.state == "done")
    base, changed = session.pairs(job) or (None, None)
    column = inputs.outcomes.index("people_exploited")
    assert base.yearly.shape == changed.yearly.shape == (24, 10, len(inputs.outcomes))
    np.testing.assert_allclose(changed.yearly[..., column], 0.9 * base.yearly[..., column])


def test_asking_for_the_same_again_runs_nothing(session: Session, engine: FakeEngine, inputs: Inputs) -> None:
    job = submit(session, inputs, OUTREACH)
    wait_for(lambda: job.state == "done")
    before = len(engine.branches)
    assert submit(session, inputs, OUTREACH) is job and job.state == "done"
    assert len(engine.branches) == before


def test_more_runs_add_to_those_that_are_there(session: Session, engine: FakeEngine, inputs: Inputs) -> None:
    job = submit(session, inputs, OUTREACH, 8)
    wait_for(lambda: job.state == "done")
    assert session.progress(job).done == 8
    submit(session, inputs, OUTREACH, 40)
    wait_for(lambda: job.state == "done")
    assert session.progress(job).done == 40
    assert sorted(n for block in engine.branches for n in block) == list(range(40))


def test_a_stopped_setting_keeps_what_is_done_and_goes_on(
    session: Session, engine: FakeEngine, inputs: Inputs
) -> None:
    engine.gate.clear()
    job = submit(session, inputs, OUTREACH)
    wait_for(lambda: session.baseline_progress().done > 0)
    assert session.progress(job).left is None
    session.stop(job.id)
    engine.gate.set()
    assert session.progress(job).state == "stopped"
    done = session.progress(job).done
    submit(session, inputs, OUTREACH)
    wait_for(lambda: job.state == "done")
    assert session.progress(job).done == 24 >= done


def test_a_new_setting_does_not_wait_for_the_old(session: Session, engine: FakeEngine, inputs: Inputs) -> None:
    engine.gate.clear()
    old = submit(session, inputs, OUTREACH, 200)
    new = submit(session, inputs, TRAINING, 8)
    session.stop(old.id)
    engine.gate.set()
    wait_for(lambda: new.state == "done")
    assert session.progress(old).done < 200


def test_draws_that_fail_are_left_out_on_both_sides(session: Session, engine: FakeEngine, inputs: Inputs) -> None:
    engine.bad, engine.nan = frozenset({2}), frozenset({5, 9})
    job = submit(session, inputs, OUTREACH)
    wait_for(lambda: job.state == "done")
    base, changed = session.pairs(job) or (None, None)
    assert len(base.rows) == len(changed.rows) == 21 and job.lost == 3
    column = inputs.outcomes.index("people_exploited")
    np.testing.assert_allclose(changed.yearly[..., column], 0.9 * base.yearly[..., column])


def test_when_nothing_runs_it_says_why(session: Session, engine: FakeEngine, inputs: Inputs) -> None:
    engine.bad = frozenset(range(1000))
    job = submit(session, inputs, OUTREACH)
    wait_for(lambda: job.state == "failed")
    assert "the price ran away" in session.progress(job).message
    wait_for(lambda: session.baseline_progress().state == "failed")
    assert session.pairs(job) is None


def test_draws_that_cannot_be_made_stop_the_baseline_with_a_reason(engine: FakeEngine) -> None:
    def draws_of(_n: int) -> Any:
        raise RuntimeError("no draws")

    made = Session(engine, draws_of, 8, 1, 2015)
    made.start()
    try:
        assert "no draws" in wait_for(lambda: made.baseline_progress().message)
    finally:
        made.close()


def test_old_settings_are_forgotten_but_not_those_that_are_kept(session: Session, inputs: Inputs) -> None:
    first = submit(session, inputs, Setting((Lever("outreach", 0.001, 2015),)), 4)
    session.keep(first.id, True)
    for k in range(2, 40):
        job = submit(session, inputs, Setting((Lever("outreach", k / 1000, 2015),)), 4)
        wait_for(lambda job=job: job.state == "done")
    assert session.job(first.id) is first and session.kept() == [first]
    assert session.job(Setting((Lever("outreach", 0.002, 2015),)).key) is None
