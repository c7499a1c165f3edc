"""The page over a folder of results of the real model on the small case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from qorgau.case import Case
from qorgau.ensemble.results import Results
from qorgau.ensemble.runner import simulate
from qorgau.errors import InputError
from qorgau.web import create_app
from tests.web.fakes import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(template: Case, tmp_path_factory: Any) -> Path:
    out = tmp_path_factory.mktemp("results")
    simulate(template, ["outreach"], runs=6, seed=3, workers=1, out=out)
    return Path(out)


def test_the_pages_runs_are_the_ensembles_own(template: Case, folder: Path) -> None:
    results = Results(folder)
    app = create_app(template, folder, runs=64, workers=1)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        about = client.get("/api/case").json()
        assert about["results"] and about["runs"] == about["most_runs"] == 6
        assert about["drawn"] == "6 of 6 draws are not ruled out by the patterns"
        key = client.post("/api/runs", json={"levers": {"outreach": {}}}).json()["id"]
        run = wait_for(lambda: (r := client.get(f"/api/runs/{key}").json())["state"] == "done" and r, 200)
        window = slice(2015 - 1991, None)
        for effect in run["effects"][:3]:
            values = results.to_numpy(effect["outcome"])[:, :, window].mean(axis=2)
            assert effect["median"] == pytest.approx(float(np.median(values[1] - values[0])))
        stored = client.get("/api/compare").json()["measures"]
        assert [row["id"] for row in stored] == ["outreach"]
        assert stored[0]["people"]["median"] == pytest.approx(run["effects"][0]["median"])
        patterns = client.get("/api/patterns").json()
        assert [p["id"] for p in patterns["patterns"]] == list(template.pattern_ids) and patterns["drawn"] == 6


def test_results_of_another_case_are_refused(template: Case, folder: Path) -> None:
    other = template.with_values({"corruption.conformity": 0.0})
    with pytest.raises(InputError, match="another case"):
        create_app(other, folder)
