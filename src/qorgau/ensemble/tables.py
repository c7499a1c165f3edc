"""Tables of a block from the arrays of its runs: what stands in files, formed in few passes over memory.

Years before any policy acts are the same under every policy and stand once, under the baseline, whose rows come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from qorgau.ensemble.blocks import Context

__all__ = ["coded", "columns_of", "corridor_table", "yearly_table"]

_NOT_ZERO = np.uint64(0x7FFFFFFF7FFFFFFF)
"""Two floats side by side, both zero with either sign, have none of these bits."""


def coded(codes: np.ndarray, names: Sequence[str]) -> pa.Array:
    """Column of text from the place of each value in a list of names."""
    codes = codes.astype(np.int16, copy=False)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(names), type=pa.string()))


def columns_of(values: np.ndarray, names: Sequence[str]) -> dict[str, pa.Array]:
    """Columns by name from their values, a contiguous row each."""
    return {name: pa.array(row) for name, row in zip(names, values, strict=True)}


def parts_of(context: Context, values: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield the parts of an array (policies, runs, years, ...) that are stored: first policy, first year, part."""
    shared = max(0, min(context.shared_before - context.first_year, values.shape[2]))
    yield 0, 0, values[:1]
    yield 1, shared, values[1:, :, shared:]


def _keys(context: Context, numbers: np.ndarray, first_policy: int, first_year: int, shape: tuple[int, ...]
          ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Policy, run and year of every row of a part of this shape."""
    policies, runs, years = shape[:3]
    policy = np.arange(first_policy, first_policy + policies, dtype=np.int16)
    year = np.arange(first_year, first_year + years, dtype=np.int16) + np.int16(context.first_year)
    return (
        np.repeat(policy, runs * years),
        np.tile(np.repeat(numbers.astype(np.int32), years), policies),
        np.tile(year, policies * runs),
    )


def yearly_table(context: Context, numbers: np.ndarray, yearly: np.ndarray) -> pa.Table:
    """Table policy, run, year, then a column per outcome.

    Parameters
    ----------
    context : Context
    numbers : ndarray of int, shape (runs,)
    yearly : ndarray, shape (policies, runs, years, outcomes)
    """
    keys, parts = [], []
    for first_policy, first_year, part in parts_of(context, yearly):
        keys.append(_keys(context, numbers, first_policy, first_year, part.shape))
        parts.append(part.reshape(-1, part.shape[-1]))
    values = np.empty((yearly.shape[-1], sum(map(len, parts))))
    at = 0
    for rows in parts:
        values[:, at : at + len(rows)] = rows.T
        at += len(rows)
    policy, run, year = (np.concatenate(key) for key in zip(*keys, strict=True))
    columns = {"policy": coded(policy, context.plan.policies), "run": pa.array(run), "year": pa.array(year)}
    return pa.table({**columns, **columns_of(values, context.outcomes)})


def corridor_table(context: Context, numbers: np.ndarray, flows: np.ndarray) -> pa.Table:
    """Table policy, run, year, corridor, trade, carried, seized; rows with nothing carried or seized are left out.

    Within a year rows go by trade, then corridor: kilograms and numbers of persons apart pack into less.

    Parameters
    ----------
    context : Context
    numbers : ndarray of int, shape (runs,)
    flows : ndarray, shape (policies, runs, years, corridors, trades, 2)
    """
    corridors, trades = flows.shape[3:5]
    # Carried and seized of a cell are moved as one whole number of eight bytes.
    pairs = np.ascontiguousarray(flows, dtype=np.float32).view(np.uint64)[..., 0].swapaxes(3, 4)
    found = []
    for first_policy, first_year, part in parts_of(context, pairs):
        cells = np.ascontiguousarray(part).reshape(-1, trades * corridors)
        some = (cells & _NOT_ZERO) != 0
        counts = np.count_nonzero(some, axis=1)
        at = np.flatnonzero(some)
        begin = np.repeat(np.arange(len(cells)) * (trades * corridors), counts)
        keys = (np.repeat(key, counts) for key in _keys(context, numbers, first_policy, first_year, part.shape))
        found.append((*keys, (at - begin).astype(np.int32), cells.reshape(-1).take(at)))
    policy, run, year, cell, values = (np.concatenate(part) for part in zip(*found, strict=True))
    trade, corridor = (axis.ravel().astype(np.int16) for axis in np.indices((trades, corridors)))
    carried, seized = np.ascontiguousarray(values.view(np.float32).reshape(-1, 2).T)
    return pa.table(
        {
            "policy": coded(policy, context.plan.policies),
            "run": pa.array(run),
            "year": pa.array(year),
            "corridor": coded(corridor.take(cell), context.corridors),
            "trade": coded(trade.take(cell), context.trades),
            "carried": pa.array(carried),
            "seized": pa.array(seized),
        }
    )
