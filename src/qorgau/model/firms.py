"""What firms at places yield: output by state and post, who owns it, and how far a plan binds what the state runs."""

from __future__ import annotations

import numpy as np

from qorgau.model.clock import STEPS_A_YEAR
from qorgau.model.compiled import brief
from qorgau.model.world import World

__all__ = ["outputs_of", "ownership"]


@brief
def _outputs(gdp_per_head, population, place_state, place_share, place_extractive, post_place):
    """Monthly output (USD) by state and post, and the part of it that is energy and construction."""
    state_gdp = np.zeros(population.shape[0])
    state_extract = np.zeros(population.shape[0])
    post_gdp = np.empty(post_place.shape[0])
    post_extract = np.empty(post_place.shape[0])
    gdp = np.empty(place_state.shape[0])
    # of the places in the model only: a part of Russia, China and Afghanistan
    for p in range(place_state.shape[0]):
        s = place_state[p]
        gdp[p] = gdp_per_head[s] * population[s] / STEPS_A_YEAR * place_share[p]
        state_gdp[s] += gdp[p]
        state_extract[s] += gdp[p] * place_extractive[p]
    for i in range(post_place.shape[0]):
        post_gdp[i] = gdp[post_place[i]]
        post_extract[i] = gdp[post_place[i]] * place_extractive[post_place[i]]
    return state_gdp, state_extract, post_gdp, post_extract


def ownership(world: World, month: int) -> tuple[np.ndarray, float]:
    """Private part of each state's output, and how far no plan binds the rest.

    Where the case does not say what is private, neither raises nor lowers rents: none is private, and the plan binds.
    """
    if len(world.private_share) == 0:
        return np.zeros(world.sizes["state"]), 0.0
    return world.private_share[month], 1.0 - float(world.event["soviet"][month])


def outputs_of(world: World, month: int) -> tuple[np.ndarray, ...]:
    """Monthly output of states and of posts' places, and the part of each that is energy and construction."""
    return _outputs(world.gdp_per_head[month], world.population[month], world.place_state, world.place_share,
                    world.place_extractive, world.post_place)
