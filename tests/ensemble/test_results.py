import numpy as np
import pytest

from qorgau.ensemble.designs import draw_from
from qorgau.ensemble.policies import plan_of
from qorgau.ensemble.results import Results
from qorgau.ensemble.runner import _context, simulate_inputs
from qorgau.errors import InputError
from tests.ensemble.fakes import CLAIMS, CORRIDORS, OUTCOMES, FakeRunner, fake_inputs, same


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return simulate_inputs(fake_inputs(), runs=12, out=tmp_path_factory.mktemp("out"), block=5, knockouts=2)


@pytest.fixture(scope="module")
def direct():
    """The fake model's arrays for all draws at once, past the store."""
    inputs = fake_inputs()
    draws = draw_from(inputs.uncertain, 12, 1)
    context = _context(inputs, plan_of(None, inputs.catalogue), 1)
    keys = context.keys_of(1, draws.numbers)
    return FakeRunner()(None, dict(draws.columns()), draws.on, keys, context.plan, context.last_month), draws


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_arrays_are_the_models_to_the_bit(results, direct, outcome):
    assert np.array_equal(results.to_numpy(outcome), direct[0].yearly[..., OUTCOMES.index(outcome)], equal_nan=True)


def test_several_outcomes_at_once(results):
    both = results.arrays(["tip_tier", "people_exploited"])
    assert np.array_equal(both[0], results.to_numpy("tip_tier"), equal_nan=True)
    assert np.array_equal(both[1], results.to_numpy("people_exploited"))


def test_yearly_table_has_every_policy_run_and_year_in_order(results, direct):
    table = results.yearly()
    assert table.column_names == ["policy", "run", "year", *OUTCOMES] and table.num_rows == 4 * 12 * 34
    values = table["people_exploited"].to_numpy().reshape(4, 12, 34)
    assert np.array_equal(values, direct[0].yearly[..., 0])
    assert table["policy"].to_pylist()[:: 12 * 34] == list(results.policies)
    assert table["year"].to_pylist()[:34] == results.years.tolist() == list(range(1991, 2025))


def test_yearly_table_can_be_narrowed(results):
    table = results.yearly(["tip_tier"], policies=["outreach"], years=(2010, 2020))
    assert table.column_names == ["policy", "run", "year", "tip_tier"] and table.num_rows == 12 * 11
    assert set(table["policy"].to_pylist()) == {"outreach"}


def test_corridors_come_back_with_shared_years_under_every_policy(results, direct):
    flows = np.zeros_like(direct[0].corridors)
    table = results.corridors()
    assert table.column_names == ["policy", "run", "year", "corridor", "trade", "carried", "seized"]
    for row in table.to_pylist():
        place = (
            results.policies.index(row["policy"]),
            row["run"],
            row["year"] - 1991,
            CORRIDORS.index(row["corridor"]),
            results.trades.index(row["trade"]),
        )
        flows[place] = row["carried"], row["seized"]
    assert np.array_equal(flows, direct[0].corridors)


@pytest.mark.parametrize("policy", ["baseline", "outreach"])
def test_corridors_come_by_blocks_with_shared_years_under_every_policy(results, direct, policy):
    flows, seen = np.zeros_like(direct[0].corridors[0, ..., 0, 0]), []
    for runs, row, year, corridor, carried in results.carried_blocks(policy, "opiates"):
        flows[runs[row], year, corridor] += carried
        seen += runs.tolist()
    assert seen == list(range(12))
    assert np.array_equal(flows, direct[0].corridors[results.policies.index(policy), ..., 0, 0]) and flows.any()


@pytest.mark.parametrize("policies", [None, ["outreach"], ["awareness", "baseline"]])
@pytest.mark.parametrize("years", [None, (2012, 2016), (1991, 1992), (2020, 2024)])
def test_part_of_the_arrays_is_that_part(results, policies, years):
    whole = results.to_numpy("people_exploited")
    first, last = years or (1991, 2024)
    rows = [results.policies.index(policy) for policy in policies or results.policies]
    part = results.arrays(["tip_tier", "people_exploited"], policies, years)
    assert np.array_equal(part[1], whole[rows][..., first - 1991 : last - 1990])


def test_years_and_policies_that_are_not_there(results):
    with pytest.raises(InputError, match="1990 to 2000 is not within"):
        results.arrays(["tip_tier"], years=(1990, 2000))
    with pytest.raises(InputError, match="no such policy"):
        results.arrays(["tip_tier"], ["nope"])


def test_draws_have_a_column_per_parameter_and_truth_bit(results, direct):
    table, draws = results.draws(), direct[1]
    assert table.column_names == ["run", "economy.a", "economy.b", "economy.c", *CLAIMS]
    assert np.array_equal(results.values(), draws.values) and np.array_equal(results.truth(), draws.truth)
    assert np.array_equal(results.switches(), draws.on > 0)
    assert results.draws(switches=True).column_names[-1] == "mechanism.scope"


def test_runs_at_the_price_cap(results, direct):
    assert np.array_equal(results.price_cap(), direct[0].touched_cap) and 0 < results.price_cap().mean() < 1


def test_knockouts_table(results):
    table = results.knockouts()
    assert table.column_names == ["mechanism", "run", "year", *OUTCOMES] and table.num_rows == 2 * 2 * 24


def test_sql_over_the_blocks(results, direct):
    asked = results.query(
        "SELECT p.number, avg(people_exploited) AS mean FROM yearly JOIN policies p USING (policy) "
        "WHERE year >= 2015 GROUP BY 1 ORDER BY 1"
    )
    assert asked["mean"].to_numpy() == pytest.approx(direct[0].yearly[:, :, 24:, 0].mean(axis=(1, 2)))
    joined = results.query('SELECT count(*) AS n FROM yearly JOIN draws USING (run) WHERE "S1" AND year = 2000')
    assert joined["n"].to_pylist() == [4 * int(direct[1].truth[:, 0].sum())]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE policies",
        "SELECT 1; SELECT 2",
        "COPY (SELECT 1) TO 'x.csv'",
        "SET enable_external_access = true",
        "ATTACH 'x.db'",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT nothing FROM yearly",
        "SELEC 1",
    ],
)
def test_sql_only_reads(results, sql):
    with pytest.raises(InputError, match="query"):
        results.query(sql)


def test_unknown_names_list_what_there_is(results):
    with pytest.raises(InputError, match="people_exploited, opiates_delivered_kg"):
        results.to_numpy("people")
    with pytest.raises(InputError, match="baseline, outreach"):
        results.yearly(policies=["x"])


def test_store_is_opened_again_by_either_folder(results):
    for folder in (results.folder, results.folder.parent):
        assert same(Results(folder).yearly(), results.yearly())


def test_files_set_aside_do_not_count(results):
    stray = results.folder / "yearly" / "block-000099-000100.parquet"
    stray.write_bytes((results.folder / "yearly" / "block-000000-000005.parquet").read_bytes())
    try:
        assert Results(results.folder).yearly().num_rows == results.yearly().num_rows
    finally:
        stray.unlink()


def test_folder_without_results(tmp_path):
    with pytest.raises(InputError, match="no results here"):
        Results(tmp_path)
