"""What admission still has to do: versions to look into, and versions to judge anew."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.clock import iso
from freshground.core.ids import digest
from freshground.lake.ledger import in_shard
from freshground.service.admission.masks import masking_id
from freshground.service.admission.standing import wanted as wanted_documents
from quality.admission.scanning import wanted as wanted_rules
from quality.admission.verdicts import UNSCANNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from freshground.core.settings import Admission
    from freshground.lake.admissions import Admitted, Version
    from freshground.lake.ledger import Current
    from freshground.service.context import Context

_JUDGE = "1"
"""Raised by hand when the same findings and policy would give another verdict."""


class Waiting(NamedTuple):
    """A version to judge. `missing` are rules to look for first; `before` the verdict so far."""

    document: Current
    missing: tuple[str, ...]
    before: Admitted | None

    @property
    def version(self) -> Version:
        """doc_id, content_hash and silver_id."""
        document = self.document
        return document.doc_id, document.content_hash or "", document.silver_id or ""


def policy_id(context: Context, policy: Admission, rules: Mapping[str, str]) -> str:
    """Return the identity of all that a verdict is made by, findings aside."""
    looked = ",".join(f"{rule}@{version}" for rule, version in sorted(rules.items()))
    return digest("policy", _JUDGE, policy.model_dump_json(), looked, masking_id(context, policy))


def to_admit(
    context: Context, source_id: str, shard: tuple[int, int] | None = None
) -> list[Waiting]:
    """Return the versions that nobody judged, or whose rules or policy changed since.

    Of a changed rule it is looked for alone; a changed policy looks for nothing. A replayed rule is
    looked for once more, until there is a newer verdict.
    """
    policy = context.settings.source(source_id).admission
    rules = wanted_rules(policy)
    made_by = policy_id(context, policy, rules)
    verdicts = context.admissions.of(source_id)
    again: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for matter, _ in context.lake.reviews.decisions().again.values():
        again.setdefault(matter.key[:2], []).append((matter.rule, matter.seen))
    found: list[Waiting] = []
    for document in wanted_documents(context, source_id):
        if document.content_hash is None or document.state == "pending":
            continue
        if not in_shard(document.doc_id, shard):
            continue
        key = (document.doc_id, document.content_hash, document.silver_id or "")
        before = verdicts.get(key)
        if before is None:
            found.append(Waiting(document, tuple(rules), None))
            continue
        at = iso(before.judged_at)
        asked = {rule for rule, seen in again.get(key[:2], ()) if seen == at}
        if before.policy_id == made_by and not asked:
            continue
        stale = {rule for rule, version in rules.items() if before.rules.get(rule) != version}
        whole = UNSCANNED in asked  # else only what is missing since
        missing = rules if whole else [r for r in rules if r in stale or r in asked]
        found.append(Waiting(document, tuple(missing), before))
    return found


def lapsing(context: Context, source_id: str, waiting: Iterable[Waiting]) -> list[dict[str, Any]]:
    """Return why releases of versions that wait do not hold, unless a rule finds nothing now.

    Of each changed rule {rule, version, released: the version that people let through, documents}.
    """
    rules = wanted_rules(context.settings.source(source_id).admission)
    released = context.lake.reviews.decisions().let_through
    found = Counter(
        (rule, rules[rule], known[0].version)
        for each in waiting
        for rule in each.missing
        if (known := released.get((*each.version[:2], rule))) and known[0].version != rules[rule]
    )
    names = ("rule", "version", "released", "documents")
    return [dict(zip(names, (*key, found[key]), strict=True)) for key in sorted(found)]
