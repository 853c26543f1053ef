"""Ask: try a question as a given group, see why each hit was found, and judge what answers it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args
from urllib.parse import urlencode

from freshground.core.errors import ConfigError, FreshgroundError
from freshground.core.records import PUBLIC
from freshground.service.asking import judged
from freshground.service.asking.trying import Openings, known_groups, reader
from freshground.service.ui.errors import Refused
from freshground.service.ui.routing import Asked, Done, Nav, Page, action, page
from freshground.service.views.trial import Wish, trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.routing import BaseRoute

    from freshground.core.settings import IndexSettings
    from freshground.lake.judgements import Verdict
    from freshground.service.context import Context
    from freshground.service.ui.board import Board
    from freshground.service.ui.person import Person

NAV = Nav(70, "Ask", "/ask")

Mode = Literal["hybrid", "vector", "text"]
MODES: tuple[Mode, ...] = get_args(Mode)
VERDICTS = ("relevant", "not_relevant", "none")
MOST = 20
"""Hits that a page shows."""

WAIT = 2.0
"""Seconds that the first question waits for encoder and engine before the page says so."""

PRIVATE = {"referrer-policy": "strict-origin"}
"""The question stands in the address, to be shared: no request from this page tells it on."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the form holds. `whom` are the groups chosen, none: all of the person's own."""

    index: IndexSettings
    text: str
    whom: tuple[str, ...]
    mode: Mode
    k: int
    where: str
    release: int | None

    def address(self) -> str:
        """Return the path that asks this again."""
        parts: list[tuple[str, str]] = [("index", self.index.id), ("q", self.text)]
        parts += [("as", group) for group in self.whom]
        parts += [("mode", self.mode)] if self.mode != "hybrid" else []
        parts += [("k", str(self.k))]
        parts += [("filter", self.where)] if self.where else []
        parts += [("release", str(self.release))] if self.release is not None else []
        return f"/ask?{urlencode(parts)}"


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""
    openings = Openings()

    def ask(asked: Asked) -> Page:
        context, person = asked.context, asked.person
        form = _form(context, asked.query, asked.many("as"))
        known = known_groups(context, form.index)
        groups = _groups(person, known, form)
        data: dict[str, Any] = {
            "form": form,
            "indexes": [index.id for index in context.settings.indexes],
            "modes": MODES,
            "most": MOST,
            "mine": sorted(known if person.groups is None else person.groups),
            "everything": person.groups is None,
            "address": form.address(),
            "found": None,
            "loading": False,
            "trouble": None,
            "verdicts": {},
            "gate": form.index.gates.retrieval is not None,
        }
        if form.text:
            data |= _found(context, person, form, groups, openings)
        return Page("ask.html", "Ask", data, headers=PRIVATE)

    def judge(asked: Asked) -> Done:
        fields, person = asked.form, asked.person
        shared = board.context  # its encoder is loaded, its releases are read already
        form = _form(shared, fields, _listed(fields.get("as", "[]")))
        groups = _groups(person, known_groups(shared, form.index), form)
        verdict = fields.get("verdict", "")
        if verdict not in VERDICTS:
            raise ConfigError(f"{verdict!r} is no verdict.", f"Known: {', '.join(VERDICTS)}.")
        chunk_id = fields.get("chunk_id", "")
        doc_id, release = _hit(shared, form, groups, chunk_id, openings)
        everything = person.groups is None and not form.whom
        name = judged.judge(
            asked.context,
            form.index,
            form.text,
            doc_id,
            cast("Verdict", verdict),
            groups=None if everything else groups,
            chunk_id=chunk_id,
            release=release,
            comment=asked.comment,
        )
        said = {
            "relevant": "Marked as an answer. The question is one of the golden ones now.",
            "not_relevant": "Marked as no answer.",
            "none": "Taken back.",
        }[verdict]
        facts = {"question": name, "document": doc_id, "chunk": chunk_id, "verdict": verdict}
        return Done(f"{form.address()}#chunk-{chunk_id}", said, form.index.id, facts)

    return [page(board, "/ask", ask), action(board, "/ask/judge", judge)]


def _form(context: Context, given: Mapping[str, str], whom: Sequence[str]) -> Form:
    settings = context.settings
    name = given.get("index") or settings.indexes[0].id
    mode = given.get("mode") or "hybrid"
    if mode not in MODES:
        raise Refused(400, f"{mode!r} is no mode.", f"Known: {', '.join(MODES)}.")
    release = _number(given.get("release"))
    return Form(
        settings.index(name),
        given.get("q", "").strip()[: judged.LONGEST],
        tuple(dict.fromkeys(each for each in whom if each)),
        cast("Mode", mode),
        min(max(_number(given.get("k")) or 5, 1), MOST),
        given.get("filter", "").strip(),
        release,
    )


def _number(text: str | None) -> int | None:
    cut = (text or "").strip()
    return int(cut) if cut.isdecimal() and len(cut) < 10 else None  # noqa: PLR2004


def _listed(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise Refused(400, "The form's groups are no list.", "Go back, reload, try again.")
    return found


def _groups(person: Person, known: frozenset[str], form: Form) -> frozenset[str]:
    groups, strange = reader(person.groups, known, form.whom)
    if strange:
        named = ", ".join(strange[:5])
        raise Refused(
            403,
            f"{person.name} cannot ask as {named}.",
            "Ask as groups of your own, or as nobody in particular: what is public.",
        )
    return groups


def _found(
    context: Context,
    person: Person,
    form: Form,
    groups: frozenset[str],
    openings: Openings,
) -> dict[str, Any]:
    wish = Wish(form.text, groups, form.mode, form.k, form.where or None)
    try:
        if not openings.ready(context, form.index, WAIT):
            return {"loading": True}
        found = trial(context, openings.open(context, form.index, form.release), wish)
    except FreshgroundError as error:
        return {"trouble": {"found": error.found, "do": error.do}}
    everything = person.groups is None and not form.whom
    asked_as = None if everything else sorted(groups) or [PUBLIC]
    return {"found": found, "verdicts": _verdicts(context, form, asked_as)}


def _verdicts(context: Context, form: Form, asked_as: list[str] | None) -> dict[str, Any]:
    """Return what was judged of this question, asked as these groups, by document."""
    name = judged.question_id(form.index.id, form.text, asked_as)
    return {
        each.doc_id: each
        for each in context.lake.judgements.of(form.index.id)
        if each.question == name
    }


def _hit(
    context: Context, form: Form, groups: frozenset[str], chunk_id: str, openings: Openings
) -> tuple[str, int]:
    """Return the document of a hit and its release; Refused where these groups may not read it."""
    opened = openings.open(context, form.index, form.release)
    rows = opened.reader.rows(["doc_id"], chunk_ids=[chunk_id], groups=groups).to_pylist()
    if not rows:
        raise Refused(404, "There is no such passage in this release.", "Ask again.")
    return rows[0]["doc_id"], opened.manifest.release
