"""The alias that apps query: one question what it means, one request to move it.

Aliases are not deployed for the stable version of the protocol everywhere: that is probed once,
then the preview that has them is spoken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError, Retriable
from indexes.engines.azure_http import PREVIEW, STABLE, NotThere, Refused

if TYPE_CHECKING:
    from indexes.engines.azure_http import Service


class Aliases:
    """The aliases of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._version: str | None = None

    def probe(self) -> str:
        """Return the version of the protocol that has aliases; ConfigError when none has."""
        if self._version is None:
            for version in (STABLE, PREVIEW):
                client = self._service.management(version)
                try:
                    self._service.call(
                        "looking for aliases", lambda c=client: list(c.list_aliases())
                    )
                except (NotThere, Refused):
                    continue
                self._version = version
                break
            else:
                raise ConfigError(
                    f"{self._service.endpoint} has no aliases, neither for {STABLE} nor for "
                    f"{PREVIEW}: an index cannot be published there.",
                    "Use a service that has them. Nothing was changed.",
                )
        return self._version

    def targets(self) -> dict[str, str]:
        """Return alias -> physical index, of all aliases."""
        client = self._service.management(self.probe())
        found = self._service.call("listing aliases", lambda: list(client.list_aliases()))
        return {alias.name: alias.indexes[0] for alias in found if alias.indexes}

    def target(self, alias: str) -> str | None:
        """Return the physical index that an alias means, None when there is no such alias."""
        client = self._service.management(self.probe())
        try:
            found = self._service.call(f"reading alias {alias}", lambda: client.get_alias(alias))
        except NotThere:
            return None
        return found.indexes[0] if found.indexes else None

    def move(self, alias: str, physical: str) -> bool:
        """Let an alias mean a physical index; return whether it had to be changed.

        Waits until queries go there, and reads back. Retriable when another one moved it.
        """
        if self.target(alias) == physical:
            return False
        client = self._service.management(self.probe())
        body = {"name": alias, "indexes": [physical]}
        self._service.call(
            f"moving alias {alias} to {physical}", lambda: client.create_or_update_alias(body)
        )
        self._service.sleep(self._service.settings.settle.total_seconds())
        found = self.target(alias)
        if found != physical:
            raise Retriable(
                f"Alias {alias} means {found}, and it was moved to {physical}.",
                "Another process moved it; the next run looks again.",
            )
        return True
