"""The evidence of a case as frozen data: sources, claims, where each claim is placed, and the policy.

A *claim* is one statement of one source in our own words. It says what it rests on (`cites`), when it is
true of the world (`valid_time`), how it is graded by the Admiralty code (`reliability` of the source behind
it, `credibility` of the statement itself) and where in the model it is used (`placement`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from qorgau.evidence.policy import Policy
from qorgau.evidence.times import Interval, interval

__all__ = [
    "Assertion",
    "Claim",
    "EvidenceBase",
    "GradeOverride",
    "LogEntry",
    "Names",
    "OtherDate",
    "Placement",
    "Source",
]

Kind = Literal["figure", "mechanism", "structure", "event", "measure"]
Subsystem = Literal[
    "economy",
    "drug_market",
    "human_trade",
    "organisations",
    "routes",
    "facilitators",
    "corruption",
    "patronage",
    "enforcement",
    "people",
    "measures",
    "indicators",
]
Citation = Literal["direct", "paragraph", "inferred", "own_source", "none"]
Status = Literal["open", "disputed", "retracted"]
Reliability = Literal["A", "B", "C", "D", "E", "F"]
Credibility = Annotated[int, Field(ge=1, le=6)]
Shape = Literal["rises", "falls", "grows_most", "highest"]
ClaimId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Text = Annotated[str, Field(min_length=1), AfterValidator(lambda text: " ".join(text.split()))]


def _dated(text: str) -> str:
    interval(text)
    return text


def _written(value: Any) -> Any:
    # YAML reads a bare 2005 as a number and 2012-09-25 as a date; both are meant as written dates.
    if value is None or isinstance(value, (str, bool)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


Time = Annotated[str, BeforeValidator(_written), AfterValidator(_dated)]


class Frozen(BaseModel):
    """Base of all evidence data: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Placement(Frozen):
    """Where a claim is used: its role, a short machine key, and for context the reason it is not used."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    role: Literal["input", "mechanism", "structure", "event", "measure", "pattern", "context"] = Field(alias="as")
    where: Text
    reason: Text | None = None

    @model_validator(mode="after")
    def _context_has_reason(self) -> Placement:
        if self.role == "context" and not self.reason:
            raise ValueError("a claim placed as context needs a reason")
        return self


class Assertion(Frozen):
    """What a claim asserts about figures, so that they can be asked whether they agree.

    `quantity` names what figures measure (their own `quantity`); `entity` restricts or singles out one
    (a country, a place). `shape`: the quantity rises or falls throughout; or `entity` grew most, or
    stands highest at the last common date. `per_out_of` compares ranks as shares of the number ranked.
    """

    shape: Shape
    quantity: Text
    entity: Text | None = None
    per_out_of: bool = False

    @model_validator(mode="after")
    def _superlative_names_entity(self) -> Assertion:
        if self.shape in ("grows_most", "highest") and self.entity is None:
            raise ValueError(f"shape {self.shape} needs an entity that it is said of")
        return self


class OtherDate(Frozen):
    """A date for the same fact from elsewhere, which the audit sets against the claim's own."""

    valid_time: Time
    reason: Text


class GradeOverride(Frozen):
    """A grade set by hand against the rule, with who (as a role), when and why."""

    reliability: Reliability
    credibility: Credibility
    reason: Text
    by: Text
    date: Time


class Claim(Frozen):
    """One statement of one source, in our own words."""

    id: ClaimId
    statement: Text
    kind: Kind
    subsystem: Subsystem
    source: Text
    page: Annotated[str, BeforeValidator(_written)]
    cites: tuple[str, ...] = ()
    citation: Citation
    value: float | None = None
    low: float | None = None
    high: float | None = None
    out_of: float | None = None
    unit: Text | None = None
    quantity: Text | None = None
    entity: Text | None = None
    statistic: bool | None = None
    valid_time: Time
    report_time: Time | None = None
    vintage: Time | None = None
    vintage_basis: Literal["stated", "matched", "edition"] | None = None
    asserts: tuple[Assertion, ...] = ()
    reliability: Reliability | None = None
    credibility: Credibility | None = None
    grade_reason: str | None = None
    grade_override: GradeOverride | None = None
    confirmed_by: tuple[str, ...] = ()
    corroborated_by: tuple[str, ...] = ()
    hedged: bool = False
    contradicts: tuple[str, ...] = ()
    other_dates: tuple[OtherDate, ...] = ()
    status: Status = "open"
    names_public_office: bool = False
    note: Text | None = None
    placement: tuple[Placement, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Claim:
        numbers = (self.value, self.low, self.high)
        if any(number is not None for number in numbers) and not self.unit:
            raise ValueError("value without unit: add unit")
        low = self.low if self.low is not None else self.value
        high = self.high if self.high is not None else self.value
        if low is not None and high is not None and low > high:
            raise ValueError(f"range upside down: low {low:g} is above high {high:g}; swap them")
        if self.value is not None and low is not None and high is not None and not low <= self.value <= high:
            raise ValueError(f"value {self.value:g} lies outside its range {low:g} to {high:g}")
        if self.kind == "figure" and not self.has_number and not self.asserts:
            raise ValueError("a figure needs a value, a range or an assertion (asserts) about figures")
        if (self.citation == "none") != (not self.cites):
            raise ValueError("citation is none exactly when cites is empty: mend one of the two")
        if (self.vintage is None) != (self.vintage_basis is None):
            raise ValueError("vintage and vintage_basis (stated, matched or edition) go together")
        return self

    @property
    def has_number(self) -> bool:
        """Whether the claim carries a value or a range."""
        return any(number is not None for number in (self.value, self.low, self.high))

    @property
    def is_statistic(self) -> bool:
        """Whether the claim is a statistic, which ought to carry a vintage (may be stated in the file)."""
        if self.statistic is not None:
            return self.statistic
        return self.kind == "figure" and self.has_number

    @property
    def grade(self) -> str:
        """Admiralty grade, such as ``B2``; empty before the rule has filled it in."""
        return f"{self.reliability or ''}{self.credibility or ''}"

    @property
    def valid(self) -> Interval:
        """When the claim is true of the world."""
        return interval(self.valid_time)


class Source(Frozen):
    """One entry of the bibliography: the CSL-JSON item, and what the grade rule needs to know of it.

    `entry_of` and `entry` say whose bibliography lists it and under which number; `issued_otherwise` is a
    second, conflicting date with its reason; `carried_series` says that the case holds figures of it, so that
    claims can be confirmed by them.
    """

    id: str
    title: str
    creators: tuple[str, ...] = ()
    issued: Time | None = None
    issued_otherwise: OtherDate | None = None
    source_type: str
    entry_of: str | None = None
    entry: int | None = None
    carried_series: bool = False
    note: str | None = None
    url: str | None = None
    csl: Mapping[str, Any] = Field(default_factory=dict, repr=False)

    @property
    def label(self) -> str:
        """Author (or title) and year, as a reader would cite it."""
        who = self.creators[0] if self.creators else self.title
        more = " and others" if len(self.creators) > 1 else ""
        year = self.issued[:4] if self.issued else "no date"
        return f"{who}{more} ({year})"

    @property
    def known_until(self) -> Interval | None:
        """Date of issue, taking the later where two are on record; None if undated."""
        other = self.issued_otherwise.valid_time if self.issued_otherwise else None
        dates = [interval(text) for text in (self.issued, other) if text]
        return max(dates, key=lambda date: date.end) if dates else None


class LogEntry(Frozen):
    """One line of the log: a change of a claim's status or grade, by whom (as a role), when and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    number: int = Field(ge=1)
    date: Time
    by: Text
    claim: ClaimId
    what: Literal["status", "grade"]
    before: Text = Field(alias="from")
    after: Text = Field(alias="to")
    reason: Text


class Names(Frozen):
    """Proper names that a case's statements may use; any other capitalised word may name a person."""

    allowed: frozenset[str] = frozenset()
    public_office: frozenset[str] = frozenset()


class EvidenceBase(Frozen):
    """All evidence of a case, loaded and graded: claims in file order, bibliography, policy and log."""

    claims: tuple[Claim, ...]
    sources: Mapping[str, Source]
    policy: Policy
    log: tuple[LogEntry, ...] = ()
    names: Names = Names()

    def claim(self, claim_id: str) -> Claim:
        """Return the claim of that id; KeyError names the id when there is none."""
        for claim in self.claims:
            if claim.id == claim_id:
                return claim
        raise KeyError(f"no claim {claim_id}; the evidence holds {self.claims[0].id} to {self.claims[-1].id}")

    def source_of(self, claim: Claim | str) -> str:
        """Return the id of the source behind a claim: its first cited entry, else the source itself."""
        item = self.claim(claim) if isinstance(claim, str) else claim
        return item.cites[0] if item.cites else item.source
