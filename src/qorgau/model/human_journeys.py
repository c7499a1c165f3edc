"""People recruited by pair and form, their ways, and who is found on them: one run's month of the trade in people.

Whole numbers throughout. What a count needs is worked out in rows before it is taken (module ``counts``); corridors and
states then gather what the ways carried.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from qorgau.model.clock import memory
from qorgau.model.compiled import compiled, inlined
from qorgau.model.counts import Waiting, many_binomials, poissons, room_to_wait, whole_eights
from qorgau.model.exponentials import fall
from qorgau.model.streams import Stream, binomial, uniform, way_item

__all__ = ["Room", "recruit", "room_for", "set_out", "travel"]

SMOOTHING = memory(0.3)
"""Weight of this month in the smoothed number of recruits per attempt."""

_S_RECRUITS = int(Stream.RECRUITS)
_S_CHILDREN = int(Stream.RECRUITS_CHILDREN)
_S_THERE = int(Stream.RECRUITS_THERE)
_S_ROUTE = int(Stream.RECRUITS_ROUTE)
_S_FOUND = int(Stream.INTERCEPTED)


class Room(NamedTuple):
    """Work space of one run.

    Attributes
    ----------
    singles, tried, most, met : ndarray, shape (cells,)
        Of cells: attempts of one who works alone on each way, all attempts, people who can be won, recruits expected.
    busy, number, young, there, caught : ndarray of int64
        Cells with recruits, how many, children among them, how many work there already and make no journey, and how
        many were found on the way.
    left, weight, line, taken : ndarray
        Of those cells while people are spread over ways: people and attempts left, who is still waiting, who goes.
    here, who, whose, rank : ndarray of int64
        Ways with people: how many, which, the place of its cell in ``busy``, and its rank among the pair's ways.
    u, drawn, chance, nobody : ndarray
        What rows of counts are drawn with.
    u_there, chance_there : ndarray
        The same for those who work there already.
    waiting : Waiting
        Work space of counts.
    flow : ndarray of int64, shape (nodes, forms)
        People, not found out, who pass a node of the tree of ways.
    gone : ndarray of int64, shape (ways,)
        People, not found out, on a way.
    risk : ndarray, shape (nodes,)
        Hazard met from a node to the end.
    """

    singles: np.ndarray
    tried: np.ndarray
    most: np.ndarray
    met: np.ndarray
    busy: np.ndarray
    number: np.ndarray
    young: np.ndarray
    there: np.ndarray
    caught: np.ndarray
    left: np.ndarray
    weight: np.ndarray
    line: np.ndarray
    taken: np.ndarray
    here: np.ndarray
    who: np.ndarray
    whose: np.ndarray
    rank: np.ndarray
    u: np.ndarray
    drawn: np.ndarray
    chance: np.ndarray
    nobody: np.ndarray
    u_there: np.ndarray
    chance_there: np.ndarray
    waiting: Waiting
    flow: np.ndarray
    gone: np.ndarray
    risk: np.ndarray


@inlined
def room_for(cells, routes, nodes, forms):
    """Work space; lists that are filled without a branch have a place more than can be used."""
    many = whole_eights(max(cells, routes * forms) + 2)
    of = np.empty((12, many))
    whole = np.empty((11, many), dtype=np.int64)
    return Room(
        of[0][:cells], of[1][:cells], of[2][:cells], of[3][:whole_eights(cells)], whole[0], whole[1], whole[2],
        whole[3], whole[4], whole[5], of[4], whole[6], whole[7], whole[8], whole[9], whole[10],
        np.empty(many, dtype=np.int64), of[5], of[6], of[7], of[8], of[9], of[10], room_to_wait(many),
        np.empty((nodes, forms), dtype=np.int64), np.empty(routes, dtype=np.int64), np.zeros(nodes),
    )


@inlined
def recruit(key, month, ways, room, pool_children, pool_there, effectiveness, recruits, children, recruits_there):
    """Draw recruits, children among them, and who is there already; returns how many cells have recruits (``busy``)."""
    u, chance, nobody, met = room.u, room.chance, room.nobody, room.met
    cells = room.tried.shape[0]
    for i in range(cells):
        u[i] = uniform(key, _S_RECRUITS, month, ways.entity[i], ways.form[i])
    for i in range(cells):
        nobody[i] = fall(met[i])
        some = room.tried[i] > 0.0 and room.most[i] > 0.0
        chance[i] = met[i] / room.tried[i] if some else (1.0 if room.most[i] > 0.0 else 0.0)
    poissons(cells, u, met, nobody, room.drawn, room.waiting)
    count = 0
    for i in range(cells):
        n = int(room.drawn[i])
        spot = ways.spot[i]
        effectiveness[spot] += SMOOTHING * (chance[i] - effectiveness[spot])
        recruits[spot] = n
        children[spot] = 0
        recruits_there[spot] = 0
        room.busy[count] = i
        room.number[count] = n
        count += 1 if n > 0 else 0
    for c in range(count):
        i = room.busy[c]
        u[c] = uniform(key, _S_CHILDREN, month, ways.entity[i], ways.form[i])
        room.u_there[c] = uniform(key, _S_THERE, month, ways.entity[i], ways.form[i])
        room.drawn[c] = room.number[c]
        chance[c] = pool_children[ways.pair[i]]
        room.chance_there[c] = pool_there[ways.pair[i]]
    many_binomials(count, u, room.drawn, chance, nobody, room.young, room.waiting)
    many_binomials(count, room.u_there, room.drawn, room.chance_there, nobody, room.there, room.waiting)
    for c in range(count):
        spot = ways.spot[room.busy[c]]
        children[spot] = room.young[c]
        recruits_there[spot] = room.there[c]
    return count


@inlined
def set_out(key, month, ways, room, count, attempts):
    """Spread recruits who have a journey before them over the ways of their pair in proportion to attempts.

    Returns how many ways have people.

    All pairs at once draw who takes their first way, then those with more ways who takes the second, and so on.
    """
    here, who, whose, rank_of = room.here, room.who, room.whose, room.rank
    found = 0
    waiting = 0
    for c in range(count):
        i = room.busy[c]
        left = room.number[c] - room.there[c]
        room.left[c] = left
        room.weight[c] = room.tried[i]
        only = ways.first[i] == ways.last[i]
        here[found] = left
        who[found] = ways.order[ways.first[i]]
        whose[found] = c
        rank_of[found] = 0
        found += 1 if only and left > 0 else 0
        room.line[waiting] = c
        waiting += 0 if only or left == 0 else 1
    rank = 0
    while waiting > 0:
        for w in range(waiting):
            c = room.line[w]
            i = room.busy[c]
            tries = attempts[ways.order[ways.first[i] + rank], ways.form[i]] + room.singles[i]
            room.chance[w] = min(1.0, tries / max(room.weight[c], 1e-300))
            room.weight[c] -= tries
            room.drawn[w] = room.left[c]
            room.u[w] = uniform(key, _S_ROUTE, month, ways.entity[i], way_item(rank, ways.form[i]))
        many_binomials(waiting, room.u, room.drawn, room.chance, room.nobody, room.taken, room.waiting)
        still = 0
        for w in range(waiting):
            c = room.line[w]
            i = room.busy[c]
            n = room.taken[w]
            rest = room.left[c] - n
            room.left[c] = rest
            here[found] = n
            who[found] = ways.order[ways.first[i] + rank]
            whose[found] = c
            rank_of[found] = rank
            found += 1 if n > 0 else 0
            # the last way takes who is left
            last = ways.first[i] + rank + 1 == ways.last[i]
            here[found] = rest
            who[found] = ways.order[ways.last[i]]
            whose[found] = c
            rank_of[found] = rank + 1
            found += 1 if last and rest > 0 else 0
            room.line[still] = c
            still += 1 if rest > 0 and not last else 0
        waiting = still
        rank += 1
    return found


@compiled
def _find(key, month, entity, item, h, f, found, chance, ptr, links, c_from, c_to, place_state, hazard, home, goal,
          intercepted, carried, transit):
    """Place each person found on route h on the corridor where the hazard met reaches a truncated exponential."""
    for person in range(found):
        u = uniform(key, _S_FOUND, month, entity, item + 2 * person + 8)
        depth = -math.log(1.0 - u * chance)
        seen = 0
        last = ptr[h + 1] - 1
        for i in range(ptr[h], ptr[h + 1]):
            k = links[i]
            s = place_state[c_from[k]]
            if s != home and s != goal and (seen >> s) & 1 == 0:
                transit[s] += 1
                seen |= 1 << s
            carried[k, f] += 1
            depth -= hazard[k]
            if depth <= 0.0 or i == last:
                intercepted[place_state[c_to[k]]] += 1
                break


@inlined
def travel(key, month, ways, room, count, found, hazard, ptr, links, c_from, c_to, place_state, routes, intercepted,
           carried, transit):
    """Carry people on ``found`` ways, some of whom are found on the way (``caught``, by cell)."""
    room.flow[:] = 0
    room.gone[:] = 0
    routes[:] = 0
    carried[:] = 0
    for c in range(count):
        room.caught[c] = 0
    for v in range(1, ways.parent.shape[0]):
        room.risk[v] = room.risk[ways.parent[v]] + hazard[ways.link[v]]
    for m in range(found):
        i = room.busy[room.whose[m]]
        room.u[m] = uniform(key, _S_FOUND, month, ways.entity[i], way_item(room.rank[m], ways.form[i]))
    for m in range(found):
        h = room.who[m]
        n = room.here[m]
        c = room.whose[m]
        i = room.busy[c]
        f = ways.form[i]
        risk = room.risk[ways.end[h]]
        u = room.u[m]
        caught = 0
        # most journeys are found out by no one, which is settled without an exponential: exp(-x) is 1 - x or more
        if u > 1.0 - risk * n and u > math.exp(-risk * n):
            chance = 1.0 - math.exp(-risk)
            caught = binomial(u, n, chance)
            if caught > 0:
                _find(key, month, ways.entity[i], way_item(room.rank[m], f), h, f, caught, chance, ptr, links, c_from,
                      c_to, place_state, hazard, ways.home[i], ways.goal[i], intercepted, carried, transit)
        room.caught[c] += caught
        routes[h, f] = n
        room.flow[ways.end[h], f] += n - caught
        room.gone[h] += n - caught
    for e in range(ways.passed_way.shape[0]):
        h = ways.passed_way[e]
        transit[ways.passed_state[e]] += room.gone[h]
    for v in range(ways.parent.shape[0] - 1, 0, -1):
        for f in range(2):
            carried[ways.link[v], f] += room.flow[v, f]
            room.flow[ways.parent[v], f] += room.flow[v, f]
