"""The policy table: the numbers that turn a grade into a probability, and the steps of the grade rule.

They are judgements, not findings; so they are kept in one file, ``policy.yaml``, that the user can replace.
"""

from __future__ import annotations

import itertools
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["RELIABILITIES", "AuditPolicy", "GradingPolicy", "Policy", "ReliabilityPolicy"]

RELIABILITIES = "ABCDEF"
Share = Annotated[float, Field(gt=0, lt=1)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReliabilityPolicy(_Table):
    """What the reliability of a source sets.

    Attributes
    ----------
    concentration
        Concentration (pseudo-count) of the Beta prior on p: how firmly the mean is held.
    cap
        Highest mean that a claim resting on such a source may have.
    sound
        Probability that the source bit is 1, that is, that the source reports soundly as a whole.
    """

    concentration: float = Field(gt=0)
    cap: Share
    sound: Share


class GradingPolicy(_Table):
    """Steps of the grade rule.

    Attributes
    ----------
    source_types
        Reliability, A to F, of each type of source.
    strong
        Reliabilities whose cited, unhedged statements start at credibility 2 instead of 3.
    inferred, cannot_know
        Steps by which reliability falls when the entry behind the claim is only inferred from the running
        text, and when no cited source is late enough to know the fact (credibility falls by as much then).
    hedged, late, part_year, contradicted, contradicted_by_confirmed
        Steps by which credibility falls when the source hedges, when most of the claim's period came after
        its source, when it counts a year that was not over, and when other claims contradict it (more so
        when confirmed figures do).
    corroborated
        Steps by which credibility rises when a second independent source supports the claim.
    late_share
        A source is late when less than this share of the claim's period had passed at its date.
    """

    source_types: dict[str, Annotated[str, Field(pattern="^[A-F]$")]]
    strong: str = Field(pattern="^[A-F]+$")
    inferred: int = Field(ge=0)
    cannot_know: int = Field(ge=0)
    hedged: int = Field(ge=0)
    late: int = Field(ge=0)
    part_year: int = Field(ge=0)
    contradicted: int = Field(ge=0)
    contradicted_by_confirmed: int = Field(ge=0)
    corroborated: int = Field(ge=0)
    late_share: Share


class AuditPolicy(_Table):
    """Thresholds of the audits.

    Attributes
    ----------
    common_cause_claims
        Claims on one source from which on the audit `common_cause` reports it.
    common_cause_share
        Share of all claims on one source from which on that is a warning.
    """

    common_cause_claims: int = Field(ge=2)
    common_cause_share: Share


class Policy(_Table):
    """The whole policy table.

    Attributes
    ----------
    credibility
        Mean of the probability that a claim is right, for credibility 1 to 5.
    not_judged
        The stated base rate for credibility 6.
    reliability
        By letter A to F, see `ReliabilityPolicy`.
    coupling
        In [0, 1]: how strongly claims on one source share its fate; 0 makes all claims independent.
    roles
        Who may enter a change in the log; roles, never names of persons.
    """

    credibility: dict[int, Share]
    not_judged: Share
    reliability: dict[str, ReliabilityPolicy]
    coupling: float = Field(ge=0, le=1)
    grading: GradingPolicy
    audits: AuditPolicy
    roles: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Policy:
        if sorted(self.credibility) != [1, 2, 3, 4, 5]:
            raise ValueError("credibility needs exactly the keys 1 to 5; 6 is set by not_judged")
        means = [self.credibility[step] for step in range(1, 6)]
        if any(better < worse for better, worse in itertools.pairwise(means)):
            raise ValueError("credibility means must not rise from 1 to 5")
        if sorted(self.reliability) != list(RELIABILITIES):
            raise ValueError("reliability needs exactly the keys A to F")
        return self

    def mean(self, reliability: str, credibility: int) -> float:
        """Mean of p for a grade: the credibility's mean, held under the cap of the reliability."""
        base = self.not_judged if credibility == 6 else self.credibility[credibility]
        return min(base, self.reliability[reliability].cap)
