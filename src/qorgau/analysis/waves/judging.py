"""What a matched set says: verdicts on the patterns, what matching taught, and what stands in its way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import norm

from qorgau.analysis.matching import claim_odds, score_rule, tolerance_text, verdict
from qorgau.analysis.patterns import Pattern, pass_rate, wilson
from qorgau.analysis.records import Excluding, Matching, Narrowed, PassRate, PatternResult, WaveResult
from qorgau.analysis.runs import Floats
from qorgau.analysis.thresholds import Thresholds
from qorgau.analysis.waves.stored import MatchedSet
from qorgau.ensemble.designs import Draws
from qorgau.errors import InputError

__all__ = ["excluding_pairs", "match_set"]

_NAMED_CONFLICTS = 6
_NAMED_PAIRS = 8


def match_set(
    stored: MatchedSet, prior: Draws, patterns: Sequence[Pattern], rows: np.ndarray, table: Thresholds
) -> Matching:
    """Return what a matched set says, for results that hold some of its draws.

    Pass rates are over the whole set and over the prior draws that it began from, whatever part of the set the
    results hold; all runs of the results are kept, since all are matched.

    Parameters
    ----------
    stored : MatchedSet
    prior : Draws
        Of the prior draws that the set began from.
    patterns : sequence of Pattern
    rows : ndarray of int, shape (runs,)
        Rows of the set that the results hold.
    table : Thresholds

    Raises
    ------
    InputError
        If the patterns are not those that the set was matched with.
    """
    if tuple(pattern.id for pattern in patterns) != stored.patterns:
        raise InputError("patterns.yaml", "", "holds other patterns than the matched set of these results",
                         "leave --case out to use the copy kept with the results, or match and simulate again")
    enough = stored.effective.runs >= table.matching.least_kept
    results = _patterns(stored, patterns, enough, table)
    conflicts = _conflicts(results)
    pairs = excluding_pairs(stored.patterns, stored.holds, stored.effective.runs)
    everyone = np.ones(len(rows), dtype=bool)
    learned = narrowed(stored, prior)
    moved = sorted((item for item in learned if item.moved), key=lambda item: -abs(item.shift))
    last = stored.waves[-1]
    rule = score_rule(patterns, table.matching)
    return Matching(
        drawn=sum(wave.evaluations_single for wave in stored.waves), kept_runs=len(stored),
        effective_runs=stored.effective.runs, advice="matched" if enough else "none",
        reason=_reason(stored, enough, conflicts, pairs, table.matching.least_kept),
        rule=(
            f"A draw stays when the mean over {int((rule.weights > 0).sum())} patterns of how far it is from each, at "
            f"most {rule.cap:g} units of tolerance, is at most {last.threshold * rule.cap:.2g} units; draws were "
            f"found in {last.number} waves."
        ),
        cutoff=table.matching.cap, passed_over=0, conflicts=conflicts, patterns=results,
        narrowed=(*moved, *(item for item in learned if not item.moved)),
        not_narrowed=tuple(item.name for item in learned if not item.moved),
        kept=everyone, used=everyone.copy(), implausibility=stored.distance[rows].T,
        odds=claim_odds(_bits(prior), _bits(stored.draws), len(prior), stored.effective.runs),
        waves=stored.waves, stopped=stored.stopped, effective=stored.effective, excluding=pairs,
    )


def _bits(draws: Draws) -> dict[str, np.ndarray]:
    return {claim: draws.truth[:, i] for i, claim in enumerate(draws.claims)}


def _reason(
    stored: MatchedSet, enough: bool, conflicts: Sequence[str], pairs: Sequence[Excluding], least: int
) -> str:
    last: WaveResult = stored.waves[-1]
    said = (
        f"{len(stored)} draws are left after {last.number} waves, worth {stored.effective.runs:.0f} independent runs; "
        f"they stand for {_percent(last.prior_share)} of the prior."
    )
    if enough:
        return said
    said += f" That is fewer than {least}: no advice is given."
    if conflicts:
        said += f" Most often in the way: {', '.join(conflicts)}."
    if pairs:
        said += " Least compatible: " + ", ".join(f"{p.first} with {p.second}" for p in pairs[:3]) + "."
    return said


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share >= 1e-4 else f"one in {1 / share:,.2g}" if share > 0 else "none"


def _rate(holds: np.ndarray, worth: float = 1.0) -> PassRate:
    """Return a pass rate; its interval counts each run as `worth` independent ones."""
    found = pass_rate(holds)
    if worth >= 1.0 or not found.tested:
        return found
    passed, tested = max(0, round(found.passed * worth)), max(1, round(found.tested * worth))
    low, high = wilson(min(passed, tested), tested)
    return PassRate(found.rate, min(low, found.rate), max(high, found.rate), found.passed, found.tested,
                    found.not_testable)


def _patterns(
    stored: MatchedSet, patterns: Sequence[Pattern], enough: bool, table: Thresholds
) -> tuple[PatternResult, ...]:
    worth = stored.effective.runs / max(1, len(stored))
    found = []
    for i, pattern in enumerate(patterns):
        before = slice(None) if pattern.single else slice(0, stored.prior_all)
        prior, matched = _rate(stored.prior_holds[before, i]), _rate(stored.holds[:, i], worth)
        left_out = matched
        if pattern.id in stored.left_out:
            passed, seen, unseen = stored.left_out[pattern.id]
            left_out = _rate(np.repeat(np.array([1, 0, -1], dtype=np.int8), [passed, seen - passed, unseen]), worth)
        distance = stored.distance[:, i]
        finite = distance[np.isfinite(distance)]
        word = verdict(prior.rate, prior.tested, table.verdicts)
        found.append(PatternResult(
            id=pattern.id, claims=pattern.claims, kind=pattern.kind, statement=pattern.statement, test=pattern.test,
            strength=pattern.strength, use=pattern.use, tolerance=tolerance_text(pattern),
            why_not_by_construction=pattern.why, note=pattern.note, prior=prior, matched=matched, left_out=left_out,
            verdict_prior=word,
            verdict=verdict(matched.rate, matched.tested, table.verdicts) if enough else word,
            implausibility=float(np.median(finite)) if finite.size else math.nan,
        ))
    return tuple(found)


def _conflicts(results: Sequence[PatternResult]) -> tuple[str, ...]:
    """Return the patterns that hold in the fewest matched draws, fewer than half, the fewest first."""
    counted = [p for p in results if p.use == "matching" and (p.matched.tested == 0 or p.matched.rate < 0.5)]
    counted.sort(key=lambda p: p.matched.rate if p.matched.tested else 0.0)
    return tuple(p.id for p in counted[:_NAMED_CONFLICTS])


def excluding_pairs(names: Sequence[str], holds: np.ndarray, worth: float) -> tuple[Excluding, ...]:
    """Return the pairs of patterns that exclude each other most over matched draws, beyond chance.

    Parameters
    ----------
    names : sequence of str
    holds : ndarray, shape (runs, patterns)
        1, 0, -1; only runs in which both can be tested count.
    worth : float
        Independent runs that the draws are worth.

    Notes
    -----
    Beyond chance: phi sqrt(n) is below the normal quantile with Bonferroni's correction for all pairs.
    """
    count = len(names) * (len(names) - 1) // 2
    limit = float(norm.ppf(1.0 - 0.05 / max(1, count)))
    found = []
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            known = (holds[:, i] >= 0) & (holds[:, j] >= 0)
            n = int(known.sum())
            if n < 2:
                continue
            a, b = holds[known, i] == 1, holds[known, j] == 1
            pa, pb, both = float(a.mean()), float(b.mean()), float((a & b).mean())
            spread = math.sqrt(pa * (1 - pa) * pb * (1 - pb))
            if spread == 0.0:
                continue
            phi = (both - pa * pb) / spread
            if phi * math.sqrt(worth * n / max(1, len(holds))) < -limit:
                found.append(Excluding(names[i], names[j], both, pa * pb, phi))
    return tuple(sorted(found, key=lambda item: item.phi)[:_NAMED_PAIRS])


def narrowed(stored: MatchedSet, prior: Draws) -> list[Narrowed]:
    """Return what matching taught about each claim and parameter: prior draws against the set.

    The two samples are independent but for the set's descent, so the shift in prior standard deviations has the
    standard error sqrt(1 / prior draws + 1 / effective runs) when nothing is learned.
    """
    worth = stored.effective.runs
    se = math.sqrt(1.0 / max(1, len(prior)) + 1.0 / max(1.0, worth))
    pairs: dict[str, Mapping[str, tuple[Floats, Floats]]] = {
        "claim": {c: (prior.truth[:, i].astype(float), stored.draws.truth[:, i].astype(float))
                  for i, c in enumerate(prior.claims)},
        "parameter": {p: (prior.values[:, i], stored.draws.values[:, i]) for i, p in enumerate(prior.names)},
    }
    limit = float(norm.ppf(1.0 - 0.05 / (2 * max(1, sum(len(p) for p in pairs.values())))))
    found = []
    for kind, columns in pairs.items():
        for name, (before, after) in columns.items():
            sd = float(before.std())
            if not sd > 0:
                continue
            shift, ratio = float(after.mean() - before.mean()) / sd, float(after.std()) / sd
            narrower = kind == "parameter" and ratio < 1.0 - limit * se / math.sqrt(2.0)
            found.append(Narrowed(
                name, kind, float(before.mean()), sd, float(after.mean()), float(after.std()), shift, se, ratio,
                bool(abs(shift) > limit * se or narrower),
            ))
    return found
