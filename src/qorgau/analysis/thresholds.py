"""Cut-offs and words of the analysis, read from the case's own table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qorgau.errors import InputError

__all__ = ["Likelihood", "MatchingRule", "Thresholds", "WaveRule", "load_thresholds"]

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Strength = Literal["strong", "moderate", "weak"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    assumption: str = ""


class Verdicts(_Frozen):
    """Shares of runs at which a pattern holds or fails."""

    holds: Share = 0.75
    fails: Share = 0.50
    least_tested: int = Field(20, ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Verdicts:
        if self.fails > self.holds:
            raise ValueError("fails is above holds; swap them")
        return self


class Likelihood(_Frozen):
    """Cut-offs of the words for likelihood."""

    very_likely: Annotated[float, Field(gt=0.5, le=1.0)] = 0.90
    likely: Annotated[float, Field(gt=0.5, le=1.0)] = 0.66

    @model_validator(mode="after")
    def _ordered(self) -> Likelihood:
        if self.likely > self.very_likely:
            raise ValueError("likely is above very_likely; swap them")
        return self


class WaveRule(_Frozen):
    """How draws are re-sampled in waves.

    `keep_share`: the best share that sets the next threshold. `moves`: most sweeps of a wave, fewer when draws
    resemble their start by no more than `alike`. `acceptance`: share of steps taken that sizes are tuned to. A stage
    ends when fewer than `least_acceptance` of the steps are taken, when two waves in a row lower the threshold by less
    than `least_gain` of itself, or at `target` (or `single_target`: the mean over patterns of one run).
    `single_share`: of the budget, for patterns of one run alone. `rest_moves`: sweeps at the end. `paired_cost`: what
    testing a draw on all patterns costs, in draws tested on one run.
    """

    keep_share: float = Field(0.25, gt=0, lt=1)
    moves: int = Field(6, ge=1)
    alike: Share = 0.5
    acceptance: tuple[Share, Share] = (0.2, 0.4)
    least_acceptance: Share = 0.02
    least_gain: Share = 0.02
    target: Share = 0.05
    single_target: Share = 0.05
    single_share: Share = 0.3
    rest_moves: int = Field(4, ge=0)
    paired_cost: float = Field(12.0, ge=1)


class MatchingRule(_Frozen):
    """Which runs are set aside."""

    cutoff: float = Field(3.0, gt=0)
    passed_over: int = Field(2, ge=0)
    strengths: tuple[Strength, ...] = ("strong", "moderate")
    weights: dict[Strength, Share] = {"strong": 1.0, "moderate": 0.5, "weak": 0.25}
    least_kept: int = Field(50, ge=1)
    cap: float = Field(3.0, gt=0)
    waves: WaveRule = WaveRule()


class ComparisonRule(_Frozen):
    """How counter-measures are compared."""

    years: tuple[int, int] = (2015, 2024)
    near_best: Share = 0.02
    dominated_in: Share = 0.90
    unranked: tuple[str, ...] = ("all_measures",)


class Utility(_Frozen):
    """Weights of a loss: persons exploited (mean over the year), US dollars a year, kg of opiates a year."""

    people_exploited: float = Field(1.0, ge=0)
    cost_usd: float = Field(0.0, ge=0)
    opiates_kg: float = Field(0.0, ge=0)


class TraceRule(_Frozen):
    """How the value of information is estimated."""

    utility: Utility = Utility()
    check_accuracy: Annotated[float, Field(ge=0.5, le=1.0)] = 0.80
    false_finds: Annotated[float, Field(gt=0, lt=1)] = 0.10
    bootstrap: int = Field(200, ge=20)
    splits: int = Field(8, ge=2)
    least_draws: int = Field(20, ge=2)


class KnockoutRule(_Frozen):
    """What counts as an effect of a mechanism."""

    years: tuple[int, int] = (2000, 2013)
    tenth: float = Field(0.10, gt=0)
    weakened: Share = 0.10


class Suppression(_Frozen):
    """Counts of people from real data below `under` are not shown."""

    under: int = Field(11, ge=2)


class Thresholds(_Frozen):
    """All cut-offs."""

    verdicts: Verdicts = Verdicts()
    likelihood: Likelihood = Likelihood()
    matching: MatchingRule = MatchingRule()
    comparison: ComparisonRule = ComparisonRule()
    trace: TraceRule = TraceRule()
    knockouts: KnockoutRule = KnockoutRule()
    suppression: Suppression = Suppression()


def load_thresholds(path: str | Path) -> Thresholds:
    """Read the table of cut-offs.

    Raises
    ------
    InputError
        When the file cannot be read, holds an unknown key or a value out of range.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            data = yaml.safe_load(stream) or {}
        return Thresholds.model_validate(data)
    except OSError as error:
        raise InputError(path, "", f"cannot be read: {error.strerror}", "give a readable table of cut-offs") from error
    except yaml.YAMLError as error:
        raise InputError(path, "", f"is not YAML: {error}", "check indentation and quotes near that line") from error
    except ValidationError as error:
        item = error.errors()[0]
        where = ".".join(str(part) for part in item["loc"])
        raise InputError(path, where, str(item["msg"]), "see the comments in the bundled thresholds.yaml") from error
