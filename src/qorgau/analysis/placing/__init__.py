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
from qorgau.analysis.placing.local import BUDGET_TOLERANCE
from qorgau.analysis.placing.network import Ints, Network, make_network, read_network
from qorgau.analysis.placing.result import Placement, relative_gap
from qorgau.errors import InputError

__all__ = ["Network", "Placement", "make_network", "place", "read_network"]

Method = Literal["auto", "cuts", "enumerate", "gradient", "naive"]
Follower = Literal["worst_case", "logit"]
Evaluate = Callable[[tuple[str, ...]], float]

# Sets that are enumerated without being asked to: seconds at most.
FEW_PLACEMENTS = {"worst_case": 5_000, "logit": 2_000}
# Above this "enumerate" is refused.
MOST_PLACEMENTS = 2_000_000
# Part of the time that the worst-case placement, one of the starts of the gradient search, may take.
WORST_CASE_SHARE = 0.1


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
        ranked = _listed(network, budget, value_of, candidates, monotone=model is None)
        chosen, value = ranked[0].chosen, ranked[0].value
        bound, status = value, "optimal"
    elif model is None:
        solution = worst_case.solve(network, budget, time_limit)
        chosen, value, bound, status = solution.chosen, solution.value, solution.bound, solution.status
    else:
        chosen, value, bound = _climb(network, budget, model, naive_choice, time_limit)
        status = "no certificate"

    evaluated = None
    if evaluate is not None:
        if ranked is None:
            ranked = _neighbours(network, budget, chosen, value, candidates, value_of, begun + time_limit)
        best, evaluated = enumerating.rerank(ranked, lambda arcs: evaluate(network.names(arcs)))
        if best is not ranked[0] and status == "optimal":
            status = "reranked"
        chosen, value = best.chosen, best.value
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
        candidates=len(ranked) if evaluate is not None and ranked is not None else 0,
    )


def _listed(
    network: Network, budget: float, value_of: Callable[[Ints], float], candidates: Ints, monotone: bool
) -> list[enumerating.Ranked]:
    """Return the best few dozen of all placements, or refuse where there are too many."""
    if enumerating.count_placements(network.cost[candidates], budget, MOST_PLACEMENTS) > MOST_PLACEMENTS:
        problem = f"there are more than {MOST_PLACEMENTS} placements to enumerate"
        raise InputError("place", "method", problem, "use method auto, or a smaller budget")
    return enumerating.shortlist(network, budget, value_of, candidates, monotone=monotone)


def _climb(
    network: Network, budget: float, model: logit.LogitModel, naive_choice: Ints, time_limit: float
) -> tuple[Ints, float, float]:
    """Search for logit followers, starting also from the naive and the worst-case placement."""
    begun = time.perf_counter()
    worst = worst_case.solve(network, budget, WORST_CASE_SHARE * time_limit).chosen
    slot = _slots(network, model)
    starts = tuple(kept[kept >= 0] for kept in (slot[naive_choice], slot[worst]))
    left = max(0.1, time_limit - (time.perf_counter() - begun))
    found = logit_search.search(model, budget, left, starts)
    return model.arcs[model.watch[found.slots]], found.value, found.bound


def _slots(network: Network, model: logit.LogitModel) -> Ints:
    """Return each arc's place among the model's watchable ones, -1 where it has none, shape (arcs,)."""
    slot = np.full(len(network.labels), -1, dtype=np.int64)
    slot[model.arcs[model.watch]] = np.arange(model.watch.size)
    return slot


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
    slot = _slots(network, model)

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
    deadline: float,
) -> list[enumerating.Ranked]:
    """Return the placement found and the best of those one swap away, a few dozen in all.

    Past the deadline only as many swaps are looked at as the list has room for.
    """
    result: list[enumerating.Ranked] = []
    spent = float(network.cost[chosen].sum())
    for new in candidates.tolist():
        for old in chosen.tolist():
            late = time.perf_counter() > deadline and len(result) >= enumerating.SHORTLIST
            too_dear = spent - network.cost[old] + network.cost[new] > budget + BUDGET_TOLERANCE
            if late or too_dear or new in chosen:
                continue
            trial = np.array(sorted({*chosen.tolist(), new} - {old}), dtype=np.int64)
            result.append(enumerating.Ranked(trial, value_of(trial)))
    rest = sorted(result, key=lambda item: item.value)
    return [enumerating.Ranked(chosen, value), *rest[: enumerating.SHORTLIST - 1]]
