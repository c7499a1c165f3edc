"""From a case to what an ensemble needs of it: the only module here that knows cases and the model."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from qorgau.case import Case, mechanism_claims, parameter_table, to_world
from qorgau.case.timeline import month_index
from qorgau.ensemble.designs import Draws, Uncertain, draw_from
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.policies import Catalogue, Measure, Plan
from qorgau.ensemble.priors import Distribution, DrawnParameter
from qorgau.errors import InputError
from qorgau.evidence import truth_bits, truth_sources
from qorgau.model import run as model_run
from qorgau.model.compiled import sources_stamp
from qorgau.model.mechanisms import SUBSYSTEMS, Mechanism
from qorgau.model.outcomes import outcome_names
from qorgau.model.parameters import Parameters, parameters_from_columns
from qorgau.model.registry import PARAMETERS
from qorgau.model.streams import run_keys
from qorgau.model.world import INSTRUMENTS, TRADES

__all__ = ["catalogue_of", "draw", "inputs_of", "run_model", "uncertain_of"]


def run_model(world: Any, parameters: Parameters, on: np.ndarray, keys: np.ndarray, plan: Plan, last_month: int) -> Any:
    """Run the model for a block; the `Runner` of real ensembles."""
    branch = model_run.Branch(plan.policies, plan.levers, plan.start_month, plan.ramp_months)
    return model_run.simulate_block(world, parameters, on, keys, branch, last_month)


def _parameters_of(columns: Mapping[str, np.ndarray], runs: int) -> dict[str, np.ndarray]:
    return parameters_from_columns(PARAMETERS, columns, runs)


def uncertain_of(case: Case) -> Uncertain:
    """Return all that a draw of this case decides.

    Raises
    ------
    InputError
        If a parameter of the model has no prior in the case.
    """
    rows = {row.name: row for row in parameter_table(case)}
    for subsystem, table in PARAMETERS.items():
        for parameter in table:
            if f"{subsystem}.{parameter.name}" not in rows:
                raise InputError(
                    f"parameters/{subsystem}.yaml",
                    parameter.name,
                    "the model's parameter has no prior",
                    f"add {parameter.name} with unit {parameter.unit}, a prior, and claims or an assumption",
                )
    parameters = [
        DrawnParameter(
            row.name,
            Distribution(row.prior.kind, tuple(row.prior.numbers)),
            Distribution(row.vague.kind, tuple(row.vague.numbers)) if row.vague else None,
            row.claims,
        )
        for row in rows.values()
    ]
    claims, policy = case.evidence.claims, case.evidence.policy
    return Uncertain(
        parameters=tuple(parameters),
        claims=tuple(claim.id for claim in claims),
        sources=tuple(truth_sources(claims)),
        truth_bits=functools.partial(truth_bits, claims, policy),
        mechanisms=tuple(m.name.lower() for m in Mechanism),
        mechanism_claims={m.name.lower(): ids for m, ids in mechanism_claims(case).items()},
        off=frozenset(case.off),
    )


def catalogue_of(case: Case) -> Catalogue:
    """Return the counter-measures of a case as levers, the baseline first."""
    settings = case.settings
    rows = sorted(case.measures, key=lambda row: bool(row.levers))
    # A lever rises as fast as the measure that moves it alone; joint measures only pull several at once.
    ramps: dict[str, int] = {}
    for row in sorted(case.measures, key=lambda row: -len(row.levers)):
        ramps.update(dict.fromkeys(row.levers, row.ramp_months))
    return Catalogue(
        measures=tuple(Measure(row.id, dict(row.levers)) for row in rows),
        instruments=INSTRUMENTS,
        ramp_months=tuple(max(1, ramps.get(name, 1)) for name in INSTRUMENTS),
        start_month=month_index(settings.policy_start, settings.start_year),
        first_year=settings.start_year,
        last_month=(settings.last_year - settings.start_year + 1) * 12 - 1,
    )


def inputs_of(case: Case) -> Inputs:
    """Translate a case into what an ensemble needs.

    Raises
    ------
    InputError
        If the case cannot be run.
    """
    world = to_world(case)
    return Inputs(
        case={"name": case.id, "title": case.title, "hash": case.hash, "not_for": case.settings.not_for},
        model=sources_stamp(),
        uncertain=uncertain_of(case),
        catalogue=catalogue_of(case),
        world=world,
        parameters_of=_parameters_of,
        keys_of=run_keys,
        runner=run_model,
        outcomes=tuple(outcome_names(world)),
        corridors=tuple(world.corridor_names),
        trades=TRADES,
        first_year=model_run.FIRST_YEAR,
        subsystems=tuple(m.name.lower() for m in SUBSYSTEMS),
    )


def draw(case: Case, runs: int, seed: int, method: str = "sobol") -> Draws:
    """Draw parameters, truth bits and switches of a case; see `qorgau.ensemble.designs.draw_from`."""
    return draw_from(uncertain_of(case), runs, seed, method)
