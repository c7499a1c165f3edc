"""Chains of corridors inside a country, and the entropy of the ways by which opiates leave it.

The entropy of routes inside a country is corrected for overlap: for the chains g of corridors by which opiates leave
places of the country, entering at place a,

    H = sum_a (kg_a/kg) [ -sum_g p ln p + sum_g p ln PS_g ],  PS_g = sum_l (len_l/len_g)/N_l,

so that chains which share a road count as one (Ben-Akiva and Bierlaire's path size used as a correction).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qorgau.model.compiled import compiled
from qorgau.model.world import World

__all__ = ["Chains", "PackedChains", "chains_of", "entropy", "pack", "route_entropy"]


@dataclass(frozen=True)
class Chains:
    """Chains of corridors inside one country: for each route the chain it uses, or -1.

    ``chain`` has shape (routes,); ``entry``, ``km`` and ``links`` one item per chain.
    """

    chain: np.ndarray
    entry: np.ndarray
    km: np.ndarray
    links: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class PackedChains:
    """The same as flat arrays, chains in the order of their entry places.

    Attributes
    ----------
    chain : ndarray of int, shape (routes,)
        Chain of each route, or -1.
    entry_ptr : ndarray of int, shape (entries + 1,)
        The chains of entry a are entry_ptr[a]:entry_ptr[a + 1].
    km : ndarray, shape (chains,)
    link_ptr, link : ndarray of int
        The corridors of chain g are link[link_ptr[g]:link_ptr[g + 1]], numbered from 0 among those used.
    link_km : ndarray, shape (links used,)
    """

    chain: np.ndarray
    entry_ptr: np.ndarray
    km: np.ndarray
    link_ptr: np.ndarray
    link: np.ndarray
    link_km: np.ndarray


def chains_of(world: World, state: int) -> Chains:
    """First maximal run of corridors leaving places of ``state`` on each route of opiates."""
    index: dict[tuple[int, ...], int] = {}
    chain = np.full(len(world.route_km), -1, dtype=np.int64)
    for k in range(len(world.route_km)):
        run: list[int] = []
        for l in world.route_links[world.route_ptr[k]: world.route_ptr[k + 1]]:
            if world.place_state[world.corridor_from[l]] == state:
                run.append(int(l))
            elif run:
                break
        if run:
            chain[k] = index.setdefault(tuple(run), len(index))
    links = tuple(index)
    entry = np.array([world.corridor_from[g[0]] for g in links], dtype=np.int64)
    km = np.array([world.corridor_km[list(g)].sum() for g in links], dtype=np.float64)
    return Chains(chain, entry, km, links)


def pack(world: World, chains: Chains) -> PackedChains:
    """Flat arrays of chains."""
    count = len(chains.links)
    order = np.argsort(chains.entry, kind="stable")
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    chain = np.full(len(chains.chain), -1, dtype=np.int64)
    inside = chains.chain >= 0
    chain[inside] = rank[chains.chain[inside]]
    used = sorted({l for g in chains.links for l in g})
    number = {l: i for i, l in enumerate(used)}
    sets = [sorted(number[l] for l in set(chains.links[g])) for g in order]
    _, starts = np.unique(chains.entry[order], return_index=True)
    return PackedChains(
        chain=chain,
        entry_ptr=np.append(starts, count).astype(np.int64),
        km=np.ascontiguousarray(chains.km[order], dtype=np.float64),
        link_ptr=np.cumsum([0, *map(len, sets)]).astype(np.int64),
        link=np.array([l for g in sets for l in g], dtype=np.int64),
        link_km=np.ascontiguousarray(world.corridor_km[used], dtype=np.float64),
    )


@compiled
def _entropy(chain, entry_ptr, km, link_ptr, link, link_km, route_kg, out):
    chains = km.shape[0]
    kg = np.empty(chains)
    sharing = np.empty(link_km.shape[0])
    for r in range(route_kg.shape[0]):
        kg[:] = 0.0
        for k in range(chain.shape[0]):
            if chain[k] >= 0:
                kg[chain[k]] += route_kg[r, k]
        total = 0.0
        for g in range(chains):
            total += kg[g]
        if total <= 1e-9:
            out[r] = math.nan
            continue
        value = 0.0
        for a in range(entry_ptr.shape[0] - 1):
            part = 0.0
            for g in range(entry_ptr[a], entry_ptr[a + 1]):
                part += kg[g]
            if part <= 1e-9:
                continue
            sharing[:] = 0.0
            for g in range(entry_ptr[a], entry_ptr[a + 1]):
                if kg[g] / part > 1e-3:
                    for j in range(link_ptr[g], link_ptr[g + 1]):
                        sharing[link[j]] += 1.0
            choice = 0.0
            for g in range(entry_ptr[a], entry_ptr[a + 1]):
                p = kg[g] / part
                if p > 1e-3:
                    size = 0.0
                    for j in range(link_ptr[g], link_ptr[g + 1]):
                        size += link_km[link[j]] / sharing[link[j]]
                    choice += p * (math.log(size / km[g]) - math.log(p))
            # chains that are nearly one, used unevenly, would come out below one choice
            value += part / total * max(0.0, choice)
        out[r] = value


def entropy(packed: PackedChains, route_kg: np.ndarray) -> np.ndarray:
    """Entropy of packed chains; see `route_entropy`."""
    out = np.empty(len(route_kg))
    _entropy(packed.chain, packed.entry_ptr, packed.km, packed.link_ptr, packed.link, packed.link_km, route_kg, out)
    return out


def route_entropy(world: World, chains: Chains, route_kg: np.ndarray) -> np.ndarray:
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
    return entropy(pack(world, chains), np.ascontiguousarray(route_kg, dtype=np.float64))
