"""Queries of one physical index over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from indexes.engines.azure_schema import KEY, field_of, from_documents, from_key, to_key
from indexes.engines.bm25 import tokenizer, words
from indexes.engines.checks import check_columns, check_query, ranked
from indexes.engines.contract import Hit
from indexes.filters.ast import Compare, In, fields_of
from indexes.filters.odata import both, to_odata, visible_to
from indexes.schema import FULL_TEXT, VECTOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np

    from indexes.engines.azure_http import Service
    from indexes.filters.ast import Filter

PAGE = 1000
"""Documents that one answer may hold."""
IDS_AT_ONCE = 500
_TIE_SLACK = 50
"""Hits asked for beyond the wanted ones: the service orders ties as it likes."""
_DIGITS = 6
"""Decimals of a cosine that a float32 score carries."""
_OPERATORS = re.compile(r"""[+\-|"()*~\\'^:/\[\]{}!&?<>]""")
_ORDER = ("doc_id", "ordinal", "chunk_id")


class AzureReader:
    """See `Reader`. `still` is called after each answer, and raises when it may be another's."""

    def __init__(
        self,
        service: Service,
        version: str,
        physical: str,
        schema: pa.Schema,
        language: str,
        still: Callable[[], None] | None = None,
    ) -> None:
        self.version = version
        self.schema = schema
        self._service = service
        self._physical = physical
        self._language = language
        self._still = still or (lambda: None)

    def count(self, where: Filter | None = None, groups: frozenset[str] | None = None) -> int:
        """See `Reader.count`."""
        wanted = self._filter(where, groups)
        client = self._service.documents(self._physical)

        def ask() -> int:
            if wanted is None:
                return client.get_document_count()
            found = client.search(
                search_text="*", filter=wanted, include_total_count=True, top=0, select=[KEY]
            )
            return int(found.get_count())

        found = self._service.call(f"counting {self._physical}", ask)
        self._still()
        return found

    def rows(
        self,
        columns: Sequence[str],
        *,
        chunk_ids: Sequence[str] | None = None,
        doc_ids: Sequence[str] | None = None,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> pa.Table:
        """See `Reader.rows`."""
        names = check_columns(columns, self.schema)
        self._filter(where, groups)
        extra = list(dict.fromkeys((*names, *_ORDER)))
        unique = None if chunk_ids is None else list(dict.fromkeys(chunk_ids))
        documents = None if doc_ids is None else set(doc_ids)
        # By the shorter list: the other one is applied to what came back.
        ids, column = (doc_ids, "doc_id") if unique is None else (unique, KEY)
        parts: list[pa.Table] = []
        if ids is None:
            parts += (pa.Table.from_batches([b]) for b in self._pages(extra, where, groups))
        else:
            whole = list(dict.fromkeys(ids))
            for start in range(0, len(whole), IDS_AT_ONCE):
                some = In(column, tuple(whole[start : start + IDS_AT_ONCE]))
                found = self._pages(extra, both(where, some), groups)
                parts += (pa.Table.from_batches([batch]) for batch in found)
        if not parts:
            return pa.schema([self.schema.field(name) for name in names]).empty_table()
        table = pa.concat_tables(parts)
        if unique is None:
            return table.sort_by([(name, "ascending") for name in _ORDER]).select(names)
        if documents is not None:
            inside = pa.array([d in documents for d in table["doc_id"].to_pylist()], pa.bool_())
            table = table.filter(inside)
        place = pc.index_in(pa.array(unique, pa.string()), table[KEY].combine_chunks())
        return table.take(place.drop_null()).select(names)

    def scan(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See `Reader.scan`. In the order of keys, a page at a time: skips end at 100,000."""
        names = check_columns(columns, self.schema)
        for batch in self._pages(list(dict.fromkeys((*names, KEY))), None, None):
            yield batch.select(names)

    def vector(
        self,
        query: np.ndarray,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
        *,
        exact: bool = False,
    ) -> list[Hit]:
        """See `Reader.vector`."""
        wanted = check_query(query, self.schema.field(VECTOR).type.list_size)

        def ask(limit: int) -> dict[str, Any]:
            from azure.search.documents.models import VectorizedQuery

            arm = VectorizedQuery(
                vector=wanted.tolist(),
                k_nearest_neighbors=limit,
                fields=VECTOR,
                exhaustive=exact,
            )
            return {"vector_queries": [arm], "vector_filter_mode": "preFilter"}

        # A score is 1 / (1 + (1 - cosine)).
        return self._best(ask, where, groups, k, lambda score: round(2 - 1 / score, _DIGITS))

    def text(
        self,
        query: str,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> list[Hit]:
        """See `Reader.text`."""
        plain = query.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")
        plain = " ".join(_OPERATORS.sub(" ", plain).split())
        if not self._says_something(plain):
            self._filter(where, groups)
            return []

        def ask(_: int) -> dict[str, Any]:
            return {
                "search_text": plain,
                "search_fields": [FULL_TEXT],
                "search_mode": "any",
                "query_type": "simple",
            }

        return self._best(ask, where, groups, k, float)

    def _says_something(self, query: str) -> bool:
        """Return whether a query has a term: without one the service would return everything."""
        if self._language.lower() in _SEGMENTED:
            return any(True for _ in words(query))
        return bool(tokenizer(self._language)(query))

    def _best(
        self,
        ask: Callable[[int], dict[str, Any]],
        where: Filter | None,
        groups: frozenset[str] | None,
        k: int,
        score: Callable[[float], float],
    ) -> list[Hit]:
        """Return the best `k`, reading on while documents that were cut off may tie the last."""
        wanted = self._filter(where, groups)
        limit = k + _TIE_SLACK
        while k > 0:
            hits: list[Hit] = []
            while len(hits) < limit:
                top = min(PAGE, limit - len(hits))
                options = {**ask(limit), "filter": wanted, "top": top, "skip": len(hits) or None}
                found = self._search(options, [KEY])
                hits += (Hit(from_key(d[KEY]), score(d["@search.score"])) for d in found)
                if len(found) < top:
                    break
            best = ranked(hits, limit)
            if len(best) < limit or best[k - 1].score > best[-1].score:
                return best[:k]
            limit *= 4
        return []

    def _pages(
        self, columns: list[str], where: Filter | None, groups: frozenset[str] | None
    ) -> Iterator[pa.RecordBatch]:
        select = [field_of(name) for name in columns]
        last: Compare | None = None
        while True:
            body: dict[str, Any] = {
                "search": "*",
                "orderby": f"{KEY} asc",
                "top": PAGE,
                "select": ",".join(select),
            }
            wanted = self._filter(both(where, last), groups)
            found = self._service.pages(
                self._physical, body | ({"filter": wanted} if wanted else {})
            )
            self._still()
            if found:
                yield from from_documents(found, self.schema, columns).combine_chunks().to_batches()
            if len(found) < PAGE:
                return
            last = Compare(KEY, "gt", from_key(found[-1][KEY]))

    def _search(self, options: dict[str, Any], select: list[str]) -> list[dict[str, Any]]:
        client = self._service.documents(self._physical)
        found = self._service.call(
            f"searching {self._physical}",
            lambda: list(client.search(select=select, **options)),
        )
        self._still()
        return found

    def _filter(self, where: Filter | None, groups: frozenset[str] | None) -> str | None:
        if where is not None:
            check_columns(sorted(fields_of(where)), self.schema)
        access = None if groups is None else visible_to(groups)
        joined = both(where, access)
        return None if joined is None else to_odata(_keyed(joined), field_of)


_SEGMENTED = {"chinese", "japanese", "korean", "thai", "multilingual"}


def _keyed(part: Filter) -> Filter:
    """Return a filter in which chunk ids stand as keys."""
    from indexes.filters.ast import And, Not, Or

    match part:
        case Compare(field, operator, value) if field == KEY:
            return Compare(KEY, operator, to_key(str(value)))
        case In(field, values) if field == KEY:
            return In(KEY, tuple(to_key(value) for value in values))
        case Not(inner):
            return Not(_keyed(inner))
        case And(parts):
            return And(tuple(_keyed(inner) for inner in parts))
        case Or(parts):
            return Or(tuple(_keyed(inner) for inner in parts))
    return part
