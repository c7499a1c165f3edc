"""The same blocks on a Dask cluster: computed and written there; only a record of each block comes back.

What all blocks share (the world, the plan; some hundred kB) goes with each block, so that a worker that joins late or
comes back needs nothing that was sent before. A ticket stands beside the results while the cluster runs: a worker that
does not find it does not see the results' folder, and says so before it computes anything.
"""

from __future__ import annotations

import functools
import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qorgau.ensemble.designs import Draws
from qorgau.ensemble.files import temporary_name
from qorgau.ensemble.places import Place, is_remote, place_of
from qorgau.ensemble.store import Store, write_block
from qorgau.errors import InputError, QorgauError

__all__ = ["LOCAL", "run_on_cluster"]

LOCAL = "local:"
_AHEAD = 2  # blocks under way or waiting, for each thread of the workers
_ANSWER = "20s"  # time that a scheduler has to answer
_PATIENCE = 60.0  # seconds to wait for a first worker


def run_on_cluster(
    works: Sequence[Any],
    context: Any,
    draws: Draws,
    runner: Any,
    store: Store,
    address: str,
    took: dict[Any, float],
    done: Callable[[Any], None],
) -> None:
    """Have blocks computed and written by the workers of a Dask scheduler.

    At most two blocks for each thread of the workers are under way or waiting, so that the memory of client and
    scheduler does not grow with the ensemble. A block whose worker is lost is given to another.

    Parameters
    ----------
    works : sequence
        Blocks, each with `kind`, `start`, `stop` and `compute`.
    context, runner
        As of `qorgau.ensemble.blocks.compute_block`.
    draws : Draws
        Of the whole ensemble; a block takes its own.
    store : Store
        Must be at an address that the workers reach.
    address : str
        Of the scheduler, or ``local:N``.
    took : dict
        Filled with the seconds of each block.
    done : callable
        Called as each block ends.

    Raises
    ------
    InputError
        If Dask is missing, no scheduler answers, no worker joins, or workers do not reach the results, have
        another version of Qorgau, or cannot write.
    QorgauError
        If a block takes down every worker that it is given to, or the scheduler goes.
    """
    if not works:
        return
    client = _connect(address)
    where = store.place.address if is_remote(store.place.address) else str(Path(store.place.address).resolve())
    ticket = Ticket(where, temporary_name(f"ticket-{os.getpid()}"), secrets.token_hex(16), _installed(), store.of)
    try:
        store.place.write(ticket.name, ticket.number.encode())
        for work, entry in _finished(client, works, draws, ticket, (context, runner)):
            store.note(entry)
            took[work] = entry["seconds"]
            done(work)
    finally:
        store.place.remove([ticket.name])
        client.close()
        if client.cluster is not None:
            client.cluster.close()
    store.tidy()  # of what a worker that was killed was writing


def _finished(
    client: Any, works: Sequence[Any], draws: Draws, ticket: Ticket, shared: tuple[Any, Any]
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Keep the workers busy; yield each block with its record as it ends."""
    from distributed import KilledWorker, as_completed

    waiting = iter(works)
    under_way: dict[Any, Any] = {}
    ended = as_completed()

    def submit(work: Any) -> None:
        job = client.submit(_compute, ticket, work, draws.part(work.start, work.stop), *shared, pure=False)
        under_way[job] = work
        ended.add(job)

    def fill() -> None:
        threads = sum(client.nthreads().values())
        while len(under_way) < _AHEAD * max(1, threads):
            work = next(waiting, None)
            if work is None:
                return
            submit(work)

    try:
        fill()
        for job in ended:
            work = under_way.pop(job)
            try:
                entry = job.result()
            except KilledWorker as error:
                raise QorgauError(
                    f"runs {work.start} to {work.stop - 1} took down every worker that they were given to; too little "
                    "memory? Finished blocks are kept; the same command goes on"
                ) from error
            except (InputError, QorgauError):
                raise
            except Exception as error:
                # Deliberately broad: a scheduler that goes away shows in many ways, and blocks record what runs raise.
                words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
                raise QorgauError(
                    f"the cluster failed ({words}); finished blocks are kept, the same command goes on"
                ) from error
            yield work, entry
            fill()
    finally:
        client.cancel(list(under_way), force=True)


def _compute(ticket: Ticket, work: Any, draws: Draws, context: Any, runner: Any) -> dict[str, Any]:
    """Compute a block and write it; runs in a worker."""
    place = ticket.shown()
    return write_block(place, ticket.of, work.kind, work.start, work.stop, work.compute(context, draws, runner))


@dataclass(frozen=True)
class Ticket:
    """What a worker shows before it computes: that it reaches the results, and has the same software.

    Attributes
    ----------
    where : str
        Address of the results.
    name, number : str
        A file there and what it holds.
    installed : str
        What `_installed` says at the client.
    of : str
        Checksum of the ensemble's identity.
    """

    where: str
    name: str
    number: str
    installed: str
    of: str

    def shown(self) -> Place:
        """Return the place of the results.

        Raises
        ------
        InputError
            If this process does not reach it, or has other versions.
        """
        here = f"the worker {socket.gethostname()} (process {os.getpid()})"
        if self.installed != _installed():
            raise InputError("simulate", "cluster", f"{here} has another version of Qorgau, its model or numpy",
                             "install the same on every worker, then give the same command")
        place = place_of(self.where)
        if place.read(self.name) != self.number.encode():
            raise InputError(self.where, "", f"{here} does not see this folder",
                             "give a folder on a disk that all workers share, or an address such as s3://bucket/folder")
        return place


@functools.cache
def _installed() -> str:
    """Return what must be the same everywhere for the same results."""
    from importlib import metadata

    from qorgau import __version__
    from qorgau.model.compiled import sources_stamp

    return " ".join((__version__, sources_stamp(), metadata.version("numpy"), metadata.version("numba")))


def _connect(address: str) -> Any:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise InputError(
            "simulate", "cluster", "Dask is not installed", "pip install 'qorgau[cluster]', or leave --cluster out"
        ) from error
    if address.startswith(LOCAL):
        count = address.removeprefix(LOCAL)
        if not count.isdecimal() or int(count) < 1:
            raise InputError("simulate", "cluster", f"{address} names no number of processes", "give such as local:2")
        logging.getLogger("distributed").setLevel(logging.ERROR)
        try:
            return Client(LocalCluster(n_workers=int(count), threads_per_worker=1, dashboard_address=None))
        except (OSError, RuntimeError) as error:
            raise InputError(
                "simulate", "cluster", f"{count} processes could not be started ({error})",
                "in a script, make the call under: if __name__ == '__main__'",
            ) from error
    try:
        client = Client(address, timeout=_ANSWER)
    except (OSError, ValueError) as error:
        raise InputError(
            "simulate", "cluster", f"no Dask scheduler answers at {address}", "give an address such as tcp://host:8786"
        ) from error
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        client.close()
        raise InputError(
            "simulate", "cluster", f"no worker has joined the scheduler at {address} in {_PATIENCE:.0f} s",
            f"start some with: dask worker {address}",
        ) from error
    return client
