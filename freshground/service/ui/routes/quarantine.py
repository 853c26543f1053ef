"""Quarantine: what is set aside, why, where that can be seen, and what is decided about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError
from freshground.service.quarantine import deciding
from freshground.service.quarantine.listing import shown
from freshground.service.ui.routes.documents import number, theirs
from freshground.service.ui.routing import Asked, Done, Nav, Page, action, page
from freshground.service.views.quarantine import growth, quarantine, readable, with_evidence

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board

NAV = Nav(50, "Quarantine", "/quarantine")

_BACK = "/quarantine"


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""

    def overview(asked: Asked) -> Page:
        chosen = {
            "rule": asked.query.get("rule", ""),
            "source": asked.query.get("source", ""),
            "state": asked.query.get("state", "waiting"),
        }
        found = quarantine(asked.context, asked.person.groups, **chosen, page=number(asked.query))
        data = {**found, "chosen": chosen, "growth": growth(asked.context)}
        return Page("quarantine/list.html", "Quarantine", data)

    def one(asked: Asked) -> Page:
        row = shown(asked.context, theirs(asked, denied=False))
        (row,) = with_evidence(asked.context, [row])
        return Page("quarantine/one.html", row["key"], {"row": row})

    def release(asked: Asked) -> Done:
        done = deciding.release(asked.context, theirs(asked, denied=False), asked.comment)
        return _done(done, "The next refresh serves it.")

    def reject(asked: Asked) -> Done:
        done = deciding.reject(asked.context, theirs(asked, denied=False), asked.comment)
        return _done(done, "It stays aside, and waits for nobody any more.")

    def replay(asked: Asked) -> Done:
        rule, source = asked.form.get("rule", ""), asked.form.get("source", "")
        documents = [asked.form["doc_id"]] if asked.form.get("doc_id") else []
        if documents:
            theirs(asked, documents[0], denied=False)
        done = deciding.replay(asked.context, rule, source, documents, asked.comment)
        facts = {"documents": done["documents"], "rule": rule, "source": source}
        said = f"The next refresh tries {done['documents']} documents again, and nothing else."
        return Done(_BACK, said, documents[0] if documents else source or rule or "all", facts)

    def release_again(asked: Asked) -> Done:
        rule, source = asked.form.get("rule", ""), asked.form.get("source", "")
        theirs_alone = readable(asked.context, asked.person.groups)
        done = deciding.release_lapsed(asked.context, rule, source, asked.comment, theirs_alone)
        facts = {"documents": done["documents"], "rule": rule, "source": source}
        said = f"The next refresh serves {done['documents']} documents that were released before."
        return Done(_BACK, said, source or rule or "all", facts)

    def _done(done: dict[str, object], said: str) -> Done:
        if not done["recorded"]:
            raise ConfigError(f"It was {done['decision']} already, by {done['by']}.", "Go on.")
        facts = {"content_hash": done["content_hash"], "rules": done["rules"]}
        return Done(_BACK, f"{done['key']}: {done['decision']}. {said}", str(done["doc_id"]), facts)

    return [
        page(board, "/quarantine", overview),
        page(board, "/quarantine/{doc_id}", one),
        action(board, "/quarantine/replay", replay),
        action(board, "/quarantine/release", release_again),
        action(board, "/quarantine/{doc_id}/release", release),
        action(board, "/quarantine/{doc_id}/reject", reject),
    ]
