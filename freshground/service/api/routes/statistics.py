"""How much there is: of one index, and of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from freshground.service.api.clients.administration import admin_of, context_of
from freshground.service.api.routes.indexes import managed_releases
from freshground.service.api.routing import both
from indexes.search.azure_types import MAX_COMPLEX_COLLECTIONS, MAX_DEPTH, MAX_FIELDS
from indexes.search.documents import MAX_COMPLEX

if TYPE_CHECKING:
    from starlette.requests import Request

    from freshground.service.api.principal import Principal
    from freshground.service.api.service import Service


def router(service: Service) -> APIRouter:
    """Return the routes of statistics."""
    routes = APIRouter()

    def index_statistics(request: Request, name: str) -> dict[str, Any]:
        context = context_of(request, "Microsoft.Azure.Search.V2026_04_01.IndexStatistics")
        return {"@odata.context": context, **_of(service, admin_of(request), name)}

    def service_statistics(request: Request) -> dict[str, Any]:
        principal = admin_of(request)
        managed = [name for name, _ in managed_releases(service, principal)]
        own = [
            name
            for name in service.collections.names()
            if principal.indexes is None or name in principal.indexes
        ]
        each = [_of(service, principal, name) for name in managed + own]
        context = context_of(request, "Microsoft.Azure.Search.V2026_04_01.ServiceStatistics")
        return {
            "@odata.context": context,
            "counters": {
                "aliasesCount": _counter(len(service.collections.aliases()) + len(managed)),
                "documentCount": _counter(sum(one["documentCount"] for one in each)),
                "indexesCount": _counter(len(each)),
                "indexersCount": _counter(0, 0),
                "dataSourcesCount": _counter(0, 0),
                "storageSize": _counter(sum(one["storageSize"] for one in each)),
                "synonymMaps": _counter(0, 0),
                "skillsetCount": _counter(0, 0),
                "vectorIndexSize": _counter(sum(one["vectorIndexSize"] for one in each)),
            },
            "limits": {
                "maxStoragePerIndex": None,
                "maxFieldsPerIndex": MAX_FIELDS,
                "maxFieldNestingDepthPerIndex": MAX_DEPTH,
                "maxComplexCollectionFieldsPerIndex": MAX_COMPLEX_COLLECTIONS,
                "maxComplexObjectsInCollectionsPerDocument": MAX_COMPLEX,
                "maxCumulativeIndexerRuntimeSeconds": None,
            },
        }

    both(routes, "GET", "/indexes('{name}')/search.stats", index_statistics)
    both(routes, "GET", "/servicestats", service_statistics)
    return routes


def _of(service: Service, principal: Principal, name: str) -> dict[str, int]:
    """Return the numbers of one index. Those of a release are of its memory: it has no files."""
    served = service.catalog.open(name, principal)
    if served.index is None or served.manifest is None:
        found = service.collections.get(served.definition.name)
        return found.statistics() if found else dict.fromkeys(_NAMES, 0)
    held = service.follower.lines[served.index.id].hold(served.manifest)
    wide = sum(each.dimensions or 0 for each in served.definition.vectors.values())
    rows = served.view.rows
    return dict(zip(_NAMES, (rows, held.snapshot.memory_bytes, rows * wide * 4), strict=True))


_NAMES = ("documentCount", "storageSize", "vectorIndexSize")


def _counter(usage: int, quota: int | None = None) -> dict[str, int | None]:
    return {"usage": usage, "quota": quota}
