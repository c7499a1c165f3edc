"""The page in a real browser: it opens, asks nobody else, runs what is switched on, and runs nothing from a claim."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from qorgau.case import Case
from qorgau.ensemble.inputs import Inputs
from qorgau.web import create_app
from qorgau.web.serving import _listen
from tests.web.fakes import FakeEngine, wait_for, with_script

CHROMIUM = Path("/usr/bin/chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.page,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}"),
]


@dataclass
class Page:
    """A tab with the page open, the address it was served from, and all that it asked for or complained of."""

    tab: Any
    address: str
    engine: FakeEngine
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: Any, template: Case, inputs: Inputs) -> Iterator[Page]:
    engine = FakeEngine(inputs)
    engine.gate.set()
    listener = _listen("127.0.0.1", 0)
    app = create_app(with_script(template), runs=24, engine=engine)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    context = browser.new_context(viewport={"width": 1440, "height": 1376}, reduced_motion="reduce")
    made = Page(context.new_page(), f"http://127.0.0.1:{listener.getsockname()[1]}", engine)
    made.tab.set_default_timeout(15_000)
    made.tab.on("request", lambda request: made.asked.append(request.url))
    made.tab.on("pageerror", lambda error: made.complaints.append(str(error)))
    made.tab.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
    made.tab.goto(made.address)
    made.tab.wait_for_selector("#app[data-state=empty] .map")
    yield made
    context.close()
    engine.gate.set()
    server.should_exit = True
    thread.join(10)
    listener.close()


def switch(page: Page, measure: str) -> None:
    page.tab.locator(f"#lever-{measure}").check(force=True)


def test_it_opens_and_asks_nobody_but_its_own_server(page: Page) -> None:
    tab = page.tab
    assert "Nothing to compare yet" in tab.inner_text("#cards")
    switch(page, "outreach")
    tab.wait_for_selector("#app[data-state=done]")
    for name in ("patterns", "evidence", "compare"):
        tab.click(f"#tab-{name}")
    tab.click("#play")
    tab.wait_for_selector("#map-mode:has-text('Baseline')")
    assert len(page.asked) > 15
    assert [url for url in page.asked if not url.startswith(page.address + "/")] == []
    assert page.complaints == [] and tab.context.cookies() == []
    assert "Not for operational targeting" in tab.inner_text("footer")


def test_a_lever_starts_a_run_whose_numbers_appear_and_settle(page: Page) -> None:
    tab = page.tab
    page.engine.gate.clear()
    switch(page, "outreach")
    tab.wait_for_selector("#app[data-state=running]")
    assert tab.inner_text("#run-button") == "Stop" and "0 of 24 runs" in tab.inner_text("#run-text")
    page.engine.gate.set()
    tab.wait_for_selector("#app[data-state=done]")
    first = tab.locator("#cards .card").first
    assert "People exploited" in first.inner_text() and "very likely fewer" in first.inner_text()
    assert first.locator(".num").inner_text() == "−102"
    assert "24 of 24 runs" in tab.inner_text("#run-text")
    assert "−10 %" in tab.inner_text("#sections-top") and "USD 2 m a year" in tab.inner_text("#cost")


def test_the_previous_setting_stays_as_a_ghost_and_kept_ones_in_the_table(page: Page) -> None:
    tab = page.tab
    switch(page, "outreach")
    tab.wait_for_selector("#app[data-state=done]")
    assert tab.locator("#cards .ghost").count() == 0
    tab.click("#keep")
    switch(page, "police_training")
    tab.wait_for_selector("#app[data-state=done] #cards .ghost", state="attached")
    rows = tab.locator("#panel-compare tbody tr")
    sync_api.expect(rows).to_have_count(2)
    assert rows.nth(0).inner_text().startswith("Now: Police training + Outreach")


def test_stop_keeps_what_is_done_and_goes_on(page: Page) -> None:
    tab = page.tab
    page.engine.gate.clear()
    switch(page, "outreach")
    tab.wait_for_selector("#app[data-state=running]")
    tab.click("#run-button")
    tab.wait_for_selector("#app[data-state=stopped]")
    assert "what is done is kept" in tab.inner_text("#run-text")
    page.engine.gate.set()
    tab.click("#run-button")
    tab.wait_for_selector("#app[data-state=done]")


def test_escape_closes_the_drawer_and_focus_returns(page: Page) -> None:
    tab = page.tab
    switch(page, "outreach")
    tab.wait_for_selector("#app[data-state=done]")
    number = tab.locator("#cards .num").first
    number.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#drawer:not([hidden])")
    assert "It rests on" in tab.inner_text("#drawer")
    assert tab.evaluate("document.activeElement.id") == "drawer-close"
    tab.keyboard.press("Escape")
    assert tab.locator("#drawer").is_hidden()
    assert number.evaluate("node => node === document.activeElement")


def test_markup_in_a_claim_is_text_and_runs_nothing(page: Page) -> None:
    tab = page.tab
    tab.click("#tab-evidence")
    tab.locator("#claim-list button").first.click()
    tab.wait_for_selector("#drawer .cc")
    assert "<script>window.harmed = 1</script>" in tab.inner_text("#drawer")
    assert "<script>" in tab.inner_text("#claim-list") and "<img src=x" in tab.inner_text("#levers")
    switch(page, "outreach")
    tab.wait_for_selector("#app[data-state=done]")
    assert tab.evaluate("window.harmed") is None
    assert tab.locator("img, #app script, #drawer script").count() == 0


def test_the_server_gone_is_said_with_what_to_do(page: Page) -> None:
    page.tab.route("**/api/runs", lambda route: route.abort())
    switch(page, "outreach")
    page.tab.wait_for_selector("#app[data-state=error]")
    assert "Fix: start qorgau serve again" in page.tab.inner_text("#run-text")


def test_on_a_phone_outcomes_come_first_and_nothing_spills(page: Page) -> None:
    tab = page.tab
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.reload()
    tab.wait_for_selector("#app[data-state=empty] .map")
    tops = [tab.locator(name).bounding_box()["y"] for name in ("#outcomes", ".centre", ".levers")]
    assert tops == sorted(tops)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    assert tab.get_attribute(".map", "viewBox").startswith("0 0 390 ")


def test_all_of_it_can_be_reached_by_keyboard(page: Page) -> None:
    tab = page.tab
    reached: set[str] = set()
    for _ in range(60):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.id || document.activeElement.value || ''"))
        if tab.evaluate("document.activeElement.id") == "lever-outreach":
            tab.keyboard.press("Space")
    assert {"lever-outreach", "lever-police_training", "clear", "labour", "play", "year", "tab-compare"} <= reached
    tab.wait_for_selector("#app[data-state=done]")
