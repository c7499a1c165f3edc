"""Run an ensemble: draw, cut into blocks, run what is missing, store it, read it."""

from __future__ import annotations

import platform
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qorgau.ensemble.blocks import BlockTables, Context, compute_block, compute_knockouts
from qorgau.ensemble.cuts import equal_blocks, fixed_blocks, within
from qorgau.ensemble.designs import Draws, draw_from
from qorgau.ensemble.extend import growth
from qorgau.ensemble.files import Interrupted
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.places import Address, place_of
from qorgau.ensemble.policies import Choice, Plan, plan_of
from qorgau.ensemble.results import Results
from qorgau.ensemble.store import KNOCKOUTS, MAIN, Store
from qorgau.ensemble.workers import Clock, available_cores, run_in_threads
from qorgau.errors import InputError, QorgauError

if TYPE_CHECKING:
    from qorgau.case import Case

__all__ = ["Progress", "simulate", "simulate_inputs"]

Progress = Callable[[float, float, float], None]
"""Called with work done, work in all (simulated run-years) and seconds left (NaN when not known)."""

_KNOCKOUT_ROWS = 160
_LIBRARIES = ("numpy", "scipy", "numba", "pyarrow", "duckdb")


def simulate(
    case: Case,
    policies: Sequence[str | Choice] | None = None,
    runs: int = 200,
    seed: int = 1,
    workers: int | None = None,
    out: Address | None = None,
    knockouts: int = 0,
    progress: Progress | None = None,
    **options: Any,
) -> Results:
    """Run a case under policies over everything that its evidence leaves open.

    Parameters
    ----------
    case : Case
        From `qorgau.load_case`.
    policies : sequence of str or Choice, optional
        Measures of the case by name, or with intensity and start (see `qorgau.ensemble.policies`); all by
        default. The baseline always runs too.
    runs : int
        Draws; each is run under every policy with the same random streams. More runs on a folder that
        holds fewer add to it.
    seed : int
        Seed of the design and of the random streams.
    workers : int, optional
        Threads; all cores by default. Results do not depend on it.
    out : path or str, optional
        Output folder, or any address of fsspec such as ``s3://bucket/folder``. One with unfinished results of
        the same ensemble is gone on with. By default results live in a temporary folder that goes when they do.
    knockouts : int
        The first so many draws also run once without each of the ten subsystems.
    progress : callable, optional
        See `Progress`; if it raises, the ensemble stops, and what is finished is kept.
    **options
        As of `simulate_inputs`.

    Returns
    -------
    Results

    Raises
    ------
    InputError
        If an argument or the output folder cannot be used.
    QorgauError
        If every run failed; the message is that of the first.
    Interrupted
        On Ctrl-C; finished blocks are kept.
    """
    from qorgau.ensemble.translate import inputs_of  # here, since it loads the model and its compiler

    return simulate_inputs(inputs_of(case), policies, runs, seed, workers, out, knockouts, progress, **options)


def simulate_inputs(
    inputs: Inputs,
    policies: Sequence[str | Choice] | None = None,
    runs: int = 200,
    seed: int = 1,
    workers: int | None = None,
    out: Address | None = None,
    knockouts: int = 0,
    progress: Progress | None = None,
    *,
    design: str = "sobol",
    draws: Draws | None = None,
    knockout_mechanisms: Sequence[str] | None = None,
    block: int | None = None,
    cluster: str | None = None,
    command: str | None = None,
    say: Callable[[str], None] | None = None,
    append: bool = False,
) -> Results:
    """Run an ensemble of inputs; as `simulate`, with these besides.

    Parameters
    ----------
    inputs : Inputs
    design : str
        ``sobol`` or ``latin_hypercube``.
    draws : Draws, optional
        Draws to run instead of new ones, such as those that history matching left; `runs` is then their number,
        `design` is not used, and `seed`, of the random streams, is that of their design where it has one.
    knockout_mechanisms : sequence of str, optional
        Mechanisms to knock out; the ten subsystems by default.
    block : int
        Draws in a block; by default up to 32, see `qorgau.ensemble.cuts`.
    cluster : str, optional
        Address of a Dask scheduler whose workers run the blocks and write them to `out`, or ``local:N`` for N
        processes of this machine.
    command : str, optional
        The command line, for the record; by default that of this process.
    say : callable, optional
        Takes lines for the user (what was found damaged, what is gone on with).
    append : bool
        `runs` more than the ensemble in `out` has, under its own policies, seed and design: `policies`, `seed`,
        `design` and fewer `knockouts` than it has are not used.

    Notes
    -----
    An ensemble that grows gives the tables that it would have given when asked for in one go: the first draws of
    either design are those of a longer one. Draws that were given (`draws`) grow only as far as their list goes.
    """
    grown_from: int | None = None
    if append:
        if out is None:
            raise InputError("simulate", "append", "no folder of an ensemble is given", "give its folder as out")
        grown = growth(out, runs)
        if draws is None and not grown.drawn:
            raise InputError(
                place_of(out).address, "design", f"draws of the {grown.design['method']} kind are a list and cannot "
                "be extended", "give the longer list of draws, or run draws of the prior into another --out",
            )
        policies, seed, runs, grown_from = grown.policies, grown.seed, grown.runs, grown.grown_from
        design = grown.design["method"] if grown.drawn else design
        knockouts = max(knockouts, grown.knockouts)
    plan = plan_of(policies, inputs.catalogue)
    mechanisms = _mechanisms(inputs, knockout_mechanisms)
    if not 0 <= knockouts <= runs:
        raise InputError(
            "simulate", "knockouts", f"{knockouts} draws of {runs}", "use a number from 0 to the number of runs"
        )
    for name, number in (("workers", workers), ("block", block)):
        if number is not None and number < 1:
            raise InputError("simulate", name, f"{number} is below 1", "use 1 or more")
    if draws is None:
        draws = draw_from(inputs.uncertain, runs, seed, design)
    elif len(draws) != runs:
        raise InputError("simulate", "runs", f"{runs} runs of {len(draws)} draws given", "give as many runs as draws")
    else:
        seed = int(draws.design.get("seed", seed))
    context = _context(inputs, plan, seed)
    keep = tempfile.TemporaryDirectory(prefix="qorgau-") if out is None else None
    folder: Address = keep.name if keep is not None else out or ""
    about = _about(inputs, context, draws, knockouts, command)
    if grown_from is not None:
        about["grown_from"] = grown_from
    store = Store(folder, _identity(inputs, plan, draws, mechanisms), about, say)
    with store.place.hold():
        store.resume()
        store.write_draws(draws)
        works = [
            _Work(MAIN, *cut)
            for gap in store.missing(MAIN, runs)
            for cut in (fixed_blocks(*gap, block) if block else within(equal_blocks(runs), *gap))
        ]
        size = max(1, _KNOCKOUT_ROWS // max(1, len(mechanisms)))
        works += [
            _Work(KNOCKOUTS, *cut, mechanisms)
            for gap in store.missing(KNOCKOUTS, knockouts)
            for cut in fixed_blocks(*gap, size)
        ]
        if store.finished and works and say:
            say(f"{store.out.address}: going on with {store.finished} finished blocks, {len(works)} to run")
        _run(
            works,
            context,
            inputs,
            draws,
            store,
            workers or available_cores(),
            knockouts,
            mechanisms,
            progress,
            cluster,
            kept=keep is None,
        )
        if keep is None:
            from qorgau.ensemble.crate import write_crate

            write_crate(folder)
    results = Results(folder)
    results._keep = keep
    if not len(results.runs):
        first = results.failed().to_pylist()[0]
        raise QorgauError(f"every run failed; run {first['run']}: {first['message']}")
    return results


@dataclass(frozen=True)
class _Work:
    kind: str
    start: int
    stop: int
    mechanisms: tuple[str, ...] = ()

    def cost(self, context: Context) -> float:
        """Simulated run-years: policies branch, so each costs only the years after the first start."""
        n = self.stop - self.start
        if self.kind == KNOCKOUTS:
            return n * len(self.mechanisms) * (context.knockout_last_month + 1) / 12
        months = context.last_month + 1
        return n * (months + (len(context.plan.policies) - 1) * (months - context.plan.first_month)) / 12

    def compute(self, context: Context, draws: Draws, runner: Any) -> BlockTables:
        if self.kind == KNOCKOUTS:
            return compute_knockouts(context, draws, self.mechanisms, runner)
        return compute_block(context, draws, runner)


def _run(
    works: list[_Work],
    context: Context,
    inputs: Inputs,
    draws: Draws,
    store: Store,
    workers: int,
    knockouts: int,
    mechanisms: tuple[str, ...],
    progress: Progress | None,
    cluster: str | None,
    kept: bool,
) -> None:
    total = _Work(MAIN, 0, len(draws)).cost(context) + _Work(KNOCKOUTS, 0, knockouts, mechanisms).cost(context)
    blocks = store.finished + len(works)
    clock = Clock(total, total - sum(work.cost(context) for work in works), workers)
    took: dict[_Work, float] = {}
    if progress:
        progress(clock.done, total, float("nan") if works else 0.0)

    def do(work: _Work, stop: threading.Event) -> None:
        tables = work.compute(context, draws.part(work.start, work.stop), inputs.runner)
        took[work] = tables.seconds
        if not stop.is_set():
            store.add(work.kind, work.start, work.stop, tables)

    def done(work: _Work) -> None:
        left = clock.step(work.cost(context), took.get(work, 0.0))
        if progress:
            progress(clock.done, total, left)

    try:
        if cluster is None:
            run_in_threads(works, do, workers, done)
        else:
            from qorgau.ensemble.cluster import run_on_cluster

            run_on_cluster(works, context, draws, inputs.runner, store, cluster, took, done)
        if works:
            store.gather()
    except KeyboardInterrupt as error:
        if not kept:
            raise Interrupted("stopped; nothing is kept, since no output folder was given") from error
        raise Interrupted(
            f"stopped: {store.finished} of {blocks} blocks are kept in {store.place.address}; "
            "the same command goes on from there"
        ) from error


def _mechanisms(inputs: Inputs, asked: Sequence[str] | None) -> tuple[str, ...]:
    names = inputs.subsystems if asked is None else tuple(asked)
    for name in names:
        if name not in inputs.uncertain.mechanisms:
            raise InputError(
                "simulate",
                f"knockout_mechanisms.{name}",
                "no such mechanism",
                f"choose from {', '.join(inputs.uncertain.mechanisms)}",
            )
    return tuple(names)


def _context(inputs: Inputs, plan: Plan, seed: int) -> Context:
    catalogue = inputs.catalogue
    return Context(
        world=inputs.world,
        parameters_of=inputs.parameters_of,
        keys_of=inputs.keys_of,
        plan=plan,
        outcomes=inputs.outcomes,
        corridors=inputs.corridors,
        trades=inputs.trades,
        first_year=inputs.first_year,
        shared_before=max(inputs.first_year, catalogue.first_year + plan.first_month // 12),
        last_month=catalogue.last_month,
        knockout_last_month=max(0, catalogue.start_month - 1),
        seed=seed,
    )


def _identity(inputs: Inputs, plan: Plan, draws: Draws, mechanisms: tuple[str, ...]) -> dict[str, Any]:
    policies = {
        name: {
            instrument: [float(plan.levers[row, k]), int(plan.start_month[row, k])]
            for k, instrument in enumerate(inputs.catalogue.instruments)
            if plan.levers[row, k] > 0
        }
        for row, name in enumerate(plan.policies)
    }
    return {
        "case": {"name": inputs.case["name"], "hash": inputs.case["hash"]},
        "design": dict(draws.design),
        "policies": policies,
        "model": inputs.model,
        "knockout_mechanisms": list(mechanisms),
    }


def _about(inputs: Inputs, context: Context, draws: Draws, knockouts: int, command: str | None) -> dict[str, Any]:
    last = inputs.catalogue.first_year + context.last_month // 12
    return {
        "case": dict(inputs.case),
        "runs": len(draws),
        "knockouts": knockouts,
        "years": [context.first_year, last],
        "shared_before": context.shared_before,
        "columns": {
            "policies": list(context.plan.policies),
            "outcomes": list(context.outcomes),
            "corridors": list(context.corridors),
            "trades": list(context.trades),
            "parameters": list(draws.names),
            "claims": list(draws.claims),
            "mechanisms": list(draws.mechanisms),
        },
        "versions": _versions(),
        "command": command or " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    }


def _versions() -> Mapping[str, str]:
    from qorgau import __version__

    return {
        "qorgau": __version__,
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _LIBRARIES},
    }
