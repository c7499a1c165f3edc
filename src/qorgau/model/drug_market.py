"""The market for opiates: source, stocks, prices by place, and people who use opiates.

Each market clears every month in closed form, with no integrator that could swing. Demand has a budget limit,

    ln D = ln(q U/12) - e x - (k/2) max(0, x)^2 - (s/2) max(0, x - xs)^2,   x = ln(P_r/P_r0),

the last term because users turn to other drugs above a price of exp(xs) P_r0 (seen in heroin shortages). Users buy from
dealers, who break down what traders sell: at retail P_r = M P0 (P/P0)^r, between what Caulkins (1990) calls the
additive (r < 1) and the multiplicative model (r = 1) of mark-ups. So x = r ln(P/P0), and demand has the same form in
wholesale prices with e r, k r^2, s r^2 and xs/r. Dealers hold what is used in h months: they pass on 1/(1 + h) of stock
and purchases, and buy what users ask for at the price of the month, so use lags sales by h months. Traders who hold
a = stock + arrivals sell a/tau (P/Pn)^eta of it, Pn being the 12-month mean price; a reservation price keeps stock
when the price would fall under half of the source price and transport. In the far market (Europe) other ways supply
most, so the residual demand that the northern way meets is elastic: with a share c of the market, elasticity e of
demand and n of the others' supply it is (e + (1 - c) n)/c. Users start the faster the lower the retail price: with
z = (P/P0)^r, U' = U [ua z^-eps (1 - U/Umax) - ux z^nu] + new, so that use can recover from nothing. The northern way
takes the price at the Afghan source, which falls with Afghan output and rises with what this region buys. Stocks of
traders are those that the study reports near Almaty.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model import transport
from qorgau.model.clock import STEPS, STEPS_A_YEAR, memory
from qorgau.model.compiled import compiled, inlined
from qorgau.model.derived import of_map
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.units import PRICE_CAP
from qorgau.model.world import World

__all__ = [
    "PARAMETERS", "PRICE_CAP", "advance", "china_links", "china_toll", "clear", "elasticity_at", "fall_of_demand",
    "far_markets", "inverse_demand", "pass_through", "start", "wholesale_bends",
]

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("source_price", "USD/kg", "price at the source at the mean Afghan output of 3,000 t", 1.0),
    Parameter("source_elasticity", "1", "how the price at the source answers purchases by all over what there is"),
    Parameter("source_stock_years", "year", "years over which stocks at the source smooth Afghan output", 0.1),
    Parameter("northern_share", "1", "share of Afghan output bought on the northern way at its usual size", 1e-3, 1.0),
    Parameter("demand_elasticity", "1", "price elasticity of demand at the reference price", 0.05),
    Parameter("demand_curvature", "1", "rise of the elasticity with the log price (budget limit)", 1e-3),
    Parameter("substitution_price", "1", "price over reference from which users turn to other drugs", 1.0),
    Parameter("substitution", "1", "rise of the elasticity with the log price beyond that"),
    Parameter("stock_elasticity", "1", "how sales from stock answer the price over its norm"),
    Parameter("holding_months", "month", "mean months that traders hold", 1.0),
    Parameter("use_per_person", "kg/year", "opiates used by a person in a year, heroin equivalent", 1e-4),
    Parameter("start_rate", "1/year", "spread of use at the reference price"),
    Parameter("start_elasticity", "1", "how the spread of use answers the price"),
    Parameter("stop_rate", "1/year", "share who stop in a year"),
    Parameter("stop_elasticity", "1", "how stopping answers the price"),
    Parameter("users_limit", "1", "share of the population that use can reach", 1e-4, 1.0),
    Parameter("users_start", "1", "use at the start, as a share of its limit", 0.0, 1.0),
    Parameter("xinjiang_growth", "1", "limit of use that this way serves in Xinjiang over that elsewhere", 0.1),
    Parameter("xinjiang_elasticity", "1", "elasticity of what is left for this way in Xinjiang", 0.05),
    Parameter("far_share", "1", "share of the far market that the northern way can serve", 0.0, 1.0),
    Parameter("far_elasticity", "1", "elasticity of what is left for the northern way in the far market", 0.05),
    Parameter("retail_markup", "1", "retail over wholesale price at the reference price", 1.0),
    Parameter("retail_pass_through", "1", "elasticity of the retail price to the wholesale price", 0.05, 1.0),
    Parameter("dealer_weeks", "week", "mean weeks that dealers hold what they break down", 0.0),
)

_PRICE_USERS = int(Mechanism.PRICE_USERS)
_AFGHAN = int(Mechanism.AFGHAN_SUPPLY)
_STOCKS = int(Mechanism.STOCKPILING)
_MARKETS = int(Mechanism.MARKETS)
_RETAIL = int(Mechanism.RETAIL)
_WEEKS = 52.0 / STEPS_A_YEAR
_CAP = PRICE_CAP
_SOURCE_MEMORY = memory(0.15)


@inlined
def fall_of_demand(x, e, k, s, xs):
    """How far log demand lies below its reference at log price ``x`` over reference."""
    up = max(0.0, x)
    beyond = max(0.0, x - xs)
    return e * x + 0.5 * k * up * up + 0.5 * s * beyond * beyond


@inlined
def inverse_demand(a, e, k, s, xs):
    """Log price over reference at which log demand is ``a`` below its reference (inverts ``fall_of_demand``)."""
    if a < 0.0:
        return a / e
    if a <= e * xs + 0.5 * k * xs * xs:
        return (-e + math.sqrt(e * e + 2.0 * k * a)) / k
    slope = e - s * xs
    return (-slope + math.sqrt(slope * slope + 2.0 * (k + s) * (a - 0.5 * s * xs * xs))) / (k + s)


@inlined
def pass_through(q, retail):
    """Elasticity of the retail to the wholesale price: 1 where users buy at wholesale (``retail`` off)."""
    return q.retail_pass_through if retail > 0.5 else 1.0


@inlined
def elasticity_at(q, far, xinjiang, passed):
    """Elasticity to the wholesale price, at its reference, of the demand that the northern way meets in a market."""
    # what is left beside other ways is told in wholesale prices: there supply of others answers, not users alone
    if far == 1:
        return q.far_elasticity
    if xinjiang == 1:
        return q.xinjiang_elasticity
    return q.demand_elasticity * passed


@inlined
def wholesale_bends(q, passed):
    """Curvature, substitution and its log price in wholesale terms: with x_r = s x, k s^2, b s^2 and xs/s."""
    square = passed * passed
    return q.demand_curvature * square, q.substitution * square, math.log(q.substitution_price) / passed


@inlined
def clear(demand, available, reference, norm, floor, e, k, eta, tau, s, xs):
    """Clear one market for a month; returns (price USD/kg, sale kg).

    ``demand`` is q U/12 in kg, ``available`` stock and arrivals in kg, ``reference`` P0, ``norm`` Pn and
    ``floor`` the reservation price, USD/kg.
    """
    if available <= 1e-9:
        return min(_CAP, reference * math.exp(inverse_demand(3.0, e, k, s, xs))), 0.0
    x = inverse_demand(
        math.log(demand / (available / tau)) + eta * math.log(norm / reference), e + eta, k, s, xs
    )
    sale = demand * math.exp(-fall_of_demand(x, e, k, s, xs))
    if sale > available:
        sale = available
        x = inverse_demand(math.log(demand / available), e, k, s, xs)
    price = reference * math.exp(x)
    if price < floor:
        price = floor
        sale = min(available, demand * math.exp(-fall_of_demand(math.log(price / reference), e, k, s, xs)))
    if price > _CAP:
        price = _CAP
    return price, sale


@inlined
def china_toll(kind, km, crossing):
    """Exposure to China's watch on a link, in lengths of 600 km of road: its crossing (``kind`` 1) and its way."""
    return (crossing if kind == 1 else 0.0) + km / 600.0


@compiled
def _advance(par, on, opium, market_people, xinjiang, far, par_routes, market_haul, purchased, source_price,
             source_offer, purchases_year, ration, price, price_norm, price_reference, stock, users, arrivals, sold,
             dealer_stock, consumed, price_retail):
    runs, markets = price.shape
    for r in range(runs):
        q = par[r]
        bought = 0.0
        for o in range(purchased.shape[1]):
            bought += purchased[r, o]
        purchases_year[r] += (STEPS_A_YEAR * bought - purchases_year[r]) / STEPS_A_YEAR
        output = opium if on[r, _AFGHAN] > 0.5 else 3000.0
        source_offer[r] += (output - source_offer[r]) / (STEPS_A_YEAR * q.source_stock_years)
        usual = 3000.0 * 100.0 * q.northern_share
        # all buyers: the others buy what they always do
        bought_by_all = 1.0 - q.northern_share + q.northern_share * purchases_year[r] / (0.3 * usual)
        wanted = q.source_price * (bought_by_all * 3000.0 / source_offer[r]) ** q.source_elasticity
        # the source cannot fall under a tenth of its usual price nor pass ten times it: rent of farmers and stocks
        wanted = min(10.0 * q.source_price, max(0.1 * q.source_price, wanted))
        moving = on[r, _MARKETS] > 0.5
        if moving:
            source_price[r] *= math.exp(_SOURCE_MEMORY * math.log(wanted / source_price[r]))
        ration[r] = min(1.0, 3.0 * usual / max(1.0, purchases_year[r]))
        eta = q.stock_elasticity * on[r, _STOCKS]
        tau = 1.0 + (q.holding_months - 1.0) * on[r, _STOCKS]
        retail = on[r, _RETAIL] > 0.5
        passed = pass_through(q, on[r, _RETAIL])
        markup = q.retail_markup if retail else 1.0
        kept = q.dealer_weeks / _WEEKS if retail else 0.0
        curvature, substitution, turn = wholesale_bends(q, passed)
        for m in range(markets):
            demand = q.use_per_person * max(1.0, users[r, m]) / STEPS_A_YEAR
            available = stock[r, m] + arrivals[r, m]
            floor = 0.5 * (source_price[r] + par_routes[r].transport_cost * market_haul[r, m])
            reference = price_reference[r, m]
            if moving:
                e = elasticity_at(q, far[m], xinjiang[m], passed)
                p, sale = clear(demand, available, reference, math.exp(price_norm[r, m]), floor,
                                e, curvature, eta, tau, substitution, turn)
                price[r, m] = p
            else:
                p = price[r, m]
                sale = min(available, demand)
            sold[r, m] = sale
            stock[r, m] = max(0.0, available - sale)
            level = math.log(p)
            price_norm[r, m] += (level - price_norm[r, m]) / STEPS_A_YEAR
            # users get 1/(1 + kept) of what dealers have: at rest these hold what is used in ``kept`` months
            held = dealer_stock[r, m] + sale
            used = held / (1.0 + kept)
            consumed[r, m] = used
            dealer_stock[r, m] = held - used
            # powers of the price over reference, by its logarithm
            rise = passed * (level - math.log(reference))
            dearer = math.exp(rise)
            price_retail[r, m] = markup * reference * dearer
            if moving:
                people = market_people[m] * (q.far_share if far[m] == 1 else 1.0)
                limit = q.users_limit * people * (q.xinjiang_growth if xinjiang[m] == 1 else 1.0)
                pull = min(5.0, math.exp(-q.start_elasticity * on[r, _PRICE_USERS] * rise))
                u = users[r, m]
                push = min(4.0, math.exp(q.stop_elasticity * on[r, _PRICE_USERS] * rise))
                change = u * (q.start_rate / STEPS_A_YEAR * pull * (1.0 - u / limit)
                              - q.stop_rate / STEPS_A_YEAR * push)
                users[r, m] = max(1.0, u + change + 2e-7 / STEPS * people)


@of_map
def _market_places(world: World) -> tuple[np.ndarray, np.ndarray]:
    return world.place_state[world.market_place], world.place_share[world.market_place]


def _market_people(world: World, month: int) -> np.ndarray:
    states, share = _market_places(world)
    return world.population[month, states] * share * world.market_weight


@of_map
def far_markets(world: World) -> np.ndarray:
    """1 for the far market, which other ways supply too, shape (markets,)."""
    if "EUU" not in world.state_names:
        return np.zeros(world.sizes["market"], dtype=np.int64)
    return (world.place_state[world.market_place] == world.state_names.index("EUU")).astype(np.int64)


@of_map
def china_links(world: World) -> np.ndarray:
    """1 on corridors that enter China from another state, 2 on those inside it, 0 elsewhere, shape (corridors,)."""
    if "CHN" not in world.state_names:
        return np.zeros(world.sizes["corridor"], dtype=np.int64)
    inside = world.place_state == world.state_names.index("CHN")
    return inside[world.corridor_to] * (1 + inside[world.corridor_from].astype(np.int64))


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Users at their starting share, price at the cost of supply, stocks for the months that traders hold.

    The reference price is the cheapest way's cost of supply: source, transport, risk pay and China's barrier at
    the honest hazards with full control of internal borders, and a journey's fixed cost by its load, grossed up by
    the shares lost on the way and to rivals, with a trade margin of one fifth.
    Needs ``hazard_honest`` so computed, and the parameters of routes, organisations and enforcement.
    """
    p = parameters["drug_market"]
    q = parameters["routes"]
    state.source_price[:] = p["source_price"]
    people = _market_people(world, 0)
    far = far_markets(world)
    people = people[None, :] * np.where(far[None, :] == 1, p["far_share"][:, None], 1.0)
    limit = p["users_limit"][:, None] * people * np.where(
        world.market_xinjiang[None, :] == 1, p["xinjiang_growth"][:, None], 1.0
    )
    state.users[:] = np.maximum(1.0, p["users_start"][:, None] * limit)
    state.users_start[:] = state.users.sum(axis=1)
    kind = china_links(world)
    china = kind == 1
    honest = state.hazard_honest
    reach = honest[:, china].mean(axis=1) if china.any() else honest.mean(axis=1)
    crossing = parameters["enforcement"]["crossing_watch"]
    km = world.corridor_km / 600.0
    state.china_exposure[:] = crossing + (km[china].mean() if china.any() else 0.0)
    toll = np.where(kind > 0, km, 0.0) + np.where(china, crossing[:, None], 0.0)
    toll /= state.china_exposure[:, None]
    state.china_reach[:, 1] = np.maximum(reach, 1e-4)
    central = np.isin(world.place_state[world.market_place], _central_states(world))
    if not central.any():  # a case without a market there: the mean of all takes its place
        central[:] = True
    fixed = parameters["organisations"]["journey_fixed_cost"] / parameters["organisations"]["journey_load"]
    rivals = parameters["organisations"]["rivalry"]
    transport.weigh(world, state, parameters, on)
    dearer = state.corridor_cost - world.corridor_km
    paid = honest * state.corridor_trips
    cost = np.full((len(people), world.sizes["market"]), np.inf)
    ways: list[tuple[int, np.ndarray, np.ndarray]] = []
    for k in range(len(world.route_km)):
        if world.route_official[k]:
            continue
        links = world.route_links[world.route_ptr[k]: world.route_ptr[k + 1]]
        risk = honest[:, links].sum(axis=1)
        haul = world.route_km[k] + dearer[:, links].sum(axis=1)
        spent = q["transport_cost"] * haul + q["risk_pay"] * paid[:, links].sum(axis=1)
        m = world.route_market[k]
        gross = 1.2 * (p["source_price"] + spent + fixed) / np.exp(-risk) / (1.0 - rivals)
        ways.append((m, gross, toll[:, links].sum(axis=1)))
        cost[:, m] = np.minimum(cost[:, m], gross)
    # before China's barrier, which is told in this price
    state.china_reach[:, 0] = cost[:, central].mean(axis=1)
    barrier = q["china_barrier"] * state.china_reach[:, 0]
    state.price_reference[:] = np.inf
    for m, gross, exposed in ways:
        state.price_reference[:, m] = np.minimum(state.price_reference[:, m], gross + exposed * barrier)
    state.price[:] = state.price_reference
    state.price_expected[:] = state.price
    state.price_norm[:] = np.log(state.price)
    state.stock[:] = p["holding_months"][:, None] * p["use_per_person"][:, None] * state.users / STEPS_A_YEAR
    retail = on[:, _RETAIL] > 0.5
    kept = np.where(retail, p["dealer_weeks"] / _WEEKS, 0.0) * p["use_per_person"] / STEPS_A_YEAR
    state.dealer_stock[:] = kept[:, None] * state.users
    state.price_retail[:] = np.where(retail, p["retail_markup"], 1.0)[:, None] * state.price
    state.purchases_year[:] = 0.3 * p["northern_share"] * 100.0 * world.opium[0]
    state.source_offer[:] = np.where(on[:, _AFGHAN] > 0.5, world.opium[0], 3000.0)
    state.purchase_ration[:] = 1.0


def _central_states(world: World) -> list[int]:
    names = [s for s in ("KAZ", "KGZ", "TJK", "UZB") if s in world.state_names]
    found = [world.state_names.index(s) for s in names]
    return found or list(range(world.sizes["state"]))


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int
) -> None:
    """Clear every market of the month (see module docstring)."""
    _advance(parameters["drug_market"], on, float(world.opium[month]), _market_people(world, month),
             world.market_xinjiang, far_markets(world), parameters["routes"],
             state.market_haul, state.purchased, state.source_price, state.source_offer, state.purchases_year,
             state.purchase_ration, state.price, state.price_norm, state.price_reference, state.stock,
             state.users, state.arrivals, state.sold, state.dealer_stock, state.consumed, state.price_retail)
