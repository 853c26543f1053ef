"""Which of near-duplicates stays: newest, or of the preferred source; never at a reader's cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freshground.core.records import PUBLIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Standing:
    """A document that could be served. `rank` sorts: what stays comes first.

    `text_hash` None: it is not signed, and stays. `may_go` is False for what is only to stay.
    """

    doc_id: str
    text_hash: str | None
    groups: tuple[str, ...]
    rank: tuple[object, ...]
    may_go: bool = True


def choose(
    documents: Iterable[Standing],
    neighbours: Mapping[str, Sequence[str]],
    same: Callable[[str, str], bool],
) -> dict[str, str]:
    """Return, by doc_id, the document that stands for each one that goes.

    `neighbours` maps a text to those that may be near it; `same` says of two texts, by hash,
    whether they are near-duplicates.

    Documents of one text go or stay by themselves: one row an address. What goes is near what
    stays, and not only near something that is near it; and whoever may read it may read that.
    """
    texts: dict[str, list[Standing]] = {}
    for document in sorted(documents, key=lambda each: each.rank):
        if document.text_hash is not None:
            texts.setdefault(document.text_hash, []).append(document)
    kept: dict[str, list[Standing]] = {}
    gone: dict[str, str] = {}
    for text, own in texts.items():
        near = [other for other in neighbours.get(text, ()) if kept.get(other)]
        leaders = [other for other in near if same(other, text)]
        left: list[Standing] = []
        for document in own:
            twin = next(
                (found for other in leaders if (found := _seen(document, kept[other]))), None
            )
            if twin is None:
                left.append(document)
            else:
                gone[document.doc_id] = twin
        kept[text] = left
    return gone


def _seen(document: Standing, others: Sequence[Standing]) -> str | None:
    """Return the first of the others, if all readers of a document may read one of them."""
    if not document.may_go or not document.groups:
        return None
    groups = {group for other in others for group in other.groups}
    if PUBLIC in groups or groups.issuperset(document.groups):
        return others[0].doc_id
    return None
