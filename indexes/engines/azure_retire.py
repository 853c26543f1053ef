"""Deletes the physical indexes that no kept version needs, and no alias means."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexes.engines.azure import AzureEngine
    from indexes.engines.azure_registry import Entry


def retire(
    engine: AzureEngine, index: str, keep: Sequence[str], old: Callable[[Entry], bool]
) -> list[str]:
    """Remove versions that are old and not in `keep`; return their names. See `Engine.retire`."""
    entries = [e for e in engine.registry.all(index) if e.endpoint == engine.service.endpoint]
    if not any(e.retired or (old(e) and e.name not in keep) for e in entries):
        return []
    meant = set(engine.aliases.targets().values())
    removed: list[str] = []
    for physical in sorted({entry.physical for entry in entries}):
        group = [entry for entry in entries if entry.physical == physical]
        shown = set(engine.registry.stations(index, physical)[-1:]) if physical in meant else set()
        stays = {e.name for e in group if e.name in keep or e.name in shown or not old(e)}
        for entry in group:
            if entry.name not in stays and not entry.retired:
                engine.registry.put(replace(entry, retired=True))
                removed.append(entry.name)
        alive = [entry for entry in group if entry.name in stays and not entry.retired]
        _clear(engine, group, alive, standing=bool(alive) or physical in meant)
    return removed


def _clear(engine: AzureEngine, group: list[Entry], alive: list[Entry], *, standing: bool) -> None:
    """Drop a physical index that nobody needs, or of one that stands, what no path goes through."""
    root = next((entry for entry in group if entry.name == entry.physical), None)
    if not standing:
        for entry in group:
            if entry is not root:
                engine.registry.forget(entry)
        if root is not None:
            engine.drop(root)
        return
    by_name = {entry.name: entry for entry in group}
    stations = engine.registry.stations(group[0].index, group[0].physical)
    ends = [*alive, *(by_name[name] for name in stations if name in by_name)]
    chains = [[entry.name for entry in engine.history.chain(end)] for end in ends]
    shared = 0
    while chains and all(len(c) > shared and c[shared] == chains[0][shared] for c in chains):
        shared += 1
    needed = {name for chain in chains for name in chain[max(0, shared - 1) :]}
    needed |= {entry.name for entry in alive}
    for entry in group:
        if entry.name not in needed and entry is not root:
            engine.registry.forget(entry)
