"""What a name that a person gives stands for: a chunk, or documents.

A name is a chunk_id, a doc_id, a uri, a key, or a source's id and a key as `source/key`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError
from freshground.lake.tables import quoted

if TYPE_CHECKING:
    from freshground.service.context import Context


@dataclass(frozen=True, slots=True)
class Document:
    """A document that bronze knows under a name."""

    doc_id: str
    source_id: str
    key: str
    uri: str


@dataclass(frozen=True, slots=True)
class Named:
    """A chunk, or documents: several only where one uri is listed by several sources."""

    name: str
    chunk_id: str | None
    documents: tuple[Document, ...]

    def document(self) -> Document:
        """Return the one document. ConfigError when there are several."""
        if len(self.documents) > 1:
            raise _ambiguous(self.name, self.documents)
        return self.documents[0]


def named(context: Context, name: str) -> Named:
    """Return what a name stands for; of a chunk, `documents` is the one that it is of.

    ConfigError when the lake knows no such thing, or a key names several documents.
    """
    literal = quoted([name])
    chunks = context.lake.gold.rows(f"SELECT doc_id FROM t WHERE chunk_id = {literal} LIMIT 1")
    if chunks.num_rows:
        of = quoted(chunks.column("doc_id").to_pylist())
        return Named(name, name, tuple(_documents(context, f"doc_id = {of}")))
    found = _documents(
        context,
        f"doc_id = {literal} OR uri = {literal} OR key = {literal} "
        f"OR (source_id || '/' || key) = {literal}",
    )
    if not found:
        raise ConfigError(
            f"The lake knows no chunk, document or address {name!r}.",
            "Take a chunk_id, doc_id or uri from `freshground query --json`.",
        )
    # One address listed by two sources is one thing; one key in two sources is not.
    exact = [d for d in found if name in (d.doc_id, d.uri, f"{d.source_id}/{d.key}")]
    if not exact and len(found) > 1:
        raise _ambiguous(name, found)
    return Named(name, None, tuple(exact or found))


def _documents(context: Context, where: str) -> list[Document]:
    """Return documents with their newest address, in the order of ids."""
    rows = context.lake.bronze.rows(
        f"SELECT doc_id, source_id, key, uri FROM t WHERE {where} ORDER BY listed_at"
    )
    newest = {row["doc_id"]: Document(**row) for row in rows.to_pylist()}
    return [newest[doc_id] for doc_id in sorted(newest)]


def _ambiguous(name: str, documents: tuple[Document, ...] | list[Document]) -> ConfigError:
    names = ", ".join(sorted(f"{d.source_id}/{d.key} ({d.uri})" for d in documents))
    return ConfigError(f"{name!r} names {len(documents)} documents.", f"Name one: {names}.")
