"""The ids of our DAGs: what each works on can be read off its id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshground.core.settings import Settings

GOVERNOR = "freshground_governor"
DEADLINES = "freshground_deadlines"


@dataclass(frozen=True, slots=True)
class Work:
    """What a DAG does: one `layer` of a source or an index; neither for those that govern all.

    `layer` is ingest, silver, gold, approval, build, governor or deadlines.
    """

    layer: str
    source: str | None = None
    index: str | None = None


def layer_id(layer: str, subject: str) -> str:
    """Return the id of the DAG of one layer of a source; of an index for the layer build."""
    return f"freshground_{layer}_{subject}"


def ingest_id(source_id: str) -> str:
    """Return the id of a source's ingest DAG."""
    return layer_id("ingest", source_id)


def approval_id(source_id: str) -> str:
    """Return the id of the DAG that asks about a source's stopped plan."""
    return layer_id("approval", source_id)


def works(settings: Settings) -> dict[str, Work]:
    """Return what each DAG of a project does, by its id."""
    found = {
        layer_id(layer, source_id): Work(layer, source=source_id)
        for layer in ("ingest", "silver", "gold", "approval")
        for source_id in settings.source_ids
    }
    found |= {layer_id("build", i.id): Work("build", index=i.id) for i in settings.indexes}
    return found | {GOVERNOR: Work("governor"), DEADLINES: Work("deadlines")}
