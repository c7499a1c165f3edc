from __future__ import annotations

import base64
import hashlib
import html
import re
import stat
import time
from pathlib import Path

import pytest
from tests import house
from tests.report import fakes
from tests.report.pages import Page

from qorgau.errors import InputError
from qorgau.report import build_report

EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_report(fakes.analysis(), fakes.case(), fakes.MANIFEST, tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def page(full: Path) -> Page:
    return Page(full.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = build_report(fakes.empty(), fakes.case(), None, tmp_path_factory.mktemp("bare") / "r.html")
    return Page(path.read_text(encoding="utf-8"))


def policy_of(page: Page) -> str:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page.html)
    assert found is not None
    return html.unescape(found[1])


def test_one_file_of_modest_size(full: Path) -> None:
    assert full.name == "report.html"
    assert [p.name for p in full.parent.iterdir()] == ["report.html"]
    assert 100_000 < full.stat().st_size < 1_500_000
    assert stat.S_ISREG(full.stat().st_mode)


def test_nothing_is_asked_for(page: Page) -> None:
    assert [a for a in page.addresses if not a.startswith("#")] == []
    assert not {"link", "iframe", "object", "embed", "img", "base", "form", "audio", "video"} & set(page.tags)
    assert policy_of(page).startswith("default-src 'none'; ")


def test_links_out_are_plain_and_say_nothing_of_the_reader(page: Page) -> None:
    out = [a for a in page.links if not a["href"].startswith("#")]
    assert out, "the bibliography links to what it cites"
    for link in out:
        assert re.match(r"https?://", link["href"])
        assert "noreferrer" in link["rel"]
        assert "target" not in link


def test_the_policy_allows_this_script_and_no_other(page: Page) -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", page.html, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy_of(page)
    assert "unsafe-eval" not in page.html and policy_of(page).count("unsafe-inline") == 1
    assert page.handlers == []


def test_tags_are_balanced_and_ids_once(page: Page) -> None:
    assert page.mismatched == [] and page.open_tags == []
    assert len(page.ids) == len(set(page.ids))


def test_links_inside_lead_somewhere(page: Page) -> None:
    inside = {a["href"][1:] for a in page.links if a["href"].startswith("#")}
    assert inside <= set(page.ids)
    for used in re.findall(r'aria-labelledby="([^"]+)"', page.html):
        assert set(used.split()) <= set(page.ids)
    for used in re.findall(r"url\(#([^)]+)\)", page.html):
        assert used in page.ids


def test_every_claim_and_source_is_there(page: Page) -> None:
    ids = set(page.ids)
    assert {claim.id for claim in fakes.case().evidence.claims} <= ids
    assert {f"src-{name}" for name in fakes.case().evidence.sources} <= ids
    assert "coverage 152 of 152" in page.words


def test_every_figure_has_a_finding_a_table_and_a_source_line(page: Page) -> None:
    assert len(page.figures) >= 14
    for name, holds in page.figures.items():
        assert {"figcaption", "b"} <= holds, name
        if name != "fig-sources" and name != "fig-audits":
            assert "table" in holds, name
        assert name == "fig-audits" or ".src" in holds, name
    for line in re.findall(r'<p class="src">(.*?)</p>', page.html, flags=re.S):
        assert line.startswith("Qorgau, ")


def test_every_drawing_says_what_it_shows(page: Page) -> None:
    shown = [svg for svg in page.svgs if svg.get("aria-hidden") != "true"]
    assert len(shown) > 60
    for svg in shown:
        assert svg.get("role") == "img"
        assert svg.get("aria-label") or svg.get("aria-labelledby")
    assert page.html.count("<desc ") == page.html.count('<svg class="fig')


def test_drawings_take_the_colours_of_the_page(page: Page) -> None:
    drawn = "".join(re.findall(r'<svg class="fig.*?</svg>', page.html, flags=re.S))
    assert 'fill="var(--ink' in drawn
    assert re.findall(r'(?:fill|stroke)="#[0-9a-f]+"', drawn) == []


def test_words_about_people_are_ours(page: Page) -> None:
    own = page.html[: page.html.index('id="bibliography"')]
    found = re.findall("|".join(house.FORBIDDEN_WORDS), Page(own).words, flags=re.I)
    assert found == []


def test_published_small_counts_are_withheld_and_simulated_ones_rounded(page: Page) -> None:
    numbers = page.html[page.html.index('id="fig-history-people"') : page.html.index('id="fig-history-opiates"')]
    assert "2011: under 11" in numbers and "2011: 7" not in numbers
    assert "2012: 160" in numbers
    section = page.html[page.html.index('id="fig-sections-people"') : page.html.index('id="fig-sections-opiates"')]
    row = re.search(r"Kazakhstan–Turkmenistan.*?</tr>", section, flags=re.S)
    assert row is not None and "under 11" in row[0] and "too few" in row[0]


def test_people_and_goods_never_share_a_map_or_table(page: Page) -> None:
    drawn = page.html[page.html.index('id="fig-map"') : page.html.index('id="fig-sections-people"')]
    people = page.html[page.html.index('id="fig-sections-people"') : page.html.index('id="fig-sections-opiates"')]
    for part in (drawn, people):
        assert "kg" not in Page(part).words
    assert not re.search(r"\bC\d\d[ab]?\b", Page(drawn).words), "no figure of a corridor"


def test_every_measure_stands_beside_its_harm_to_people(page: Page) -> None:
    harm = page.html[page.html.index('id="fig-harm"') : page.html.index('id="fig-else"')]
    for measure in fakes.comparison().measures:
        assert measure.label.replace("'", "&#39;") in harm
    assert "people trafficked again" in harm and "people handed back by officials" in harm


def test_all_measures_stand_below_and_are_not_ranked(page: Page) -> None:
    table = page.html[page.html.index('<table class="rank">') : page.html.index('id="fig-cost"')]
    last = table[table.rindex("<tr") :]
    assert "All measures together" in last and 'class="ref"' in last and "not ranked" in last
    assert "had it started in 2015" in page.words


def test_patterns_that_fail_are_shown_failing_with_why(page: Page) -> None:
    assert "Comes out too low, since the price of risk is small." in page.words
    assert re.search(r'<span class="v vf">fails</span>', page.html)


def test_what_made_it_and_what_it_is_not_for(page: Page) -> None:
    for text in (
        "qorgau run kazakhstan --runs 1000 --seed 1",
        "1.3 % of draws, baseline",
        "abababababab",
        "Not for",
        "Judging" if "Judging" in fakes.answer().not_for else "Operational targeting",
    ):
        assert text in page.words


def test_offices_stay_alleged_by_their_source(page: Page) -> None:
    named = [c for c in fakes.case().evidence.claims if c.names_public_office]
    assert named
    for claim in named:
        row = page.html[page.html.index(f'<tr id="{claim.id}"') :]
        assert "Alleged by " in row[:400] and f"graded {claim.grade}" in row[:400]


def test_an_empty_analysis_makes_a_whole_page(bare: Page) -> None:
    assert bare.mismatched == [] and bare.open_tags == []
    assert [a for a in bare.addresses if not a.startswith("#")] == []
    for text in (
        "baseline alone",
        "No knock-out runs were made",
        "No pattern was tested",
        "No map",
        "no history",
        "No claim could be judged",
    ):
        assert text in bare.words
    assert "nan" not in bare.words.lower().split()
    assert {"answer", "helps", "moves", "developed", "together", "hangs", "evidence", "method"} <= set(bare.ids)


def test_unknown_numbers_are_dashes(tmp_path: Path) -> None:
    page = Page(build_report(fakes.unknown(), fakes.case(), {}, tmp_path).read_text(encoding="utf-8"))
    assert not {"nan", "inf", "none"} & {w.strip("().,%") for w in page.words.lower().split() if w != "None"} - {"none"}
    assert '"nan' not in page.html and "nan%" not in page.html
    assert page.mismatched == [] and page.open_tags == []


def test_nothing_settled_and_too_few_kept_are_said(tmp_path: Path) -> None:
    import dataclasses

    few = fakes.matching(14, 40)
    whole = fakes.analysis(answer=fakes.answer(False), comparison=fakes.comparison(False), matching=few)
    whole = dataclasses.replace(whole, history=fakes.History(40, ()))
    page = Page(build_report(whole, fakes.case(), fakes.MANIFEST, tmp_path).read_text(encoding="utf-8"))
    assert "Only 14 of 40 runs agree" in page.words
    assert "not ruled out by the patterns, too few to advise on" in page.words
    assert "None of 13 measures is likely to lower" in page.words
    assert "draws, none set aside" in page.words


def test_text_from_anywhere_is_escaped(tmp_path: Path) -> None:
    import dataclasses

    case = fakes.case()
    first = case.evidence.claims[0]
    claims = (first.model_copy(update={"statement": EVIL, "note": EVIL, "page": EVIL}), *case.evidence.claims[1:])
    places = tuple(p.model_copy(update={"title": EVIL}) for p in case.places)
    sources = {
        name: s.model_copy(update={"title": EVIL, "url": "javascript:alert(3)"})
        for name, s in case.evidence.sources.items()
    }
    bad = case.model_copy(
        update={
            "settings": case.settings.model_copy(update={"title": EVIL, "purpose": EVIL}),
            "places": places,
            "evidence": case.evidence.model_copy(update={"claims": claims, "sources": sources}),
        }
    )
    whole = fakes.analysis(limits=(EVIL,), focus=EVIL)
    measures = tuple(dataclasses.replace(m, label=EVIL) for m in whole.comparison.measures)
    band = dataclasses.replace(whole.history.bands[0], label=EVIL, outcome="people_exploited")
    whole = dataclasses.replace(
        whole,
        answer=dataclasses.replace(whole.answer, title=EVIL, headline=EVIL, lead=EVIL, could_change=EVIL),
        comparison=dataclasses.replace(whole.comparison, measures=measures),
        history=fakes.History(1, (band,)),
    )
    manifest = {**fakes.MANIFEST, "command": EVIL, "versions": {EVIL: EVIL}}
    page = Page(build_report(whole, bad, manifest, tmp_path).read_text(encoding="utf-8"))
    assert page.tags.count("script") == 1
    assert page.handlers == [] and "img" not in page.tags
    assert page.mismatched == [] and page.open_tags == []
    assert not any(a["href"].startswith("javascript") for a in page.links)
    assert "&lt;script&gt;alert(1)" in page.html


def test_an_old_report_stays_when_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "report.html"
    old.write_text("old")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(InputError, match="disk is full"):
        build_report(fakes.empty(), fakes.case(), None, old)
    assert old.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_the_same_analysis_gives_the_same_page(tmp_path: Path) -> None:
    pages = [
        build_report(fakes.empty(), fakes.case(), fakes.MANIFEST, tmp_path / f"{k}.html").read_bytes() for k in (1, 2)
    ]
    assert pages[0] == pages[1]
    assert time.strftime("%Y-%m-%d").encode() not in pages[0][:4000]
