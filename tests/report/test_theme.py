from __future__ import annotations

import altair as alt
import pytest

from qorgau.report.render import inline_svg, plain_svg
from qorgau.report.theme import DARK, DIRECTIONS, LIGHT, on, paint, themed


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_letters_can_be_read(tokens: dict[str, str]) -> None:
    for letters in ("ink", "ink2", "ink3", "fewer", "more", "src", "act"):
        assert contrast(tokens[letters], tokens["bg"]) >= 4.5, letters
    for ground in ("bg2", "src2", "land2", "focus"):
        assert contrast(tokens["ink2"], tokens[ground]) >= 4.5, ground
    for strong in ("fewer", "more", "src"):
        assert contrast(tokens["bg"], tokens[strong]) >= 4.5, strong
    for pale in ("fewer2", "more2", "none"):
        assert contrast(tokens["on2"], tokens[pale]) >= 4.5, pale


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_marks_stand_out(tokens: dict[str, str]) -> None:
    for mark in DIRECTIONS:
        assert contrast(tokens[mark], tokens["bg"]) >= 3.0, mark


def test_each_colour_says_which_token_it_is() -> None:
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert set(LIGHT) == set(DARK)
    assert {on(d) for d in DIRECTIONS} == {LIGHT["bg"], LIGHT["on2"]}


def chart() -> alt.Chart:
    rows = [{"x": 1, "y": 2, "n": "<b>&"}, {"x": 2, "y": 1, "n": "b"}]
    return themed(
        alt.Chart(alt.Data(values=rows)).mark_text(clip=True, color=paint("ink")).encode(x="x:Q", y="y:Q", text="n:N")
    )


def test_two_drawings_on_one_page_share_no_id() -> None:
    one, two = (str(inline_svg(chart(), name, 'T "quoted" <x>', "D")) for name in ("a", "b"))
    import re

    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, two)]
    assert ids[0] and not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]+)\)", one)) <= ids[0]
    assert "&lt;x&gt;" in one and "<b>" not in one


def test_a_drawing_is_a_picture_with_a_name() -> None:
    svg = str(inline_svg(chart(), "a", "Title", "How"))
    assert 'role="img"' in svg and 'aria-labelledby="a-t a-d"' in svg
    assert '<title id="a-t">Title</title><desc id="a-d">How</desc>' in svg
    assert "var(--ink,#17222b)" in svg and "font-family" not in svg


def test_a_chart_may_not_fetch_its_data() -> None:
    with pytest.raises(ValueError):
        plain_svg(alt.Chart(alt.UrlData(url="https://example.org/a.json")).mark_point())
