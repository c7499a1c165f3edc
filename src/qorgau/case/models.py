"""Rows of a case's files as frozen data: who, where, along which corridors, and on what each number rests.

A row carries numbers, so it says what they rest on: `claims` (ids of the case's evidence), `assumption`
(why the number is what it is where no claim gives it), or both. A file may state one assumption for all of
its rows that say nothing themselves. Units are part of the field names.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from qorgau.model.world import INSTRUMENTS, ROADS, TRADES

__all__ = [
    "Corridor",
    "Destination",
    "Institution",
    "Level",
    "Levels",
    "Market",
    "Measure",
    "Network",
    "PatronGroup",
    "Place",
    "Post",
    "Routes",
    "Service",
    "Settings",
    "Sourced",
    "State",
    "Trade",
]

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
CorridorId = Annotated[str, Field(pattern=r"^C[0-9]{2,6}$")]
Iso3 = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
ClaimId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Text = Annotated[str, Field(min_length=1), AfterValidator(lambda text: " ".join(text.split()))]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Year = Annotated[int, Field(ge=1900, le=2200)]
YearMonth = Annotated[str, Field(pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])$")]
Level = Literal["low", "medium", "high"]
Road = Literal[ROADS]  # type: ignore[valid-type]
Instrument = Literal[INSTRUMENTS]  # type: ignore[valid-type]


class Frozen(BaseModel):
    """Immutable; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Sourced(Frozen):
    """Base of all that carries numbers: what they rest on."""

    claims: tuple[ClaimId, ...] = Field((), description="ids of the claims that the row rests on")
    assumption: Text | None = Field(None, description="why the numbers are what they are where no claim gives them")
    note: Text | None = None

    @property
    def has_basis(self) -> bool:
        """Whether the row names a claim or an assumption."""
        return bool(self.claims) or self.assumption is not None


class Levels(Frozen):
    """Numbers that the words low, medium and high stand for, 0 to 1."""

    low: Share
    medium: Share
    high: Share

    @model_validator(mode="after")
    def _rising(self) -> Levels:
        if not self.low < self.medium < self.high:
            raise ValueError("range upside down: low, medium, high must rise")
        return self


class Routes(Frozen):
    """How many candidate routes a pair of places keeps at most."""

    opiates_per_source_and_market: int = Field(ge=1, le=20)
    people_per_home_and_destination: int = Field(ge=1, le=20)
    opiates_round_a_crossing: int = Field(
        0, ge=0, le=5, description="routes added for a source and market that cross one of its borders elsewhere"
    )


class Settings(Sourced):
    """``case.yaml``: what the case is, and when it begins, is scored and ends."""

    id: Identifier
    title: Text
    study: Text = Field(description="the study or report that the case implements, as one would cite it")
    purpose: Text
    not_for: Text = Field(description="what results of the case must not be used for")
    focus: Iso3 = Field(description="the state whose measures are compared")
    start_year: Year = Field(description="first month of the model is January of this year")
    first_year: Year = Field(description="first year that is reported")
    last_year: Year
    policy_start: YearMonth = Field(description="month from which counter-measures differ")
    population_year: Year = Field(description="year to which the populations of places refer")
    organisation_slots: int = Field(ge=1, le=5000, description="most organisations alive at once")
    levels: Levels
    routes: Routes
    priors_from: Identifier | None = Field(
        None, description="bundled case whose priors hold, as assumptions, where parameters/ says nothing"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Settings:
        if not self.start_year <= self.first_year < self.last_year:
            raise ValueError("range upside down: start_year, first_year, last_year must rise")
        start = int(self.policy_start[:4])
        if not self.first_year < start <= self.last_year:
            raise ValueError("policy_start must lie between first_year and last_year")
        return self


class State(Sourced):
    """A country, or a far market in the place of one."""

    id: Iso3
    title: Text
    former_soviet: bool


class Place(Sourced):
    """A city or province, never finer. The population is that of its zone."""

    id: Identifier
    title: Text
    state: Iso3
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, description="degrees north")
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False, description="degrees east")
    population: Positive = Field(description="persons in the zone in the case's population_year")
    roles: tuple[Literal["source", "origin", "transit", "market", "destination"], ...] = Field(min_length=1)
    extractive: Share = Field(description="weight of energy and construction rents, 0 to 1")
    zone: Text


class Corridor(Sourced):
    """A link between two places, open both ways; the model makes two directed ones of it (a there, b back)."""

    id: CorridorId
    start: Identifier = Field(alias="from")
    end: Identifier = Field(alias="to")
    mode: Literal["road", "rail", "air", "air_official"]
    length_km: Positive
    cover: Level | Share = Field(description="terrain cover, a word of the case's levels or 0 to 1")
    monitoring: Level | Share = Field(description="how well it is watched, a word or 0 to 1")
    watched_by: tuple[Iso3, ...] = Field(min_length=1)
    road: Road = Field("fair", description="state of the road, good, fair or poor; of corridors by road only")
    fuel_smuggling: bool = Field(False, description="traffic of smuggled fuel hides other traffic, in larger loads")

    @model_validator(mode="after")
    def _two_places(self) -> Corridor:
        if self.start == self.end:
            raise ValueError("from and to are the same place")
        return self

    @model_validator(mode="after")
    def _roads_have_a_state(self) -> Corridor:
        if self.road != "fair" and self.mode != "road":
            raise ValueError(f"road tells the state of a road, and this corridor goes by {self.mode}: leave it out")
        return self

    @property
    def title(self) -> str:
        """Places at both ends, as evidence names a corridor."""
        return f"{self.start}-{self.end}"


class Trade(Sourced):
    """A trade and the unit in which it is counted; people and goods never share one."""

    id: Literal[TRADES]  # type: ignore[valid-type]
    title: Text
    unit: Literal["kg", "persons"]

    @model_validator(mode="after")
    def _people_are_persons(self) -> Trade:
        if (self.id == "opiates") != (self.unit == "kg"):
            raise ValueError("unit does not fit: opiates are counted in kg, people in persons")
        return self


class Market(Sourced):
    """A place where opiates are sold."""

    place: Identifier
    xinjiang: bool = False
    weight: float = Field(1.0, gt=0.0, description="use of opiates relative to other places of its size")


class Destination(Sourced):
    """A place where people are exploited."""

    place: Identifier
    sectors: Text


class Network(Sourced):
    """Organisations that share contacts and knowledge; a label that sources use, no predictor of conduct."""

    id: Identifier
    title: Text
    homes: dict[Identifier, Positive] = Field(min_length=1, description="place: weight; the model scales them to sum 1")
    diaspora: dict[Iso3, Share] = Field(default_factory=dict, description="state: cover by a settled diaspora, 0 to 1")
    insider: tuple[Iso3, ...] | None = Field(
        None, description="states to whose officials its organisations are insiders; absent: the states of its homes")
    soviet_protection: bool = False
    official: bool = False
    organisations_at_start: int = Field(ge=0)
    know_how_at_start: Share | None = Field(None, description="absent: drawn, organisations.know_start")
    label_caveat: tuple[ClaimId, ...] = Field((), description="claims that doubt the label itself")


class PatronGroup(Sourced):
    """A group from whose ranks posts may be filled, or a line of kin in one; a label of networks, never of conduct."""

    id: Identifier
    title: Text
    state: Iso3
    share: Share = Field(description="share of the state's population; those of the lines of a group sum to its own")
    ruling: bool = Field(False, description="the ruling group of the state, or the ruling line of kin in that group")
    within: Identifier | None = Field(None, description="the group of which this is a line of kin; absent: a group")
    places: tuple[Identifier, ...] = Field(
        (), description="places of the state where it is at home; of a line without any: those of its group")


class Post(Sourced):
    """A post of officials, never a person.

    Of kind province the police and administration of a place, border the border service at a place, migration the
    migration service of a state, centre a body at the centre of the state in focus.
    """

    id: Identifier
    title: Text
    place: Identifier
    kind: Literal["province", "centre", "border", "migration"]
    officials: Positive = Field(description="persons serving there")
    state_assets: bool = Field(False, description="the post that oversees the state's assets")
    government: bool = Field(False, description="the post at the head of the government")


class Service(Sourced):
    """A service that facilitators in the legitimate world sell."""

    id: Literal["documents", "safe_houses", "laundering"]
    title: Text
    providers: Text


class Institution(Sourced):
    """A public body or body of civil society, and the measures that work through it."""

    id: Identifier
    title: Text
    works_through: tuple[Instrument, ...] = ()


class Measure(Sourced):
    """A counter-measure: the levers that it moves, how it reaches people, what it costs."""

    id: Identifier
    title: Text
    levers: dict[Instrument, Share] = Field(description="instrument: intensity, 0 to 1; empty for the baseline")
    moves: Text
    path_to_people: Text
    side_effects: Text
    ramp_months: int = Field(ge=0, le=240, description="months from start to full intensity")
    cost_low_usd_per_year: NotNegative
    cost_high_usd_per_year: NotNegative

    @model_validator(mode="after")
    def _range(self) -> Measure:
        if self.cost_low_usd_per_year > self.cost_high_usd_per_year:
            raise ValueError("range upside down: cost_low_usd_per_year is above cost_high_usd_per_year")
        return self
