"""Units as products of base dimensions, and scenes in which one base unit is another: dimensional analysis by machine.

Buckingham's theorem asks that an equation between quantities hold in any units. A scene is rewritten for a base unit
that is ``1/factor`` of the old one: each parameter and state variable is multiplied by factor to the power that its
declared unit has in that base. Whatever comes out must be the old result, multiplied the same way.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from qorgau.model.registry import PARAMETERS
from qorgau.model.state import VARIABLES
from qorgau.model.world import World
from tests.model.people_scene import Scene

BASES: dict[str, dict[str, int]] = {
    "1": {}, "0": {}, "tier": {}, "index": {}, "logit": {}, "spell": {"spell": 1},
    "USD": {"USD": 1}, "kg": {"kg": 1}, "tonne": {"tonne": 1}, "km": {"km": 1},
    "person": {"person": 1}, "million": {"person": 1},  # of inhabitants, in the denominator of a density
    "week": {"time": 1}, "month": {"time": 1}, "year": {"time": 1}, "monthly": {},
    "journey": {"journey": 1}, "case": {"case": 1}, "conviction": {"conviction": 1},
    "organisation": {"organisation": 1}, "income": {}, "officer": {},  # hands are counted, incomes are of an inhabitant
    "officer-month": {"officer": 1, "time": 1}, "wage": {"wage": 1}, "score": {"score": 1},
}
"""Words that a unit may be made of, singular, and their dimensions."""

Dimension = dict[str, Fraction]


def parse(unit: str) -> Dimension:
    """Dimension of a unit such as ``USD/kg/km``; ``a/b/c`` is a over b and over c, numbers count as pure.

    Raises
    ------
    ValueError
        For a word that is no unit.
    """
    total: Dimension = {}
    if unit in ("score 0-100", "0/1"):
        return {"score": Fraction(1)} if unit.startswith("score") else {}
    for i, part in enumerate(unit.split("/")):
        for word in part.split():
            if word.isdigit():
                continue
            name = word if word in BASES else word.removesuffix("s")
            if name not in BASES:
                raise ValueError(f"{unit!r}: {word!r} is no unit")
            for base, power in BASES[name].items():
                total[base] = total.get(base, Fraction(0)) + (power if i == 0 else -power)
    return {b: p for b, p in total.items() if p}


def power(unit: str, base: str) -> int:
    """Power of a base in a unit; 0 for logarithms and pairs, which are treated by name."""
    return 0 if unit.startswith("ln(") or "," in unit else int(parse(unit).get(base, 0))


STATE_UNITS = {v.name: v.unit for v in VARIABLES}


def rescaled_parameters(parameters: dict[str, np.ndarray], base: str, factor: float) -> dict[str, np.ndarray]:
    out = {k: a.copy() for k, a in parameters.items()}
    for subsystem, table in PARAMETERS.items():
        for p in table:
            out[subsystem][p.name] *= factor ** power(p.unit, base)
    return out


def rescaled(x: Scene, base: str, factor: float) -> Scene:
    """The same scene told in another unit of money (``USD``) or mass (``kg``)."""
    out = x.copy()
    out.parameters = rescaled_parameters(x.parameters, base, factor)
    out.world = rescaled_world(x.world, base, factor)
    for name, unit in STATE_UNITS.items():
        array = getattr(out.state, name)
        if power(unit, base):
            array *= factor ** power(unit, base)
    p = power("USD/kg", base)
    out.state.price_norm[:] += p * np.log(factor)
    out.state.china_reach[:, 0] *= factor**p
    return out


def rescaled_world(world: World, base: str, factor: float) -> World:
    """World told in another unit: income per head is the only series in money, none is in kg."""
    return replace(world, gdp_per_head=world.gdp_per_head * factor) if base == "USD" else world


def largest_difference(
    got: Scene, want: Scene, base: str, factor: float, names: tuple[str, ...] = ()
) -> dict[str, float]:
    """Relative difference of each state variable from the other scene's, told in the unit of ``got``."""
    told = rescaled(want, base, factor)
    out = {}
    for name in names or STATE_UNITS:
        a, b = getattr(got.state, name).astype(float), getattr(told.state, name).astype(float)
        size = max(float(np.abs(b).max()), 1e-300)
        out[name] = float(np.abs(a - b).max()) / size
    return out
