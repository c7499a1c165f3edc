"""Prior distributions of parameters by their inverse CDF, and the robust mixture over a claim's truth.

Values come from points of the unit cube, so that a space-filling design stays space-filling in the
parameters, and so that a parameter's value in a draw does not depend on how many random numbers other
parameters use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["ARITY", "Distribution", "DrawnParameter"]

ARITY: dict[str, int] = {"uniform": 2, "log_uniform": 2, "normal": 4, "beta": 2, "fixed": 1}
"""Numbers that each kind takes: uniform and log_uniform (low, high), normal (mean, standard deviation, low,
high: truncated), beta (a, b), fixed (value)."""

_EDGE = 2.0**-33  # points of a design may be exactly 0, where a quantile can be infinite


@dataclass(frozen=True)
class Distribution:
    """One distribution of a parameter, in the parameter's own unit.

    Parameters
    ----------
    kind : str
        A key of `ARITY`.
    numbers : tuple of float
        As `ARITY` says.

    Raises
    ------
    ValueError
        If the kind is unknown, or its numbers are too few, too many or out of order.
    """

    kind: str
    numbers: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.kind not in ARITY:
            raise ValueError(f"unknown distribution {self.kind}; known are {', '.join(ARITY)}")
        if len(self.numbers) != ARITY[self.kind]:
            raise ValueError(f"{self.kind} takes {ARITY[self.kind]} numbers, not {len(self.numbers)}")
        if not all(np.isfinite(self.numbers)):
            raise ValueError(f"{self.kind} has a number that is not finite")
        wrong = self._fault()
        if wrong:
            raise ValueError(f"{self.kind}{list(self.numbers)}: {wrong}")

    def _fault(self) -> str:
        n = self.numbers
        if self.kind in ("uniform", "log_uniform") and n[0] > n[1]:
            return "low is above high"
        if self.kind == "log_uniform" and n[0] <= 0:
            return "both ends must be above 0"
        if self.kind == "normal" and (n[1] <= 0 or n[2] >= n[3]):
            return "the standard deviation must be above 0 and low below high"
        if self.kind == "beta" and min(n) <= 0:
            return "both numbers must be above 0"
        return ""

    @property
    def is_fixed(self) -> bool:
        """Whether every draw has the same value."""
        return self.kind == "fixed" or (self.kind in ("uniform", "log_uniform") and self.numbers[0] == self.numbers[1])

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Value below which a share `u` of the distribution lies.

        Parameters
        ----------
        u : ndarray
            Shares in [0, 1]; the ends are moved inwards by 2**-33.

        Returns
        -------
        ndarray
            Same shape as `u`, in the parameter's unit.
        """
        u = np.clip(np.asarray(u, dtype=np.float64), _EDGE, 1.0 - _EDGE)
        n = self.numbers
        if self.is_fixed:
            return np.full(u.shape, n[0])
        if self.kind == "uniform":
            return n[0] + u * (n[1] - n[0])
        if self.kind == "log_uniform":
            return np.clip(np.exp(np.log(n[0]) + u * (np.log(n[1]) - np.log(n[0]))), n[0], n[1])
        from scipy import stats  # here, since it is slow to load and reading results does not need it

        if self.kind == "normal":
            mean, sd, low, high = n
            return np.clip(stats.truncnorm.ppf(u, (low - mean) / sd, (high - mean) / sd, loc=mean, scale=sd), low, high)
        return stats.beta.ppf(u, n[0], n[1])


@dataclass(frozen=True)
class DrawnParameter:
    """What the ensemble knows of one parameter.

    Parameters
    ----------
    name : str
        Full name, ``subsystem.name``.
    prior : Distribution
        Used when a claim that feeds the parameter is true, and always when there is no `vague`.
    vague : Distribution or None
        Used when every claim that feeds the parameter is false.
    claims : tuple of str
        Claims that feed the parameter.
    """

    name: str
    prior: Distribution
    vague: Distribution | None = None
    claims: tuple[str, ...] = ()

    @property
    def is_fixed(self) -> bool:
        """Whether every draw has the same value."""
        return self.prior.is_fixed and (self.vague is None or self.vague == self.prior or not self.claims)

    def values(self, u: np.ndarray, truth: np.ndarray, claims: Sequence[str]) -> np.ndarray:
        """Value of the parameter in each draw: the robust mixture of prior and vague prior.

        The same `u` serves both, so that a draw keeps its place (low or high) when only the truth bit differs.

        Parameters
        ----------
        u : ndarray, shape (runs,)
            Points in [0, 1].
        truth : ndarray of bool, shape (runs, claims)
            Truth bits.
        claims : sequence of str
            Names of the columns of `truth`.

        Returns
        -------
        ndarray, shape (runs,)

        Raises
        ------
        KeyError
            If a claim that feeds the parameter has no truth bit.
        """
        value = self.prior.quantile(u)
        if self.vague is None or not self.claims:
            return value
        place = {claim: i for i, claim in enumerate(claims)}
        holds = truth[:, [place[claim] for claim in self.claims]].any(axis=1)
        return np.where(holds, value, self.vague.quantile(u))
