"""What is asked of a suggester, in Azure's words, and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.service.api.errors import ApiError
from freshground.service.api.queries.bodies import filter_of, orders, tags_of
from freshground.service.api.queries.parameters import invalid
from freshground.service.api.queries.paths import selected
from indexes.search import suggest as engine
from indexes.search.typed import MAX_TOP

if TYPE_CHECKING:
    from freshground.service.api.queries.parameters import Parameters
    from freshground.service.api.served.catalog import Served

TOP = 5
_MODES: dict[str, engine.Mode] = {
    "oneTerm": "oneTerm",
    "twoTerms": "twoTerms",
    "oneTermWithContext": "oneTermWithContext",
}


def suggestions(served: Served, asked: Parameters) -> dict[str, Any]:
    """Return documents one of whose texts begins as was typed. ApiError 400."""
    definition = served.definition
    order = orders(definition, asked)
    paths = asked.items("select")
    select = selected(definition, paths) if paths else (definition.key.name,)
    common = _common(served, asked, "Suggest")
    try:
        found = engine.suggest(
            served.view.narrowed(common.pop("where")), definition, order=order, select=select,
            **common,
        )  # fmt: skip
    except ConfigError as error:
        raise ApiError(400, "InvalidParameter", str(error)) from None
    return {"value": [{"@search.text": each.text, **each.document} for each in found]}


def completions(served: Served, asked: Parameters) -> dict[str, Any]:
    """Return words that complete the last one typed. ApiError 400."""
    mode = asked.choice("autocompleteMode", _MODES, _MODES["oneTerm"])
    common = _common(served, asked, "Autocomplete")
    try:
        found = engine.autocomplete(
            served.view.narrowed(common.pop("where")), served.definition, mode=mode, **common
        )
    except ConfigError as error:
        raise ApiError(400, "InvalidParameter", str(error)) from None
    return {"value": [{"text": each.text, "queryPlusText": each.query_plus_text} for each in found]}


def _common(served: Served, asked: Parameters, what: str) -> dict[str, Any]:
    """Return what both take."""
    suggester, text = asked.text("suggesterName"), asked.text("search")
    if not suggester or not text:
        raise invalid("suggesterName", "and search are needed both")
    before, after = tags_of(asked) or ("", "")
    asked.number("minimumCoverage", 0, 100)
    top = asked.whole("top", 1, MAX_TOP)
    common = {
        "suggester": suggester,
        "text": text,
        "fields": asked.items("searchFields"),
        "fuzzy": asked.flag("fuzzy"),
        "before": before,
        "after": after,
        "top": TOP if top is None else top,
        "where": filter_of(served, asked.text("filter")),
    }
    asked.close(what)
    return common
