"""``qorgau place``: the network of a case, or of two files, and what a placing prints."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from qorgau.cli.screen import Screen, clock
from qorgau.errors import InputError

if TYPE_CHECKING:
    from qorgau.analysis.placing import Network, Placement
    from qorgau.case import Case
    from qorgau.case.models import Corridor

__all__ = ["NOT_FOR", "network_of", "show_placement", "summary_of"]

NOT_FOR = (
    "Operational targeting: it names border sections and corridors of a model, never a person, a vehicle or a time.",
    "Finding a way through: no route is listed or ranked.",
)
_MODES = {"road": "road", "rail": "railway", "air": "air", "air_official": "official flights"}


def network_of(case: Case) -> Network:
    """Return the network that a case's enforcement is placed on.

    Every corridor of the country in focus and of its borders can be watched, both ways at one cost; the others
    can be passed but not watched. Passing undetected has the chance exp(-h), with h the model's own hazard of
    the month in which counter-measures start, at the middle of each prior, with honest posts; a watch adds the
    effort that ``border_monitoring`` adds at full measure. Journeys lead from each source of opiates to each
    market, weighted by the people who use there at the start, sources alike.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Network
        A corridor that is open both ways is one arc between a node where it is entered and one where it is left,
        so that one watch holds for both ways.
    """
    from qorgau.analysis.placing import make_network

    evasion, watched, users, reaches = _middle(case)
    state_of = {place.id: place.state for place in case.places}
    titles = {place.id: place.title for place in case.places}
    names = {state.id: state.title for state in case.states}
    focus = case.settings.focus
    tail: list[str] = []
    head: list[str] = []
    plain: list[float] = []
    seen: list[float] = []
    labels: list[str] = []
    for i, corridor in enumerate(case.corridors):
        inside, outside = f"{corridor.id} in", f"{corridor.id} out"
        ours = focus in (state_of[corridor.start], state_of[corridor.end])
        label = _label(corridor, state_of, names, titles)
        for a, b, p, q, said in (
            (corridor.start, inside, 1.0, math.nan, ""),
            (corridor.end, inside, 1.0, math.nan, ""),
            (inside, outside, evasion[i], watched[i] if ours else math.nan, label),
            (outside, corridor.start, 1.0, math.nan, ""),
            (outside, corridor.end, 1.0, math.nan, ""),
        ):
            tail.append(a)
            head.append(b)
            plain.append(p)
            seen.append(q)
            labels.append(said or f"{a} to {b}")
    sources = [place.id for place in case.places if "source" in place.roles]
    pairs = [(s, m, weight) for s in sources for m, weight in users.items() if (s, m) in reaches]
    total = sum(weight for _, _, weight in pairs)
    return make_network(
        tail, head, plain, seen, [s for s, _, _ in pairs], [m for _, m, _ in pairs],
        [weight / total for _, _, weight in pairs], labels=labels,
        arcs_source="corridors.yaml", journeys_source="markets.yaml",
    )


def _label(corridor: Corridor, state_of: dict[str, str], names: dict[str, str], titles: dict[str, str]) -> str:
    ends = f"{titles[corridor.start]} and {titles[corridor.end]}, {_MODES[corridor.mode]}"
    first, second = state_of[corridor.start], state_of[corridor.end]
    if first == second:
        return f"between {ends}"
    return f"border section {names[first]}–{names[second]}: between {ends}"


def _middle(case: Case) -> tuple[np.ndarray, np.ndarray, dict[str, float], set[tuple[str, str]]]:
    """Return evasion by corridor unwatched and watched, users by market, and which source reaches which market."""
    from qorgau.case import parameter_table
    from qorgau.ensemble.priors import Distribution
    from qorgau.ensemble.translate import inputs_of
    from qorgau.model.enforcement import EFFORT_REFERENCE, advance_detection
    from qorgau.model.mechanisms import Mechanism
    from qorgau.model.run import begin

    inputs = inputs_of(case)
    world = inputs.world
    half = np.array([0.5])
    columns = {
        row.name: Distribution(row.prior.kind, tuple(row.prior.numbers)).quantile(half)
        for row in parameter_table(case)
    }
    columns["enforcement.campaign_noise"] = np.zeros(1)
    parameters = inputs.parameters_of(columns, 1)
    on = np.ones((1, len(Mechanism)))
    keys = inputs.keys_of(1, np.arange(1))
    state = begin(world, parameters, on, keys)
    users = {name: float(state.users[0, m]) for m, name in enumerate(world.market_names)}
    month = inputs.catalogue.start_month
    added = float(columns["enforcement.size_border_monitoring"][0])
    levels = []
    for effort in (EFFORT_REFERENCE, EFFORT_REFERENCE * (1.0 + added)):
        state.effort[:] = effort
        advance_detection(world, state, parameters, on, keys, month)
        # Directed corridors stand in pairs, there and back; one watch holds for both.
        levels.append(np.exp(-state.hazard_honest[0].reshape(-1, 2).mean(axis=1)))
    reaches = {
        (world.place_names[int(s)], world.market_names[int(m)])
        for s, m in zip(world.route_source, world.route_market)
    }
    return levels[0], levels[1], users, reaches


def summary_of(placement: Placement, network: Network, budget: float) -> dict[str, Any]:
    """Return a placement as JSON."""
    made: dict[str, Any] = json.loads(placement.to_json())
    made.pop("not_for", None)
    return {**made, "budget": budget, "watchable": int(network.watchable.size), "journeys": len(network.origin)}


def show_placement(screen: Screen, placement: Placement, network: Network, budget: float, of_case: bool) -> None:
    """Print where to put the watches, how good that is, and what ignoring adaptation would leave."""
    screen.say(
        f"Budget {budget:g}; {network.watchable.size} {'corridors' if of_case else 'arcs'} can be watched; "
        f"{len(network.origin)} journeys from source to market."
    )
    screen.heading("Watch" if placement.chosen else "Nothing to watch within the budget")
    for name in placement.chosen:
        screen.say(f"  {name}")
    screen.heading("Share of journeys that go undetected, when those who are watched adapt")
    rows = [("with these watches", f"{placement.value:.4f}"), ("with no watch", f"{placement.unwatched:.4f}"),
            ("watching the busiest, as if nobody adapted", f"{placement.naive:.4f}")]
    if placement.bound is not None:
        rows.append(("no placement can be below", f"{placement.bound:.4f}"))
    screen.table(("", "share"), rows, right=("share",))
    gap = f"gap {100 * placement.gap:.2f} %" if placement.gap is not None else "no bound is known"
    screen.say(f"  {placement.status}, {gap}, by {placement.method}, in {clock(placement.seconds)}")
    if of_case:
        screen.say("  Hazards are the model's at the middle of its priors with honest posts; corruption, capacity and")
        screen.say("  how beliefs change are not in it. Try a measure in the whole model with qorgau simulate.")


def read(arcs: str | None, journeys: str | None) -> Network:
    """Read the network of two files.

    Raises
    ------
    InputError
        If one of the two is missing, or a file does not hold what it should.
    """
    from qorgau.analysis.placing import read_network

    if arcs is None or journeys is None:
        missing = "--journeys" if journeys is None else "--arcs"
        raise InputError("qorgau place", missing, "is missing", "give both --arcs CSV and --journeys CSV, or a case")
    return read_network(arcs, journeys)
