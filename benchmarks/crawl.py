"""All pages of a dashboard, found by following its links: a page that is new is found too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from starlette.routing import Match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.routing import BaseRoute

DEPTH = 3
"""Links that are followed one after the other, from the first page on."""


class _Links(HTMLParser):
    """What a page leads to, and what it is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[str] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "a" and told.get("href"):
            self.pages.append(told["href"] or "")
        part = told.get("href") if tag == "link" else told.get("src")
        if tag in ("link", "script", "img") and part and not part.startswith("data:"):
            self.parts.append(part)


@dataclass(frozen=True)
class Found:
    """A page: the `pattern` of its kind, its URL, HTML, and the URLs of what it is made of.

    `linked` is the page that led to it, `kind` its content type.
    """

    pattern: str
    url: str
    linked: str
    status: int
    kind: str
    html: bytes
    parts: tuple[str, ...]


def crawl(
    base: str,
    get: Callable[[str], tuple[int, str, bytes]],
    routes: Sequence[BaseRoute],
    each: int = 1,
    also: Sequence[str] = (),
) -> Iterator[Found]:
    """Yield `each` pages of every pattern that can be reached from `base` by links.

    `base` ends without a slash; `also` are paths to begin with, as forms lead to them; `get`
    returns status, content type and body of a URL.
    """
    asked: set[str] = set()
    seen: Counter[str] = Counter()
    waiting = [(f"{base}{path}", 0, "") for path in ("/", *also)]
    while waiting:
        url, depth, from_ = waiting.pop(0)
        pattern = pattern_of(url.removeprefix(base), routes)
        if url in asked or seen[pattern] >= each:
            continue
        asked.add(url)
        status, kind, body = get(url)
        seen[pattern] += 1
        links = _Links()
        if kind.startswith("text/html"):
            links.feed(body.decode())
        parts = tuple(urljoin(url, part) for part in links.parts)
        yield Found(pattern, url, from_, status, kind, body, parts)
        for link in links.pages if depth < DEPTH else ():
            target = urldefrag(urljoin(url, link)).url
            if target == base or target.startswith(f"{base}/"):
                waiting.append((target, depth + 1, url))


def pattern_of(path: str, routes: Sequence[BaseRoute]) -> str:
    """Return what kind of page a path leads to: its route, and the names in its query.

    Where no route leads there, all paths of the same beginning are one kind.
    """
    split = urlsplit(path or "/")
    scope = {"type": "http", "method": "GET", "path": split.path, "headers": []}
    for route in routes:
        if route.matches(dict(scope))[0] is Match.FULL:
            names = sorted(name for name, _ in parse_qsl(split.query, keep_blank_values=True))
            return getattr(route, "path", "") + ("?" + "&".join(names) if names else "")
    return "/".join((*split.path.split("/")[:2], "?"))
