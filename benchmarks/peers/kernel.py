"""The stand-in compiled: eight runs side by side in rows of eight doubles, one function a process, a month one call.

Nothing is kept on disk: the stamp of the model's cache knows the files of the model only.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from benchmarks.peers.kernel_block import Numbers, Places, Rows, fixed, places, rows_of, walks, written
from benchmarks.peers.kernel_life import live, release, trade_people
from benchmarks.peers.kernel_routes import plan
from benchmarks.peers.kernel_rows import draws, fused, lent, logarithms, normals, part, rise, roots
from benchmarks.peers.kernel_work import work
from benchmarks.peers.network import COMPARED, PRICE_HIGH, PRICE_LOW, RANGES, Network
from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, least, most, put, row, spread
from qorgau.model.streams import Stream

_NOISES = int(Stream.CORRIDOR_NOISE)
_LOW, _HIGH, _ROOT = PRICE_LOW, PRICE_HIGH, math.sqrt(0.19)
_NAMES = list(RANGES)
(_MEAN, _SPREAD, _BRIBES, _RENT, _FEAR, _TEMPERATURE, _CONDUCT, _SOURCE, _ELASTICITY, _STOCKED, _HOLDING, _USE, _START,
 _STOP, _LIMIT) = (_NAMES.index(name) for name in (
     "hazard_mean", "noise_spread", "bribe_level", "rent_value", "fear", "temperature", "conduct_speed", "source_price",
     "elasticity", "stock_elasticity", "holding_months", "use_per_person", "start_rate", "stop_rate", "users_limit"))
_R, _N, _P = Rows, Numbers, Places
(_PARAMETERS, _NOISE, _HAZARD, _BRIBE, _CORRUPT, _INCOME, _PRICE, _NORM, _STOCK, _USERS, _ARRIVALS, _FEW) = (
    int(i) for i in (_R.PARAMETERS, _R.NOISE, _R.HAZARD, _R.BRIBE, _R.CORRUPT, _R.INCOME, _R.PRICE, _R.NORM, _R.STOCK,
                     _R.USERS, _R.ARRIVALS, _R.FEW))
_WATCH, _WAGES, _PEOPLE, _POSTS = int(_N.WATCH), int(_N.WAGES), int(_N.MARKET_PEOPLE), int(_P.POSTS)


@inlined
def _officials(x, at, n, nat):
    q, corrupt, income, wages = (part(x, at, _PARAMETERS), part(x, at, _CORRUPT), part(x, at, _INCOME),
                                 part(n, nat, _WAGES))
    cold, unit = spread(1.0) / row(q, _TEMPERATURE), spread(1.0)
    for p in range(len(corrupt)):
        worth = logarithms(fused(row(income, p), spread(1.0 / wages[p]), unit))
        pull = fused(row(q, _RENT), worth, spread(0.0) - row(q, _FEAR)) * cold
        was = row(corrupt, p)
        put(corrupt, p, fused(row(q, _CONDUCT), unit / (unit + rise(spread(0.0) - pull)) - was, was))


@inlined
def _detection(x, at, n, nat, i, iat, keys, month):
    q, corrupt, noise, hazard, bribe = (part(x, at, _PARAMETERS), part(x, at, _CORRUPT), part(x, at, _NOISE),
                                        part(x, at, _HAZARD), part(x, at, _BRIBE))
    few, watch, posts = part(x, at, _FEW), part(n, nat, _WATCH), part(i, iat, _POSTS)
    wide = row(q, _SPREAD)
    middle = spread(-0.5) * wide * wide
    for l in range(len(watch)):
        z = normals(draws(keys, _NOISES, month, l, 0), few)
        now = fused(spread(0.9), row(noise, l), spread(_ROOT) * z)
        put(noise, l, now)
        honest = row(q, _MEAN) * spread(watch[l]) * rise(fused(wide, now, middle))
        look = spread(0.5) * (row(corrupt, posts[2 * l]) + row(corrupt, posts[2 * l + 1]))
        put(hazard, l, honest * (spread(1.0) - look))
        put(bribe, l, row(q, _BRIBES) * look * honest)


@inlined
def _market(x, at, n, nat):
    q, people = part(x, at, _PARAMETERS), part(n, nat, _PEOPLE)
    price, norm, stock, users, arrivals = (part(x, at, _PRICE), part(x, at, _NORM), part(x, at, _STOCK),
                                           part(x, at, _USERS), part(x, at, _ARRIVALS))
    unit, twelfth = spread(1.0), spread(1.0 / 12.0)
    reference = spread(3.0) * row(q, _SOURCE)
    told, elastic = logarithms(reference), row(q, _ELASTICITY)
    both = unit / (elastic + row(q, _STOCKED))
    for m in range(len(people)):
        have = row(stock, m) + row(arrivals, m)
        need = row(q, _USE) * row(users, m) * twelfth
        usual = logarithms(row(norm, m))
        level = logarithms(need / fused(spread(0.05), need, have) * row(q, _HOLDING))
        level = fused(elastic, told, level) + row(q, _STOCKED) * usual
        p = least(spread(_HIGH), most(spread(_LOW), rise(level * both)))
        now = logarithms(p)
        sale = least(have, need * rise(elastic * (told - now)))
        put(price, m, p)
        put(norm, m, rise(fused(spread(11.0), usual, now) * twelfth))
        put(stock, m, have - sale)
        ratio = roots(reference / p)
        was = row(users, m)
        start = row(q, _START) * least(spread(5.0), ratio) * (unit - was / (row(q, _LIMIT) * spread(people[m])))
        stop = row(q, _STOP) * least(spread(4.0), unit / ratio)
        put(users, m, most(unit, fused(was * (start - stop), twelfth, was)))


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _month(x, at, n, nat, i, iat, walks, keys, runs, month):
    x, n, i, at, nat, iat = lent(x), lent(n), lent(i), lent(at), lent(nat), lent(iat)
    _officials(x, at, n, nat)
    _detection(x, at, n, nat, i, iat, keys, month)
    plan(x, at, n, nat, i, iat, walks, month)
    work(x, at, n, nat, i, iat)
    live(x, at, n, nat, i, iat, keys, month)
    _market(x, at, n, nat)
    trade_people(x, at, n, nat, i, iat, keys, runs, month)
    release(x, at, n, nat, i, iat, keys, month)


class Model:
    """The stand-in for any number of runs, eight at a time; what is left over of the last eight repeats its first."""

    def __init__(self, net: Network, parameters: np.ndarray, keys: np.ndarray, begun: dict[str, np.ndarray]):
        self.net, self.begun, self.month = net, begun, 0
        self._numbers, self._places = fixed(net), places(net)
        runs = len(keys)
        self._which = [np.arange(first, min(first + LANES, runs)) for first in range(0, runs, LANES)]
        self._blocks = []
        walked = walks(net, self._places)
        for some in self._which:
            eight = np.concatenate([some, np.repeat(some[:1], LANES - len(some))])
            x, at = rows_of(net, parameters, begun, eight, self._places)
            self._blocks.append((x, at, *self._numbers, *self._places, walked, keys[eight], np.arange(LANES)))

    def step(self) -> None:
        """One month."""
        for block in self._blocks:
            _month(*block, self.month)
        self.month += 1

    def memory(self) -> dict[str, np.ndarray]:
        """All that a model holds, to go on from later."""
        return {"month": np.array(self.month)} | {str(b): x.copy() for b, (x, *_) in enumerate(self._blocks)}

    def remember(self, held: dict[str, np.ndarray]) -> None:
        """Go on from what ``memory`` gave."""
        self.month = int(held["month"])
        for b, (x, *_) in enumerate(self._blocks):
            x[:] = held[str(b)]

    def state(self) -> dict[str, np.ndarray]:
        """What is compared, as arrays with the runs first."""
        out = {name: self.begun[name].copy() for name in COMPARED}
        values, at = self._places
        ways = values[at[Places.WAY]:at[Places.WAY + 1]]
        for (x, begins, *_), some in zip(self._blocks, self._which, strict=True):
            written(self.net, x, begins, ways, out, some)
        return out
