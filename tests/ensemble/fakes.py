"""A model of three lines behind the same seam as the real one, so that the ensemble is tested alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from qorgau.ensemble.designs import Uncertain
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.policies import Catalogue, Measure
from qorgau.ensemble.priors import Distribution, DrawnParameter

OUTCOMES = ("people_exploited", "opiates_delivered_kg", "tip_tier")
CORRIDORS = ("a-b", "b-a", "b-c")
TRADES = ("opiates", "labour", "sexual")
CLAIMS = ("S1", "S2", "S3")


@dataclass
class FakeRunner:
    """Outcomes from parameters, switches and keys; may be slow, raise, or give NaN for chosen draws.

    `bad` maps the draw's own value of ``economy.a`` (which names a draw) to what goes wrong.
    """

    seconds: float = 0.0
    raises: frozenset[float] = frozenset()
    nan: frozenset[float] = frozenset()
    calls: list[int] = field(default_factory=list)

    def __call__(self, world, parameters, on, keys, plan, last_month):
        self.calls.append(len(keys))
        time.sleep(self.seconds)
        a = parameters["economy.a"]
        if any(value in self.raises for value in a):
            raise FloatingPointError("the price ran away")
        policies, runs, years = len(plan.policies), len(keys), (last_month + 1) // 12 - 2
        noise = (keys % np.uint64(1000)).astype(float) / 1000
        level = a * on[:, 0] + noise
        month = (np.arange(years) + 2) * 12 + 11
        ramp = np.clip((month[:, None, None] - plan.start_month + 1) / plan.ramp_months, 0, 1)
        pulled = (plan.levers * ramp).sum(axis=2)  # (years, policies)
        yearly = np.empty((policies, runs, years, len(OUTCOMES)))
        yearly[..., 0] = level[None, :, None] * (1 - 0.1 * pulled.T[:, None, :]) * (1 + np.arange(years))
        yearly[..., 1] = parameters["economy.b"][None, :, None] + 0 * yearly[..., 0]
        yearly[..., 2] = np.where(np.arange(years) < 10, np.nan, 2.0)
        yearly[:, np.isin(a, list(self.nan)), 5, 0] = np.nan
        flows = np.zeros((policies, runs, years, len(CORRIDORS), len(TRADES), 2), dtype=np.float32)
        flows[..., 0, 0, 0] = yearly[..., 1]
        flows[..., 0, 0, 1] = yearly[..., 1] / 10
        flows[..., 2, 1, 0] = np.nan_to_num(np.floor(yearly[..., 0]))
        capped = (a > 1.9)[None, :] & (plan.levers.sum(axis=1) < 2)[:, None]
        return SimpleNamespace(yearly=yearly, corridors=flows, touched_cap=capped)


def catalogue() -> Catalogue:
    return Catalogue(
        measures=(
            Measure("baseline", {}),
            Measure("outreach", {"outreach": 1.0}),
            Measure("awareness", {"awareness": 1.0}),
            Measure("all_measures", {"outreach": 1.0, "awareness": 1.0}),
        ),
        instruments=("outreach", "awareness"),
        ramp_months=(12, 24),
        start_month=26 * 12,
        first_year=1989,
        last_month=36 * 12 - 1,
    )


def truth_bits(u_p, u_source, u_claim):
    return u_claim < 0.4 + 0.2 * u_p + 0.1 * (u_source[:, :1] < 0.5)


def uncertain(off=frozenset()) -> Uncertain:
    return Uncertain(
        parameters=(
            DrawnParameter("economy.a", Distribution("uniform", (1.0, 2.0))),
            DrawnParameter(
                "economy.b", Distribution("uniform", (10.0, 11.0)), Distribution("uniform", (0.0, 100.0)), ("S1", "S2")
            ),
            DrawnParameter("economy.c", Distribution("fixed", (3.0,))),
        ),
        claims=CLAIMS,
        sources=("X", "Y"),
        truth_bits=truth_bits,
        mechanisms=("economy", "markets", "scope"),
        mechanism_claims={"scope": ("S2", "S3"), "markets": ("S1",)},
        off=off,
    )


def keys_of(seed: int, numbers: np.ndarray) -> np.ndarray:
    return (np.asarray(numbers, dtype=np.uint64) * np.uint64(7919) + np.uint64(seed)) % np.uint64(100003)


def fake_inputs(runner=None, case_hash: str = "abc", off=frozenset()) -> Inputs:
    return Inputs(
        case={"name": "toy", "title": "A toy", "hash": case_hash},
        model="m1",
        uncertain=uncertain(off),
        catalogue=catalogue(),
        world=None,
        parameters_of=lambda columns, runs: dict(columns),
        keys_of=keys_of,
        runner=runner or FakeRunner(),
        outcomes=OUTCOMES,
        corridors=CORRIDORS,
        trades=TRADES,
        first_year=1991,
        subsystems=("economy", "markets"),
    )


def same(one, other) -> bool:
    """Whether two tables are the same to the bit, NaN included (Arrow's own test has NaN unlike NaN)."""
    if one.column_names != other.column_names or one.num_rows != other.num_rows:
        return False
    for name in one.column_names:
        a, b = (table[name].to_numpy(zero_copy_only=False) for table in (one, other))
        if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            return False
    return True
