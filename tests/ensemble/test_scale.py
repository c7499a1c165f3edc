"""What the manual says of many ensembles instead of one."""

import numpy as np
import pytest

from qorgau.ensemble.runner import simulate_inputs
from tests.ensemble.fakes import fake_inputs

SUMMARY = """
    SELECT policy, year, count(people_exploited) AS runs, avg(people_exploited) AS mean,
           var_samp(people_exploited) AS variance, quantile_cont(people_exploited, [0.05, 0.5, 0.95]) AS quantiles
    FROM yearly GROUP BY policy, year ORDER BY policy, year
"""


def test_summaries_of_ensembles_add_up(tmp_path):
    ensembles = [simulate_inputs(fake_inputs(), ["outreach"], 16, seed=s, out=tmp_path / str(s)) for s in range(1, 9)]
    tables = [results.query(SUMMARY) for results in ensembles]
    assert all(table.num_rows == 2 * 34 for table in tables)
    means = np.array([table["mean"].to_numpy() for table in tables])
    within = np.array([table["variance"].to_numpy() for table in tables])
    whole = np.concatenate([results.to_numpy("people_exploited") for results in ensembles], axis=1)
    order = np.argsort(ensembles[0].policies)
    assert means.mean(axis=0).reshape(2, 34) == pytest.approx(whole.mean(axis=1)[order])
    pooled = (15 * within.sum(axis=0) + 16 * ((means - means.mean(axis=0)) ** 2).sum(axis=0)) / (8 * 16 - 1)
    assert pooled.reshape(2, 34) == pytest.approx(whole.var(axis=1, ddof=1)[order])


def test_ensembles_of_different_seeds_are_better_than_chance(tmp_path):
    """The spread of scrambled Sobol means over seeds is below that of as many independent draws."""
    means, spread = [], []
    for seed in range(8):
        results = simulate_inputs(fake_inputs(), [], 64, seed=seed, out=tmp_path / str(seed))
        drawn = results.values()[:, 0]
        means.append(drawn.mean())
        spread.append(drawn.std(ddof=1) / 8)
    assert np.std(means, ddof=1) < 0.3 * np.mean(spread)
