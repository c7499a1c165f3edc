"""`qorgau history` says what it forecast, how that did, and in what kind readings differ."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from qorgau.analysis.forecast import forecast
from qorgau.analysis.records import Analysis
from qorgau.cli.history import history_summary, show_history, write_forecast
from qorgau.cli.screen import Screen
from tests.analysis.test_forecast import SEEN, runs, table
from tests.report import fakes


def analysis() -> Analysis:
    made = forecast(runs(), np.ones(101, dtype=bool), table(), SEEN)
    return dataclasses.replace(fakes.analysis(), forecast=made)


def test_text_says_coverage_widths_scores_and_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    held = analysis().forecast
    assert held is not None
    show_history(Screen(), held)
    text = " ".join(capsys.readouterr().out.split())
    assert "Nothing is fitted after 2013" in text
    assert "Of 3 published readings 33 % lie inside the 50 % interval and 67 % inside the 90 % interval" in text
    assert "too wide" in text
    assert "2016 1 0 % 0 %" in text
    assert "people identified: x" in text


def test_json_and_table_are_written_and_named(tmp_path: Path) -> None:
    written = write_forecast(tmp_path, analysis(), 11)
    assert set(written) == {"forecast.json", "forecast.parquet"}
    told = json.loads((tmp_path / "forecast.json").read_text())
    assert told == json.loads(json.dumps(history_summary(analysis())))
    assert told["indicators"][0]["points"][0]["year"] == 2014
    assert pq.read_table(tmp_path / "forecast.parquet").num_rows == 12


def test_without_a_table_nothing_is_written(tmp_path: Path) -> None:
    assert write_forecast(tmp_path, fakes.analysis(), 11) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_results_is_refused_in_one_line(call: Callable[..., Any], tmp_path: Path) -> None:
    result = call("history", tmp_path)
    assert result.exit_code != 0
    assert "no results" in result.stderr
