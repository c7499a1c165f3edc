"""The stand-in's route plans, compiled: logit over routes of opiates and over ways that people are taken."""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.compiled import inlined


@inlined
def _mean_price(r, price, users):
    top = 0.0
    bottom = 0.0
    for m in range(price.shape[1]):
        top += price[r, m] * users[r, m]
        bottom += users[r, m]
    return top / bottom


@inlined
def _towards(r, m, o, speed, q, scale, market_ptr, route_ptr, route_links, route_km, route_size, bribe, price, belief,
             kept, cost, weight, route_share, plan_value, plan_kept, plan_cost):
    first, last = market_ptr[m], market_ptr[m + 1]
    best = -1e300
    for k in range(first, last):
        risk = 0.0
        paid = 0.0
        for j in range(route_ptr[k], route_ptr[k + 1]):
            risk += belief[r, o, route_links[j]]
            paid += bribe[r, route_links[j]]
        kept[k] = math.exp(-risk) - paid
        cost[k] = q.transport * route_km[k]
        weight[k] = (price[r, m] * kept[k] - cost[k] - q.source_price) / scale + route_size[k]
        best = max(best, weight[k])
    total = 0.0
    for k in range(first, last):
        weight[k] = math.exp(weight[k] - best)
        total += weight[k]
    slope = 0.0
    mean = 0.0
    for k in range(first, last):
        share = route_share[r, o, k] + speed * (weight[k] / total - route_share[r, o, k])
        route_share[r, o, k] = share
        slope += share * kept[k]
        mean += share * cost[k]
    plan_value[r, o, m] = best + math.log(total)
    plan_kept[r, o, m] = slope
    plan_cost[r, o, m] = mean


@inlined
def plan(par, month, market_ptr, route_ptr, route_links, route_km, route_size, way_ptr, way_links, way_km,
         way_destination, home_ptr, home_ways, place_state, active, home, age, belief, bribe, price, users,
         people_price, route_share, people_share, plan_value, plan_kept, plan_cost, people_value):
    kept = np.empty(len(route_km))
    cost = np.empty(len(route_km))
    weight = np.empty(len(route_km))
    value = np.empty((len(way_km), 2))
    pull = np.empty(len(way_km))
    for r in range(len(par)):
        q = par[r]
        scale = q.choice_scale * _mean_price(r, price, users)
        level = 0.0
        for d in range(people_price.shape[1]):
            level += people_price[r, d, 0] + people_price[r, d, 1]
        people_scale = 2.0 * q.choice_scale * level / (2.0 * people_price.shape[1])
        for o in range(active.shape[1]):
            if active[r, o] == 0 or (age[r, o] > 0 and (month + o) % 3 != 0):
                continue
            speed = 1.0 if age[r, o] == 0 else q.route_speed
            for m in range(price.shape[1]):
                _towards(r, m, o, speed, q, scale, market_ptr, route_ptr, route_links, route_km, route_size, bribe,
                         price, belief, kept, cost, weight, route_share, plan_value, plan_kept, plan_cost)
            s = place_state[home[r, o]]
            for f in range(2):
                people_value[r, o, f] = 0.0
            for i in range(home_ptr[s], home_ptr[s + 1]):
                w = home_ways[i]
                risk = 0.0
                for j in range(way_ptr[w], way_ptr[w + 1]):
                    risk += belief[r, o, way_links[j]]
                passing = math.exp(-q.transit_risk * risk)
                for f in range(2):
                    worth = people_price[r, way_destination[w], f] * passing - q.journey_cost * way_km[w]
                    value[w, f] = q.success * worth
            for f in range(2):
                best = -1e300
                for i in range(home_ptr[s], home_ptr[s + 1]):
                    best = max(best, value[home_ways[i], f])
                total = 0.0
                for i in range(home_ptr[s], home_ptr[s + 1]):
                    w = home_ways[i]
                    pull[w] = math.exp((value[w, f] - best) / people_scale)
                    total += pull[w]
                for i in range(home_ptr[s], home_ptr[s + 1]):
                    w = home_ways[i]
                    share = people_share[r, o, w, f] + speed * (pull[w] / total - people_share[r, o, w, f])
                    people_share[r, o, w, f] = share
                    people_value[r, o, f] += share * value[w, f]
