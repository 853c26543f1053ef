"""What a search found -> the JSON that Azure's clients read, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from freshground.service.api.queries.bodies import SKIP_MOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from freshground.service.api.queries.bodies import Asked
    from freshground.service.api.queries.searching import Searched
    from indexes.search.plan import Found, Result

_NO_METADATA = "odata.metadata=none"


def search_body(
    request: Request, name: str, values: Mapping[str, Any], found: Searched
) -> dict[str, Any]:
    """Return the body of an answer. `values` are the request's own, for the page that follows."""
    asked, result = found.asked, found.result
    plan = asked.plan
    body = context_of(request, name, plan.select)
    if plan.count:
        body["@odata.count"] = result.matches
    if asked.coverage:
        body["@search.coverage"] = 100.0
    if plan.facets:
        body["@search.facets"] = result.facets
    following = _following(asked, result)
    if following is not None and request.method == "POST":
        body["@search.nextPageParameters"] = {**values, **following}
    extras = found.extras or [{}] * len(result.hits)
    body["value"] = [
        {**hit_body(hit), **extra} for hit, extra in zip(result.hits, extras, strict=True)
    ]
    if following is not None:
        body["@odata.nextLink"] = _next_link(request, name, following)
    return body


def hit_body(hit: Found) -> dict[str, Any]:
    """Return one hit: its score, its marked passages, its fields."""
    body: dict[str, Any] = {"@search.score": hit.score}
    if hit.highlights:
        body["@search.highlights"] = hit.highlights
    if hit.copy_count:
        body["@search.copies"] = hit.copies
        body["@search.copyCount"] = hit.copy_count
    body.update(hit.document)
    return body


def context_of(
    request: Request, name: str, select: tuple[str, ...] | None, entity: str = ""
) -> dict[str, Any]:
    """Return the `@odata.context` of an answer, nothing for clients that want no metadata."""
    if _NO_METADATA in request.headers.get("accept", ""):
        return {}
    fields = ",".join(select or ("*",))
    return {
        "@odata.context": f"{_root(request)}/indexes('{_quoted(name)}')/$metadata#docs({fields})"
        f"{entity}"
    }


def _following(asked: Asked, result: Result) -> dict[str, Any] | None:
    """Return what the next page is asked with: only the service's own limit ends a page.

    Who names a `top` up to a thousand gets that and no more.
    """
    plan, size = asked.plan, asked.size
    skip = plan.skip + plan.top
    if size is not None and size <= plan.top:
        return None
    if skip >= result.matches or len(result.hits) < plan.top or skip > SKIP_MOST:
        return None
    return {"skip": skip} if size is None else {"skip": skip, "top": size - plan.top}


def _next_link(request: Request, name: str, following: Mapping[str, Any]) -> str:
    place = f"{_root(request)}/indexes('{_quoted(name)}')/docs"
    version = request.query_params.get("api-version", "")
    if request.method == "POST":
        return f"{place}/search.post.search?{urlencode({'api-version': version})}"
    told = {f"${key}": str(value) for key, value in following.items()}
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in told]
    return f"{place}?{urlencode([*kept, *told.items()])}"


def _root(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"


def _quoted(name: str) -> str:
    return quote(name.replace("'", "''"), safe="'")


def lookup_body(
    request: Request, name: str, select: tuple[str, ...] | None, document: dict[str, Any]
) -> dict[str, Any]:
    """Return the body of a document that was looked up."""
    return {**context_of(request, name, select, "/$entity"), **document}
