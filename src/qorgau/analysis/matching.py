"""History matching, first form: which runs the patterns do not rule out.

The implausibility of a pattern in a run is its distance from holding in units of the pattern's tolerance,
times the weight of its strength. A run is set aside when its (k + 1)-th largest implausibility is above the
cut-off, 3 by default (Pukelsheim's rule as used by Vernon, Goldstein and Bower 2010, Bayesian Analysis 5:
619-670, who also pass over the largest few, since a model and its sources may err in places). Runs that stay
are *not ruled out yet*; they are no sample of a posterior, and all count alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from qorgau.analysis.patterns import Pattern, PatternVerdicts, pass_rate
from qorgau.analysis.records import ClaimOdds, Matching, Narrowed, PatternResult
from qorgau.analysis.runs import Floats, Runs
from qorgau.analysis.thresholds import MatchingRule, Thresholds, Verdicts

__all__ = [
    "ScoreRule", "claim_odds", "decisive", "implausibilities", "keep", "match", "narrowing", "score_rule",
    "tolerance_text", "verdict",
]

_NAMED_CONFLICTS = 6


# --------------------------------------------------------------------------------------------------- score


@dataclass(frozen=True)
class ScoreRule:
    """How far a run is from all that is matched, in one number.

    The score is the weighted mean over matching patterns of min(implausibility, cap) / cap, with implausibility the
    distance from holding in units of tolerance. A pattern that cannot be tested counts as one unit, never as a pass.
    The sum with a cap lets a run that misses a few patterns altogether stay in, if it then holds the others: what is
    wanted of sources that err in places (compare the passing over of the largest few by Vernon and others 2010).

    Attributes
    ----------
    weights : ndarray, shape (patterns,)
        Sum to 1; 0 for patterns that do not match.
    single : ndarray of bool, shape (patterns,)
        Patterns tested on one run.
    cap : float
        Units of tolerance.
    """

    weights: Floats
    single: np.ndarray
    cap: float

    def parts(self, distance: Floats) -> Floats:
        """Return what each pattern adds to the score, shape (runs, patterns), from distances of the same shape."""
        units = np.where(np.isnan(distance), 1.0, distance)
        return np.asarray(np.minimum(units, self.cap) / self.cap * self.weights)

    def partial(self, distance: Floats) -> Floats:
        """Return the sum over patterns tested on one run, shape (runs,): never above the score."""
        return np.asarray(self.parts(distance)[:, self.single].sum(axis=1))

    def total(self, distance: Floats) -> Floats:
        """Return the score, shape (runs,)."""
        # The single patterns first, so that rounding cannot put the partial sum above the whole.
        return np.asarray(self.partial(distance) + self.parts(distance)[:, ~self.single].sum(axis=1))

    def without(self, distance: Floats) -> Floats:
        """Return the score of the other patterns, for each that is left out, shape (runs, patterns)."""
        parts = self.parts(distance)
        return np.asarray((parts.sum(axis=1)[:, None] - parts) / np.maximum(1.0 - self.weights, 1e-12))

    @property
    def single_share(self) -> float:
        """Weight of the patterns tested on one run."""
        return float(self.weights[self.single].sum())

    @property
    def paired(self) -> bool:
        """Whether any pattern on paired runs counts."""
        return bool((self.weights[~self.single] > 0).any())


def score_rule(patterns: Sequence[Pattern], rule: MatchingRule) -> ScoreRule:
    """Return the score of a case's patterns, in their order."""
    raw = np.array([
        rule.weights.get(p.strength, 1.0) if p.use == "matching" and p.strength in rule.strengths else 0.0
        for p in patterns
    ])
    single = np.array([p.single for p in patterns], dtype=bool)
    return ScoreRule(raw / raw.sum() if raw.sum() > 0 else raw, single, rule.cap)


# ---------------------------------------------------------------------------------------------- one wave


def implausibilities(tested: PatternVerdicts, table: Thresholds) -> tuple[Floats, tuple[Pattern, ...]]:
    """Return weighted implausibilities, shape (patterns, runs), of the patterns that match, and those patterns."""
    rule = table.matching
    rows = [
        i for i, pattern in enumerate(tested.patterns)
        if pattern.use == "matching" and pattern.strength in rule.strengths
    ]
    patterns = tuple(tested.patterns[i] for i in rows)
    weights = np.array([rule.weights.get(pattern.strength, 1.0) for pattern in patterns])
    return tested.distance[rows] * weights[:, None], patterns


def decisive(implausibility: Floats, passed_over: int) -> Floats:
    """Return, for each run, the largest implausibility but `passed_over`; NaN when half are not testable."""
    if implausibility.shape[0] == 0:
        return np.zeros(implausibility.shape[1])
    testable = np.isfinite(implausibility)
    ordered = np.sort(np.where(testable, implausibility, -1.0), axis=0)[::-1]
    chosen = np.maximum(ordered[min(passed_over, len(ordered) - 1)], 0.0)
    if passed_over >= len(ordered):
        chosen = np.zeros_like(chosen)
    return np.where(testable.mean(axis=0) >= 0.5, chosen, np.nan)


def keep(implausibility: Floats, cutoff: float, passed_over: int) -> np.ndarray:
    """Return the mask of runs that are not ruled out, shape (runs,)."""
    largest = decisive(implausibility, passed_over)
    return np.isfinite(largest) & (largest <= cutoff)


def verdict(rate: float, tested: int, table: Verdicts) -> str:
    """Return "holds", "weak", "fails" or "not testable" for a pass rate."""
    if tested < table.least_tested or not math.isfinite(rate):
        return "not testable"
    if rate >= table.holds:
        return "holds"
    return "fails" if rate < table.fails else "weak"


def narrowing(values: Mapping[str, Floats], kept: np.ndarray, kind: str, looked_at: int) -> list[Narrowed]:
    """Return what the kept runs say about drawn quantities.

    Parameters
    ----------
    values
        Drawn values by name, each (runs,).
    kept
        Mask over runs.
    kind
        "claim" or "parameter".
    looked_at
        Number of quantities that are judged together: shifts count only beyond what the largest of so many
        would show by chance in one study of twenty (Bonferroni).

    Notes
    -----
    A random subset of n out of N draws shifts the mean with standard error sd sqrt((N - n) / (n (N - 1))).
    """
    n, total = int(kept.sum()), int(kept.size)
    found: list[Narrowed] = []
    if n < 2 or total < 3:
        return found
    se = math.sqrt((total - n) / (n * (total - 1)))
    limit = float(norm.ppf(1.0 - 0.05 / (2 * max(1, looked_at))))
    for name, drawn in values.items():
        prior = np.asarray(drawn, dtype=np.float64)
        sd = float(prior.std())
        if not sd > 0:
            continue
        matched = prior[kept]
        shift = float(matched.mean() - prior.mean()) / sd
        ratio = float(matched.std()) / sd
        narrower = kind == "parameter" and ratio < 1.0 - limit * se / math.sqrt(2.0)
        found.append(Narrowed(
            name, kind, float(prior.mean()), sd, float(matched.mean()), float(matched.std()), shift, se, ratio,
            bool(se > 0 and (abs(shift) > limit * se or narrower)),
        ))
    return found


def claim_odds(
    prior: Mapping[str, np.ndarray], matched: Mapping[str, np.ndarray], prior_runs: float, matched_runs: float
) -> tuple[ClaimOdds, ...]:
    """Return by what factor matching changed the odds that each claim is right, the largest fall first.

    Parameters
    ----------
    prior, matched
        Truth bits by claim, each (runs,).
    prior_runs, matched_runs
        Independent runs that they are worth.

    Notes
    -----
    The ratio of posterior to prior odds is a Bayes factor of the patterns for the claim. Half a run is added to each
    count, so that it is finite where a bit is the same in all runs; the standard error of its logarithm is that
    of a log odds ratio (Woolf 1955, corrected by Haldane and Anscombe).
    """
    found = []
    limit = float(norm.ppf(1.0 - 0.05 / (2 * max(1, len(prior)))))
    for name, bits in prior.items():
        before, after = float(np.mean(bits)), float(np.mean(matched[name]))
        if before in (0.0, 1.0):
            continue
        cells = [share * n + 0.5 for share, n in
                 ((after, matched_runs), (1 - after, matched_runs), (before, prior_runs), (1 - before, prior_runs))]
        log_factor = math.log(cells[0] / cells[1] / (cells[2] / cells[3]))
        se = math.sqrt(sum(1.0 / cell for cell in cells))
        found.append(ClaimOdds(name, before, after, math.exp(log_factor), se, bool(abs(log_factor) > limit * se)))
    return tuple(sorted(found, key=lambda item: item.factor))


def _conflicts(implausibility: Floats, patterns: Sequence[Pattern], kept: np.ndarray, cutoff: float) -> tuple[str, ...]:
    """Return ids of the patterns that most often stand against the runs set aside, most often first."""
    aside = ~kept
    if not aside.any() or not patterns:
        return ()
    share = (np.nan_to_num(implausibility[:, aside], nan=0.0) > cutoff).mean(axis=1)
    order = np.argsort(-share, kind="stable")
    return tuple(patterns[i].id for i in order[:_NAMED_CONFLICTS] if share[i] > 0)


def match(tested: PatternVerdicts, runs: Runs, table: Thresholds) -> Matching:
    """Return which runs are kept, pass rates before and after, and what the runs kept teach.

    When fewer than the table's `least_kept` runs are kept, no advice is given: `advice` is "none", and `used`, over
    which figures are shown, is all runs.
    """
    rule = table.matching
    weighted, patterns = implausibilities(tested, table)
    kept = keep(weighted, rule.cutoff, rule.passed_over)
    count = int(kept.sum())
    enough = count >= rule.least_kept or not patterns
    used = kept if enough else np.ones(runs.count, dtype=bool)
    conflicts = _conflicts(weighted, patterns, kept, rule.cutoff)
    order = {1: "largest", 2: "second largest", 3: "third largest", 4: "fourth largest"}
    place = order.get(rule.passed_over + 1, f"{rule.passed_over + 1}th largest")
    text = (
        f"A run is set aside when its {place} implausibility over {len(patterns)} patterns "
        f"({' and '.join(rule.strengths)}) is above {rule.cutoff:g}."
    )
    reason = f"{count} of {runs.count} runs are not ruled out."
    if not patterns:
        reason = f"The case states no patterns to match: all {runs.count} runs stand."
    elif not enough:
        reason = (
            f"Only {count} of {runs.count} runs are not ruled out, fewer than {rule.least_kept}: no advice is "
            f"given, and figures are over all {runs.count} runs, unmatched."
        )
        if conflicts:
            reason += f" Most often in the way: {', '.join(conflicts)}."
    looked_at = len(runs.claims) + len(runs.parameters)
    learned = [
        *narrowing({name: bits.astype(np.float64) for name, bits in runs.claims.items()}, kept, "claim", looked_at),
        *narrowing(runs.parameters, kept, "parameter", looked_at),
    ]
    moved = sorted((item for item in learned if item.moved), key=lambda item: -abs(item.shift))
    still = tuple(item.name for item in learned if not item.moved)
    return Matching(
        drawn=runs.count, kept_runs=count, effective_runs=float(count), advice="matched" if enough else "none",
        reason=reason, rule=text, cutoff=rule.cutoff, passed_over=rule.passed_over,
        conflicts=conflicts, patterns=_pattern_results(tested, weighted, patterns, kept, table),
        narrowed=(*moved, *(item for item in learned if not item.moved)), not_narrowed=still,
        kept=kept, used=used, implausibility=weighted,
        odds=claim_odds(
            runs.claims, {name: bits[kept] for name, bits in runs.claims.items()}, runs.count, count
        ) if count >= 2 else (),
    )


def _pattern_results(
    tested: PatternVerdicts, weighted: Floats, matching: Sequence[Pattern], kept: np.ndarray, table: Thresholds
) -> tuple[PatternResult, ...]:
    rule = table.matching
    row = {pattern.id: i for i, pattern in enumerate(matching)}
    enough = int(kept.sum()) >= rule.least_kept
    found = []
    for i, pattern in enumerate(tested.patterns):
        holds, distance = tested.holds[i], tested.distance[i]
        prior, matched = pass_rate(holds), pass_rate(holds[kept])
        others = kept
        if pattern.id in row:
            others = keep(np.delete(weighted, row[pattern.id], axis=0), rule.cutoff, rule.passed_over)
        finite = distance[np.isfinite(distance)]
        prior_word = verdict(prior.rate, prior.tested, table.verdicts)
        found.append(PatternResult(
            id=pattern.id, claims=pattern.claims, kind=pattern.kind, statement=pattern.statement, test=pattern.test,
            strength=pattern.strength, use=pattern.use, tolerance=tolerance_text(pattern),
            why_not_by_construction=pattern.why, note=pattern.note,
            prior=prior, matched=matched, left_out=pass_rate(holds[others]),
            verdict_prior=prior_word,
            verdict=verdict(matched.rate, matched.tested, table.verdicts) if enough else prior_word,
            implausibility=float(np.median(finite)) if finite.size else math.nan,
        ))
    return tuple(found)


def tolerance_text(pattern: Pattern) -> str:
    """Return a pattern's tolerance with what it rests on."""
    amounts = " / ".join(item if isinstance(item, str) else f"{item:g}" for item in pattern.tolerance)
    return f"{amounts} ({pattern.basis})"
