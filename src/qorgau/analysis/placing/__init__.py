"""Where to put a limited enforcement budget when those who are watched adapt.

`place` is the one entry. It names border sections and corridors to watch; it never ranks or lists routes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import numpy as np

from qorgau.analysis.placing import enumerate as enumerating
from qorgau.analysis.placing import logit, logit_search, naive, reliability, worst_case
from qorgau.analysis.placing.network import Ints, Network, make_network, read_network
from qorgau.analysis.placing.result import Placement, relative_gap
from qorgau.errors import InputError

__all__ = ["Network", "Placement", "make_network", "place", "read_network"]

Method = Literal["auto", "cuts", "enumerate", "gradient", "naive"]
Follower = Literal["worst_case", "logit"]
Evaluate = Callable[[tuple[str, ...]], float]

# Sets that are enumerated without being asked to: about a second's work.
FEW_PLACEMENTS = {"worst_case": 20_000, "logit": 3_000}
# Above this "enumerate" is refused.
MOST_PLACEMENTS = 2_000_000


def place(
    network: Network,
    budget: float,
    method: Method = "auto",
    follower: Follower = "worst_case",
    time_limit: float = 60.0,
    evaluate: Evaluate | None = None,
    *,
    temperature: float = logit.DEFAULT_TEMPERATURE,
    hops: int | None = None,
) -> Placement:
    """Choose the arcs to watch within a budget when followers adapt.

    Parameters
    ----------
    budget
        In the unit of `Network.cost`.
    method
        "cuts" (worst-case followers, certified gap), "enumerate" (all placements of a small network),
        "gradient" (logit followers, a bound but no claim of optimality), "naive" (the busiest arcs, for
        contrast), or "auto": "enumerate" where there are few placements and either the follower is logit or
        `evaluate` is given, else "cuts" or "gradient".
    follower
        "worst_case": each journey takes its most reliable path, knowing every watch. "logit": bounded
        rationality.
    time_limit
        Seconds. Enumeration of a small network is not interrupted.
    evaluate
        Called with the labels of each of the best few dozen placements; returns a number, lower is better,
        such as what the full simulation says of people exploited. The placement that it finds best is
        returned, with its value in the network. On networks too large to enumerate the few dozen are the
        placement found and those one swap away.
    temperature, hops
        Of the logit follower; see `logit.logit_model`.

    Raises
    ------
    InputError
        For a budget below 0, an unknown method or follower, a pair of them that does not fit, too many
        placements to enumerate, or a time limit that is not above 0.
    """
    begun = time.perf_counter()
    _check(network, budget, method, follower, time_limit)
    watchable = network.watchable
    model = logit.logit_model(network, temperature, hops) if follower == "logit" else None
    value_of = _valuer(network, model)
    unwatched = value_of(watchable[:0])
    naive_choice = naive.busiest(network, budget, model)
    naive_value = value_of(naive_choice)

    candidates = _candidates(network, budget, model)
    if method == "auto":
        few = FEW_PLACEMENTS[follower]
        wanted = evaluate is not None or follower == "logit"
        small = wanted and enumerating.count_placements(network.cost[candidates], budget, few) <= few
        method = "enumerate" if small else "cuts" if model is None else "gradient"

    bound: float | None
    ranked: list[enumerating.Ranked] | None = None
    if method == "naive":
        chosen, value, bound, status = naive_choice, naive_value, None, "no certificate"
    elif method == "enumerate":
        few = MOST_PLACEMENTS
        if enumerating.count_placements(network.cost[candidates], budget, few) > few:
            raise InputError(
                "place",
                "method",
                f"more than {few} placements to enumerate",
                "use method auto, or a smaller budget",
            )
        ranked = enumerating.shortlist(network, budget, value_of, candidates, monotone=model is None)
        chosen, value = ranked[0].chosen, ranked[0].value
        bound, status = value, "optimal"
    elif model is None:
        solution = worst_case.solve(network, budget, time_limit)
        chosen, value, bound, status = solution.chosen, solution.value, solution.bound, solution.status
    else:
        starts = (
            np.searchsorted(watchable, naive_choice),
            np.searchsorted(watchable, worst_case.solve(network, budget, 0.1 * time_limit).chosen),
        )
        # Watchable arcs that nothing can pass at all are not in the model.
        kept = np.searchsorted(watchable, model.arcs[model.watch])
        slot = np.full(watchable.size, -1, dtype=np.int64)
        slot[kept] = np.arange(kept.size)
        found = logit_search.search(
            model,
            budget,
            max(0.1, time_limit - (time.perf_counter() - begun)),
            tuple(slot[s][slot[s] >= 0] for s in starts),
        )
        chosen, value, bound, status = (
            model.arcs[model.watch[found.slots]],
            found.value,
            found.bound,
            "no certificate",
        )

    evaluated = None
    tried = 0
    if evaluate is not None:
        if ranked is None:
            ranked = _neighbours(network, budget, chosen, value, candidates, value_of)
        best, evaluated = enumerating.rerank(ranked, lambda arcs: evaluate(network.names(arcs)))
        chosen, value, tried = best.chosen, best.value, len(ranked)
    return Placement(
        value=value,
        bound=bound,
        gap=relative_gap(value, bound),
        chosen=network.names(chosen),
        unwatched=unwatched,
        naive=naive_value,
        seconds=time.perf_counter() - begun,
        method=method,
        status=status,
        evaluated=evaluated,
        candidates=tried,
    )


def _check(network: Network, budget: float, method: str, follower: str, time_limit: float) -> None:
    if not (budget >= 0.0 and np.isfinite(budget)):
        raise InputError("place", "budget", f"{budget:g} is not 0 or more", "give what all watches may cost together")
    if not time_limit > 0.0:
        raise InputError("place", "time_limit", f"{time_limit:g} is not above 0", "give seconds, such as 60")
    if follower not in FEW_PLACEMENTS:
        raise InputError("place", "follower", f"{follower!r} is unknown", "use worst_case or logit")
    fitting = ("auto", "enumerate", "naive", "cuts" if follower == "worst_case" else "gradient")
    if method not in fitting:
        raise InputError(
            "place",
            "method",
            f"{method!r} does not fit follower {follower}",
            f"use one of {', '.join(fitting)}",
        )
    if network.watchable.size == 0:
        raise InputError("place", "network", "no arc can be watched", "give evasion_watched for at least one arc")


def _valuer(network: Network, model: logit.LogitModel | None) -> Callable[[Ints], float]:
    """Return the function from positions of watched arcs to the expected probability of going undetected."""
    if model is None:
        groups = reliability.arrange(network)
        return lambda chosen: reliability.delivered(groups, chosen)
    slot = np.full(len(network.labels), -1, dtype=np.int64)
    slot[model.arcs[model.watch]] = np.arange(model.watch.size)

    def value(chosen: Ints) -> float:
        slots = slot[chosen]
        return logit.delivered(model, model.whole(slots[slots >= 0]))

    return value


def _candidates(network: Network, budget: float, model: logit.LogitModel | None) -> Ints:
    """Return the watchable arcs that are affordable and, for worst-case followers, can matter at all."""
    watchable = network.watchable
    keep = network.cost[watchable] <= budget
    if model is None:
        _, matter = reliability.useful_arcs(reliability.arrange(network))
        keep &= np.asarray(matter.any(axis=0))[watchable]
    return watchable[keep]


def _neighbours(
    network: Network,
    budget: float,
    chosen: Ints,
    value: float,
    candidates: Ints,
    value_of: Callable[[Ints], float],
) -> list[enumerating.Ranked]:
    """Return the placement found and the best of those one swap away, a few dozen in all."""
    result = [enumerating.Ranked(chosen, value)]
    spent = float(network.cost[chosen].sum())
    for old in chosen.tolist():
        for new in candidates.tolist():
            if new not in chosen and spent - network.cost[old] + network.cost[new] <= budget + 1e-9:
                trial = np.array(sorted({*chosen.tolist(), new} - {old}), dtype=np.int64)
                result.append(enumerating.Ranked(trial, value_of(trial)))
    rest = sorted(result[1:], key=lambda item: item.value)
    return [result[0], *rest[: enumerating.SHORTLIST - 1]]
