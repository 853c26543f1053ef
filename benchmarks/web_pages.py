"""What of a web page is taken for its content, beside trafilatura's own text and the whole page.

FRESHGROUND_ARTICLES names a folder of real pages with their text, laid out as the article
extraction benchmark is: `html/ID.html.gz`, and `ground-truth.json` with `articleBody` by id. Pages
made up from passages of FRESHGROUND_TEST_DATA, in several layouts, are measured in any case.

F1 is that benchmark's: of four words in a row, precision and recall averaged over pages.
"""

# ruff: noqa: E501 - pages

from __future__ import annotations

import gzip
import json
import os
import random
import re
import time
from collections import Counter
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.result import Result
from ingestion.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LEAST_F1 = 0.95
PAGES = 180
_TOKEN = re.compile(r"\w+")

Page = tuple[str, str]
"""The page and its text."""


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Measure real pages where there are any, and made-up ones."""
    del root
    if folder := os.environ.get("FRESHGROUND_ARTICLES"):
        pages = _real(Path(folder))
        yield from _measure("real pages", pages[:: 10 if quick else 1])
    else:
        print("LEFT OUT: real pages; set FRESHGROUND_ARTICLES to their folder")
    if folder := os.environ.get("FRESHGROUND_TEST_DATA"):
        yield from _measure("made-up pages", _made_up(Path(folder), 18 if quick else PAGES))


def _real(folder: Path) -> list[Page]:
    truth = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    return [
        (
            gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()).decode("utf-8"),
            entry.get("articleBody") or "",
        )
        for name, entry in sorted(truth.items())
    ]


def _measure(name: str, pages: Sequence[Page]) -> Iterator[Result]:
    ours, spent = _f1(pages, lambda page: parse(page.encode(), "a.html").text)
    theirs, rival = _f1(pages, _trafilatura)
    whole, plain = _f1(pages, lambda page: parse(page.encode(), "a.html", html="full").text)
    yield Result(
        f"F1 of article text, {len(pages)} {name}",
        ours[2],
        least=LEAST_F1,
        beside=f"trafilatura {theirs[2]:.3f}, whole page {whole[2]:.3f}",
        notes=(
            (
                f"precision {ours[0]:.3f}, recall {ours[1]:.3f}; "
                f"trafilatura {theirs[0]:.3f}, {theirs[1]:.3f}"
            ),
        ),
    )
    yield Result(
        f"CPU a page, {name}",
        1000 * spent,
        " ms",
        beside=f"trafilatura {1000 * rival:.1f} ms, whole page {1000 * plain:.1f} ms",
    )


def _trafilatura(page: str) -> str:
    import trafilatura

    return trafilatura.extract(page, include_comments=False) or ""


def _f1(
    pages: Sequence[Page], extract: Callable[[str], str]
) -> tuple[tuple[float, float, float], float]:
    """Return precision, recall and F1, and CPU seconds a page."""
    precision: list[float] = []
    recall: list[float] = []
    spent = 0.0
    extract(pages[0][0])  # libraries are loaded
    for page, truth in pages:
        started = time.process_time()
        found = extract(page)
        spent += time.process_time() - started
        wanted, given = _shingles(truth), _shingles(found)
        both = sum((wanted & given).values())
        if given:
            precision.append(both / sum(given.values()))
        if wanted:
            recall.append(both / sum(wanted.values()))
    p, r = sum(precision) / len(precision), sum(recall) / len(recall)
    return (p, r, 2 * p * r / (p + r)), spent / len(pages)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return Counter(tuple(tokens[i : i + 4]) for i in range(max(1, len(tokens) - 3)) if tokens)


def _made_up(folder: Path, count: int) -> list[Page]:
    lines = (folder / "retrieval/xquad_en/corpus.jsonl").read_text("utf-8").splitlines()
    passages = [json.loads(line)["text"] for line in lines]
    dice = random.Random(6)
    return [_page(dice, passages, n % len(_LAYOUTS)) for n in range(count)]


def _page(dice: random.Random, passages: list[str], layout: int) -> Page:
    """Return an article of two to eight passages among parts of a site made of others."""
    own = dice.sample(passages, dice.randint(2, 8))
    others = [text for text in dice.sample(passages, 30) if text not in own]
    links = "".join(
        f'<li><a href="/{n}">{escape(" ".join(text.split()[:6]))}</a></li>'
        for n, text in enumerate(others[:14])
    )
    teasers = "".join(
        f'<div class="teaser"><a href="/t{n}">{escape(" ".join(text.split()[:9]))}</a>'
        f"<p>{escape(text.split('. ')[0][:140])}</p></div>"
        for n, text in enumerate(others[14:22])
    )
    comments = "".join(
        f"<div class='comment'><p>{escape(text)}</p></div>" for text in others[22:24]
    )
    tag = "<br><br>" if layout == 3 else "</p><p>"
    body = f"<p>{tag.join(escape(text) for text in own)}</p>"
    page = _LAYOUTS[layout].format(links=links, teasers=teasers, comments=comments, body=body)
    return f"<html><head><title>Page</title></head><body>{page}</body></html>", "\n".join(own)


_LAYOUTS = (
    (
        "<header><nav><ul>{links}</ul></nav></header><main><article><h1>Page</h1>{body}</article>"
        "<section class='comments'>{comments}</section></main><aside>{teasers}</aside>"
        "<footer>Imprint | Privacy | Terms</footer>"
    ),
    (
        "<div id='cookie'>We use cookies to make this site work.</div><div class='menu'><ul>{links}</ul>"
        "</div><div id='content'><h1>Page</h1>{body}</div><div id='sidebar'>{teasers}</div>"
        "<div id='comments'>{comments}</div><div id='footer'>All rights reserved</div>"
    ),
    (
        "<table><tr><td width='20%'><ul>{links}</ul></td><td><h1>Page</h1>{body}</td>"
        "<td class='related'>{teasers}</td></tr></table><div class='comments'>{comments}</div>"
    ),
    (
        "<div class='nav'><ul>{links}</ul></div><div class='story'><h1>Page</h1>{body}</div>"
        "<div class='related'><h3>Read more</h3>{teasers}</div><div class='comments'>{comments}</div>"
    ),
    (
        "<ul>{links}</ul><div itemscope itemtype='https://schema.org/NewsArticle'><h1>Page</h1>"
        "<div itemprop='articleBody'>{body}</div></div><div>{teasers}</div><p>Copyright 2026</p>"
        "<div class='comment-list'>{comments}</div>"
    ),
)
