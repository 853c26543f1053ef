"""Two releases of an index beside each other: counts, gates, manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.service.asking import past
from freshground.service.views.releases import judged

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.views.readable import Sight
    from indexes.release import Manifest

_COMPARED = (
    "as_of",
    "created_at",
    "run_id",
    "by",
    "verdict",
    "recipe",
    "chunker_id",
    "schema_version",
    "runtime",
    "engine_version",
    "code",
    "settings",
    "release_hash",
)


def compare(
    context: Context, index: IndexSettings, one: int, other: int, seen: Sight
) -> dict[str, Any]:
    """Return counts, gates and what else differs of two releases, side by side.

    ConfigError when a release is gone or never was.
    """
    before, after = past.numbered(context, index, one), past.numbered(context, index, other)
    names = [*dict.fromkeys([*after.counts, *before.counts])]
    found = {
        manifest.release: {g["check_id"]: g for g in manifest.gates} for manifest in (before, after)
    }
    gates = [*dict.fromkeys([*found[other], *found[one]])]
    return {
        "index": index.id,
        "a": one,
        "b": other,
        "same_recipe": before.recipe == after.recipe,
        "counts": [
            {"name": name, "a": before.counts.get(name), "b": after.counts.get(name)}
            for name in names
        ],
        "gates": [
            {
                "check": name,
                **{
                    arm: judged(context, index, found[number][name], at, None, seen)
                    if name in found[number]
                    else None
                    for arm, number, at in (
                        ("a", one, before.created_at),
                        ("b", other, after.created_at),
                    )
                },
            }
            for name in gates
        ],
        "manifest": _differences(before, after),
    }


def _differences(before: Manifest, after: Manifest) -> list[dict[str, Any]]:
    """Return what two manifests say differently, by name."""
    rows = [(name, getattr(before, name), getattr(after, name)) for name in _COMPARED]
    rows += [
        (f"space {name}", before.space.get(name), after.space.get(name))
        for name in sorted({*before.space, *after.space})
    ]
    rows.append(("engine", before.engine["name"], after.engine["name"]))
    rows.append(("SLA when published", before.sla["verdict"], after.sla["verdict"]))
    for source in sorted({*before.sources, *after.sources}):
        old, new = before.sources.get(source, {}), after.sources.get(source, {})
        rows += [
            (f"{source} {name}", old.get(name), new.get(name))
            for name in ("listed_at", "objects", "watermark")
        ]
    return [
        {"name": name.replace("_", " "), "a": old, "b": new}
        for name, old, new in rows
        if old != new
    ]
