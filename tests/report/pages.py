"""Reading a report back: addresses that it asks for, ids, figures, text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

LOADING = {"src", "srcset", "poster", "data", "xlink:href", "background", "action", "formaction", "ping", "manifest"}
VOID = {"meta", "link", "img", "br", "hr", "input", "source", "area", "base", "col", "embed", "track", "wbr"}


@dataclass
class Page(HTMLParser):
    """What stands in a page: links, addresses that would be loaded, ids, style and script, the text of figures."""

    html: str
    links: list[dict[str, str]] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    handlers: list[str] = field(default_factory=list)
    figures: dict[str, set[str]] = field(default_factory=dict)
    svgs: list[dict[str, str]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    _figure: str = ""
    _raw: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag not in VOID:
            self.open_tags.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        self.handlers += [name for name in given if name.startswith("on")]
        if tag == "a":
            self.links.append(given)
        elif "href" in given:
            self.loaded.append(given["href"])
        self.loaded += [given[name] for name in given if name in LOADING]
        if tag == "figure":
            self._figure = given.get("id", "")
            self.figures[self._figure] = set()
        if self._figure:
            self.figures[self._figure] |= {tag, *(f".{c}" for c in given.get("class", "").split())}
        if tag == "svg":
            self.svgs.append(given)
        self._raw = tag if tag in ("style", "script") else ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open_tags.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.open_tags and self.open_tags[-1] == tag:
            self.open_tags.pop()
        else:
            self.mismatched.append(tag)
        if tag == "figure":
            self._figure = ""
        self._raw = ""

    def handle_data(self, data: str) -> None:
        if not self._raw:
            self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))

    @property
    def addresses(self) -> list[str]:
        """All that a reader's program would ask for: loading attributes, and url() and @import anywhere."""
        found = re.findall(r"url\(\s*['\"]?([^)'\"]*)", self.html, flags=re.I)
        return [*self.loaded, *found, *re.findall(r"@import\s+[^;]*", self.html)]
