"""The same blocks on a Dask cluster: computed there, written here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qorgau.ensemble.blocks import BlockTables, Context
from qorgau.ensemble.designs import Draws
from qorgau.ensemble.store import Store
from qorgau.errors import InputError

__all__ = ["run_on_cluster"]


def _compute(work: Any, context: Context, draws: Draws, runner: Any) -> BlockTables:
    return work.compute(context, draws, runner)


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(
            "simulate", "cluster", "Dask is not installed", "pip install 'qorgau[cluster]', or leave --cluster out"
        ) from error
    try:
        return Client(address, timeout="20s")
    except (OSError, ValueError) as error:
        raise InputError(
            "simulate", "cluster", f"no Dask scheduler answers at {address}", "give an address such as tcp://host:8786"
        ) from error


def run_on_cluster(
    works: Sequence[Any],
    context: Context,
    draws: Draws,
    runner: Any,
    store: Store,
    address: str,
    took: dict[Any, float],
    done: Callable[[Any], None],
) -> None:
    """Send blocks to a Dask scheduler and store each as it comes back.

    The world goes out once, by reference; a block needs the draws of that block alone. Workers need Qorgau of
    the same version installed.

    Raises
    ------
    InputError
        If Dask is missing or no scheduler answers.
    """
    client = _connect(address)
    try:
        shared = client.scatter(context, broadcast=True)
        jobs = {
            client.submit(_compute, work, shared, draws.part(work.start, work.stop), runner, pure=False): work
            for work in works
        }
        for job in _completed(list(jobs)):
            work = jobs[job]
            tables = job.result()
            store.add(work.kind, work.start, work.stop, tables)
            took[work] = tables.seconds
            done(work)
            job.release()
    finally:
        client.close()


def _completed(jobs: list[Any]) -> Any:
    from distributed import as_completed

    return as_completed(jobs)
