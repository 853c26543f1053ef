"""What the handlers of the query service work with: made once, closed at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from freshground.service.api.clients.collections import Collections
from freshground.service.api.served.catalog import Catalog
from freshground.service.api.served.encoding import Encoding
from freshground.service.api.served.follow import Follower
from freshground.service.api.served.turns import Turns
from indexes.rerank import Reranker

if TYPE_CHECKING:
    from freshground.service.context import Context


class Service:
    """One project, served."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.settings = context.settings.serve
        self.collections = Collections(context.lake, context.clock)
        self.follower = Follower(context)
        turns = Turns.of_this_machine()
        self.encoding = Encoding(context, turns)
        self.reranker = _reranker(context)
        self.catalog = Catalog(context, self.follower, self.collections, self.encoding, turns)

    def start(self) -> None:
        """Load what is served and follow it, in the background."""
        self.follower.start()

    def close(self) -> None:
        """Stop following, and write what was counted."""
        self.follower.stop()
        self.context.lake.queries.flush()
        self.context.lake.traffic.flush()
        self.context.lake.found.flush()


def _reranker(context: Context) -> Reranker | None:
    """Return the cross-encoder that the settings name; it is loaded when it is first asked."""
    named = context.settings.serve.reranker
    if named is None:
        return None
    return Reranker(Path(context.settings.resolve(named.path)), named.max_length)
