"""Writes documents to one physical index in batches, and loses none.

The clients' own `SearchIndexingBufferedSender` re-queues only the first action of a batch that
failed and says nothing of the others. Here the status of every item is read: what time mends is
sent again, the rest is kept in the lake as dead letters and fails the release.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.errors import Fatal, Retriable
from indexes.engines.azure_schema import from_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from indexes.engines.azure_http import Service

_AGAIN = frozenset({409, 422, 429, 500, 503})
"""Statuses of an item that time mends: version conflict, too busy."""
_DONE = frozenset({200, 201})
_TOO_LARGE = 413
_ENVELOPE = 200
"""Bytes of a batch that are no document."""
_NAMED = 5


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An action that the service refused for good. `message` is the service's own."""

    key: str
    status: int
    message: str


@dataclass(frozen=True, slots=True)
class _Action:
    key: str
    document: Mapping[str, Any]
    size: int
    removes: bool


class Writer:
    """Buffers actions by key, the last one of a key standing, and sends them when it is full.

    `bury` is given the dead letters before the release fails.
    """

    def __init__(
        self, service: Service, physical: str, bury: Callable[[list[dict[str, Any]]], None]
    ) -> None:
        self._service = service
        self._physical = physical
        self._bury = bury
        self._held: dict[str, _Action] = {}
        self._bytes = 0

    def put(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Write documents, replacing those of the same key."""
        for document in documents:
            # As the client writes it: ASCII, so that characters are bytes.
            size = len(json.dumps(document)) + 40
            self._hold(_Action(document["chunk_id"], document, size, removes=False))

    def remove(self, keys: Iterable[str]) -> None:
        """Delete documents; keys that are not there are no error."""
        for key in keys:
            self._hold(_Action(key, {"chunk_id": key}, len(key) + 60, removes=True))

    def flush(self) -> None:
        """Send what is left. Fatal with dead letters, Retriable when the service stays busy."""
        actions, self._held, self._bytes = list(self._held.values()), {}, 0
        if actions:
            self._send(actions)

    def _hold(self, action: _Action) -> None:
        before = self._held.pop(action.key, None)
        self._bytes -= before.size if before else 0
        settings = self._service.settings
        full = len(self._held) >= settings.batch_rows
        if self._held and (full or self._bytes + action.size + _ENVELOPE > settings.batch_bytes):
            self.flush()
        self._held[action.key] = action
        self._bytes += action.size

    def _send(self, actions: list[_Action]) -> None:
        """Send a batch until every item of it is settled: only then may the next one follow."""
        what = f"writing {len(actions)} documents to {self._physical}"
        dead: list[DeadLetter] = []
        attempt = 0
        while actions:
            attempt += 1
            answers = self._statuses(what, actions)
            again: list[_Action] = []
            for action in actions:
                status, message = answers.get(action.key, (503, "no status came back"))
                if status in _AGAIN:
                    again.append(action)
                elif status not in _DONE:
                    dead.append(DeadLetter(from_key(action.key), status, message))
            if again:
                self._service.wait(what, attempt, f"{len(again)} documents put off")
            actions = again
        if dead:
            dead.sort(key=lambda letter: letter.key)
            self._bury([asdict(letter) for letter in dead])
            first = ", ".join(f"{d.key} ({d.status})" for d in dead[:_NAMED])
            more = f" and {len(dead) - _NAMED} more" if len(dead) > _NAMED else ""
            raise Fatal(
                f"The service refused {len(dead)} documents of {self._physical}: {first}{more}.",
                "Their dead letters in the lake say why. The old release keeps serving.",
            )

    def _statuses(self, what: str, actions: list[_Action]) -> dict[str, tuple[int, str]]:
        """Return status and message of each key, halving a batch that is too large."""
        from azure.core.exceptions import HttpResponseError
        from azure.search.documents import IndexDocumentsBatch

        batch = IndexDocumentsBatch()
        batch.add_delete_actions([dict(a.document) for a in actions if a.removes])
        batch.add_upload_actions([dict(a.document) for a in actions if not a.removes])
        client = self._service.documents(self._physical)

        def index() -> list[Any] | None:
            try:
                return client.index_documents(batch)
            except HttpResponseError as error:
                if error.status_code != _TOO_LARGE:
                    raise
                return None

        results = self._service.call(what, index)
        if results is not None:
            return {r.key: (int(r.status_code or 0), r.error_message or "") for r in results}
        if len(actions) == 1:
            return {actions[0].key: (_TOO_LARGE, "the document is larger than a request may be")}
        half = len(actions) // 2
        return self._statuses(what, actions[:half]) | self._statuses(what, actions[half:])


def settle_count(service: Service, physical: str, expected: int) -> None:
    """Wait until the service counts what was written; Retriable when it does not.

    Its counts lag by seconds. That they agree is the proof that nothing was lost.
    """
    waited, pause = 0.0, 0.25
    client = service.documents(physical)
    while True:
        found = service.call(f"counting {physical}", client.get_document_count)
        if found == expected:
            return
        if waited >= service.settings.patience.total_seconds():
            raise Retriable(
                f"{physical} holds {found} documents by its own count, and {expected} were "
                f"written, {waited:.0f} s ago.",
                "Run it again: the index is written anew, and nothing of this one is shown.",
            )
        service.sleep(pause)
        waited += pause
        pause = min(5.0, pause * 2)
