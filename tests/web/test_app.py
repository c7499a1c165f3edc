from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qorgau.case import Case
from qorgau.errors import InputError
from qorgau.web import create_app
from tests.web.fakes import FakeEngine, wait_for

BODY = {"levers": {"outreach": {"intensity": 0.5, "start": 2016}}}


def finished(client: TestClient, body: Any = BODY) -> dict[str, Any]:
    started = client.post("/api/runs", json=body)
    assert started.status_code == 200, started.text
    key = started.json()["id"]
    return wait_for(lambda: (run := client.get(f"/api/runs/{key}").json())["state"] == "done" and run)


def test_the_case_says_what_it_is_and_what_it_is_not_for(client: TestClient, template: Case) -> None:
    about = client.get("/api/case").json()
    assert about["counts"]["claims"] == len(template.evidence.claims) and about["not_for"] == template.settings.not_for
    assert {s["label"] for s in about["sections"]} >= {"Kazakhstan–Kyrgyzstan", "Kazakhstan–Russia (by air)"}
    units = {t["id"]: t["unit"] for t in about["trades"]}
    assert units == {"labour": "people", "sexual": "people", "opiates": "kg"}


def test_levers_are_those_of_the_case_in_groups(client: TestClient) -> None:
    found = client.get("/api/levers").json()
    assert [(g["group"], [m["id"] for m in g["measures"]]) for g in found["groups"]] == [
        ("People", ["outreach"]), ("Justice and state", ["police_training"])
    ]
    assert found["years"] == [1991, 2024] and found["start"] == 2015


def test_a_run_gives_paired_effects_people_first(client: TestClient) -> None:
    run = finished(client)
    assert run["done"] == run["total"] == run["draws"] == 24 and run["seconds_left"] == 0
    first = run["effects"][0]
    assert first["outcome"] == "people_exploited" and first["word"] == "very likely fewer"
    assert first["percent_interval"]["median"] == pytest.approx(-5.0)
    assert first["low90"] <= first["low50"] <= first["median"] <= first["high50"] <= first["high90"] < 0
    assert run["row"]["cost"] == "1" and run["not_for"]
    assert {e["outcome"] for e in run["effects"] if e["harm"]} >= {"people_recruited", "people_retrafficked"}


def test_people_and_goods_are_never_in_one_table(client: TestClient) -> None:
    run = finished(client)
    assert set(run["traffic"]) == {"opiates", "labour", "sexual"}
    assert run["sections"] and {s["text"] for s in run["sections"]} == {"−5 %"}
    for rows in run["traffic"].values():
        assert [(r["from"], r["to"], r["direction"]) for r in rows] == [("kunduz", "osh", "fewer")]
        assert all(set(r) == {"from", "to", "weight", "direction"} for r in rows)


def test_a_running_setting_can_be_watched_and_stopped(client: TestClient, engine: FakeEngine) -> None:
    engine.gate.clear()
    key = client.post("/api/runs", json=BODY).json()["id"]
    watched = client.get(f"/api/runs/{key}").json()
    assert watched["state"] == "running" and watched["settling"] and watched["done"] == 0 and watched["effects"] == []
    stopped = client.delete(f"/api/runs/{key}").json()
    assert stopped["state"] == "stopped"
    engine.gate.set()
    assert finished(client)["id"] == key


@pytest.mark.parametrize(("body", "said"), [
    ({"levers": {"outreach": {"intensity": 2}}}, "levers.outreach.intensity: 2 is not a number from 0 to 1"),
    ({"levers": {"patrols": {}}}, "levers.patrols: no such counter-measure"),
    ({"levers": {}}, "no measure is on"),
])
def test_bad_input_gives_one_clear_line(client: TestClient, body: Any, said: str) -> None:
    answer = client.post("/api/runs", json=body)
    assert answer.status_code == 422
    line = answer.json()["error"]
    assert line.startswith("POST /api/runs: ") and said in line and "Fix: " in line and "\n" not in line


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"levers": ' + '"x"' * 40000])
def test_a_body_that_is_no_json_gives_one_clear_line(client: TestClient, text: str) -> None:
    answer = client.post("/api/runs", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422 and "Fix: " in answer.json()["error"]


@pytest.mark.parametrize("path", ["/api/map?width=9", "/api/map?width=x", "/api/baseline/traffic?trade=arms",
                                  "/api/baseline/traffic"])
def test_bad_questions_give_one_clear_line(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422 and "Fix: " in answer.json()["error"]


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/api/runs/none"), ("DELETE", "/api/runs/none"), ("PUT", "/api/compare/none"), ("GET", "/api/claims/none"),
    ("GET", "/page/none.js"), ("GET", "/page/..%2f..%2fapp.py"), ("GET", "/nowhere"),
])
def test_what_is_not_there_is_said_to_be(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path, json={} if method == "PUT" else None)
    assert answer.status_code == 404 and "Fix: " in answer.json()["error"]


def test_kept_settings_stand_side_by_side_until_removed(client: TestClient) -> None:
    run = finished(client)
    kept = client.put(f"/api/compare/{run['id']}", json={}).json()["kept"]
    assert [row["label"] for row in kept] == ["Outreach by civil society 50 % from 2016"]
    assert kept[0]["people"]["text"] == run["effects"][0]["text"] and kept[0]["helps"] == "> 98 %"
    assert client.get("/api/compare").json()["kept"] == kept
    assert client.delete(f"/api/compare/{run['id']}").json()["kept"] == []


def test_claims_are_listed_and_opened(client: TestClient) -> None:
    rows = client.get("/api/claims").json()["claims"]
    assert rows and all(0 <= row["p"] <= 1 and row["grade"] for row in rows)
    one = client.get(f"/api/claims/{rows[0]['id']}").json()
    assert one["statement"] == rows[0]["statement"] and one["used"] and one["told_by"]["label"]


def test_the_baselines_years_are_told_by_trade(client: TestClient) -> None:
    wait_for(lambda: client.get("/api/baseline").json()["state"] == "done")
    found = client.get("/api/baseline/traffic?trade=labour").json()
    assert found["draws"] == 24 and found["years"] == list(range(1991, 2025))
    assert [(p["from"], p["to"], len(p["weights"])) for p in found["pairs"]] == [("kunduz", "osh", 34)]


def test_without_results_patterns_say_what_to_do_first(client: TestClient) -> None:
    found = client.get("/api/patterns").json()
    assert found["patterns"] == [] and "qorgau run" in found["note"]


def test_every_file_of_the_page_is_served(client: TestClient) -> None:
    import qorgau.web

    folder = Path(qorgau.web.__file__).parent / "page"
    for path in folder.iterdir():
        answer = client.get("/" if path.name == "index.html" else f"/page/{path.name}")
        assert answer.status_code == 200 and answer.text == path.read_text(encoding="utf-8")
    assert "--fewer:#0a6c84" in client.get("/page/tokens.css").text


def test_no_file_of_the_page_reads_text_as_markup_or_asks_elsewhere() -> None:
    import qorgau.web

    for path in (Path(qorgau.web.__file__).parent / "page").iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://"):
            assert word not in text, f"{path.name}: {word}"


@pytest.mark.parametrize(("runs", "workers"), [(0, 1), (10_000, 1), (8, 0)])
def test_numbers_out_of_range_are_refused(template: Case, runs: int, workers: int) -> None:
    with pytest.raises(InputError, match="Fix"):
        create_app(template, runs=runs, workers=workers)


def test_a_folder_without_results_is_refused(template: Case, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        create_app(template, tmp_path)
