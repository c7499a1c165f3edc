"""The yearly table in plain NumPy, one expression a column, as it was before its sums were compiled.

A new outcome that is a plain sum of cells needs no line here; one that is more than that does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qorgau.model.chains import Chains, chains_of
from qorgau.model.state import State
from qorgau.model.world import POST_KINDS, World

__all__ = ["PlainCollector", "plain_names", "plain_route_entropy"]

Read = Callable[[State], np.ndarray]


@dataclass(frozen=True)
class Reading:
    """One or more columns read from the state each month; ``read`` gives shape (runs, len(names))."""

    names: tuple[str, ...]
    unit: str
    kind: str
    read: Read


def _one(name: str, unit: str, kind: str, read: Read) -> Reading:
    return Reading((name,), unit, kind, lambda s: read(s)[:, None])


def _by_people(s: State) -> np.ndarray:
    """Share of the recruits of a month, of both forms together, whom groups that began with opiates won."""
    out = []
    for shares, people in zip(s.recruits_drug_first.tolist(), s.recruits.sum((1, 2)).tolist()):
        heads = sum(people)
        out.append(sum(a * n for a, n in zip(shares, people)) / heads if heads else sum(shares) / len(shares))
    return np.array(out)


def _upkeep(s: State) -> np.ndarray:
    """Fixed costs by journeys of the capacity in use."""
    journeys = (np.where(s.active == 1, s.capacity * s.in_use, 0.0)).sum(1)
    return s.money[:, 6] / np.maximum(1.0, journeys)


def _of_states(world: World, names: tuple[str, ...]) -> np.ndarray:
    return np.isin(np.array(world.state_names), names)


CENTRAL_ASIA = ("KAZ", "KGZ", "TJK", "TKM", "UZB")


def _with_label(world: World) -> list[int]:
    return [n for n, official in enumerate(world.network_official) if not official]


def _confused(by_label: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Each label keeps its own but for the error, which goes to the other labels alike (a matrix of confusion)."""
    k = by_label.shape[1]
    if k < 2:
        return by_label.astype(float)
    swap = (np.ones((k, k)) - np.eye(k)) / (k - 1)
    return np.stack([row @ ((1 - e) * np.eye(k) + e * swap) for row, e in zip(by_label, error)])


def readings(world: World) -> tuple[Reading, ...]:
    """Readings of a world, in the order of the table."""
    f = world.focus
    iso = world.state_names[f]
    state_of_market = world.place_state[world.market_place]
    state_of_destination = world.place_state[world.destination_place]
    km = np.flatnonzero(state_of_market == f)
    kd = np.flatnonzero(state_of_destination == f)
    kc = np.flatnonzero(world.place_state[world.corridor_to] == f)
    kp = np.flatnonzero(world.post_state == f)
    origin_focus = np.flatnonzero(world.place_state == f)
    western = _of_states(world, ("RUS", "EUU"))[state_of_market]
    homes = [s for s, n in enumerate(world.state_names) if n not in ("RUS", "CHN", "EUU", "AFG")]
    central = [s for s, n in enumerate(world.state_names) if n in CENTRAL_ASIA] or homes
    capital_kind = POST_KINDS.index("centre")
    border = (world.corridor_border == 1) & (world.place_state[world.corridor_to] == f)
    border &= world.corridor_mode <= 1
    from_state = world.place_state[world.corridor_from]
    neighbours = sorted({int(s) for s in from_state[border]})
    sections = range(len(world.section_names))
    ruling = world.ruling_group[f]
    base = max(1e-9, float(world.group_share[f, ruling]))
    centre_posts = kp[world.post_kind[kp] == capital_kind]
    province_posts = kp[world.post_kind[kp] == POST_KINDS.index("province")]
    told = [k for k in range(world.announced.shape[1]) if world.announced[:, k].any()]
    rus = world.state_names.index("RUS") if "RUS" in world.state_names else -1

    def paid_share(s: int) -> Read:
        posts = np.flatnonzero(world.post_state == s)
        # only the places of the model pay: their part of the state's people
        heads = float(world.population[:, s].mean() * world.place_share[world.place_state == s].sum())
        return lambda st: st.legal_protection[:, posts].sum(1) / np.maximum(1.0, st.wage[:, s] * heads)

    def own_ratio(posts: np.ndarray) -> Read:
        if len(posts) == 0:
            return lambda st: np.full(len(st.attention), np.nan)
        return lambda st: (st.group[:, posts] == ruling).mean(1) / base

    items: list[Reading] = [
        _one("people_recruited", "persons/year", "flow", lambda s: s.origin_flow[:, f]),
        _one("people_recruited_all", "persons/year", "flow", lambda s: s.recruits.sum((1, 2, 3))),
        _one("people_exploited", "persons", "mean", lambda s: s.exploited[:, kd].sum((1, 2, 3))),
        _one("people_exploited_all", "persons", "mean", lambda s: s.exploited.sum((1, 2, 3))),
        _one("people_exploited_children", "persons", "mean", lambda s: s.exploited[:, kd][..., 1].sum((1, 2))),
        _one("exploitation_demand", "persons", "mean", lambda s: s.demand_people[:, kd].sum((1, 2))),
        _one("people_identified", "persons/year", "flow", lambda s: s.identified[:, f]),
        _one("people_assisted", "persons/year", "flow", lambda s: s.assisted[:, f]),
        _one("people_assisted_by_outreach", "persons/year", "flow", lambda s: s.assisted_outreach[:, f]),
        _one("people_retrafficked", "persons/year", "flow", lambda s: s.retrafficked[:, f]),
        _one("people_returned_by_officials", "persons/year", "flow", lambda s: s.returned_by_officials[:, f]),
        _one(f"people_origin_{iso}", "persons/year", "flow", lambda s: s.origin_flow[:, f]),
        _one(f"people_transit_{iso}", "persons/year", "flow", lambda s: s.transit_flow[:, f]),
        _one(f"people_destination_{iso}", "persons/year", "flow", lambda s: s.arrival_flow[:, f]),
        _one("people_carried_couriers", "persons/year", "flow", lambda s: s.couriers),
        _one("opiates_couriers_kg", "kg/year", "flow", lambda s: s.couriers_kg),
        _one("opiates_delivered_kg", "kg/year", "flow", lambda s: s.arrivals[:, km].sum(1)),
        _one("opiates_delivered_kg_all", "kg/year", "flow", lambda s: s.arrivals.sum(1)),
        _one("opiates_delivered_kg_xinjiang", "kg/year", "flow",
             lambda s: s.arrivals[:, world.market_xinjiang == 1].sum(1)),
        _one("opiates_delivered_kg_west", "kg/year", "flow", lambda s: s.arrivals[:, western].sum(1)),
        _one("opiates_consumed_kg", "kg/year", "flow", lambda s: s.consumed[:, km].sum(1)),
        _one("opiates_seized_kg", "kg/year", "flow", lambda s: s.seized_kg[:, kc].sum(1)),
        _one("opiates_seized_kg_all", "kg/year", "flow", lambda s: s.seized_kg.sum(1)),
        _one("opiate_users", "persons", "mean", lambda s: s.users[:, km].sum(1)),
        _one("opiate_users_all", "persons", "mean", lambda s: s.users.sum(1)),
        _one("opiate_source_price", "USD/kg", "mean", lambda s: s.source_price),
        _one("cases_identified", "cases/year", "flow", lambda s: s.cases_identified[:, f]),
        _one("cases_investigated", "cases/year", "flow", lambda s: s.cases_investigated[:, f]),
        _one("cases_prosecuted", "cases/year", "flow", lambda s: s.cases_prosecuted[:, f]),
        _one("cases_convicted", "cases/year", "flow", lambda s: s.cases_convicted[:, f]),
        _one("bribes_usd", "USD/year", "flow", lambda s: (s.bribes_post[:, kp] + s.fees_post[:, kp]).sum(1)
             + s.deals_usd[:, world.focus]),
        _one("rents_legal_usd", "USD/year", "flow",
             lambda s: (s.legal_rents[:, kp] + s.legal_protection[:, kp]).sum(1)),
        _one("officials_corrupt_share", "1", "mean", lambda s: s.conduct[:, kp, 2:].sum(2).mean(1)),
        _one("officials_corrupt_share_centre", "1", "mean", lambda s: s.conduct[:, centre_posts, 2:].sum(2).mean(1)),
        _one("officials_protect_or_take_part_share", "1", "mean", lambda s: s.conduct[:, kp, 3:].sum(2).mean(1)),
        _one("perceived_corruption_score", "score 0-100", "mean", lambda s: s.perceived_corruption[:, f]),
        Reading(tuple(f"perceived_corruption_score_{n}" for n in world.state_names), "score 0-100", "mean",
                lambda s: s.perceived_corruption),
        _one("tip_tier", "tier", "end", lambda s: s.tier[:, f]),
        _one("active_organisations", "organisations", "mean", lambda s: s.active.sum(1)),
        Reading(tuple(f"organisations_active_{n}" for n in world.network_names), "organisations", "mean",
                lambda s: np.stack([((s.network == n) & (s.active == 1)).sum(1)
                                    for n in range(len(world.network_names))], axis=1)),
        Reading(tuple(f"organisations_labelled_active_{world.network_names[n]}" for n in _with_label(world)),
                "organisations", "mean",
                lambda s: _confused(np.stack([((s.network == n) & (s.active == 1)).sum(1)
                                              for n in _with_label(world)], axis=1), s.label_error)),
        _one("organisations_both_trades_share", "1", "mean",
             lambda s: ((s.trade[:, :, 0] > 0.15) & (s.trade[:, :, 0] < 0.85) & (s.active == 1)).sum(1)
             / np.maximum(1, s.active.sum(1))),
        _one("people_carried_share_by_opiate_first", "1", "mean", lambda s: _by_people(s)),
        Reading(tuple(f"remittances_share_{world.state_names[h]}" for h in homes), "1", "mean",
                lambda s: s.remittances_share[:, homes]),
        Reading(tuple(f"opiate_price_{n}" for n in world.market_names), "USD/kg", "mean", lambda s: s.price),
        Reading(tuple(f"opiate_retail_price_{n}" for n in world.market_names), "USD/kg", "mean",
                lambda s: s.price_retail),
        Reading(tuple(f"opiates_stock_kg_{n}" for n in world.market_names), "kg", "mean", lambda s: s.stock),
        Reading(tuple(f"opiates_delivered_kg_{n}" for n in world.market_names), "kg/year", "flow",
                lambda s: s.arrivals),
        Reading(tuple(f"opiates_border_kg_{world.state_names[s]}" for s in neighbours), "kg/year", "flow",
                lambda s: np.stack([s.carried_kg[:, border & (from_state == n)].sum(1) for n in neighbours], axis=1)),
        Reading(tuple(f"opiates_section_kg_{n}" for n in world.section_names), "kg/year", "flow",
                lambda s: np.stack([s.carried_kg[:, world.corridor_section == k].sum(1) for k in sections], axis=1)),
        Reading(tuple(f"people_border_{n}" for n in world.section_names), "persons/year", "flow",
                lambda s: np.stack([s.carried_people[:, world.corridor_section == k].sum((1, 2)) for k in sections],
                                   axis=1)),
        Reading(tuple(f"departures_{world.state_names[h]}_{world.state_names[d]}" for h in homes
                      for d in range(len(world.state_names)) if d != h), "persons/year", "flow",
                lambda s: np.concatenate([np.delete(s.departures[:, h], h, axis=1) for h in homes], axis=1)),
        _one("departures_CA", "persons/year", "flow", lambda s: s.departures[:, central].sum((1, 2))),
        _one(f"protection_share_official_{iso}", "1", "mean", lambda s: 1.0 / (1.0 + np.exp(-s.guarantor[:, f]))),
        _one(f"protection_paid_to_officials_share_{iso}", "1", "mean", paid_share(f)),
        _one("posts_own_group_ratio_centre", "1", "mean", own_ratio(centre_posts)),
        _one("posts_own_group_ratio_provinces", "1", "mean", own_ratio(province_posts)),
        _one("salience", "1", "mean", lambda s: s.salience[:, f]),
        _one("attention", "1", "mean", lambda s: s.attention),
        _one("measures_cost_usd", "USD/year", "flow", lambda s: s.measure_cost),
        _one("measures_announced_mean", "1", "mean", lambda s: s.announced[:, told].mean(1)),
        _one("measures_delivered_mean", "1", "mean", lambda s: s.instrument[:, told].mean(1)),
        _one("organisations_profit_usd", "USD/year", "flow", lambda s: s.profit_total),
        _one("people_recruited_from_abroad", "persons/year", "flow",
             lambda s: s.recruits[:, :, kd].sum((1, 2, 3)) - s.recruits[:, origin_focus][:, :, kd].sum((1, 2, 3))),
        Reading(tuple(f"people_origin_{world.state_names[h]}" for h in homes if h != f), "persons/year", "flow",
                lambda s: s.origin_flow[:, [h for h in homes if h != f]]),
        _one("people_recruited_working_abroad", "persons/year", "flow", lambda s: s.recruits_there.sum((1, 2, 3))),
        _one("people_carried_abroad", "persons/year", "flow",
             lambda s: s.arrival_flow.sum(1) - s.recruits_there.sum((1, 2, 3))),
        _one("people_found_on_way", "persons/year", "flow", lambda s: s.intercepted.sum(1)),
        _one("journey_cost_usd", "USD/journey", "mean", _upkeep),
    ]
    line = int(world.ruling_line[f])
    if line >= 0:
        items.append(_one("posts_ruling_line_ratio_centre", "1", "mean",
                          lambda s: (s.line[:, centre_posts] == line).mean(1) / world.line_share[f, line]))
    if world.line_home[world.place_state == f].any():
        local = (world.post_state == f) & (world.post_kind == 0)
        items += [
            _one("governors_left", "spells/year", "flow", lambda s: s.spells_ended[:, f]),
            _one("governors_left_at_home", "spells/year", "flow", lambda s: s.spells_home[:, f]),
            _one("governors_at_home_share", "1", "mean", lambda s: s.at_home[:, local].mean(1)),
        ]
    if (world.post_kind > 1).any():
        for name, kind in (("border", 2), ("police", 0), ("migration", 3)):
            posts = kp[world.post_kind[kp] == kind]
            if len(posts):
                items.append(_one(f"officials_corrupt_share_{name}", "1", "mean",
                                  lambda s, posts=posts: s.conduct[:, posts, 2:].sum(2).mean(1)))
                items.append(_one(f"bribes_usd_{name}", "USD/year", "flow", lambda s, posts=posts, kind=kind: (
                    s.bribes_post[:, posts].sum(1) + s.fees_post[:, posts].sum(1) + (kind == 0) * s.deals_usd[:, f])))
    if rus >= 0:
        items.append(_one("protection_paid_to_officials_share_RUS", "1", "mean", paid_share(rus)))
    return tuple(items)


def plain_route_entropy(world: World, chains: Chains, route_kg: np.ndarray) -> np.ndarray:
    """Path-size corrected entropy of the chains used, in nats.

    Parameters
    ----------
    route_kg : ndarray, shape (runs, routes)
        kg by route over the year.

    Returns
    -------
    ndarray, shape (runs,)
        NaN where nothing passed the country.
    """
    runs = len(route_kg)
    count = len(chains.links)
    kg = np.zeros((runs, count))
    for k, g in enumerate(chains.chain):
        if g >= 0:
            kg[:, g] += route_kg[:, k]
    total = kg.sum(1)
    out = np.full(runs, np.nan)
    use = total > 1e-9
    if not use.any() or count == 0:
        return out
    value = np.zeros(runs)
    links = sorted({l for g in chains.links for l in g})
    member = np.zeros((count, len(links)))
    for g, ls in enumerate(chains.links):
        for l in ls:
            member[g, links.index(l)] = world.corridor_km[l]
    for a in np.unique(chains.entry):
        here = np.flatnonzero(chains.entry == a)
        part = kg[:, here].sum(1)
        p = np.divide(kg[:, here], part[:, None], out=np.zeros((runs, len(here))), where=part[:, None] > 1e-9)
        used = (p > 1e-3).astype(float)
        shared = np.maximum(1.0, used @ (member[here] > 0))
        size = np.einsum("gl,rl->rg", member[here], 1.0 / shared) / chains.km[here][None, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(p > 1e-3, p * (np.log(size) - np.log(np.maximum(p, 1e-12))), 0.0)
        # chains that are nearly one, used unevenly, would come out below one choice
        value += np.where(total > 0, part / np.maximum(total, 1e-12), 0.0) * np.maximum(0.0, terms.sum(1))
    out[use] = value[use]
    return out


def _formed_names(world: World) -> tuple[tuple[str, str], ...]:
    iso = world.state_names[world.focus]
    entropies = [(f"route_entropy_{n}", "nat") for n in world.state_names if n in (*CENTRAL_ASIA, iso)]
    return (
        ("months_exploited", "month"),
        ("active_corridors", "corridors"),
        ("organisations_effective", "organisations"),
        *((f"organisations_share_{n}", "1") for n in world.network_names),
        *((f"organisations_labelled_share_{world.network_names[n]}", "1") for n in _with_label(world)),
        ("governor_tenure_months", "month"),
        ("governor_long_spells_share", "1"),
        ("route_entropy", "nat"),
        *entropies,
    )


def plain_names(world: World) -> tuple[str, ...]:
    """Names of all outcomes, in the order of the last axis of the yearly table."""
    names = [n for r in readings(world) for n in r.names]
    return tuple(names + [n for n, _ in _formed_names(world)])


class PlainCollector:
    """Sums the months of a year and forms its outcomes; also the yearly traffic on corridors.

    ``runs`` rows. Call ``month`` after each month and ``year`` after December.
    """

    def __init__(self, world: World, runs: int):
        self._world = world
        self._readings = readings(world)
        self._width = sum(len(r.names) for r in self._readings)
        iso = world.state_names[world.focus]
        wanted = [n for n in world.state_names if n in (*CENTRAL_ASIA, iso)]
        self._chains = {n: chains_of(world, world.state_names.index(n)) for n in wanted}
        self._runs = runs
        f = world.focus
        self._focus_destinations = np.flatnonzero(world.place_state[world.destination_place] == f)
        self._reset()

    def _reset(self) -> None:
        w = self._world
        self._sum = np.zeros((self._runs, self._width))
        self._route_kg = np.zeros((self._runs, len(w.route_km)))
        self._org_kg = np.zeros((self._runs, w.sizes["organisation"]))
        self._net_kg = np.zeros((self._runs, w.sizes["network"]))
        self._exits = np.zeros(self._runs)
        self._person_months = np.zeros(self._runs)
        self._spells = np.zeros((self._runs, 3))
        self._traffic = np.zeros((self._runs, w.sizes["corridor"], 3, 2), dtype=np.float32)
        self._months = 0

    def month(self, state: State) -> None:
        """Add one month."""
        at = 0
        for item in self._readings:
            value = item.read(state)
            k = len(item.names)
            if item.kind == "end":
                self._sum[:, at: at + k] = value
            else:
                self._sum[:, at: at + k] += value
            at += k
        f = self._world.focus
        self._error = state.label_error
        self._route_kg += state.route_kg
        self._org_kg += state.purchased
        self._net_kg += state.network_kg
        out = state.escaped + state.outreach_exits + state.self_reported + state.ended + state.freed_by_courts
        inside = state.identified[:, f] - state.intercepted[:, f]
        self._exits += out[:, f] + np.maximum(0, inside)
        self._person_months += state.exploited[:, self._focus_destinations].sum((1, 2, 3))
        self._spells[:, 0] += state.spells_ended[:, f]
        self._spells[:, 1] += state.spell_months[:, f]
        self._spells[:, 2] += state.spells_long[:, f]
        self._traffic[:, :, 0, 0] += state.carried_kg
        self._traffic[:, :, 0, 1] += state.seized_kg
        self._traffic[:, :, 1:, 0] += state.carried_people
        self._months += 1

    def year(self) -> tuple[np.ndarray, np.ndarray]:
        """Outcomes (runs, outcomes) and corridor traffic (runs, corridors, trades, 2) of the year; starts the next."""
        w = self._world
        at = 0
        for item in self._readings:
            k = len(item.names)
            if item.kind == "mean":
                self._sum[:, at: at + k] /= max(1, self._months)
            at += k
        total = self._org_kg.sum(1)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = self._org_kg / total[:, None]
            effective = np.where(total > 0, 1.0 / (share**2).sum(1), np.nan)
            networks = np.where(total[:, None] > 0, self._net_kg / self._net_kg.sum(1)[:, None], np.nan)
            spell = np.where(self._exits > 0, self._person_months / self._exits, np.nan)
            tenure = np.where(self._spells[:, 0] > 0, self._spells[:, 1] / self._spells[:, 0], np.nan)
            long = np.where(self._spells[:, 0] > 0, self._spells[:, 2] / self._spells[:, 0], np.nan)
        busy = (self._traffic[:, :, 0, 0] > 1.0) | (self._traffic[:, :, 1:, 0].sum(2) >= 1.0)
        entropy = {n: plain_route_entropy(w, c, self._route_kg) for n, c in self._chains.items()}
        told = _confused(networks[:, _with_label(w)], self._error)
        formed = [spell, busy.sum(1).astype(float), effective, *networks.T, *told.T, tenure, long,
                  entropy[w.state_names[w.focus]], *entropy.values()]
        table = np.concatenate([self._sum, np.stack(formed, axis=1)], axis=1)
        traffic = self._traffic
        self._reset()
        return table, traffic
