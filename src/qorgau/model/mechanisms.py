"""Mechanisms that can be switched off, by name.

The first ten are the subsystems; the others are single effects inside them. A run carries one switch per
mechanism, 1 (on) or 0 (off): a mechanism whose claims are drawn false is off in that run, and a knock-out
switches one off in every run.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["DESCRIPTIONS", "SUBSYSTEMS", "Mechanism"]


class Mechanism(IntEnum):
    """Index of each mechanism in the array of switches, shape (runs, len(Mechanism))."""

    # the ten subsystems
    ECONOMY = 0
    MARKETS = 1
    ORGANISATIONS = 2
    ROUTES = 3
    CORRUPTION = 4
    PATRONAGE = 5
    ENFORCEMENT = 6
    PEOPLE = 7
    MEASURES = 8
    INDICATORS = 9
    # economy and migration
    WAGE_GAP = 10
    POPULATION_PUSH = 11
    POVERTY_VULNERABILITY = 12
    MIGRANT_VULNERABILITY = 13
    HOME_UNEMPLOYMENT = 14
    # drug market
    PRICE_USERS = 15
    AFGHAN_SUPPLY = 16
    STOCKPILING = 17
    # human trade
    CHEAP_LABOUR = 18
    POLICE_BROKERAGE = 19
    FORCED_COURIERS = 20
    LOW_ENTRY_COST = 21
    # organisations
    PEOPLE_PROFIT = 22
    DRUG_CAPITAL = 23
    SCOPE = 24
    DANGER_PUSH = 25
    STATE_PROTECTION = 26
    PRIVATISATION = 27
    DIASPORA_COVER = 28
    OUTSIDE_TRADE = 29
    COEXISTENCE = 30
    OFFICIAL_RACKETS = 31
    # routes
    TERRAIN_COVER = 32
    FUEL_COVER = 33
    LEARNING = 34
    HABIT = 35
    OFFICIAL_FLIGHTS = 36
    # facilitators
    FACILITATORS = 37
    DOCUMENTS = 38
    LAUNDERING = 39
    # corruption and protection
    BLIND_EYE = 40
    BRIBERY = 41
    WEAK_SANCTION = 42
    PROTECTION_RACKETS = 43
    OFFICIAL_GUARANTORS = 44
    SHARED_SANCTION = 45
    SHIELDING = 46
    LEGAL_RENTS = 47
    CONFORMITY = 48
    # patronage
    PATRONAGE_SHIELD = 49
    SCARCITY = 50
    BIDDING = 51
    SPOILS = 52
    OWN_GROUP = 53
    BALANCING = 54
    ROTATION = 55
    CO_OPTION = 56
    # enforcement and the state's answer
    DELIVERY_GAP = 57
    DIVERSION = 58
    LABOUR_SHIELDING = 59
    ATTENTION = 60
    # people
    DRUGS_TO_HOLD = 61
    OFFICIALS_ABUSE = 62
    OUTREACH = 63
    SCHOOLING = 64
    OFFICIALS_CARRY = 65
    # indicators
    TIER_COMPLEXITY = 66
    TIER_COMPLICITY = 67
    RETAIL = 68
    ROAD_QUALITY = 69
    # further single effects
    SAFE_HOUSES = 70
    DIVERSIFICATION = 71


SUBSYSTEMS: tuple[Mechanism, ...] = tuple(Mechanism(i) for i in range(10))

DESCRIPTIONS: dict[Mechanism, str] = {
    Mechanism.ECONOMY: "work migration follows wages, distance and openness; off: no one leaves for work",
    Mechanism.MARKETS: "prices clear and users respond; off: prices and users stay at their start",
    Mechanism.ORGANISATIONS: "entry, growth, exit and choice of trade; off: the organisations of January 1989 for ever",
    Mechanism.ROUTES: "choice among routes by believed risk; off: fixed shares by length",
    Mechanism.CORRUPTION: "officials' conduct moves and lowers detection; off: every official refuses",
    Mechanism.PATRONAGE: "posts filled from groups, ties, rotation, shielding; off: no ties and no shield",
    Mechanism.ENFORCEMENT: "effort on corridors and cases; off: nothing is detected or prosecuted",
    Mechanism.PEOPLE: "help, self-report and care for people; off: spells end only by escape or end of demand",
    Mechanism.MEASURES: "the state's measures; off: no measure of the time line is delivered",
    Mechanism.INDICATORS: "what the world sees feeds back into attention; off: no published reading, no attention",
    Mechanism.WAGE_GAP: "departures rise with the wage gap; off: with the gap ignored",
    Mechanism.POPULATION_PUSH: "population growing faster than farm output pushes people out",
    Mechanism.POVERTY_VULNERABILITY: "vulnerability to recruitment falls with income at home",
    Mechanism.MIGRANT_VULNERABILITY: "irregular work migrants can fall to traffickers",
    Mechanism.HOME_UNEMPLOYMENT: "unemployment left by growth keeps recruitment from Kazakh places",
    Mechanism.PRICE_USERS: "more people start using opiates as the price falls",
    Mechanism.AFGHAN_SUPPLY: "Afghan output moves the price at the source",
    Mechanism.STOCKPILING: "traders hold stocks against price",
    Mechanism.CHEAP_LABOUR: "plenty of irregular labour undercuts pay and draws exploiters; off: as if none came",
    Mechanism.POLICE_BROKERAGE: "corrupt police link traffickers with employers",
    Mechanism.FORCED_COURIERS: "some people carried are made to carry opiates",
    Mechanism.LOW_ENTRY_COST: "starting in the trade in people costs little; off: as much as in opiates",
    Mechanism.PEOPLE_PROFIT: "profit in people draws drug organisations in",
    Mechanism.DRUG_CAPITAL: "capital from opiates pays the start in the trade in people",
    Mechanism.SCOPE: "both trades on one journey share its fixed cost",
    Mechanism.DANGER_PUSH: "rivalry and danger in opiates push to people; off: trades are compared as if uncontested",
    Mechanism.STATE_PROTECTION: "Soviet officials protected the Russia-based groups, within limits of size and place",
    Mechanism.PRIVATISATION: "the 1990s open the field to new organisations",
    Mechanism.DIASPORA_COVER: "a settled diaspora gives its network cover",
    Mechanism.OUTSIDE_TRADE: "Russia-based groups can leave for other contraband",
    Mechanism.COEXISTENCE: "as the market grows rivalry per organisation falls, and there is room for more",
    Mechanism.OFFICIAL_RACKETS: "members of agencies run organisations of their own",
    Mechanism.TERRAIN_COVER: "terrain cover lowers detection; off: all corridors alike",
    Mechanism.FUEL_COVER: "fuel-smuggling traffic over the Kyrgyz-Kazakh border hides traffickers, in larger loads",
    Mechanism.LEARNING: "beliefs about risk learn from losses",
    Mechanism.HABIT: "used routes stay in use for a while",
    Mechanism.OFFICIAL_FLIGHTS: "forces stationed abroad fly for official rackets and sell protection where they stand",
    Mechanism.FACILITATORS: "without services in the legitimate world cost and risk rise",
    Mechanism.DOCUMENTS: "papers lower the cost of journeys and the risk that people on them are found",
    Mechanism.LAUNDERING: "laundering turns cash into usable capital for a fee",
    Mechanism.BLIND_EYE: "officials who tolerate lower detection without a bribe",
    Mechanism.BRIBERY: "bribes lower detection and pay officials",
    Mechanism.WEAK_SANCTION: "low expected punishment draws officials into illicit gain",
    Mechanism.PROTECTION_RACKETS: "officials sell protection to traffickers and firms",
    Mechanism.OFFICIAL_GUARANTORS: "firms go to the better protector, officials or gangs",
    Mechanism.SHARED_SANCTION: "those who sanction share the rents, so sanction falls with their corruption",
    Mechanism.SHIELDING: "officials stop identified cases",
    Mechanism.LEGAL_RENTS: "rents from energy and construction, taken together, feed corrupt conduct",
    Mechanism.CONFORMITY: "officials do as their colleagues do",
    Mechanism.PATRONAGE_SHIELD: "ties to patrons lower the sanction on officials",
    Mechanism.SCARCITY: "falling income raises reliance on one's own network",
    Mechanism.BIDDING: "rival patrons bid up the salience of groups",
    Mechanism.SPOILS: "rents kept in the ruling group make group lines more salient; to take nothing costs a post",
    Mechanism.OWN_GROUP: "appointers prefer their own group and line of kin; kin at home lend ties",
    Mechanism.BALANCING: "threat from excluded groups leads to balancing in the provinces",
    Mechanism.ROTATION: "governors are moved before they build a base; ties are cut",
    Mechanism.CO_OPTION: "a rising rival is given a post inside the centre",
    Mechanism.DELIVERY_GAP: "announced measures are delivered only in part",
    Mechanism.DIVERSION: "the attacks of 2011-12 divert police",
    Mechanism.LABOUR_SHIELDING: "ties of police, traffickers and employers stop labour cases",
    Mechanism.ATTENTION: "visible harm brings the state's attention",
    Mechanism.DRUGS_TO_HOLD: "drugs are used to hold people",
    Mechanism.OFFICIALS_ABUSE: "abuse by officials keeps people from coming forward and returns some",
    Mechanism.OUTREACH: "outreach by NGOs reaches people where the police do not",
    Mechanism.SCHOOLING: "school access protects migrants' children",
    Mechanism.OFFICIALS_CARRY: "officials carry people past posts undetected",
    Mechanism.TIER_COMPLEXITY: "three roles at once raise the effort a tier asks for",
    Mechanism.TIER_COMPLICITY: "complicity and weak response weigh on the tier",
    Mechanism.RETAIL: "dealers break opiates down for users; off: users buy from traders at the wholesale price",
    Mechanism.ROAD_QUALITY: "good roads cost less and hide more, poor ones the reverse; off: all are fair",
    Mechanism.SAFE_HOUSES: "places to hide lower the cost of journeys and the risk in both trades",
    Mechanism.DIVERSIFICATION: "groups spread over trades to spread their risk; off: by return alone",
}
