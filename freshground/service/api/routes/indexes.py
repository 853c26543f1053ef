"""Definitions of indexes: clients' own are made, changed and deleted; managed ones are read."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from freshground.service.api.clients.administration import (
    admin_of,
    check_writable,
    conditions,
    context_of,
    told_as_azure,
    wants_representation,
)
from freshground.service.api.errors import ApiError
from freshground.service.api.principal import principal_of
from freshground.service.api.routing import both, json_object, json_response
from indexes.search.azure_definition import definition_json, definition_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from freshground.service.api.principal import Principal
    from freshground.service.api.service import Service
    from indexes.search.definition import Definition


def router(service: Service) -> APIRouter:
    """Return the routes of index definitions."""
    routes = APIRouter()

    def create_index(request: Request, body: bytes) -> Response:
        principal = admin_of(request)
        with told_as_azure():
            definition = definition_of(json_object(body))
            check_writable(service, principal, definition.name)
            made = service.collections.create(definition)
        return _answer(request, 201, made.definition, made.etag)

    def put_index(request: Request, name: str, body: bytes) -> Response:
        principal = admin_of(request)
        check_writable(service, principal, name)
        data = json_object(body)
        if data.setdefault("name", name) != name:
            raise ApiError(
                400,
                "InvalidName",
                f"The address names the index '{name}', the body another. Give one name.",
            )
        with told_as_azure():
            made, new = service.collections.replace(definition_of(data), **conditions(request))
        if not new and not wants_representation(request):
            return Response(status_code=204, headers={"ETag": made.etag})
        return _answer(request, 201 if new else 200, made.definition, made.etag)

    def get_index(request: Request, name: str) -> Response:
        definition, etag = _readable(service, principal_of(request), name)
        return _answer(request, 200, definition, etag)

    def list_indexes(request: Request) -> dict[str, Any]:
        found = [_named(*each) for each in _all(service, principal_of(request))]
        select = request.query_params.get("$select")
        if select is not None:
            wanted = [each.strip() for each in select.split(",") if each.strip()]
            found = [_selected(each, wanted) for each in found]
        return {"@odata.context": context_of(request, "indexes"), "value": found}

    def delete_index(request: Request, name: str) -> Response:
        check_writable(service, admin_of(request), name)
        service.collections.delete(name, **conditions(request))
        return Response(status_code=204)

    both(routes, "POST", "/indexes", create_index)
    both(routes, "GET", "/indexes", list_indexes)
    both(routes, "PUT", "/indexes('{name}')", put_index)
    both(routes, "GET", "/indexes('{name}')", get_index)
    both(routes, "DELETE", "/indexes('{name}')", delete_index)
    return routes


def _readable(service: Service, principal: Principal, name: str) -> tuple[Definition, str]:
    """Return a definition that a caller may read: one that he may ask. ApiError 403 or 404."""
    if service.collections.alias(name) is not None:
        raise ApiError(404, "IndexNotFound", f"'{name}' is an alias. Read it at /aliases.")
    served = service.catalog.open(name, principal)
    if served.kind == "collection":
        found = service.collections.get(name)
        if found is not None:
            return found.definition, found.etag
    definition = dataclasses.replace(served.definition, name=name)
    return definition, _etag(definition)


def _all(service: Service, principal: Principal) -> list[tuple[Definition, str]]:
    names = [name for name, _ in managed_releases(service, principal)]
    names += service.collections.names()
    found = []
    for name in names:
        try:
            found.append(_readable(service, principal, name))
        except ApiError as error:
            if error.status not in (403, 404):  # one that went meanwhile, or is not the caller's
                raise
    return found


def managed_releases(service: Service, principal: Principal) -> list[tuple[str, str]]:
    """Return the release that each managed index serves, as index name, with the index's id.

    Those whose first release is still being loaded are left out.
    """
    found = []
    for index in service.catalog.managed(principal):
        try:
            served = service.catalog.open(index.id, principal)
        except ApiError as error:
            if error.status in (403, 404, 503):
                continue
            raise
        if served.manifest is not None:
            found.append((f"{index.id}-v{served.manifest.release}", index.id))
    return found


def _named(definition: Definition, etag: str) -> dict[str, Any]:
    return {"@odata.etag": etag, **definition_json(definition)}


def _answer(request: Request, status: int, definition: Definition, etag: str) -> Response:
    data = {
        "@odata.context": context_of(request, "indexes/$entity"),
        **_named(definition, etag),
    }
    return json_response(data, status, {"ETag": etag})


def _selected(data: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    if wanted == ["*"]:
        return data
    for each in wanted:
        if each not in data:
            raise ApiError(
                400,
                "InvalidSelect",
                f"An index has no property {each!r} that $select could name.",
            )
    return {name: data[name] for name in ("@odata.etag", *wanted)}


def _etag(definition: Definition) -> str:
    body = orjson.dumps(definition_json(definition), option=orjson.OPT_SORT_KEYS)
    return f'"0x{hashlib.sha256(body).hexdigest()[:16].upper()}"'
