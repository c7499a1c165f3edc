"""All parameter tables by subsystem, in the order in which the documentation prints them."""

from __future__ import annotations

from collections.abc import Mapping

from qorgau.model import (
    cases,
    corruption,
    drug_market,
    economy,
    enforcement,
    facilitators,
    human_trade,
    indicators,
    measures,
    organisations,
    patronage,
    people,
    routes,
)
from qorgau.model.parameters import Parameter

__all__ = ["PARAMETERS"]

PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "economy": economy.PARAMETERS,
    "drug_market": drug_market.PARAMETERS,
    "human_trade": human_trade.PARAMETERS,
    "organisations": organisations.PARAMETERS,
    "routes": routes.PARAMETERS,
    "facilitators": facilitators.PARAMETERS,
    "corruption": corruption.PARAMETERS,
    "patronage": patronage.PARAMETERS,
    "enforcement": enforcement.PARAMETERS,
    "cases": cases.PARAMETERS,
    "people": people.PARAMETERS,
    "measures": measures.PARAMETERS,
    "indicators": indicators.PARAMETERS,
}
"""Subsystem to its table."""
