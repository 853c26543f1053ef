"""Batches of documents, written to clients' indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from freshground.service.api.clients.administration import admin_of, collection_to_write, context_of
from freshground.service.api.errors import ApiError
from freshground.service.api.protection.told import told_of
from freshground.service.api.routing import both, json_object, json_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from freshground.service.api.service import Service
    from indexes.search.actions import ItemResult

MAX_ACTIONS = 1000
MAX_BYTES = 16 * 1024 * 1024


def router(service: Service) -> APIRouter:
    """Return the route of batches."""
    routes = APIRouter()

    def index_documents(request: Request, name: str, body: bytes) -> Response:
        collection = collection_to_write(service, admin_of(request), name)
        told_of(request).index = name
        actions = _actions(body)
        results = collection.write(actions)
        done = all(each.succeeded for each in results)
        context = context_of(request, f"indexes('{name}')/docs/$metadata#Collection(results)")
        data = {"@odata.context": context, "value": [_json(each) for each in results]}
        return json_response(data, 200 if done else 207)

    both(routes, "POST", "/indexes('{name}')/docs/search.index", index_documents)
    return routes


def _actions(body: bytes) -> list[Any]:
    # Clients halve a batch that gets a 413, and send the halves.
    if len(body) > MAX_BYTES:
        raise ApiError(
            413,
            "RequestEntityTooLarge",
            f"The batch has {len(body)} bytes; {MAX_BYTES} are served at once. Send less.",
        )
    actions = json_object(body).get("value")
    if not isinstance(actions, list) or not actions:
        raise ApiError(
            400, "NoIndexingActions", "No indexing actions found: `value` has to be a list of some."
        )
    if len(actions) > MAX_ACTIONS:
        raise ApiError(
            413,
            "RequestEntityTooLarge",
            f"The batch has {len(actions)} actions; {MAX_ACTIONS} are served at once. Send fewer.",
        )
    return actions


def _json(result: ItemResult) -> dict[str, Any]:
    return {
        "key": result.key,
        "status": result.succeeded,
        "errorMessage": result.error,
        "statusCode": result.status,
    }
