"""One JSON line a request. Of what was asked it holds the path: the query's text only if wanted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from freshground.core.clock import iso
from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from typing import TextIO

    from freshground.core.clock import Clock
    from freshground.core.settings import AccessLog as Settings
    from freshground.service.api.protection.told import Told

_LONGEST = 500
"""Characters of a path or a query that are logged."""


class AccessLog:
    """Where the lines go: a file, None being standard error. ConfigError when it cannot be."""

    def __init__(self, settings: Settings, clock: Clock, file: str | None = None) -> None:
        self._clock = clock
        self._with_query = settings.query_text
        self._own: TextIO | None = None
        if file is not None:
            try:
                self._own = Path(file).open("a", encoding="utf-8")  # noqa: SIM115  # it stays open
            except OSError as error:
                raise ConfigError(
                    f"The access log {file} cannot be written: {error}.",
                    "Set `serve.log.file` to a file that can.",
                ) from None
        self._stream = self._own or sys.stderr

    def write(
        self,
        *,
        principal: str | None,
        method: str,
        path: str,
        status: int,
        seconds: float,
        request_id: str,
        told: Told,
    ) -> None:
        """Write the line of one request."""
        row: dict[str, Any] = {
            "at": iso(self._clock.now()),
            "principal": principal,
            "method": method,
            "path": path[:_LONGEST],
            "status": status,
            "ms": round(seconds * 1000, 2),
            "request_id": request_id,
            "index": told.index or None,
            "release": told.release,
            "hits": told.hits,
        }
        if self._with_query:
            row["query"] = told.query[:_LONGEST]
        # Lone surrogates are no JSON; a path that was sent so is logged with question marks.
        row = {k: _clean(v) if isinstance(v, str) else v for k, v in row.items()}
        self._stream.write(orjson.dumps(row).decode() + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file, if it is our own."""
        if self._own is not None:
            self._own.close()


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
