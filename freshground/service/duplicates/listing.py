"""Lists duplicates: what says the same in several places, and what only looks as if it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.service.admission.standing import standing
from freshground.service.duplicates.leaving import left_out
from freshground.service.duplicates.pairs import compared, likely
from freshground.service.duplicates.signing import sign_all, signatures, version_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from freshground.core.settings import IndexSettings
    from freshground.lake.ledger import Current
    from freshground.service.context import Context
    from quality.duplicates.compare import Alike

DIFFERENT = 500
"""Pairs that are alike and state other facts, of which so many are compared and told."""


def duplicates(
    context: Context, indexes: Sequence[IndexSettings], threshold: float
) -> dict[str, Any]:
    """Return what is the same among the documents of indexes, and what is alike. JSON-ready.

    `clusters`: documents of one text, or of texts at least as alike as `threshold` that state the
    same facts. `different`: pairs as alike whose facts differ; no policy makes one of them. Texts
    that no refresh has signed are signed now.
    """
    documents = _documents(context, indexes)
    signed = sign_all(context, documents)
    known = signatures(context)
    by_text: dict[str, list[Current]] = {}
    for document in documents:
        found = known.get(version_of(document))
        if found is not None:
            by_text.setdefault(found[0], []).append(document)
    texts = {known[version_of(own[0])] for own in by_text.values()}
    pairs = likely(texts, threshold)
    same = [pair for pair in pairs if pair.same_numbers]
    others = [pair for pair in pairs if not pair.same_numbers]
    others.sort(key=lambda pair: -pair.similarity)
    first = {text: own[0] for text, own in by_text.items()}
    alike = compared(context, [*same, *others[:DIFFERENT]], first)
    alike = {key: found for key, found in alike.items() if found.similarity >= threshold}
    gone = {index.id: left_out(context, index, _documents(context, [index])) for index in indexes}
    return {
        "threshold": threshold,
        "documents": len(documents),
        "signed": signed,
        "clusters": _clusters(by_text, alike, gone),
        "different": _different(by_text, alike),
        "different_uncounted": len(others[DIFFERENT:]),
    }


def _documents(context: Context, indexes: Iterable[IndexSettings]) -> list[Current]:
    names = dict.fromkeys(source for index in indexes for source in index.sources)
    return [
        document
        for source in names
        for document in standing(context, source)
        if document.content_hash is not None
    ]


def _clusters(
    by_text: dict[str, list[Current]],
    alike: dict[tuple[str, str], Alike],
    gone: dict[str, dict[str, str]],
) -> list[dict[str, Any]]:
    same = {key: found for key, found in alike.items() if found.same_facts}
    lowest: dict[str, float] = {}
    for (one, _), told in same.items():
        lowest[one] = min(lowest.get(one, 1.0), told.similarity)
    found = []
    for texts in _connected(by_text, same):
        documents = sorted(
            (document for text in texts for document in by_text[text]),
            key=lambda d: (d.row["source_id"], d.row["key"]),
        )
        if len(documents) < 2:  # noqa: PLR2004 - alone
            continue
        found.append(
            {
                "kind": "near" if len(texts) > 1 else "exact",
                "similarity": round(min(lowest.get(text, 1.0) for text in texts), 4),
                "documents": [
                    {**_told(document), "left_out_of": _left_out(document, gone)}
                    for document in documents
                ],
            }
        )
    return sorted(found, key=lambda each: (-len(each["documents"]), _first(each)))


def _first(cluster: dict[str, Any]) -> tuple[str, str]:
    document = cluster["documents"][0]
    return document["source"], document["key"]


def _connected(texts: Iterable[str], pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """Return the texts in sets of those that pairs join, directly or by others."""
    of: dict[str, set[str]] = {text: {text} for text in texts}
    for one, other in pairs:
        if of[one] is not of[other]:
            small, large = sorted((of[one], of[other]), key=len)
            large |= small
            for text in small:
                of[text] = large
    return list({id(group): group for group in of.values()}.values())


def _different(
    by_text: dict[str, list[Current]], alike: dict[tuple[str, str], Alike]
) -> list[dict[str, Any]]:
    found = [
        {
            "similarity": round(told.similarity, 4),
            "facts_of_one_alone": [told.only_one, told.only_other],
            "documents": [_told(by_text[one][0]), _told(by_text[other][0])],
        }
        for (one, other), told in alike.items()
        if not told.same_facts
    ]
    return sorted(found, key=lambda each: (-each["similarity"], _first(each)))


def _left_out(document: Current, gone: dict[str, dict[str, str]]) -> dict[str, str]:
    return {index: of[document.doc_id] for index, of in gone.items() if document.doc_id in of}


def _told(document: Current) -> dict[str, Any]:
    row = document.row
    return {
        "doc_id": document.doc_id,
        "source": row["source_id"],
        "key": row["key"],
        "uri": row["uri"],
        "groups": list(row["groups"]),
        "modified_at": iso(row["modified_at"]),
    }
