"""Plain Python twin of people: groups of persons move between named places, one move at a time."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from qorgau.model.streams import Stream, binomial, poisson, uniform
from qorgau.model.world import INSTRUMENTS, World

Cell = tuple[int, int, int]


def share_out(key, stream, month: int, state: int, item: int, number: int, weights: dict[Cell, int],
              limited: bool) -> dict[Cell, int]:
    """Number of persons per cell, cell after cell in order, each a binomial of who is left."""
    out, left, total = {}, number, sum(weights.values())
    for (d, f, a), weight in sorted(weights.items()):
        n = 0
        if left and weight:
            entity = ((state * 32 + d) * 2 + f) * 2 + a
            n = left if weight == total else binomial(uniform(key, stream, month, entity, item), left, weight / total)
            if limited:
                n = min(weight, max(n, left - (total - weight)))
        out[d, f, a] = n
        left, total = left - n, total - weight
    return out


def part_of(u: float, number: int, part: int, whole: int) -> int:
    if not number or not whole:
        return 0
    return min(part, number, max(number - (whole - part), binomial(u, number, part / whole)))


def ramp(year: float, middle: float) -> float:
    return 1 / (1 + math.exp((middle - year) / 2))


def yielded(s: dict, state: int) -> float:
    """What a corrupt officer at the desk makes of settling, in monthly incomes, smoothed over two years."""
    takers = 1 + s["trafficking_officers"][state] * s["desk"][state]
    each = s["deals_usd"][state] / takers / max(1.0, s["wage"][state])
    return s["desk_rent"][state] * 23 / 24 + each / 24


def desk(q: dict, s: dict, state: int) -> float:
    """Corrupt share of those who deal with trafficking, from the odds among all police."""
    share = min(1.0, float(s["abuse"][state]))
    if share >= 1:
        return 1.0
    odds = q["sought_after"] * math.exp(q["desk_pull"] * math.log(1 + yielded(s, state))) * share / (1 - share)
    return odds / (1 + odds)


def deal(world: World, s: dict, par: dict, on: dict, state: int, d: int, f: int) -> tuple[float, float]:
    """Chance that a finding is settled, and the bribe: what is lost with the person and at law against the risk."""
    q, c = par["people"], par["cases"]
    penalties = s["instrument"][INSTRUMENTS.index("penalties")] if state == world.focus else 0.0
    law = c["conviction_loss"] * (1 + c["size_penalties"] * penalties)
    law *= min(1.0, c["open_share"]) * c["evidence"] * c["conviction"]
    loss, risk = s["people_price"][d, f] + law, s["deal_risk"][state]
    crooked = desk(q, s, state) * (1 - q["collusion"])
    crooked /= crooked + 1 - desk(q, s, state)
    if not on["BRIBERY"]:
        crooked = 0.0
    lowest = min(risk, loss)
    stays = 1.0 - crooked / (1 + risk / loss)
    return 1.0 - math.exp(q["hands"] * math.log(max(stays, 1e-300))), lowest + q["deal_share"] * (loss - lowest)


def hazards(world: World, s: dict, par: dict, on: dict, month: int, state: int, d: int, f: int, fear: float,
            present: int) -> tuple[dict[str, float], float]:
    """Hazards of the five ways out, in the order in which they are drawn, and what is paid to settle findings."""
    q = par["people"]
    year = world.start_year + month / 12
    level = {k: (s["instrument"][i] if state == world.focus else 0.0) for i, k in enumerate(INSTRUMENTS)}
    markets = [world.distance[world.destination_place[d], m] for m in world.market_place]
    dose = q["dose_kg"] * s["price_retail"][markets.index(min(markets))]
    held = s["recruits_drug_first"][f] * s["wage"][state] / (s["wage"][state] + dose) if on["DRUGS_TO_HOLD"] else 0.0
    hold = q["drugs_hold"] * held
    skill = 1 + q["size_police_training"] * level["police_training"]
    millions = world.population[month, state] / 1e6
    police = s["trafficking_officers"][state] / millions * q["search_share"] * (1 - q["collusion"] * desk(q, s, state))
    search = q["search"] * math.sqrt(skill)
    here = int(s["exploited"][d, f].sum())
    crowd = min(3.0, max(1.0, here / (s["demand_people"][d, f] + 1)))
    law = 0.3 + 0.7 * s["law"][state]
    out = {
        "identified": (search * police / (1 + search * (q["handling"] / skill) * present / millions)
                       * (1 - q["looked_away"] * s["shield"][state])),
        "escaped": q["escape"] * (1 - hold),
        "ended": crowd / (q["spell_sexual" if f else "spell_labour"] * (1 + par["human_trade"]["endurance"] * held)),
        "self_reported": q["self_report"] * (1 - fear) * (1 - hold) * law
        * (1 + q["size_awareness"] * level["awareness"]),
    }
    teams = 1 + q["size_outreach"] * level["outreach"]
    visits = teams / (1 / q["outreach"] + present / millions / q["outreach_capacity"])
    calls = q["self_report"] * (1 + q["size_awareness"] * level["awareness"]) * fear * q["turn_to_ngo"]
    out["outreach_exits"] = ramp(year, q["ngo_year"]) * (visits + calls)
    if not on["PEOPLE"]:
        out.update(identified=0.0, self_reported=0.0, outreach_exits=0.0)
    if not on["ENFORCEMENT"]:
        out["identified"] = 0.0
    struck, bribe = deal(world, s, par, on, state, d, f)
    paid = out["identified"] * struck * here * bribe
    out["identified"] *= 1 - struck
    if not on["OUTREACH"]:
        out["outreach_exits"] = 0.0
    return out, paid


def advance(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    par, q = q, q["people"]
    s = dict(s)
    year = world.start_year + month / 12
    states = range(len(world.state_names))
    state_of = [int(world.place_state[p]) for p in world.destination_place]
    now = Counter({c: int(v) for c, v in np.ndenumerate(s["exploited"])})
    names = ("identified", "escaped", "outreach_exits", "self_reported", "ended", "returned_by_officials", "assisted",
             "assisted_outreach", "retrafficked", "freed_by_courts", "waiting", "waiting_outreach", "in_care",
             "recovered", "unassisted_out")
    out = {k: np.zeros(len(states), dtype=np.int64) for k in names}
    for k in ("in_care", "recovered", "unassisted_out"):
        out[k] = s[k].copy()
    out["fear"], out["help_hazard"] = s["fear"].copy(), s["help_hazard"].copy()
    out["deals_usd"] = np.zeros(len(states))
    out["desk"] = np.array([desk(q, s, t) for t in states])
    out["desk_rent"] = np.array([yielded(s, t) for t in states])
    present = Counter()
    for (d, _, _), number in now.items():
        present[state_of[d]] += number
    again = Counter()
    for t in states:
        own = t == world.focus
        bad = q["fear_abuse"] * s["abuse"][t] if on["OFFICIALS_ABUSE"] else 0.0
        target = 1 - (1 - q["fear"]) * (1 - bad)
        if own:
            spared = s["instrument"][INSTRUMENTS.index("victim_non_prosecution")]
            target *= 1 - q["size_victim_non_prosecution"] * spared
        out["fear"][t] = 0.9 * s["fear"][t] + 0.1 * target
        if on["PEOPLE"] and s["cases_prosecuted"][t] and present[t]:
            wanted = poisson(uniform(key, Stream.FREED, month, t, 0), q["freed_per_case"] * s["cases_prosecuted"][t])
            number = min(wanted, present[t])
            weights = {c: n for c, n in now.items() if state_of[c[0]] == t}
            # cells of other states weigh nothing, so leaving them out changes no draw
            now.subtract(share_out(key, Stream.FREED, month, t, 1, number, weights, True))
            out["freed_by_courts"][t] = number
    s["exploited"] = np.array([now[c] for c in np.ndindex(s["exploited"].shape)]).reshape(s["exploited"].shape)
    for d, t in enumerate(state_of):
        for f in range(2):
            ways, paid = hazards(world, s, par, on, month, t, d, f, out["fear"][t], present[t])
            out["deals_usd"][t] += paid
            out["help_hazard"][d, f] = sum(ways.values()) - ways["ended"]
            for a in range(2):
                cell = (d * 2 + f) * 2 + a
                total = sum(ways.values())
                left = binomial(uniform(key, Stream.EXITS, month, cell, 0), now[d, f, a], 1 - math.exp(-total))
                now[d, f, a] -= left
                for i, (name, hazard) in enumerate(ways.items()):
                    rest = max(sum(list(ways.values())[i:]), 1e-300)
                    number = left
                    if i < 4 and left:
                        u = uniform(key, Stream.EXITS_SPLIT, month, cell, i)
                        number = binomial(u, left, min(1.0, hazard / rest))
                    left -= number
                    out[name][t] += number
                    if name == "identified" and number and on["OFFICIALS_ABUSE"]:
                        u = uniform(key, Stream.RETURNED, month, cell, 0)
                        back = binomial(u, number, min(1.0, q["returned"] * desk(q, s, t)))
                        out["returned_by_officials"][t] += back
                        now[d, f, a] += back
                    if name in ("escaped", "ended") and number:
                        u = uniform(key, Stream.RETRAFFICKED, month, cell, i)
                        caught = binomial(u, number, q["again_alone"])
                        now[d, f, a] += caught
                        again[t] += caught
                        out["unassisted_out"][t] += number - caught
    for cell, number in np.ndenumerate(s["arrived"]):
        now[cell] += int(number)
    for t in states:
        level = {k: (s["instrument"][i] if t == world.focus else 0.0) for i, k in enumerate(INSTRUMENTS)}
        risk = 1 - q["size_regional_coordination"] * level["regional_coordination"]
        out["identified"][t] += s["intercepted"][t]
        queue = int(s["waiting"][t] + out["identified"][t] - out["returned_by_officials"][t]
                    + out["self_reported"][t] + out["outreach_exits"][t] + out["freed_by_courts"][t])
        through_ngo = int(s["waiting_outreach"][t] + out["outreach_exits"][t])
        u = uniform(key, Stream.CARE, month, t, 0)
        done = binomial(u, int(s["in_care"][t]), 1 - math.exp(-1 / q["care_months"]))
        back = binomial(uniform(key, Stream.RECOVERED, month, t, 0), done, q["again_care"] * risk)
        out["recovered"][t] += done - back
        places = q["care_places"] * world.population[month, t] / 1e6 * ramp(year, q["care_year"]) * on["PEOPLE"]
        places *= 1 + q["size_rehabilitation_centres"] * level["rehabilitation_centres"]
        taken = min(queue, max(0, int(places) - int(s["in_care"][t] - done)))
        from_ngo = part_of(uniform(key, Stream.CARE, month, t, 1), taken, through_ngo, queue)
        out["in_care"][t] += taken - done
        out["assisted"][t], out["assisted_outreach"][t] = taken, from_ngo
        queue, through_ngo = queue - taken, through_ngo - from_ngo
        both = q["again_waiting"] * risk + q["give_up"]
        gone = binomial(uniform(key, Stream.CARE, month, t, 2), queue, 1 - math.exp(-both))
        u = uniform(key, Stream.RETRAFFICKED, month, 256 + t, 0)
        caught = binomial(u, gone, q["again_waiting"] * risk / both)
        gone_ngo = part_of(uniform(key, Stream.CARE, month, t, 3), gone, through_ngo, queue)
        out["waiting"][t], out["waiting_outreach"][t] = queue - gone, through_ngo - gone_ngo
        out["unassisted_out"][t] += gone - caught
        if back + caught:
            near = {c: n + (c[2] == 0) for c, n in now.items() if state_of[c[0]] == t or not present[t]}
            now.update(share_out(key, Stream.RETRAFFICKED, month, 256 + t, 1, back + caught, near, False))
        out["retrafficked"][t] = again[t] + back + caught
    out["exploited"] = np.array([now[c] for c in np.ndindex(s["exploited"].shape)]).reshape(s["exploited"].shape)
    return out
