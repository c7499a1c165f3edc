from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from qorgau.web.guard import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8642", "localhost:1", "[::1]:8642", "LOCALHOST"])
def test_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert is_loopback(host)
    assert client.get("/api/case", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:8642", "0.0.0.0", "127.0.0.2", "user@evil", "[", ""],
)
def test_any_other_name_is_turned_away(client: TestClient, host: str) -> None:
    assert not is_loopback(host)
    for path in ("/", "/api/case", "/page/app.js"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 421 and "Fix: " in answer.json()["error"]


def test_another_pages_requests_are_turned_away(client: TestClient) -> None:
    body = {"levers": {"outreach": {}}}
    for headers in (
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    ):
        assert client.post("/api/runs", json=body, headers=headers).status_code == 403
    assert client.get("/api/case", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/api/runs", content="{}", headers={"Content-Type": "text/plain"}).status_code == 415
    own = {"Origin": "http://127.0.0.1:8642", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/runs", json=body, headers=own).status_code == 200


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/page/tokens.css", "/api/case", "/api/none", "/nowhere"])
def test_every_answer_forbids_what_is_not_from_here(client: TestClient, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers and "access-control-allow-origin" not in answer.headers


def test_there_is_no_page_that_loads_scripts_from_elsewhere(client: TestClient) -> None:
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
