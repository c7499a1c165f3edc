"""People: exploited, out again, helped or not, trafficked again or recovered. Whole persons, every one accounted for.

People exploited at a destination, by form and age, leave by competing hazards (1/month), one uniform for the
number and one for each way out:

    escape       e (1 - drugs to hold), where drugs are used by groups that began with opiates, the more the
                 cheaper a month's dose, at the dealers' price, is against a month's wage
    identified   a T / N (1 - collusion desk) (1 - looked away shield) / (1 + a m X / N): police officers T search
                 among N million inhabitants (a) and handle (m months a person), so that no more than T / m are
                 found however many there are (Holling 1959, type II); training shortens m. Of police who deal
                 with trafficking a share ``desk`` is corrupt, more than of all police, since posts that pay are
                 sought after: they do not search, or settle what they find for a bribe (module ``settlement``),
                 as each hand through which a finding passes can; and where a place is under protection, who is
                 found may be left there
    come forward r (1 - fear) (.3 + .7 law), fear rising with abuse by officials and falling when those who
                 were exploited are not prosecuted for what they were made to do
    outreach     NGOs, once grown, reach people where the police do not, o / (1 + o X / (c N)), no more than c a
                 million inhabitants; and of those who would come forward and dare not go to the police, a part
                 turns to them: r fear turn_to_ngo
    let go       1 / (mean spell), faster where there are more people than controllers want at the price

Corrupt officials hand some of those identified back. The others wait; shelters take in as many as they have
places for; who waits or leaves care can be trafficked again, gives up, or recovers. Cases brought to court
free people. Ledger, exact every month:

    exploited at the start + recruits of all months
        = exploited + waiting + in care + recovered + left without help.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, STEPS_A_YEAR, memory
from qorgau.model.compiled import compiled
from qorgau.model.counts import binomials
from qorgau.model.derived import of_map
from qorgau.model.exponentials import fall, logarithm
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.people_counts import accounted, nearest_market, of_whom, room_in_rows, spread
from qorgau.model.settlement import DESK_SPEED, at_the_desk, bribe_paid, settled
from qorgau.model.state import State
from qorgau.model.streams import Stream, poisson, uniform
from qorgau.model.world import INSTRUMENTS, World

__all__ = ["PARAMETERS", "RAMP_YEARS", "advance", "start"]

RAMP_YEARS = 2.0
"""Years over which NGOs and shelters grow, as the scale of the logistic curve."""

FEAR_SPEED = memory(0.1)
"""Speed at which fear follows what officials do, 1/month."""

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("spell_labour", "months", "mean spell of forced labour, when it ends by being let go", 0.5),
    Parameter("spell_sexual", "months", "the same in sexual exploitation", 0.5),
    Parameter("escape", "1/month", "hazard of escape without drugs to hold"),
    Parameter("drugs_hold", "1", "share of escapes that drugs prevent, where all groups use them", 0.0, 1.0),
    Parameter("dose_kg", "kg/month", "opiates that hold one person for a month"),
    Parameter("start_exploited", "persons/million", "exploited in January 1989, per million inhabitants"),
    Parameter("search", "million/officer-month", "chance to find a given person, per officer-month a million people"),
    Parameter("handling", "officer-months/person", "officer time that one person identified takes", 0.01),
    Parameter("search_share", "1", "part of officer time on trafficking spent on search, the rest on cases", 0.0, 1.0),
    Parameter("sought_after", "1", "odds of corruption among those who deal with trafficking, over all police", 1.0),
    Parameter("desk_pull", "1", "elasticity of those odds to what settling findings and cases yields"),
    Parameter("hands", "officers", "hands through which a finding passes, each of which can end it", 1.0),
    Parameter("deal_share", "1", "officials' share of the power to bargain over a finding or a case", 0.0, 1.0),
    Parameter("collusion", "1", "search lost where all who deal with trafficking are corrupt", 0.0, 1.0),
    Parameter("looked_away", "1", "findings without consequence where protection is certain", 0.0, 1.0),
    Parameter("self_report", "1/month", "hazard of coming forward without fear, under a law in force"),
    Parameter("fear", "1", "share who dare not come forward, with honest police", 0.0, 1.0),
    Parameter("fear_abuse", "1", "share of the others whom abuse by corrupt police frightens", 0.0, 1.0),
    Parameter("returned", "1", "share of people identified whom corrupt police hand back", 0.0, 1.0),
    Parameter("outreach", "1/month", "hazard of being reached by outreach of NGOs once grown"),
    Parameter("outreach_capacity", "persons/month/million", "people whom NGOs can reach at most, per million"),
    Parameter("turn_to_ngo", "1", "who fears the police and turns to an NGO instead, once these have grown", 0.0, 1.0),
    Parameter("ngo_year", "year", "middle of the growth of NGOs' outreach", 1980.0, 2030.0),
    Parameter("care_places", "persons/million", "places in shelters once grown, per million inhabitants"),
    Parameter("care_year", "year", "middle of the growth of shelters", 1980.0, 2030.0),
    Parameter("care_months", "months", "mean stay in care", 1.0),
    Parameter("again_alone", "1", "chance of being trafficked again after an exit without help", 0.0, 1.0),
    Parameter("again_waiting", "1/month", "hazard of being trafficked again while waiting", 0.0, 1.0),
    Parameter("again_care", "1", "chance of being trafficked again after care", 0.0, 1.0),
    Parameter("give_up", "1/month", "hazard of leaving the queue without help", 0.0, 1.0),
    Parameter("freed_per_case", "1", "people freed by a case brought to court"),
    Parameter("size_police_training", "1", "added skill in identification at full training"),
    Parameter("size_awareness", "1", "added self-report at full awareness"),
    Parameter("size_victim_non_prosecution", "1", "fear taken away by full non-prosecution", 0.0, 1.0),
    Parameter("size_outreach", "1", "added outreach at full measure"),
    Parameter("size_rehabilitation_centres", "1", "added places in care at full measure"),
    Parameter("size_regional_coordination", "1", "trafficking again averted by safe return at full measure", 0.0, 1.0),
)

_PEOPLE = int(Mechanism.PEOPLE)
_HOLD = int(Mechanism.DRUGS_TO_HOLD)
_ABUSE = int(Mechanism.OFFICIALS_ABUSE)
_OUTREACH = int(Mechanism.OUTREACH)
_ENFORCEMENT = int(Mechanism.ENFORCEMENT)
_BRIBERY = int(Mechanism.BRIBERY)
_PENALTIES = INSTRUMENTS.index("penalties")
_TRAINING = INSTRUMENTS.index("police_training")
_CENTRES = INSTRUMENTS.index("rehabilitation_centres")
_AWARE = INSTRUMENTS.index("awareness")
_COORDINATION = INSTRUMENTS.index("regional_coordination")
_NO_PROSECUTION = INSTRUMENTS.index("victim_non_prosecution")
_REACH = INSTRUMENTS.index("outreach")
_S_EXITS = int(Stream.EXITS)
_S_SPLIT = int(Stream.EXITS_SPLIT)
_S_RETURNED = int(Stream.RETURNED)
_S_CARE = int(Stream.CARE)
_S_AGAIN = int(Stream.RETRAFFICKED)
_S_RECOVERED = int(Stream.RECOVERED)
_S_FREED = int(Stream.FREED)


@compiled
def _exits(q, qc, endurance, on, key, month, focus, ngo, dose_price, people, wage, law, desks, risk, shield, officers,
           fear, drug_first, instrument, d_state, demand, price, present, exploited, help_hazard, deals, out, rows):
    """All who leave exploitation this month.

    ``out`` (8, S): identified, escaped, let go, came forward, by outreach, handed back, trafficked again
    without help, left without help.
    """
    targets, forms, ages = exploited.shape
    for d in range(targets):
        s = d_state[d]
        own = 1.0 if s == focus else 0.0
        skill = 1.0 + q.size_police_training * instrument[_TRAINING] * own
        search = q.search * math.sqrt(skill)
        per_million = present[s] / (people[s] / 1e6)
        desk = desks[s]
        police = officers[s] / (people[s] / 1e6) * q.search_share * (1.0 - q.collusion * desk)
        found = on[_PEOPLE] * on[_ENFORCEMENT] * search * police / (1.0 + search * q.handling / skill * per_million)
        found *= 1.0 - q.looked_away * min(1.0, shield[s])
        takes = desk * (1.0 - q.collusion) / max(1e-9, 1.0 - q.collusion * desk) * on[_BRIBERY]
        at_law = qc.conviction_loss * (1.0 + qc.size_penalties * instrument[_PENALTIES] * own)
        at_law *= min(1.0, qc.open_share) * qc.evidence * qc.conviction
        report = on[_PEOPLE] * q.self_report * (1.0 + q.size_awareness * instrument[_AWARE] * own)
        come = report * (1.0 - fear[s]) * (0.3 + 0.7 * law[s])
        reached = on[_PEOPLE] * q.outreach / (1.0 + q.outreach * per_million / q.outreach_capacity)
        reached = ngo * on[_OUTREACH] * (reached * (1.0 + q.size_outreach * instrument[_REACH] * own)
                                         + report * fear[s] * q.turn_to_ngo)
        cheap = 1.0 / (1.0 + q.dose_kg * dose_price[d] / max(wage[s], 1e-9))
        back = min(1.0, q.returned * desk * on[_ABUSE])
        for f in range(forms):
            held = drug_first[f] * cheap * on[_HOLD]
            escape = q.escape * (1.0 - q.drugs_hold * held)
            forward = come * (1.0 - q.drugs_hold * held)
            here = 0
            for a in range(ages):
                here += exploited[d, f, a]
            crowd = min(3.0, max(1.0, here / (demand[d, f] + 1.0)))
            let_go = crowd / (q.spell_labour if f == 0 else q.spell_sexual) / (1.0 + endurance * held)
            loss = price[d, f] + at_law
            through = max(1.0 - takes * settled(loss, risk[s]), 1e-300)
            struck = found * (1.0 - fall(-q.hands * logarithm(through)))
            deals[s] += struck * here * bribe_paid(loss, risk[s], q.deal_share)
            kept = found - struck
            help_hazard[d, f] = kept + escape + forward + reached
            for a in range(ages):
                cell = (d * forms + f) * ages + a
                rows.rate[0, cell] = kept
                rows.rate[1, cell] = escape
                rows.rate[2, cell] = let_go
                rows.rate[3, cell] = forward
                rows.rate[4, cell] = reached
                rows.total[cell] = kept + escape + let_go + forward + reached
                rows.back[cell] = back
    cells = targets * forms * ages
    held_in = exploited.reshape(cells)
    per_state = forms * ages
    for c in range(cells):
        rows.u[c] = uniform(key, _S_EXITS, month, c, 0)
        rows.drawn[c] = held_in[c]
        rows.chance[c] = 1.0 - fall(rows.total[c])
    binomials(cells, rows.u, rows.drawn, rows.chance, rows.nobody, rows.left)
    for c in range(cells):
        held_in[c] -= rows.left[c]
    for i in range(5):
        everyone = 0
        if i < 4:
            for c in range(cells):
                rows.u[c] = uniform(key, _S_SPLIT, month, c, i)
                rows.drawn[c] = rows.left[c]
                rows.chance[c] = min(1.0, rows.rate[i, c] / max(rows.total[c], 1e-300))
                rows.total[c] -= rows.rate[i, c]
            binomials(cells, rows.u, rows.drawn, rows.chance, rows.nobody, rows.taken)
        else:
            rows.taken[:cells] = rows.left[:cells]
        for c in range(cells):
            rows.left[c] -= rows.taken[c]
            out[i, d_state[c // per_state]] += rows.taken[c]
            everyone += rows.taken[c]
        if i > 2 or everyone == 0:
            continue
        # who was identified may be handed back, who got out alone may be trafficked again
        for c in range(cells):
            rows.u[c] = uniform(key, _S_RETURNED if i == 0 else _S_AGAIN, month, c, i)
            rows.drawn[c] = rows.taken[c]
            rows.chance[c] = rows.back[c] if i == 0 else q.again_alone
        binomials(cells, rows.u, rows.drawn, rows.chance, rows.nobody, rows.taken)
        for c in range(cells):
            s = d_state[c // per_state]
            held_in[c] += rows.taken[c]
            if i == 0:
                out[5, s] += rows.taken[c]
            else:
                out[6, s] += rows.taken[c]
                out[7, s] += int(rows.drawn[c]) - rows.taken[c]


@compiled
def _advance(par, par_cases, par_trade, on, keys, month, year, focus, people, d_place, place_state, near, price_retail,
             people_price, wage, law, abuse, risk, shield, officers, desk, desk_rent, deals, prosecuted,
             drug_first, instrument, demand, arrived, intercepted, recruits, exploited, waiting, waiting_outreach,
             in_care, recovered, unassisted_out, identified, escaped, outreach_exits, self_reported,
             ended, returned, assisted, assisted_outreach, retrafficked, freed, fear, help_hazard, ledger):
    runs, targets, forms, ages = exploited.shape
    states = people.shape[0]
    d_state = np.empty(targets, dtype=np.int64)
    for d in range(targets):
        d_state[d] = place_state[d_place[d]]
    present = np.zeros(states, dtype=np.int64)
    out = np.zeros((8, states), dtype=np.int64)
    cells = np.zeros((targets, forms, ages), dtype=np.int64)
    dose_price = np.zeros(targets)
    rows = room_in_rows(max(states, targets * forms * ages))
    again = np.zeros(states, dtype=np.int64)
    queue = np.zeros(states, dtype=np.int64)
    by_outreach = np.zeros(states, dtype=np.int64)
    safe = np.zeros(states)
    for r in range(runs):
        q = par[r]
        key = keys[r]
        helped = on[r, _PEOPLE]
        before = accounted(exploited[r], waiting[r], in_care[r], recovered[r], unassisted_out[r])
        present[:] = 0
        out[:] = 0
        for d in range(targets):
            dose_price[d] = price_retail[r, near[d]]
            for f in range(forms):
                for a in range(ages):
                    present[d_state[d]] += exploited[r, d, f, a]
        for s in range(states):
            own = 1.0 if s == focus else 0.0
            dare = (1.0 - q.fear) * (1.0 - q.fear_abuse * min(1.0, abuse[r, s]) * on[r, _ABUSE])
            target = (1.0 - dare) * (1.0 - q.size_victim_non_prosecution * instrument[r, _NO_PROSECUTION] * own)
            fear[r, s] += FEAR_SPEED * (target - fear[r, s])
            rent = deals[r, s] / (max(1.0 / STEPS, wage[r, s]) * (1.0 + officers[r, s] * desk[r, s]))
            desk_rent[r, s] += DESK_SPEED * (rent - desk_rent[r, s])
            drawn_to = math.exp(q.desk_pull * logarithm(1.0 + desk_rent[r, s]))
            desk[r, s] = at_the_desk(abuse[r, s], q.sought_after * drawn_to)
            deals[r, s] = 0.0
            freed[r, s] = 0
            if helped > 0.0 and prosecuted[r, s] > 0 and present[s] > 0:
                n = poisson(uniform(key, _S_FREED, month, s, 0), q.freed_per_case * prosecuted[r, s])
                n = min(n, present[s])
                for d in range(targets):
                    for f in range(forms):
                        for a in range(ages):
                            cells[d, f, a] = exploited[r, d, f, a] if d_state[d] == s else 0
                spread(key, _S_FREED, month, s, 1, n, True, cells)
                for d in range(targets):
                    for f in range(forms):
                        for a in range(ages):
                            exploited[r, d, f, a] -= cells[d, f, a]
                freed[r, s] = n
        ngo = 1.0 / (1.0 + math.exp(-(year - q.ngo_year) / RAMP_YEARS))
        care = 1.0 / (1.0 + math.exp(-(year - q.care_year) / RAMP_YEARS)) * helped
        leave_care = 1.0 - math.exp(-1.0 / q.care_months)
        _exits(q, par_cases[r], par_trade[r].endurance, on[r], key, month, focus, ngo, dose_price, people, wage[r],
               law[r], desk[r], risk[r], shield[r], officers[r], fear[r], drug_first[r], instrument[r], d_state,
               demand[r], people_price[r], present, exploited[r], help_hazard[r], deals[r], out, rows)
        for d in range(targets):
            for f in range(forms):
                for a in range(ages):
                    exploited[r, d, f, a] += arrived[r, d, f, a]
        for s in range(states):
            own = 1.0 if s == focus else 0.0
            identified[r, s] = out[0, s] + intercepted[r, s]
            escaped[r, s] = out[1, s]
            ended[r, s] = out[2, s]
            self_reported[r, s] = out[3, s]
            outreach_exits[r, s] = out[4, s]
            returned[r, s] = out[5, s]
            unassisted_out[r, s] += out[7, s]
            safe[s] = 1.0 - q.size_regional_coordination * instrument[r, _COORDINATION] * own
            rows.u[s] = uniform(key, _S_CARE, month, s, 0)
            rows.drawn[s] = in_care[r, s]
            rows.chance[s] = leave_care
        binomials(states, rows.u, rows.drawn, rows.chance, rows.nobody, rows.left)
        for s in range(states):
            rows.u[s] = uniform(key, _S_RECOVERED, month, s, 0)
            rows.drawn[s] = rows.left[s]
            rows.chance[s] = q.again_care * safe[s]
        binomials(states, rows.u, rows.drawn, rows.chance, rows.nobody, again)
        for s in range(states):
            own = 1.0 if s == focus else 0.0
            recovered[r, s] += rows.left[s] - again[s]
            in_care[r, s] -= rows.left[s]
            queue[s] = waiting[r, s] + identified[r, s] - out[5, s] + out[3, s] + out[4, s] + freed[r, s]
            by_outreach[s] = waiting_outreach[r, s] + out[4, s]
            room = q.care_places * people[s] / 1e6 * care
            room *= 1.0 + q.size_rehabilitation_centres * instrument[r, _CENTRES] * own
            taken = min(queue[s], max(0, int(room) - in_care[r, s]))
            assisted[r, s] = taken
            rows.u[s] = uniform(key, _S_CARE, month, s, 1)
            rows.drawn[s] = taken
            rows.chance[s] = by_outreach[s] / max(1, queue[s])
        binomials(states, rows.u, rows.drawn, rows.chance, rows.nobody, rows.taken)
        for s in range(states):
            taken = assisted[r, s]
            taken_outreach = of_whom(rows.taken[s], taken, by_outreach[s], queue[s])
            in_care[r, s] += taken
            assisted_outreach[r, s] = taken_outreach
            queue[s] -= taken
            by_outreach[s] -= taken_outreach
            rows.u[s] = uniform(key, _S_CARE, month, s, 2)
            rows.drawn[s] = queue[s]
            rows.chance[s] = 1.0 - fall(q.again_waiting * safe[s] + q.give_up)
        binomials(states, rows.u, rows.drawn, rows.chance, rows.nobody, rows.left)
        for s in range(states):
            h_again = q.again_waiting * safe[s]
            rows.u[s] = uniform(key, _S_AGAIN, month, 256 + s, 0)
            rows.drawn[s] = rows.left[s]
            rows.chance[s] = h_again / max(h_again + q.give_up, 1e-300)
        binomials(states, rows.u, rows.drawn, rows.chance, rows.nobody, rows.taken)
        for s in range(states):
            unassisted_out[r, s] += rows.left[s] - rows.taken[s]
            again[s] += rows.taken[s]
            retrafficked[r, s] = again[s] + out[6, s]
            rows.u[s] = uniform(key, _S_CARE, month, s, 3)
            rows.chance[s] = by_outreach[s] / max(1, queue[s])
        binomials(states, rows.u, rows.drawn, rows.chance, rows.nobody, rows.taken)
        for s in range(states):
            gone = rows.left[s]
            waiting[r, s] = queue[s] - gone
            waiting_outreach[r, s] = by_outreach[s] - of_whom(rows.taken[s], gone, by_outreach[s], queue[s])
            if again[s] > 0:
                inside = present[s] > 0
                for d in range(targets):
                    for f in range(forms):
                        for a in range(ages):
                            cells[d, f, a] = 0
                            if d_state[d] == s or not inside:
                                cells[d, f, a] = exploited[r, d, f, a] + (1 if a == 0 else 0)
                spread(key, _S_AGAIN, month, 256 + s, 1, again[s], False, cells)
                for d in range(targets):
                    for f in range(forms):
                        for a in range(ages):
                            exploited[r, d, f, a] += cells[d, f, a]
        total = 0
        for i in range(recruits.shape[1]):
            total += recruits[r, i]
        after = accounted(exploited[r], waiting[r], in_care[r], recovered[r], unassisted_out[r])
        ledger[r] += total - (after - before)


def _former_states(world: World) -> np.ndarray:
    """States of the former USSR: those with corridors among them that were once internal."""
    inside = world.corridor_internal == 1
    return np.union1d(world.place_state[world.corridor_from[inside]], world.place_state[world.corridor_to[inside]])


@of_map
def _near(world: World) -> np.ndarray:
    """Market nearest to each destination."""
    return nearest_market(world.distance, world.destination_place, world.market_place)


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """A few people exploited in January 1989, grown, in the former USSR; fear as with honest police.

    Numbers are rounded down, split evenly over the two forms, and spread over destinations by inhabitants.
    """
    for name in ("exploited", "waiting", "in_care", "recovered", "unassisted_out", "waiting_outreach", "ledger_people"):
        getattr(state, name)[:] = 0
    q = parameters["people"]
    place = world.destination_place
    inside = np.isin(world.place_state[place], _former_states(world))
    millions = world.population[0][world.place_state[place]] * world.place_share[place] / 1e6 * inside
    state.exploited[:, :, :, 0] = np.floor(0.5 * q["start_exploited"][:, None] * millions)[:, :, None]
    state.fear[:] = q["fear"][:, None]
    for name in ("desk", "desk_rent", "deals_usd"):
        getattr(state, name)[:] = 0.0
    state.help_hazard[:] = q["escape"][:, None, None]


def advance(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
            levers: np.ndarray) -> None:
    """One month of exits, help, care and return (see module docstring)."""
    _advance(parameters["people"], parameters["cases"], parameters["human_trade"], on, keys, month,
             world.start_year + month / STEPS_A_YEAR, world.focus, world.population[month], world.destination_place,
             world.place_state, _near(world), state.price_retail, state.people_price, state.wage, state.law,
             state.abuse, state.deal_risk, state.shield, state.trafficking_officers, state.desk, state.desk_rent,
             state.deals_usd, state.cases_prosecuted,
             state.recruits_drug_first, state.instrument, state.demand_people, state.arrived, state.intercepted,
             state.recruits.reshape(len(keys), -1), state.exploited, state.waiting, state.waiting_outreach,
             state.in_care, state.recovered, state.unassisted_out, state.identified, state.escaped,
             state.outreach_exits, state.self_reported, state.ended,
             state.returned_by_officials, state.assisted, state.assisted_outreach, state.retrafficked,
             state.freed_by_courts, state.fear, state.help_hazard, state.ledger_people)
