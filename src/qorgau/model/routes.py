"""Routes: what an organisation believes each way costs, and how it shares its journeys among them.

Candidate routes are given (``route_sets``). With believed hazards ``rb`` of the corridors, the expected net
return of a kg sent to market m by route r is

    pi_r = P_m (exp(-sum rb) - sum b) - sum (ckm km + vp rb + China's barrier) - P_A

with km and vp as ``transport`` weighs them, and shares follow a path-size logit (Ben-Akiva and Bierlaire 1999),
u_r = pi_r/s_m + bps ln PS_r. Errors in judging a way grow with what it costs (Fosgerau and Bierlaire 2009):
s_m = min(way_scale C_m, theta Pbar), C_m the whole cost of the best way to m, so ways are told apart no less sharply
than markets (nested logit, McFadden 1978).
Risk is paid for in dollars per kg and unit hazard ("risks and prices", Reuter and Kleiman 1986): a premium
proportional to the price leaves no price that clears. China's barrier is pay for a punishment that threatens at the
crossing and all along the way, so links bear it by their exposure. Habit is a partial adjustment towards the logit
shares (a log-share term only rescales theta). Beliefs learn from an organisation's own losses and, less, from its
network's, and follow what is to be seen of the watch where it has little experience. Ways for people are shared by
a logit on what a person brings, with twice the scale; who is there already asks for no journey and meets no risk.

The official way by air is open to official rackets while the forces whose flights it uses stand in Tajikistan.
An organisation plans every third month, in turn; between plans it reacts to prices only through the shares of
markets (see ``organisations``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qorgau.model import transport
from qorgau.model.clock import STEPS
from qorgau.model.compiled import compiled, inlined
from qorgau.model.derived import destination_states, of_map
from qorgau.model.drug_market import china_links, far_markets
from qorgau.model.exponentials import fall, logarithm
from qorgau.model.lanes import LANES, apart, ask, beside, put, row, spread
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.route_choice import TOGETHER, china_pay, choose, expect, foresee
from qorgau.model.route_lists import PlanLists, bare_rows, plan_lists_of, plan_room
from qorgau.model.route_tree import Stems, WayTrees, way_trees_of
from qorgau.model.route_ways import weigh_ways
from qorgau.model.state import State
from qorgau.model.world import World

__all__ = ["PARAMETERS", "PLAN_EVERY", "Geometry", "advance", "geometry_of", "seen", "start"]

PLAN_EVERY = 3 * STEPS
"""Steps between two route plans of an organisation (measured: three months against one, results barely change)."""

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("choice_scale", "1", "scale of the route logit, as a fraction of the mean price", 1e-3),
    Parameter("way_scale", "1", "scale of the choice among ways to a market, over the cost of the best", 1e-3),
    Parameter("path_size_weight", "1", "weight of the path-size term", 0.0),
    Parameter("route_speed", "1/month", "share of journeys that can change route in a month", 0.0, 1.0),
    Parameter("transport_cost", "USD/kg/km", "cost of carrying on a fair road"),
    Parameter("rail_cost", "1", "cost of carrying by rail over that on a fair road", 0.01),
    Parameter("poor_road_cost", "1", "cost of carrying on a poor road over that on a good one", 0.01),
    Parameter("fuel_load", "1", "load of a journey inside networks that smuggle fuel over that elsewhere", 1.0),
    Parameter("risk_pay", "USD/kg", "carriers' pay for risk, per kg and unit hazard"),
    Parameter("first_source_share", "1", "share of the northern offer at the first source of the case", 0.01, 0.99),
    Parameter("experience_rate", "1", "fall of carriers' pay with experience: exponent of the learning curve"),
    Parameter("experience_start", "year", "experience at the start, in years of the trade of that time", 0.1),
    Parameter("opium_bulk", "1", "pay for carrying opium over that for the heroin made of it", 1.0),
    Parameter("china_barrier", "1", "risk pay on a link into China, in Central Asian reference prices"),
    Parameter("barrier_answer", "1", "elasticity of that pay to the believed hazard on the link", 0.0, 1.0),
    Parameter("pass_through", "1", "elasticity of the pay for carrying to the price at the source", 0.0, 1.0),
    Parameter("learning", "1", "weight of an organisation's own experience", 0.0, 1.0),
    Parameter("network_learning", "1", "weight of its network's experience", 0.0, 1.0),
    Parameter("belief_unused", "1", "what groups make of the watch that they see, over its hazard"),
    Parameter("visibility", "1", "how far the watch on a corridor can be told by looking (0: only its mean)", 0.0, 1.0),
    Parameter("watching", "1/month", "speed at which beliefs follow what is seen", 0.0, 1.0),
    Parameter("journey_cost", "USD/person/km", "cost of carrying a person"),
    Parameter("journey_fixed", "USD/person", "cost of preparing a person's journey"),
)

_ROUTES = int(Mechanism.ROUTES)
_HABIT = int(Mechanism.HABIT)
_FLIGHTS = int(Mechanism.OFFICIAL_FLIGHTS)
_EVERY = PLAN_EVERY


@compiled
def _plan(
    par, people_par, on, month, forces, everything, active, network, home, age, net_official, place_state,
    belief, carrying_cost, corridor_cost, corridor_trips, sources, bribe, price_expected, source_price,
    reach, crossing, usual, lists, route_km, log_path_size, c_km, c_china, people_price, effectiveness, pool_there,
    conviction_cost, market_weight, route_share, people_share, plan_value, plan_slope, plan_price, plan_cost,
    people_value,
):
    runs, slots = active.shape
    markets = plan_price.shape[2]
    routes = route_km.shape[0]
    links = c_km.shape[0]
    nodes = lists.parent.shape[0]
    # organisations side by side
    room = plan_room(links, nodes, routes, lists.longest[0], markets, lists.into_china.shape[0])
    put(room.through, links, spread(1.0))
    put(room.hop, links, spread(0.0))
    # and one after the other
    toll = np.empty(nodes)
    paid = np.empty(routes)
    level = np.empty(routes)
    ahead = np.empty(routes)
    peak = np.empty(markets)
    due = np.empty(links + 1)
    law = np.empty(conviction_cost.shape[1])
    stopped = np.empty(lists.way_link.shape[0])
    # both forms of a way of people stand side by side
    ways = lists.way_end.shape[0]
    gain = np.empty(2 * ways)
    burden = np.empty(2 * ways)
    passing = np.empty(ways)
    worths = bare_rows(2 * ways // LANES + 1)
    chosen = bare_rows(2 * ways // LANES + 1)
    parts = bare_rows(2)
    v = worths.reshape(worths.size)
    e = chosen.reshape(chosen.size)
    by_pair = np.empty((lists.pair.shape[0], 8))
    live = np.empty(slots + LANES, dtype=np.int64)
    ways_of = people_share.reshape((runs, slots, people_share.shape[2] * 2))
    for r in range(runs):
        count = 0
        for o in range(slots):
            if active[r, o] == 1 and (everything or (month + o) % _EVERY == 0 or age[r, o] == 0):
                live[count] = o
                count += 1
                ask(belief[r], o, links)
                ask(route_share[r], o, routes)
        if count == 0:
            continue
        # places without a group do as the last one does, and write what it writes
        for i in range(count, count + LANES):
            live[i] = live[count - 1]
        q = par[r]
        hp = people_par[r].transit_risk
        pbar = 0.0
        weight = 1e-12
        for m in range(markets):
            pbar += market_weight[r, m] * price_expected[r, m]
            weight += market_weight[r, m]
        pbar = max(200.0, pbar / weight)
        scale = q.choice_scale * pbar
        pay = carrying_cost[r]
        others = max(1, sources - 1)
        at_first = math.log(sources * q.first_source_share) if sources > 1 else 0.0
        elsewhere = math.log(sources * (1.0 - q.first_source_share) / others) if sources > 1 else 0.0
        wbar = 0.0
        for d in range(people_price.shape[1]):
            wbar += 0.5 * (people_price[r, d, 0] + people_price[r, d, 1])
        wbar = max(50.0, wbar / people_price.shape[1])
        per_people_scale = 1.0 / (2.0 * q.choice_scale * wbar)
        frozen = on[r, _ROUTES] < 0.5
        # what every organisation meets alike
        for l in range(links):
            due[l] = bribe[r, l]
        due[links] = 0.0
        toll[0] = 0.0
        for i in range(1, nodes):
            toll[i] = toll[lists.parent[i]] + due[lists.link[i]]
        for k in range(routes):
            paid[k] = toll[lists.stem[k]] + due[lists.last[k]]
            level[k] = q.path_size_weight * log_path_size[k]
            level[k] += at_first if lists.first_source[k] > 0.0 else elsewhere
        if frozen:
            for k in range(routes):
                level[k] = -route_km[k] / 500.0
        for m in range(markets):
            peak[m] = -1e300
            for k in range(lists.begins[m], lists.begins[m + 1]):
                peak[m] = max(peak[m], level[k])
            for k in range(lists.begins[m], lists.begins[m + 1]):
                ahead[k] = peak[m] - level[k]
        weigh_ways(q, hp, lists, bribe[r], people_price[r], effectiveness[r], pool_there[r], conviction_cost[r], law,
                   by_pair, stopped, gain, burden)
        habit = 1.0 - (1.0 - q.route_speed) ** _EVERY
        for start in range(0, count, LANES):
            together = min(LANES, count - start)
            for j in range(LANES):
                o = live[start + j]
                lets = net_official[network[r, o]] == 1 and on[r, _FLIGHTS] > 0.5 and forces > 0.0
                room.flies[0, j] = 1.0 if lets else 0.0
                fresh = everything or age[r, o] == 0
                room.speed[0, j] = 1.0 if fresh or on[r, _HABIT] < 0.5 else habit
            beside(belief[r], live, start, room.faith)
            beside(route_share[r], live, start, room.share)
            expect(room.faith, pay * q.transport_cost, pay * q.risk_pay, corridor_cost[r], corridor_trips[r], room.hop,
                   room.through)
            china_pay(q, c_china, c_km, lists.into_china, crossing[r], usual[r], reach[r], room.faith, room.dear)
            for i in range(lists.into_china.shape[0]):
                l = lists.into_china[i]
                put(room.hop, l, row(room.hop, l) + row(room.dear, i))
            foresee(lists.parent, lists.link, room.hop, room.through, room.passed, room.spent)
            choose(frozen, lists, paid, price_expected[r], source_price[r], scale, q.way_scale, ahead, peak, room)
            apart(room.share, route_share[r], live, start)
            apart(room.value, plan_value[r], live, start)
            apart(room.slope, plan_slope[r], live, start)
            apart(room.mean_cost, plan_cost[r], live, start)
            for j in range(together):
                o = live[start + j]
                for m in range(markets):
                    plan_price[r, o, m] = price_expected[r, m]
                moves = room.speed[0, j]
                state = place_state[home[r, o]]
                met = belief[r, o]
                own = ways_of[r, o]
                first = lists.homes[state]
                there = lists.homes[state + 1] - first
                stopped[lists.trunk[state]] = 0.0
                for i in range(lists.trunk[state] + np.uint64(1), lists.trunk[state + 1]):
                    stopped[i] = stopped[lists.way_parent[i]] + hp * met[lists.way_link[i]]
                for i in range(there):
                    passing[i] = stopped[lists.way_end[first + i]]
                for i in range(there):
                    passing[i] = fall(passing[i])
                gains = gain[2 * first:]
                burdens = burden[2 * first:]
                for i in range(there):
                    v[2 * i] = gains[2 * i] * passing[i] - burdens[2 * i]
                    v[2 * i + 1] = gains[2 * i + 1] * passing[i] - burdens[2 * i + 1]
                best_labour = best_sexual = -1e300
                for i in range(there):
                    best_labour = max(best_labour, v[2 * i])
                    best_sexual = max(best_sexual, v[2 * i + 1])
                for i in range(there):
                    e[2 * i] = (best_labour - v[2 * i]) * per_people_scale
                    e[2 * i + 1] = (best_sexual - v[2 * i + 1]) * per_people_scale
                if frozen:
                    for i in range(there):
                        e[2 * i] = e[2 * i + 1] = lists.way_km[first + i] / 500.0
                for i in range(2 * there):
                    e[i] = fall(e[i])
                eights = (2 * there + LANES - 1) // LANES
                for i in range(2 * there, LANES * eights):
                    e[i] = v[i] = 0.0
                sums = spread(0.0)
                for i in range(eights):
                    sums = sums + row(chosen, i)
                put(parts, 0, sums)
                labour = moves / (1e-300 + (parts[0, 0] + parts[0, 2] + (parts[0, 4] + parts[0, 6])))
                sexual = moves / (1e-300 + (parts[0, 1] + parts[0, 3] + (parts[0, 5] + parts[0, 7])))
                for i in range(there):
                    e[2 * i] = own[2 * i] * (1.0 - moves) + e[2 * i] * labour
                    e[2 * i + 1] = own[2 * i + 1] * (1.0 - moves) + e[2 * i + 1] * sexual
                for i in range(2 * there):
                    own[i] = e[i]
                sums = spread(0.0)
                for i in range(eights):
                    sums = sums + row(chosen, i) * row(worths, i)
                put(parts, 1, sums)
                people_value[r, o, 0] = parts[1, 0] + parts[1, 2] + (parts[1, 4] + parts[1, 6])
                people_value[r, o, 1] = parts[1, 1] + parts[1, 3] + (parts[1, 5] + parts[1, 7])


@inlined
def seen(q, mean, hazard, look):
    """Hazard that a look at corridors suggests: its own and the mean of all, weighted in logs by visibility."""
    own = q.visibility
    alike = q.belief_unused * mean ** (1.0 - own)
    for l in range(look.shape[0]):
        look[l] = own * -logarithm(hazard[l])
    for l in range(look.shape[0]):
        look[l] = alike * fall(look[l])


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Beliefs at first: what is to be seen of the watch, to which those about unused corridors drift back."""
    q = parameters["routes"]
    mean = parameters["enforcement"]["hazard_mean"]
    open_to_view = q["visibility"][:, None]
    look = (q["belief_unused"] * mean ** (1.0 - q["visibility"]))[:, None] * state.hazard ** open_to_view
    state.belief[:] = look[:, None, :]
    state.network_belief[:] = look[:, None, :]
    market = parameters["drug_market"]
    years = parameters["routes"]["experience_start"]
    state.experience_start[:] = np.maximum(1.0, years * market["use_per_person"] * state.users.sum(axis=1))
    state.experience[:] = state.experience_start
    raw = float(world.event["raw_opium"][0])
    state.carrying_cost[:] = 1.0 + (parameters["routes"]["opium_bulk"] - 1.0) * raw
    state.load[:] = parameters["organisations"]["journey_load"] / state.carrying_cost


@dataclass(frozen=True)
class Geometry:
    """Arrays derived once from a world, for the processes that walk routes.

    Attributes
    ----------
    china : ndarray of int, shape (corridors,)
        1 on corridors that enter China from another state, 2 on those inside it, 0 elsewhere.
    log_path_size : ndarray, shape (routes,)
    way_ptr, way_list : ndarray of int
        People's routes by state of origin: those of state s are ``way_list[way_ptr[s]:way_ptr[s + 1]]``.
    way_abroad : ndarray of int, shape (people's routes,)
        1 when the destination lies in another state than the origin.
    far : ndarray of int, shape (markets,)
        1 for the far market.
    first_source : ndarray of int, shape (routes,)
        1 on routes that start at the first source of the case.
    tree : Stems
        Common beginnings of the routes of opiates, and their last corridors.
    ways : WayTrees
        Common ends of the routes of people.
    """

    china: np.ndarray
    log_path_size: np.ndarray
    way_ptr: np.ndarray
    way_list: np.ndarray
    way_abroad: np.ndarray
    far: np.ndarray
    first_source: np.ndarray
    tree: Stems
    ways: WayTrees


@of_map
def geometry_of(world: World) -> Geometry:
    """Derive the arrays that the processes need from a world."""
    states = world.sizes["state"]
    origin = world.place_state[world.people_origin]
    order = np.argsort(origin, kind="stable").astype(np.int64)
    ptr = np.searchsorted(origin[order], np.arange(states + 1)).astype(np.int64)
    goal = world.place_state[world.destination_place][world.people_destination]
    return Geometry(china_links(world), np.log(world.route_path_size), ptr, order, (goal != origin).astype(np.int64),
                    far_markets(world), (world.route_source == world.source_place[0]).astype(np.int64),
                    transport.stems(world),
                    way_trees_of(origin, states, world.people_ptr, world.people_links))


@of_map
def _lists(world: World) -> PlanLists:
    """What plans read of the map."""
    g = geometry_of(world)
    return plan_lists_of(
        world.market_ptr, (g.tree.parent, g.tree.link, g.tree.stem, g.tree.last), world.route_official,
        g.first_source, g.china, g.way_ptr, g.way_list, (g.ways.ptr, g.ways.parent, g.ways.link, g.ways.end),
        world.people_km, world.people_origin * world.sizes["destination"] + world.people_destination,
        world.sizes["destination"], destination_states(world), TOGETHER,
    )


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
    geometry: Geometry, everything: bool = False,
) -> None:
    """Carriers gain by last month's loads; then organisations whose turn it is plan (all when ``everything``)."""
    transport.advance(world, state, parameters, on, month)
    by_run = (len(keys), world.sizes["place"] * world.sizes["destination"])
    _plan(parameters["routes"], parameters["human_trade"], on, month, float(world.event["russian_forces"][month]),
          everything, state.active, state.network,
          state.home, state.age, world.network_official, world.place_state, state.belief, state.carrying_cost,
          state.corridor_cost, state.corridor_trips, len(world.source_place), state.bribe_rate,
          state.price_expected, state.source_price, state.china_reach, parameters["enforcement"]["crossing_watch"],
          state.china_exposure, _lists(world), world.route_km, geometry.log_path_size,
          world.corridor_km, geometry.china, state.people_price, state.effectiveness.reshape(*by_run, -1),
          state.pool_there.reshape(by_run), state.conviction_cost, state.users, state.route_share, state.people_share,
          state.plan_value, state.plan_slope, state.plan_price, state.plan_cost, state.people_value)
