"""Enforcement on corridors: hazards of detection, what bribes cost, and where officers are sent.

Hazards, not probabilities: they add along a route, and a passage is detected with chance 1 - exp(-hazard).
The honest hazard of a corridor is

    h0 = ebar E/E_ref w/mean(w) (1 - cover) (1 - fuel cover) R B exp(n z - n^2/2),   w = mon^c max(a, min(4, km/600))

with a = `crossing_watch` at a border and .6 inside a state, the mean that of the world in which the run began,
E the officer-months on it, B the control at borders inside the former USSR (near zero in 1991) and z a persistent
campaign term (AR(1), coefficient .9). R is the road among whose traffic one travels: legal traffic falls with what a
road costs by `traffic_cover` (elasticities of -.5 soon and -1 later, Goodwin 1996), and as officers can look into so
many vehicles and no more, the chance that one of them is looked into falls with traffic, so
R = (cost over that of a fair road)^traffic_cover. Corrupt posts at its two ends, those
of the border service where it crosses a border, lower it to h = h0 (1 - psi C); a bribe is a share of the loss that
the officials avert, so it never exceeds that loss, vanishes with honest posts and with absent enforcement, and rises
with enforcement. No measure is multiplied by
(1 - corruption): corruption acts through h and the bribe only. Officers follow seizures per officer-month with
inertia and a floor (weighing raw seizures would send all of them to one road).
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, kept, memory
from qorgau.model.compiled import compiled
from qorgau.model.counts import normals
from qorgau.model.derived import corridor_posts, of_map
from qorgau.model.exponentials import fall, logarithm
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.streams import Stream, uniform
from qorgau.model.world import INSTRUMENTS, MODES, ROADS, World

__all__ = ["EFFORT_REFERENCE", "PARAMETERS", "advance_allocation", "advance_detection", "start"]

EFFORT_REFERENCE = 100.0
"""Officer-months a month on a corridor at which its hazard is ``ebar``: a unit, not a finding."""

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("hazard_mean", "1/journey", "mean hazard of detection at reference effort, before cover"),
    Parameter("monitoring_contrast", "1", "how strongly the monitoring level tells (0: not at all)"),
    Parameter("cover_weight", "1", "share of the hazard that full terrain cover takes away", 0.0, 1.0),
    Parameter("crossing_watch", "1", "hazard of crossing a border over that of 600 km of road", 0.6),
    Parameter("traffic_cover", "1", "elasticity of legal traffic, which hides, to what a road costs", 0.0, 3.0),
    Parameter("fuel_cover", "1", "share of the hazard hidden by fuel-smuggling traffic", 0.0, 1.0),
    Parameter("internal_border_start", "1", "control at borders between republics in 1991, of the later", 0.0, 1.0),
    Parameter("soviet_control", "1", "extra hazard in Soviet times without state protection (organisations)"),
    Parameter("corrupt_reach", "1", "share of the hazard that fully corrupt posts avert", 0.0, 1.0),
    Parameter("bribe_share", "1", "bribe as a share of the loss averted", 0.0, 1.0),
    Parameter("campaign_noise", "1", "sd of the log hazard by campaigns"),
    Parameter("effort_inertia", "1/month", "speed at which officers are moved", 0.0, 1.0),
    Parameter("effort_power", "1", "how strongly officers follow past seizures", 0.0, 1.0),
    Parameter("effort_diverted", "1", "share of corridor officers diverted at the height of the attacks", 0.0, 1.0),
    Parameter("size_border_monitoring", "1", "added effort and monitoring on the border at full measure"),
    Parameter("size_regional_coordination", "1", "added effort on both sides of borders at full measure"),
    Parameter("size_drug_training", "1", "added skill on corridors at full police training"),
)

_TERRAIN = int(Mechanism.TERRAIN_COVER)
_FUEL = int(Mechanism.FUEL_COVER)
_ROAD_QUALITY = int(Mechanism.ROAD_QUALITY)
_ENFORCEMENT = int(Mechanism.ENFORCEMENT)
_BRIBERY = int(Mechanism.BRIBERY)
_DIVERSION = int(Mechanism.DIVERSION)
_NOISE = int(Stream.CORRIDOR_NOISE)
_MONITOR = INSTRUMENTS.index("border_monitoring")
_COORDINATION = INSTRUMENTS.index("regional_coordination")
_TRAINING = INSTRUMENTS.index("police_training")
_RHO = kept(0.9)
_SUCCESS_MEMORY = memory(0.15)
_REFERENCE = EFFORT_REFERENCE


@compiled
def _detect(par, routes_par, on, keys, month, focus, internal, place_state, from_post, to_post, c_from, c_to, c_km,
            c_cover, mon_levels, c_mon, c_border, c_internal, c_fuel, c_worse, effort, noise, corrupt, instrument,
            added, raised, watch_mean, honest, hazard, bribe):
    runs, links = effort.shape
    contrast = np.empty(mon_levels.shape[0])
    u = np.empty(links)
    z = np.empty(links)
    wave = np.empty(links)
    for r in range(runs):
        q = par[r]
        for k in range(contrast.shape[0]):
            contrast[k] = mon_levels[k] ** q.monitoring_contrast
        for l in range(links):
            # a crossing is watched however short the road to it
            shortest = q.crossing_watch if c_border[l] == 1 else 0.6
            honest[r, l] = contrast[c_mon[l]] * max(shortest, min(4.0, c_km[l] / 600.0))
        # in logs a fair road lies between a good and a poor one, as in transport
        worse = routes_par[r].poor_road_cost ** (0.5 * q.traffic_cover * on[r, _ROAD_QUALITY])
        better = 1.0 / worse
        # a paired run that changes a corridor must not change the others
        if watch_mean[r] == 0.0:
            mean = 0.0
            for l in range(links):
                mean += honest[r, l] / links
            watch_mean[r] = mean
        mean = watch_mean[r]
        for l in range(links):
            u[l] = uniform(keys[r], _NOISE, month, l, 0)
        normals(links, u, z)
        highest = 0.0
        for l in range(links):
            noise[r, l] = _RHO * noise[r, l] + math.sqrt(1.0 - _RHO * _RHO) * z[l]
            wave[l] = q.campaign_noise * noise[r, l] - 0.5 * q.campaign_noise * q.campaign_noise
            highest = max(highest, wave[l])
        top = math.exp(highest)
        for l in range(links):
            wave[l] = top * fall(highest - wave[l])
        for l in range(links):
            a = c_from[l]
            b = c_to[l]
            own = place_state[b] == focus
            near = place_state[a] == focus
            e = (effort[r, l] + added[r, l]) / _REFERENCE
            m = honest[r, l] / mean
            if c_border[l] == 1 and (own or near):
                boost = q.size_border_monitoring * instrument[r, _MONITOR]
                if near and not own:
                    boost *= 0.5
                e *= 1.0 + boost + q.size_regional_coordination * instrument[r, _COORDINATION]
            if own:
                e *= 1.0 + q.size_drug_training * instrument[r, _TRAINING]
            h = q.hazard_mean * e * m
            h *= 1.0 - q.cover_weight * c_cover[l] * on[r, _TERRAIN]
            h *= 1.0 - q.fuel_cover * c_fuel[l] * on[r, _FUEL]
            if c_worse[l] != 0.0:
                h *= worse if c_worse[l] > 0.0 else better
            if c_border[l] == 1 and c_internal[l] == 1:
                h *= q.internal_border_start + (1.0 - q.internal_border_start) * internal
            h *= wave[l]
            h = min(3.0, h * (1.0 + raised[r, l])) * on[r, _ENFORCEMENT]
            c = 0.5 * (corrupt[r, from_post[l]] + corrupt[r, to_post[l]])
            honest[r, l] = h
            hazard[r, l] = h * (1.0 - q.corrupt_reach * c)
        for l in range(links):
            bribe[r, l] = q.bribe_share * (fall(hazard[r, l]) - fall(honest[r, l])) * on[r, _BRIBERY]


@compiled
def _allocate(par, on, diversion, focus, watcher, watched, seized, effort, success):
    runs, links = effort.shape
    states = watched.shape[0]
    total = np.empty(states)
    pull = np.empty(links)
    for r in range(runs):
        q = par[r]
        total[:] = 1e-12
        best = 0.0
        for l in range(links):
            yield_l = STEPS * seized[r, l] / max(1.0, effort[r, l])
            success[r, l] += _SUCCESS_MEMORY * (yield_l - success[r, l])
            pull[l] = success[r, l] + 0.005
            best = max(best, pull[l])
        top = best ** q.effort_power
        for l in range(links):
            pull[l] = top * fall(q.effort_power * logarithm(best / pull[l]))
        for l in range(links):
            total[watcher[l]] += pull[l]
        for l in range(links):
            s = watcher[l]
            level = _REFERENCE * watched[s]
            if s == focus:
                level *= 1.0 - q.effort_diverted * diversion * on[r, _DIVERSION]
            share = 0.3 / watched[s] + 0.7 * pull[l] / total[s]
            effort[r, l] += q.effort_inertia * (share * level - effort[r, l])


@of_map
def _monitoring(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Levels of monitoring that corridors have, and that of each: powers are taken once a level."""
    levels, index = np.unique(world.corridor_monitoring, return_inverse=True)
    return levels, index.astype(np.uint32)


@of_map
def _worse(world: World) -> np.ndarray:
    """1 where a corridor is a poor road, -1 where a good one, 0 elsewhere."""
    by_road = world.corridor_mode == MODES.index("road")
    poor, good = (world.corridor_road == ROADS.index(name) for name in ("poor", "good"))
    return (by_road * (1.0 * poor - 1.0 * good)).astype(np.float64)


@of_map
def _watchers(world: World) -> tuple[np.ndarray, np.ndarray]:
    watcher = world.place_state[world.corridor_to]
    watched = np.bincount(watcher, minlength=world.sizes["state"]).astype(np.float64)
    return watcher, np.maximum(watched, 1.0)


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Officers spread evenly over the corridors of their state; hazards of the first month."""
    state.effort[:] = EFFORT_REFERENCE
    state.success[:] = 0.0
    advance_detection(world, state, parameters, on, keys, 0)
    state.corridor_noise[:] = 0.0


def advance_detection(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int
) -> None:
    """Hazards and bribe rates of the month from effort, posts, terrain and measures (see module docstring)."""
    _detect(parameters["enforcement"], parameters["routes"], on, keys, month, world.focus,
            float(world.event["internal_borders"][month]), world.place_state, *corridor_posts(world),
            world.corridor_from, world.corridor_to, world.corridor_km, world.corridor_cover,
            *_monitoring(world), world.corridor_border, world.corridor_internal, world.corridor_fuel, _worse(world),
            state.effort, state.corridor_noise, state.corrupt, state.instrument,
            state.effort_added, state.hazard_raised, state.watch_mean, state.hazard_honest, state.hazard,
            state.bribe_rate)


def advance_allocation(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int
) -> None:
    """Move officers after last month's seizures per officer-month, with inertia and a floor of 30 %."""
    watcher, watched = _watchers(world)
    _allocate(parameters["enforcement"], on, float(world.event["diversion"][month]), world.focus, watcher, watched,
              state.seized_kg, state.effort, state.success)
