"""The stand-in as plain Python objects; ``Stage`` is what it shares with the version in Mesa."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.peers import entities
from benchmarks.peers.entities import KINDS, STAGES, facts
from benchmarks.peers.network import PARAMETERS, Network


class Stage:
    """One run: its numbers, entities by number, and what is looked up once a month.

    ``begun`` is the state that `network.begin` makes, ``row`` the run in it. Subclasses say how an entity is made
    (`make`) and how all of a kind act.
    """

    def arrange(self, net: Network, parameters: np.ndarray, key: int, begun: dict[str, np.ndarray], row: int) -> None:
        """Make all entities."""
        self.q: Any = SimpleNamespace(**{name: float(parameters[row][name]) for name in PARAMETERS.names or ()})
        self.key, self.month, self.facts = int(key), 0, facts(net)
        first = {name: array[row].tolist() for name, array in begun.items()}
        self.posts = [self.make("Post", n, c) for n, c in zip(net.post_officials.tolist(), first["corrupt"])]
        self.corridors = [
            self.make("Corridor", l, km, watch, (self.posts[a], self.posts[b])) for l, (km, watch, (a, b)) in
            enumerate(zip(net.corridor_km.tolist(), net.corridor_watch.tolist(), net.corridor_posts.tolist()))
        ]
        self.markets = [self.make("Market", *x) for x in
                        zip(net.market_people.tolist(), first["price"], first["stock"], first["users"])]
        self.states = [self.make("State", s) for s in range(net.states)]
        self.destinations = [
            self.make("Destination", d, people, self.states[s], self.posts[p], first["people_price"][d][0],
                      list(first["exploited"][d]))
            for d, (people, s, p) in enumerate(zip(net.destination_people.tolist(), net.destination_state.tolist(),
                                                   net.destination_post.tolist()))
        ]
        self.ways = [
            self.make("Way", w, links, km, people, self.destinations[d]) for w, (links, km, people, d) in
            enumerate(zip(self.facts.way_links, net.way_km.tolist(), net.way_people.tolist(),
                          net.way_destination.tolist()))
        ]
        self.gangs = [self.make("Gang", n) for n in range(len(net.gang_start))]
        self.slots: list[Any] = [None] * net.slots
        for slot, here in enumerate(first["active"]):
            if here:
                self.found(slot, first["home"][slot], 2.0, 0.2)

    def make(self, kind: str, *given: Any) -> Any:
        """Make an entity of a kind."""
        raise NotImplementedError

    def found(self, slot: int, home: int, scale: float, returns: float) -> None:
        """Found an organisation in an empty slot."""
        users = [m.users for m in self.markets]
        self.slots[slot] = self.make("Organisation", slot, home, self.q, scale, returns, users)

    def look(self) -> None:
        """What all organisations see this month."""
        users = [m.users for m in self.markets]
        mean = sum([m.price * m.users for m in self.markets]) / sum(users)
        self.scale = self.q.choice_scale * mean
        level = sum([d.price[0] + d.price[1] for d in self.destinations]) / (2.0 * len(self.destinations))
        self.people_scale = 2.0 * self.q.choice_scale * level
        self.log_users = [math.log(u) for u in users]
        bribes = [c.bribe for c in self.corridors]
        self.hazards = [c.hazard for c in self.corridors]
        self.through = [c.through for c in self.corridors]
        owed, self.survive = [0.0], [1.0]
        for node, l in self.facts.growth:
            owed.append(owed[node] + bribes[l])
            self.survive.append(self.survive[node] * self.through[l])
        self.paid = [owed[r.stem] + bribes[r.last] for routes in self.facts.routes for r in routes]

    def hope(self) -> None:
        """Mean return of the living, which founders hope for."""
        living = [o.returns for o in self.slots if o is not None]
        self.hoped = sum(living) / len(living) if living else 0.2

    def state(self) -> dict[str, np.ndarray]:
        """What is compared, as arrays without the axis of runs."""
        alive = [o for o in self.slots if o is not None]
        count, markets = len(self.slots), len(self.markets)

        def own(read: Any, *shape: int) -> np.ndarray:
            out = np.zeros((count, *shape))
            for o in alive:
                out[o.slot] = read(o)
            return out

        out = {name: own(lambda o, name=name: getattr(o, name))
               for name in ("home", "age", "capacity", "capital", "returns", "loss")}
        out |= {"active": own(lambda o: 1), "trade": own(lambda o: o.trade, 3),
                "market_share": own(lambda o: o.market_share, markets),
                "people_value": own(lambda o: o.people_value, 2)}
        for names, these in (
            (("noise", "hazard", "bribe", "carried", "seized"), self.corridors), (("corrupt", "income"), self.posts),
            (("price", "norm", "stock", "users", "arrivals"), self.markets), (("attempts", "recruits"), self.ways),
            (("arrived", "exploited"), self.destinations),
            (("intercepted", "identified", "out", "in_care", "again"), self.states),
        ):
            out |= {name: np.array([getattr(x, name) for x in these], dtype=np.float64) for name in names}
        return out | {"people_price": np.array([d.price for d in self.destinations])}


def _plain(kind: type) -> type:
    def make(self: Any, model: Any, *given: Any) -> None:
        self.model = model
        self.setup(*given)

    def remove(self: Any) -> None:
        self.model.of_kind[kind].remove(self)

    return type(kind.__name__, (kind,), {"__init__": make, "remove": remove})


_CLASSES = {kind.__name__: (kind, _plain(kind)) for kind in KINDS}


class Model(Stage):
    """The stand-in with entities in lists."""

    def __init__(self, net: Network, parameters: np.ndarray, key: int, begun: dict[str, np.ndarray], row: int = 0):
        self.of_kind: dict[type, list[Any]] = {kind: [] for kind in KINDS}
        self.arrange(net, parameters, key, begun, row)

    def make(self, kind: str, *given: Any) -> Any:
        base, own = _CLASSES[kind]
        made = own(self, *given)
        self.of_kind[base].append(made)
        return made

    def step(self) -> None:
        """One month."""
        for kind, what in STAGES:
            if kind is None:
                getattr(self, what)()
            else:
                for entity in list(self.of_kind[kind]):
                    getattr(entity, what)()
        self.month += 1


__all__ = ["Model", "Stage", "entities"]
