"""Parameters, switches and keys for tests of the model, drawn from the bundled priors."""

from __future__ import annotations

import zlib
from functools import cache
from importlib.resources import files

import numpy as np
import yaml

from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import parameters_from_columns
from qorgau.model.registry import PARAMETERS
from qorgau.model.streams import run_keys


def _value(prior: dict, u: np.ndarray) -> np.ndarray:
    (kind, args), = prior.items()
    if kind == "uniform":
        return args[0] + u * (args[1] - args[0])
    if kind == "log_uniform":
        return np.exp(np.log(args[0]) + u * (np.log(args[1]) - np.log(args[0])))
    if kind == "fixed":
        return np.full(len(u), float(args))
    if kind == "normal":
        from scipy.stats import truncnorm

        mean, sd, low, high = args
        return truncnorm.ppf(u, (low - mean) / sd, (high - mean) / sd, mean, sd)
    if kind == "beta":
        from scipy.stats import beta

        return beta.ppf(u, *args)
    raise AssertionError(f"unknown prior {kind}")


@cache
def _priors(subsystem: str) -> dict:
    text = files("qorgau").joinpath("cases", "kazakhstan", "parameters", f"{subsystem}.yaml").read_text("utf-8")
    return yaml.safe_load(text)


def draw_parameters(runs: int, seed: int = 0, middle: bool = False) -> dict[str, np.ndarray]:
    """Structured arrays per subsystem; medians of the priors when ``middle``.

    Each parameter has numbers of its own, by name: a new parameter leaves the draws of the others as they were.
    """
    columns = {}
    for subsystem, table in PARAMETERS.items():
        priors = _priors(subsystem)
        for p in table:
            own = np.random.default_rng([seed, zlib.crc32(f"{subsystem}.{p.name}".encode())])
            u = np.full(runs, 0.5) if middle else own.uniform(0.001, 0.999, runs)
            columns[f"{subsystem}.{p.name}"] = _value(priors[p.name]["prior"], u)
    return parameters_from_columns(PARAMETERS, columns, runs)


def all_on(runs: int, *off: Mechanism) -> np.ndarray:
    """Switches, all on but those named."""
    on = np.ones((runs, len(Mechanism)))
    for m in off:
        on[:, m] = 0.0
    return on


def keys(runs: int, seed: int = 1) -> np.ndarray:
    """Keys of runs 0, 1, ..."""
    return run_keys(seed, np.arange(runs))
