"""How the rows of a release look to apps: names, types, and what each field may be used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexes.schema import FULL_TEXT, PASSAGE
from indexes.schema import VECTOR as VECTOR_COLUMN
from indexes.search.definition import STRING, STRINGS, VECTOR, Definition, Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.core.settings import IndexField

RENAMED = {"uri": "source_uri", "modified_at": "source_modified_at", "key": "document_key"}
"""Column of the lake -> field that apps see; all others have the same name."""

RELEASE = "release"
"""Tells of each row which release it was served from. No column holds it."""

ADDRESS = (
    "chunk_id", "doc_id", "source_id", "document_key", "source_uri", "title",
    "source_modified_at",
)  # fmt: skip
"""What a hit tells of the other places where its passage stands."""

PROFILE = "exact-or-nearest"

_INT32, _INT64, _TIME = "Edm.Int32", "Edm.Int64", "Edm.DateTimeOffset"

_TYPES = {
    "string": STRING,
    "int": _INT64,
    "float": "Edm.Double",
    "bool": "Edm.Boolean",
    "datetime": _TIME,
    "strings": STRINGS,
}


def definition(
    name: str, fields: Mapping[str, IndexField], dimensions: int, language: str
) -> Definition:
    """Return the definition of an index that a pipeline writes.

    `groups` can be filtered on, for apps that trim by themselves, and never comes back: what it
    held when a release was made may have been narrowed since. A search that names no fields reads
    `embed_text`, which holds title, headings and text, as `freshground query` does.
    """
    built_in = (
        Field("chunk_id", STRING, key=True, filterable=True, sortable=True),
        Field("doc_id", STRING, filterable=True, facetable=True),
        Field("source_id", STRING, filterable=True, facetable=True),
        Field("document_key", STRING, filterable=True, sortable=True, facetable=True),
        Field("source_uri", STRING, filterable=True, sortable=True),
        Field("title", STRING, searchable=True, filterable=True, sortable=True, analyzer=language),
        Field("headings", STRINGS, searchable=True, analyzer=language),
        Field("text", STRING, searchable=True, analyzer=language),
        Field(FULL_TEXT, STRING, searchable=True, retrievable=False, analyzer=language, kept=False),
        Field("ordinal", _INT32, filterable=True, sortable=True),
        Field("start", _INT64),
        Field("end", _INT64),
        Field("page_first", _INT32, filterable=True, sortable=True),
        Field("page_last", _INT32, filterable=True, sortable=True),
        Field("tokens", _INT32, filterable=True, sortable=True),
        Field("table_header", STRING),
        Field("cells", STRING, filterable=True),
        Field("language", STRING, filterable=True, facetable=True),
        Field("source_modified_at", _TIME, filterable=True, sortable=True, facetable=True),
        Field("stale", "Edm.Boolean", filterable=True, facetable=True),
        Field("groups", STRINGS, filterable=True, retrievable=False),
        Field("metadata", STRING),
        Field(PASSAGE, STRING, filterable=True, facetable=True),
        Field("indexed_at", _TIME, filterable=True, sortable=True),
        Field(RELEASE, _INT32),
        Field("row_hash", STRING, retrievable=False),
    )
    declared = tuple(
        Field(
            each,
            _TYPES[settings.type],
            filterable=settings.filter,
            sortable=settings.sort,
            facetable=settings.facet,
        )
        for each, settings in fields.items()
    )
    vector = Field(
        VECTOR_COLUMN,
        VECTOR,
        searchable=True,
        retrievable=False,
        dimensions=dimensions,
        profile=PROFILE,
    )
    return Definition(
        name,
        (*built_in, *declared, vector),
        suggesters={"words": ("title", "text")},
        searched=(FULL_TEXT,),
        collapsed=PASSAGE,
        addressed=ADDRESS,
    )
