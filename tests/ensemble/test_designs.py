import warnings

import numpy as np
import pytest

from qorgau.ensemble.designs import DESIGNS, draw_from, latin_hypercube, points, sobol, switches
from qorgau.errors import InputError
from tests.ensemble.fakes import uncertain


@pytest.mark.parametrize("method", DESIGNS)
@pytest.mark.parametrize("runs", [1, 7, 100, 256])
def test_longer_design_begins_with_the_shorter_one(method, runs):
    long = points(method, 300, 40, seed=3)
    assert np.array_equal(points(method, runs, 40, seed=3), long[:runs])


@pytest.mark.parametrize("method", DESIGNS)
def test_any_number_of_runs_without_warnings(method):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = points(method, 77, 12, seed=1)
    assert made.shape == (77, 12) and (made >= 0).all() and (made < 1).all()


@pytest.mark.parametrize("method", DESIGNS)
def test_seed_decides_the_points(method):
    assert np.array_equal(points(method, 50, 5, 1), points(method, 50, 5, 1))
    assert not np.array_equal(points(method, 50, 5, 1), points(method, 50, 5, 2))


@pytest.mark.parametrize(("method", "runs"), [("sobol", 64), ("latin_hypercube", 16), ("latin_hypercube", 128)])
def test_every_dimension_has_one_point_in_each_stratum(method, runs):
    made = points(method, runs, 25, seed=9)
    strata = np.sort(np.floor(made * runs).astype(int), axis=0)
    assert (strata == np.arange(runs)[:, None]).all()


def test_sobol_fills_pairs_of_dimensions_evenly():
    # Elementary intervals of the first two dimensions: 256 points, one in each cell of 16 by 16.
    made = np.floor(sobol(256, 2, seed=5) * 16).astype(int)
    assert len({tuple(cell) for cell in made.tolist()}) == 256


def test_sobol_means_are_closer_than_chance():
    made = sobol(256, 400, seed=2)
    assert np.abs(made.mean(axis=0) - 0.5).max() < 0.01  # independent draws: about 0.05


def test_latin_hypercube_dimensions_are_not_tied():
    correlation = np.corrcoef(latin_hypercube(256, 20, seed=4).T) - np.eye(20)
    assert np.abs(correlation).max() < 0.3


def test_unknown_design_and_bad_numbers_are_refused():
    with pytest.raises(InputError, match="use one of sobol, latin_hypercube"):
        points("grid", 3, 2, 1)
    with pytest.raises(InputError, match="seed"):
        points("sobol", 3, 2, -1)
    with pytest.raises(InputError, match="ask for 1 or more"):
        draw_from(uncertain(), 0, 1)


def test_draws_follow_mixture_and_switches():
    draws = draw_from(uncertain(), 400, seed=1)
    b = draws.values[:, draws.names.index("economy.b")]
    s1, s2, s3 = draws.truth.T
    assert ((b >= 10) & (b <= 11))[s1 | s2].all()
    assert (np.abs(b[~(s1 | s2)] - 10.5) > 0.5).any()
    on = dict(zip(draws.mechanisms, draws.on.T))
    assert (on["economy"] == 1).all()
    assert np.array_equal(on["markets"] == 1, s1) and np.array_equal(on["scope"] == 1, s2 | s3)
    assert 0 < s1.mean() < 1


def test_draws_can_be_appended():
    short, long = draw_from(uncertain(), 20, seed=7), draw_from(uncertain(), 50, seed=7)
    for name in ("values", "truth", "on", "numbers"):
        assert np.array_equal(getattr(short, name), getattr(long.part(0, 20), name)), name
    assert short.design == long.design


def test_switched_off_mechanism_is_off_in_every_draw():
    made = switches(uncertain(frozenset({"economy"})), np.ones((5, 3), dtype=bool))
    assert made.tolist() == [[0.0, 1.0, 1.0]] * 5


def test_draws_are_read_only_and_taken_by_row():
    draws = draw_from(uncertain(), 8, seed=1)
    with pytest.raises(ValueError, match="read-only"):
        draws.values[0, 0] = 1.0
    some = draws.take([3, 3, 1])
    assert some.numbers.tolist() == [3, 3, 1] and np.array_equal(some.values[2], draws.values[1])
