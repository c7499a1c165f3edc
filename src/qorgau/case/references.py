"""Checks across the files of a case: what is named exists, dates follow, units fit, markets are reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from qorgau.case.case import Case, suggestion
from qorgau.case.timeline import dates, month_index
from qorgau.errors import InputError
from qorgau.model.parameters import Parameter
from qorgau.model.world import MOST, SERVICES, TRADES

__all__ = ["check_parameters", "check_references", "model_parameters"]


def _file(case: Case, name: str) -> Path:
    return Path(case.folder) / f"{name}.yaml"


def _exists(case: Case, file: str, key: str, what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise InputError(_file(case, file), key, f"no {what} {name!r}", suggestion(name, list(known)))


def check_references(case: Case) -> None:
    """Check everything that takes more than one row to see.

    Raises
    ------
    InputError
        At the first fault, in the order: claims, geography, people in office, time line, reach, parameters.
    """
    _check_claims(case)
    _check_geography(case)
    _check_posts(case)
    _check_groups(case)
    _check_series(case)
    _check_timeline(case)
    _check_reach(case)
    check_parameters(case)


def _check_claims(case: Case) -> None:
    known = {claim.id for claim in case.evidence.claims}

    def check(file: str, key: str, ids: Iterable[str]) -> None:
        for claim in ids:
            if claim not in known:
                near = get_close_matches(claim, sorted(known), n=3)
                fix = f"name a claim of evidence/claims.yaml{', such as ' + ', '.join(near) if near else ''}"
                raise InputError(_file(case, file), key, f"no claim {claim!r}", fix)

    check("case", "claims", case.settings.claims)
    for name in (
        "states", "places", "corridors", "trades", "markets", "destinations", "networks", "patron_groups",
        "posts", "services", "institutions", "series", "timeline", "measures",
    ):  # fmt: skip
        for row in getattr(case, name):
            key = f"{name}.{getattr(row, 'id', None) or row.place}.claims"
            check(name, key, row.claims)
            check(name, key.replace(".claims", ".label_caveat"), getattr(row, "label_caveat", ()))
    for full, prior in case.parameters.items():
        subsystem, name = full.split(".", 1)
        check(f"parameters/{subsystem}", f"{name}.claims", prior.claims)


def _check_geography(case: Case) -> None:
    states = dict.fromkeys(state.id for state in case.states)
    places = dict.fromkeys(place.id for place in case.places)
    _exists(case, "case", "focus", "state", case.settings.focus, states)
    for place in case.places:
        _exists(case, "places", f"places.{place.id}.state", "state", place.state, states)
    for state in states:
        if not any(place.state == state for place in case.places):
            raise InputError(_file(case, "states"), f"states.{state}", "the state has no place", "add a place in it")
    for corridor in case.corridors:
        key = f"corridors.{corridor.id}"
        _exists(case, "corridors", f"{key}.from", "place", corridor.start, places)
        _exists(case, "corridors", f"{key}.to", "place", corridor.end, places)
        for state in corridor.watched_by:
            _exists(case, "corridors", f"{key}.watched_by", "state", state, states)
    for market in case.markets:
        _exists(case, "markets", f"markets.{market.place}.place", "place", market.place, places)
    for destination in case.destinations:
        _exists(case, "destinations", f"destinations.{destination.place}.place", "place", destination.place, places)
    for network in case.networks:
        for name in network.homes:
            _exists(case, "networks", f"networks.{network.id}.homes", "place", name, places)
        for name in network.diaspora:
            _exists(case, "networks", f"networks.{network.id}.diaspora", "state", name, states)
    for file, most in MOST.items():
        count = len(getattr(case, file))
        if count > most:
            raise InputError(_file(case, file), file, f"{count} rows, the model takes {most}", "put some together")
    started = sum(network.organisations_at_start for network in case.networks)
    if started > case.settings.organisation_slots:
        problem = f"{started} organisations at the start, more than organisation_slots"
        raise InputError(
            _file(case, "networks"), "networks", problem, "lower them, or raise organisation_slots in case.yaml"
        )
    for file, needed, given in (
        ("trades", TRADES, [trade.id for trade in case.trades]),
        ("services", SERVICES, [service.id for service in case.services]),
    ):
        for name in needed:
            if name not in given:
                raise InputError(
                    _file(case, file), file, f"{name} is missing", f"write a row for each of {', '.join(needed)}"
                )


def _check_services(case: Case, places: dict[str, str]) -> None:
    """Border posts stand at crossings, one a place; a state has one migration service."""
    crossing = {end for c in case.corridors if places[c.start] != places[c.end] for end in (c.start, c.end)}
    first: dict[tuple[str, str], str] = {}
    for post in case.posts:
        key = f"posts.{post.id}.kind"
        if post.kind == "border" and post.place not in crossing:
            fix = "remove the post, or add a corridor across a border to corridors.yaml; the province post serves there"
            raise InputError(_file(case, "posts"), key, f"no corridor at {post.place} crosses a border", fix)
        if post.kind not in ("border", "migration"):
            continue
        where = post.place if post.kind == "border" else places[post.place]
        if (post.kind, where) in first:
            fix = "put both into one post, or none: the province posts then do its work"
            problem = f"{where} has a {post.kind} post already, {first[post.kind, where]}"
            raise InputError(_file(case, "posts"), key, problem, fix)
        first[post.kind, where] = post.id


def _check_posts(case: Case) -> None:
    places = {place.id: place.state for place in case.places}
    for post in case.posts:
        _exists(case, "posts", f"posts.{post.id}.place", "place", post.place, places)
        if post.kind == "centre" and places[post.place] != case.settings.focus:
            fix = "only the state in focus has posts at the centre; use kind province"
            raise InputError(_file(case, "posts"), f"posts.{post.id}.kind", "centre post outside the focus state", fix)
    _check_services(case, places)
    local = Counter(post.place for post in case.posts if post.kind == "province")
    for place in places:
        if local[place] != 1:
            problem = f"{place} has {local[place]} posts of kind province"
            raise InputError(_file(case, "posts"), "posts", problem, "give every place exactly one")
    for flag in ("state_assets", "government"):
        chosen = [post for post in case.posts if getattr(post, flag)]
        if len(chosen) != 1 or chosen[0].kind != "centre":
            fix = f"set {flag}: true on exactly one post of kind centre"
            raise InputError(_file(case, "posts"), flag, f"{len(chosen)} posts carry it", fix)


def _check_groups(case: Case) -> None:
    """Groups make up each state and lines of kin their group; one group rules, and of its lines one at most."""
    file = _file(case, "patron_groups")
    states = [state.id for state in case.states]
    for group in case.patron_groups:
        _exists(case, "patron_groups", f"patron_groups.{group.id}.state", "state", group.state, states)
        local = [place.id for place in case.places if place.state == group.state]
        for place in group.places:
            _exists(case, "patron_groups", f"patron_groups.{group.id}.places", f"place of {group.state}", place, local)
    groups = {group.id: group for group in case.patron_groups if group.within is None}
    lines = [group for group in case.patron_groups if group.within is not None]
    for line in lines:
        key = f"patron_groups.{line.id}.within"
        if any(line.within == other.id for other in lines):
            problem, fix = f"{line.within} is itself a line of kin", "name a group: there are two levels only"
            raise InputError(file, key, problem, fix)
        _exists(case, "patron_groups", key, "patron group", str(line.within), groups)
        group = groups[str(line.within)]
        if line.state != group.state:
            problem = f"{line.id} is of {line.state}, its group {group.id} of {group.state}"
            raise InputError(file, key, problem, f"write state: {group.state}, or name a group of {line.state}")
        if line.ruling and not group.ruling:
            problem, fix = f"{group.id} is not the ruling group", "take ruling: true off the line, or mark its group"
            raise InputError(file, f"patron_groups.{line.id}.ruling", problem, fix)
    for group in groups.values():
        own = [line for line in lines if line.within == group.id]
        total = sum(line.share for line in own)
        if own and abs(total - group.share) > 1e-6:
            problem = f"shares of its lines sum to {total:g}, not to its own {group.share:g}"
            raise InputError(file, f"patron_groups.{group.id}", problem, "mend the shares, or add a line")
        if sum(line.ruling for line in own) > 1:
            problem = f"{sum(line.ruling for line in own)} ruling lines"
            raise InputError(file, f"patron_groups.{group.id}", problem, "mark one at most with ruling: true")
    for state in states:
        of_state = [group for group in groups.values() if group.state == state]
        total = sum(group.share for group in of_state)
        if abs(total - 1.0) > 1e-6:
            problem = f"shares of the groups of {state} sum to {total:g}, not 1"
            raise InputError(file, f"patron_groups.{state}", problem, "mend the shares, or add a group")
        if sum(group.ruling for group in of_state) != 1:
            problem = f"{sum(group.ruling for group in of_state)} ruling groups in {state}"
            raise InputError(file, f"patron_groups.{state}", problem, "mark exactly one with ruling: true")


def _check_series(case: Case) -> None:
    by_input: dict[str, str] = {}
    for series in case.series:
        if series.feeds is None:
            continue
        if series.feeds in by_input:
            problem = f"{series.feeds} is fed by {by_input[series.feeds]} already"
            raise InputError(_file(case, "series"), f"series.{series.id}.feeds", problem, "let one series feed it")
        by_input[series.feeds] = series.id
        by_state = series.feeds not in ("opium", "score_table")
        needed = [state.id for state in case.states] if by_state else list(series.entities[:1])
        for entity in needed:
            try:
                series.chained(entity)
            except KeyError as error:
                fix = "add dated values for it, with their publisher and vintage"
                raise InputError(_file(case, "series"), f"series.{series.id}", str(error.args[0]), fix) from error
    for name in ("gdp_per_head", "population", "opium", "farm_growth"):
        if name not in by_input:
            raise InputError(
                _file(case, "series"), "series", f"nothing feeds {name}", f"add a series with feeds: {name}"
            )


def _check_timeline(case: Case) -> None:
    file = _file(case, "timeline")
    known = [entry.id for entry in case.timeline]
    for entry in case.timeline:
        for name in entry.after:
            _exists(case, "timeline", f"timeline.{entry.id}.after", "entry", name, known)
    try:
        dates(case.timeline)
    except ValueError as error:
        raise InputError(
            file, "timeline.after", str(error), "let no entry follow itself, and mend the dates"
        ) from error
    last = month_index(f"{case.settings.last_year}-12", 0)
    for entry in case.timeline:
        for key in ("date", "until"):
            value = getattr(entry, key)
            if value is not None and month_index(value, 0) > last:
                problem = f"{value} is after the case's last year {case.settings.last_year}"
                raise InputError(
                    file, f"timeline.{entry.id}.{key}", problem, "mend the date, or last_year in case.yaml"
                )


def _check_reach(case: Case) -> None:
    """Every market can be reached from a source by road or rail, every place from every place by any way."""
    sources = [place.id for place in case.places if "source" in place.roles]
    if not sources:
        raise InputError(
            _file(case, "places"), "places.roles", "no place is a source", "give one place the role source"
        )
    ground = _reached(sources, [(c.start, c.end) for c in case.corridors if c.mode in ("road", "rail")])
    for market in case.markets:
        if market.place not in ground:
            problem = f"no way by road or rail from any source ({', '.join(sources)}) to this market"
            raise InputError(
                _file(case, "markets"), f"markets.{market.place}", problem, "add the corridor that is missing"
            )
    open_to_people = [(c.start, c.end) for c in case.corridors if c.mode != "air_official"]
    together = _reached([case.places[0].id], open_to_people)
    for place in case.places:
        if place.id not in together:
            problem = f"no corridor joins it to {case.places[0].id}"
            raise InputError(_file(case, "places"), f"places.{place.id}", problem, "add the corridor that is missing")


def _reached(start: Iterable[str], pairs: Iterable[tuple[str, str]]) -> set[str]:
    neighbours: dict[str, set[str]] = {}
    for a, b in pairs:
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    found, waiting = set(start), list(start)
    while waiting:
        for other in neighbours.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def model_parameters() -> Mapping[str, tuple[Parameter, ...]]:
    """Tables of the model's parameters by subsystem, imported only here: they bring the compiled processes."""
    from qorgau.model.registry import PARAMETERS

    return PARAMETERS


def check_parameters(case: Case) -> None:
    """Every parameter of the model has one prior, in its unit and within its bounds, and there are no others.

    Raises
    ------
    InputError
        At the first that does not fit.
    """
    tables = model_parameters()
    known = {f"{subsystem}.{p.name}": p for subsystem, table in tables.items() for p in table}
    for full, row in case.parameters.items():
        subsystem, name = full.split(".", 1)
        file = _file(case, f"parameters/{subsystem}")
        if full not in known:
            own = [p.name for p in tables.get(subsystem, ())]
            if not own:
                raise InputError(file, "", f"no subsystem {subsystem!r}", suggestion(subsystem, sorted(tables)))
            raise InputError(file, name, "no parameter of that name in the model", suggestion(name, own))
        parameter = known[full]
        if row.unit != parameter.unit:
            problem = f"unit {row.unit!r} does not fit: the model counts it in {parameter.unit!r}"
            raise InputError(file, f"{name}.unit", problem, f"convert the numbers and write unit: {parameter.unit}")
        for key, prior in (("prior", row.prior), ("vague", row.vague)):
            if prior is None:
                continue
            low, high = prior.bounds
            if low < parameter.low or high > parameter.high:
                problem = f"range {low:g} to {high:g} leaves the bounds {parameter.low:g} to {parameter.high:g}"
                raise InputError(file, f"{name}.{key}", problem, "draw only values that the equation has a meaning for")
    for full in known:
        if full not in case.parameters:
            subsystem, name = full.split(".", 1)
            fix = f"write {name}: with unit: {known[full].unit}, a prior, and claims or an assumption"
            raise InputError(_file(case, f"parameters/{subsystem}"), name, "the model's parameter has no prior", fix)
