"""Plain-Python oracle of a month of the organisations: each carries its loads route by route and keeps its books."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from qorgau.model.organisations import FLOWS
from qorgau.model.world import World
from tests.model.twins import organisations_choice as choice
from tests.model.twins.human_trade import hazard_for_people
from tests.model.twins.organisations_choice import PERSONS, for_sale, held_at, old_order
from tests.model.twins.posts import met_at, paper_makers
from tests.model.twins.routes import learned, link_costs, links_of, looks
from tests.model.twins.transport import within_fuel_networks


class Firm:
    """One organisation in one month."""

    def __init__(self, world: World, s: dict, q: dict, on: dict, month: int, o: int):
        self.world, self.s, self.q, self.on, self.o = world, s, q, on, o
        self.p = q["organisations"]
        self.net = int(s["network"][o])
        self.place = int(s["home"][o])
        self.state = int(world.place_state[self.place])
        self.x = float(s["trade"][o][0])
        self.scope = self.p["scope"] if on["SCOPE"] else 0.0
        self.month = month
        self.soviet = old_order(world, q, month)
        fallen = month and self.soviet < world.event["soviet"][0]
        self.lost_order = old_order(world, q, month - 1) - self.soviet if fallen else 0.0
        self.old = bool(world.network_soviet[self.net] and on["STATE_PROTECTION"])
        joint = self.x * (1 - self.x)
        self.working = float(s["in_use"][o] * s["capacity"][o])
        self.journeys = self.working * (1 + 2 * self.scope * joint) * (1 + float(s["carrying_changed"]))
        if on["FACILITATORS"]:
            papers, houses, _ = (float(v) for v in s["service"][self.state])
            self.journeys *= 1 - self.p["service_need"] * (1 - (papers + houses) / 2)
        began_with_people = not s["drug_first"][o]
        # smugglers win people as far as their network or they themselves have contacts
        self.people_a_month = PERSONS * self.journeys * (
            1.0 if began_with_people else max(1 - self.x, float(s["contacts"][self.net])))
        self.saved = 1 - 4 * self.scope * joint
        self.fixed = self.working * choice.fixed_cost(world, s, q, on, o) * (1 - 4 * self.scope * joint)

    def held(self, post: int) -> float:
        return held_at(self.world, self.s, self.q, self.on, self.month, self.o, post)

    def kept_after_the_fall(self) -> float:
        """The protected groups lose ties as the arrangement goes: in all as in two changes of holder."""
        return self.p["tie_kept"] ** (2 * self.lost_order) if self.old else 1.0

    def welcome(self, post: int) -> float:
        """How strong a tie with a post can become."""
        inside = float(self.world.network_insider[self.net][self.world.post_state[post]])
        if self.world.network_official[self.net]:
            inside = 1.0
        elif self.old:
            inside = max(inside, self.soviet)
        return inside + (1 - inside) * self.p["outsider_ties"]

    def room(self, post: int) -> float:
        """Capacity up to which it can grow at full drive."""
        sold, _ = for_sale(self.world, self.s, self.q, self.on, self.month, post)
        backing = float(self.s["trust"][self.o][post]) * sold
        size = self.p["size_alone"] * (1 + (self.p["size_protected"] - 1) * backing)
        return max(size, 150 * self.soviet) if self.old else size

    def most(self) -> float:
        """Capacity beyond which it may not go: the state's word as far as the arrangement stands."""
        if not self.old:
            return 150.0
        return math.exp((1 - self.soviet) * math.log(150) + self.soviet * math.log(float(self.s["allowance"])))

    def hazard(self, link: int) -> float:
        """Hazard that this organisation meets on a corridor."""
        world, p = self.world, self.p
        a, b = met_at(world, link)
        there = int(world.place_state[world.corridor_to[link]])
        h = float(self.s["hazard"][link])
        if self.soviet > 0:
            h *= 1 - 0.9 * self.soviet if self.old else 1 + self.q["enforcement"]["soviet_control"] * self.soviet
        if self.on["DIASPORA_COVER"]:
            h *= 1 - min(0.8, p["cover_strength"] * float(world.network_cover[self.net][there]))
        if self.on["FACILITATORS"]:
            h *= 1 + p["service_risk"] * (1 - float(self.s["service"][there][1]))
        return h * (1 - (self.held(a) + self.held(b)) / 2)

    def approach(self) -> tuple[dict, Counter, dict]:
        """Persons approached by way and form, journeys by corridor, and persons likely to go abroad, by way."""
        world, s = self.world, self.s
        tried, trips, abroad = {}, Counter(), Counter()
        sold_at = {int(place) for place in world.market_place}
        at_home = [w for w, origin in enumerate(world.people_origin) if world.place_state[origin] == self.state]
        for i, w in enumerate(at_home):
            origin = world.people_origin[w]
            d = int(world.people_destination[w])
            goal = world.place_state[world.destination_place[d]]
            carried = 1 - float(s["pool_there"][origin][d])
            for f in (0, 1):
                n = self.people_a_month * float(s["trade"][self.o][1 + f] * s["people_share"][self.o][i][f])
                tried[w, f] = n
                if goal != self.state and int(world.destination_place[d]) in sold_at:
                    abroad[w] += n * carried * float(s["effectiveness"][origin][d][f])
                for link in links_of(world.people_ptr, world.people_links, w):
                    trips[link] += n * carried / PERSONS
        return tried, trips, abroad

    def bought(self, abroad: dict) -> tuple[float, dict]:
        """What goes by the own routes, and what each way's people are made to carry, kg."""
        people = self.q["human_trade"]
        kg = self.journeys * self.x * float(self.s["load"]) * float(self.s["purchase_ration"])
        handed = {}
        if self.on["FORCED_COURIERS"] and self.x > 0.05:
            handed = {w: n * people["courier_share"] * people["courier_kg"] for w, n in abroad.items()}
        money = 2 * max(0.0, float(self.s["capital"][self.o])) / float(self.s["source_price"])
        part = min(1.0, money / max(1e-300, kg + sum(handed.values())))
        return kg * part, {w: n * part for w, n in handed.items()}

    def loads(self, kg: float) -> list[tuple[int, int, float]]:
        """(market, route, kg sent): tiny shares are left out, the rest makes up the whole."""
        markets = {m: float(v) for m, v in enumerate(self.s["market_share"][self.o]) if v >= 1e-6}
        out = []
        for m, part in markets.items():
            ways = range(self.world.market_ptr[m], self.world.market_ptr[m + 1])
            used = {k: float(self.s["route_share"][self.o][k]) for k in ways if self.s["route_share"][self.o][k] > 0.02}
            for k, share in used.items():
                out.append((m, k, kg * part / sum(markets.values()) * share / sum(used.values())))
        return out


OWNED = ("capital", "other_capital", "returns", "capacity", "drug_loss_share", "road_cost", "survival", "trust",
         "belief", "network_belief")


def advance(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    """All that changes in a month of the organisations, choices included."""
    # rivals take what they took before trades were chosen anew
    lost_to_rivals = {o: choice.rivalry(world, s, q, on, month, o) for o in choice.living(s)}
    chosen = choice.advance(world, s, q, on, key, month)
    s = {**s, **chosen}
    out = {name: s[name].copy() for name in OWNED}
    links, posts = range(len(world.corridor_km)), range(world.sizes["post"])
    place_post = [int(v) for v in world.place_post]
    by_link = {name: [0.0] * len(links) for name in ("carried_kg", "seized_kg", "journeys")}
    by_post = {name: [0.0] * len(posts) for name in ("bribes_post", "fees_post", "racket_profit_post")}
    arrivals, route_kg = [0.0] * world.sizes["market"], [0.0] * len(world.route_km)
    attempts = [[0.0, 0.0] for _ in world.people_origin]
    in_opiates = [0.0, 0.0]
    first, networks, purchased = [0.0, 0.0], [0.0] * world.sizes["network"], [0.0] * len(s["active"])
    money, couriers_kg = dict.fromkeys(FLOWS, 0.0), 0.0
    look = [looks(q, float(h)) for h in s["hazard"]]
    shared = [[float(v) for v in row] for row in s["network_belief"]]
    for o in choice.living(s):
        firm = Firm(world, s, q, on, month, o)
        tried, trips, abroad = firm.approach()
        for (w, f), n in tried.items():
            attempts[w][f] += n
            first[f] += n * bool(s["drug_first"][o])
            in_opiates[f] += n * (firm.x > 0.05)
        kg, handed = firm.bought(abroad)
        purchased[o] = kg + sum(handed.values())
        networks[firm.net] += purchased[o]
        met = {link: firm.hazard(link) for link in links}
        book = dict.fromkeys(FLOWS, 0.0)
        sent_to, got_at, seized = defaultdict(float), defaultdict(float), 0.0
        for w, load in handed.items():
            couriers_kg += load
            m = list(world.market_place).index(world.destination_place[world.people_destination[w]])
            for link in links_of(world.people_ptr, world.people_links, w):
                taken = load * -math.expm1(-hazard_for_people(world, s, q["human_trade"], on, link))
                by_link["carried_kg"][link] += load
                by_link["seized_kg"][link] += taken
                load -= taken
            arrivals[m] += load
            book["revenue"] += load * s["price"][m] * (1 - lost_to_rivals[o])
        for m, k, load in firm.loads(kg) if kg > 0 else ():
            price = float(s["price"][m])
            sent_to[m] += load
            danger = 0.0
            for link in links_of(world.route_ptr, world.route_links, k):
                here = load * math.exp(-danger)
                danger += met[link]
                taken = here - load * math.exp(-danger)
                by_link["carried_kg"][link] += here
                by_link["seized_kg"][link] += taken
                seized += taken
                trips[link] += here / float(s["load"]) * within_fuel_networks(world, q, on, link)
                way, risk = link_costs(world, s, q, on, link, met[link])
                book["transport"] += here * way
                book["risk_pay"] += here * risk
                bare = float(s["hazard"][link])
                share_left = min(1.0, met[link] / bare) if bare > 0 else 1.0
                paid = here * price * float(s["bribe_rate"][link]) * share_left
                book["bribes"] += paid
                for post in met_at(world, link):
                    by_post["bribes_post"][post] += paid / 2
            route_kg[k] += load * math.exp(-danger)
            got_at[m] += load * math.exp(-danger)
        for m, sent in sent_to.items():
            arrivals[m] += got_at[m]
            book["revenue"] += got_at[m] * s["price"][m] * (1 - lost_to_rivals[o])
            out["survival"][o][m] = 0.8 * s["survival"][o][m] + 0.2 * got_at[m] / sent
        if kg > 0:
            out["drug_loss_share"][o] = 0.9 * s["drug_loss_share"][o] + 0.1 * seized / kg
            out["road_cost"][o] = book["transport"] / kg
        book["transport"] *= firm.saved
        book["purchases"] = purchased[o] * float(s["source_price"])
        book["fixed"] = firm.fixed
        makers = paper_makers(world, firm.state)
        if makers is not None and on["FACILITATORS"]:
            bare = firm.working * firm.saved * float(firm.p["journey_fixed_cost"])
            asked = float(s["service"][firm.state][0] * s["service_fee"][firm.state][0]) * firm.p["service_fee"] / 2
            by_post["bribes_post"][makers] += bare * asked * float(s["papers_official"][firm.state])
        paid_for_people = 0.0
        for (w, f), n in tried.items():
            home, to = int(world.people_origin[w]), int(world.people_destination[w])
            n *= 1 - s["pool_there"][home][to]
            income = n * s["effectiveness"][home][to][f] * s["people_price"][to][f] * q["human_trade"]["transit_risk"]
            for link in links_of(world.people_ptr, world.people_links, w):
                paid = float(income * s["bribe_rate"][link])
                paid_for_people += paid
                for post in met_at(world, link):
                    by_post["bribes_post"][post] += paid / 2
        book["bribes"] += paid_for_people
        book["people_net"] = paid_for_people + firm.people_a_month * sum(
            float(s["trade"][o][1 + f] * s["people_value"][o][f]) for f in (0, 1))
        spent = sum(book[name] for name in ("purchases", "transport", "risk_pay", "bribes", "fixed"))
        profit = book["revenue"] + book["people_net"] - spent
        base = place_post[firm.place]
        if profit > 0:
            sold, by_officials = for_sale(world, s, q, on, month, base)
            book["fees"] = firm.p["fee_share"] * float(s["trust"][o][base]) * sold * profit
            if world.network_official[firm.net]:
                by_post["racket_profit_post"][base] += profit
            served = float(s["service"][firm.state][2]) if on["LAUNDERING"] else 0.0
            price = firm.p["service_fee"] * float(s["service_fee"][firm.state][2])
            after_fees = profit - book["fees"]
            book["laundering"] = after_fees * min(
                1.0, price * served + firm.p["cash_at_risk"] * (1 - served) * bool(on["FACILITATORS"]))
            if sold > 0:
                by_post["fees_post"][base] += book["fees"] * by_officials / sold
        book["profit"] = profit - book["fees"] - book["laundering"]
        for name, value in book.items():
            money[name] += value
        out["capital"][o] = s["capital"][o] + book["profit"] - 0.03 * max(0.0, s["capital"][o])
        share = book["profit"] / profit if profit > 0 else 1.0
        of_people = book["people_net"] - paid_for_people - book["fixed"] * (1 - float(s["trade"][o][0]))
        saved = max(0.0, 0.97 * float(s["other_capital"][o]) + share * of_people)
        out["other_capital"][o] = min(saved, max(0.0, out["capital"][o]))
        ahead = book["purchases"] + book["transport"] + book["fixed"]
        earned = book["profit"] / (ahead + 0.3 * abs(book["people_net"]) + firm.p["journey_fixed_cost"] / 2000)
        out["returns"][o] = 0.75 * s["returns"][o] + 0.25 * earned
        if on["ORGANISATIONS"]:
            pace = firm.p["growth"] * (math.tanh(1.5 * out["returns"][o]) - s["capacity"][o] / firm.room(base))
            out["capacity"][o] = max(0.5, min(firm.most(), s["capacity"][o] * math.exp(pace)))
        visits = Counter()
        for link, n in trips.items():
            visits[met_at(world, link)[1]] += n
        for i in posts:
            pace = visits[i] / (visits[i] + 3) / 2 + (i == base)
            pace = min(1.0, pace / firm.p["protection_months"])
            kept = 0.985 * (firm.p["tie_kept"] if s["rotated"][i] else 1.0) * firm.kept_after_the_fall()
            out["trust"][o][i] = kept * (s["trust"][o][i] + max(0.0, firm.welcome(i) - s["trust"][o][i]) * pace)
        for link, n in trips.items():
            by_link["journeys"][link] += n
        if on["LEARNING"] and on["ROUTES"]:
            row = [float(v) for v in s["belief"][o]]
            counts = [trips[link] for link in links]
            out["belief"][o], shared[firm.net] = learned(q, look, row, shared[firm.net], counts, list(met.values()))
    drift = q["routes"]["watching"] if on["LEARNING"] and on["ROUTES"] else 0.0
    out["network_belief"] = [[v + drift * (a - v) for v, a in zip(row, look)] for row in shared]
    totals = [sum(row[f] for row in attempts) for f in (0, 1)]
    return {
        **chosen, **out, **by_link, **by_post,
        "purchased": purchased, "arrivals": arrivals, "route_kg": route_kg, "attempts_route": attempts,
        "attempts_drug_first": [n / (t + 1e-12) for n, t in zip(first, totals)],
        "attempts_opiates": [n / (t + 1e-12) for n, t in zip(in_opiates, totals)],
        "network_kg": networks, "money": [money[name] for name in FLOWS], "profit_total": money["profit"],
        "couriers_kg": couriers_kg, "ledger_kg": 0.0,
        "rivalry": [lost_to_rivals.get(o, 0.0) for o in range(len(s["active"]))],
    }
