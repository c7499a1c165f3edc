"""Convergence in the number of runs: means, their standard errors, and the rate at which they shrink.

Source: for independent draws the mean of n has standard error s/sqrt(n) (central limit theorem), so that means of 64,
128 and 256 draws lie within their standard errors of the mean of others, and the root mean square error over batches
falls with n to the power -1/2.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from qorgau.model.outcomes import outcome_names
from qorgau.model.run import baseline_only, simulate_block
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.worlds import small_world

TOTAL, LAST = 1024, 12 * 9 - 1
OUTCOMES = (
    "people_recruited", "people_exploited", "people_identified", "people_assisted", "opiates_delivered_kg_all",
    "opiates_seized_kg_all", "opiate_users_all", "cases_prosecuted", "bribes_usd", "officials_corrupt_share",
    "perceived_corruption_score", "active_organisations", "remittances_share_NEI", "protection_share_official_FOC",
    "salience", "attention",
)


@cache
def _table() -> np.ndarray:
    """Mean of the last three years by draw and outcome, shape (1024, outcomes)."""
    world = small_world(3)
    parameters, on, k = draw_parameters(TOTAL, 17), all_on(TOTAL), keys(TOTAL, 17)
    parts = []
    for a in range(0, TOTAL, 256):
        here = slice(a, a + 256)
        part = {name: array[here] for name, array in parameters.items()}
        parts.append(simulate_block(world, part, on[here], k[here], baseline_only(), LAST).yearly[0, :, -3:].mean(1))
    names = outcome_names(world)
    return np.concatenate(parts)[:, [names.index(n) for n in OUTCOMES]]


@pytest.mark.parametrize("runs", [64, 128, 256])
def test_means_lie_within_their_standard_errors_of_the_mean_of_other_runs(runs: int) -> None:
    x = _table()
    some, others = x[:runs], x[256:]
    error = np.sqrt(some.var(0, ddof=1) / runs + others.var(0, ddof=1) / len(others))
    z = (some.mean(0) - others.mean(0)) / error
    assert np.abs(z).max() < 3.5, dict(zip(OUTCOMES, z.round(2)))
    assert (z**2).mean() < 2.5  # 16 correlated outcomes; the mean of z^2 is 1 when errors are stated rightly


def test_the_error_of_a_mean_falls_with_the_square_root_of_the_number_of_runs() -> None:
    x = _table()
    mean, sd = x.mean(0), x.std(0, ddof=1)
    sizes = np.array([16, 32, 64, 128, 256])
    error = []
    for n in sizes:
        batch = x.reshape(TOTAL // n, n, -1).mean(1)
        # batches of the table scatter about its own mean, hence the factor for the finite number of batches
        shrink = np.sqrt(1.0 - n / TOTAL)
        error.append(np.sqrt((((batch - mean) / sd) ** 2).mean()) / shrink)
    slope = np.polyfit(np.log(sizes), np.log(error), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.12)
    np.testing.assert_allclose(np.array(error)[:3] * np.sqrt(sizes[:3]), 1.0, atol=0.15)


def test_quantiles_settle_too() -> None:
    """The 10 and 90 % quantiles of each quarter of the draws cover 10 and 90 % of the others within binomial error."""
    x = _table()
    error = np.sqrt(0.09 / 256 + 0.09 / 768)
    # counts have ties at nought: a quantile that is itself tied says nothing
    clear = np.array([len(np.unique(x[:, i])) > 100 for i in range(x.shape[1])])
    assert clear.sum() >= 10
    z = []
    for part in np.arange(TOTAL).reshape(4, 256):
        others = np.delete(x, part, axis=0)
        low, high = np.quantile(x[part], [0.1, 0.9], axis=0)
        z.append(np.array([(others < low).mean(0) - 0.1, (others > high).mean(0) - 0.1])[:, clear] / error)
    # what 15 independent outcomes exceed once in a hundred times (3,000 tables of normal numbers)
    assert (np.array(z) ** 2).mean() < 1.40 and np.abs(z).max() < 4.64


def test_the_standard_error_of_128_draws_is_small_against_the_spread() -> None:
    """Why sizes of 96 to 256 do: a pass rate near one half then has a standard error of .05 to .03."""
    x = _table()
    relative = x[:128].std(0, ddof=1) / np.sqrt(128) / np.abs(x[:128].mean(0))
    assert np.median(relative) < 0.1
