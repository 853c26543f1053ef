"""Documents: a list to search, and one document with its text beside its chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.denial import takedown as denial
from freshground.service.ui.errors import Refused
from freshground.service.ui.routing import Asked, Done, Nav, Page, action, page
from freshground.service.views.documents.catalogue import STATES, catalogue, visible
from freshground.service.views.documents.one import document
from freshground.service.views.documents.search import LIVE, documents
from freshground.service.views.documents.words import STATE_KINDS
from freshground.service.views.found_by import found_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board

NAV = Nav(40, "Documents", "/documents")


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""

    def search(asked: Asked) -> Page:
        query = asked.query
        chosen = {
            "q": query.get("q", "").strip(),
            "state": query.get("state", LIVE),
            "source": query.get("source", ""),
            "problem": query.get("problem", ""),
            "language": query.get("language", ""),
        }
        found = documents(
            asked.context,
            asked.person.groups,
            text=chosen["q"],
            state=chosen["state"],
            source=chosen["source"],
            problem=chosen["problem"],
            language=chosen["language"],
            page=number(query),
        )
        data = {**found, "chosen": chosen, "all_states": STATES, "kinds": STATE_KINDS}
        return Page("documents/list.html", "Documents", data)

    def one(asked: Asked) -> Page:
        found = document(
            asked.context,
            asked.person.groups,
            asked.path["doc_id"],
            version=asked.query.get("version", ""),
            chunker=asked.query.get("chunker", ""),
            chunk=asked.query.get("chunk", ""),
            page=number(asked.query),
        )
        if found is None:
            raise unknown()
        if found["states"][0] == "taken down":
            return Page("documents/denied.html", "A document that is taken down", {"doc": found})
        title = found["title"] if found["readable"] and found["title"] else found["key"]
        data = {
            "doc": found,
            "kinds": STATE_KINDS,
            "asked_version": asked.query.get("version", ""),
            "found_by": found_by(asked.context, found["doc_id"], asked.person.groups),
        }
        return Page("documents/one.html", title, data)

    def take_down(asked: Asked) -> Done:
        doc_id = theirs(asked)
        done = denial.takedown(asked.context, doc_id, comment=asked.comment)
        said = "Taken down: no query on any release finds it from now on."
        if done["same_bytes"]:
            said += (
                f" {len(done['same_bytes'])} other documents of the same bytes are still served."
            )
        return Done(f"/documents/{doc_id}", said, doc_id, {"denial": done["id"]})

    def restore(asked: Asked) -> Done:
        doc_id = theirs(asked)
        done = denial.restore(asked.context, doc_id, comment=asked.comment)
        said = "Restored: releases that still hold it serve it now, else the next refresh does."
        facts = {"denials": [row["id"] for row in done["restored"]]}
        return Done(f"/documents/{doc_id}", said, doc_id, facts)

    return [
        page(board, "/documents", search),
        page(board, "/documents/{doc_id}", one),
        action(board, "/documents/{doc_id}/takedown", take_down),
        action(board, "/documents/{doc_id}/restore", restore),
    ]


def theirs(asked: Asked, doc_id: str = "", *, denied: bool = True) -> str:
    """Return a doc_id, by default that in the path. Refused where the person may not read it.

    What is taken down is for nobody: with `denied` it may be acted on, without it is refused too.
    """
    entry = catalogue(asked.context).by_id.get(doc_id or asked.path["doc_id"])
    if entry is None or not visible(entry, asked.person.groups):
        raise unknown()
    if not denied and entry.states[0] == "taken down":
        raise unknown()
    return entry.doc_id


def unknown() -> Refused:
    """Return the same refusal for what does not exist and for what somebody may not know of."""
    return Refused(
        404,
        "There is no such document, or you may not read it.",
        "Look for it among the documents, or ask an admin for its groups.",
    )


def number(query: Mapping[str, str]) -> int:
    """Return the page of a list that is asked for, from 1."""
    asked = query.get("page", "1")
    return int(asked) if asked.isdecimal() and len(asked) < 9 else 1  # noqa: PLR2004
