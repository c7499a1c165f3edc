"""Watching the busiest arcs, as if followers stayed where they are: for contrast, never as advice."""

from __future__ import annotations

import numpy as np

from qorgau.analysis.placing import local, logit, reliability
from qorgau.analysis.placing.network import Ints, Network


def busiest(network: Network, budget: float, model: logit.LogitModel | None = None) -> Ints:
    """Return the positions of the arcs used most with no watch, as many as the budget allows.

    Parameters
    ----------
    model
        The logit follower whose use counts; None for followers on their most reliable path.
    """
    watchable = network.watchable
    if model is None:
        groups = reliability.arrange(network)
        use = reliability.load(groups, watchable[:0])[watchable]
    else:
        use = np.zeros(len(network.labels))
        use[model.arcs[model.watch]] = logit.load(model, np.zeros(model.watch.size))
        use = use[watchable]
    return watchable[local.fill(use, network.cost[watchable], budget)]
