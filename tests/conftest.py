"""What all tests share: quick ones first, and property tests that do not fail on a slow machine."""

from __future__ import annotations

import pytest
from hypothesis import settings

# Compiling a kernel on first use takes seconds, so a per-example time limit would fail at random.
settings.register_profile("qorgau", deadline=None, derandomize=True)
settings.load_profile("qorgau")

_LATE = ("verification", "validation")


def _rank(item: pytest.Item) -> int:
    """Return 0 for quick tests, 1 for verification and validation, 2 for slow ones, 3 for pages."""
    if item.get_closest_marker("page"):
        return 3
    if item.get_closest_marker("slow"):
        return 2
    return 1 if item.path.parent.name in _LATE else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)
