"""Cases of trafficking in people: opened, taken up, stopped or brought to court, convicted.

Per state and month, with T officers on trafficking (the part of their time not spent on search):

    T        = officers (people / million) law (1 - diversion) + special units      units are not diverted
    opened   ~ Bin(2 people identified and come forward, half of the cases per person)
               + Bin(people reached by NGOs, the same share x part whom NGOs bring to the police)
    taken    ~ Bin(backlog B, C / B (1 - exp(-tau B / C))),  C = T / months of officer time per case
    stopped  ~ Bin(taken, [g shield + (1 - g) shield_bribed] x share settled), g the part of groups in recruiting:
               protection is sold to groups, who works alone finds bribe takers only; more for labour where police,
               traffickers and employers are tied together; a case stopped is paid for (module ``settlement``)
    to court ~ Bin(taken - stopped, evidence)
    convicted ~ Bin(to court, p), p rising with testimony and the supreme court's clarification

The queue (so that officer time binds before shielding can) is the saturating service of a pooled queue; it
takes up no more than C cases and no more than tau B. What courts do reaches traffickers only through the
expected loss per journey of groups, chance of conviction times its severity, so severe penalties that nobody meets
change nothing, and neither do convictions of others. Criminal groups buy off punishment (Kugler, Verdier and Zenou
2005), and those who are easily found are charged in place of those who profit (Kangaspunta 2015).
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS
from qorgau.model.compiled import compiled
from qorgau.model.derived import destination_states
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.settlement import bribe_paid, settled
from qorgau.model.state import State
from qorgau.model.streams import Stream, binomial, uniform
from qorgau.model.units import PERSONS_PER_JOURNEY
from qorgau.model.world import INSTRUMENTS, World

__all__ = ["MEMORY_MONTHS", "PARAMETERS", "advance", "start"]

MEMORY_MONTHS = 24.0 * STEPS
"""Over how many steps traffickers average what convictions cost them: two years."""

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("officers", "officer-months/month/million", "officer time on trafficking under a law in force"),
    Parameter("diverted", "1", "part of it diverted at the height of the attacks", 0.0, 1.0),
    Parameter("case_months", "officer-months/case", "officer time that a case takes", 0.01),
    Parameter("open_share", "cases/person", "cases per person identified or come forward", 0.0, 2.0),
    Parameter("refer", "1", "part of those reached by outreach whose case NGOs bring to the police", 0.0, 1.0),
    Parameter("take_rate", "1/month", "rate at which waiting cases are taken up, officers permitting", 0.0),
    Parameter("lapse", "1/month", "rate at which waiting cases lapse", 0.0, 1.0),
    Parameter("evidence", "1", "chance that a case taken up and not stopped reaches court", 0.0, 1.0),
    Parameter("labour_ties", "1", "chance that ties stop a labour case if all at the desk are corrupt", 0.0, 1.0),
    Parameter("conviction", "1", "chance of conviction without testimony", 0.0, 1.0),
    Parameter("testify", "1", "share of people taken into care who testify, with honest police", 0.0, 1.0),
    Parameter("testimony_weight", "1", "chance of conviction that testimony in every case adds", 0.0, 1.0),
    Parameter("conviction_loss", "USD/conviction", "what a conviction costs an organisation"),
    Parameter("size_police_training", "1", "cases handled faster at full training"),
    Parameter("size_special_units", "1", "officer time added, of the ordinary, at full measure; never diverted"),
    Parameter("size_vetting", "1", "shielding averted by full special units", 0.0, 1.0),
    Parameter("size_working_group", "1", "cases taken up faster since the agencies' working group"),
    Parameter("size_regional_coordination", "1", "lack of evidence made good by full co-ordination", 0.0, 1.0),
    Parameter("size_court_clarification", "1", "chance of conviction added by the court's ruling", 0.0, 1.0),
    Parameter("size_victim_non_prosecution", "1", "added testimony at full non-prosecution"),
    Parameter("size_penalties", "1", "added severity at full penalties"),
)

_SHIELDING = int(Mechanism.SHIELDING)
_LABOUR = int(Mechanism.LABOUR_SHIELDING)
_DIVERSION = int(Mechanism.DIVERSION)
_ENFORCEMENT = int(Mechanism.ENFORCEMENT)
_BRIBERY = int(Mechanism.BRIBERY)
_TRAINING = INSTRUMENTS.index("police_training")
_UNITS = INSTRUMENTS.index("special_units")
_COORDINATION = INSTRUMENTS.index("regional_coordination")
_NO_PROSECUTION = INSTRUMENTS.index("victim_non_prosecution")
_PENALTIES = INSTRUMENTS.index("penalties")
_S_OPENED = int(Stream.CASES_OPENED)
_S_TAKEN = int(Stream.CASES_TAKEN)
_S_PROSECUTED = int(Stream.CASES_PROSECUTED)
_S_CONVICTED = int(Stream.CASES_CONVICTED)
_S_LAPSED = int(Stream.CASES_LAPSED)
_S_TESTIMONY = int(Stream.TESTIMONY)


@compiled
def _advance(par, par_people, on, keys, month, focus, people, diversion, clarified, group, d_state, law, shield,
             shield_bribed, by_groups, abuse, desk, risk, instrument, identified, returned, self_reported, reached,
             assisted, exploited, origin_flow, transit_flow, arrival_flow, officers, backlog, opened, taken_up,
             prosecuted, convicted, stopped, testimonies, cost, deals):
    runs, states = law.shape
    for r in range(runs):
        q = par[r]
        key = keys[r]
        for s in range(states):
            own = 1.0 if s == focus else 0.0
            busy = 1.0 - q.diverted * diversion * own * on[r, _DIVERSION]
            units = q.size_special_units * instrument[r, _UNITS] * own
            staff = q.officers * people[s] / 1e6 * law[r, s] * (busy + units) * on[r, _ENFORCEMENT]
            officers[r, s] = staff
            known = identified[r, s] - returned[r, s] + self_reported[r, s]
            new = binomial(uniform(key, _S_OPENED, month, s, 0), 2 * known, 0.5 * q.open_share * on[r, _ENFORCEMENT])
            brought = 0.5 * q.open_share * q.refer * on[r, _ENFORCEMENT]
            new += binomial(uniform(key, _S_OPENED, month, s, 1), 2 * reached[r, s], brought)
            waiting = backlog[r, s] + new
            lapsed = binomial(uniform(key, _S_LAPSED, month, s, 0), waiting, q.lapse)
            waiting -= lapsed
            taken = 0
            if waiting > 0 and staff > 0.0:
                skill = 1.0 + q.size_police_training * instrument[r, _TRAINING] * own
                can = staff * (1.0 - par_people[r].search_share) * skill / q.case_months
                rate = q.take_rate * (1.0 + q.size_working_group * group * own)
                share = can / waiting * (1.0 - math.exp(-rate * waiting / can))
                taken = binomial(uniform(key, _S_TAKEN, month, s, 0), waiting, share)
            backlog[r, s] = waiting - taken
            labour = 0
            everyone = 0
            grouped = 0.0
            for d in range(exploited.shape[1]):
                if d_state[d] == s:
                    for a in range(exploited.shape[3]):
                        labour += exploited[r, d, 0, a]
                        everyone += exploited[r, d, 0, a] + exploited[r, d, 1, a]
                        grouped += by_groups[r, 0] * exploited[r, d, 0, a] + by_groups[r, 1] * exploited[r, d, 1, a]
            grouped = grouped / everyone if everyone > 0 else 1.0
            severe = q.conviction_loss * (1.0 + q.size_penalties * instrument[r, _PENALTIES] * own)
            at_stake = severe * q.conviction
            deal = settled(at_stake, risk[r, s]) * on[r, _SHIELDING]
            deal *= 1.0 - q.size_vetting * instrument[r, _UNITS] * own
            protected = shield[r, s] * deal
            halt = grouped * protected + (1.0 - grouped) * shield_bribed[r, s] * deal
            if everyone > 0:
                ties = q.labour_ties * desk[r, s] * on[r, _LABOUR] * labour / everyone
                halt = 1.0 - (1.0 - halt) * (1.0 - ties)
                protected = 1.0 - (1.0 - protected) * (1.0 - ties)
            held = binomial(uniform(key, _S_PROSECUTED, month, s, 0), taken, min(1.0, halt))
            proof = q.evidence + (1.0 - q.evidence) * q.size_regional_coordination * instrument[r, _COORDINATION] * own
            court = binomial(uniform(key, _S_PROSECUTED, month, s, 1), taken - held, min(1.0, proof))
            speak = q.testify * (1.0 - 0.5 * min(1.0, abuse[r, s]))
            speak *= 1.0 + q.size_victim_non_prosecution * instrument[r, _NO_PROSECUTION] * own
            spoke = binomial(uniform(key, _S_TESTIMONY, month, s, 0), assisted[r, s], min(1.0, speak))
            chance = q.conviction + q.testimony_weight * min(1.0, spoke / max(1.0 / STEPS, 0.5 * taken))
            chance += q.size_court_clarification * clarified * own
            guilty = binomial(uniform(key, _S_CONVICTED, month, s, 0), court, min(1.0, chance))
            opened[r, s] = new
            taken_up[r, s] = taken
            stopped[r, s] = held
            prosecuted[r, s] = court
            convicted[r, s] = guilty
            testimonies[r, s] = spoke
            moved = origin_flow[r, s] + transit_flow[r, s] + arrival_flow[r, s]
            paid = held * bribe_paid(at_stake, risk[r, s], par_people[r].deal_share) * on[r, _BRIBERY]
            deals[r, s] += paid
            # of a group: its cases over their mean, by how far they go on and how far they are stopped
            tried = (1.0 - protected) / (1.0 - halt) if halt < 1.0 else 0.0
            bought = protected / halt if halt > 0.0 else 0.0
            loss = (severe * guilty * tried + paid * bought) / max(1.0 / STEPS, moved / PERSONS_PER_JOURNEY)
            cost[r, s] += (loss - cost[r, s]) / MEMORY_MONTHS


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """No case and no officer on trafficking in January 1989."""
    state.cases_backlog[:] = 0
    state.conviction_cost[:] = 0.0
    state.trafficking_officers[:] = 0.0
    state.cases_prosecuted[:] = 0


def advance(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
            levers: np.ndarray) -> None:
    """One month of cases in every state (see module docstring)."""
    _advance(parameters["cases"], parameters["people"], on, keys, month, world.focus, world.population[month],
             float(world.event["diversion"][month]), float(world.event["court_clarification"][month]),
             float(world.event["working_group"][month]), destination_states(world), state.law,
             state.shield, state.shield_bribed, state.recruits_by_groups, state.abuse, state.desk, state.deal_risk,
             state.instrument, state.identified, state.returned_by_officials, state.self_reported,
             state.outreach_exits, state.assisted, state.exploited, state.origin_flow,
             state.transit_flow, state.arrival_flow, state.trafficking_officers, state.cases_backlog,
             state.cases_identified,
             state.cases_investigated, state.cases_prosecuted, state.cases_convicted, state.cases_stopped,
             state.testimonies, state.conviction_cost, state.deals_usd)
