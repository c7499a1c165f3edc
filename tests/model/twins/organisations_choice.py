"""Plain-Python oracle of what organisations expect and choose: prices, markets, trades, idle capacity."""

from __future__ import annotations

import math

from qorgau.model.world import World
from tests.model.twins.drug_market import bends, elasticity, log_demand, places_of, root
from tests.model.twins.routes import mean_price, softmax

PERSONS = 8.0


def living(s: dict) -> list[int]:
    return [o for o, a in enumerate(s["active"]) if a]


def inverse(gap: float, e: float, k: float, s: float, xs: float) -> float:
    """Log price over reference at which demand has fallen by ``gap`` in logs."""
    return root(lambda x: gap + log_demand(x, e, k, s, xs))


def targets(s: dict, prices: list[float], scale: float, lost: dict[int, float]) -> dict[int, list[float]]:
    """Shares of markets that each organisation would choose at expected prices, ``lost`` of which rivals take."""
    out = {}
    for o in living(s):
        worth = []
        for m, price in enumerate(prices):
            moved = s["plan_slope"][o][m] * (price - s["plan_price"][o][m]) / scale
            taken = lost[o] * float(s["plan_slope"][o][m]) * price / scale
            worth.append(s["plan_value"][o][m] + moved - taken + math.log(s["users"][m]))
        out[o] = softmax(worth)
    return out


def own_to_move(world: World, s: dict, q: dict, on: dict, month: int, o: int) -> float:
    """Part of a change of markets that a group is free to make: the state has its say with those it protects."""
    if not (world.network_soviet[s["network"][o]] and on["STATE_PROTECTION"]):
        return 1.0
    return 1 - float(q["organisations"]["place_say"]) * old_order(world, q, month)


def held_to(s: dict, o: int, wish: list[float], free: float) -> list[float]:
    """Shares of markets that a group aims at, from what it would choose."""
    return [float(now) + free * (t - float(now)) for t, now in zip(wish, s["market_share"][o])]


def expectations(world: World, s: dict, q: dict, on: dict, month: int) -> tuple[list[float], dict[int, list[float]]]:
    """Expected prices after this month's two steps, and the market shares wanted at them."""
    p = q["drug_market"]
    scale = q["routes"]["choice_scale"] * mean_price(s)
    prices = [float(v) for v in s["price_expected"]]
    everyone = float(sum(s["users"]))
    curvature, substitution, turn = bends(p, on)
    lost = {o: rivalry(world, s, q, on, month, o) for o in living(s)}
    free = {o: own_to_move(world, s, q, on, month, o) for o in living(s)}
    for _ in range(2 if on["MARKETS"] else 0):
        wanted = targets(s, prices, scale, lost)
        aims = {o: held_to(s, o, t, free[o]) for o, t in wanted.items()}
        gaps, gains, moved_by_all = [], [], 0.0
        for m, market in enumerate(places_of(world)):
            sent = {o: float(s["purchased"][o]) * t[m] for o, t in aims.items()}
            own = {o: float(s["purchased"][o]) * t[m] * free[o] for o, t in wanted.items()}
            arriving = 1e-9 + sum(kg * float(s["survival"][o][m]) for o, kg in sent.items())
            need = p["use_per_person"] * float(s["users"][m]) / 12
            e = elasticity(p, market, on)
            here = math.log(prices[m] / s["price_reference"][m])
            wish = inverse(math.log(need / arriving), e, curvature, substitution, turn)
            gaps.append(wish - here)
            steep = e + curvature * max(0.0, here) + substitution * max(0.0, here - turn)
            slope = {o: (1 - lost[o]) * float(s["plan_slope"][o][m]) for o in sent}
            moving = sum(kg * (1 - wanted[o][m]) * slope[o] for o, kg in own.items())
            all_sent = 1e-12 + sum(sent.values())
            gains.append(max(0.0, prices[m] / (scale * steep) * moving / all_sent))
            # what a rise of all prices by one share would move here: dearer markets gain more dollars by it
            value = {o: [float(k) * v * (1 - lost[o]) for k, v in zip(s["plan_slope"][o], prices)] for o in sent}
            drawn = sum(kg * (value[o][m] - sum(a * b for a, b in zip(wanted[o], value[o]))) for o, kg in own.items())
            moved_by_all += float(s["users"][m]) / everyone * abs(drawn) / (scale * steep * all_sent)
        shift = sum(float(u) * g for u, g in zip(s["users"], gaps)) / everyone * 0.3 / (1 + moved_by_all)
        shift = min(0.5, max(-0.5, shift))
        for m, gap in enumerate(gaps):
            step = min(0.5, max(-0.5, 0.6 * (gap - shift) / (1 + gains[m])))
            prices[m] = min(5e5, max(50.0, prices[m] * math.exp(shift + step)))
    return prices, {o: held_to(s, o, t, free[o]) for o, t in targets(s, prices, scale, lost).items()}


def grip(s: dict, post: int) -> float:
    """How far the officials of a post sell protection, 0 to 1."""
    _, _, bribe, protect, take_part = s["conduct"][post]
    return float(min(1.0, 2.5 * (protect + 0.3 * bribe + 0.5 * take_part)))


def stands(world: World, month: int, post: int) -> float:
    """How far forces stationed abroad stand where a post is: in the state in which their flights begin."""
    begins = {int(world.place_state[a]) for k, a in enumerate(world.corridor_from)
              if world.corridor_mode[k] == 3 and k < world.corridor_reverse[k]}
    return float(world.event["russian_forces"][month]) if int(world.post_state[post]) in begins else 0.0


def for_sale(world: World, s: dict, q: dict, on: dict, month: int, post: int) -> tuple[float, float]:
    """Protection for sale at a post, and what of it its own officials sell."""
    officials = grip(s, post) if on["PROTECTION_RACKETS"] else 0.0
    armed = q["organisations"]["forces_protect"] * stands(world, month, post) if on["OFFICIAL_FLIGHTS"] else 0.0
    return float(1 - (1 - officials) * (1 - armed)), officials


def old_order(world: World, q: dict, month: int) -> float:
    """What is left of the Soviet arrangement at the end of a month: all while it stands."""
    event = [float(v) for v in world.event["soviet"]]
    gone = sum(1 for t in range(month + 1) if event[t] < 1)
    return event[0] * math.exp(-gone / q["organisations"]["arrangement_months"])


def openness(world: World, q: dict, on: dict, month: int) -> float:
    """0 before privatisation, then rising to 1; a tenth at most without it."""
    sold = [t for t, v in enumerate(world.event["privatisation"]) if v > 0]
    years = max(0, month - sold[0]) / 12 if sold else 0.0
    return min(1.0 if on["PRIVATISATION"] else 0.1, years / q["organisations"]["privatisation_years"])


def growth_of_trade(s: dict, on: dict) -> float:
    """Users in those of the start, not less than a fifth; 1 where growth leaves no room."""
    return max(0.2, float(sum(s["users"])) / max(1.0, float(s["users_start"]))) if on["COEXISTENCE"] else 1.0


def crowding(s: dict, on: dict) -> float:
    """Groups in opiates, in twenties, for a market of the size of the start."""
    return sum(1 for o in living(s) if s["trade"][o][0] > 0.1) / 20 / growth_of_trade(s, on)


def held_at(world: World, s: dict, q: dict, on: dict, month: int, o: int, post: int) -> float:
    """Share of danger that the protectors at a post keep off an organisation."""
    sold, _ = for_sale(world, s, q, on, month, post)
    return q["organisations"]["protection_limit"] * float(s["trust"][o][post]) * sold


def guarded(world: World, s: dict, q: dict, on: dict, month: int, o: int) -> float:
    """Share of what rivals would do that an organisation's protectors keep off."""
    by_officials = held_at(world, s, q, on, month, o, int(world.place_post[s["home"][o]]))
    if world.network_soviet[s["network"][o]] and on["STATE_PROTECTION"]:
        return max(by_officials, 0.9 * old_order(world, q, month))
    return by_officials


def rivalry(world: World, s: dict, q: dict, on: dict, month: int, o: int) -> float:
    """Share of an organisation's opiate revenue lost to rivals."""
    return min(0.6, q["organisations"]["rivalry"] * crowding(s, on)) * (1 - guarded(world, s, q, on, month, o))


def fixed_cost(world: World, s: dict, q: dict, on: dict, o: int) -> float:
    """Fixed cost of a journey from the home of an organisation."""
    state = world.place_state[s["home"][o]]
    short = 1 - (s["service"][state][0] + s["service"][state][1]) / 2
    fees = sum(float(s["service"][state][k] * s["service_fee"][state][k]) for k in (0, 1)) / 2
    p = q["organisations"]
    added = p["service_cost"] * short + p["service_fee"] * fees if on["FACILITATORS"] else 0.0
    return float(p["journey_fixed_cost"] * (1 + added))


def returns(world: World, s: dict, q: dict, on: dict, month: int, o: int, prices: list[float],
            shares: list[float]) -> tuple[float, float, list[float]]:
    """Return of a journey with opiates, the same as it counts among trades, and with people, before fixed costs."""
    p = q["organisations"]
    x = float(s["trade"][o][0])
    gain = sum(k * v * float(a) for k, v, a in zip(shares, prices, s["plan_slope"][o]))
    cost = sum(k * float(c) for k, c in zip(shares, s["plan_cost"][o]))
    drug = float(s["load"]) * (gain * (1 - rivalry(world, s, q, on, month, o)) - cost - float(s["source_price"]))
    uncontested = float(s["load"]) * (gain - cost - float(s["source_price"]))
    skill = 1.0 if s["drug_first"][o] else max(x, float(s["know_how"][s["network"][o]]))
    if on["DANGER_PUSH"] and drug > 0:
        a_year_of_rivals = 12 * p["violence"] * crowding(s, on) * (1 - 0.8 * guarded(world, s, q, on, month, o))
        drug *= 1 - min(0.9, p["danger_weight"] * (float(s["drug_loss_share"][o]) + a_year_of_rivals))
    drug, calm = (v * skill if v > 0 else v for v in (drug, uncontested))
    drawn = drug if on["DANGER_PUSH"] else calm
    start = p["people_start_cost"] if on["LOW_ENTRY_COST"] else p["drug_start_cost"]
    purse = max(0.0, float(s["capital" if on["DRUG_CAPITAL"] else "other_capital"][o]))
    needed = start * p["journey_fixed_cost"] * max(1.0, float(s["capacity"][o]))
    able = max(min(1.0, purse / needed), 1 - x)
    people = []
    for f in (0, 1):
        value = PERSONS * float(s["people_value"][o][f])
        if value > 0:
            value *= 0.0 if s["drug_first"][o] and not on["PEOPLE_PROFIT"] else able
            if s["drug_first"][o]:
                value *= max(1 - x, float(s["contacts"][s["network"][o]]))
        people.append(value)
    return drug, drawn, people


def advance(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    """Expected prices, market shares, trades, capacity in use and the scale of returns."""
    p = q["organisations"]
    prices, wanted = expectations(world, s, q, on, month)
    out = {name: s[name].copy() for name in ("market_share", "trade", "in_use", "outside")}
    for o, target in wanted.items():
        for m, t in enumerate(target):
            out["market_share"][o][m] += p["market_speed"] * (t - s["market_share"][o][m])
    field = openness(world, q, on, month)
    width = p["trade_scale"] * (float(s["return_scale"]) + p["journey_fixed_cost"])
    scope = p["scope"] if on["SCOPE"] else 0.0
    sizes, hands = [], []
    for o in living(s):
        x, labour, sexual = (float(v) for v in s["trade"][o])
        fixed = fixed_cost(world, s, q, on, o)
        drug, drawn, people = returns(world, s, q, on, month, o, prices, [float(v) for v in out["market_share"][o]])
        capacity = float(s["capacity"][o])
        hands.append(capacity)
        sizes.append(capacity * (abs(drug) + (abs(people[0]) + abs(people[1])) / 2) / 2)
        saved = 4 * scope * (fixed + float(s["load"]) * float(s["road_cost"][o]))
        net = x * drug + labour * people[0] + sexual * people[1] - fixed + saved * x * (1 - x)
        paying = 1 / (1 + math.exp(-min(30.0, max(-30.0, net / width))))
        gone = float(s["outside"][o])
        if on["ORGANISATIONS"] and world.network_soviet[s["network"][o]]:
            better = (p["outside_return"] * field - float(s["returns"][o])) / p["trade_scale"]
            leaving = field / (1 + math.exp(-min(30.0, max(-30.0, better)))) if on["OUTSIDE_TRADE"] else 0.0
            gone = out["outside"][o] = gone + p["trade_speed"] * (leaving - gone)
        out["in_use"][o] = 0.7 * s["in_use"][o] + 0.3 * paying * (1 - gone)
        if on["ORGANISATIONS"]:
            worth = [drawn + saved * (1 - 2 * x), *people]
            if on["DIVERSIFICATION"]:
                # slope of half the aversion times the variance of a month's return, over the size of returns
                size = float(s["return_scale"]) + p["journey_fixed_cost"]
                kinds = ((float(s["drug_loss_share"][o]), {0: drug}),
                         (float(s["people_loss_share"]), {1: people[0], 2: people[1]}))
                for lost, values in kinds:
                    stake = sum(v * (x, labour, sexual)[k] for k, v in values.items())
                    for k, v in values.items():
                        if v > 0 and stake > 0:
                            worth[k] -= p["risk_aversion"] * stake * v * (lost - lost**2) / size
            best = softmax([v / width for v in worth])
            moved = [
                old + p["trade_speed"] * (0.96 * b + 0.04 / 3 - old) for b, old in zip(best, (x, labour, sexual))
            ]
            out["trade"][o] = [v / sum(moved) for v in moved]
    level = sum(sizes) / sum(hands) if hands else 0.0
    return {**out, "price_expected": prices, "return_scale": 0.95 * float(s["return_scale"]) + 0.05 * level}
