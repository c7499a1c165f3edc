"""What stands in the files of a block, and that files of the former form are read as well."""

import io
import json

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qorgau.ensemble import files
from qorgau.ensemble.results import Results
from qorgau.ensemble.runner import simulate_inputs
from qorgau.ensemble.tables import corridor_table
from tests.ensemble.fakes import CORRIDORS, TRADES, fake_inputs, same
from tests.ensemble.test_blocks import setting


def ensemble(out):
    return simulate_inputs(fake_inputs(), None, 12, out=out, block=5, knockouts=3)


def test_floats_are_split_by_byte_and_only_run_and_year_keep_their_range(tmp_path):
    results = ensemble(tmp_path)
    for folder in ("yearly", "corridors", "knockouts"):
        path = next((results.folder / folder).iterdir())
        about = pq.ParquetFile(path).metadata
        assert about.num_row_groups == (1 if folder == "knockouts" else 2)
        for group in range(about.num_row_groups):
            for i in range(about.num_columns):
                column = about.row_group(group).column(i)
                double = column.physical_type == "DOUBLE"
                floating = double or column.physical_type == "FLOAT"
                assert ("BYTE_STREAM_SPLIT" in column.encodings) == floating
                assert column.compression == ("LZ4" if double else "ZSTD")
                name = column.path_in_schema
                assert column.has_dictionary_page == (name in ("policy", "corridor", "trade", "mechanism"))
                assert column.is_stats_set == (name in ("run", "year"))


def test_every_number_comes_back_to_the_bit(tmp_path):
    odd = np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1 / 3, np.finfo(float).max] * 500)
    with np.errstate(over="ignore"):
        table = pa.table({"run": pa.array(np.arange(len(odd), dtype=np.int32)), "a": odd, "b": odd.astype(np.float32)})
    path = tmp_path / "a.parquet"
    path.write_bytes(files.block_bytes(table, 7))
    read = pq.read_table(path)
    asked = duckdb.sql(f"SELECT * FROM '{path}' ORDER BY run").to_arrow_table()
    for name in table.column_names:
        wanted = table[name].to_numpy().tobytes()
        assert read[name].to_numpy().tobytes() == wanted and asked[name].to_numpy().tobytes() == wanted


@pytest.mark.parametrize("rows", [0, 1])
def test_table_of_no_or_one_row_can_be_written(rows):
    table = pa.table({"run": pa.array(np.arange(rows, dtype=np.int32)), "a": np.zeros(rows)})
    assert pq.read_table(io.BytesIO(files.block_bytes(table))).equals(table)


def test_corridor_rows_go_by_trade_then_corridor_and_zeros_of_either_sign_are_left_out():
    _, context, draws = setting(2)
    shape = (len(context.plan.policies), 2, 34, len(CORRIDORS), len(TRADES), 2)
    flows = np.random.default_rng(1).random(shape).astype(np.float32)
    flows[flows < 0.7] = 0.0
    flows[(flows == 0) & (np.arange(flows.size).reshape(shape) % 3 == 0)] = -0.0
    table = corridor_table(context, draws.numbers, flows).to_pylist()
    assert [tuple(row.values()) for row in table] == [
        (policy, int(run), 1991 + y, corridor, trade, *map(float, flows[p, r, y, c, t]))
        for p, policy in enumerate(context.plan.policies)
        for r, run in enumerate(draws.numbers)
        for y in range(24 if p else 0, 34)
        for t, trade in enumerate(TRADES)
        for c, corridor in enumerate(CORRIDORS)
        if flows[p, r, y, c, t].any()
    ]


def test_results_of_the_former_form_open_as_before_and_are_gone_on_with(tmp_path):
    """Former files: doubles as they are, all in zstd, dictionaries of every key, corridors before trades."""
    new = ensemble(tmp_path / "new")
    old = ensemble(tmp_path / "old").folder
    manifest = json.loads((old / "manifest.json").read_text())
    for block in manifest["blocks"]:
        for name, made in block["files"].items():
            table = pq.read_table(old / name)
            if name.startswith("corridors/"):
                names = ("policy", "run", "year", "corridor", "trade")
                order = {key: list(new.policies if key == "policy" else CORRIDORS if key == "corridor" else TRADES)
                         for key in ("policy", "corridor", "trade")}
                rows = sorted(table.to_pylist(), key=lambda row: [
                    order[key].index(row[key]) if key in order else row[key] for key in names])
                table = pa.Table.from_pylist(rows, schema=table.schema)
            first = table["policy"].to_pylist().count("baseline") if "policy" in table.column_names else table.num_rows
            doubles = [field.name for field in table.schema if pa.types.is_floating(field.type)]
            keys = [name for name in table.column_names if name not in doubles]
            with pq.ParquetWriter(old / name, table.schema, compression="zstd", use_dictionary=keys) as writer:
                writer.write_table(table.slice(0, first))
                writer.write_table(table.slice(first))
            made.update(files.checksum(old / name))
    pq.write_table(pq.read_table(old / "draws.parquet"), old / "draws.parquet")
    (old / "manifest.json").write_text(json.dumps(manifest))
    former = Results(old)
    assert same(former.yearly(), new.yearly()) and same(former.knockouts(), new.knockouts())
    assert same(former.draws(switches=True), new.draws(switches=True))
    order = "SELECT * FROM corridors ORDER BY policy, run, year, corridor, trade"
    assert same(former.query(order), new.query(order))
    assert np.array_equal(former.arrays(former.outcomes), new.arrays(new.outcomes), equal_nan=True)
    for policy in new.policies:
        for one, other in zip(former.carried_blocks(policy, "opiates"), new.carried_blocks(policy, "opiates")):
            assert all(np.array_equal(a, b) for a, b in zip(one, other))
    grown = simulate_inputs(fake_inputs(), None, 16, out=tmp_path / "old", knockouts=3)
    assert same(grown.yearly(), simulate_inputs(fake_inputs(), None, 16, out=tmp_path / "whole").yearly())
