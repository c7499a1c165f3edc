"""What all tests share: quick ones first, what is dear begun beside them, property tests that bear a slow machine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from tests.beside import Beside

# Compiling a kernel on first use takes seconds, so a per-example time limit would fail at random.
settings.register_profile("qorgau", deadline=None, derandomize=True)
settings.load_profile("qorgau")

_LATE = ("verification", "validation")
_BESIDE = pytest.StashKey[Beside]()


def _rank(item: pytest.Item) -> int:
    """Return 0 for quick tests, 1 for verification and validation, 2 for slow ones, 3 for pages."""
    if item.get_closest_marker("page"):
        return 3
    if item.get_closest_marker("slow"):
        return 2
    return 1 if item.path.parent.name in _LATE else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin at once what a test asks for: those before it use one core at most."""
    asked = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if asked & {"warmed", "beside"} and not session.config.option.collectonly:
        folder = tempfile.TemporaryDirectory(prefix="qorgau-beside-")
        session.config.add_cleanup(folder.cleanup)
        made = session.config.stash[_BESIDE] = Beside(Path(folder.name), steps="beside" in asked)
        session.config.add_cleanup(made.end)


@pytest.fixture(scope="session")
def beside(pytestconfig: pytest.Config) -> Beside:
    """What runs beside the tests; a test that asks for it has the runs with both steps made."""
    return pytestconfig.stash[_BESIDE]


@pytest.fixture(scope="session")
def warmed(pytestconfig: pytest.Config) -> None:
    """The model, compiled on several cores."""
    pytestconfig.stash[_BESIDE].wait_until_warmed()
