"""The commands and their options. What they do stands in the other modules, loaded when a command runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from qorgau.cli.errors import CHECK_FAILED, OneLineGroup
from qorgau.cli.history import history
from qorgau.cli.matching import match
from qorgau.cli.mechanisms import mechanisms
from qorgau.cli.new import new
from qorgau.cli.screen import Screen, Stages, clock
from qorgau.errors import InputError

__all__ = ["app"]

DEFAULT_CASE = "kazakhstan"

app = typer.Typer(
    cls=OneLineGroup,
    help="Turns what open sources say about a trafficking system into a model held to its sources. "
    "Not for operational targeting.",
    no_args_is_help=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print a summary for machines, and nothing else.")]
CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="A bundled case by name, or a case's folder.")]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT", help="Folder that run or simulate wrote.")]
CaseOption = Annotated[
    str | None, typer.Option("--case", help="The case of the results; by default the copy kept with them.")
]
Runs = Annotated[
    int | None,
    typer.Option(min=1, help="Draws; each is run under every policy. By default 200, or the whole matched set where "
                             "that is smaller."),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of draws of the prior and of their random streams.")]
Prior = Annotated[bool, typer.Option("--prior", help="Draw from the prior, not from the case's matched set.")]
MatchedOption = Annotated[
    Path | None, typer.Option("--matched", metavar="DIR", help="Draw from the matched set in this folder.")
]
Policies = Annotated[
    str | None,
    typer.Option(help="Counter-measures with commas between them, each NAME[=INTENSITY][@YYYY-MM] joined by +; "
                      "by default all of the case's."),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Output folder; by default qorgau-CASE.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Threads; by default all cores.")]
KnockoutRuns = Annotated[
    int, typer.Option("--knockouts", min=0, help="Draws that also run once without each subsystem.")
]
Cluster = Annotated[str | None, typer.Option(help="Address of a Dask scheduler that runs the blocks.")]


def _version(wanted: bool) -> None:
    if wanted:
        from qorgau import __version__

        print(__version__)
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Print the help when no command is given."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def run(
    case: Annotated[str, typer.Argument(metavar="[CASE]", help="A bundled case, or a folder.")] = DEFAULT_CASE,
    runs: Runs = None,
    seed: Seed = 1,
    policies: Policies = None,
    out: Out = None,
    workers: Workers = None,
    knockouts: KnockoutRuns = 32,
    cluster: Cluster = None,
    prior: Prior = False,
    matched: MatchedOption = None,
    as_json: Json = False,
) -> None:
    """Do it all: check, simulate, match with the sources, compare, trace, report."""
    from qorgau.case import check as findings_of
    from qorgau.case import coverage, load_case
    from qorgau.cli.checking import counted, show_errors
    from qorgau.cli.outputs import files_of, publish
    from qorgau.cli.pipeline import Asked, analysed, chosen, examined, simulated
    from qorgau.cli.showing import show_answer

    screen = Screen(as_json)
    with Stages(screen) as stages:
        stages.begin("check")
        loaded = load_case(case)
        files = files_of(loaded)
        findings = findings_of(loaded)
        if counted(findings)["error"]:
            show_errors(screen, findings)
            screen.finish({"ok": False, "counts": counted(findings), "findings": [str(f) for f in findings]})
            raise typer.Exit(CHECK_FAILED)
        inputs = examined(loaded)
        covered = coverage(loaded)
        stages.end()
        asked = Asked(runs, seed, policies, out, workers, knockouts, cluster, prior, matched)
        drawn = chosen(loaded, files, inputs, asked, screen)
        asked = replace(asked, knockouts=min(knockouts, drawn.runs))
        results, folder = simulated(loaded, drawn, inputs, asked, screen, stages)
        analysis = analysed(loaded, results, stages)
        stages.begin("report")
        report = publish(loaded, drawn.files, results, analysis, folder)
    show_answer(screen, analysis)
    screen.heading("Report")
    screen.say(f"  {report}")
    screen.say(f"  {', '.join(f'{name} {clock(seconds)}' for name, seconds in stages.seconds.items())}")
    screen.not_for(analysis.answer.not_for)
    screen.finish({
        "case": loaded.id,
        "hash": loaded.hash,
        "out": str(folder),
        "report": str(report),
        "summary": str(folder / "summary.json"),
        "results": str(results.folder),
        "runs": len(results.runs),
        "failed": results.failed().num_rows,
        "seed": results.manifest["identity"]["design"]["seed"],
        "drawn": dict(drawn.about),
        "knockouts": results.manifest["knockouts"],
        "policies": list(results.policies),
        "counts": counted(findings),
        "coverage": {"placed": covered.placed, "total": covered.total},
        "matching": {
            "kept": analysis.matching.kept_runs, "drawn": analysis.matching.drawn,
            "effective": round(analysis.matching.effective_runs, 1), "advice": analysis.matching.advice,
        },
        "answer": {k: v for k, v in analysis.answer.to_json().items() if k != "not_for"},
        "seconds": stages.rounded(),
    }, analysis.answer.not_for)


@app.command()
def check(case: CaseArgument, as_json: Json = False) -> None:
    """Check a case: schema, units, audit of its evidence, where every claim went."""
    from qorgau.case import check as findings_of
    from qorgau.case import load_case
    from qorgau.cli.checking import NOT_FOR, check_summary, counted, show_check
    from qorgau.cli.pipeline import examined

    screen = Screen(as_json)
    loaded = load_case(case)
    examined(loaded)
    findings = findings_of(loaded)
    show_check(screen, loaded, findings)
    screen.finish(check_summary(loaded, findings), NOT_FOR)
    if counted(findings)["error"]:
        raise typer.Exit(CHECK_FAILED)


@app.command()
def simulate(
    case: CaseArgument,
    runs: Runs = None,
    seed: Seed = 1,
    policies: Policies = None,
    out: Out = None,
    workers: Workers = None,
    knockouts: KnockoutRuns = 0,
    cluster: Cluster = None,
    prior: Prior = False,
    matched: MatchedOption = None,
    as_json: Json = False,
) -> None:
    """Run an ensemble; goes on where an interrupted one stopped."""
    from qorgau.case import load_case
    from qorgau.cli.outputs import files_of
    from qorgau.cli.pipeline import Asked, chosen, examined, simulated

    screen = Screen(as_json)
    with Stages(screen) as stages:
        stages.begin("check")
        loaded = load_case(case)
        files = files_of(loaded)
        inputs = examined(loaded)
        stages.end()
        asked = Asked(runs, seed, policies, out, workers, knockouts, cluster, prior, matched)
        drawn = chosen(loaded, files, inputs, asked, screen)
        results, folder = simulated(loaded, drawn, inputs, asked, screen, stages)
    first, last = int(results.years[0]), int(results.years[-1])
    screen.say(
        f"{len(results.runs)} runs under {len(results.policies)} policies, {first} to {last}: {results.folder}", "bold"
    )
    screen.finish({
        "case": loaded.id,
        "hash": loaded.hash,
        "out": str(folder),
        "results": str(results.folder),
        "runs": len(results.runs),
        "failed": results.failed().to_pylist(),
        "seed": results.manifest["identity"]["design"]["seed"],
        "drawn": dict(drawn.about),
        "knockouts": results.manifest["knockouts"],
        "policies": list(results.policies),
        "years": [first, last],
        "outcomes": list(results.outcomes),
        "seconds": stages.rounded(),
    }, [loaded.settings.not_for])


def _analysis(out: Path, case: str | None, screen: Screen) -> Any:
    """Return the analysis of the results in a folder."""
    from qorgau.cli.outputs import open_output
    from qorgau.cli.pipeline import analysed

    results, loaded, _ = open_output(out, case)
    with Stages(Screen(True)) as stages:
        return analysed(loaded, results, stages)


app.command()(match)


@app.command()
def patterns(out: OutArgument, case: CaseOption = None, as_json: Json = False) -> None:
    """Show what the sources report and the model does or does not reproduce, and what it needs for it."""
    from qorgau.cli.showing import patterns_summary, show_patterns

    screen = Screen(as_json)
    analysis = _analysis(out, case, screen)
    show_patterns(screen, analysis)
    screen.not_for(analysis.answer.not_for)
    screen.finish(patterns_summary(analysis), analysis.answer.not_for)


@app.command()
def compare(out: OutArgument, case: CaseOption = None, as_json: Json = False) -> None:
    """Compare counter-measures with the baseline: people first, then displacement, regret and cost."""
    from qorgau.cli.showing import compare_summary, show_compare

    screen = Screen(as_json)
    analysis = _analysis(out, case, screen)
    show_compare(screen, analysis)
    screen.not_for(analysis.answer.not_for)
    screen.finish(compare_summary(analysis), analysis.answer.not_for)


@app.command()
def trace(out: OutArgument, case: CaseOption = None, as_json: Json = False) -> None:
    """Show the claims and sources that the advice hangs on, and what to research next."""
    from qorgau.cli.showing import show_trace, trace_summary

    screen = Screen(as_json)
    analysis = _analysis(out, case, screen)
    show_trace(screen, analysis)
    screen.not_for(analysis.answer.not_for)
    screen.finish(trace_summary(analysis), analysis.answer.not_for)


app.command()(history)
app.command()(mechanisms)


@app.command()
def place(
    case: Annotated[str | None, typer.Argument(metavar="[CASE]", help="A bundled case, or a folder.")] = None,
    budget: Annotated[float | None, typer.Option(help="What all watches may cost together; each costs 1 in a case.")]
    = None,
    arcs: Annotated[str | None, typer.Option(metavar="CSV", help="Columns tail, head, evasion, evasion_watched, "
                                             "and cost and label where wanted.")] = None,
    journeys: Annotated[str | None, typer.Option(metavar="CSV", help="Columns origin, destination, probability.")]
    = None,
    method: Annotated[str, typer.Option(help="auto, cuts, enumerate, gradient or naive.")] = "auto",
    follower: Annotated[str, typer.Option(help="worst_case, or logit (with --arcs and --journeys).")] = "worst_case",
    time_limit: Annotated[float, typer.Option(help="Seconds.")] = 60.0,
    as_json: Json = False,
) -> None:
    """Find where limited enforcement should go when traffickers adapt."""
    from qorgau.case import load_case
    from qorgau.cli import placing

    screen = Screen(as_json)
    if (case is None) == (arcs is None and journeys is None):
        raise InputError(
            "qorgau place", "", "give a case or a network, one of the two",
            "qorgau place CASE --budget N, or qorgau place --arcs CSV --journeys CSV --budget N",
        )
    if budget is None:
        raise InputError("qorgau place", "--budget", "is missing", "say what all watches may cost, such as --budget 5")
    if case is not None and follower != "worst_case":
        raise InputError(
            "qorgau place", "--follower", f"{follower} is for networks from files",
            "leave it out, or give --arcs and --journeys",
        )
    network = placing.network_of(load_case(case)) if case is not None else placing.read(arcs, journeys)
    from qorgau.analysis.placing import place as placed

    found = placed(network, budget, method, follower, time_limit)  # type: ignore[arg-type]
    placing.show_placement(screen, found, network, budget, case is not None)
    screen.not_for(placing.NOT_FOR)
    screen.finish(placing.summary_of(found, network, budget), placing.NOT_FOR)


@app.command()
def report(
    out: OutArgument,
    case: CaseOption = None,
    tables: Annotated[bool, typer.Option("--tables", help="Also write the tables as files, to OUT/tables.")] = False,
    figures: Annotated[bool, typer.Option("--figures", help="Also write the figures, to OUT/figures.")] = False,
    as_json: Json = False,
) -> None:
    """Make the report again from stored results."""
    from qorgau.cli.outputs import files_of, open_output, publish
    from qorgau.cli.pipeline import analysed

    screen = Screen(as_json)
    with Stages(screen) as stages:
        results, loaded, folder = open_output(out, case)
        analysis = analysed(loaded, results, stages)
        stages.begin("report")
        path = publish(loaded, files_of(loaded), results, analysis, folder)
        if tables:
            from qorgau.report import export_tables

            export_tables(analysis, loaded, folder / "tables")
        if figures:
            from qorgau.report import export_figures

            export_figures(analysis, loaded, folder / "figures")
    screen.say(str(path), "bold")
    screen.not_for(analysis.answer.not_for)
    screen.finish(
        {"report": str(path), "summary": str(folder / "summary.json"), "case": loaded.id,
         "headline": analysis.answer.headline, "seconds": stages.rounded()},
        analysis.answer.not_for,
    )


@app.command()
def serve(
    what: Annotated[str, typer.Argument(metavar="[CASE or OUT]", help="A case, or a folder of results.")]
    = DEFAULT_CASE,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 8642,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    runs: Annotated[int, typer.Option(min=1, help="Draws of a setting of the levers.")] = 64,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Serve the local web page: map, levers, comparisons, every number with its claim."""
    from qorgau.cli.serving import serve_page

    serve_page(what, port, browser, runs, workers, Screen(as_json))


app.command()(new)


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for one file per schema.")] = None,
    as_json: Json = False,
) -> None:
    """Print or write the JSON Schemas of a case's files, for editors that check YAML."""
    from qorgau.cli.schemas import all_schemas, write_schemas

    if out is None:
        Screen(True).finish(all_schemas())
        return
    screen = Screen(as_json)
    files = write_schemas(out)
    screen.say(f"{out}: {len(files)} schemas", "bold")
    screen.finish({"out": str(out), "files": files})
