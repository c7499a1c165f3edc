"""Dated values with their publisher and vintage, chained where one vintage ends."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from qorgau.case.models import Frozen, Identifier, Sourced, Text, Year

__all__ = ["Series", "Vintage"]

Value = Annotated[float, Field(allow_inf_nan=False)]
Entity = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Vintage(Frozen):
    """Values as one publisher gave them at one time: ``values: {KAZ: {1990: 1647.5}}``."""

    vintage: Text = Field(description="when the values were published, as written: 2015-08")
    source: Text = Field(description="publisher and publication")
    values: dict[Entity, dict[Year, Value]] = Field(min_length=1)

    @model_validator(mode="after")
    def _some_values(self) -> Vintage:
        for entity, dated in self.values.items():
            if not dated:
                raise ValueError(f"no values for {entity}")
        return self


class Series(Sourced):
    """A quantity over the years, by state (or for one state only).

    `feeds` names the input of the model that it becomes; a series without it is kept to compare with. The
    first vintage counts; before and after its years, later vintages go on from its last value by their own
    growth.
    """

    id: Identifier
    title: Text
    unit: Text
    feeds: Literal["gdp_per_head", "population", "opium", "farm_growth", "private_share", "score_table"] | None = None
    between: Literal["linear", "log_linear"] = Field("linear", description="how values between years are filled")
    vintages: tuple[Vintage, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _positive_where_logs_are_taken(self) -> Series:
        if self.feeds is not None or self.between == "log_linear":
            for vintage in self.vintages:
                for entity, dated in vintage.values.items():
                    for year, value in dated.items():
                        if value <= 0:
                            raise ValueError(f"{entity} {year}: the value must be above 0")
        return self

    @property
    def entities(self) -> tuple[str, ...]:
        """States that the series has values for, in file order."""
        return tuple(dict.fromkeys(entity for vintage in self.vintages for entity in vintage.values))

    def chained(self, entity: str) -> dict[int, float]:
        """Values by year for one entity, vintages chained by growth.

        Raises
        ------
        KeyError
            If no vintage has values for the entity.
        """
        having = [vintage.values[entity] for vintage in self.vintages if entity in vintage.values]
        if not having:
            raise KeyError(f"series {self.id} has no values for {entity}")
        out = dict(having[0])
        for other in having[1:]:
            common = sorted(set(out) & set(other))
            if not common:
                raise KeyError(f"series {self.id}: vintages for {entity} share no year to be chained at")
            first, last = common[0], common[-1]
            for year, value in other.items():
                if year > max(out):
                    out[year] = out[last] * value / other[last]
                elif year < min(out):
                    out[year] = out[first] * value / other[first]
        return dict(sorted(out.items()))

    def monthly(self, entity: str, start_year: int, months: int) -> np.ndarray:
        """Values by month, shape (months,): a year's value stands at its middle, ends are held.

        Raises
        ------
        KeyError
            If no vintage has values for the entity.
        """
        dated = self.chained(entity)
        at = np.array([12.0 * (year - start_year) + 5.5 for year in dated])
        values = np.array(list(dated.values()))
        wanted = np.arange(months, dtype=float)
        if self.between == "log_linear":
            return np.exp(np.interp(wanted, at, np.log(values)))
        return np.interp(wanted, at, values)
