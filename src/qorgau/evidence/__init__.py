
from qorgau.evidence.load import load_evidence, load_policy
from qorgau.evidence.models import Claim, EvidenceBase, Placement, Source
from qorgau.evidence.policy import Policy
from qorgau.evidence.uncertainty import claim_marginals, source_of_truth, truth_bits, truth_sources

__all__ = [
    "Claim",
    "EvidenceBase",
    "Placement",
    "Policy",
    "Source",
    "claim_marginals",
    "load_evidence",
    "load_policy",
    "source_of_truth",
    "truth_bits",
    "truth_sources",
]
