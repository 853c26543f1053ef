"""`plan`: what a refresh would do. Reads sources and lake, writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.core.errors import FreshgroundError
from freshground.core.ids import digest
from freshground.lake.ledger import EXCLUDED
from freshground.service.admission.pending import lapsing, to_admit
from freshground.service.admission.scope import never_parsed, worth_parsing
from freshground.service.admission.standing import admitted
from freshground.service.admission.standing import wanted as wanted_documents
from freshground.service.denial.overlay import REFLECTED
from freshground.service.duplicates.signing import unsigned
from freshground.service.duplicates.signing import wanted as leaves_duplicates_out
from freshground.service.looking_into import looking_into
from freshground.service.plans.deferral import deferred, in_turn, open_line
from freshground.service.plans.estimate import Load, estimate_indexes, estimate_seconds
from freshground.service.plans.judging import judge
from freshground.service.quarantine.again import to_read_again
from freshground.service.stages.bronze import incomplete
from ingestion import changes
from ingestion.difference import Difference
from quality.admission.scanning import wanted

if TYPE_CHECKING:
    from freshground.core.settings import FilesSource, RecordsSource
    from freshground.service.context import Context
    from freshground.service.plans.deferral import Line
    from ingestion.difference import AccessChange

FORMAT = 2
"""Of saved plans."""

LAYERS = ("bronze", "silver", "admissions")
"""Tables whose version a plan is based on."""


@dataclass
class SourcePlan:
    """The difference of one source, by key, sorted.

    `moves` are {from, to}, `access` {key, before, after, change: wider, narrower or other}; both
    ends of a move are left out of `adds` and `deletes`. `described` are those whose address or
    metadata changed, and not their readers. `guards` holds every verdict with something to say;
    `stopped` says why the plan is stopped, `items` what would have to be approved. `deferred` are
    those of `adds` and `edits` that have to wait for the budget, in their order. `problem` says
    what could not be seen. `listing` is the digest of what was listed, None for nothing.
    `to_parse` documents that the lake holds wait for the parser: it changed, somebody asked for it,
    or a run ended before. `to_judge` wait for admission: its policy or a rule changed, or somebody
    asked for it; `lapsing` tells of which of these a release does not hold for the changed rule.
    `left_out` counts what the lake holds and the settings leave out, by rule. `to_compare` are
    those whose near-duplicates an index leaves out, and which were never compared: what that will
    be is not known yet.
    """

    source: str
    listed: int = 0
    excluded: int = 0
    adds: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)
    moves: list[dict[str, str]] = field(default_factory=list)
    deletes: list[str] = field(default_factory=list)
    access: list[dict[str, Any]] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    touches: list[str] = field(default_factory=list)
    guards: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stopped: str = ""
    approval: str = ""
    items: dict[str, list[str]] = field(default_factory=dict)
    deferred: list[str] = field(default_factory=list)
    problem: str = ""
    listing: str | None = None
    to_parse: int = 0
    to_judge: int = 0
    lapsing: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    to_compare: int = 0

    @property
    def work(self) -> bool:
        """Whether a refresh would change anything of this source."""
        return any(
            (
                self.adds,
                self.edits,
                self.moves,
                self.deletes,
                self.access,
                self.described,
                self.to_parse,
                self.to_judge,
                self.to_compare,
            )
        ) or bool(self.problem)


def plan_source(
    context: Context, settings: FilesSource | RecordsSource, line: Line | None
) -> tuple[SourcePlan, Load]:
    """List a source and compare. Objects that may have changed are read, to tell edits."""
    source = looking_into(context, settings.id, keeping=False)
    source.list(context.clock.now())
    listing = source.opened()
    known = context.ledger.objects(settings.id)
    found = changes.compare(listing, to_read_again(context, known), settings.verify_every)
    difference = Difference(source, found, known, context.lake.blobs.get)
    access = sorted(
        (*difference.access, *difference.moved_access), key=lambda change: change.stat.key
    )
    opened = {change.stat.key for change in access}
    old_keys = {new: row["key"] for new, row in difference.moved.items()}
    judgement = judge(context, settings, listing, difference)
    claims = deferred(context, line, difference, listing) if line else []
    waiting = [claim.key for claim in claims]
    scope = wanted_documents(context, settings.id)
    unparsed = context.ledger.silver_pending(settings.id, context.silver_id(settings.id))
    judged_anew = to_admit(context, settings.id)
    plan = SourcePlan(
        settings.id,
        len(listing.objects),
        listing.excluded,
        sorted(stat.key for stat in difference.added),
        [edit.stat.key for edit in difference.edits],
        [
            {"from": old_keys[difference.id_of(stat)], "to": stat.key}
            for stat in found.added
            if difference.id_of(stat) in old_keys
        ],
        sorted(row["key"] for row in difference.deleted),
        [_access(change) for change in access],
        [stat.key for stat in found.described if stat.key not in opened],
        [stat.key for stat in difference.touches],
        judgement.described(),
        judgement.warnings,
        judgement.message,
        f"freshground approve {settings.id}" if judgement.stopping else "",
        judgement.objections,
        waiting,
        "" if listing.complete else incomplete(settings.id, listing),
        changes.listing_digest(source.plain),
        len(worth_parsing(context, settings.id, unparsed)),
        len(judged_anew),
        lapsing(context, settings.id, judged_anew),
        dict(Counter(d.rule or "" for d in scope if d.state == EXCLUDED)),
        len(unsigned(context, admitted(context, settings.id)))
        if leaves_duplicates_out(context, settings.id)
        else 0,
    )
    return plan, Load.of(difference, waiting, never_parsed(context, settings.id))


def _access(change: AccessChange) -> dict[str, Any]:
    kind = "narrower" if change.narrower else "wider"
    if change.narrower and change.wider:
        kind = "other"
    return {
        "key": change.stat.key,
        "before": list(change.before),
        "after": list(change.after),
        "change": kind,
    }


def plan(context: Context) -> dict[str, Any]:
    """Return the plan of every source and index as JSON-ready data, with `work` at the top.

    `plan_id` is the identity of all that it is based on: listings, lake, live releases,
    policies and what people decided.
    """
    basis = lake_basis(context)
    plans: list[SourcePlan] = []
    loads: dict[str, Load] = {}
    line = open_line(context)
    for source_id in in_turn(context, context.settings.source_ids):
        settings = context.settings.source(source_id)
        try:
            found, loads[settings.id] = plan_source(context, settings, line)
        except FreshgroundError as error:
            found, loads[settings.id] = SourcePlan(settings.id, problem=str(error)), Load()
        plans.append(found)
    plans.sort(key=lambda p: context.settings.source_ids.index(p.source))
    indexes = estimate_indexes(context, loads)
    basis["listings"] = {found.source: found.listing for found in plans}
    return {
        "format": FORMAT,
        "plan_id": plan_id(basis),
        "made_at": iso(context.clock.now()),
        "based_on": basis,
        "work": any(p.work for p in plans) or any(row["work"] for row in indexes),
        "stopped": any(p.stopped for p in plans),
        "sources": [{**p.__dict__} for p in plans],
        "indexes": indexes,
        "totals": estimate_seconds(context, loads, indexes),
    }


def lake_basis(context: Context) -> dict[str, Any]:
    """Return what a plan is made from: lake, live releases, policies, decisions."""
    generations: dict[str, int] = {}
    for index in context.settings.indexes:
        pointer = context.lake.pointers.live(index.id)
        generations[index.id] = pointer.generation if pointer else 0
    return {
        **{layer: getattr(context.lake, layer).version for layer in LAYERS},
        "generations": generations,
        "recipes": {index.id: context.recipe(index).id for index in context.settings.indexes},
        "policies": {name: _policy(context, name) for name in context.settings.source_ids},
        "decisions": _decisions(context),
    }


def plan_id(basis: dict[str, Any]) -> str:
    """Return the identity of a plan from all that it is based on."""
    return digest(
        *(str(basis[what]) for what in (*LAYERS, "decisions")),
        *(
            f"{what}:{name}:{value}"
            for what in ("generations", "recipes", "policies", "listings")
            for name, value in sorted(basis[what].items())
        ),
    )


def _policy(context: Context, source_id: str) -> str:
    """Return the identity of what a source's settings and the rules let through."""
    source = context.settings.source(source_id)
    labels = source.labels.model_dump_json() if source.labels else ""
    rules = (f"{rule}@{version}" for rule, version in sorted(wanted(source.admission).items()))
    return digest(
        source.admission.model_dump_json(),
        source.scope.model_dump_json(),
        str(source.retention),
        labels,
        *rules,
    )


def _decisions(context: Context) -> str:
    """Return the identity of what people let through, rejected or took down."""
    reviews = (review.id for review in context.lake.reviews.all())
    denied = (d.id for d in context.lake.denials.active() if d.kind not in REFLECTED)
    return digest(*reviews, *denied)
