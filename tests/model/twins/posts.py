"""Whom one meets on a corridor and who makes papers, looked up post by post."""

from __future__ import annotations

from qorgau.model.world import POST_KINDS, World

PROVINCE, CENTRE, BORDER, MIGRATION = (POST_KINDS.index(k) for k in ("province", "centre", "border", "migration"))


def met_at(world: World, link: int) -> tuple[int, int]:
    """Posts at both ends of a corridor: the border service where it crosses a border and the place has one."""
    out = []
    for place in (int(world.corridor_from[link]), int(world.corridor_to[link])):
        here = [i for i in range(len(world.post_kind)) if world.post_place[i] == place]
        guards = [i for i in here if world.post_kind[i] == BORDER]
        police = [i for i in here if world.post_kind[i] == PROVINCE]
        out.append((guards or police)[0] if world.corridor_border[link] else police[0])
    return out[0], out[1]


def paper_makers(world: World, state: int) -> int | None:
    """The state's migration service, if the case has one."""
    found = [i for i, kind in enumerate(world.post_kind) if kind == MIGRATION and world.post_state[i] == state]
    return found[0] if found else None
