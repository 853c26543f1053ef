"""A project in which much is wrong at one moment: for pages, and what they are compared with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from freshground.service.asking.query import query
from freshground.service.freshness.governor import govern
from freshground.service.releases.holding import rollback
from tests.project import Project, article

if TYPE_CHECKING:
    from pathlib import Path

HOUR = timedelta(hours=1)
NAMES = ("docs", "handbook", "faq")


def troubled(root: Path) -> Project:
    """Index docs is late, its source stopped by a guard and one document set aside; a gate stopped
    handbook, which only staff may read; faq is on hold, and is asked.
    """
    project = Project(root, engine="memory")
    gates = {"drift": {"severity": "critical", "alpha": 0.4, "min_documents": 5}}
    project.changes = {
        "encoder": {"model": "hashing-64", "price_per_million_tokens": 20.0},
        "budget": {"tokens_per_day": 1_000_000},
        "sources": [
            {"id": name, "type": "files", "url": name,
             "access": {"groups": ["staff"]} if name == "handbook" else "public"}
            for name in NAMES
        ],
        "indexes": [
            {"id": name, "sources": [name], "engine": "memory",
             "sla": {"max_staleness": "3h" if name == "docs" else "2d",
                     **({"max_lag": {"p95": "1m"}} if name == "faq" else {})},
             **({"gates": gates} if name == "handbook" else {})}
            for name in NAMES
        ],
    }  # fmt: skip
    for place, name in enumerate(NAMES):
        for number in range(14 if name == "docs" else 6):
            project.write(f"../{name}/{name}{number}.md", article(100 * place + number, 3))
    project.write("../docs/empty.md", b"")
    project.refresh()
    project.clock.advance(HOUR)
    for number in range(6):
        text = "Kurz.\n" if number else article(7, 3)
        project.write(f"../handbook/handbook{number}.md", text)
    project.write("../faq/faq1.md", article(555, 3))
    project.delete(*(f"../docs/docs{number}.md" for number in range(11)))
    govern(project.context())
    project.refresh()
    context = project.context()
    rollback(context, context.settings.index("faq"), comment="the new answers are wrong")
    project.clock.advance(4 * HOUR)
    govern(project.context())
    context = project.context()
    for text in ("storm and water", "policy 1", "theft"):
        query(context, context.settings.index("faq"), text)
    context.lake.traffic.flush()
    context.lake.queries.flush()
    return project
