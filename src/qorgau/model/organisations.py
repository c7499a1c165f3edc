"""Organisations: what they trade in, where they sell, what they carry and what they earn.

Each has a home, a network, capital, a carrying capacity in journeys a month and ties to posts. In a month it

1. anticipates how markets will clear (a diagonal Newton step on expected prices) and moves its market shares;
2. shifts capacity between opiates, labour and sexual exploitation by return over risk: a logit on R_k, lowered by
   danger and rivalry, with the saving of shared journeys, 4 phi F (1 - 2x), for the marginal one (economies of scope),
   less what it adds to the variance of the return (spreading of risk);
3. buys, carries, loses, bribes, sells, pays carriers for risk and officials for protection;
4. learns (``organisations_flows.learn``), and grows with its return.

kg are exact: bought = seized + arrived, every month. People are only *approached* here (a real-valued effort);
persons begin, as whole numbers, in ``human_trade``. Labels of networks are those of the sources, whose own caveat
on them stands: they say nothing about persons.
"""

from __future__ import annotations

import numpy as np

from qorgau.model.derived import corridor_posts, migration_posts, of_map
from qorgau.model.organisations_carry import carry
from qorgau.model.organisations_choice import anticipate, choose_trade, rivals
from qorgau.model.organisations_people import ends_of_corridors, ways_by_home
from qorgau.model.organisations_terms import PARAMETERS, forces, soviet_times, years_open
from qorgau.model.parameters import Parameters
from qorgau.model.routes import Geometry, geometry_of
from qorgau.model.state import State
from qorgau.model.world import World

__all__ = ["FLOWS", "PARAMETERS", "advance"]

FLOWS: tuple[str, ...] = (
    "revenue", "purchases", "transport", "risk_pay", "bribes", "fees", "fixed", "laundering", "people_net", "profit",
)
"""Money of all organisations by kind, USD a month; profit is what the others leave."""


@of_map
def _lists(world: World) -> tuple[np.ndarray, ...]:
    """What carrying reads of a world's map, in the order in which it takes it."""
    geometry = geometry_of(world)
    tree, ways = geometry.tree, geometry.ways
    return (world.post_state.astype(np.uint32), *corridor_posts(world), migration_posts(world),
            *ends_of_corridors(world), world.corridor_km, geometry.china, world.market_ptr.astype(np.uint64),
            tree.parent, tree.link, tree.stem, tree.last, *ways_by_home(world), ways.parent, ways.link)


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
    geometry: Geometry,
) -> None:
    """Anticipate prices, choose trades, carry and account for one month (see module docstring)."""
    p = parameters["organisations"]
    routes_par, people_par = parameters["routes"], parameters["human_trade"]
    began, since = soviet_times(world, month)
    standing = forces(world, month)
    rivals(p, on, began, since, standing, state.active, state.network, state.trade, world.network_soviet,
           world.place_post, state.home, state.users, state.users_start, state.conduct, state.trust, state.rivalry)
    anticipate(p, routes_par, parameters["drug_market"], on, began, since, geometry.far, world.market_xinjiang,
               state.active, state.network, world.network_soviet, state.rivalry, state.users, state.price_reference,
               state.purchased, state.survival, state.plan_value, state.plan_slope, state.plan_price,
               state.price_expected, state.market_share)
    choose_trade(p, on, began, since, years_open(world, month), standing, state.active, state.network,
                 state.drug_first, world.network_soviet, world.place_state, world.place_post, state.home, state.users,
                 state.users_start, state.conduct, state.trust, state.know_how, state.contacts, state.service,
                 state.service_fee, state.source_price, state.load, state.price_expected, state.plan_slope,
                 state.plan_cost, state.market_share, state.people_value, state.drug_loss_share,
                 state.people_loss_share, state.road_cost, state.returns, state.capacity, state.capital,
                 state.other_capital, state.trade, state.in_use, state.outside, state.return_scale, state.rivalry)
    carry(p, routes_par, people_par, parameters["enforcement"], on, began, since, standing, state.allowance,
          state.active, state.network, state.home, state.drug_first, world.network_soviet, world.network_official,
          world.network_cover, world.network_insider, world.place_state, world.place_post, *_lists(world), state.price,
          state.people_price,
          state.source_price, state.purchase_ration, state.hazard, state.bribe_rate, state.conduct, state.rotated,
          state.service, state.service_fee, state.papers_official, state.carrying_cost, state.load, state.corridor_cost,
          state.corridor_trips, state.china_reach, state.china_exposure, state.effectiveness, state.pool_there,
          state.rivalry, state.carrying_changed, state.contacts, state.market_share, state.route_share,
          state.people_share, state.people_value, state.trade, state.in_use, state.capacity, state.capital,
          state.other_capital, state.returns, state.drug_loss_share, state.road_cost,
          state.purchased, state.trust, state.belief, state.network_belief, state.survival, state.arrivals,
          state.carried_kg, state.seized_kg, state.journeys, state.route_kg, state.attempts_route,
          state.attempts_drug_first,
          state.attempts_opiates, state.bribes_post, state.fees_post, state.racket_profit_post, state.network_kg,
          state.money, state.profit_total, state.couriers_kg, state.ledger_kg)
