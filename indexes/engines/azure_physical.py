"""Physical indexes: made only where there is none of the name, deleted only where they are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indexes.engines.azure_http import NotThere, Taken

if TYPE_CHECKING:
    from indexes.engines.azure_http import Service


def make_index(service: Service, body: dict[str, Any]) -> bool:
    """Make a physical index; False when another one has the name.

    An attempt whose answer was lost may have made it: then it bears the description of `body`.
    """
    from azure.core import MatchConditions

    client = service.management()
    name = body["name"]
    try:
        service.call(
            f"making index {name}",
            lambda: client.create_or_update_index(body, match_condition=MatchConditions.IfMissing),
        )
    except Taken:
        return _description(service, name) == body["description"]
    return True


def drop_index(
    service: Service, name: str, description: str, *, attempts: int | None = None
) -> None:
    """Delete a physical index, unless it is gone already or somebody else's."""
    client = service.management()
    try:
        if _description(service, name, attempts) == description:
            service.call(f"deleting index {name}", lambda: client.delete_index(name), attempts)
    except NotThere:
        return


def _description(service: Service, name: str, attempts: int | None = None) -> str | None:
    client = service.management()
    what = f"reading index {name}"
    return service.call(what, lambda: client.get_index(name), attempts).description
