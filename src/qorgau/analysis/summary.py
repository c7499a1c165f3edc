"""All of the analysis in one call."""

from __future__ import annotations

from qorgau.analysis.records import Analysis

__all__ = ["Analysis"]
