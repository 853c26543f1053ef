"""What a search asks for, in Azure's words -> the plan of a search, every name checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from freshground.core.errors import ConfigError
from freshground.service.api.errors import ApiError
from freshground.service.api.queries.facet_texts import facet
from freshground.service.api.queries.parameters import Parameters, invalid, not_served
from freshground.service.api.queries.paths import field_for, selected
from freshground.service.api.queries.semantic_asked import SemanticAsked, semantic_asked
from freshground.service.api.queries.vector_queries import TEXT_MOST, vector_arms
from indexes.search.plan import SCORE, Highlight, Order, SearchPlan, TextArm
from indexes.search.simple_syntax import clauses, parse_simple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from freshground.service.api.served.catalog import Served
    from indexes.filters.ast import Filter
    from indexes.search.definition import Definition

PAGE = 50
PAGE_MOST = 1_000
SKIP_MOST = 100_000
FACETS_MOST = 100
ORDERS_MOST = 32
BOOST_MOST = 1e6
PASSAGES = 5
PASSAGES_MOST = 1_000
TAG_MOST = 1_000
CLAUSES_MOST = 1_024
RECALL = 1_000
RECALL_MOST = 10_000
LISTS = ("facets", "scoringParameters")
"""Parameters that an address may hold more than once."""

_REFUSED = {
    "scoringProfile": "a scoring profile",
    "scoringParameters": "a scoring profile",
    "speller": "spelling correction",
    "queryLanguage": "a language of the query: each field's analyzer has its own;",
    "queryRewrites": "rewriting of queries",
    "debug": "debug output",
    "featuresMode": "features of scores",
    "semanticFields": "semantic ranking by fields of the query",
    "personalizationToken": "a token in the body",
}
_HARMLESS = {
    "speller": frozenset({"none"}),
    "queryLanguage": frozenset({"none"}),
    "queryRewrites": frozenset({"none"}),
    "debug": frozenset({"disabled"}),
    "featuresMode": frozenset({"none", "disabled"}),
}
_BOOSTED = re.compile(r"([^\^]+?)(?:\^([0-9]+(?:\.[0-9]+)?))?")
_ORDER = re.compile(r"(search\.score\(\s*\)|[^\s()]+)(?:\s+(asc|desc))?", re.IGNORECASE)
_GEO = re.compile(r"geo\.\w+\s*\(", re.IGNORECASE)

FilterMode = Literal["pre", "post"]


@dataclass(frozen=True)
class Asked:
    """One search. `where` narrows the view before the plan is run; `after` is in the plan.

    `size` is how many hits the caller wants in all pages, None when nothing was said. `texts` are
    those that were vectorised, with their vectors. `coverage`: whether it is to be told.
    """

    plan: SearchPlan
    where: Filter | None = None
    size: int | None = None
    coverage: bool = False
    texts: tuple[tuple[str, np.ndarray], ...] = ()
    semantic: SemanticAsked | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """What looks for hits: text, vector, and semantic for the order."""
        found = {
            "text": self.plan.text is not None,
            "vector": bool(self.plan.vectors),
            "semantic": self.semantic is not None,
        }
        return tuple(name for name, used in found.items() if used)


def session_of(values: Mapping[str, Any]) -> str | None:
    """Return the session that a search belongs to: its questions meet one canary, or none."""
    found = values.get("sessionId")
    return found if isinstance(found, str) else None


def search_asked(served: Served, asked: Parameters) -> Asked:
    """Return what a search asks of an index. ApiError 400 for what is wrong or not served."""
    definition = served.definition
    search = asked.text("search")
    semantic = semantic_asked(definition, asked, search)
    vectors, texts = vector_arms(definition, asked.take("vectorQueries"), served.encode)
    text = _text_arm(definition, asked, search, alone=not vectors)
    where = filter_of(served, asked.text("filter"))
    modes: dict[str, FilterMode] = {
        "preFilter": "pre", "postFilter": "post", "strictPostFilter": "post",
    }  # fmt: skip
    after = asked.choice("vectorFilterMode", modes, "pre") == "post" and bool(vectors)
    size = asked.whole("top", 0, 2**31 - 1)
    skip = asked.whole("skip", 0, SKIP_MOST) or 0
    plan = SearchPlan(
        text=text,
        vectors=vectors,
        after=where if after else None,
        order=orders(definition, asked),
        facets=_facets(definition, asked),
        highlight=_highlight(definition, asked),
        select=selected(definition, asked.items("select")),
        count=asked.flag("count"),
        skip=skip,
        top=min(PAGE if size is None else size, PAGE_MOST),
    )
    coverage = take_harmless(asked)
    asked.refuse(_REFUSED, _HARMLESS)
    asked.close("A search")
    return Asked(plan, None if after else where, size, coverage, tuple(texts), semantic)


def take_harmless(asked: Parameters) -> bool:
    """Take what changes no answer of one process; return whether the coverage is to be told."""
    coverage = asked.number("minimumCoverage", 0, 100) is not None
    asked.choice("scoringStatistics", {"local": 0, "global": 0}, 0)
    session = asked.text("sessionId")
    if session is not None and session.startswith("_"):
        raise invalid("sessionId", "begins with _")
    return coverage


def filter_of(served: Served, text: str | None) -> Filter | None:
    """Return the meaning of a filter; ApiError 400 says where it is wrong."""
    if text is None or not text.strip():
        return None
    try:
        return served.parse(text)
    except ConfigError as error:
        raise ApiError(400, "InvalidFilter", str(error)) from None


def orders(definition: Definition, asked: Parameters) -> tuple[Order, ...]:
    """Return the keys of `orderby`."""
    found: list[Order] = []
    for text in asked.items("orderby"):
        if _GEO.match(text):
            raise not_served("orderby", "sorting by geo.distance")
        parts = _ORDER.fullmatch(text)
        if parts is None:
            raise invalid("orderby", f"has {text[:60]!r}", "Write a field, then asc or desc.")
        path = parts[1]
        if path.startswith("search.score"):
            path = SCORE
        else:
            field = field_for(definition, path, "sortable", "orderby")
            if field.is_collection:
                raise invalid("orderby", f"names the collection {path!r}", "It has no one value.")
        found.append(Order(path, descending=(parts[2] or "").lower() == "desc"))
    if len(found) > ORDERS_MOST:
        raise invalid("orderby", f"has {len(found)} keys", f"{ORDERS_MOST} is the most.")
    return tuple(found)


def tags_of(asked: Parameters) -> tuple[str, str] | None:
    """Return the marks round what is found, None when none are asked for; one needs the other."""
    before, after = asked.text("highlightPreTag"), asked.text("highlightPostTag")
    if before is None and after is None:
        return None
    if before is None or after is None or max(len(before), len(after)) > TAG_MOST:
        raise invalid("highlightPreTag", "and highlightPostTag are given together, up to 1000 long")
    return before, after


def _text_arm(
    definition: Definition, asked: Parameters, search: str | None, *, alone: bool
) -> TextArm | None:
    every = asked.choice("searchMode", {"any": False, "all": True}, default=False)
    fields: dict[str, float] = {}
    for each in asked.items("searchFields"):
        parts = _BOOSTED.fullmatch(each)
        if parts is None:
            raise invalid("searchFields", f"has {each[:60]!r}", "Write a field, or field^2.")
        path = parts[1].strip()
        if field_for(definition, path, "searchable", "searchFields").is_vector:
            raise invalid("searchFields", f"names the vectors {path!r}", "See vectorQueries.")
        boost = float(parts[2] or 1)
        if not 0 < boost <= BOOST_MOST:
            raise invalid("searchFields", f"boosts {path!r} by {parts[2][:20]}")
        fields[path] = boost
    recall = _recall(asked)
    if search is None or search.strip() in {"", "*"}:
        return None  # beside vectors too: who asks for everything wants the nearest
    if len(search) > TEXT_MOST:
        raise invalid("search", f"has {len(search)} characters", f"{TEXT_MOST} is the most.")
    fields = fields or dict.fromkeys(definition.default_texts, 1.0)
    if not fields:
        if alone:
            raise invalid("search", "is given", f"Index '{definition.name}' has no texts.")
        return None
    query = parse_simple(search, "all" if every else "any")
    if (found := clauses(query)) > CLAUSES_MOST:
        raise invalid("search", f"asks for {found} words", f"{CLAUSES_MOST} is the most.")
    return TextArm(query, fields, recall)


def _recall(asked: Parameters) -> int:
    hybrid = asked.take("hybridSearch")
    if hybrid is None:
        return RECALL
    if not isinstance(hybrid, dict):
        raise invalid("hybridSearch", "is no object")
    inner = Parameters(hybrid)
    recall = inner.whole("maxTextRecallSize", 1, RECALL_MOST) or RECALL
    if inner.choice("countAndFacetMode", {"countAllResults": 0, "countRetrievableResults": 1}, 0):
        raise not_served("countAndFacetMode", "countRetrievableResults", "Use countAllResults.")
    inner.close("hybridSearch")
    return recall


def _facets(definition: Definition, asked: Parameters) -> tuple[Any, ...]:
    texts = asked.take("facets") or []
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise invalid("facets", "is no list of texts")
    if len(texts) > FACETS_MOST:
        raise invalid("facets", f"holds {len(texts)} facets", f"{FACETS_MOST} is the most.")
    found = tuple(facet(definition, text) for text in texts)
    if len({each.path for each in found}) < len(found):
        raise invalid("facets", "names a field twice", "Ask for it in two searches.")
    return found


def _highlight(definition: Definition, asked: Parameters) -> Highlight | None:
    tags = tags_of(asked) or ("<em>", "</em>")
    fields: dict[str, int] = {}
    for each in asked.items("highlight"):
        path, dash, number = each.partition("-")
        passages = int(number[:9]) if number.isascii() and number.isdigit() else PASSAGES
        if dash and not (number.isdigit() and 0 < passages <= PASSAGES_MOST):
            raise invalid("highlight", f"has {each[:60]!r}", "Write a field, or field-3.")
        if field_for(definition, path, "searchable", "highlight").is_vector:
            raise invalid("highlight", f"names the vectors {path!r}")
        field_for(definition, path, "retrievable", "highlight")
        fields[path] = passages
    return Highlight(fields, *tags) if fields else None
