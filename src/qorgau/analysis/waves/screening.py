"""Matching in waves with an emulator: screen many draws of the prior cheaply, run the promising, learn, repeat.

History matching as Craig and others (1997) and Vernon, Goldstein and Bower (2010) have it: each wave fits an emulator
on all draws that were run so far, rules out most of the prior by it, and runs draws of what is left. Every draw of the
last wave is drawn from the prior anew, is walked from there into sets that are rarer still where levels are asked for
(`deepen`), and stays or goes by its own terms and its own runs alone. Without levels the set is one of independent
draws; with them, how many it is worth is reckoned from who descends from whom and how far each has walked since. The
set is of prior draws that the last emulator does not rule out and whose runs are within the threshold. What the
emulator rules out wrongly is lost, so the share of the prior that is reported is a lower bound of the share within the
threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from qorgau.analysis.matching import ScoreRule
from qorgau.analysis.records import Effective, WaveResult
from qorgau.analysis.runs import Floats
from qorgau.analysis.waves.ancestry import largest_effect
from qorgau.analysis.waves.deepen import Deeper, deepen
from qorgau.analysis.waves.emulate import Emulator, fit_emulator
from qorgau.analysis.waves.keeping import Keeper
from qorgau.analysis.waves.scores import Scorer, Scores
from qorgau.analysis.waves.sift import Sifted, scored, wave_of
from qorgau.analysis.waves.subset import Status
from qorgau.ensemble.designs import sobol
from qorgau.errors import InputError

__all__ = ["Looks", "Screen", "screen"]

_CHUNK = 4096
_GLANCE = 0.125
_WAVE = 40
"""Bits of a stream's number that are left to the draws of one wave."""
_WALKED = 1 << 39
"""Added to a draw's number in a wave when it was walked there."""
_SHARE = 0.1
_SWEEPS = 100
_LEAST_SPREAD = 0.1


class Looks(Protocol):
    """What an emulator looks at in points; see `qorgau.analysis.waves.emulate.Terms`."""

    def __call__(self, points: Floats) -> Floats:
        """Return all terms, shape (n, terms)."""
        ...

    def of_parameters(self, points: Floats) -> Floats:
        """Return the first of them, which cost little, shape (n, fewer)."""
        ...


@dataclass(frozen=True)
class Screen:
    """How a search screens.

    Attributes
    ----------
    first, first_all : int
        Draws of the prior tested on patterns of one run, a Sobol design, and how many of them on all patterns.
    waves : int
        Waves that learn, before the rounds.
    rounds : int
        Rounds, 1 or more, the last of which gives the set; those before it teach.
    candidates : int
        Draws of the prior that each wave screens by the emulator.
    learned : int
        Best of them, tested on all patterns in a wave that learns.
    promising : int
        Best of them, tested on patterns of one run in a round.
    tested : int
        Best of these, by what one run gives and the emulator expects of paired runs, tested on all patterns.
    kept : int
        Best of these, which are the set.
    dimensions, seed : int
    levels : int
        Nested sets, each the best tenth of the one before by the emulator, that the promising of the first round are
        walked into; each later round goes so many further.
    """

    first: int
    first_all: int
    waves: int
    rounds: int
    candidates: int
    learned: int
    promising: int
    tested: int
    kept: int
    dimensions: int
    seed: int
    levels: int = 0

    def levels_of(self, turn: int) -> int:
        """Return the levels of a round, 1 to `rounds`: an emulator is not trusted at once where nothing was run yet."""
        return self.levels * turn

    def identity(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {"method": "screen", **self.__dict__, "share": _SHARE, "sweeps": _SWEEPS}


def _expects(emulator: Emulator, terms: Looks) -> Callable[[Floats], Floats]:
    """Return the expected score as a function of points.

    It is rounded, so that the last bits of a matrix product do not decide which draws are taken.
    """
    def score(points: Floats) -> Floats:
        return np.round(emulator.score(terms(points)), 7)

    return score


def _promising(
    settings: Screen, wave: int, wanted: int, terms: Looks, emulator: Emulator, workers: int,
    say: Callable[[int], None],
) -> tuple[Floats, np.ndarray, Floats]:
    """Return the candidates of a wave that the emulator expects most of, their numbers and expected scores.

    Each chunk is a function of seed, wave and its number alone. Truth bits cost most, so they are drawn for those
    candidates only whose parameters alone put them into the best `_GLANCE` of their chunk.
    """
    starts, expects = range(0, settings.candidates, _CHUNK), _expects(emulator, terms)

    def best_of(start: int) -> tuple[Floats, np.ndarray, Floats]:
        source = np.random.Generator(np.random.Philox(np.random.SeedSequence([settings.seed, wave, start // _CHUNK])))
        points = source.random((_CHUNK, settings.dimensions))[: settings.candidates - start]
        glance = np.round(emulator.score_of_first(terms.of_parameters(points)), 7)
        rows = np.sort(np.argsort(glance, kind="stable")[: max(1, round(_GLANCE * len(points)))])
        points = points[rows]
        expected = expects(points)
        order = np.sort(np.argsort(expected, kind="stable")[:wanted])
        return points[order], start + rows[order], expected[order]

    points, numbers, expected = (
        np.empty((0, settings.dimensions)), np.empty(0, dtype=np.int64), np.empty(0),
    )
    with ThreadPoolExecutor(max(1, workers)) as pool:
        step = max(1, workers) * 4
        for at in range(0, len(starts), step):
            made = list(pool.map(best_of, starts[at : at + step]))
            points = np.concatenate([points, *(m[0] for m in made)])
            numbers = np.concatenate([numbers, *(m[1] for m in made)])
            expected = np.concatenate([expected, *(m[2] for m in made)])
            order = np.sort(np.argsort(expected, kind="stable")[:wanted])
            points, numbers, expected = points[order], numbers[order], expected[order]
            say(min(settings.candidates, (at + step) * _CHUNK))
    return points, numbers, expected


@dataclass
class _Learned:
    """Draws that were run, with their terms and gaps; grows from wave to wave."""

    terms: Floats
    gaps: Floats

    def add(self, terms: Floats, scores: Scores) -> None:
        self.terms = np.concatenate([self.terms, terms])
        self.gaps = np.concatenate([self.gaps, _gaps(scores)])

    def fit(self, owner: np.ndarray, rule: ScoreRule) -> Emulator:
        return fit_emulator(self.terms, self.gaps, owner, rule.weights, rule.cap)


def _gaps(scores: Scores) -> Floats:
    if scores.gaps is None:
        raise ValueError("the scorer gives no gaps to learn from")
    return scores.gaps


def screen(
    scorer: Scorer, terms: Looks, owner: np.ndarray, settings: Screen, rule: ScoreRule, *, paired_cost: float = 1.0,
    workers: int = 1, folder: Path | None = None, identity: Mapping[str, Any] | None = None,
    progress: Callable[[Status], None] | None = None,
) -> Sifted:
    """Match in waves with an emulator.

    Parameters
    ----------
    scorer : Scorer
    terms : Looks
    owner : ndarray of int, shape (clauses,)
        Pattern that each gap of the scorer belongs to, ascending.
    settings : Screen
    rule : ScoreRule
    paired_cost : float
        What a draw tested on all patterns costs, in draws tested on one run; for telling how far the search is.
    workers : int
        Threads of the screening; the set does not depend on it.
    folder : Path, optional
        Keeps parts that are scored; a search that was stopped goes on from there and finds the same.
    identity : mapping, optional
        Further things that a search in the same folder must agree in; JSON values.
    progress : callable, optional

    Returns
    -------
    Sifted

    Raises
    ------
    InputError
        If the sizes are out of order, or the folder holds another search.
    """
    s = settings
    if not (20 <= s.kept <= s.tested <= s.promising <= s.candidates and s.learned <= s.candidates
            and 20 <= s.first_all <= s.first and s.waves >= 0 and s.rounds >= 1 and s.levels >= 0):
        raise InputError(
            "qorgau match", "--screen",
            f"{s.candidates} candidates, {s.promising} promising, {s.tested} tested on all and {s.kept} kept",
            "keep 20 or more, test at least as many, find as many promising or more, and screen at least as many again",
        )
    keeper = Keeper(folder, {**s.identity(), **(identity or {})})
    whole = paired_cost if rule.paired else 1.0
    total = float(s.first + whole * (s.first_all + s.waves * s.learned + s.rounds * s.tested)
                  + s.rounds * s.promising)
    spent = [0.0]

    def say(wave: int, stage: str, of: int, cost: float) -> Callable[[int], None]:
        before = spent[0]

        def tell(done: int) -> None:
            spent[0] = before + cost * done
            if progress is not None:
                progress(Status(wave, stage, 1, done, of, math.inf, spent[0], total))
        return tell

    points = sobol(s.first, s.dimensions, s.seed)
    streams = np.arange(s.first, dtype=np.int64)
    prior = scored(scorer, keeper, "single", points, streams, "single", say(0, "single", s.first, 1.0))
    distance, holds, gaps = prior.distance.copy(), prior.holds.copy(), _gaps(prior).copy()
    if rule.paired:
        head = slice(0, s.first_all)
        made = scored(scorer, keeper, "prior", points[head], streams[head], "all", say(0, "all", s.first_all, whole))
        distance[head], holds[head], gaps[head] = made.distance, made.holds, _gaps(made)
    prior = Scores(prior.score, distance, holds)
    tested = s.first_all if rule.paired else s.first
    run = _Learned(terms(points), gaps)
    waves = [wave_of(0, "prior", math.inf, 1.0, 1.0, s.first, s.first, tested if rule.paired else 0,
                     float(np.median(rule.total(distance[:tested]))))]
    reasons = []
    for wave in range(1, s.waves + 1):
        emulator = run.fit(owner, rule)
        found, numbers, expected = _promising(
            s, wave, s.learned, terms, emulator, workers, say(wave, "screen", s.candidates, 0.0))
        got = scored(scorer, keeper, f"wave{wave}", found, (wave << _WAVE) + numbers, "all",
                     say(wave, "all", s.learned, whole))
        share = s.learned / s.candidates
        waves.append(_screened(wave, expected, got.score, share, s.candidates, len(found), rule))
        reasons.append(_says(wave, expected, got.score, len(found), s.candidates))
        run.add(terms(found), got)
    for turn in range(1, s.rounds + 1):
        wave = s.waves + turn
        emulator = run.fit(owner, rule)
        found, numbers, expected = _promising(
            s, wave, s.promising, terms, emulator, workers, say(wave, "screen", s.candidates, 0.0))
        bound, walks = float(expected.max()), s.levels_of(turn)
        deeper = deepen(
            found, expected, _expects(emulator, terms), levels=walks, share=_SHARE, sweeps=_SWEEPS,
            seed=[s.seed, wave, 1], workers=workers, say=say(wave, "deeper", walks, 0.0))
        if walks:
            found, expected, numbers = deeper.points, deeper.expected, _WALKED + np.arange(s.promising)
        streams, looks, name = (wave << _WAVE) + numbers, terms(found), "" if turn == 1 else f"-{turn}"
        single = scored(scorer, keeper, f"promising{name}", found, streams, "single",
                        say(wave, "single", s.promising, 1.0))
        # What one run says of its patterns, and what the emulator expects of the others.
        parts = emulator.parts(looks)
        hoped = single.score + parts[:, ~rule.single].sum(axis=1)
        chosen = np.sort(np.argsort(np.where(np.isfinite(hoped), hoped, np.inf), kind="stable")[: s.tested])
        if rule.paired:
            final = scored(scorer, keeper, f"best{name}", found[chosen], streams[chosen], "all",
                           say(wave, "all", s.tested, whole))
        else:
            final = Scores(single.score[chosen], single.distance[chosen], single.holds[chosen], _gaps(single)[chosen])
        best = np.sort(np.argsort(final.score, kind="stable")[: s.kept])
        threshold = float(final.score[best].max())
        waves += _round(len(waves), s, bound, deeper, hoped[chosen], single.score, chosen, final.score[best], rule)
        reasons += [
            f"screen {wave}: the best {s.promising} of {s.candidates} candidates by the emulator go on",
            *([f"deeper {wave}: these are walked into {walks} nested sets, each the best tenth of the one before"]
              if walks else []),
            _says(wave, parts[:, rule.single].sum(axis=1), single.score, len(found), s.candidates, " by one run"),
            f"single {wave}: the best {s.tested} of these by one run, and by what is expected of paired runs, go on",
            f"all {wave}: the best {s.kept} of these are {'kept' if turn == s.rounds else 'those to do better than'}",
        ]
        gaps = _gaps(single).copy()
        gaps[chosen] = _gaps(final)
        run.add(looks, Scores(single.score, single.distance, single.holds, gaps))
    last = chosen[best]
    return Sifted(
        found[last], streams[last], final.score[best], final.distance[best], final.holds[best], prior, final,
        tuple(waves), tuple(reasons), _worth(deeper, last, final.holds[best]), threshold,
        deeper.families[last] if deeper.levels else None,
    )


def _worth(deeper: Deeper, rows: np.ndarray, holds: np.ndarray) -> Effective:
    """Return how many independent runs the kept rows are worth, in the three readings of `ancestry`."""
    kept = len(rows)
    verdicts = np.where(holds >= 0, holds, np.nan).astype(np.float64)
    families = kept / largest_effect(verdicts, [g[rows] for g in deeper.generations], _LEAST_SPREAD)
    ancestry = deeper.worth(rows)
    return Effective(min(float(kept), families, ancestry), kept, families, ancestry)


def _round(
    at: int, s: Screen, bound: float, deeper: Deeper, hoped: Floats, single: Floats, chosen: np.ndarray, kept: Floats,
    rule: ScoreRule,
) -> list[WaveResult]:
    """Return what a round says of itself: screened, walked deeper, tested on one run, tested on all."""
    share = s.promising / s.candidates
    made = [_screened(at, np.array([bound]), single, share, s.candidates, len(single), rule, single=True)]
    varies = (1.0 - share) / (share * s.candidates)
    for level in deeper.levels:
        share, varies = share * level.share, varies + level.variance
        made.append(replace(
            wave_of(at + len(made), "deeper", level.threshold, level.share, share, s.promising, 0, 0, math.nan),
            prior_share_se=share * math.sqrt(varies), sweeps=_SWEEPS, acceptance=level.acceptance,
            similarity=level.similarity,
        ))
    for stage, most, part, scores, one, whole in (
        ("single", float(hoped.max()), s.tested / s.promising, single[chosen], s.promising, 0),
        ("all", float(kept.max()), s.kept / s.tested, kept, 0, s.tested if rule.paired else 0),
    ):
        share, varies = share * part, varies + (1.0 - part) / (part * (s.promising if one else s.tested))
        made.append(replace(
            wave_of(at + len(made), stage, most, part, share, s.candidates, one, whole, float(np.median(scores))),
            prior_share_se=share * math.sqrt(varies),
        ))
    return made


def _agreement(expected: Floats, score: Floats) -> float:
    known = np.isfinite(score)
    if known.sum() < 3 or not np.std(expected[known]) > 0 or not np.std(score[known]) > 0:
        return math.nan
    return float(np.corrcoef(expected[known], score[known])[0, 1])


def _screened(
    wave: int, expected: Floats, score: Floats, share: float, n: int, run: int, rule: ScoreRule, single: bool = False,
) -> WaveResult:
    whole = 0 if single or not rule.paired else run
    return wave_of(wave, "screen", float(expected.max()), share, share, n, 0, whole, float(np.median(score)))


def _says(wave: int, expected: Floats, score: Floats, run: int, n: int, of: str = "") -> str:
    return (
        f"screen {wave}: the best {run} of {n} candidates were run; the emulator expected a score{of} of "
        f"{float(expected.mean()):.3f} on average, they had {float(np.mean(score[np.isfinite(score)])):.3f} "
        f"(correlation {_agreement(expected, score):.2f})"
    )
