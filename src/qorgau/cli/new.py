"""``qorgau new``: a case to start from, or an invented one of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qorgau.cli.screen import Screen
from qorgau.errors import InputError

__all__ = ["new"]


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the case goes; not there yet, or empty.")],
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="An invented case of the size below, to test and to measure with.")
    ] = False,
    places: Annotated[int | None, typer.Option(help="Places; 25.")] = None,
    corridors: Annotated[int | None, typer.Option(help="Corridors, open both ways; 45.")] = None,
    organisations: Annotated[int | None, typer.Option(help="Most organisations alive at once; 40.")] = None,
    networks: Annotated[int | None, typer.Option(help="Networks of organisations; one for every eight.")] = None,
    states: Annotated[int | None, typer.Option(help="States; 8.")] = None,
    sources: Annotated[int | None, typer.Option(help="Places where opiates leave; 2.")] = None,
    markets: Annotated[int | None, typer.Option(help="Places where opiates are sold; 12.")] = None,
    destinations: Annotated[int | None, typer.Option(help="Places where people are exploited; 6.")] = None,
    origins: Annotated[int | None, typer.Option(help="Homes of people recruited; two thirds of all places.")] = None,
    last_year: Annotated[int | None, typer.Option(help="Last year of the case; 2024.")] = None,
    seed: Annotated[int | None, typer.Option(help="Chance that draws it; 1.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for machines, and nothing else.")] = False,
) -> None:
    """Write a new case from a commented template, or with --synthetic an invented one of any size."""
    given = {
        "places": places, "corridors": corridors, "organisations": organisations, "networks": networks,
        "states": states, "sources": sources, "markets": markets, "destinations": destinations, "origins": origins,
        "last_year": last_year, "seed": seed,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    screen = Screen(as_json)
    if synthetic:
        from qorgau.case import Scale, write_synthetic

        made = write_synthetic(folder, Scale(**chosen))
    elif chosen:
        option = next(iter(chosen)).replace("_", "-")
        raise InputError("new", f"--{option}", "only an invented case has a size", "add --synthetic, or leave it out")
    else:
        from qorgau.case import new_case

        made = new_case(folder)
    files = sorted(str(path.relative_to(made)) for path in made.rglob("*") if path.is_file())
    if synthetic:
        screen.say(f"{made}: {len(files)} files of an invented case; nothing in them is about the world", "bold")
        screen.say(f"  next: qorgau check {made}")
    else:
        screen.say(f"{made}: {len(files)} files, each with comments on what goes into it", "bold")
        screen.say(f"  next: edit {made / 'case.yaml'}, then qorgau check {made}")
    screen.finish({"case": str(made), "files": files})
