"""Police, border guards and migration officials apart: each is met where it serves and nowhere else.

Source: S71 names the three bodies. What follows is held to closed forms of the single processes: hazards where all are
honest, supply by one side of a market alone, a share of a sum that is paid, a new holder every month.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qorgau.model import corruption, enforcement, facilitators, human_trade, organisations, patronage, routes
from qorgau.model.derived import corridor_posts, migration_posts
from qorgau.model.run import begin
from qorgau.model.world import POST_KINDS, World
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.people_scene import Scene
from tests.model.worlds import assert_consistent, small_world, with_services
from tests.verification.scenes import MONTH, held, set_to, step, still

POLICE, CENTRE, BORDER, MIGRATION = (POST_KINDS.index(k) for k in ("province", "centre", "border", "migration"))
HONEST = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
CORRUPT = np.array([0.2, 0.2, 0.3, 0.2, 0.1])


def _scene(seed: int = 0, runs: int = 2, served: bool = True) -> Scene:
    world = still(small_world(seed, places=9), privatisation=1.0, internal_borders=1.0, law=1.0)
    world = with_services(world) if served else world
    parameters, on, run_keys = draw_parameters(runs, seed, middle=True), all_on(runs), keys(runs, seed)
    x = Scene(world, begin(world, parameters, on, run_keys), parameters, on, run_keys, MONTH)
    return set_to(x, "enforcement", campaign_noise=0.0)


def _serve(x: Scene, honest: int | None = None) -> Scene:
    """All posts alike, those of one kind honest."""
    x.state.conduct[:] = CORRUPT
    if honest is not None:
        x.state.conduct[:, x.world.post_kind == honest] = HONEST
    x.state.corrupt[:] = 0.5 * x.state.conduct[:, :, 1] + x.state.conduct[:, :, 2:].sum(2)
    return x


def _detect(x: Scene) -> Scene:
    return held(x, enforcement, 1, "advance_detection")


@pytest.mark.parametrize("seed", range(3))
def test_the_border_service_is_met_at_crossings_and_the_police_everywhere_else(seed: int) -> None:
    world = with_services(small_world(seed))
    assert_consistent(world)
    for post, place in zip(corridor_posts(world), (world.corridor_from, world.corridor_to)):
        assert (world.post_place[post] == place).all()
        guarded = np.isin(place, world.post_place[world.post_kind == BORDER]) & (world.corridor_border == 1)
        assert guarded.any() and not guarded.all()
        np.testing.assert_array_equal(world.post_kind[post], np.where(guarded, BORDER, POLICE))
    assert (np.concatenate(corridor_posts(small_world(seed))) < small_world(seed).sizes["place"]).all()
    np.testing.assert_array_equal(migration_posts(small_world(seed)), -1)


def test_honest_border_guards_alone_leave_roads_inside_a_state_as_they_are() -> None:
    corrupt, honest = _detect(_serve(_scene())), _detect(_serve(_scene(), BORDER))
    w = honest.world
    guards = sum((w.post_kind[post] == BORDER).astype(int) for post in corridor_posts(w))
    for name in ("hazard", "bribe_rate"):
        a, b = getattr(corrupt.state, name), getattr(honest.state, name)
        np.testing.assert_array_equal(a[:, guards == 0], b[:, guards == 0])
        assert (a[:, guards > 0] != b[:, guards > 0]).all()
    both = guards == 2
    assert both.any() and (guards[w.corridor_border == 0] == 0).all()
    np.testing.assert_allclose(honest.state.hazard[:, both], honest.state.hazard_honest[:, both], rtol=1e-12)
    assert (honest.state.bribe_rate[:, both] == 0.0).all()


def test_a_service_that_does_as_the_police_do_changes_no_hazard() -> None:
    apart, one = _detect(_serve(_scene())), _detect(_serve(_scene(served=False)))
    np.testing.assert_allclose(apart.state.hazard, one.state.hazard, rtol=1e-12)
    np.testing.assert_allclose(apart.state.bribe_rate, one.state.bribe_rate, rtol=1e-12)


@pytest.mark.parametrize("lawyers", [0.0, 0.4])
def test_with_honest_migration_officials_papers_come_from_lawyers_alone(lawyers: float) -> None:
    def served(kind: int | None) -> Scene:
        return held(set_to(_serve(_scene(), kind), "facilitators", documents_willing=lawyers), facilitators, 4000)

    corrupt, honest, police = served(None), served(MIGRATION), served(POLICE)
    q = honest.parameters["facilitators"][0]
    has = migration_posts(honest.world) >= 0
    supply = (1.0 - q["documents_official"]) * lawyers
    demand = honest.state.service_demand[:, has, 0]
    got = supply / (supply + q["half_supply"] * (1.0 + demand)) if lawyers else np.zeros_like(demand)
    np.testing.assert_allclose(honest.state.service[:, has, 0], got, rtol=1e-9, atol=1e-12)
    assert not honest.state.papers_official.any()
    # the police of a state with a migration service make no papers
    np.testing.assert_array_equal(police.state.service[:, has, 0], corrupt.state.service[:, has, 0])
    np.testing.assert_array_equal(police.state.papers_official[:, has], corrupt.state.papers_official[:, has])
    assert (police.state.service[:, ~has, 0] < corrupt.state.service[:, ~has, 0]).all()
    # houses and laundering are lent by the other officials
    np.testing.assert_array_equal(honest.state.service[:, :, 1:], corrupt.state.service[:, :, 1:])
    assert (police.state.service[:, :, 1:] < corrupt.state.service[:, :, 1:]).all()
    share = corrupt.state.papers_official[:, has]
    made = q["documents_official"] * CORRUPT[2:].sum()
    np.testing.assert_allclose(share, made / (made + supply), rtol=1e-9)


def test_what_groups_pay_for_papers_is_the_migration_services_by_its_part_of_the_supply() -> None:
    """With one home state and no houses, papers are a known share of fixed costs."""
    x = _scene()
    s = int(np.flatnonzero(migration_posts(x.world) >= 0)[0])
    x.state.home[:] = int(np.flatnonzero(x.world.place_state == s)[0])
    x.state.service[:, :, 0], x.state.service[:, :, 1] = 0.8, 0.0
    x.state.service_fee[:] = 2.5
    for part in (0.0, 0.3, 1.0):
        y = x.copy()
        y.state.papers_official[:] = part
        organisations.advance(y.world, y.state, y.parameters, y.on, y.keys, y.month, routes.geometry_of(y.world))
        q = y.parameters["organisations"]
        asked = q["service_fee"] * 0.5 * 0.8 * 2.5
        fixed = y.state.money[:, organisations.FLOWS.index("fixed")]
        want = part * fixed * asked / (1.0 + q["service_cost"] * 0.6 + asked)
        makers = y.world.post_kind == MIGRATION
        np.testing.assert_allclose(y.state.bribes_post[:, makers].sum(1), want, rtol=1e-9, atol=1e-12)
        assert (y.state.bribes_post[:, migration_posts(y.world)[s]] == y.state.bribes_post[:, makers].sum(1)).all()


def test_who_carries_people_over_a_border_serves_there() -> None:
    """With border guards who take part, people are found less at crossings and as often inside a state."""
    def found(kind: int | None) -> Scene:
        x = _scene()
        x.state.conduct[:] = HONEST
        if kind is not None:
            x.state.conduct[:, x.world.post_kind == kind] = np.array([0.0, 0.0, 0.0, 0.0, 1.0])
        x.state.hazard[:, x.world.corridor_border == 0] = 0.0
        x.state.hazard[:, x.world.corridor_border == 1] = 0.5
        x.state.attempts_route[:], x.state.pool[:] = 400.0, 500.0
        set_to(x, "human_trade", officials_carry=1.0)
        return step(x, human_trade)

    nobody, guards, papers = found(None), found(BORDER), found(MIGRATION)
    assert guards.state.intercepted.sum() < nobody.state.intercepted.sum()
    np.testing.assert_array_equal(papers.state.intercepted, nobody.state.intercepted)


@pytest.mark.parametrize("kind", [BORDER, MIGRATION])
def test_services_have_no_hold_on_cases_and_firms(kind: int) -> None:
    x = set_to(_serve(_scene()), "corruption", speed=1e-15)
    y = set_to(_serve(_scene(), kind), "corruption", speed=1e-15)
    step(x, corruption)
    step(y, corruption)
    for name in ("shield", "shield_bribed", "abuse", "guarantor"):
        np.testing.assert_allclose(getattr(x.state, name), getattr(y.state, name), rtol=1e-12)
    others = x.world.post_kind != kind
    for name in ("legal_rents", "legal_protection"):
        np.testing.assert_array_equal(getattr(x.state, name)[:, others], getattr(y.state, name)[:, others])
        assert not getattr(y.state, name)[:, y.world.post_kind > CENTRE].any()


def test_services_start_as_the_police_do_where_firms_yield_nothing() -> None:
    world = replace(_scene().world, place_extractive=np.zeros(9), private_share=np.zeros((0, 0)))
    parameters = draw_parameters(4, 2)
    parameters["corruption"]["skim"] = 0.0
    parameters["corruption"]["exposed_service"] = parameters["corruption"]["exposed_share"]
    parameters["patronage"]["tie_months"] = 1e9
    state = begin(world, parameters, all_on(4), keys(4))
    for s in range(world.sizes["state"]):
        here = (world.post_state == s) & (world.post_kind != CENTRE)
        assert np.ptp(state.conduct[:, here], axis=1).max() < 1e-3


def test_holders_of_services_leave_by_turnover_alone_and_are_no_governors() -> None:
    x = set_to(_scene(), "patronage", turnover=1e3, rotation_fear=50.0, co_option=1.0)
    x.state.threat[:] = 1.0
    step(x, patronage)
    assert (x.state.tenure == 0).all()
    for s in range(x.world.sizes["state"]):
        provinces = ((x.world.post_state == s) & (x.world.post_kind == POLICE)).sum()
        assert (x.state.spells_ended[:, s] == provinces).all()
    y = set_to(_scene(), "patronage", turnover=1e-12, rotation_fear=1e6, tie_months=5.0)
    y.state.threat[:], y.state.tie[:] = 1.0, 1.0
    step(y, patronage)
    services = y.world.post_kind > CENTRE
    assert (y.state.rotated[:, services] == 0).all() and y.state.rotated[:, y.world.post_kind == POLICE].any()


def test_a_post_told_to_be_honest_stays_so_and_the_others_follow_their_rents() -> None:
    x = _serve(_scene())
    border = x.world.post_kind == BORDER
    x.state.honest[:, border] = 1.0
    step(x, corruption, 30)
    assert (x.state.conduct[:, border] == HONEST).all() and not x.state.corrupt[:, border].any()
    assert (x.state.conduct[:, ~border, 2:].sum(2) > 0.0).all()


def _moved(world: World, order: np.ndarray) -> World:
    """The same world, its posts written down in another order."""
    back = np.argsort(order)
    moved = {name: getattr(world, name)[order] for name in ("post_place", "post_state", "post_kind", "post_officials")}
    return replace(world, **moved, post_names=tuple(world.post_names[i] for i in order),
                   place_post=back[world.place_post], dismissal_post=int(back[world.dismissal_post]),
                   appointment_post=int(back[world.appointment_post]))


def test_the_order_in_which_posts_stand_changes_nothing_that_is_not_drawn_by_post() -> None:
    x = _scene(1)
    rng = np.random.default_rng(4)
    x.state.conduct[:] = rng.dirichlet(np.ones(5), x.state.conduct.shape[:2])
    x.state.bribes_post[:] = rng.uniform(0, 1e5, x.state.bribes_post.shape)
    order = rng.permutation(x.world.sizes["post"])
    y = replace(x.copy(), world=_moved(x.world, order))
    by_post = [name for name in ("conduct", "corrupt", "bribes_post", "fees_post", "racket_profit_post", "tenure",
                                 "patron_shield", "patron_reach", "sanction", "legal_rents", "legal_protection")]
    for name in by_post:
        getattr(y.state, name)[:] = getattr(x.state, name)[:, order]
    y.state.trust[:] = x.state.trust[:, :, order]
    for z in (x, y):
        for _ in range(3):
            _detect(z)
            held(z, facilitators, 1)
            held(z, corruption, 1)
    for name in ("hazard", "bribe_rate", "service", "papers_official", "shield", "abuse", "deal_risk"):
        np.testing.assert_allclose(getattr(y.state, name), getattr(x.state, name), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(y.state.conduct, x.state.conduct[:, order], rtol=1e-9, atol=1e-12)
