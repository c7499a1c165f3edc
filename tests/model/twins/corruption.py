"""Plain-Python oracle of the process `corruption`: from the equations, one official post at a time."""

from __future__ import annotations

import math

from qorgau.model.mechanisms import Mechanism
from qorgau.model.streams import Stream, normal
from qorgau.model.world import INSTRUMENTS


def _months_over(series, month, test):
    return float(sum(1 for value in series[: month + 1] if test(value)))


def _state_of(world, i):
    return int(world.post_state[i])


def _mean_conduct(world, conduct, s, kinds=(0, 1, 2, 3)):
    posts = [i for i in range(len(conduct)) if _state_of(world, i) == s and world.post_kind[i] in kinds]
    heads = sum(world.post_officials[i] for i in posts)
    if heads == 0:
        return [0.0] * 5
    return [sum(world.post_officials[i] * conduct[i][j] for i in posts) / heads for j in range(5)]


def _gangs(world, state, r, s):
    return sum(
        1
        for o in range(len(state.active[r]))
        if state.active[r][o] == 1
        and world.network_official[state.network[r][o]] == 0
        and world.place_state[state.home[r][o]] == s
    )


def _split(q, takers):
    """Shares of the conducts where so many take."""
    honest = 1 - takers
    return [honest * q["start_refuse"], honest - honest * q["start_refuse"], 0.5 * takers, 0.3 * takers, 0.2 * takers]


def costs(q, on, where="start_take", above=None, part=0.0, extract=0.35):
    """Costs of conscience from the starting shares: the utilities that make them a best response, solved back.

    ``above`` names the share of those who punish, ``part`` how many they are of all. What claims can switch is as the
    run has it. Colleagues are half those of the post, half those of the state.
    """

    def runs(name):
        return float(on[Mechanism[name]])

    takers = q[where]
    shares, general, over = _split(q, takers), _split(q, q["start_take"]), _split(q, q[above or where])
    audit = q["audit"] * (1 + q["soviet_control"])
    caught = audit / (audit + takers + 0.3 * shares[1])
    fear = q["penalty"] * caught * (1 - (over[1] / 2 + sum(over[2:])) * runs("SHARED_SANCTION"))
    fear *= 1 - runs("PATRONAGE_SHIELD") / 6
    legal = runs("LEGAL_RENTS") * q["skim"] * extract / (q["apparatus"] * q["pay_ratio"]) / (takers + q["skim_half"])
    rents = [0, 0, (1 - q["carry_part"]) * q["start_rent"] + legal, 0.5 * q["start_rent"] + legal,
             2.5 * q["carry_part"] * q["start_rent"] + legal]
    own, places, punish = ([*v[:2], *[sum(v[2:])] * 3] for v in (shares, general, over))
    crowd = [(a + (1 - part) * b + part * c) / 2 for a, b, c in zip(own, places, punish)]
    risk = [0.0, 0.15, 1.0, 1.1, 1.4]
    out = [0.0]
    for j in range(1, 5):
        money = q["rent_value"] * (1 + q["haste"] * math.exp(-24 / 12)) * math.log(1 + rents[j])
        wanted = math.log(shares[j]) - math.log(shares[0])
        if j > 1:
            money += runs("SPOILS") * q["patron_dues"] / 3
        out.append(money - risk[j] * fear - q["temperature"] * (wanted - q["conformity"] * (crowd[j] - crowd[0])))
    return out


def _softmax(values, allowed):
    top = max(values)
    weights = [math.exp(v - top) * a for v, a in zip(values, allowed)]
    return [w / sum(weights) for w in weights]


def advance(world, state, parameters, on, keys, month):
    """New values of all that the process owns, as a dict of nested lists (the state is left alone)."""
    out = {k: getattr(state, k).tolist() for k in (
        "conduct", "corrupt", "legal_rents", "legal_protection", "sanction", "shield", "shield_bribed", "abuse",
        "guarantor", "deal_risk", "control_income")}
    for r in range(len(keys)):
        _one_run(world, state, parameters["corruption"][r], on[r], keys[r], month, r, out)
    return out


def _one_run(world, state, q, on, key, month, r, out):
    def runs(name):
        return float(on[Mechanism[name]])

    states, posts = world.sizes["state"], world.sizes["post"]
    before = [list(row) for row in out["conduct"][r]]
    corrupt_before = list(out["corrupt"][r])
    if not runs("CORRUPTION"):
        for i in range(posts):
            out["conduct"][r][i] = [1.0, 0.0, 0.0, 0.0, 0.0]
            out["corrupt"][r][i] = out["legal_rents"][r][i] = out["legal_protection"][r][i] = 0.0
            out["sanction"][r][i] = q["penalty"]
        out["shield"][r] = [0.0] * states
        out["shield_bribed"][r] = [0.0] * states
        out["abuse"][r] = [0.0] * states
        out["deal_risk"][r] = [0.0] * states
        return
    level = dict(zip(INSTRUMENTS, state.instrument[r].tolist()))
    free = _months_over(world.event["soviet"], month, lambda v: v < 1)
    sold = _months_over(world.event["privatisation"], month, lambda v: v > 0)
    private = min(1.0, sold / (12 * q["private_years"])) * runs("PRIVATISATION")
    for s in range(states):
        here = [i for i in range(posts) if _state_of(world, i) == s]
        centre = [i for i in here if world.post_kind[i] == 1]
        mean = _mean_conduct(world, before, s)
        # those who have firms and cases in hand: police, administration and the centre
        in_hand = _mean_conduct(world, before, s, (0, 1))
        if centre:
            top = sum(corrupt_before[i] for i in centre) / len(centre)
        else:
            top = 0.5 * mean[1] + sum(mean[2:])
        focus = s == world.focus
        anti = level["anti_corruption"] if focus else 0.0
        rich = max(1.0, state.wage[r][s]) / 100.0
        audit = q["audit"] * (1 + q["soviet_control"] * math.exp(-free / q["control_decay"]))
        held = math.log(out["control_income"][r][s])
        held += (math.log(max(1.0, state.wage[r][s])) - held) / (12 * q["audit_years"])
        out["control_income"][r][s] = math.exp(held)
        audit *= (math.exp(held) / 100) ** q["audit_income"] * (1 + q["size_audit"] * anti)
        audit *= math.exp(q["audit_spread"] * normal(key, int(Stream.SPARE_1), 0, s, 0))
        pay = q["pay_ratio"] * (1 + q["size_pay"] * anti)
        skim = q["skim"] * min(3.0, rich ** q["boom"]) * runs("LEGAL_RENTS")
        run_by_state = 0.0
        if len(world.private_share):
            owned = float(world.private_share[month][s])
            skim *= (1 - owned) + q["private_open"] * owned
            plan = float(world.event["soviet"][month])
            run_by_state = q["state_skim"] * (1 - owned) * (1 - plan) * runs("LEGAL_RENTS")
        whole = world.gdp_per_head[month][s] * world.population[month][s] / 12
        places = [p for p in range(world.sizes["place"]) if world.place_state[p] == s]
        gdp = sum(whole * world.place_share[k] for k in places)
        official_custom = 1 / (1 + math.exp(-out["guarantor"][r][s]))
        officers = taking = feared = 0.0
        heads = sum(world.post_officials[i] for i in here if world.post_kind[i] == 0)
        for i in here:
            refuse, tolerate, bribe, protect, part = before[i]
            takers = bribe + protect + part
            p = world.post_place[i]
            service = world.post_kind[i] > 1
            if service:
                output, extract, cut, bill = 0.0, 0.0, 0.0, 1.0
            elif i in centre:
                output = gdp
                extract = sum(whole * world.place_share[k] * world.place_extractive[k] for k in places)
                cut = q["centre_cut"] / len(centre)
                bill = q["apparatus"] * q["centre_staff"] / len(centre) * gdp * pay
            else:
                output = whole * world.place_share[p]
                extract = output * world.place_extractive[p]
                cut = 1 - q["centre_cut"] if centre else 1.0
                bill = q["apparatus"] * output * pay
            pot = (skim * extract + run_by_state * output) * cut
            custom = q["protection_rate"] * private * output * cut * official_custom * runs("PROTECTION_RACKETS")
            out["legal_rents"][r][i] = pot * takers / (takers + q["skim_half"])
            out["legal_protection"][r][i] = custom * protect / (protect + 0.05)
            legal = pot / bill / (takers + q["skim_half"])
            firms = custom / bill / (protect + 0.05)
            met = q["exposed_service" if service else "exposed_share"]
            wages = max(1.0, met * world.post_officials[i]) * max(1.0, state.wage[r][s]) * pay
            on_the_road = state.bribes_post[r][i] * runs("BRIBERY")
            paid = on_the_road
            if world.post_kind[i] == 0:
                paid += state.deals_usd[r][s] * world.post_officials[i] / heads * runs("BRIBERY")
            fees = state.fees_post[r][i] * runs("PROTECTION_RACKETS")
            racket = state.racket_profit_post[r][i] * runs("OFFICIAL_RACKETS")
            income = [
                paid * (1 - q["carry_part"]) / wages / (bribe + 0.02) + legal,
                fees / wages / (protect + 0.02) + firms + legal,
                (on_the_road * q["carry_part"] + racket) / wages / (part + 0.02) + legal,
            ]
            if runs("WEAK_SANCTION"):
                hold = top * runs("SHARED_SANCTION")
                penalty = q["penalty"]
                if focus:
                    hold *= 1 - q["size_independence"] * anti
                    penalty *= 1 + q["size_penalty"] * level["penalties"]
                caught = audit / (audit + takers + 0.3 * tolerate)
                out["sanction"][r][i] = penalty * caught * (1 - hold) * (1 - state.patron_shield[r][i])
            fear = out["sanction"][r][i]
            if world.post_kind[i] == 0:
                feared += world.post_officials[i] / heads * fear * max(1.0, state.wage[r][s]) * pay
            worth = q["rent_value"] * (1 + q["haste"] * math.exp(-state.tenure[r][i] / 12))
            own = [refuse, tolerate, takers, takers, takers]
            takers_all = sum(mean[2:])
            general = [mean[0], mean[1], takers_all, takers_all, takers_all]
            money = [0.0, 0.0, *(worth * math.log(1 + max(0.0, v)) for v in income)]
            below = state.scruple_under if any(world.post_kind[k] == 1 for k in here) else state.scruple
            if service:
                below = state.scruple_service if below is state.scruple else state.scruple_service_under
            shame = (state.scruple_centre if i in centre else below)[r].tolist()
            for j in (2, 3, 4):
                money[j] += q["patron_dues"] * state.patron_reach[r][i] * runs("SPOILS")
            risk = [0.0, 0.15, 1.0, 1.1, 1.4]
            utility = [
                (money[j] - shame[j] - risk[j] * fear) / q["temperature"]
                + q["conformity"] * runs("CONFORMITY") * (0.5 * own[j] + 0.5 * general[j])
                for j in range(5)
            ]
            best = _softmax(utility, [1, 1, runs("BRIBERY"), runs("PROTECTION_RACKETS"), 1])
            new = [x + q["speed"] * (b - x) for x, b in zip(before[i], best)]
            if state.honest[r, i]:
                new = [1.0, 0.0, 0.0, 0.0, 0.0]
            out["conduct"][r][i] = new
            out["corrupt"][r][i] = 0.5 * new[1] * runs("BLIND_EYE") + sum(new[2:])
            if world.post_kind[i] == 0:
                officers += world.post_officials[i]
                taking += world.post_officials[i] * sum(new[2:])
        out["deal_risk"][r][s] = feared
        stop = in_hand[3] + in_hand[4] + q["shield_bribe"] * in_hand[2]
        out["shield"][r][s] = runs("SHIELDING") * (1 - math.exp(-q["shield_reach"] * stop))
        alone = q["shield_bribe"] * in_hand[2]
        out["shield_bribed"][r][s] = runs("SHIELDING") * (1 - math.exp(-q["shield_reach"] * alone))
        out["abuse"][r][s] = taking / officers if officers else 0.0
        if focus:
            out["abuse"][r][s] *= 1 - q["size_abuse_training"] * level["police_training"]
        if runs("OFFICIAL_GUARANTORS"):
            crowd = _gangs(world, state, r, s) / q["gang_number"]
            gangs = crowd * math.exp(1 - crowd)
            if crowd > 1:
                gangs = max(gangs, 1 / 3)
            better = in_hand[3] / (in_hand[3] + q["official_half"]) - q["gang_best"] * gangs
            better += q["harassment"] * sum(in_hand[2:])
            balance = out["guarantor"][r][s]
            out["guarantor"][r][s] += q["custom_speed"] * private * (
                q["custom_sense"] * better - q["custom_decay"] * balance)
