"""Rows as documents of Azure AI Search and back: fields, keys, types.

The fields' names are those that apps see at `freshground serve`, so that an app moves by changing
the endpoint.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from freshground.core.errors import ConfigError
from indexes.engines.checks import matrix
from indexes.schema import FULL_TEXT, VECTOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

KEY = "chunk_id"
RELEASE = "release"
RENAMED = {"uri": "source_uri", "modified_at": "source_modified_at", "key": "document_key"}
_HNSW, _PROFILE = "hnsw-cosine", "vector-profile"

_SEARCHED = ("title", "text", FULL_TEXT)
_UNFILTERED = {
    "text", FULL_TEXT, "table_header", "metadata", "headings", "row_hash", "start", "end"
}  # fmt: skip
"""Not filterable: a filterable text may have no more than 32 KB."""

_ANALYZERS = {
    "arabic": "ar", "danish": "da", "dutch": "nl", "english": "en", "finnish": "fi",
    "french": "fr", "german": "de", "greek": "el", "hungarian": "hu", "italian": "it",
    "norwegian": "no", "portuguese": "pt-PT", "romanian": "ro", "russian": "ru", "spanish": "es",
    "swedish": "sv", "turkish": "tr", "chinese": "zh-Hans", "japanese": "ja", "korean": "ko",
    "thai": "th", "multilingual": "standard",
}  # fmt: skip

_LEGAL_KEY = re.compile(r"[A-Za-z0-9-][A-Za-z0-9_-]*")
_ESCAPED = re.compile(rb"=([0-9A-F]{2})")


def field_of(column: str) -> str:
    """Return the field that holds a column."""
    return RENAMED.get(column, column)


def to_key(chunk_id: str) -> str:
    """Return a chunk's document key: itself, or with =XX for every byte that a key cannot hold."""
    if _LEGAL_KEY.fullmatch(chunk_id):
        return chunk_id
    head, tail = chunk_id[:1], chunk_id[1:]
    start = head if _LEGAL_KEY.fullmatch(head) else _hex(head)
    return start + re.sub(r"[^A-Za-z0-9_-]", lambda found: _hex(found[0]), tail)


def _hex(character: str) -> str:
    return "".join(f"={byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def from_key(key: str) -> str:
    """Return the chunk of a document key."""
    if "=" not in key:
        return key
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), key.encode()).decode(
        "utf-8", "surrogatepass"
    )


def analyzer(language: str) -> str:
    """Return the name of a language's analyzer; ConfigError when the service has none."""
    try:
        return f"{_ANALYZERS[language.lower()]}.lucene"
    except KeyError:
        raise ConfigError(
            f"Azure AI Search has no analyzer for the language {language!r}.",
            f"Languages: {', '.join(sorted(_ANALYZERS))}.",
        ) from None


def definition(name: str, schema: pa.Schema, language: str, description: str) -> dict[str, Any]:
    """Return the definition of a physical index, as the REST API takes it.

    ConfigError when a declared field has the name of one that every index has there.
    """
    fields = [_field(column, language) for column in schema]
    for taken in (*RENAMED.values(), RELEASE):
        if taken in schema.names:
            raise ConfigError(
                f"Index field {taken!r} clashes with a field that every index has in Azure.",
                "Rename the metadata key, or leave the field out.",
            )
    fields.append(_plain(RELEASE, "Edm.Int32"))
    return {
        "name": name,
        "description": description,
        "fields": fields,
        "vectorSearch": {
            "algorithms": [{"name": _HNSW, "kind": "hnsw", "hnswParameters": {"metric": "cosine"}}],
            "profiles": [{"name": _PROFILE, "algorithm": _HNSW}],
        },
    }


def _plain(name: str, kind: str, **more: Any) -> dict[str, Any]:
    single = not kind.startswith("Collection(")
    return {
        "name": name,
        "type": kind,
        "key": False,
        "retrievable": True,
        "searchable": False,
        "filterable": True,
        "sortable": single,
        "facetable": True,
        **more,
    }


def _field(column: pa.Field, language: str) -> dict[str, Any]:
    name = field_of(column.name)
    if column.name == VECTOR:
        return {
            "name": name,
            "type": "Collection(Edm.Single)",
            "searchable": True,
            "retrievable": True,
            "stored": True,
            "dimensions": column.type.list_size,
            "vectorSearchProfile": _PROFILE,
        }
    kind = _edm(column.type)
    if column.name == KEY:
        return _plain(name, kind, key=True, facetable=False)
    more: dict[str, Any] = {}
    if column.name in _UNFILTERED:
        more |= {"filterable": False, "sortable": False, "facetable": False}
    if column.name in _SEARCHED:
        more |= {"searchable": True, "analyzer": analyzer(language)}
    return _plain(name, kind, **more)


def _edm(kind: pa.DataType) -> str:
    for test, name in (
        (pa.types.is_string, "Edm.String"),
        (pa.types.is_int32, "Edm.Int32"),
        (pa.types.is_int64, "Edm.Int64"),
        (pa.types.is_floating, "Edm.Double"),
        (pa.types.is_boolean, "Edm.Boolean"),
        (pa.types.is_timestamp, "Edm.DateTimeOffset"),
        (pa.types.is_list, "Collection(Edm.String)"),
    ):
        if test(kind):
            return name
    raise ConfigError(f"Azure AI Search has no type for {kind}.", "This is a bug.")


def to_documents(rows: pa.Table, release: int | None) -> list[dict[str, Any]]:
    """Return rows as documents, each with its key; `release` is the one they are written for.

    Vectors stay float32 arrays.
    """
    names = [name for name in rows.schema.names if name != VECTOR]
    vectors = np.ascontiguousarray(matrix(rows))
    documents: list[dict[str, Any]] = []
    for row, vector in zip(rows.select(names).to_pylist(), vectors, strict=True):
        document = {field_of(name): _json(value) for name, value in row.items()}
        document[KEY] = to_key(row[KEY])
        document[VECTOR] = vector
        document[RELEASE] = release
        documents.append(document)
    return documents


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


def from_documents(
    documents: Iterable[Mapping[str, Any]], schema: pa.Schema, columns: Sequence[str]
) -> pa.Table:
    """Return documents as rows. Collections that are null come back empty: they are the same."""
    kinds = {name: schema.field(name).type for name in columns}
    rows = [
        {name: _value(kind, name, document.get(field_of(name))) for name, kind in kinds.items()}
        for document in documents
    ]
    wanted = pa.schema([schema.field(name) for name in columns])
    return pa.Table.from_pylist(rows, schema=wanted)


def _value(kind: pa.DataType, name: str, value: Any) -> Any:
    if name == KEY:
        return from_key(value)
    if pa.types.is_timestamp(kind) and value is not None:
        return datetime.fromisoformat(value).astimezone(UTC)
    if pa.types.is_list(kind):
        return value or []
    return value
