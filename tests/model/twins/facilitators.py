"""Plain-Python oracle of the process `facilitators`."""

from __future__ import annotations

from qorgau.model.mechanisms import Mechanism
from tests.model.twins.posts import paper_makers


def advance(world, state, parameters, on, keys, month):
    """New values of all that the process owns, as a dict of nested lists (the state is left alone)."""
    out = {k: getattr(state, k).tolist() for k in ("service", "service_fee", "service_demand", "papers_official")}
    sold = sum(1 for v in world.event["privatisation"][: month + 1] if v > 0)
    for r in range(len(keys)):
        q = parameters["facilitators"][r]
        working = {name: bool(on[r, Mechanism[name]]) for name in ("FACILITATORS", "DOCUMENTS", "SAFE_HOUSES",
                                                              "LAUNDERING")}
        grown = min(1.0, sold / (12 * q["professional_years"]))
        grown *= on[r, Mechanism.PRIVATISATION]
        living = [o for o in range(len(state.active[r])) if state.active[r, o] == 1]
        hands = sum(state.capacity[r, o] for o in living)
        for s in range(world.sizes["state"]):
            makers = paper_makers(world, s)
            posts = [i for i in range(world.sizes["post"]) if world.post_state[i] == s and i != makers]
            heads = sum(world.post_officials[i] for i in posts)
            takers = sum(world.post_officials[i] * state.conduct[r, i, 2:].sum() for i in posts) / max(1e-9, heads)
            moving = float(state.origin_flow[r, s] + state.transit_flow[r, s] + state.arrival_flow[r, s])
            held = sum(
                float(state.exploited[r, d].sum())
                for d in range(world.sizes["destination"])
                if world.place_state[world.destination_place[d]] == s
            )
            ours = sum(state.capacity[r, o] for o in living if world.place_state[state.home[r, o]] == s)
            profit = max(0.0, state.profit_total[r]) * ours / max(1e-9, hands)
            million = world.population[month][s] / 1e6
            gdp = world.gdp_per_head[month][s] * world.population[month][s] / 12
            services = (
                ("documents", moving / (q["documents_capacity"] * million), "DOCUMENTS"),
                ("houses", (moving + held) / (q["houses_capacity"] * million), "SAFE_HOUSES"),
                ("laundering", profit / (q["laundering_capacity"] * gdp), "LAUNDERING"),
            )
            for k, (name, demand, switch) in enumerate(services):
                part = q[f"{name}_official"]
                by_officials = part * takers
                if name == "documents" and makers is not None:
                    by_officials = part * float(state.conduct[r, makers, 2:].sum())
                supply = by_officials + (1 - part) * q[f"{name}_willing"] * grown
                if name == "documents":
                    paid = makers is not None and supply > 0 and on[r, Mechanism.BRIBERY]
                    out["papers_official"][r][s] = by_officials / supply if paid else 0.0
                half = q["half_supply"]
                found = supply / (supply + half * (1 + demand)) if supply > 0 else 0.0
                price = min(5.0, max(0.2, ((demand + half) / (supply + half)) ** q["fee_elasticity"]))
                out["service_demand"][r][s][k] = demand
                out["service_fee"][r][s][k] += q["speed"] * (price - out["service_fee"][r][s][k])
                if working["FACILITATORS"] and working[switch]:
                    out["service"][r][s][k] += q["speed"] * (found - out["service"][r][s][k])
                else:
                    out["service"][r][s][k] = 0.0
    return out
