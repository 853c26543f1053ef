"""Web pages: the site around an article goes, the page's own text and structure stay."""

# ruff: noqa: E501 - examples

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.parse import parse
from ingestion.parse.blocks import Block
from ingestion.parse.web.alignment import covered, words
from ingestion.parse.web.selection import Rest, select

if TYPE_CHECKING:
    from freshground.core.records import Document

STORM = (
    "The storm that crossed the coast on Tuesday night left four thousand homes without power, "
    "the regional operator said, and closed the harbour for the first time in nine years."
)
REPAIR = (
    "Crews had restored two of the five damaged lines by noon, and the operator expects the rest "
    "to carry current again before the weekend, if the wind keeps below 60 km/h."
)
WIND = (
    "Meteorologists measured gusts of 142 km/h at the lighthouse, the highest value there since "
    "measurements began in 1931, and 21.5 mm of rain within half an hour."
)
NAVIGATION = "".join(
    f'<li><a href="/{n}">{n}</a></li>' for n in ("News", "Sport", "Weather", "Shop")
)
TEASERS = "".join(
    f'<div class="teaser"><a href="/{n}">Council votes on budget number {n} after long debate</a></div>'
    for n in range(8)
)
CHROME = {
    "semantic": (
        f"<header><nav><ul>{NAVIGATION}</ul></nav></header>",
        f"<aside><h2>Most read</h2>{TEASERS}</aside><footer>Imprint. All rights reserved 2026.</footer>",
    ),
    "divs": (
        (
            f'<div id="cookie-banner">We use cookies to improve your experience. <button>Accept</button></div>'
            f'<div class="topnav"><ul>{NAVIGATION}</ul></div>'
        ),
        f'<div class="sidebar">{TEASERS}</div><div id="footer">Imprint. All rights reserved 2026.</div>',
    ),
    "table": (
        f'<table><tr><td colspan="2"><ul>{NAVIGATION}</ul></td></tr><tr><td>',
        (
            f'</td><td class="related">{TEASERS}</td></tr></table><div class="footer">Imprint. All rights '
            "reserved 2026.</div>"
        ),
    ),
}
BODY = (
    f"<article><h1>Storm closes harbour</h1><p>{STORM}</p><h2>Repairs</h2><p>{REPAIR}</p>"
    "<ul><li>Line A: repaired on Wednesday morning</li><li>Line B: repaired by noon</li></ul>"
    "<table><tr><th>Place</th><th>Gust</th></tr><tr><td>Lighthouse</td><td>142 km/h</td></tr>"
    f"<tr><td>Harbour</td><td>118 km/h</td></tr></table><h2>Wind</h2><p>{WIND}</p></article>"
)


def page(chrome: str, body: str = BODY) -> Document:
    before, after = CHROME[chrome]
    html = f"<html><head><title>Storm | The Coast</title></head><body>{before}{body}{after}</body></html>"
    return parse(html.encode(), "storm.html")


@pytest.mark.parametrize("chrome", CHROME)
def test_the_site_goes_and_the_article_stays(chrome: str) -> None:
    document = page(chrome)
    for own in (STORM, REPAIR, WIND):
        assert own in document.text
    for foreign in ("Council votes", "Imprint", "cookies", "Most read", "Sport"):
        assert foreign not in document.text
    assert document.metadata["boilerplate_chars"] > 200


def test_structure_survives() -> None:
    document = page("semantic")
    found = [(e.kind, document.text[e.start : e.end]) for e in document.elements]
    assert ("heading", "Repairs") in found
    assert ("list_item", "- Line A: repaired on Wednesday morning") in found
    assert ("table", "Place | Gust\nLighthouse | 142 km/h\nHarbour | 118 km/h") in found
    assert document.title == "Storm closes harbour"


def test_code_between_paragraphs_stays_with_its_spaces() -> None:
    code = "def restore(line):\n    return line.on()"
    body = f"<article><p>{STORM}</p><pre>{code}</pre><p>{REPAIR}</p><p>{WIND}</p></article>"
    document = page("divs", body)
    assert [document.text[e.start : e.end] for e in document.elements if e.kind == "code"] == [code]


def test_the_whole_page_where_the_source_asks_for_it() -> None:
    before, after = CHROME["divs"]
    html = f"<html><body>{before}{BODY}{after}</body></html>".encode()
    document = parse(html, "storm.html", html="full")
    assert "Council votes on budget number 7" in document.text
    assert "All rights reserved" in document.text
    assert "boilerplate_chars" not in document.metadata


def test_an_index_page_keeps_its_entries() -> None:
    entries = "".join(
        f'<li><a href="/{n}">Report {n} of the water authority for the year {1990 + n}</a></li>'
        for n in range(40)
    )
    html = f"<html><body><nav><a href='/'>Home</a></nav><ul>{entries}</ul></body></html>"
    document = parse(html.encode(), "index.html")
    assert all(f"for the year {1990 + n}" in document.text for n in range(40))


def test_a_short_note_keeps_its_text() -> None:
    html = "<html><body><nav><a href='/'>Home</a></nav><p>Office closed on 2 May.</p></body></html>"
    assert "Office closed on 2 May." in parse(html.encode(), "note.html").text


def test_a_plain_page_without_a_site_is_taken_whole() -> None:
    rows = "".join(
        f"<tr><td>Part {n}-{n * 7}</td><td>{n * 1.5:.2f} mm</td></tr>" for n in range(30)
    )
    html = f"<html><body><h1>Parts</h1><table>{rows}</table><p>{STORM}</p></body></html>"
    document = parse(html.encode(), "parts.html")
    assert "Part 29-203 | 43.50 mm" in document.text
    assert "boilerplate_chars" not in document.metadata


def test_a_sentence_that_a_teaser_repeats_stands_once() -> None:
    document = page("divs", f'<div class="teaser"><a href="/s">{STORM}</a></div>{BODY}')
    assert document.text.count(STORM) == 1


LINES = st.lists(
    st.lists(st.sampled_from("a b c d e f g h".split()), min_size=1, max_size=9), max_size=12
)


@settings(deadline=None)
@given(LINES, st.data())
def test_what_was_taken_from_a_page_is_found_in_it(
    page: list[list[str]], data: st.DataObject
) -> None:
    """Paragraphs are some of the page's own, in order: their words are found, and no more."""
    chosen = [unit for unit in page if data.draw(st.booleans())]
    counts = covered(page, chosen)
    assert len(counts) == len(page)
    assert all(0 <= count <= len(unit) for count, unit in zip(counts, page, strict=True))
    assert sum(counts) <= sum(map(len, chosen))
    if chosen == page:
        long = sum(len(unit) for unit in page if len(unit) > 2)
        assert sum(counts) >= long


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=80), max_size=8), st.integers(0, 7))
def test_selecting_never_invents_text(texts: list[str], place: int) -> None:
    blocks = [Block("text", text) for text in texts]
    kept = select(blocks, Rest(blocks, 0, is_article=False), texts[: place + 1])
    lines = {line for text in texts for line in text.split("\n")}
    assert all(line in lines for block in kept for line in block.text.split("\n"))


def test_signs_of_scripts_without_spaces_are_words() -> None:
    assert words("\u6771\u4eac 2026") == ["\u6771", "\u4eac", "2026"]
