"""A large ensemble without running the model: the blocks of a small one, copied under other numbers.

What is measured over it is reading, analysis and report, which do not ask where a number comes from. Parameters are
jittered and each outcome of a copy is scaled by its own factor near one, so that draws differ as they would.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qorgau.ensemble.blocks import BlockTables
from qorgau.ensemble.files import parquet_bytes
from qorgau.ensemble.places import place_of
from qorgau.ensemble.results import Results
from qorgau.ensemble.store import MANIFEST, Store, write_block

__all__ = ["copied"]

_NAMES = {"policy", "run", "year", "corridor", "trade"}


def copied(source: Path, out: Path, runs: int, block: int = 32) -> None:
    """Write an ensemble of `runs` draws to `out`, made of the draws of `source` again and again.

    Parameters
    ----------
    source
        A finished ensemble without failed runs, of at least `block` draws.
    out
        A new folder.
    runs
        Draws; a multiple of `block`.
    block
        Draws in a block.
    """
    small = Results(source)
    if runs % block or len(small.runs) < block or len(small.failed()):
        raise ValueError(f"needs a source of {block} good draws, and a multiple of {block} as runs")
    manifest = dict(small.manifest)
    identity = manifest.pop("identity")
    for key in ("format", "blocks"):
        manifest.pop(key)
    store = Store(out, identity, {**manifest, "runs": runs, "knockouts": 0})
    store.resume()
    tables = {
        folder: pa.concat_tables(
            pq.read_table(small.folder / name, read_dictionary=["policy", "corridor", "trade"])
            for name in small._files("main", folder)
        ).unify_dictionaries().combine_chunks()
        for folder in ("yearly", "corridors")
    }
    tables = {name: table.filter(pc.less(table["run"], block)) for name, table in tables.items()}
    order = small.policies.index
    yearly = tables["yearly"]
    by_policy = np.argsort([order(p) for p in yearly["policy"].to_pylist()], kind="stable")
    tables["yearly"] = yearly.take(pa.array(by_policy))
    rng = np.random.default_rng(1)
    for start in range(0, runs, block):
        made = {name: _again(table, start, rng) for name, table in tables.items()}
        entry = write_block(store.place, store.of, "main", start, start + block, BlockTables(made, seconds=1.0))
        store.note(entry)
    place = place_of(out / "results")
    draws = pq.read_table(small.folder / "draws.parquet").slice(0, block)
    place.write("draws.parquet", parquet_bytes(_draws(draws, runs, rng)))
    store.gather()
    found = json.loads(place.read(MANIFEST) or b"")
    if len(found["blocks"]) != runs // block:
        raise RuntimeError("the copy is not whole")


def _again(table: pa.Table, start: int, rng: np.random.Generator) -> pa.Table:
    run = table["run"].to_numpy()
    factor = np.exp(0.1 * rng.standard_normal((table.num_columns, run.max() + 1)))
    columns = {}
    for i, name in enumerate(table.column_names):
        column = table[name].combine_chunks()
        if name == "run":
            column = pa.array((run + start).astype(np.int32))
        elif name not in _NAMES:
            values = column.to_numpy(zero_copy_only=False)
            column = pa.array((values * factor[i][run]).astype(values.dtype))
        columns[name] = column
    return pa.table(columns)


def _draws(draws: pa.Table, runs: int, rng: np.random.Generator) -> pa.Table:
    columns = {"run": pa.array(np.arange(runs, dtype=np.int32))}
    for name in draws.column_names[1:]:
        values = draws[name].to_numpy()
        many = np.resize(values, runs)
        if values.dtype == np.float64:
            many = many * (1 + 0.01 * rng.standard_normal(runs))
        else:
            many = rng.permutation(many)
        columns[name] = pa.array(many)
    return pa.table(columns)
