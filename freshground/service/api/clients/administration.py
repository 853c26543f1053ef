"""What writing calls have in common: who may, which index is meant, how refusals are told."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from freshground.service.api.errors import ApiError
from freshground.service.api.principal import Principal, principal_of
from indexes.search.azure_changes import ChangeRefused
from indexes.search.azure_types import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.requests import Request

    from freshground.service.api.clients.collection import Collection
    from freshground.service.api.service import Service


def admin_of(request: Request) -> Principal:
    """Return who asks; ApiError 403 for a query key."""
    principal = principal_of(request)
    if principal.role != "admin":
        raise ApiError(
            403, "AdminKeyRequired", "A query key may only ask. Use an admin key for this call."
        )
    return principal


def may_use(principal: Principal, *names: str) -> bool:
    """Return whether a key is for an index, by any of its names."""
    return principal.indexes is None or not principal.indexes.isdisjoint(names)


def check_writable(service: Service, principal: Principal, *names: str) -> None:
    """Pass when an admin may write what bears these names. ApiError 403 if not."""
    for name in names:
        if service.catalog.is_managed(name):
            raise ApiError(
                403,
                "ManagedIndex",
                f"'{name}' is written by its pipeline: each of its releases was judged and stays "
                "as it is. Change its sources or its settings; `freshground refresh` makes the "
                "next release.",
            )
    if not may_use(principal, *names):
        raise ApiError(403, "IndexForbidden", f"This key may not write '{names[0]}'.")


def collection_to_write(service: Service, principal: Principal, name: str) -> Collection:
    """Return the client's index that a name or an alias means. ApiError 403 or 404."""
    target = service.collections.alias(name) or name
    check_writable(service, principal, name, target)
    found = service.collections.get(target)
    if found is None:
        raise ApiError(404, "IndexNotFound", f"There is no index or alias '{name}'.")
    return found


def conditions(request: Request) -> dict[str, str | None]:
    """Return the conditions under which a request may change something."""
    headers = request.headers
    return {
        "if_match": headers.get("if-match"),
        "if_none_match": headers.get("if-none-match"),
    }


@contextmanager
def told_as_azure() -> Iterator[None]:
    """Turn what is wrong with a definition into the answer that says so."""
    try:
        yield
    except DefinitionError as error:
        details: list[Mapping[str, str]] = []
        if isinstance(error, ChangeRefused):
            details = [{"code": error.detail, "message": error.found}]
        raise ApiError(400, error.code, str(error), details=details) from None


def wants_representation(request: Request) -> bool:
    """Return whether the answer to a PUT is to hold what was written."""
    return "return=representation" in request.headers.get("prefer", "").replace(" ", "").lower()


def context_of(request: Request, what: str) -> str:
    """Return the address that OData's answers name themselves by."""
    return f"{str(request.base_url).rstrip('/')}/$metadata#{what}"
