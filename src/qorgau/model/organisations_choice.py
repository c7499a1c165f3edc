"""Choices of organisations: which prices to expect, where to sell, and how to divide capacity between trades.

Called by ``organisations.advance``. Prices are anticipated by a diagonal Newton step on the clearing of every market
(smoothed last prices swing: the loop gain of market choice is 4 to 25), so the loop is the single pole
1 - market_speed for every gain. What all markets have in common moves by three tenths of its gap, damped by what a
common rise moves between markets: where one is far dearer than the rest it gains more dollars by it (undamped, three in
ten worlds circled). Steps are relaxed by .6 (measured: full steps left two cycles in 7 % of random worlds, these in
2 %). Trades are chosen by a logit on the return of the marginal journey.

Groups spread over trades to spread their risk: what they maximise is the mean return of a journey less half the
aversion times its variance over the size of returns S (Markowitz 1952; Pratt 1964 for the weight),

    U = sum_k x_k R_k - a/(2 S) [l_0 (1 - l_0) (x_0 R_0)^2 + l_p (1 - l_p) (x_1 R_1 + x_2 R_2)^2],

a load arrives or not (Bernoulli, lost with the share l that the group lost of late), all of a trade at once, since what
is found out is found out together, and the trades apart. The marginal journey is worth dU/dx_k. Aversion 0 leaves R_k.

Capacity stands idle where a journey would not pay its costs (a firm's short-run rule to shut down), smoothly:
the share in use follows 1/(1 + exp(-net/width)), net being a journey's return less its fixed cost.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, STEPS_A_YEAR, memory
from qorgau.model.compiled import compiled, inlined
from qorgau.model.drug_market import elasticity_at, inverse_demand, pass_through, wholesale_bends
from qorgau.model.exponentials import fall
from qorgau.model.lanes import LANES, beside, most, one_by_one, put, row, rows, spread, total
from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations_terms import arrangement, backing, crowding, openness, told_where
from qorgau.model.units import PERSONS_PER_JOURNEY, PRICE_CAP

__all__ = ["anticipate", "choose_trade", "concentration", "rivals"]

_ORG = int(Mechanism.ORGANISATIONS)
_SCOPE = int(Mechanism.SCOPE)
_DANGER = int(Mechanism.DANGER_PUSH)
_COEXIST = int(Mechanism.COEXISTENCE)
_PROFIT = int(Mechanism.PEOPLE_PROFIT)
_CAPITAL = int(Mechanism.DRUG_CAPITAL)
_LOW_ENTRY = int(Mechanism.LOW_ENTRY_COST)
_FACILITATORS = int(Mechanism.FACILITATORS)
_MARKETS = int(Mechanism.MARKETS)
_RETAIL = int(Mechanism.RETAIL)
_OPEN = int(Mechanism.PRIVATISATION)
_OUTSIDE = int(Mechanism.OUTSIDE_TRADE)
_STATE = int(Mechanism.STATE_PROTECTION)
_SPREAD = int(Mechanism.DIVERSIFICATION)
_CAP = PRICE_CAP
_COMMON_STEP = memory(0.3)
_OWN_STEP = memory(0.6)
_FURTHEST_STEP = 0.5 / STEPS
_USE_MEMORY = memory(0.3)
_SCALE_MEMORY = memory(0.05)
_PERSONS = PERSONS_PER_JOURNEY


@inlined
def odds(here, keeps, per_scale, expected, planned, value, slope, log_users, moved):
    """Write odds of markets at expected prices, for eight organisations; return one over their sum."""
    best = spread(-1e300)
    for m in range(moved.shape[0]):
        i = here + m
        away = (keeps * spread(expected[m]) - row(planned, i)) * spread(per_scale)
        level = row(value, i) + row(slope, i) * away + spread(log_users[m])
        put(moved, m, level)
        best = most(best, level)
    for m in range(moved.shape[0]):
        put(moved, m, best - row(moved, m))
    logits = moved.reshape(moved.size)
    for i in range(logits.shape[0]):
        logits[i] = fall(logits[i])
    whole = spread(0.0)
    for m in range(moved.shape[0]):
        whole = whole + row(moved, m)
    return spread(1.0) / whole


@compiled
def anticipate(par, routes_par, market_par, on, began, since_soviet, far, xinjiang, active, network, net_soviet,
               rivalry, users, reference, purchased, survival, plan_value, plan_slope, plan_price, expected,
               market_share):
    """Expected prices by two damped Newton steps, then market shares towards the anticipated logit."""
    runs, slots, markets = market_share.shape
    # organisations side by side, eight at a time: rows of the first eight stand before those of the next
    blocks = (slots + LANES - 1) // LANES
    value = rows(blocks * markets)
    slope = rows(blocks * markets)
    planned = rows(blocks * markets)
    survive = rows(blocks * markets)
    share = rows(blocks * markets)
    kept = rows(blocks)
    own = rows(blocks)
    bought = rows(blocks)
    moved = rows(markets)
    arriving = rows(markets)
    moving = rows(markets)
    sending = rows(markets)
    pushing = rows(markets)
    each = np.empty((LANES, markets))
    gap = np.empty(markets)
    damp = np.empty(markets)
    log_users = np.empty(markets)
    demand = np.empty(markets)
    live = np.zeros(slots + LANES, dtype=np.int64)
    for r in range(runs):
        q = par[r]
        mp = market_par[r]
        passed = pass_through(mp, on[r, _RETAIL])
        curvature, substitution, turn = wholesale_bends(mp, passed)
        weight = 0.0
        pbar = 0.0
        for m in range(markets):
            pbar += users[r, m] * expected[r, m]
            weight += users[r, m]
        scale = routes_par[r].choice_scale * max(200.0, pbar / weight)
        per_scale = 1.0 / scale
        alive = 0
        soviet = arrangement(q, began, since_soviet)
        own[:] = 0.0
        bought[:] = 0.0
        for o in range(slots):
            if active[r, o] == 1:
                b = alive // LANES
                j = alive - b * LANES
                # of what a group would move between markets, what is its own to move
                own[b, j] = 1.0 - told_where(q, on, r, net_soviet[network[r, o]], soviet)
                kept[b, j] = 1.0 - rivalry[r, o]
                bought[b, j] = purchased[r, o]
                live[alive] = o
                alive += 1
        filled = (alive + LANES - 1) // LANES
        for b in range(filled):
            first = b * LANES
            here = b * markets
            beside(plan_value[r], live, first, value[here:])
            beside(plan_slope[r], live, first, slope[here:])
            beside(plan_price[r], live, first, planned[here:])
            beside(survival[r], live, first, survive[here:])
            beside(market_share[r], live, first, share[here:])
        for m in range(markets):
            log_users[m] = math.log(users[r, m])
            demand[m] = mp.use_per_person * users[r, m] / STEPS_A_YEAR
        steps = 2 if on[r, _MARKETS] > 0.5 else 0
        for _ in range(steps):
            for m in range(markets):
                put(arriving, m, spread(0.0))
                put(moving, m, spread(0.0))
                put(sending, m, spread(0.0))
                put(pushing, m, spread(0.0))
            for b in range(filled):
                here = b * markets
                keeps = row(kept, b)
                per_whole = odds(here, keeps, per_scale, expected[r], planned, value, slope, log_users, moved)
                mean = spread(0.0)
                for m in range(markets):
                    t = row(moved, m) * per_whole
                    put(moved, m, t)
                    mean = mean + t * row(slope, here + m) * spread(expected[r, m])
                part = row(own, b)
                told = spread(1.0) - part
                kg = row(bought, b)
                free = part * keeps * kg
                for m in range(markets):
                    i = here + m
                    t = row(moved, m)
                    sent = kg * (part * t + told * row(share, i))
                    moves_here = free * t
                    put(arriving, m, row(arriving, m) + sent * row(survive, i))
                    put(sending, m, row(sending, m) + sent)
                    put(moving, m, row(moving, m) + moves_here * (spread(1.0) - t) * row(slope, i))
                    put(pushing, m, row(pushing, m) + moves_here * (row(slope, i) * spread(expected[r, m]) - mean))
            common = 0.0
            moves = 0.0
            for m in range(markets):
                elasticity = elasticity_at(mp, far[m], xinjiang[m], passed)
                wanted = inverse_demand(math.log(demand[m] / (1e-9 + total(row(arriving, m)))), elasticity,
                                        curvature, substitution, turn)
                here = math.log(expected[r, m] / reference[r, m])
                e = elasticity + curvature * max(0.0, here) + substitution * max(0.0, here - turn)
                offered = 1e-12 + total(row(sending, m))
                gain = max(0.0, expected[r, m] / (scale * e) * total(row(moving, m)) / offered)
                gap[m] = wanted - here
                damp[m] = 1.0 / (1.0 + gain)
                common += users[r, m] / weight * gap[m]
                moves += users[r, m] / weight * abs(total(row(pushing, m))) / (scale * e * offered)
            common = min(_FURTHEST_STEP, max(-_FURTHEST_STEP, _COMMON_STEP * common / (1.0 + moves)))
            for m in range(markets):
                step = min(_FURTHEST_STEP, max(-_FURTHEST_STEP, _OWN_STEP * (gap[m] - common) * damp[m]))
                expected[r, m] = min(_CAP, max(50.0, expected[r, m] * math.exp(common + step)))
        for b in range(filled):
            here = b * markets
            per_whole = odds(here, row(kept, b), per_scale, expected[r], planned, value, slope, log_users, moved)
            part = row(own, b)
            told = spread(1.0) - part
            for m in range(markets):
                put(moved, m, part * (row(moved, m) * per_whole) + told * row(share, here + m))
            one_by_one(moved, each)
            for j in range(min(LANES, alive - b * LANES)):
                o = live[b * LANES + j]
                for m in range(markets):
                    market_share[r, o, m] += q.market_speed * (each[j, m] - market_share[r, o, m])


@inlined
def guarded(q, on, conduct, forces, trust, r, o, post, soviet_net, soviet):
    """Share of what rivals would do that protectors keep off organisation ``o``: rivals avoid whom officials guard."""
    guard = q.protection_limit * trust[r, o, post] * backing(q, on, conduct, forces, r, post)
    if soviet_net == 1 and on[r, _STATE] > 0.5:
        guard = max(guard, 0.9 * soviet)
    return guard


@compiled
def rivals(par, on, began, since_soviet, forces, active, network, trade, net_soviet, place_post, home, users,
           users_start, conduct, trust, rivalry):
    """Write the share of opiate revenue that each organisation loses to rivals, shape (runs, slots)."""
    runs, slots = active.shape
    for r in range(runs):
        q = par[r]
        taken = min(0.6, q.rivalry * crowding(active, trade, users, users_start, on[r, _COEXIST], r))
        soviet = arrangement(q, began, since_soviet)
        for o in range(slots):
            rivalry[r, o] = 0.0
            if active[r, o] == 0:
                continue
            guard = guarded(q, on, conduct, forces, trust, r, o, place_post[home[r, o]], net_soviet[network[r, o]],
                            soviet)
            rivalry[r, o] = taken * (1.0 - guard)


@inlined
def concentration(weight, at_stake, value, lost):
    """What the risk of a trade takes off its marginal journey.

    Parameters
    ----------
    weight : float
        Aversion over the size of returns, journey/USD.
    at_stake : float
        What the trades that are lost together bring a journey now, USD.
    value : float
        Return of a journey all in this trade, USD; nothing is taken off a return that is not positive.
    lost : float
        Share lost of late, 0 to 1.
    """
    return weight * lost * (1.0 - lost) * max(0.0, at_stake) * max(0.0, value)


@compiled
def choose_trade(par, on, began, since_soviet, since_open, forces, active, network, drug_first, net_soviet,
                 place_state, place_post, home, users, users_start, conduct, trust, know, contacts, service,
                 service_fee, source_price, load, expected, plan_slope, plan_cost, market_share, people_value, loss,
                 people_loss, road, returns, capacity, capital, other_capital,
                 trade, in_use, outside, return_scale, rivalry):
    """Move capacity between trades, and to other contraband."""
    runs, slots = active.shape
    markets = market_share.shape[2]
    a = np.empty(3)
    worths = np.empty(2)
    for r in range(runs):
        q = par[r]
        crowd = crowding(active, trade, users, users_start, on[r, _COEXIST], r)
        soviet = arrangement(q, began, since_soviet)
        field = openness(q, since_open, on[r, _OPEN])
        size = 0.0
        weight = 1e-12
        for o in range(slots):
            if active[r, o] == 0:
                continue
            x = trade[r, o, 0]
            n = network[r, o]
            guard = guarded(q, on, conduct, forces, trust, r, o, place_post[home[r, o]], net_soviet[n], soviet)
            served = (service[r, place_state[home[r, o]], 0] + service[r, place_state[home[r, o]], 1]) / 2.0
            short = on[r, _FACILITATORS] * (1.0 - served)
            home_state = place_state[home[r, o]]
            fees = service[r, home_state, 0] * service_fee[r, home_state, 0]
            fees = 0.5 * on[r, _FACILITATORS] * (fees + service[r, home_state, 1] * service_fee[r, home_state, 1])
            fixed = q.journey_fixed_cost * (1.0 + q.service_cost * short + q.service_fee * fees)
            gain = 0.0
            spent = 0.0
            for m in range(markets):
                gain += market_share[r, o, m] * expected[r, m] * plan_slope[r, o, m]
                spent += market_share[r, o, m] * plan_cost[r, o, m]
            drug = load[r] * (gain * (1.0 - rivalry[r, o]) - spent - source_price[r])
            calm = load[r] * (gain - spent - source_price[r])
            if drug > 0.0:
                danger = loss[r, o] + STEPS_A_YEAR * q.violence * crowd * (1.0 - 0.8 * guard)
                drug *= 1.0 - min(0.9, q.danger_weight * danger) * on[r, _DANGER]
                if drug_first[r, o] == 0:
                    drug *= max(know[r, n], x)
            if calm > 0.0 and drug_first[r, o] == 0:
                calm *= max(know[r, n], x)
            # trades are compared as if opiates were uncontested where danger pushes nobody
            drawn = drug if on[r, _DANGER] > 0.5 else calm
            start_cost = q.people_start_cost if on[r, _LOW_ENTRY] > 0.5 else q.drug_start_cost
            need = start_cost * q.journey_fixed_cost * max(1.0, capacity[r, o])
            own = max(0.0, capital[r, o] if on[r, _CAPITAL] > 0.5 else other_capital[r, o])
            ability = max(min(1.0, own / need), 1.0 - x)
            scope = q.scope * on[r, _SCOPE]
            width = q.trade_scale * (return_scale[r] + q.journey_fixed_cost)
            shared = 4.0 * scope * (fixed + load[r] * road[r, o])
            a[0] = (drawn + shared * (1.0 - 2.0 * x)) / width
            averse = q.risk_aversion * on[r, _SPREAD] / (return_scale[r] + q.journey_fixed_cost)
            a[0] -= concentration(averse, x * drug, drug, loss[r, o]) / width
            size += capacity[r, o] * abs(drug)
            net = x * drug + shared * x * (1.0 - x) - fixed
            people = 0.0
            for f in range(2):
                value = _PERSONS * people_value[r, o, f]
                if value > 0.0:
                    value *= ability
                    if drug_first[r, o] == 1:
                        value *= max(contacts[r, n], 1.0 - x)
                    if drug_first[r, o] == 1 and on[r, _PROFIT] < 0.5:
                        value = 0.0
                net += trade[r, o, 1 + f] * value
                people += trade[r, o, 1 + f] * value
                worths[f] = value
                size += 0.5 * capacity[r, o] * abs(value)
                a[1 + f] = value / width
            for f in range(2):
                a[1 + f] -= concentration(averse, people, worths[f], people_loss[r]) / width
            weight += 2.0 * capacity[r, o]
            worth = 1.0 / (1.0 + math.exp(-min(30.0, max(-30.0, net / width))))
            if on[r, _ORG] > 0.5 and net_soviet[n] == 1:
                gap = (returns[r, o] - q.outside_return * field) / q.trade_scale
                away = field * on[r, _OUTSIDE] / (1.0 + math.exp(min(30.0, max(-30.0, gap))))
                outside[r, o] += q.trade_speed * (away - outside[r, o])
            in_use[r, o] += _USE_MEMORY * (worth * (1.0 - outside[r, o]) - in_use[r, o])
            if on[r, _ORG] > 0.5:
                best = max(a[0], max(a[1], a[2]))
                total = 0.0
                for k in range(3):
                    a[k] = math.exp(max(-60.0, a[k] - best))
                    total += a[k]
                left = 0.0
                for k in range(3):
                    trade[r, o, k] += q.trade_speed * (0.96 * a[k] / total + 0.04 / 3.0 - trade[r, o, k])
                    left += trade[r, o, k]
                for k in range(3):
                    trade[r, o, k] /= left
        return_scale[r] += _SCALE_MEMORY * (size / weight - return_scale[r])
