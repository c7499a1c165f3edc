"""Plain Python twin of the pipeline of cases, one state after the other."""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.streams import Stream, binomial, uniform
from qorgau.model.world import INSTRUMENTS, World


def advance(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    search_share, power, q = q["people"]["search_share"], q["people"]["deal_share"], q["cases"]
    names = ("trafficking_officers", "cases_backlog", "cases_identified", "cases_investigated", "cases_prosecuted",
             "cases_convicted", "cases_stopped", "testimonies", "conviction_cost", "deals_usd")
    out = {k: np.zeros_like(s[k]) for k in names}
    event = {k: float(v[month]) for k, v in world.event.items()}
    for t in range(len(world.state_names)):
        own = t == world.focus
        level = {k: (s["instrument"][i] if own else 0.0) for i, k in enumerate(INSTRUMENTS)}

        def draw(stream: Stream, item: int, number: int, p: float, state: int = t) -> int:
            return binomial(uniform(key, stream, month, state, item), int(number), p)

        staff = q["officers"] * world.population[month, t] / 1e6 * s["law"][t] if on["ENFORCEMENT"] else 0.0
        lost = q["diverted"] * event["diversion"] if own and on["DIVERSION"] else 0.0
        staff = staff * (1 - lost) + staff * q["size_special_units"] * level["special_units"]
        known = s["identified"][t] - s["returned_by_officials"][t] + s["self_reported"][t]
        # no more than two cases for each person
        opened = draw(Stream.CASES_OPENED, 0, 2 * known, q["open_share"] / 2) if on["ENFORCEMENT"] else 0
        if on["ENFORCEMENT"]:
            opened += draw(Stream.CASES_OPENED, 1, 2 * s["outreach_exits"][t], q["open_share"] * q["refer"] / 2)
        waiting = int(s["cases_backlog"][t]) + opened
        waiting -= draw(Stream.CASES_LAPSED, 0, waiting, q["lapse"])
        taken = 0
        if waiting and staff:
            capacity = staff * (1 - search_share) / q["case_months"]
            capacity *= 1 + q["size_police_training"] * level["police_training"]
            tau = q["take_rate"] * (1 + (q["size_working_group"] * event["working_group"] if own else 0))
            expected = capacity * (1 - math.exp(-tau * waiting / capacity))
            taken = draw(Stream.CASES_TAKEN, 0, waiting, expected / waiting)
        severity = q["conviction_loss"] * (1 + q["size_penalties"] * level["penalties"])
        threat, risk = severity * q["conviction"], s["deal_risk"][t]
        struck = threat / (threat + risk)
        if not on["SHIELDING"]:
            struck = 0.0
        struck *= 1 - q["size_vetting"] * level["special_units"]
        here = [s["exploited"][d] for d, p in enumerate(world.destination_place) if world.place_state[p] == t]
        everyone = sum(int(x.sum()) for x in here)
        group = 1.0
        if everyone:
            group = sum(int(x[f].sum()) * s["recruits_by_groups"][f] for x in here for f in (0, 1)) / everyone
        of_group = 1 - struck * s["shield"][t]
        goes_on = group * of_group + (1 - group) * (1 - struck * s["shield_bribed"][t])
        if everyone and on["LABOUR_SHIELDING"]:
            labour = sum(int(x[0].sum()) for x in here) / everyone
            untied = 1 - q["labour_ties"] * s["desk"][t] * labour
            goes_on *= untied
            of_group *= untied
        held = draw(Stream.CASES_PROSECUTED, 0, taken, 1 - goes_on)
        proof = 1 - (1 - q["evidence"]) * (1 - q["size_regional_coordination"] * level["regional_coordination"])
        court = draw(Stream.CASES_PROSECUTED, 1, taken - held, proof)
        speak = q["testify"] * (1 - s["abuse"][t] / 2)
        speak *= 1 + q["size_victim_non_prosecution"] * level["victim_non_prosecution"]
        spoke = draw(Stream.TESTIMONY, 0, s["assisted"][t], min(1.0, speak))
        chance = q["conviction"] + q["testimony_weight"] * min(1.0, spoke / max(1.0, taken / 2))
        chance += q["size_court_clarification"] * event["court_clarification"] if own else 0.0
        guilty = draw(Stream.CASES_CONVICTED, 0, court, min(1.0, chance))
        moved = s["origin_flow"][t] + s["transit_flow"][t] + s["arrival_flow"][t]
        paid = held * (power * threat + (1 - power) * min(threat, risk)) if on["BRIBERY"] else 0.0
        tried = of_group / goes_on if goes_on > 0 else 0.0
        bought = (1 - of_group) / (1 - goes_on) if goes_on < 1 else 0.0
        loss = (guilty * severity * tried + paid * bought) / max(1.0, moved / 8)
        values = (staff, waiting - taken, opened, taken, court, guilty, held, spoke,
                  s["conviction_cost"][t] * 23 / 24 + loss / 24, s["deals_usd"][t] + paid)
        for name, value in zip(names, values, strict=True):
            out[name][t] = value
    return out
