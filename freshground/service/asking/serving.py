"""The one door to what a release holds: nothing that the deny overlay names gets through it.

Whatever returns rows of an index to somebody opens it here (a test looks for other doors). The
build stage alone opens versions directly: it copies rows, it shows none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.core.errors import ConfigError
from freshground.core.records import PUBLIC
from freshground.service.denial.overlay import REFLECTED, Overlay, overlay
from indexes.filters.ast import And, AnyOf, NotEmpty
from indexes.search.managed import RELEASE, RENAMED, definition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from freshground.core.settings import IndexSettings
    from freshground.lake.denials import Denial, Denials
    from freshground.service.context import Context
    from indexes.engines.contract import Hit, Reader
    from indexes.filters.ast import Filter
    from indexes.release import Manifest
    from indexes.search.contract import View
    from indexes.search.snapshot import Snapshot

_KEYS = ("chunk_id", "doc_id")


class CurrentOverlay:
    """The deny overlay of one release, as it is at each call."""

    def __init__(self, denials: Denials, manifest: Manifest) -> None:
        self._denials = denials
        self._manifest = manifest
        self._kept: tuple[tuple[Denial, ...], Overlay] | None = None

    def now(self) -> Overlay:
        """Return what may not be served now: the same object again while nothing changed."""
        active = self._denials.active()
        kept = self._kept
        if kept is None or kept[0] is not active:
            index, candidate = self._manifest.index, self._manifest.candidate
            narrowed = any(denial.kind in REFLECTED for denial in active)
            reflected = self._denials.reflected(index, candidate) if narrowed else {}
            kept = self._kept = (active, overlay(active, reflected))
        return kept[1]


class ServedReader:
    """A `Reader` of one release under the overlay as it is at each call.

    Denied rows are left out before ranking, so that `k` hits still come back. `groups` None is the
    owner, who sees narrowed documents, but none that is taken down or erased.
    """

    def __init__(self, reader: Reader, denials: Denials, manifest: Manifest) -> None:
        self._reader = reader
        self.overlay = CurrentOverlay(denials, manifest).now
        self.version = reader.version
        self.schema = reader.schema

    def count(self, where: Filter | None = None, groups: frozenset[str] | None = None) -> int:
        """See `Reader.count`."""
        return self._reader.count(_applied(self.overlay(), where, groups), groups)

    def rows(
        self,
        columns: Sequence[str],
        *,
        chunk_ids: Sequence[str] | None = None,
        doc_ids: Sequence[str] | None = None,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> pa.Table:
        """See `Reader.rows`. Column `groups` holds those that may read the row now."""
        denied = self.overlay()
        table = self._reader.rows(
            list(dict.fromkeys((*columns, *_KEYS))),
            chunk_ids=chunk_ids,
            doc_ids=doc_ids,
            where=_applied(denied, where, groups),
            groups=groups,
        )
        return _with_groups(table, denied).select(list(columns))

    def scan(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See `Reader.scan`."""
        names = list(dict.fromkeys((*columns, *_KEYS)))
        for batch in self._reader.scan(names):
            denied = self.overlay()
            table = pa.Table.from_batches([batch])
            keys = zip(*(table.column(name).to_pylist() for name in _KEYS), strict=True)
            shown = pa.array([not denied.denies(*key, None) for key in keys], pa.bool_())
            kept = _with_groups(table.filter(shown), denied)
            yield from kept.select(list(columns)).to_batches()

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
        return self._reader.vector(
            query, k, _applied(self.overlay(), where, groups), groups, exact=exact
        )

    def text(
        self,
        query: str,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> list[Hit]:
        """See `Reader.text`."""
        return self._reader.text(query, k, _applied(self.overlay(), where, groups), groups)


def _applied(denied: Overlay, where: Filter | None, groups: frozenset[str] | None) -> Filter | None:
    """Return a filter with the overlay in it, for a reader with groups.

    Who has two groups is not let in by one that the release names and another that is left: what
    is let in is the groups that both name.
    """
    if groups is not None and denied.narrowed:
        access = AnyOf("groups", (*sorted(groups), PUBLIC))
        where = access if where is None else And((access, where))
    return denied.applied(where, groups)


def _with_groups(table: pa.Table, denied: Overlay) -> pa.Table:
    if "groups" not in table.column_names or not denied.narrowed:
        return table
    pairs = zip(table["doc_id"].to_pylist(), table["groups"].to_pylist(), strict=True)
    left = [denied.groups_of(document, groups) for document, groups in pairs]
    place = table.column_names.index("groups")
    kind = table.schema.field("groups").type
    return table.set_column(place, table.schema.field("groups"), pa.array(left, kind))


def open_release(context: Context, index: IndexSettings, manifest: Manifest) -> ServedReader:
    """Open a release for readers."""
    return ServedReader(_open(context, index, manifest), context.lake.denials, manifest)


def load_release(
    context: Context, index: IndexSettings, manifest: Manifest, previous: Snapshot | None
) -> Snapshot:
    """Return a release in memory, taking over the rows that `previous` holds already.

    What comes out of it passes `narrowed` first.
    """
    from indexes.engines.warm import load

    described = definition(
        index.id, index.fields, int(manifest.space["dimensions"]), index.language
    )
    found = load(_open(context, index, manifest), described, previous, RENAMED)
    return found.with_constants({RELEASE: manifest.release})


def narrowed(
    view: View, denied: Overlay, groups: frozenset[str] | None, required: Filter | None
) -> View:
    """Return what of a release may be shown to a caller: access, a filter of his key, the overlay.

    `groups` None: rows of every group. Rows whose access is unknown are shown to nobody.
    """
    access = NotEmpty("groups") if groups is None else AnyOf("groups", (*sorted(groups), PUBLIC))
    where = access if required is None else And((access, required))
    return view.narrowed(denied.applied(where, groups) or where)


def row_ids(
    context: Context, index: IndexSettings, manifest: Manifest, doc_ids: Sequence[str]
) -> list[dict[str, Any]]:
    """Return what a release really holds of documents: ids and row hashes, nothing that is read."""
    names = ["doc_id", "chunk_id", "row_hash"]
    return _open(context, index, manifest).rows(names, doc_ids=list(doc_ids)).to_pylist()


def _open(context: Context, index: IndexSettings, manifest: Manifest) -> Reader:
    engine = context.engine(index)
    if manifest.engine["name"] != engine.name:
        raise ConfigError(
            f"Release {manifest.release} of {index.id} lies in the engine "
            f"{manifest.engine['name']}, and the settings name {engine.name}.",
            "Ask a newer release.",
        )
    return engine.open(index.id, manifest.engine_version)
