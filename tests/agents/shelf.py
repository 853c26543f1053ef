"""Indexes for agents' tests: rows of the oracle view behind a catalog that is the real one's shape.

What is tested is how questions are asked and answers put together; who sees what is the catalog's,
and is tested over HTTP with the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from freshground.core.settings import Fusion, IndexSettings
from freshground.service.api.agents.asking import Caller
from freshground.service.api.errors import ApiError
from freshground.service.api.principal import Principal
from freshground.service.api.served.catalog import Served
from freshground.service.freshness.as_of import Freshness
from indexes.encoders.hashing import HashEncoder
from indexes.search.definition import STRING, VECTOR, Definition, Field
from indexes.search.managed import definition
from indexes.search.plain import PlainView

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ENCODER = HashEncoder.named("hashing-64")
CALLER = Caller(Principal("tests", "query", frozenset()))


def row(doc: str, ordinal: int, text: str, start: int = 0, **more: Any) -> dict[str, Any]:
    """Return a row as apps see it."""
    return {
        "chunk_id": f"{doc}-{ordinal}",
        "doc_id": doc,
        "source_id": "docs",
        "document_key": f"{doc}.md",
        "source_uri": f"https://docs.example/{doc}",
        "title": f"About {doc}",
        "headings": [],
        "text": text,
        "embed_text": f"About {doc}\n{text}",
        "ordinal": ordinal,
        "start": start,
        "end": start + len(text),
        "tokens": len(text.split()),
        "source_modified_at": NOON - timedelta(days=ordinal),
        "indexed_at": NOON,
        "stale": False,
        "groups": ["public"],
        "vector": ENCODER.encode([f"About {doc}\n{text}"])[0],
        **more,
    }


def managed(
    rows: list[dict[str, Any]],
    name: str = "docs",
    mode: str = "adaptive",
    staleness: float | None = 60.0,
) -> Served:
    """Return what a release with these rows is served as."""
    described = definition(name, {}, ENCODER.space.dimensions, "english")
    as_of = None if staleness is None else NOON - timedelta(seconds=staleness)
    return Served(
        name,
        "managed",
        described,
        PlainView(described, rows, {"release": 7}),
        encoder=ENCODER.encode_query,
        index=IndexSettings(id=name, sources=("docs",), fusion=Fusion(mode=mode)),
        manifest=SimpleNamespace(calibration=None),  # type: ignore[arg-type]
        freshness=Freshness(7, as_of, staleness, "fresh" if as_of else "unknown"),
    )


def collection(rows: list[dict[str, Any]], name: str = "notes") -> Served:
    """Return a client's index: texts, and vectors that only its clients can make."""
    described = Definition(
        name,
        (
            Field("id", STRING, key=True, filterable=True),
            Field("body", STRING, searchable=True, analyzer="english"),
            Field("url", STRING),
            Field("secret", STRING, searchable=True, retrievable=False),
            Field("v", VECTOR, searchable=True, dimensions=2, profile="p"),
        ),
    )
    return Served(name, "collection", described, PlainView(described, rows))


@dataclass
class Shelf:
    """A service as the tools use it: `catalog`, `context` with counted questions."""

    served: dict[str, Served]
    asked: list[str] = field(default_factory=list)
    questions: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def catalog(self) -> Shelf:
        return self

    @property
    def context(self) -> Any:
        def question(*told: Any) -> None:
            self.questions.append(told)

        queries = SimpleNamespace(add=self.asked.append, question=question)
        found = SimpleNamespace(add=lambda *_: None)
        log = SimpleNamespace(query_text=False)
        return SimpleNamespace(
            lake=SimpleNamespace(queries=queries, found=found),
            settings=SimpleNamespace(serve=SimpleNamespace(log=log)),
            encoder=lambda _: ENCODER,
        )

    def managed(self, principal: Principal) -> list[IndexSettings]:
        return [each.index for each in self.served.values() if each.index is not None]

    def answer(
        self,
        name: str,
        principal: Principal,
        request: str | None,
        ask: Callable[[Served], Any],
        hits: Callable[[Any], int],
    ) -> tuple[Any, Served]:
        if name not in self.served:
            raise ApiError(404, "IndexNotFound", f"There is no index or alias '{name}'.")
        found = ask(self.served[name])
        assert hits(found) >= 0
        return found, self.served[name]
