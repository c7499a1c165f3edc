import pytest

from qorgau.ensemble.designs import draw_from
from qorgau.ensemble.extend import growth
from qorgau.ensemble.runner import simulate_inputs
from qorgau.errors import InputError
from tests.ensemble.fakes import FakeRunner, fake_inputs, same


def ensemble(out, runs, runner=None, **kwargs):
    return simulate_inputs(fake_inputs(runner), kwargs.pop("policies", ["outreach=0.5"]), runs, out=out, **kwargs)


def everything(results):
    flows = results.query("SELECT * FROM corridors ORDER BY ALL")
    return results.yearly(), results.draws(switches=True), flows, results.knockouts()


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube"])
def test_ensemble_that_grew_has_the_tables_of_one_asked_for_in_one_go(tmp_path, design):
    ensemble(tmp_path / "a", 11, seed=7, design=design, knockouts=3)
    runner = FakeRunner()
    grown = simulate_inputs(fake_inputs(runner), runs=9, out=tmp_path / "a", append=True)
    whole = ensemble(tmp_path / "b", 20, seed=7, design=design, knockouts=3)
    assert sum(runner.calls) == 9 and len(grown.runs) == 20
    assert all(same(a, b) for a, b in zip(everything(grown), everything(whole)))


def test_each_time_it_grows_by_as_many(tmp_path):
    ensemble(tmp_path, 4)
    for runs in (7, 10):
        assert len(simulate_inputs(fake_inputs(), runs=3, out=tmp_path, append=True).runs) == runs


def test_growth_that_was_stopped_goes_on_and_does_not_grow_twice(tmp_path):
    ensemble(tmp_path / "a", 4)

    def stop(done, total, left):
        if done > total / 2:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError):
        simulate_inputs(
            fake_inputs(FakeRunner(seconds=0.01)), runs=12, out=tmp_path / "a", append=True, block=1, workers=1,
            progress=stop,
        )
    with pytest.raises(InputError, match=r"not finished: \d+ of 16 runs are there.*--runs 16"):
        growth(tmp_path / "a", 5)
    again = simulate_inputs(fake_inputs(), runs=12, out=tmp_path / "a", append=True)
    assert len(again.runs) == 16 and same(again.yearly(), ensemble(tmp_path / "b", 16).yearly())


def test_unfinished_ensemble_does_not_grow(tmp_path):
    def stop(done, total, left):
        if done:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError):
        ensemble(tmp_path, 8, block=1, workers=1, progress=stop)
    with pytest.raises(InputError, match="finish it first"):
        simulate_inputs(fake_inputs(), runs=2, out=tmp_path, append=True)


def test_list_of_draws_cannot_be_extended(tmp_path):
    draws = draw_from(fake_inputs().uncertain, 6, 1)
    listed = type(draws)(
        draws.numbers, draws.names, draws.values, draws.claims, draws.truth, draws.mechanisms, draws.on,
        {"method": "matched", "set": "abc", "seed": 1, "dimensions": 14},
    )
    ensemble(tmp_path, 6, draws=listed)
    with pytest.raises(InputError, match="draws of the matched kind are a list and cannot be extended"):
        simulate_inputs(fake_inputs(), runs=2, out=tmp_path, append=True)


def test_another_case_does_not_grow_it(tmp_path):
    ensemble(tmp_path, 4)
    with pytest.raises(InputError, match="holds a different ensemble: the case"):
        simulate_inputs(fake_inputs(case_hash="xyz"), runs=2, out=tmp_path, append=True)


@pytest.mark.parametrize(("runs", "words"), [(0, "0 runs to add"), (3, "no results here")])
def test_what_cannot_grow(tmp_path, runs, words):
    with pytest.raises(InputError, match=words):
        simulate_inputs(fake_inputs(), runs=runs, out=tmp_path, append=True)


def test_growth_needs_a_folder():
    with pytest.raises(InputError, match="no folder of an ensemble"):
        simulate_inputs(fake_inputs(), runs=3, append=True)
