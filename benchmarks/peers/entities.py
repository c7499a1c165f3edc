"""The stand-in's entities in plain Python: what each does in a stage. Plain objects and Mesa agents share them.

Attributes are Python numbers and lists; everything that does not change is looked up once. ``self.model`` holds the
run: its numbers ``q``, key, month, the network's lists and the entities by kind (see `facts` and `objects.Model`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from benchmarks.peers.chance import binomial, poisson, quantile, uniform
from benchmarks.peers.network import PERSONS, PRICE_HIGH, PRICE_LOW, SIZE_CAP, Network
from qorgau.model.route_tree import stems_of
from qorgau.model.streams import Stream

_ROOT = math.sqrt(0.19)
_NOISE = int(Stream.CORRIDOR_NOISE)
_EXIT, _ENTRY, _HOME = int(Stream.ORGANISATION_EXIT), int(Stream.ORGANISATION_ENTRY), int(Stream.ORGANISATION_HOME)
_RECRUITS, _INTERCEPTED = int(Stream.RECRUITS), int(Stream.INTERCEPTED)
_EXITS, _SPLIT, _AGAIN, _CARE = int(Stream.EXITS), int(Stream.EXITS_SPLIT), int(Stream.RETRAFFICKED), int(Stream.CARE)


@dataclass(frozen=True)
class Route:
    """A route of opiates: its number, the common stem it grows from, its last corridor, length and path size."""

    number: int
    stem: int
    last: int
    km: float
    size: float


def facts(net: Network) -> SimpleNamespace:
    """The network as lists."""
    stems = stems_of(net.route_ptr, net.route_links, len(net.corridor_km))
    told = zip(stems.stem.tolist(), stems.last.tolist(), net.route_km.tolist(), net.route_size.tolist(), strict=True)
    routes = [Route(k, *each) for k, each in enumerate(told)]
    growth = list(zip(stems.parent.tolist(), stems.link.tolist(), strict=True))
    first, ways, homes = net.market_ptr.tolist(), net.way_ptr.tolist(), net.home_ptr.tolist()
    return SimpleNamespace(
        slots=net.slots,
        growth=growth[1:],
        backwards=[(j, *growth[j]) for j in range(len(growth) - 1, 0, -1)],
        routes=[routes[a:b] for a, b in pairwise(first)],
        number_of_routes=len(routes),
        way_links=[net.way_links.tolist()[a:b] for a, b in pairwise(ways)],
        home_ways=[net.home_ways.tolist()[a:b] for a, b in pairwise(homes)],
        place_state=net.place_state.tolist(),
        place_post=net.place_post.tolist(),
        gang_home=net.gang_home.tolist(),
        number_of_corridors=len(net.corridor_km),
    )


class Post:
    """Officials of a place or a capital."""

    model: Any

    def setup(self, officials: float, corrupt: float) -> None:
        self.wages, self.corrupt, self.income = officials * 300.0, corrupt, 0.0

    def act(self) -> None:
        q = self.model.q
        pull = (q.rent_value * math.log(1.0 + self.income / self.wages) - q.fear) / q.temperature
        self.corrupt += q.conduct_speed * (1.0 / (1.0 + math.exp(-pull)) - self.corrupt)

    def clear(self) -> None:
        self.income = 0.0


class Corridor:
    """A directed corridor with the officials at its ends."""

    model: Any

    def setup(self, number: int, km: float, watch: float, ends: tuple[Post, Post]) -> None:
        self.number, self.km, self.watch, self.ends = number, km, watch, ends
        self.noise = self.hazard = self.bribe = self.carried = self.seized = 0.0
        self.through = 1.0

    def detect(self) -> None:
        model, q = self.model, self.model.q
        u = uniform(model.key, _NOISE, model.month, self.number, 0)
        self.noise = 0.9 * self.noise + _ROOT * quantile(u)
        honest = q.hazard_mean * self.watch
        honest *= math.exp(q.noise_spread * self.noise - 0.5 * q.noise_spread * q.noise_spread)
        look = 0.5 * (self.ends[0].corrupt + self.ends[1].corrupt)
        self.hazard = honest * (1.0 - look)
        self.bribe = q.bribe_level * look * honest
        self.through = math.exp(-self.hazard)

    def clear(self) -> None:
        self.carried = self.seized = 0.0


class Organisation:
    """A living organisation in a slot."""

    model: Any

    def setup(self, slot: int, home: int, q: Any, scale: float, returns: float, users: list[float]) -> None:
        f = self.model.facts
        self.slot, self.home, self.age = slot, home, 0
        self.ways = f.home_ways[f.place_state[home]]
        self.capacity = scale * q.entry_size
        self.capital = scale * q.entry_size * (9.0 * q.journey_fixed + 2.5 * q.source_price)
        self.returns, self.loss = returns, 0.1
        self.trade = [0.6, 0.25, 0.15]
        self.belief = [q.hazard_mean] * f.number_of_corridors
        everyone = sum(users)
        self.market_share = [u / everyone for u in users]
        self.route_share = [0.0] * f.number_of_routes
        self.people_share = [[0.0] * len(self.ways), [0.0] * len(self.ways)]
        self.plan_value, self.plan_kept, self.plan_cost = ([0.0] * len(users) for _ in range(3))
        self.people_value = [0.0, 0.0]

    def plan(self) -> None:
        model = self.model
        if self.age and (model.month + self.slot) % 3:
            return
        q, belief, paid, exp = model.q, self.belief, model.paid, math.exp
        speed = q.route_speed if self.age else 1.0
        shares, risk = self.route_share, [0.0]
        for node, l in model.facts.growth:
            risk.append(risk[node] + belief[l])
        for m, routes in enumerate(model.facts.routes):
            price = model.markets[m].price
            kept, cost, weights = [], [], []
            for route in routes:
                left = exp(-risk[route.stem] - belief[route.last]) - paid[route.number]
                way = q.transport * route.km
                kept.append(left)
                cost.append(way)
                weights.append((price * left - way - q.source_price) / model.scale + route.size)
            best = max(weights)
            weights = [exp(w - best) for w in weights]
            total = sum(weights)
            slope = mean = 0.0
            for route, weight, left, way in zip(routes, weights, kept, cost):
                share = shares[route.number]
                share += speed * (weight / total - share)
                shares[route.number] = share
                slope += share * left
                mean += share * way
            self.plan_value[m] = best + math.log(total)
            self.plan_kept[m], self.plan_cost[m] = slope, mean
        passing = [exp(-q.transit_risk * sum([belief[l] for l in model.ways[w].links])) for w in self.ways]
        for form in (0, 1):
            values = []
            for w, passed in zip(self.ways, passing):
                way = model.ways[w]
                values.append(q.success * (way.goal.price[form] * passed - q.journey_cost * way.km))
            best = max(values, default=0.0)
            weights = [exp((v - best) / model.people_scale) for v in values]
            total = sum(weights)
            mine = self.people_share[form]
            self.people_share[form] = mine = [s + speed * (w / total - s) for s, w in zip(mine, weights)]
            self.people_value[form] = sum([s * v for s, v in zip(mine, values)])

    def work(self) -> None:
        model, q = self.model, self.model.q
        offers = self._choose(model, q)
        size, trade = self.capacity, self.trade
        trips = [0.0] * model.facts.number_of_corridors
        labour, sexual = size * trade[1] * PERSONS, size * trade[2] * PERSONS
        for w, a, b in zip(self.ways, *self.people_share):
            way = model.ways[w]
            a, b = labour * a, sexual * b
            way.attempts[0] += a
            way.attempts[1] += b
            n = (a + b) / PERSONS
            for l in way.links:
                trips[l] += n
        kg = min(size * trade[0] * q.load, 2.0 * max(0.0, self.capital) / q.source_price)
        entering, worth, revenue = self._carry(model, kg)
        spent, lost = kg * q.source_price + size * q.journey_fixed, 0.0
        belief, learning = self.belief, q.learning
        for l, corridor in enumerate(model.corridors):
            flow = entering[l]
            if flow > 0.0:
                gone = flow * (1.0 - corridor.through)
                corridor.carried += flow
                corridor.seized += gone
                lost += gone
                trips[l] += flow / q.load
                paid = worth[l] * corridor.bribe
                spent += flow * corridor.km * q.transport + paid
                corridor.ends[0].income += 0.5 * paid
                corridor.ends[1].income += 0.5 * paid
            if trips[l] > 0.02:
                belief[l] += learning * (trips[l] / (trips[l] + 2.0)) * (corridor.hazard - belief[l])
            else:
                belief[l] += 0.02 * (q.hazard_mean - belief[l])
        people = size * (trade[1] * offers[1] + trade[2] * offers[2])
        profit = revenue + people - spent
        if kg > 0.0:
            self.loss += 0.1 * (lost / kg - self.loss)
        self.capital += profit - 0.03 * max(0.0, self.capital)
        self.returns += 0.25 * (profit / (spent + 0.3 * abs(people) + 1.0) - self.returns)
        room = q.size_alone * (1.0 + model.posts[model.facts.place_post[self.home]].corrupt)
        pace = q.growth * (math.tanh(1.5 * self.returns) - size / room)
        self.capacity = min(SIZE_CAP, max(0.5, size * math.exp(pace)))

    def _choose(self, model: Any, q: Any) -> list[float]:
        """Move market and trade shares; what a journey in each trade offers."""
        pulls = [v + u for v, u in zip(self.plan_value, model.log_users)]
        best = max(pulls)
        pulls = [math.exp(v - best) for v in pulls]
        total, gain = sum(pulls), 0.0
        for m, pull in enumerate(pulls):
            share = self.market_share[m]
            self.market_share[m] = share = share + q.market_speed * (pull / total - share)
            gain += share * (model.markets[m].price * self.plan_kept[m] - self.plan_cost[m])
        offers = [q.load * (gain - q.source_price), PERSONS * self.people_value[0], PERSONS * self.people_value[1]]
        width = q.trade_width * (0.5 * (abs(offers[0]) + abs(offers[1]) + abs(offers[2])) + q.journey_fixed)
        best = max(offers)
        weights = [math.exp((v - best) / width) for v in offers]
        total = sum(weights)
        self.trade = [
            t + q.trade_speed * (0.96 * w / total + 0.04 / 3.0 - t) for t, w in zip(self.trade, weights)
        ]
        return offers

    def _carry(self, model: Any, kg: float) -> tuple[list[float], list[float], float]:
        """Carry loads along common stems: kg and worth entering each corridor, and what sales bring."""
        entering, worth = ([0.0] * model.facts.number_of_corridors for _ in range(2))
        shares, through, survive = self.route_share, model.through, model.survive
        load, value = [0.0] * len(survive), [0.0] * len(survive)
        whole, revenue = sum([s for s in self.market_share if s >= 1e-6]), 0.0
        for m, part in enumerate(self.market_share):
            if part < 1e-6:
                continue
            market, routes = model.markets[m], model.facts.routes[m]
            used = [(r, shares[r.number]) for r in routes if shares[r.number] > 0.02]
            total, price, came = sum([s for _, s in used]), market.price, 0.0
            for route, share in used:
                flow = kg * part / whole * share / total
                stem, last = route.stem, route.last
                load[stem] += flow
                value[stem] += flow * price
                flow *= survive[stem]
                entering[last] += flow
                worth[last] += flow * price
                came += flow * through[last]
            market.arrivals += came
            revenue += came * price
        for node, parent, l in model.facts.backwards:
            flow = load[node]
            if flow > 0.0:
                paid, left = value[node], survive[parent]
                load[parent] += flow
                value[parent] += paid
                entering[l] += flow * left
                worth[l] += paid * left
        return entering, worth, revenue

    def endure(self) -> None:
        """End by arrest, attrition or ruin, or grow a month older."""
        model, q = self.model, self.model.q
        hazard = q.attrition + q.arrest * math.sqrt(self.capacity / 10.0) * (0.3 + 8.0 * min(0.5, self.loss))
        if uniform(model.key, _EXIT, model.month, self.slot, self.age) < 1.0 - math.exp(-hazard) or self.capital < 0.0:
            model.slots[self.slot] = None
            self.remove()  # type: ignore[attr-defined]
        else:
            self.age += 1


class Gang:
    """A network from which organisations are founded."""

    model: Any

    def setup(self, number: int) -> None:
        self.number = number

    def found(self) -> None:
        model, q = self.model, self.model.q
        slots = model.slots
        number = len(slots) - slots.count(None)
        rate = q.entry_rate / 12.0 * math.tanh(max(0.1, model.hoped)) * max(0.0, 1.0 - number / len(slots))
        if uniform(model.key, _ENTRY, model.month, self.number, 0) >= 1.0 - math.exp(-rate) or number == len(slots):
            return
        at = uniform(model.key, _HOME, model.month, self.number, 0)
        weights = model.facts.gang_home[self.number]
        home = next((p for p, reached in enumerate(weights) if at < reached), len(weights) - 1)
        model.found(slots.index(None), home, 1.0, model.hoped)


class Market:
    """A place where opiates are sold and used."""

    model: Any

    def setup(self, people: float, price: float, stock: float, users: float) -> None:
        self.people, self.price, self.norm, self.stock, self.users = people, price, price, stock, users
        self.arrivals = 0.0

    def clear(self) -> None:
        self.arrivals = 0.0

    def sell(self) -> None:
        q = self.model.q
        reference = 3.0 * q.source_price
        have = self.stock + self.arrivals
        need = q.use_per_person * self.users / 12.0
        level = math.log(need / (have + 0.05 * need) * q.holding_months) + q.elasticity * math.log(reference)
        level += q.stock_elasticity * math.log(self.norm)
        price = min(PRICE_HIGH, max(PRICE_LOW, math.exp(level / (q.elasticity + q.stock_elasticity))))
        sale = min(have, need * (price / reference) ** (-q.elasticity))
        self.price, self.stock = price, have - sale
        self.norm = math.exp((11.0 * math.log(self.norm) + math.log(price)) / 12.0)
        ratio = math.sqrt(reference / price)
        yearly = self.users * (q.start_rate * min(5.0, ratio) * (1.0 - self.users / (q.users_limit * self.people))
                               - q.stop_rate * min(4.0, 1.0 / ratio))
        self.users = max(1.0, self.users + yearly / 12.0)


class State:
    """A state: people found, in care, and out of exploitation there."""

    model: Any

    def setup(self, number: int) -> None:
        self.number = number
        self.intercepted = self.identified = self.out = self.in_care = self.again = 0

    def clear(self) -> None:
        self.intercepted = self.out = self.again = 0

    def open(self) -> None:
        self.identified = self.intercepted

    def care(self) -> None:
        model = self.model
        u = uniform(model.key, _CARE, model.month, self.number, 0)
        done = binomial(u, self.in_care, 1.0 - math.exp(-1.0 / model.q.care_months))
        self.in_care += self.identified - done


class Destination:
    """A place where people are exploited."""

    model: Any

    def setup(self, number: int, people: float, state: State, post: Post, price: float, exploited: list[int]) -> None:
        self.number, self.people, self.state, self.post = number, people, state, post
        self.price, self.exploited, self.arrived = [price, price], exploited, [0, 0]

    def clear(self) -> None:
        self.arrived = [0, 0]

    def bid(self) -> None:
        q = self.model.q
        choke = 3.0 * q.people_price
        for form in (0, 1):
            price = self.price[form]
            wanted = q.demand_share * self.people * max(0.0, 1.0 - price / choke)
            now = self.exploited[form]
            price *= math.exp(q.price_speed * (wanted - now) / (wanted + now + 1.0))
            self.price[form] = min(0.98 * choke, max(0.02 * choke, price))

    def release(self) -> None:
        model, q, state = self.model, self.model.q, self.state
        found = q.search * (1.0 - self.post.corrupt)
        total = found + q.escape + 1.0 / q.spell_months
        leaves = 1.0 - math.exp(-total)
        for form in (0, 1):
            cell = 2 * self.number + form
            left = binomial(uniform(model.key, _EXITS, model.month, cell, 0), self.exploited[form], leaves)
            seen = binomial(uniform(model.key, _SPLIT, model.month, cell, 0), left, found / total)
            caught = binomial(uniform(model.key, _AGAIN, model.month, cell, 0), left - seen, q.again)
            state.identified += seen
            state.out += left - seen - caught
            state.again += caught
            self.exploited[form] += caught - left + self.arrived[form]


class Way:
    """A way that people are taken: from a place to a destination."""

    model: Any

    def setup(self, number: int, links: list[int], km: float, people: float, goal: Destination) -> None:
        self.number, self.links, self.km, self.people, self.goal = number, links, km, people, goal
        self.attempts, self.recruits = [0.0, 0.0], [0, 0]

    def clear(self) -> None:
        self.attempts = [0.0, 0.0]

    def recruit(self) -> None:
        model, q, goal = self.model, self.model.q, self.goal
        hazard = model.hazards
        chance = 1.0 - math.exp(-q.transit_risk * sum([hazard[l] for l in self.links]))
        pool = q.open_share * self.people
        for form in (0, 1):
            tried = q.success * self.attempts[form]
            mean = pool * tried / (pool + tried + 1e-12)
            number = poisson(uniform(model.key, _RECRUITS, model.month, self.number, form), mean)
            found = binomial(uniform(model.key, _INTERCEPTED, model.month, self.number, form), number, chance)
            self.recruits[form] = number
            goal.state.intercepted += found
            goal.arrived[form] += number - found


KINDS: tuple[type, ...] = (Post, Corridor, Organisation, Gang, Market, State, Destination, Way)

STAGES: tuple[tuple[type | None, str], ...] = (
    (Post, "act"), (Corridor, "detect"), (None, "look"), (Organisation, "plan"),
    (Corridor, "clear"), (Post, "clear"), (Market, "clear"), (Way, "clear"), (Organisation, "work"),
    (Organisation, "endure"), (None, "hope"), (Gang, "found"), (Market, "sell"),
    (State, "clear"), (Destination, "clear"), (Way, "recruit"), (Destination, "bid"),
    (State, "open"), (Destination, "release"), (State, "care"),
)
"""The month: who acts, and how; what has no kind is done by the model itself."""
