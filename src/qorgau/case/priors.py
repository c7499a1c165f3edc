"""What is believed of a parameter before the model is run: one distribution, and a vague one beside it."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, model_validator

from qorgau.case.models import Frozen, Sourced, Text

__all__ = ["ParameterPrior", "Prior"]

Number = Annotated[float, Field(allow_inf_nan=False)]


class Prior(Frozen):
    """One distribution, named by its key.

    ``uniform: [a, b]``, ``log_uniform: [a, b]`` with a above 0, ``normal: [mean, sd, low, high]`` cut at low and
    high, ``beta: [a, b]`` on 0 to 1, or ``fixed: x``.
    """

    uniform: tuple[Number, Number] | None = None
    log_uniform: tuple[Number, Number] | None = None
    normal: tuple[Number, Number, Number, Number] | None = None
    beta: tuple[Number, Number] | None = None
    fixed: Number | None = None

    @model_validator(mode="after")
    def _one_well_formed(self) -> Prior:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of uniform, log_uniform, normal, beta, fixed")
        for name in ("uniform", "log_uniform"):
            pair = getattr(self, name)
            if pair is not None and not pair[0] < pair[1]:
                raise ValueError(f"range upside down: {name} [{pair[0]:g}, {pair[1]:g}]")
        if self.log_uniform is not None and self.log_uniform[0] <= 0:
            raise ValueError("log_uniform needs bounds above 0")
        if self.normal is not None:
            mean, sd, low, high = self.normal
            if sd <= 0 or not low <= mean <= high or low >= high:
                raise ValueError("range upside down: normal is [mean, sd, low, high], sd above 0, low <= mean <= high")
        if self.beta is not None and min(self.beta) <= 0:
            raise ValueError("beta needs two numbers above 0")
        return self

    @property
    def kind(self) -> str:
        """Name of the distribution."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def numbers(self) -> tuple[float, ...]:
        """The distribution's numbers in the order of the file."""
        value = getattr(self, self.kind)
        return value if isinstance(value, tuple) else (float(value),)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value that can be drawn."""
        if self.kind == "normal":
            return self.numbers[2], self.numbers[3]
        if self.kind == "beta":
            return 0.0, 1.0
        return self.numbers[0], self.numbers[-1]

    @property
    def middle(self) -> float:
        """Central value: the middle of the range (of its logarithm), the mean, or the fixed value."""
        a, b = self.numbers[0], self.numbers[-1]
        if self.kind == "log_uniform":
            return math.sqrt(a * b)
        if self.kind == "beta":
            return a / (a + b)
        return a if self.kind in ("normal", "fixed") else 0.5 * (a + b)


class ParameterPrior(Sourced):
    """Prior of one parameter of the model; `vague` is drawn from when the claims behind it are false."""

    unit: Text
    prior: Prior
    vague: Prior | None = None
