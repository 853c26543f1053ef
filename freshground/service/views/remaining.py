"""How long a run will take yet: by its own rate, and by what its stages took before."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from freshground.lake.progress import Beat
    from freshground.service.context import Context

_RUNS = 60
"""Runs that are looked back on."""

_NEAREST = 9
"""Of those, the ones whose amount of work was nearest are reckoned with."""

_PATIENCE_S = 3.0

_OF_SOURCES = ("ingest", "look", "silver", "admit", "gold")
_CHANGES = ("added", "changed", "removed")
_STOPPED = ("failed", "guard", "gate")


@dataclass(slots=True)
class Past:
    """What earlier runs took: for each stage and subject, documents that changed and seconds.

    The documents are None where that is not known.
    """

    took: dict[tuple[str, str], list[tuple[int | None, float]]] = field(default_factory=dict)

    def expected(self, stage: str, subject: str, documents: int | None) -> float | None:
        """Return the probable seconds of a stage over so many documents; None without a past."""
        past = self.took.get((stage, subject), [])
        if not past:
            return None
        if documents is None:
            return median(seconds for _, seconds in past)
        alike = sorted(past, key=lambda each: abs((each[0] or 0) - documents))[:_NEAREST]
        if documents == 0:
            return median(seconds for count, seconds in alike if count == alike[0][0])
        rates = [seconds / count for count, seconds in alike if count]
        return median(rates) * documents if rates else median(seconds for _, seconds in alike)


def read_past(context: Context) -> Past:
    """Return what the stages of the newest runs took."""
    past = Past()
    for row in context.lake.journal.entries("run", last=_RUNS):
        told = row.body.get("stages", [])
        for each in told:
            if "seconds" in each and each["outcome"] not in _STOPPED:
                documents = _documents(context, each["stage"], each["subject"], told)
                took = past.took.setdefault((each["stage"], each["subject"]), [])
                took.append((documents, each["seconds"]))
    return past


def left_of_stage(
    beat: Beat, past: Past, documents: int | None, since_s: float = 0.0
) -> float | None:
    """Return the probable seconds until a process's stage ends; None where nothing tells.

    `since_s` is how long ago the heartbeat was. A stage that takes much longer than it ever did has
    no estimate.
    """
    if not beat.stage:
        return 0.0
    if beat.rate and beat.done < beat.total:
        return max(0.0, (beat.total - beat.done) / beat.rate - since_s)
    usual = past.expected(beat.stage, beat.subject, documents)
    gone = beat.seconds + since_s
    if usual is None or gone > 2 * usual + _PATIENCE_S:
        return None
    return max(0.0, usual - gone)


def left_of_process(context: Context, beat: Beat, past: Past, since_s: float = 0.0) -> float | None:
    """Return the probable seconds until a process is done, its stages to come included."""
    told = [{**each["counts"], **each} for each in beat.stages]
    if beat.stage == "ingest" and beat.total:
        # What it reads now is what the stages to come will have to do.
        told.append({"stage": "ingest", "subject": beat.subject, "added": beat.total})
    now = _documents(context, beat.stage, beat.subject, told)
    parts = [left_of_stage(beat, past, now, since_s)]
    for stage, subject in _to_come(beat):
        parts.append(past.expected(stage, subject, _documents(context, stage, subject, told)))
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _to_come(beat: Beat) -> list[tuple[str, str]]:
    begun = {(each["stage"], each["subject"]) for each in beat.stages}
    begun.add((beat.stage, beat.subject))
    if beat.stage:
        place = [tuple(each) for each in beat.planned]
        if (beat.stage, beat.subject) in place:
            return [(s, of) for s, of in place[place.index((beat.stage, beat.subject)) + 1 :]]
    return [(stage, subject) for stage, subject in beat.planned if (stage, subject) not in begun]


def _documents(
    context: Context, stage: str, subject: str, told: Sequence[Mapping[str, Any]]
) -> int | None:
    """Return how many documents changed for a stage, as ingest found them; None if unknown."""
    if stage in ("ingest", "look"):
        return None  # what it will find, nobody knows
    if stage in _OF_SOURCES:
        return _changed(told, {subject})
    known = [index for index in context.settings.indexes if index.id == subject]
    return _changed(told, known[0].sources) if known else None


def _changed(told: Sequence[Mapping[str, Any]], sources: Iterable[str]) -> int | None:
    wanted = set(sources)
    listed = [each for each in told if each["stage"] == "ingest" and each["subject"] in wanted]
    if {each["subject"] for each in listed} != wanted:
        return None
    return sum(each.get(name, 0) for each in listed for name in _CHANGES)
