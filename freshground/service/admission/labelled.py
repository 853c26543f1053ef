"""What classification labels take from readers acts at once, as narrowed access does.

A document whose label now excludes it, or leaves it to fewer groups than a live release does, is
denied on every release until one is made that says so itself. Other rules of scope, and retention,
leave with the next release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.access import loses_readers
from freshground.service.admission.scope import LABEL
from freshground.service.denial.withdrawing import Refused, refuse
from indexes.plan import state_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from freshground.lake.ledger import Current
    from freshground.service.context import Context


def refuse_labelled(context: Context, source_id: str, documents: Sequence[Current]) -> int:
    """Deny what labels keep from readers of the live releases; return how many are new.

    `documents` are those of a source as admission lets them through.
    """
    if context.settings.source(source_id).labels is None:
        return 0
    found = list(_narrowed(context, source_id, documents))
    return refuse(context, source_id, found, "kept by its label") if found else 0


def _narrowed(context: Context, source_id: str, documents: Sequence[Current]) -> Iterator[Refused]:
    raw = context.silver_id(source_id)
    objects = context.ledger.objects(source_id)
    live = [
        (found[1].recipe, context.releases.served(found[1]))
        for index in context.settings.indexes
        if source_id in index.sources and (found := context.releases.live(index.id)) is not None
    ]
    for document in documents:
        doc_id, row = document.doc_id, document.row
        if document.state == "excluded" and document.rule == LABEL:
            if any(doc_id in served for _, served in live):
                yield Refused(doc_id, row["content_hash"], raw, wholly=True)
        elif document.content_hash and document.silver_id:
            if not loses_readers(objects[doc_id]["groups"], row["groups"]):
                continue
            if any(
                doc_id in served and served[doc_id].state_hash != state_hash(document, recipe)
                for recipe, served in live
            ):
                groups = tuple(row["groups"])
                version = (doc_id, document.content_hash, document.silver_id)
                yield Refused(*version, groups, wholly=True)
