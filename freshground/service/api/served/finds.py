"""Which documents an answer of the service found: told to the lake's counts, by document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.lake.found import FIRST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.service.api.agents.asking import Answer
    from freshground.service.api.served.catalog import Served
    from freshground.service.context import Context


def note_finds(
    context: Context, served: Served, answers: Sequence[Answer], groups: frozenset[str] | None
) -> None:
    """Count the documents of the first hits of each answer; those of an index of clients are none.

    What was asked is kept only where `serve.log.query_text` says so, with the groups of who asked.
    """
    if served.index is None:
        return
    with_words = context.settings.serve.log.query_text
    # A search of several vectors is one answer, told once for each of its texts.
    for each in {id(answer.hits): answer for answer in answers}.values():
        # More than one passage of a document may stand among the first.
        first = each.hits[: 2 * FIRST]
        documents = [hit.document.get("doc_id") for hit in first]
        if None in documents:  # a search that selected other fields: 0.1 ms
            documents = served.view.column("doc_id", [hit.position for hit in first]).to_pylist()
        words = each.question if with_words else None
        context.lake.found.add(served.index.id, documents, words, groups)
