"""What officials do at their posts: refuse, tolerate, take bribes, sell protection, take part.

Shares at a post follow perturbed best response (logit dynamics; Fudenberg and Levine 1998, ch. 4; Sandholm 2010,
ch. 6): x' = x + k [softmax(u / tau) - x]. A conduct is worth the concave value of its rents, w ln(1 + rent in
monthly wages), less scruple, less the expected sanction, plus conformity with colleagues and with the state. Patrons
who gave a post expect a share of what it yields (Wade 1985): their dues fall on those who take nothing.
Scruple is what the starting shares reveal (module ``scruples``).
Rents are shared among those who take them. Police and administration of places and the bodies at the centre have a hold
on firms and on cases; border and migration services live by what is paid at crossings and for papers alone, and nearly
all of their officials meet trafficking. What the state runs can be skimmed once nobody plans it any more (Ades and
Di Tella 1999; Hellman 1998); control grows up to income slowly, so that a boom feeds rents before it feeds audits
(Treisman 2000; Paldam 2021). The chance of being caught falls with the number of the corrupt, since
audits are few (Sah 1991, J. Political Economy 99), with the corruption of the central posts that must punish, and
with patrons' shield. The two feedbacks make a tipping zone: a weak measure does little where a strong one tips.
No measure is scaled by (1 - corruption); it must pass through rents, sanction and colleagues.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, STEPS_A_YEAR
from qorgau.model.compiled import compiled, inlined
from qorgau.model.counts import normals
from qorgau.model.derived import months_above, months_below, of_map
from qorgau.model.exponentials import fall, logarithm
from qorgau.model.firms import outputs_of, ownership
from qorgau.model.guarantors import CUSTOM_PARAMETERS, custom_pull, gang_quality, private_share, start_custom
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.scruples import RISK, START_PARAMETERS, TAKERS, reveal
from qorgau.model.state import State
from qorgau.model.streams import Stream, uniform
from qorgau.model.world import INSTRUMENTS, World

__all__ = ["PARAMETERS", "advance", "expected_sanction", "rent_value", "start"]

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("speed", "1/month", "share of officials who reconsider their conduct in a month", 1e-4, 1.0),
    Parameter("temperature", "monthly wages", "spread of scruple and opportunity between officials", 0.05),
    Parameter("rent_value", "monthly wages", "worth of one log unit of rent (concave value of money)"),
    Parameter("conformity", "1", "pull of colleagues over the spread of scruple"),
    Parameter("audit", "1", "officials who can be audited at once over all officials", 1e-4),
    Parameter("audit_income", "1", "elasticity of audit to income per head (100 USD/month is the reference)"),
    Parameter("audit_years", "year", "time in which control grows up to a new level of income", 0.25),
    Parameter("audit_spread", "1", "sd of log audit between states, drawn for each from one distribution"),
    Parameter("penalty", "monthly wages", "loss when caught for certain, per month of taking"),
    Parameter("soviet_control", "1", "audit added under Soviet control, over the later one"),
    Parameter("control_decay", "month", "time in which Soviet control fades", 1.0),
    Parameter("exposed_share", "1", "share of a post's officials who meet trafficking", 1e-3, 1.0),
    Parameter("exposed_service", "1", "the same in border and migration services", 1e-3, 1.0),
    Parameter("pay_ratio", "1", "official pay over income per head", 0.05),
    Parameter("skim", "1", "share of energy and construction output open to skimming", 0.0, 1.0),
    Parameter("boom", "1", "elasticity of that share to income per head"),
    Parameter("private_open", "1", "part of that share which is open where the output is private", 0.0, 1.0),
    Parameter("state_skim", "1", "share of state-run output open to skimming after the plan", 0.0, 1.0),
    Parameter("skim_half", "1", "share of takers at which half of it is skimmed", 0.01),
    Parameter("centre_cut", "1", "part of legal rents that falls to the central posts", 0.0, 1.0),
    Parameter("apparatus", "1", "officials with a hold on firms, per head of population", 1e-4),
    Parameter("centre_staff", "1", "part of them at the central posts", 0.01, 1.0),
    Parameter("carry_part", "1", "part of traffickers' payments that goes to officials who carry", 0.0, 1.0),
    Parameter("haste", "1", "extra worth of rents under a holder new in post"),
    Parameter("patron_dues", "monthly wages", "what patrons of full reach make it cost to take nothing"),
    Parameter("shield_reach", "1", "how fast protectors at posts add up to a stopped case"),
    Parameter("shield_bribe", "1", "weight of bribe takers in stopping cases", 0.0, 1.0),
    Parameter("size_audit", "1", "anti_corruption: audits added, over those that exist"),
    Parameter("size_independence", "1", "anti_corruption: part of the centre's hold on sanction removed", 0.0, 1.0),
    Parameter("size_pay", "1", "anti_corruption: pay added"),
    Parameter("size_penalty", "1", "penalties: severity added for officials too"),
    Parameter("size_abuse_training", "1", "police_training: part of abuse removed", 0.0, 1.0),
    *START_PARAMETERS,
    *CUSTOM_PARAMETERS,
)

_CORRUPTION = int(Mechanism.CORRUPTION)
_BLIND = int(Mechanism.BLIND_EYE)
_BRIBERY = int(Mechanism.BRIBERY)
_WEAK = int(Mechanism.WEAK_SANCTION)
_RACKETS = int(Mechanism.PROTECTION_RACKETS)
_OWN_RACKETS = int(Mechanism.OFFICIAL_RACKETS)
_GUARANTORS = int(Mechanism.OFFICIAL_GUARANTORS)
_SHARED = int(Mechanism.SHARED_SANCTION)
_SPOILS = int(Mechanism.SPOILS)
_SHIELDING = int(Mechanism.SHIELDING)
_LEGAL = int(Mechanism.LEGAL_RENTS)
_CONFORMITY = int(Mechanism.CONFORMITY)
_PRIVATISATION = int(Mechanism.PRIVATISATION)
_ANTI = INSTRUMENTS.index("anti_corruption")
_PENALTIES = INSTRUMENTS.index("penalties")
_TRAINING = INSTRUMENTS.index("police_training")
_STATE_EFFECT = int(Stream.SPARE_1)

_FLOOR = 0.02
"""Share of takers below which a payment is not spread any thinner: some one always takes it."""
_PROTECT_FLOOR = 0.05
"""The same for protection, which needs a few who are known to sell it."""
_WAGE_REFERENCE = 100.0 / STEPS
"""USD/month, income per head of the state in focus about 2000."""
_TRIBUTE = 3.0
"""Skimming never takes more than this many times its reference share of output."""


@inlined
def expected_sanction(audit, penalty, crowd, independence, shield):
    """Expected monthly loss of a corrupt official, monthly wages; audits are spread over the ``crowd``."""
    return penalty * (audit / (audit + crowd)) * independence * (1.0 - shield)


@inlined
def rent_value(rent):
    """Concave value of a rent in monthly wages: the gain in log income of one who lives on the wage."""
    return logarithm(1.0 + max(0.0, rent))


@compiled
def _advance(par, on, keys, since_soviet, since_private, speed, gdp_state, extract_state, private_state,
             unplanned, centre_posts, focus, post_state, post_kind, post_officials, post_gdp, post_extract,
             network_official, place_state, wage, bribes, deals, fees, racket, tenure, patron_shield, patron_reach,
             active, home, network, instrument, scruple, scruple_under, scruple_centre,
             scruple_service, scruple_service_under, honest, conduct, corrupt, legal_rents, legal_protection, sanction,
             shield, shield_bribed, abuse, guarantor, deal_risk, control_income):
    runs, posts, kinds = conduct.shape
    states = wage.shape[1]
    total = np.zeros((states, kinds))
    weight = np.zeros(states)
    # of those with a hold on firms and cases: all but border and migration services
    hold_on = np.zeros((states, kinds))
    hold_weight = np.zeros(states)
    police = np.zeros(states)
    police_weight = np.zeros(states)
    centre = np.zeros(states)
    gangs = np.zeros(states)
    audit = np.zeros(states)
    pay = np.zeros(states)
    skimmed = np.zeros(states)
    run = np.zeros(states)
    wealth = np.zeros(states)
    control_log = np.zeros(states)
    effect = np.zeros(states)
    u = np.zeros(states)
    official = np.zeros(states)
    # by post: a row for what is taken in each way, so that exponentials and logarithms are formed in rows
    from_bribes = np.zeros(posts)
    from_fees = np.zeros(posts)
    from_part = np.zeros(posts)
    haste = np.zeros(posts)
    dues = np.zeros(posts)
    fresh = np.zeros((kinds, posts))
    top = np.zeros(posts)
    local = np.zeros(states)
    for i in range(posts):
        if post_kind[i] == 0:
            local[post_state[i]] += post_officials[i]
    for r in range(runs):
        q = par[r]
        if on[r, _CORRUPTION] < 0.5:
            for i in range(posts):
                conduct[r, i, 0] = 1.0
                for j in range(1, kinds):
                    conduct[r, i, j] = 0.0
                corrupt[r, i] = 0.0
                legal_rents[r, i] = 0.0
                legal_protection[r, i] = 0.0
                sanction[r, i] = q.penalty
            for s in range(states):
                shield[r, s] = 0.0
                shield_bribed[r, s] = 0.0
                abuse[r, s] = 0.0
                deal_risk[r, s] = 0.0
            continue
        bribery = on[r, _BRIBERY]
        rackets = on[r, _RACKETS]
        private = private_share(since_private, q.private_years) * on[r, _PRIVATISATION]
        anti = instrument[r, _ANTI]
        control = 1.0 + q.soviet_control * math.exp(-since_soviet / q.control_decay)
        for s in range(states):
            weight[s] = 0.0
            hold_weight[s] = 0.0
            centre[s] = 0.0
            gangs[s] = 0.0
            police[s] = 0.0
            police_weight[s] = 0.0
            deal_risk[r, s] = 0.0
            for j in range(kinds):
                total[s, j] = 0.0
                hold_on[s, j] = 0.0
            wealth[s] = logarithm(max(1.0 / STEPS, wage[r, s]) / _WAGE_REFERENCE)
            control_log[s] = logarithm(control_income[r, s] / _WAGE_REFERENCE)
            u[s] = uniform(keys[r], _STATE_EFFECT, 0, s, 0)
            official[s] = 1.0 / (1.0 + math.exp(-guarantor[r, s]))
        normals(states, u, effect)
        for s in range(states):
            if speed <= 0.0:
                grown = (wealth[s] - control_log[s]) / (STEPS_A_YEAR * q.audit_years)
                control_income[r, s] *= math.exp(grown)
                control_log[s] += grown
            level = anti if s == focus else 0.0
            audit[s] = (q.audit * control * (1.0 + q.size_audit * level)
                        * math.exp(q.audit_income * control_log[s] + q.audit_spread * effect[s]))
            pay[s] = q.pay_ratio * (1.0 + q.size_pay * level)
            skimmed[s] = min(_TRIBUTE, math.exp(q.boom * wealth[s])) * q.skim * on[r, _LEGAL]
            skimmed[s] *= 1.0 - (1.0 - q.private_open) * private_state[s]
            run[s] = q.state_skim * (1.0 - private_state[s]) * unplanned * on[r, _LEGAL]
        for i in range(posts):
            s = post_state[i]
            weight[s] += post_officials[i]
            for j in range(kinds):
                total[s, j] += post_officials[i] * conduct[r, i, j]
            if post_kind[i] < 2:
                hold_weight[s] += post_officials[i]
                for j in range(kinds):
                    hold_on[s, j] += post_officials[i] * conduct[r, i, j]
            if post_kind[i] == 1:
                centre[s] += corrupt[r, i] / centre_posts[s]
        for s in range(states):
            for j in range(kinds):
                total[s, j] /= max(1e-9, weight[s])
                hold_on[s, j] /= max(1e-9, hold_weight[s])
            if centre_posts[s] == 0:
                centre[s] = 0.5 * total[s, 1] + total[s, 2] + total[s, 3] + total[s, 4]
        for o in range(active.shape[1]):
            if active[r, o] == 1 and network_official[network[r, o]] == 0:
                gangs[place_state[home[r, o]]] += 1.0
        for i in range(posts):
            s = post_state[i]
            x_tolerate = conduct[r, i, 1]
            x_bribe = conduct[r, i, 2]
            x_protect = conduct[r, i, 3]
            x_part = conduct[r, i, 4]
            takers = x_bribe + x_protect + x_part
            mine = max(1.0 / STEPS, wage[r, s]) * pay[s]
            meets = q.exposed_share
            # legal rents and firms' payments, per official with a hold on firms
            if post_kind[i] > 1:
                meets = q.exposed_service
                open_to_skim = 0.0
                custom = 0.0
                staff = 1.0
            elif post_kind[i] == 1:
                share = q.centre_cut / centre_posts[s]
                open_to_skim = (skimmed[s] * extract_state[s] + run[s] * gdp_state[s]) * share
                custom = q.protection_rate * private * gdp_state[s] * share * official[s] * rackets
                staff = q.apparatus * q.centre_staff / centre_posts[s] * gdp_state[s]
            else:
                share = 1.0 - q.centre_cut if centre_posts[s] > 0 else 1.0
                open_to_skim = (skimmed[s] * post_extract[i] + run[s] * post_gdp[i]) * share
                custom = q.protection_rate * private * post_gdp[i] * share * official[s] * rackets
                staff = q.apparatus * post_gdp[i]
            # staff is counted in the GDP it would earn, so that rents over staff are rents in wages
            staff = 1.0 / max(1e-9, staff * pay[s])
            skimmers = 1.0 / (takers + q.skim_half)
            sellers = 1.0 / (x_protect + _PROTECT_FLOOR)
            legal = open_to_skim * staff * skimmers
            firms = custom * staff * sellers
            legal_rents[r, i] = open_to_skim * takers * skimmers
            legal_protection[r, i] = custom * x_protect * sellers
            exposed = 1.0 / (max(1.0, meets * post_officials[i]) * mine)
            settling = deals[r, s] * post_officials[i] / local[s] if post_kind[i] == 0 else 0.0
            got_bribe = bribery * (bribes[r, i] + settling) * (1.0 - q.carry_part) * exposed / (x_bribe + _FLOOR)
            got_fee = rackets * fees[r, i] * exposed / (x_protect + _FLOOR)
            got_part = (bribery * bribes[r, i] * q.carry_part + on[r, _OWN_RACKETS] * racket[r, i]) * exposed
            got_part /= x_part + _FLOOR
            from_bribes[i] = got_bribe + legal
            from_fees[i] = got_fee + firms + legal
            from_part[i] = got_part + legal
            haste[i] = tenure[r, i] / STEPS_A_YEAR
            dues[i] = q.patron_dues * patron_reach[r, i] * on[r, _SPOILS]
            # expected sanction; off: officials weigh that of the start for ever
            if on[r, _WEAK] > 0.5 or speed > 0.0:
                hold = centre[s] * on[r, _SHARED]
                penalty = q.penalty
                if s == focus:
                    hold *= 1.0 - q.size_independence * anti
                    penalty *= 1.0 + q.size_penalty * instrument[r, _PENALTIES]
                sanction[r, i] = expected_sanction(audit[s], penalty, takers + 0.3 * x_tolerate, 1.0 - hold,
                                                   patron_shield[r, i])
            if post_kind[i] == 0:
                deal_risk[r, s] += sanction[r, i] * mine * STEPS * post_officials[i] / local[s]
        for i in range(posts):
            worth = q.rent_value * (1.0 + q.haste * fall(haste[i]))
            fresh[2, i] = worth * rent_value(from_bribes[i]) + dues[i]
            fresh[3, i] = worth * rent_value(from_fees[i]) + dues[i]
            fresh[4, i] = worth * rent_value(from_part[i]) + dues[i]
        heat = 1.0 / q.temperature
        pull = 0.5 * q.conformity * on[r, _CONFORMITY]
        for i in range(posts):
            s = post_state[i]
            if post_kind[i] > 1:
                cost = scruple_service_under[r] if centre_posts[s] > 0 else scruple_service[r]
            elif post_kind[i] == 1:
                cost = scruple_centre[r]
            else:
                cost = scruple_under[r] if centre_posts[s] > 0 else scruple[r]
            stake = sanction[r, i]
            crowd = pull * (conduct[r, i, 2] + conduct[r, i, 3] + conduct[r, i, 4]
                            + total[s, 2] + total[s, 3] + total[s, 4])
            fresh[0, i] = pull * (conduct[r, i, 0] + total[s, 0])
            fresh[1, i] = pull * (conduct[r, i, 1] + total[s, 1]) - (cost[1] + RISK[1] * stake) * heat
            fresh[2, i] = crowd + (fresh[2, i] - cost[2] - RISK[2] * stake) * heat
            fresh[3, i] = crowd + (fresh[3, i] - cost[3] - RISK[3] * stake) * heat
            fresh[4, i] = crowd + (fresh[4, i] - cost[4] - RISK[4] * stake) * heat
        for i in range(posts):
            top[i] = max(max(fresh[0, i], fresh[1, i]), max(max(fresh[2, i], fresh[3, i]), fresh[4, i]))
        for j in range(kinds):
            willing = bribery if j == 2 else (rackets if j == 3 else 1.0)
            for i in range(posts):
                fresh[j, i] = fall(top[i] - fresh[j, i]) * willing
        step = speed if speed > 0.0 else q.speed
        for i in range(posts):
            mass = step / (fresh[0, i] + fresh[1, i] + fresh[2, i] + fresh[3, i] + fresh[4, i])
            for j in range(kinds):
                conduct[r, i, j] += mass * fresh[j, i] - step * conduct[r, i, j]
            if honest[r, i] > 0.0:
                conduct[r, i, 0] = 1.0
                for j in range(1, kinds):
                    conduct[r, i, j] = 0.0
            corrupt[r, i] = (0.5 * conduct[r, i, 1] * on[r, _BLIND] + conduct[r, i, 2] + conduct[r, i, 3]
                             + conduct[r, i, 4])
            if post_kind[i] == 0:
                s = post_state[i]
                police[s] += post_officials[i] * (1.0 - conduct[r, i, 0] - conduct[r, i, 1])
                police_weight[s] += post_officials[i]
        for s in range(states):
            sell = hold_on[s, 3]
            taking = hold_on[s, 2] + sell + hold_on[s, 4]
            if on[r, _GUARANTORS] > 0.5 and speed <= 0.0:
                guarantor[r, s] += custom_pull(q, private, sell, taking, gang_quality(q, gangs[s]), guarantor[r, s])
            bribed = q.shield_bribe * hold_on[s, 2]
            stop = sell + hold_on[s, 4] + bribed
            shield[r, s] = on[r, _SHIELDING] * (1.0 - math.exp(-q.shield_reach * stop))
            # protection is sold to groups; who works alone finds only officials who take bribes
            shield_bribed[r, s] = on[r, _SHIELDING] * (1.0 - math.exp(-q.shield_reach * bribed))
            abuse[r, s] = police[s] / max(1e-9, police_weight[s])
            if s == focus:
                abuse[r, s] *= 1.0 - q.size_abuse_training * instrument[r, _TRAINING]


@of_map
def _centre_posts(world: World) -> np.ndarray:
    """Posts of the centre by state."""
    return np.bincount(world.post_state[world.post_kind == 1], minlength=world.sizes["state"])


def _at_the_centre(world: World) -> float:
    """Part of the officials of states with central posts who hold these."""
    under = _centre_posts(world)[world.post_state] > 0
    central = world.post_officials[world.post_kind == 1].sum()
    return float(central / max(1e-9, world.post_officials[under].sum()))


def _since(series: np.ndarray, month: int, value: float) -> float:
    """Months, up to ``month``, in which an event's series has been above nought (value 1) or below one (value 0)."""
    return float(months_above(series, month, 0.0) if value > 0.0 else months_below(series, month, 1.0))


def _call(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int, speed: float,
    wage: np.ndarray, bribes: np.ndarray, deals: np.ndarray, fees: np.ndarray, racket: np.ndarray, tenure: np.ndarray,
    outputs: tuple[np.ndarray, ...],
) -> None:
    state_gdp, state_extract, post_gdp, post_extract = outputs
    _advance(parameters["corruption"], on, keys, _since(world.event["soviet"], month, 0.0),
             _since(world.event["privatisation"], month, 1.0), speed, state_gdp, state_extract,
             *ownership(world, month), _centre_posts(world), world.focus, world.post_state, world.post_kind,
             world.post_officials, post_gdp, post_extract, world.network_official, world.place_state, wage, bribes,
             deals, fees, racket, tenure, state.patron_shield, state.patron_reach, state.active, state.home,
             state.network, state.instrument, state.scruple, state.scruple_under, state.scruple_centre,
             state.scruple_service, state.scruple_service_under, state.honest, state.conduct, state.corrupt,
             state.legal_rents, state.legal_protection, state.sanction, state.shield, state.shield_bribed, state.abuse,
             state.guarantor, state.deal_risk, state.control_income)


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Conduct at its rest point under the rents of the first month, so that no run begins with a jump.

    Iterates the monthly rule from the reference shares, those of central posts and those of the others, with
    ``start_rent`` for the rents of trafficking (organisations have paid nothing yet). Custom of legal firms starts at
    a drawn balance, by state from one distribution.
    """
    q = parameters["corruption"]
    reveal(q, on, _at_the_centre(world), state.scruple, state.scruple_under, state.scruple_centre,
           state.scruple_service, state.scruple_service_under)
    runs, posts = state.corrupt.shape
    takers = np.where(world.post_kind == 1, q["start_take_centre"][:, None], q["start_take"][:, None])
    refuse = (1.0 - takers) * q["start_refuse"][:, None]
    tolerate = 1.0 - takers - refuse
    state.conduct[:] = np.stack([refuse, tolerate, *(part * takers for part in TAKERS)], axis=2)
    state.corrupt[:] = takers + 0.5 * tolerate
    start_custom(q, keys, state.guarantor)
    wage = np.tile(world.gdp_per_head[0] / STEPS_A_YEAR, (runs, 1))
    state.control_income[:] = np.maximum(1.0 / STEPS, wage)
    income = wage[:, world.post_state] * q["pay_ratio"][:, None]
    service = world.post_kind > 1
    exposed = np.where(service, q["exposed_service"][:, None], q["exposed_share"][:, None]) * world.post_officials
    bribes = TAKERS[0] * takers * q["start_rent"][:, None] * income * exposed
    nothing = np.zeros((runs, posts))
    none = np.zeros((runs, world.sizes["state"]))
    tenure = np.full((runs, posts), 24 * STEPS, dtype=np.int64)
    fees = 0.5 * TAKERS[1] / TAKERS[0] * bribes
    outputs = outputs_of(world, 0)
    for _ in range(120):
        _call(world, state, parameters, on, keys, 0, 0.2, wage, bribes, none, fees, nothing, tenure, outputs)


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
    levers: np.ndarray | None = None,
) -> None:
    """Move conduct, sanction, rents from legal business, shielding and custom by one month (module docstring)."""
    _call(world, state, parameters, on, keys, month, 0.0, state.wage, state.bribes_post, state.deals_usd,
          state.fees_post, state.racket_profit_post, state.tenure, outputs_of(world, month))
