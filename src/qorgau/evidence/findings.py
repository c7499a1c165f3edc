"""What an audit returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Severity"]

Severity = Literal["info", "warning"]


@dataclass(frozen=True)
class Finding:
    """One finding of one audit: something to show the analyst, never by itself a reason to drop a claim."""

    check: str
    severity: Severity
    claims: tuple[str, ...]
    sources: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.check}: {self.message}"
