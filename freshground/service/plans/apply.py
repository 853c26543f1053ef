"""Saved plans: written once, applied if the world is still the one that they were made from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.service.plans.planning import FORMAT, LAYERS, lake_basis, plan_id
from freshground.service.refresh import refresh
from ingestion.changes import listing_digest

if TYPE_CHECKING:
    from pathlib import Path

    from freshground.service.context import Context
    from freshground.service.reports import StageReport

_AGAIN = "Make a new plan: freshground plan --save FILE"


def save(found: dict[str, Any], place: Path) -> None:
    """Write a plan as JSON. ConfigError when the file cannot be written."""
    try:
        place.write_text(json.dumps(found, ensure_ascii=False, indent=2), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{place} cannot be written: {error}.", "Name another file.") from None


def read(place: Path) -> dict[str, Any]:
    """Return a saved plan. ConfigError when the file is none, or was changed by hand."""
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
        right = found["format"] == FORMAT and found["plan_id"] == plan_id(found["based_on"])
    except FileNotFoundError:
        raise ConfigError(f"There is no plan at {place}.", _AGAIN) from None
    except (OSError, ValueError, KeyError, TypeError):
        right = False
    if not right:
        raise ConfigError(f"{place} is no plan that this Freshground saved.", _AGAIN)
    return found


def items_of(saved: dict[str, Any], source_id: str) -> dict[str, list[str]]:
    """Return what of a source would have to be approved. ConfigError when there is nothing."""
    for source in saved["sources"]:
        if source["source"] == source_id and source["items"]:
            return source["items"]
    raise ConfigError(
        f"No guard stops source {source_id!r} in that plan.",
        "It needs no approval: freshground apply FILE",
    )


def apply(context: Context, saved: dict[str, Any]) -> list[StageReport]:
    """Run the refresh that a plan describes; return its reports.

    ConfigError when a source lists something else by now, or the lake, a live release, a policy or
    a decision is another: nothing was changed then. Guards stop it unless what they object to was
    approved.
    """
    basis = saved["based_on"]
    moved = [*_lake_moved(context, basis), *_sources_moved(context, basis["listings"])]
    if moved:
        raise ConfigError(
            f"The world moved on since the plan was made: {'; '.join(moved)}.", _AGAIN
        )
    context.expected_listings = dict(basis["listings"])
    body = {"plan_id": saved["plan_id"], "made_at": saved["made_at"], "by": context.by}
    context.lake.journal.add(context.run_id, "apply", "refresh", body)
    return refresh(context, trigger="apply")


def _lake_moved(context: Context, basis: dict[str, Any]) -> list[str]:
    now = lake_basis(context)
    found = [
        f"the lake's {layer} has version {now[layer]}, not {basis[layer]}"
        for layer in LAYERS
        if now[layer] != basis[layer]
    ]
    for what, text in (
        ("generations", "another release of index {!r} is live"),
        ("recipes", "the settings of index {!r} make other rows"),
        ("policies", "the settings or rules let other documents of source {!r} through"),
    ):
        names = sorted(now[what].keys() | basis[what].keys())
        found += [text.format(n) for n in names if now[what].get(n) != basis[what].get(n)]
    if now["decisions"] != basis["decisions"]:
        found.append("people released, rejected or took down documents")
    return found


def _sources_moved(context: Context, listings: dict[str, str | None]) -> list[str]:
    found: list[str] = []
    for source_id in sorted({*context.settings.source_ids, *listings}):
        if source_id not in listings or source_id not in context.settings.source_ids:
            found.append(f"source {source_id!r} came or went in the settings")
            continue
        if listings[source_id] is None:
            found.append(f"source {source_id!r} could not be seen when it was made")
            continue
        listing = context.source(source_id).list(context.clock.now())
        if listing_digest(listing) != listings[source_id]:
            found.append(f"source {source_id!r} lists something else")
    return found
