"""Calls to a search service by the official clients: retried here, with errors that say what to do.

The only place but `azure_writer` that knows the clients. Their own retries are off: they sleep on
the machine's clock, and give up after three.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from freshground.core.errors import ConfigError, Fatal, Retriable
from indexes.encoders.retry import LONGEST_WAIT, backoff, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.clock import Clock
    from freshground.core.settings import AzureSearch

T = TypeVar("T")

STABLE = "2026-04-01"
PREVIEW = "2025-11-01-preview"
BUSY = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that time mends."""
_CONFLICT = frozenset({409, 412})


class NotThere(Fatal):
    """The service has no such index, alias or path."""


class Taken(Fatal):
    """Something of that name is there, or was changed meanwhile."""


class Refused(Fatal):
    """The service cannot do what was asked. `status` is its answer's."""

    def __init__(self, status: int, found: str, do: str) -> None:
        super().__init__(found, do)
        self.status = status


class Service:
    """One search service. `sleep` takes seconds, `chance` returns a number from 0 to 1."""

    def __init__(
        self,
        settings: AzureSearch,
        clock: Clock,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.endpoint = settings.endpoint
        self.sleep = sleep
        self._clock = clock
        self._chance = chance
        self._clients: dict[tuple[str, str], Any] = {}
        self._credential: Any = None

    def documents(self, physical: str) -> Any:
        """Return the client of a physical index."""
        from azure.search.documents import SearchClient

        key = ("documents", physical)
        if key not in self._clients:
            self._clients[key] = SearchClient(index_name=physical, **self._options(STABLE))
        return self._clients[key]

    def management(self, version: str = STABLE) -> Any:
        """Return the client of indexes and aliases, speaking one version of the protocol."""
        from azure.search.documents.indexes import SearchIndexClient

        key = ("management", version)
        if key not in self._clients:
            self._clients[key] = SearchIndexClient(**self._options(version))
        return self._clients[key]

    def call(self, what: str, function: Callable[[], T], attempts: int | None = None) -> T:
        """Return what a call returns, asking again while the service is busy or out of reach.

        `what` says what is being done. Raises NotThere, Taken, Refused; ConfigError when the key
        is wrong; Retriable when the service is busy for longer than the settings allow.
        """
        from azure.core.exceptions import AzureError, DecodeError, HttpResponseError

        attempt = 0
        while True:
            attempt += 1
            asked: float | None = None
            try:
                return function()
            except DecodeError as error:
                trouble = f"an answer that breaks off ({type(error).__name__})"
            except HttpResponseError as error:
                status = error.status_code or 0
                if status not in BUSY:
                    raise self._clear(what, status, error) from error
                headers = error.response.headers if error.response is not None else {}
                asked = retry_after(headers, self._clock.now())
                trouble = f"status {status}"
            except AzureError as error:
                if "authentication" in type(error).__name__.lower():
                    raise self._unknown(what) from error
                trouble = type(error).__name__
            except ValueError as error:
                trouble = f"an answer that cannot be read ({type(error).__name__})"
            self.wait(what, attempt, trouble, asked, attempts)

    def pages(self, physical: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the documents that a search finds, its further pages included.

        Sent by the client, read without its models: they copy every number of every vector.
        """
        from azure.core.rest import HttpRequest

        client = self.documents(physical)
        path = f"/indexes('{physical}')/docs/search.post.search?api-version={STABLE}"

        def ask() -> dict[str, Any]:
            request = HttpRequest(
                "POST",
                self.endpoint + path,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                content=orjson.dumps(body),
            )
            response = client.send_request(request)
            response.raise_for_status()
            return orjson.loads(response.content)

        found: list[dict[str, Any]] = []
        while body:
            answer = self.call(f"reading {physical}", ask)
            found += answer["value"]
            body = answer.get("@search.nextPageParameters") or {}
        return found

    def wait(
        self,
        what: str,
        attempt: int,
        trouble: str,
        asked: float | None = None,
        attempts: int | None = None,
    ) -> None:
        """Wait before the next attempt; Retriable when there is none left."""
        if attempt >= (attempts or self.settings.attempts) or (asked or 0) > LONGEST_WAIT:
            raise Retriable(
                f"While {what}, {self.endpoint} answered {attempt} times with {trouble}.",
                "Nothing half-way is shown. Run it again when the service is well.",
            )
        # Told how long to wait, workers would still come back all at once.
        jitter = self._chance()
        self.sleep(backoff(attempt, jitter) if asked is None else asked * (1 + jitter / 10))

    def _options(self, version: str) -> dict[str, Any]:
        from azure.core.credentials import AzureKeyCredential

        if self._credential is None:
            key = self.settings.key
            if key is None:
                from azure.identity import DefaultAzureCredential

                self._credential = DefaultAzureCredential()
            else:
                self._credential = AzureKeyCredential(key.get_secret_value())
        seconds = self.settings.timeout.total_seconds()
        return {
            "endpoint": self.endpoint,
            "credential": self._credential,
            "api_version": version,
            "retry_total": 0,
            "connection_timeout": min(seconds, 30),
            "read_timeout": seconds,
        }

    def _unknown(self, what: str) -> ConfigError:
        return ConfigError(
            f"While {what}, {self.endpoint} did not accept the credential.",
            "Check `azure.key` (an admin key) or the roles of the identity: Search Service "
            "Contributor and Search Index Data Contributor.",
        )

    def _clear(self, what: str, status: int, error: Any) -> Fatal | ConfigError:
        """Return our error for an answer. Its own text may quote a document: it is cut short."""
        if status in {401, 403}:
            return self._unknown(what)
        if status == 404:  # noqa: PLR2004
            return NotThere(
                f"While {what}: {self.endpoint} does not have it.",
                "Look at the service: somebody may have deleted it. `freshground refresh` makes "
                "a new release.",
            )
        if status in _CONFLICT:
            return Taken(f"While {what}: it is there already, or was changed.", "Run it again.")
        code = getattr(getattr(error, "error", None), "code", None) or "no code"
        said = (error.message or "").split("\n")[0][:200]
        return Refused(
            status, f"While {what}, {self.endpoint} refused: {status}, {code}: {said}", ""
        )
