"""The golden questions of an index: those of its file, and those that people judged hits of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.asking import judged
from freshground.service.ui.routing import Asked, Done, Page, action, page
from freshground.service.views.questions import questions

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board

ROWS = 50


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""

    def golden_questions(asked: Asked) -> Page:
        context = asked.context
        index = context.settings.index(asked.query.get("index") or context.settings.indexes[0].id)
        told = questions(context, index, asked.person.groups)
        rows = told.pop("questions")
        pages = max(-(-len(rows) // ROWS), 1)
        wanted = asked.query.get("page", "1")
        number = min(int(wanted), pages) if wanted.isdecimal() and int(wanted) else 1
        data = {
            **told,
            "rows": rows[(number - 1) * ROWS : number * ROWS],
            "all": len(rows),
            "number": number,
            "pages": pages,
            "indexes": [each.id for each in context.settings.indexes],
        }
        return Page("ask/questions.html", "Golden questions", data)

    def remove_question(asked: Asked) -> Done:
        context = asked.context
        index = context.settings.index(asked.form.get("index", ""))
        name = asked.form.get("question", "")
        seen = questions(context, index, asked.person.groups)["questions"]
        if all(each["id"] != name for each in seen):
            name = ""  # what somebody may not see they cannot remove, nor learn that it is there
        files = judged.remove(context, index, name)
        said = "The question is removed, its words too."
        facts = {"question": name, "judgements": files}
        return Done(f"/ask/questions?index={index.id}", said, index.id, facts)

    return [
        page(board, "/ask/questions", golden_questions),
        action(board, "/ask/questions/remove", remove_question),
    ]
