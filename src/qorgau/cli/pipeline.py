"""The steps of ``qorgau run``, each of which a command of its own takes too."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qorgau.cli.outputs import default_out, keep_case
from qorgau.cli.screen import Screen, Stages, clock
from qorgau.errors import InputError

if TYPE_CHECKING:
    from qorgau.analysis.records import Analysis
    from qorgau.case import Case
    from qorgau.ensemble.designs import Draws
    from qorgau.ensemble.extend import Growth
    from qorgau.ensemble.inputs import Inputs
    from qorgau.ensemble.results import Results

__all__ = ["DEFAULT_RUNS", "Asked", "Drawn", "analysed", "chosen", "examined", "simulated"]

DEFAULT_RUNS = 200

COMPILING = "the model, for this machine; the first time this takes about a minute, later a few seconds"


@dataclass(frozen=True)
class Asked:
    """What the user asks of an ensemble."""

    runs: int | None
    seed: int
    policies: str | None = None
    out: str | None = None
    workers: int | None = None
    knockouts: int = 0
    cluster: str | None = None
    prior: bool = False
    matched: Path | None = None
    append: int | None = None

    @property
    def policy_list(self) -> list[str] | None:
        """The policies one by one; None is all of the case's."""
        if self.policies is None:
            return None
        return [name.strip() for name in self.policies.split(",") if name.strip()]


@dataclass(frozen=True)
class Drawn:
    """Where the draws of an ensemble come from.

    `draws` are those of a matched set, or None for draws of the prior; `files` are those of the case to keep with the
    results, the set among them; `about` is for the JSON summary; `grown` is what an ensemble that grows was begun with.
    """

    runs: int
    draws: Draws | None
    files: Mapping[str, bytes]
    about: Mapping[str, Any]
    grown: Growth | None = None


def chosen(case: Case, files: Mapping[str, bytes], inputs: Inputs, asked: Asked, screen: Screen) -> Drawn:
    """Choose between the matched set and the prior, and say which.

    Raises
    ------
    InputError
        If the set that is asked for is not there or is of another state of the case, or holds too few draws.
    """
    from qorgau.analysis.waves.needs import FILE as NEEDS
    from qorgau.analysis.waves.stored import FILES, FOLDER, NO_SET, current_matched, load_matched

    plain = {name: content for name, content in files.items() if not name.startswith(f"{FOLDER}/")}
    if asked.prior and asked.matched is not None:
        raise InputError("--matched", "", "does not go with --prior", "give one of the two")
    if asked.append is not None:
        return _grown(case, plain, inputs, asked, screen)
    folder = asked.matched if asked.matched is not None else Path(case.folder) / FOLDER
    stored, why = None, "--prior"
    if asked.matched is not None:
        stored = load_matched(case, asked.matched, inputs)
    elif not asked.prior:
        stored, why = current_matched(case, inputs)
    if stored is None:
        runs = DEFAULT_RUNS if asked.runs is None else asked.runs
        screen.say(f"  {'draws':<12} {runs} of the prior ({why})")
        if why not in (NO_SET, "--prior"):
            screen.notes.append(f"drawn from the prior: {why}")
        return Drawn(runs, None, plain, {"draws": "prior", "why": why})
    runs = min(DEFAULT_RUNS, len(stored)) if asked.runs is None else asked.runs
    draws = stored.first(runs)
    screen.say(
        f"  {'draws':<12} {runs} of the {len(stored)} of the matched set {stored.hash[:8]}, worth "
        f"{stored.effective.runs:.0f} independent runs; --prior draws from the prior instead"
    )
    kept = {f"{FOLDER}/{name}": (folder / name).read_bytes() for name in (*FILES, NEEDS) if (folder / name).is_file()}
    return Drawn(runs, draws, {**plain, **kept}, {"draws": "matched", "set": stored.hash, "of": len(stored)})


def _grown(case: Case, files: Mapping[str, bytes], inputs: Inputs, asked: Asked, screen: Screen) -> Drawn:
    """Return the draws of an ensemble that is there, as many more as are asked for."""
    from qorgau.ensemble.extend import growth

    out = asked.out or default_out(case)
    if asked.runs is not None or asked.policies is not None or asked.prior or asked.matched is not None:
        raise InputError(
            "--append", "", "goes with --out, --knockouts, --workers and --cluster alone",
            "leave out --runs, --policies, --prior and --matched: an ensemble grows as it was begun",
        )
    grown = growth(out, asked.append or 0)
    if not grown.drawn:
        raise InputError(
            out, "design", f"its draws are those of a {grown.design['method']} set, a list that does not go on: it "
            "cannot be extended", f"ask for more of the set with --runs (it may hold more than {grown.grown_from}), or "
            "draw from the prior into another --out with --prior",
        )
    screen.say(f"  {'draws':<12} {grown.grown_from} are there, {grown.runs - grown.grown_from} more of the same design")
    return Drawn(
        grown.runs, None, files, {"draws": "prior", "why": "--append", "grown_from": grown.grown_from}, grown
    )


def _compile(inputs: Inputs, asked: Asked) -> None:
    """Compile the model, on several cores if it can be, and in a short run, so that no block's time holds it."""
    from qorgau.ensemble.designs import draw_from
    from qorgau.ensemble.policies import plan_of
    from qorgau.ensemble.workers import available_cores
    from qorgau.model.warming import warm

    draw = draw_from(inputs.uncertain, 1, asked.seed)
    month = (inputs.first_year - inputs.catalogue.first_year + 1) * 12 - 1
    parameters, keys = inputs.parameters_of(draw.columns(), 1), inputs.keys_of(asked.seed, draw.numbers)
    with suppress(Exception):  # deliberately broad: what could not be compiled ahead is compiled below
        warm(inputs.world, parameters, np.array(draw.on), keys, asked.workers or available_cores())
    try:
        inputs.runner(
            inputs.world, parameters, np.array(draw.on), keys, plan_of(asked.policy_list, inputs.catalogue), month
        )
    except Exception:
        # Deliberately broad: what is wrong with this run its block will find and record.
        pass


def examined(case: Case) -> Inputs:
    """Translate a case, and check what only its analysis would find: patterns and cut-offs.

    Raises
    ------
    InputError
        If the case cannot be run, or its patterns cannot be tested on what a run gives.
    """
    from qorgau.analysis.case_view import case_view
    from qorgau.analysis.patterns import parse_patterns
    from qorgau.analysis.runs import CORRIDOR_OVERLAP, CORRIDOR_PREFIX
    from qorgau.ensemble.translate import inputs_of

    inputs = inputs_of(case)
    view = case_view(case)
    derived = {f"{CORRIDOR_PREFIX}{a}_{b}" for a, b in view.corridor_ends.values()} | {CORRIDOR_OVERLAP}
    years = range(inputs.first_year, case.settings.last_year + 1)
    parse_patterns(view.patterns, (*inputs.outcomes, *sorted(derived)), tuple(years), view.patterns_file)
    return inputs


def simulated(
    case: Case, drawn: Drawn, inputs: Inputs, asked: Asked, screen: Screen, stages: Stages
) -> tuple[Results, str]:
    """Run the ensemble that is asked for, or what is missing of it, and keep the case beside it.

    Returns
    -------
    results, folder

    Raises
    ------
    InputError
        If an argument or the folder cannot be used.
    Interrupted
        On Ctrl-C; finished blocks are kept.
    """
    from qorgau.ensemble.runner import simulate_inputs

    out = asked.out or default_out(case)
    if drawn.grown is not None:
        asked = replace(
            asked, seed=drawn.grown.seed, policies=",".join(drawn.grown.policies),
            knockouts=max(asked.knockouts, drawn.grown.knockouts),
        )
    if asked.policies is not None and not asked.policy_list:
        raise InputError("--policies", "", "names no policy", f"choose from {', '.join(case.policies)}")
    growing = drawn.grown is not None
    results = simulate_inputs(
        inputs,
        asked.policy_list,
        asked.append or 0 if growing else drawn.runs,
        asked.seed,
        asked.workers,
        out,
        asked.knockouts,
        _shower(inputs, asked, drawn.runs, screen, stages),
        draws=drawn.draws,
        cluster=asked.cluster,
        command=shlex.join(["qorgau", *sys.argv[1:]]),
        say=screen.note,
        append=growing,
    )
    keep_case(drawn.files, out)
    stages.end()
    _tell_failures(results, screen)
    return results, out


def _shower(inputs: Inputs, asked: Asked, runs_asked: int, screen: Screen, stages: Stages) -> Any:
    """Return what shows how far the ensemble is; it counts in years that are simulated."""
    months = max(1, inputs.catalogue.start_month)
    knock = asked.knockouts * len(inputs.subsystems) * months / 12

    def show(done: float, total: float, left: float) -> None:
        if math.isnan(left):
            if not asked.cluster:
                # The first call: the folder has been found usable, and no block is under way.
                stages.begin("compile", COMPILING)
                _compile(inputs, asked)
            stages.begin("simulate")
            return
        main = max(1e-9, total - knock)
        if not stages.running:
            screen.note("all runs are there already; nothing is run again")
            return
        soon = f"about {clock(left)} left" if left > 0 else "done"
        if done < main - 1e-6 or not knock:
            stages.begin("simulate")
            runs = min(runs_asked, int(runs_asked * done / main + 1e-6))
            stages.progress(done / main, f"{runs} of {runs_asked} runs, {soon}")
        else:
            stages.begin("knock-outs")
            part = (done - main) / knock
            stages.progress(part, f"{int(asked.knockouts * part + 1e-6)} of {asked.knockouts} runs, {soon}")

    return show


def _tell_failures(results: Results, screen: Screen) -> None:
    failed = results.failed().to_pylist()
    if failed:
        first = failed[0]
        screen.note(f"{len(failed)} runs failed and are left out; the first, run {first['run']}: {first['message']}")


def analysed(case: Case, results: Results, stages: Stages, seed: int = 0) -> Analysis:
    """Analyse results, showing which part is under way."""
    from qorgau.analysis.summary import analyse

    made = analyse(case, results, seed=seed, stage=stages.begin)
    stages.end()
    return made
