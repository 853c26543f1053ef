"""Aliases: clients' own are made, moved and deleted here; managed indexes appear as aliases too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from freshground.service.api.clients.administration import (
    admin_of,
    check_writable,
    conditions,
    context_of,
    may_use,
    told_as_azure,
    wants_representation,
)
from freshground.service.api.clients.collections import alias_not_found
from freshground.service.api.errors import ApiError
from freshground.service.api.routes.indexes import managed_releases
from freshground.service.api.routing import both, json_object, json_response
from indexes.search.azure_types import index_name

if TYPE_CHECKING:
    from starlette.requests import Request

    from freshground.lake.aliases import Alias
    from freshground.service.api.principal import Principal
    from freshground.service.api.service import Service


def router(service: Service) -> APIRouter:
    """Return the routes of aliases."""
    routes = APIRouter()

    def create_alias(request: Request, body: bytes) -> Response:
        principal = admin_of(request)
        data = json_object(body)
        with told_as_azure():
            name = index_name(data.get("name"), "alias")
            target = _target(service, principal, name, data)
            if service.collections.find_alias(name) is not None:
                raise ApiError(
                    409,
                    "ResourceNameAlreadyInUse",
                    f"The name '{name}' is that of an alias already. PUT lets it point elsewhere.",
                )
            made, _ = service.collections.put_alias(name, target)
        return _answer(request, 201, made)

    def put_alias(request: Request, name: str, body: bytes) -> Response:
        principal = admin_of(request)
        data = json_object(body)
        if data.setdefault("name", name) != name:
            raise ApiError(
                400,
                "InvalidName",
                f"The address names the alias '{name}', the body another. Give one name.",
            )
        with told_as_azure():
            target = _target(service, principal, index_name(name, "alias"), data)
            made, new = service.collections.put_alias(name, target, **conditions(request))
        if not new and not wants_representation(request):
            return Response(status_code=204, headers={"ETag": made.etag})
        return _answer(request, 201 if new else 200, made)

    def get_alias(request: Request, name: str) -> Response:
        principal = admin_of(request)
        found = service.collections.find_alias(name)
        if found is not None and may_use(principal, name, found.index or ""):
            return _answer(request, 200, found)
        for release, index in managed_releases(service, principal):
            if index == name:
                return json_response(
                    {"@odata.context": context_of(request, "aliases/$entity")}
                    | _managed(release, index)
                )
        raise alias_not_found(name)

    def list_aliases(request: Request) -> dict[str, Any]:
        principal = admin_of(request)
        own = [
            _json(each)
            for each in service.collections.aliases()
            if may_use(principal, each.name, each.index or "")
        ]
        managed = [_managed(*each) for each in managed_releases(service, principal)]
        found = sorted(own + managed, key=lambda each: each["name"])
        return {"@odata.context": context_of(request, "aliases"), "value": found}

    def delete_alias(request: Request, name: str) -> Response:
        principal = admin_of(request)
        check_writable(service, principal, name, service.collections.alias(name) or name)
        service.collections.delete_alias(name, **conditions(request))
        return Response(status_code=204)

    both(routes, "POST", "/aliases", create_alias)
    both(routes, "GET", "/aliases", list_aliases)
    both(routes, "PUT", "/aliases('{name}')", put_alias)
    both(routes, "GET", "/aliases('{name}')", get_alias)
    both(routes, "DELETE", "/aliases('{name}')", delete_alias)
    return routes


def _target(service: Service, principal: Principal, name: str, data: dict[str, Any]) -> str:
    """Return the index that an alias is to point to: there is one, and the caller may use it."""
    check_writable(service, principal, name)
    indexes = data.get("indexes")
    if not isinstance(indexes, list) or len(indexes) != 1 or not isinstance(indexes[0], str):
        raise ApiError(
            400, "InvalidAlias", f"The alias '{name}' needs `indexes`: a list of one index's name."
        )
    target = indexes[0]
    if not may_use(principal, target):
        raise ApiError(403, "IndexForbidden", f"This key may not use the index '{target}'.")
    if service.catalog.is_managed(target):
        service.catalog.open(target, principal)
        return target
    if service.collections.get(target) is None:
        raise ApiError(
            400,
            "IndexNotFound",
            f"The alias '{name}' cannot point to '{target}': there is no index of that name.",
        )
    return target


def _json(alias: Alias) -> dict[str, Any]:
    return {"@odata.etag": alias.etag, "name": alias.name, "indexes": [alias.index]}


def _managed(release: str, index: str) -> dict[str, Any]:
    number = int(release.rpartition("-v")[2])
    return {"@odata.etag": f'"0x{number:016X}"', "name": index, "indexes": [release]}


def _answer(request: Request, status: int, alias: Alias) -> Response:
    context = {"@odata.context": context_of(request, "aliases/$entity")}
    return json_response(context | _json(alias), status, {"ETag": alias.etag})
