"""A case: its files, their checks, and their translation into the model's arrays."""

from qorgau.case.case import Case
from qorgau.case.checks import Coverage, Finding, check, coverage
from qorgau.case.load import bundled_cases, case_folder, load_case
from qorgau.case.new import new_case
from qorgau.case.schema import json_schemas
from qorgau.case.synthetic import Scale, synthetic_case, write_synthetic
from qorgau.case.translate import mechanism_claims, parameter_table, to_world

__all__ = [
    "Case",
    "Coverage",
    "Finding",
    "Scale",
    "bundled_cases",
    "case_folder",
    "check",
    "coverage",
    "json_schemas",
    "load_case",
    "mechanism_claims",
    "new_case",
    "parameter_table",
    "synthetic_case",
    "to_world",
    "write_synthetic",
]
