from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qorgau.cli import app
from tests.case.files import template_at
from tests.ensemble.fakes import FakeRunner, fake_inputs


@pytest.fixture
def call() -> Callable[..., Any]:
    """Call a command with its words."""
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words], prog_name="qorgau")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return template_at(tmp_path / "case")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    """Put a model of three lines in the place of the real one; the case stays."""
    runner = FakeRunner()
    monkeypatch.setattr("qorgau.cli.pipeline.examined", lambda case: fake_inputs(runner, case.hash))
    return runner
