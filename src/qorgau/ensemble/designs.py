"""Designs and draws: points of the unit cube, and what they mean for parameters, claims and mechanisms.

Both designs are extendable: the first draws of a longer design are those of a shorter one, bit for bit, so
that an ensemble can be made larger without running anything again.

Sobol points with Owen-type scrambling: Owen (1998), "Scrambling Sobol' and Niederreiter-Xing points";
direction numbers of Joe and Kuo (2008), as in ``scipy.stats.qmc``. The Latin hypercube grows by doubling, each
new half filling the strata that are still free (nested Latin hypercubes, Qian 2009).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from qorgau.ensemble.priors import DrawnParameter
from qorgau.errors import InputError

__all__ = ["DESIGNS", "Draws", "Uncertain", "draw_from", "draws_at", "latin_hypercube", "points", "sobol", "switches"]

_FIRST_LATIN = 16


def sobol(runs: int, dimensions: int, seed: int) -> np.ndarray:
    """Scrambled Sobol points, shape (runs, dimensions), in [0, 1).

    Any number of runs may be asked for: the next power of two is made and cut, so the first points of a
    larger design are those of a smaller one.
    """
    from scipy.stats import qmc

    if runs == 0:
        return np.empty((0, dimensions))
    whole = 1 << max(0, int(runs - 1).bit_length())
    return qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed)).random(whole)[:runs]


def latin_hypercube(runs: int, dimensions: int, seed: int) -> np.ndarray:
    """Nested Latin hypercube, shape (runs, dimensions), in [0, 1).

    With 16, 32, 64 ... runs every dimension has exactly one point in each of so many equal strata.
    """
    from scipy.stats import qmc

    size = _FIRST_LATIN
    made = qmc.LatinHypercube(dimensions, rng=np.random.default_rng([seed, 0])).random(size)
    column = np.arange(dimensions)
    while size < runs:
        rng = np.random.default_rng([seed, size])
        free = np.ones((2 * size, dimensions), dtype=bool)
        free[np.floor(made * 2 * size).astype(np.int64), column] = False
        strata = np.nonzero(free.T)[1].reshape(dimensions, size)
        new = (rng.permuted(strata, axis=1).T + rng.random((size, dimensions))) / (2 * size)
        made = np.vstack([made, np.minimum(new, np.nextafter(1.0, 0.0))])
        size *= 2
    return made[:runs]


DESIGNS: Mapping[str, Callable[[int, int, int], np.ndarray]] = MappingProxyType(
    {"sobol": sobol, "latin_hypercube": latin_hypercube}
)


def points(method: str, runs: int, dimensions: int, seed: int) -> np.ndarray:
    """Points of a design, shape (runs, dimensions).

    Raises
    ------
    InputError
        If the design is unknown, or runs or seed are negative.
    """
    if method not in DESIGNS:
        raise InputError("simulate", "design", f"unknown design {method}", f"use one of {', '.join(DESIGNS)}")
    if runs < 0:
        raise InputError("simulate", "runs", f"{runs} runs", "ask for 1 or more")
    if seed < 0:
        raise InputError("simulate", "seed", f"the seed is {seed}", "use 0 or a whole number above")
    if dimensions == 0:
        return np.empty((runs, 0))
    return DESIGNS[method](runs, dimensions, seed)


@dataclass(frozen=True)
class Uncertain:
    """All that a draw decides: parameters, truth bits of claims, switches of mechanisms.

    Parameters
    ----------
    parameters : tuple of DrawnParameter
    claims, sources : tuple of str
        Columns of the truth bits, and the sources that claims share.
    truth_bits : callable
        From uniforms ``(u_p, u_source, u_claim)`` of shapes (runs, claims), (runs, sources), (runs, claims)
        to truth bits, bool (runs, claims).
    mechanisms : tuple of str
        Columns of the switches.
    mechanism_claims : mapping of str to tuple of str
        Claims that each mechanism rests on; a mechanism without claims is always on.
    off : frozenset of str
        Mechanisms that the case switches off in every run.
    """

    parameters: tuple[DrawnParameter, ...]
    claims: tuple[str, ...]
    sources: tuple[str, ...]
    truth_bits: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    mechanisms: tuple[str, ...]
    mechanism_claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    off: frozenset[str] = frozenset()

    @property
    def dimensions(self) -> int:
        """Uniform numbers that one draw takes."""
        return len(self.parameters) + 2 * len(self.claims) + len(self.sources)


@dataclass(frozen=True)
class Draws:
    """What each draw of an ensemble decided.

    Attributes
    ----------
    numbers : ndarray of int, shape (runs,)
        Number of each draw in its design.
    names : tuple of str
    values : ndarray, shape (runs, parameters)
        In each parameter's own unit.
    claims : tuple of str
    truth : ndarray of bool, shape (runs, claims)
    mechanisms : tuple of str
    on : ndarray of float64, shape (runs, mechanisms)
        1 on, 0 off.
    design : mapping
        Method, seed and dimensions: what makes the same draws again.
    streams : ndarray of int64, shape (runs,)
        Number of each draw's random stream; by default that of the draw.
    """

    numbers: np.ndarray
    names: tuple[str, ...]
    values: np.ndarray
    claims: tuple[str, ...]
    truth: np.ndarray
    mechanisms: tuple[str, ...]
    on: np.ndarray
    design: Mapping[str, Any]
    streams: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.streams is None:
            object.__setattr__(self, "streams", np.array(self.numbers, dtype=np.int64))
        for array in (self.numbers, self.values, self.truth, self.on, self.streams):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.numbers)

    def part(self, start: int, stop: int) -> Draws:
        """Return the draws from `start` up to but not including `stop`."""
        cut = slice(start, stop)
        return Draws(
            self.numbers[cut],
            self.names,
            self.values[cut],
            self.claims,
            self.truth[cut],
            self.mechanisms,
            self.on[cut],
            self.design,
            self.streams[cut],
        )

    def take(self, rows: Sequence[int] | np.ndarray) -> Draws:
        """Return the draws at these rows, in this order."""
        at = np.asarray(rows, dtype=np.int64)
        return Draws(
            self.numbers[at],
            self.names,
            self.values[at],
            self.claims,
            self.truth[at],
            self.mechanisms,
            self.on[at],
            self.design,
            self.streams[at],
        )

    def columns(self) -> dict[str, np.ndarray]:
        """Return the values of each parameter by full name, each of shape (runs,)."""
        return {name: np.ascontiguousarray(self.values[:, i]) for i, name in enumerate(self.names)}


def draw_from(uncertain: Uncertain, runs: int, seed: int, method: str = "sobol") -> Draws:
    """Draw parameters, truth bits and switches.

    Every parameter has its own dimension, fixed or not, so that a case and its copy with some parameters
    fixed share all other values draw by draw.

    Parameters
    ----------
    uncertain : Uncertain
    runs : int
        Number of draws, any number from 1.
    seed : int
        0 or more.
    method : str
        A key of `DESIGNS`.

    Returns
    -------
    Draws

    Raises
    ------
    InputError
        If runs, seed or method cannot be used.
    """
    if runs < 1:
        raise InputError("simulate", "runs", f"{runs} runs", "ask for 1 or more")
    made = points(method, runs, uncertain.dimensions, seed)
    design = {"method": method, "seed": seed, "dimensions": uncertain.dimensions}
    return draws_at(uncertain, made, np.arange(runs, dtype=np.int64), design)


def draws_at(
    uncertain: Uncertain, made: np.ndarray, numbers: np.ndarray, design: Mapping[str, Any]
) -> Draws:
    """Return what some points of the unit cube mean for parameters, truth bits and switches.

    Parameters
    ----------
    uncertain : Uncertain
    made : ndarray, shape (runs, uncertain.dimensions)
        In [0, 1): parameters, then concentration, source and own uniforms of the truth bits.
    numbers : ndarray of int, shape (runs,)
    design : mapping
        Kept with the draws.

    Returns
    -------
    Draws
    """
    n_parameters, n_claims, runs = len(uncertain.parameters), len(uncertain.claims), len(made)
    cuts = np.cumsum([n_parameters, n_claims, len(uncertain.sources)])
    u_value, u_p, u_source, u_claim = np.split(made, cuts, axis=1)
    truth = np.asarray(uncertain.truth_bits(u_p, u_source, u_claim), dtype=bool).reshape(runs, n_claims)
    values = np.empty((runs, n_parameters))
    for i, parameter in enumerate(uncertain.parameters):
        values[:, i] = parameter.values(u_value[:, i], truth, uncertain.claims)
    return Draws(
        numbers=np.array(numbers, dtype=np.int64),
        names=tuple(p.name for p in uncertain.parameters),
        values=values,
        claims=uncertain.claims,
        truth=truth,
        mechanisms=uncertain.mechanisms,
        on=switches(uncertain, truth),
        design=MappingProxyType(dict(design)),
    )


def switches(uncertain: Uncertain, truth: np.ndarray) -> np.ndarray:
    """Switch of each mechanism, float64 (runs, mechanisms): on when at least one of its claims holds.

    Parameters
    ----------
    uncertain : Uncertain
    truth : ndarray of bool, shape (runs, claims)

    Returns
    -------
    ndarray of float64, shape (runs, mechanisms)
    """
    place = {claim: i for i, claim in enumerate(uncertain.claims)}
    on = np.ones((len(truth), len(uncertain.mechanisms)))
    for i, mechanism in enumerate(uncertain.mechanisms):
        rests_on = uncertain.mechanism_claims.get(mechanism, ())
        if mechanism in uncertain.off:
            on[:, i] = 0.0
        elif rests_on:
            on[:, i] = truth[:, [place[claim] for claim in rests_on]].any(axis=1)
    return on
