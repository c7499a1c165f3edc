"""``qorgau match``: re-sample the draws of a case in waves, until they agree with what its sources report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qorgau.cli.screen import Screen
from qorgau.errors import InputError

if TYPE_CHECKING:
    from qorgau.analysis.records import Matching
    from qorgau.analysis.waves.stored import MatchedSet
    from qorgau.analysis.waves.subset import Status

__all__ = ["match", "matching_summary", "show_disbelieved", "show_waves"]

_MOST = 12


def match(
    case: Annotated[str, typer.Argument(metavar="[CASE]", help="A bundled case, or a folder.")] = "kazakhstan",
    runs: Annotated[int, typer.Option(min=20, help="Draws of the matched set.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Seed of draws, moves and random streams.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the set; by default qorgau-CASE-matched.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(min=1, help="Evaluations in all, counted in draws tested on one run; by default 300 a draw."),
    ] = None,
    prior_all: Annotated[
        int | None, typer.Option("--prior-all", min=0, help="Prior draws tested on all patterns; by default 200.")
    ] = None,
    sift: Annotated[
        int | None,
        typer.Option(min=40, help="Draw so many from the prior and keep the best, instead of re-sampling: runs are "
                                  "independent, and stay closer to the prior."),
    ] = None,
    screen_of: Annotated[
        int | None,
        typer.Option("--screen", min=4096, help="Match in waves with an emulator, each screening so many draws of the "
                                                "prior: runs are independent and reach deep into the prior."),
    ] = None,
    deeper: Annotated[
        int,
        typer.Option(min=0, max=40, help="With --screen: walk the promising draws of the first round by the emulator "
                                         "into so many nested sets, each the best tenth of the one before; each later "
                                         "round goes so many further."),
    ] = 0,
    rounds: Annotated[
        int, typer.Option(min=1, help="With --screen: rounds of screening and testing; the last gives the set, those "
                                      "before it teach. With one round more, what is scored is used again.")
    ] = 2,
    first: Annotated[
        int | None, typer.Option(min=20, help="With --screen: prior draws that the first emulator learns from, tested "
                                              "on one run; by default 15 for each run.")
    ] = None,
    learned: Annotated[
        int | None, typer.Option(min=1, help="With --screen: draws tested on all patterns in the wave that learns; by "
                                             "default 1.8 for each run.")
    ] = None,
    promising: Annotated[
        int | None, typer.Option(min=20, help="With --screen: draws tested on one run in each round; by default 10 for "
                                              "each run.")
    ] = None,
    tested: Annotated[
        int | None, typer.Option(min=20, help="With --screen: draws tested on all patterns in each round; by default 3 "
                                              "for each run.")
    ] = None,
    confirm: Annotated[
        Path | None,
        typer.Option("--confirm", metavar="DIR", help="Run the set in this folder again under changed code, and stamp "
                                                      "it anew if every verdict is the same."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Threads; by default all cores.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for machines, and nothing else.")] = False,
) -> None:
    """Re-sample draws in waves until they agree with the sources; goes on where an interrupted match stopped."""
    from qorgau.analysis.case_view import case_view
    from qorgau.analysis.waves.confirm import confirm_set
    from qorgau.analysis.waves.judging import match_set
    from qorgau.analysis.waves.match import match_case, screen_case, sift_case
    from qorgau.case import load_case
    from qorgau.cli.pipeline import examined
    from qorgau.cli.screen import Stages
    from qorgau.ensemble.designs import draw_from
    from qorgau.ensemble.files import Interrupted

    if screen_of is None:
        asked = {"--deeper": deeper or None, "--first": first, "--learned": learned, "--promising": promising,
                 "--tested": tested}
        for option, value in asked.items():
            if value is not None:
                raise InputError("qorgau match", option, "belongs to matching with an emulator", "add --screen 400000")
    screen = Screen(as_json)
    loaded = load_case(case)
    folder = confirm or (out if out is not None else Path(f"qorgau-{loaded.id}-matched"))
    with Stages(screen) as stages:
        stages.begin("check")
        inputs = examined(loaded)
        stages.end()
        said = shlex.join(["qorgau", *sys.argv[1:]])
        try:
            if confirm is not None:
                stages.begin("confirm")
                stored = confirm_set(loaded, folder, workers=workers, progress=lambda done, of: stages.progress(
                    done / of, f"{done} of {of} draws come out the same"))
            elif screen_of is not None:
                stored = screen_case(loaded, folder, candidates=screen_of, runs=runs, seed=seed, prior_all=prior_all,
                                     levels=deeper, rounds=rounds, first=first, learned=learned, promising=promising,
                                     tested=tested, workers=workers, progress=_shower(stages), command=said)
            elif sift is not None:
                stored = sift_case(loaded, folder, draws=sift, runs=runs, seed=seed, prior_all=prior_all,
                                   workers=workers, progress=_shower(stages), command=said)
            else:
                stored = match_case(loaded, folder, runs=runs, seed=seed, budget=budget, prior_all=prior_all,
                                    workers=workers, progress=_shower(stages), command=said)
        except KeyboardInterrupt as error:
            raise Interrupted(
                f"stopped: what is scored is kept in {folder}; the same command goes on from there"
            ) from error
    prior = draw_from(inputs.uncertain, int(stored.about["prior_runs"]), int(stored.about["seed"]))
    view = case_view(loaded)
    made = match_set(stored, prior, view.patterns, stored.draws.numbers, view.thresholds)
    screen.say(made.reason, "bold")
    show_waves(screen, made)
    screen.heading("Verdicts")
    for word in ("holds", "weak", "fails", "not testable"):
        names = [p.id for p in made.patterns if p.verdict == word]
        screen.say(f"  {word}: {len(names)}{' (' + ', '.join(names) + ')' if names and word != 'holds' else ''}")
    show_disbelieved(screen, made)
    screen.heading("Use")
    screen.say(f"  qorgau run {case} --matched {folder}")
    screen.say(f"  or copy matched.parquet and matched.json to {Path(loaded.folder) / 'matched'}: used without asking")
    screen.not_for([loaded.settings.not_for])
    screen.finish({**matching_summary(made, stored), "case": loaded.id, "hash": loaded.hash, "out": str(folder),
                   "seconds": stages.rounded()}, [loaded.settings.not_for])


def _shower(stages: Any) -> Any:
    def show(status: Status) -> None:
        words = {"single": "one run", "all": "all patterns", "rest": "last sweeps", "screen": "emulator",
                 "deeper": "nested sets by the emulator"}
        stages.begin("prior" if status.wave == 0 else f"wave {status.wave}")
        spent = status.spent / max(1.0, status.budget)
        threshold = f"within {status.threshold:.3f}, " if status.threshold < float("inf") else ""
        stages.progress(spent, (
            f"{words.get(status.stage, status.stage)}, sweep {status.sweep}: {status.done} of {status.total} draws, "
            f"{threshold}{100 * spent:.0f} % of the budget"
        ))

    return show


def matching_summary(made: Matching, stored: MatchedSet | None = None) -> dict[str, Any]:
    """Return the waves and what they left as JSON."""
    whole = made.to_json()
    keys = ("kept_runs", "drawn", "effective_runs", "advice", "reason", "conflicts", "waves", "stopped", "effective",
            "excluding", "odds")
    rows = [
        {"id": p["id"], "prior": p["prior"]["rate"], "matched": p["matched"]["rate"], "left_out": p["left_out"]["rate"],
         "verdict": p["verdict"], "verdict_prior": p["verdict_prior"]}
        for p in whole["patterns"]
    ]
    about = {} if stored is None else {"set": stored.hash, "seed": stored.about["seed"]}
    return {**{key: whole[key] for key in keys}, "patterns": rows, **about}


def show_waves(screen: Screen, made: Matching) -> None:
    """Print the waves, where there were any, and why each stage ended."""
    if not made.waves:
        return
    screen.heading("Waves")
    screen.table(
        ("wave", "patterns", "score within", "share of prior", "se", "draws scored", "on all", "steps taken", "median"),
        [
            (str(w.number), w.stage, f"{w.threshold:.3f}" if w.threshold < float("inf") else "–",
             f"{w.prior_share:.2g}", f"{w.prior_share_se:.1g}", f"{w.evaluations_single:,}", f"{w.evaluations_all:,}",
             f"{100 * w.acceptance:.0f} %" if w.acceptance == w.acceptance else "–",
             f"{w.median_score:.3f}" if w.median_score == w.median_score else "–")
            for w in made.waves
        ],
        right=("wave", "score within", "share of prior", "se", "draws scored", "on all", "steps taken", "median"),
    )
    for reason in made.stopped:
        screen.say(f"  stopped: {reason}")
    if made.effective is not None:
        e = made.effective
        screen.say(
            f"  worth {e.runs:.0f} independent runs: {e.distinct} distinct, {e.families:.0f} by families, "
            f"{e.ancestry:.0f} by ancestry"
        )


def show_disbelieved(screen: Screen, made: Matching) -> None:
    """Print the claims that the patterns speak against, and pairs of patterns that exclude each other."""
    fallen = made.disbelieved[:_MOST]
    if fallen:
        screen.heading("What the evidence disbelieves")
        screen.table(
            ("claim", "before", "after", "Bayes factor", "se of log"),
            [(o.claim, f"{o.prior:.2f}", f"{o.matched:.2f}", f"{o.factor:.2g}", f"{o.log_se:.2f}") for o in fallen],
            right=("before", "after", "Bayes factor", "se of log"),
        )
    elif made.odds:
        screen.say("No claim's odds fell by more than chance explains.")
    if made.excluding:
        screen.heading("Patterns in each other's way")
        screen.table(
            ("pattern", "with", "both hold", "if independent"),
            [(p.first, p.second, f"{100 * p.both:.0f} %", f"{100 * p.expected:.0f} %") for p in made.excluding],
            right=("both hold", "if independent"),
        )
