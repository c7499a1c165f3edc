r"""From grades to uncertainty: the truth bit of each claim, with claims on one source tied together.

A grade is a prior on the claim being *right*. For claim i with grade mean m_i and concentration k_i,

.. math:: p_i \sim \mathrm{Beta}(m_i k_i, (1 - m_i) k_i), \qquad T_i \mid p_i \sim \mathrm{Bernoulli}(p_i).

Claims on one source s share its bit B_s ~ Bernoulli(w_s), where w_s is the policy's `sound` of the most
reliable grade among them. Given the bit,

.. math::
    P(T_i = 1 \mid B_s = 1) = p_i + (1 - w_s) d_i, \qquad
    P(T_i = 1 \mid B_s = 0) = p_i - w_s d_i, \qquad
    d_i = c \min\left(\frac{1 - p_i}{1 - w_s}, \frac{p_i}{w_s}\right)

with coupling c in [0, 1]. The marginal stays exactly p_i, because w (p + (1-w) d) + (1-w) (p - w d) = p; both
probabilities stay in [0, 1], because d is at most what the nearer bound allows; and two claims on one
source have covariance E[d_i d_j] w (1 - w) >= 0, claims on different sources none. At c = 1 the source
bit decides as much as the marginals permit; at c = 0 all claims are independent. Both probabilities rise
with p_i, so a better grade never makes a claim true less often for the same uniforms.

This is a one-factor Bernoulli mixture per source (compare Joe, *Dependence Modeling with Copulas*, 2014,
section 7), with the factor a bit so that it can be read as "the source reports soundly".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from qorgau.evidence.models import Claim
from qorgau.evidence.policy import RELIABILITIES, Policy

__all__ = ["claim_marginals", "source_of_truth", "source_soundness", "truth_bits", "truth_sources"]


def source_of_truth(claim: Claim) -> str:
    """Return the id of the source whose fate the claim shares: its first cited entry, else its source."""
    return claim.cites[0] if claim.cites else claim.source


def truth_sources(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Return the sources behind `claims`, each once, in order of first use: the columns of `u_source`."""
    return tuple(dict.fromkeys(source_of_truth(claim) for claim in claims))


def source_soundness(claims: Sequence[Claim], policy: Policy) -> NDArray[np.float64]:
    """Return P(source bit = 1) of each of `truth_sources(claims)`, shape (sources,).

    Claims on one source can differ in reliability, since the grade rule lowers it where a citation is only
    inferred or too old; the source itself is as good as the best of them.
    """
    best: dict[str, str] = {}
    for claim in claims:
        source, letter = source_of_truth(claim), _letter(claim)
        best[source] = min(best.get(source, RELIABILITIES[-1]), letter)
    return np.array([policy.reliability[best[source]].sound for source in truth_sources(claims)])


def _letter(claim: Claim) -> str:
    if claim.reliability is None or claim.credibility is None:
        raise ValueError(f"claim {claim.id} has no grade; load the evidence so that the rule fills it in")
    return claim.reliability


def _means(claims: Sequence[Claim], policy: Policy) -> NDArray[np.float64]:
    return np.array([policy.mean(_letter(claim), claim.credibility or 6) for claim in claims])


def claim_marginals(claims: Sequence[Claim], policy: Policy) -> NDArray[np.float64]:
    """Return P(T = 1) of each claim, shape (claims,); 0 for a retracted claim."""
    held = np.array([claim.status != "retracted" for claim in claims])
    return np.where(held, _means(claims, policy), 0.0)


def truth_bits(
    claims: Sequence[Claim],
    policy: Policy,
    u_p: ArrayLike,
    u_source: ArrayLike,
    u_claim: ArrayLike,
    fixed: Mapping[str, bool] | None = None,
) -> NDArray[np.bool_]:
    """Return the truth bits of the claims, from uniforms, so that any design can feed them.

    Parameters
    ----------
    claims
        Graded claims; their order is that of the columns.
    policy
        The policy table.
    u_p
        Uniforms in [0, 1) for the Beta draws of p, shape (draws, claims), or (draws, 1) to draw all p by one.
    u_source
        Uniforms for the source bits, shape (draws, sources), columns as in `truth_sources(claims)`.
    u_claim
        Uniforms for the truth bits given p and the source bits, shape (draws, claims).
    fixed
        Claims whose bit is set rather than drawn, by id; all other bits stay as they are. A retracted claim
        stays false even so.

    Returns
    -------
    ndarray of bool, shape (draws, claims)

    Raises
    ------
    ValueError
        When a shape does not fit, a uniform lies outside [0, 1), or `fixed` names an unknown claim.
    """
    sources = truth_sources(claims)
    source = _uniforms("u_source", u_source, len(sources))
    unit = _uniforms("u_claim", u_claim, len(claims))
    prior = _uniforms("u_p", u_p, len(claims), one_column=True)
    if not len(source) == len(unit) == len(prior):
        raise ValueError(f"numbers of draws differ: u_p {len(prior)}, u_source {len(source)}, u_claim {len(unit)}")
    column = {name: position for position, name in enumerate(sources)}
    behind = np.array([column[source_of_truth(claim)] for claim in claims])
    sound = source_soundness(claims, policy)
    bit = (source < sound)[:, behind]
    weight = sound[behind]
    mean = _means(claims, policy)
    firm = np.array([policy.reliability[_letter(claim)].concentration for claim in claims])
    p = betaincinv(mean * firm, (1 - mean) * firm, prior)
    gap = policy.coupling * np.minimum((1 - p) / (1 - weight), p / weight)
    chance = np.where(bit, p + (1 - weight) * gap, p - weight * gap)
    truth = unit < chance
    return _set(truth, claims, fixed or {})


def _uniforms(name: str, values: ArrayLike, columns: int, one_column: bool = False) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or (array.shape[1] != columns and not (one_column and array.shape[1] == 1)):
        raise ValueError(f"{name} has shape {array.shape}; it needs (draws, {columns})")
    if array.size and (array.min() < 0 or array.max() >= 1):
        raise ValueError(f"{name} holds values outside [0, 1)")
    return array


def _set(truth: NDArray[np.bool_], claims: Sequence[Claim], fixed: Mapping[str, bool]) -> NDArray[np.bool_]:
    unknown = set(fixed) - {claim.id for claim in claims}
    if unknown:
        raise ValueError(f"fixed names unknown claims: {', '.join(sorted(unknown))}")
    for position, claim in enumerate(claims):
        if claim.status == "retracted":
            truth[:, position] = False
        elif claim.id in fixed:
            truth[:, position] = fixed[claim.id]
    return truth
