"""All that a run remembers from one month to the next, as one table of variables.

Every array has the runs of a block as its first axis. The table is the single source for code (allocation,
snapshots) and for the documentation of the model. ``owner`` is the module that writes the variable; every
process reads what it needs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["FIXED_SIZES", "VARIABLES", "State", "Variable", "allocate"]


@dataclass(frozen=True)
class Variable:
    """One array of the state.

    Attributes
    ----------
    name : str
    dims : tuple of str
        Names of dimensions after the run axis, keys of ``World.sizes``.
    unit, owner, doc : str
    integer : bool
        Whole numbers (persons, cases, indices) are int64; all else is float64.
    """

    name: str
    dims: tuple[str, ...]
    unit: str
    owner: str
    doc: str
    integer: bool = False


def _v(name: str, dims: str, unit: str, owner: str, doc: str, integer: bool = False) -> Variable:
    return Variable(name, tuple(dims.split()), unit, owner, doc, integer)


_ECONOMY = (
    _v("wage", "state", "USD/month", "economy", "income per head by month"),
    _v("departures", "state state", "persons/month", "economy", "departures for work, home by destination state"),
    _v("migrants", "state state", "persons", "economy", "work migrants abroad, home by destination state"),
    _v("remittances_share", "state", "1", "economy", "money sent home over GDP of the home state"),
    _v("pool", "place destination", "persons/month", "economy",
       "persons a month open to recruiters, from a place towards a destination"),
    _v("pool_children", "place destination", "1", "economy", "share of the pool that is under 18"),
    _v("pool_there", "place destination", "1", "economy", "share of the pool who are abroad there already"),
    _v("irregular_wage", "state", "USD/month", "economy", "pay of irregular work, undercut by plenty of labour"),
    _v("irregular_arrivals", "state", "persons/month", "economy", "irregular work migrants arriving in a state"),
)

_DRUG_MARKET = (
    _v("source_price", "", "USD/kg", "drug_market", "price at the Afghan source"),
    _v("source_offer", "", "tonnes/year", "drug_market", "Afghan output as stocks smooth it"),
    _v("experience", "", "kg", "routes", "opiates that carriers of the region have moved so far"),
    _v("experience_start", "", "kg", "routes", "what they had moved when the model begins"),
    _v("load", "", "kg/journey", "routes", "opiates that a journey carries, heroin equivalent"),
    _v("carrying_cost", "", "1", "routes", "pay of carriers per kg over that of refined loads at the start"),
    _v("corridor_cost", "corridor", "km", "transport", "what carrying a kg over a corridor costs, in km of fair road"),
    _v("corridor_trips", "corridor", "1", "transport", "journeys that a usual load takes on a corridor"),
    _v("market_haul", "market", "km", "transport", "cost of the cheapest way to a market, in km of fair road"),
    _v("purchases_year", "", "kg/year", "drug_market", "purchases at the source, smoothed over a year"),
    _v("purchase_ration", "", "1", "drug_market", "share of wanted purchases that the source can fill"),
    _v("price_reference", "market", "USD/kg", "drug_market", "cost of supply at the start, the reference of demand"),
    _v("users_start", "", "persons", "drug_market", "users in all markets at the start"),
    _v("price", "market", "USD/kg", "drug_market", "wholesale price of opiates (heroin equivalent)"),
    _v("price_norm", "market", "ln(USD/kg)", "drug_market", "12-month mean of the log price"),
    _v("price_expected", "market", "USD/kg", "organisations", "price that organisations anticipate"),
    _v("stock", "market", "kg", "drug_market", "stock held by traders"),
    _v("users", "market", "persons", "drug_market", "people who use opiates (mean field, real-valued)"),
    _v("arrivals", "market", "kg/month", "organisations", "kg that reached the market this month"),
    _v("sold", "market", "kg/month", "drug_market", "kg that traders sold this month"),
    _v("dealer_stock", "market", "kg", "drug_market", "stock held by dealers, who break it down for users"),
    _v("consumed", "market", "kg/month", "drug_market", "kg that users bought and used this month"),
    _v("price_retail", "market", "USD/kg", "drug_market", "price that users pay (heroin equivalent)"),
)

_ORGANISATIONS = (
    _v("active", "organisation", "0/1", "organisations", "slot holds a living organisation", True),
    _v("network", "organisation", "index", "organisations", "network of the organisation", True),
    _v("number", "organisation", "index", "organisations", "number of the organisation in its network", True),
    _v("home", "organisation", "index", "organisations", "home place", True),
    _v("drug_first", "organisation", "0/1", "organisations", "first trade was opiates", True),
    _v("age", "organisation", "months", "organisations", "months since entry", True),
    _v("capacity", "organisation", "journeys/month", "organisations", "carrying capacity"),
    _v("allowance", "", "journeys/month", "organisations",
       "capacity that the Soviet arrangement allowed each group that it protected"),
    _v("in_use", "organisation", "1", "organisations", "share of capacity in use"),
    _v("capital", "organisation", "USD", "organisations", "usable capital"),
    _v("other_capital", "organisation", "USD", "organisations", "part of it that was not earned with opiates"),
    _v("returns", "organisation", "1", "organisations", "smoothed return on costs"),
    _v("outside", "organisation", "1", "organisations", "share of work that has gone to other contraband"),
    _v("trade", "organisation trade", "1", "organisations", "share of capacity: opiates, labour, sexual"),
    _v("drug_loss_share", "organisation", "1", "organisations", "smoothed share of opiates lost on the way"),
    _v("road_cost", "organisation", "USD/kg", "organisations", "transport of its last load, before any sharing"),
    _v("purchased", "organisation", "kg/month", "organisations", "opiates bought this month"),
    _v("trust", "organisation post", "1", "organisations", "protective tie with the officials of a post"),
    _v("belief", "organisation corridor", "1/journey", "organisations", "believed hazard of a corridor"),
    _v("network_belief", "network corridor", "1/journey", "organisations", "belief shared in a network"),
    _v("market_share", "organisation market", "1", "organisations", "shares of opiates by market"),
    _v("route_share", "organisation drug_route", "1", "organisations", "shares of routes within a market"),
    _v("people_share", "organisation home_way form", "1", "organisations",
       "shares of people's journeys among the ways from the home state, in their order"),
    _v("plan_value", "organisation market", "1", "organisations", "log-sum of routes at the last plan"),
    _v("plan_slope", "organisation market", "1", "organisations", "surviving share net of bribes at the last plan"),
    _v("plan_price", "organisation market", "USD/kg", "organisations", "price at the last plan"),
    _v("plan_cost", "organisation market", "USD/kg", "organisations", "mean cost per kg at the last plan"),
    _v("people_value", "organisation form", "USD/person", "organisations", "expected return per person approached"),
    _v("survival", "organisation market", "1", "organisations", "delivered over sent, smoothed"),
    _v("china_reach", "pair", "USD/kg, 1/journey", "organisations",
       "mean Central Asian reference price; honest hazard on links into China at the start"),
    _v("china_exposure", "", "1", "organisations",
       "mean exposure of the links into China in the world in which the run began, in lengths of 600 km of road"),
    _v("return_scale", "", "USD/journey", "organisations", "slow mean size of a journey's return"),
    _v("know_how", "network", "1", "organisations", "how far a network has learned the trade"),
    _v("contacts", "network", "1", "organisations", "contacts of a network with the trade in people, 0 to 1"),
    _v("attempts_route", "people_route form", "persons/month", "organisations", "persons approached, by route"),
    _v("attempts_drug_first", "form", "1", "organisations", "share of attempts by groups that began with opiates"),
    _v("attempts_opiates", "form", "1", "organisations", "share of attempts by groups that trade in opiates"),
    _v("carried_kg", "corridor", "kg/month", "organisations", "opiates carried on a corridor"),
    _v("seized_kg", "corridor", "kg/month", "organisations", "opiates seized on a corridor"),
    _v("journeys", "corridor", "journeys/month", "organisations", "journeys of both trades"),
    _v("bribes_post", "post", "USD/month", "organisations",
       "bribes paid by traffickers at a post, and for papers of a migration service"),
    _v("fees_post", "post", "USD/month", "organisations", "protection fees paid by traffickers at a post"),
    _v("racket_profit_post", "post", "USD/month", "organisations", "profit of official rackets at their home post"),
    _v("couriers_kg", "", "kg/month", "organisations", "opiates that people were made to carry this month"),
    _v("network_kg", "network", "kg/month", "organisations", "kg bought by network"),
    _v("rivalry", "organisation", "1", "organisations", "share of opiate revenue lost to rivals this month"),
    _v("profit_total", "", "USD/month", "organisations", "profit of all organisations"),
    _v("route_kg", "drug_route", "kg/month", "organisations", "kg that arrived by each route"),
    _v("money", "flow", "USD/month", "organisations",
       "revenue, purchases, transport, risk pay, bribes, fees, fixed costs, services, losses, profit"),
    _v("ledger_kg", "", "kg", "organisations", "bought - seized - arrived, must stay 0"),
)

_HUMAN_TRADE = (
    _v("people_price", "destination form", "USD/person", "human_trade", "what a controller pays for a person's labour"),
    _v("effectiveness", "place destination form", "1", "human_trade", "persons recruited per attempt, smoothed"),
    _v("recruits", "place destination form", "persons", "human_trade", "people recruited this month", True),
    _v("recruits_children", "place destination form", "persons", "human_trade", "of whom under 18", True),
    _v("recruits_there", "place destination form", "persons", "human_trade", "of whom were there already", True),
    _v("recruits_drug_first", "form", "1", "human_trade", "share of recruits by groups that began with opiates"),
    _v("recruits_by_groups", "form", "1", "human_trade", "share of recruits by organisations"),
    _v("recruits_route", "people_route form", "persons", "human_trade", "people recruited by route", True),
    _v("arrived", "destination form age", "persons", "human_trade", "people newly exploited", True),
    _v("intercepted", "state", "persons", "human_trade", "people found on the way, by state that found them", True),
    _v("carried_people", "corridor form", "persons", "human_trade", "people carried on a corridor this month", True),
    _v("couriers", "", "persons", "human_trade", "people made to carry opiates this month", True),
    _v("origin_flow", "state", "persons", "human_trade", "people recruited in a state this month", True),
    _v("transit_flow", "state", "persons", "human_trade",
       "people carried through a state that is neither home nor destination", True),
    _v("arrival_flow", "state", "persons", "human_trade", "people newly exploited in a state, from abroad", True),
    _v("demand_people", "destination form", "persons", "human_trade", "persons demanded at the price"),
    _v("people_loss_share", "", "1", "human_trade", "smoothed share of people found on the way"),
)

_PEOPLE = (
    _v("exploited", "destination form age", "persons", "people", "people exploited now", True),
    _v("waiting", "state", "persons", "people", "out of exploitation, waiting for help", True),
    _v("in_care", "state", "persons", "people", "in care", True),
    _v("recovered", "state", "persons", "people", "recovered or gone home, cumulative", True),
    _v("unassisted_out", "state", "persons", "people", "left without help, cumulative", True),
    _v("identified", "state", "persons", "people", "identified by police this month (borders included)", True),
    _v("escaped", "state", "persons", "people", "escaped this month", True),
    _v("outreach_exits", "state", "persons", "people", "out through outreach this month", True),
    _v("self_reported", "state", "persons", "people", "came forward this month", True),
    _v("ended", "state", "persons", "people", "let go this month", True),
    _v("returned_by_officials", "state", "persons", "people", "handed back by corrupt officials this month", True),
    _v("assisted", "state", "persons", "people", "taken into care this month", True),
    _v("assisted_outreach", "state", "persons", "people", "of whom reached by outreach", True),
    _v("retrafficked", "state", "persons", "people", "trafficked again this month", True),
    _v("freed_by_courts", "state", "persons", "people", "freed through prosecuted cases this month", True),
    _v("fear", "state", "1", "people", "share of people who dare not come forward"),
    _v("help_hazard", "destination form", "1/month", "people", "hazard of leaving by any way but the end of demand"),
    _v("desk", "state", "1", "people", "corrupt share of those who deal with trafficking"),
    _v("desk_rent", "state", "monthly incomes", "people", "what one of them makes by settling, smoothed"),
    _v("deals_usd", "state", "USD/month", "people", "paid to settle findings and cases"),
    _v("ledger_people", "", "persons", "people", "persons in minus persons accounted for, must stay 0", True),
    _v("waiting_outreach", "state", "persons", "people", "of those waiting, reached by outreach", True),
)

_ENFORCEMENT = (
    _v("effort", "corridor", "officer-months/month", "enforcement", "effort on a corridor by its watching state"),
    _v("success", "corridor", "kg/officer-month", "enforcement", "seizures per officer-month, smoothed"),
    _v("corridor_noise", "corridor", "1", "enforcement", "campaigns: log deviation of the hazard, persistent"),
    _v("watch_mean", "", "1", "enforcement", "mean watch of the corridors in the world in which the run began"),
    _v("hazard_honest", "corridor", "1/journey", "enforcement", "hazard of detection were all officials honest"),
    _v("hazard", "corridor", "1/journey", "enforcement", "hazard of detection"),
    _v("bribe_rate", "corridor", "1", "enforcement", "bribe as a share of the value carried"),
    _v("trafficking_officers", "state", "officer-months/month", "enforcement", "officer time on trafficking cases"),
    _v("cases_backlog", "state", "cases", "enforcement", "identified cases waiting", True),
    _v("cases_identified", "state", "cases", "enforcement", "cases opened this month", True),
    _v("cases_investigated", "state", "cases", "enforcement", "cases taken up this month", True),
    _v("cases_prosecuted", "state", "cases", "enforcement", "cases brought to court this month", True),
    _v("cases_convicted", "state", "cases", "enforcement", "convictions this month", True),
    _v("cases_stopped", "state", "cases", "enforcement", "cases stopped by officials this month", True),
    _v("testimonies", "state", "persons", "enforcement", "people in care who testify this month", True),
    _v("conviction_cost", "state", "USD/journey", "enforcement", "expected loss by conviction per journey of people"),
    _v("law", "state", "1", "enforcement", "how far the law against trafficking is in force"),
)

_CORRUPTION = (
    _v("conduct", "post conduct", "1", "corruption", "refuse, tolerate, take bribes, run protection, take part"),
    _v("scruple", "conduct", "monthly wages", "corruption", "cost of a conduct to conscience, revealed at the start"),
    _v("scruple_under", "conduct", "monthly wages", "corruption", "the same at posts of places under a centre"),
    _v("scruple_centre", "conduct", "monthly wages", "corruption", "the same at central posts"),
    _v("scruple_service", "conduct", "monthly wages", "corruption", "the same in border and migration services"),
    _v("scruple_service_under", "conduct", "monthly wages", "corruption", "the same of these under a centre"),
    _v("corrupt", "post", "1", "corruption", "weight of conduct that lets traffickers pass, 0 to 1"),
    _v("legal_rents", "post", "USD/month", "corruption", "skimmed from energy and construction"),
    _v("legal_protection", "post", "USD/month", "corruption", "paid by legal firms to officials for protection"),
    _v("sanction", "post", "monthly wages", "corruption", "expected sanction of a corrupt official"),
    _v("shield", "state", "1", "corruption", "chance that an identified case of a group is stopped by officials"),
    _v("shield_bribed", "state", "1", "corruption", "the same of people who work alone: by bribe takers only"),
    _v("abuse", "state", "1", "corruption", "weight of corrupt conduct among police"),
    _v("control_income", "state", "USD/month", "corruption", "income per head that control has grown up to"),
    _v("deal_risk", "state", "USD", "corruption", "expected sanction of a month of taking, local posts"),
    _v("guarantor", "state", "logit", "corruption", "custom of legal firms: officials against gangs"),
)

_FACILITATORS = (
    _v("service", "state service", "1", "facilitators", "availability of documents, safe houses, laundering"),
    _v("service_fee", "state service", "1", "facilitators", "price of a service over its reference price"),
    _v("service_demand", "state service", "1", "facilitators", "demand for services over reference capacity"),
    _v("papers_official", "state", "1", "facilitators",
       "part of the supply of papers for which a migration service is paid"),
)

_PATRONAGE = (
    _v("group", "post", "index", "patronage", "patron group of the holder of the post", True),
    _v("line", "post", "index", "patronage", "line of kin of the holder, within the group", True),
    _v("at_home", "post", "0/1", "patronage", "a local post whose holder's line is at home at its place", True),
    _v("tenure", "post", "months", "patronage", "months of the holder in post", True),
    _v("tie", "post", "1", "patronage", "protective ties of the holder"),
    _v("rotated", "post", "0/1", "patronage", "holder changed this month", True),
    _v("salience", "state", "1", "patronage", "salience of group lines"),
    _v("threat", "state", "1", "patronage", "threat that the centre sees in excluded groups"),
    _v("patron_shield", "post", "1", "patronage", "share of the sanction that ties avert"),
    _v("patron_reach", "post", "1", "patronage", "reach of patrons into the post, by ties and group lines"),
    _v("spells_ended", "state", "spells", "patronage", "governors' spells that ended this month", True),
    _v("spells_long", "state", "spells", "patronage", "those of them that lasted over two years", True),
    _v("spell_months", "state", "months", "patronage", "months of the spells that ended this month", True),
    _v("spells_home", "state", "spells", "patronage", "governors' spells that ended, of holders at home", True),
)

_MEASURES = (
    _v("delivery", "instrument", "1", "measures", "normal number by which a measure is delivered better or worse"),
    _v("announced", "instrument", "1", "measures", "announced level of each measure, 0 to 1"),
    _v("instrument", "instrument", "1", "measures", "delivered level of each measure, 0 to 1"),
    _v("attention", "", "1", "measures", "the state's attention to trafficking, 0 to 1"),
    _v("measure_cost", "", "USD/month", "measures", "cost of the levers this month"),
)

_INDICATORS = (
    _v("perceived_corruption", "state", "score 0-100", "indicators", "perceived corruption, up is cleaner"),
    _v("perceived_share", "state", "1", "indicators", "corrupt share as outsiders have come to see it"),
    _v("perception_anchor", "", "1", "indicators", "perceived share of the state in focus that reads as the anchor"),
    _v("tier_score", "state", "1", "indicators", "score behind the tier"),
    _v("tier", "state", "tier", "indicators", "1, 2, 3 (watch list counts as 2)", True),
    _v("label_error", "", "1", "indicators", "part of organisations that sources put under another label"),
    _v("visible_harm", "", "1", "indicators", "index of harm that the world sees (users and people exploited)"),
    _v("prosecuted_year", "state", "cases/year", "indicators", "prosecutions, smoothed over a year"),
    _v("assisted_year", "state", "persons/year", "indicators", "assistance, smoothed over a year"),
)

_DIALS = (
    _v("effort_added", "corridor", "officer-months/month", "alternatives", "officer-months added by a paired run"),
    _v("hazard_raised", "corridor", "1", "alternatives", "relative change of the hazard in a paired run"),
    _v("irregular_changed", "state", "1", "alternatives",
       "relative change of the irregular share of arrivals in a paired run"),
    _v("carrying_changed", "", "1", "alternatives", "relative change of what organisations carry in a paired run"),
    _v("honest", "post", "0/1", "alternatives", "all officials of a post refuse in a paired run"),
)

VARIABLES: tuple[Variable, ...] = (
    *_ECONOMY, *_DRUG_MARKET, *_ORGANISATIONS, *_HUMAN_TRADE, *_PEOPLE, *_ENFORCEMENT,
    *_CORRUPTION, *_FACILITATORS, *_PATRONAGE, *_MEASURES, *_INDICATORS, *_DIALS,
)


FIXED_SIZES: Mapping[str, int] = {"flow": 10, "pair": 2}
"""Dimensions that no case changes: kinds of money flow; a pair of related readings."""


class State:
    """Arrays of a block of runs by name; first axis of each is the run.

    Attribute access gives the array itself (processes change it in place). ``copy`` is a snapshot.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        vars(self).update(arrays)

    def __getattr__(self, name: str) -> np.ndarray:
        raise AttributeError(f"the state has no variable {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"variables of the state change in place: state.{name}[:] = ...")

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name (the arrays themselves, not copies)."""
        return dict(vars(self))

    def copy(self) -> State:
        """Snapshot: an independent copy of every array."""
        return self.repeat(1)

    def repeat(self, times: int) -> State:
        """State of ``times * runs`` rows: the block once per policy, in the order policy-major."""
        arrays = _together({k: ((times * a.shape[0], *a.shape[1:]), a.dtype) for k, a in vars(self).items()})
        for k, a in vars(self).items():
            arrays[k].reshape(times, *a.shape)[:] = a
        return State(arrays)

    def spread(self, times: int) -> State:
        """State of ``times * runs`` rows: each row so many times, one beside the other."""
        arrays = _together({k: ((times * a.shape[0], *a.shape[1:]), a.dtype) for k, a in vars(self).items()})
        for k, a in vars(self).items():
            arrays[k].reshape(a.shape[0], times, *a.shape[1:])[:] = a[:, None]
        return State(arrays)


_LINE = 64
"""Bytes of a line of the cache."""


def _together(wanted: Mapping[str, tuple[tuple[int, ...], np.dtype]]) -> dict[str, np.ndarray]:
    """Zeros of given shapes and types in one piece of memory: large enough a piece is held in fewer, larger pages."""
    places, end = {}, 0
    for name, (shape, of) in wanted.items():
        places[name] = end
        # an array without numbers has a place of its own too
        end += max(1, -(-math.prod(shape) * of.itemsize // _LINE)) * _LINE
    piece = np.zeros(end + _LINE, dtype=np.uint8)
    first = -piece.ctypes.data % _LINE
    return {
        name: np.ndarray(shape, of, piece.data, first + places[name]) for name, (shape, of) in wanted.items()
    }


def allocate(sizes: Mapping[str, int], runs: int) -> State:
    """Zero state for ``runs`` runs of a world of the given sizes."""
    return State(_together({
        v.name: ((runs, *(FIXED_SIZES.get(d) or sizes[d] for d in v.dims)), np.dtype(np.int64 if v.integer else float))
        for v in VARIABLES
    }))
