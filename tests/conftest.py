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

_MODEL = ("cli", "ensemble", "model", "web")
_LATE = ("verification", "validation")
_BESIDE = pytest.StashKey[Beside]()


def _rank(item: pytest.Item) -> int:
    """Return 0 for quick tests, 1 for those that run the model, 2 for late folders, 3 for slow ones, 4 for pages."""
    if item.get_closest_marker("page"):
        return 4
    if item.get_closest_marker("slow"):
        return 3
    folder = item.path.parent.name
    return 2 if folder in _LATE else int(folder in _MODEL or "warmed" in getattr(item, "fixturenames", ()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin at once what a test asks for: quick tests use one core at most."""
    asked = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if asked & {"warmed", "beside"} and not session.config.option.collectonly:
        folder = tempfile.TemporaryDirectory(prefix="qorgau-beside-")
        session.config.add_cleanup(folder.cleanup)
        made = session.config.stash[_BESIDE] = Beside(Path(folder.name), steps="beside" in asked)
        session.config.add_cleanup(made.end)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Wait for what is being compiled before a test that would else compile it once more."""
    if _BESIDE in item.config.stash and _rank(item) > 0:
        item.config.stash[_BESIDE].wait_until_warmed()


@pytest.fixture(scope="session")
def beside(pytestconfig: pytest.Config) -> Beside:
    """What runs beside the tests; a test that asks for it has the runs with both steps made."""
    return pytestconfig.stash[_BESIDE]


@pytest.fixture(scope="session")
def warmed() -> None:
    """The model, compiled on several cores; a test that asks for it has this begun before the first test."""
