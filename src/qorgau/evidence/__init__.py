"""Evidence: sources, claims and their grades; from a grade to the probability that a claim holds; audits."""

from qorgau.evidence.audits import AUDITS, Finding, run_audits
from qorgau.evidence.disputes import set_grade, set_status
from qorgau.evidence.load import load_evidence, load_policy
from qorgau.evidence.models import Claim, EvidenceBase, Placement, Source
from qorgau.evidence.policy import Policy
from qorgau.evidence.uncertainty import claim_marginals, source_of_truth, truth_bits, truth_sources

__all__ = [
    "AUDITS",
    "Claim",
    "EvidenceBase",
    "Finding",
    "Placement",
    "Policy",
    "Source",
    "claim_marginals",
    "load_evidence",
    "load_policy",
    "run_audits",
    "set_grade",
    "set_status",
    "source_of_truth",
    "truth_bits",
    "truth_sources",
]
