"""A project of documents that each hold a word of their own, and who may read which.

A document's word is `secret` and its number: wherever it stands in an answer, in whatever case,
that document was shown.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from freshground.core.ids import doc_id
from freshground.service.api.app import create_app
from freshground.service.api.protection.protect import protect
from freshground.service.api.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project

WORD = re.compile(r"secret(\d{3})", re.IGNORECASE)
TEAMS = ("red", "blue", "green")


@dataclass(frozen=True)
class Document:
    """`groups` None: its source does not say who may read it. `left` are those of a narrowing."""

    number: int
    groups: tuple[str, ...] | None
    team: str
    taken_down: bool = False
    left: tuple[str, ...] | None = None

    @property
    def word(self) -> str:
        return f"secret{self.number:03d}"

    @property
    def readers(self) -> frozenset[str]:
        """The groups that may read it now; "*" is everybody."""
        if self.groups is None or self.taken_down:
            return frozenset()
        now = frozenset(self.groups)
        if self.left is None:
            return now
        left = frozenset(self.left)
        if "*" in now:
            return left
        return now if "*" in left else now & left

    def row(self) -> dict[str, Any]:
        row = {
            "id": f"doc-{self.word}",
            "title": f"About {self.word}",
            "text": f"The {self.word} matter of team {self.team}. Fire and water, part "
            f"{self.number % 4}.",
            "team": self.team,
            "groups": None if self.groups is None else list(self.groups),
        }
        return {key: value for key, value in row.items() if value is not None}


@dataclass(frozen=True)
class Caller:
    """A key. `groups` None: an admin's, for every known group. `team`: its required filter."""

    name: str
    groups: tuple[str, ...] | None
    team: str | None = None

    @property
    def where(self) -> str | None:
        return None if self.team is None else f"team eq '{self.team}'"

    def sees(self, document: Document) -> bool:
        if self.team is not None and document.team != self.team:
            return False
        if self.groups is None:
            return bool(document.readers)
        return not document.readers.isdisjoint({*self.groups, "*"})


@dataclass
class World:
    """Documents in a project, keys, and a client of the whole service."""

    project: Project
    documents: list[Document]
    callers: list[Caller]
    secrets: dict[str, str] = field(default_factory=dict)

    def build(self) -> None:
        rows = [json.dumps(document.row()) for document in self.documents]
        (self.project.root / "rows.jsonl").write_text("\n".join(rows) + "\n")
        self.project.changes["sources"] = [
            {
                "id": "docs",
                "type": "records",
                "url": "rows.jsonl",
                "access": "from_source",
                "fields": {"id": "id", "text": "text", "title": "title", "groups": "groups"},
                "guards": {"growth": {"share": 1e6}},
            }
        ]
        self.project.index(fields={"team": {"facet": True, "sort": True}})
        self.project.refresh()
        context = self.project.context()
        for document in self.documents:
            name = doc_id("docs", f"doc-{document.word}")
            if document.taken_down:
                context.lake.denials.add("takedown", doc_ids=[name], by="t")
            if document.left is not None:
                context.lake.denials.add("narrowed", doc_ids=[name], groups=document.left, by="t")
        for caller in self.callers:
            role = "admin" if caller.groups is None else "query"
            self.secrets[caller.name] = context.lake.keys.create(
                caller.name, role, groups=caller.groups or (), where=caller.where, by="t"
            )[1]

    @contextmanager
    def served(self) -> Iterator[TestClient]:
        service = Service(self.project.context())
        service.follower.look()
        app = create_app(service)
        made = protect(app, service)
        try:
            # The tools' endpoint answers to the names of this machine alone.
            with TestClient(app, base_url="http://127.0.0.1:8700") as client:
                yield client
        finally:
            service.close()
            made.close()

    def visible(self, caller: Caller) -> set[int]:
        return {d.number for d in self.documents if caller.sees(d)}


def shown(text: str) -> set[int]:
    """Return the numbers of the documents whose word stands in a text."""
    return {int(found) for found in WORD.findall(text)}
