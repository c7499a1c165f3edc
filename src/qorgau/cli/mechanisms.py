"""``qorgau mechanisms``: which mechanism each pattern needs, over matched runs with one mechanism off at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qorgau.cli.screen import Screen

if TYPE_CHECKING:
    from qorgau.analysis.needs_records import Needs

__all__ = ["mechanisms", "show_needs"]


def mechanisms(
    case: Annotated[str, typer.Argument(metavar="[CASE]", help="A bundled case, or a folder.")] = "kazakhstan",
    matched: Annotated[
        Path | None, typer.Option("--matched", metavar="DIR", help="Folder of the matched set; by default the case's.")
    ] = None,
    runs: Annotated[int, typer.Option(min=20, help="Matched draws to compare each mechanism on.")] = 64,
    workers: Annotated[int | None, typer.Option(min=1, help="Threads; by default all cores.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for machines, and nothing else.")] = False,
) -> None:
    """Switch mechanisms off one by one and see which patterns no longer come out; kept beside the matched set."""
    from qorgau.analysis.waves.evaluate import bench_of
    from qorgau.analysis.waves.needs import find_needs
    from qorgau.analysis.waves.stored import FOLDER, load_matched
    from qorgau.case import load_case
    from qorgau.cli.pipeline import examined
    from qorgau.cli.screen import Stages
    from qorgau.ensemble.files import Interrupted
    from qorgau.ensemble.workers import available_cores

    screen = Screen(as_json)
    loaded = load_case(case)
    folder = matched if matched is not None else Path(loaded.folder) / FOLDER
    with Stages(screen) as stages:
        stages.begin("check")
        inputs = examined(loaded)
        stored = load_matched(loaded, matched, inputs)
        stages.end()
        stages.begin("mechanisms")
        try:
            found = find_needs(
                bench_of(loaded), stored, folder, runs=min(runs, len(stored)), workers=workers or available_cores(),
                progress=lambda name, number, total: stages.progress((number - 1) / total, f"{number}/{total} {name}"),
            )
        except KeyboardInterrupt as error:
            raise Interrupted(
                f"stopped: the mechanisms tried are kept in {folder}; the same command goes on from there"
            ) from error
        stages.end()
    show_needs(screen, found)
    screen.not_for([loaded.settings.not_for])
    screen.finish({**found.to_json(), "case": loaded.id, "set": stored.hash, "out": str(folder),
                   "seconds": stages.rounded()}, [loaded.settings.not_for])


def show_needs(screen: Screen, needs: Needs | None) -> None:
    """Print which patterns break without each mechanism."""
    screen.heading("What each mechanism is needed for")
    if needs is None:
        screen.say("  not looked at yet for this matched set; qorgau mechanisms does")
        return
    tried = dict.fromkeys(row.mechanism for row in needs.rows)
    screen.table(
        ("without", "breaks", "weakens"),
        [(m, " ".join(needs.of_mechanism(m)) or "–", " ".join(needs.of_mechanism(m, "weakens")) or "–") for m in tried],
    )
    screen.say(f"  {needs.runs} matched draws in which the mechanism is on; a fall counts beyond chance only")
    if needs.forced:
        screen.say(f"  too few draws have it, so it was switched on in others first: {', '.join(needs.forced)}")
    if needs.own_only:
        screen.say(f"  break, of what was tried, only what is said of their own effect: {', '.join(needs.own_only)}")
    if needs.idle:
        screen.say(f"  break nothing: {', '.join(needs.idle)}")
    if needs.missing:
        screen.say(f"  not tried: {', '.join(needs.missing)}")
