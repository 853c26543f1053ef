"""Which documents of a source its settings leave out, and which their labels leave to groups.

What is left out leaves the next release. While it is out it is not looked into, nor parsed where
that can be told without; nothing else about it changes.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.access import both
from freshground.core.settings import Groups
from freshground.core.settings.scope import normal
from freshground.lake.ledger import EXCLUDED
from ingestion.sources.patterns import Patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from freshground.core.records import ObjectStat
    from freshground.core.settings import Labels, Scope, ScopeRule, SourceSettings
    from freshground.lake.ledger import Current
    from freshground.service.context import Context

RETENTION = "scope.retention"
INCLUDE = "scope.include"
EXCLUDE = "scope.exclude"
LABEL = "scope.label"
"""Rules under which documents are shown as excluded."""


class Facts(NamedTuple):
    """What rules ask of a document. `parsed`: its own metadata is known, not its source's alone."""

    key: str
    modified_at: datetime
    metadata: Mapping[str, Any]
    parsed: bool


def scoped(context: Context, source_id: str, documents: Sequence[Current]) -> Sequence[Current]:
    """Return a source's documents, those excluded that its settings leave out."""
    settings = context.settings.source(source_id)
    if _all_wanted(settings):
        return documents
    now = context.clock.now()
    said = context.ledger.said(source_id)
    found = {document.doc_id: facts(document, said) for document in documents}
    if settings.labels is not None:
        found = _with_labels_above(settings.labels.field, documents, found)
    return [_scoped(settings, document, found[document.doc_id], now) for document in documents]


def worth_parsing(
    context: Context, source_id: str, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the bronze rows that settings do not leave out already, whatever parsing would tell.

    The others are parsed once the settings, or time, want them.
    """
    settings = context.settings.source(source_id)
    if _all_wanted(settings):
        return rows
    now = context.clock.now()
    asked = (settings.scope, settings.retention, settings.labels)
    return [row for row in rows if left_out(*asked, _of_row(row, None), now) is None]


def never_parsed(context: Context, source_id: str) -> Callable[[ObjectStat], bool]:
    """Return what tells of a listed object whether it costs no parsing: it is not `worth_parsing`.

    Nor is an archive, whose parts are listed beside it.
    """
    settings = context.settings.source(source_id)
    asked = (settings.scope, settings.retention, settings.labels)
    now = context.clock.now()

    def told(stat: ObjectStat) -> bool:
        of = Facts(stat.key, stat.modified_at or now, stat.metadata, parsed=False)
        return stat.holds is not None or left_out(*asked, of, now) is not None

    return told


def _all_wanted(settings: SourceSettings) -> bool:
    return settings.scope.empty and settings.retention is None and settings.labels is None


def facts(document: Current, said: Mapping[tuple[str, str, str], Mapping[str, Any]]) -> Facts:
    """Return what is known of a document; `said` is the metadata of each parsed version."""
    version = (document.doc_id, document.content_hash or "", document.silver_id or "")
    return _of_row(document.row, said.get(version))


def _of_row(row: Mapping[str, Any], own: Mapping[str, Any] | None) -> Facts:
    metadata = {**(own or {}), **json.loads(row["metadata"] or "{}")}
    return Facts(
        row["key"], row["modified_at"] or row["first_listed_at"], metadata, own is not None
    )


def _with_labels_above(
    field: str, documents: Sequence[Current], found: Mapping[str, Facts]
) -> dict[str, Facts]:
    """Return facts in which the labels of the message or archive around a part are its own too."""
    parents = {document.doc_id: document.row["parent"] for document in documents}
    result: dict[str, Facts] = {}
    for name, own in found.items():
        labels, above = _values(own, field), parents[name]
        while above in found:
            labels += [label for label in _values(found[above], field) if label not in labels]
            above = parents[above]
        more = {field: labels} if labels else {}
        result[name] = own._replace(metadata={**own.metadata, **more})
    return result


def _scoped(settings: SourceSettings, document: Current, of: Facts, now: datetime) -> Current:
    why = left_out(settings.scope, settings.retention, settings.labels, of, now)
    if why is not None:
        return replace(
            document,
            state=EXCLUDED,
            content_hash=None,
            silver_id=None,
            stale=False,
            rule=why[0],
            reason=why[1],
            quarantined_at=None,
        )
    groups = label_groups(settings.labels, of)
    if groups is not None:
        left = list(both(document.row["groups"], groups))
        document = replace(document, row={**document.row, "groups": left})
    return document


def left_out(
    scope: Scope, retention: timedelta | None, labels: Labels | None, of: Facts, now: datetime
) -> tuple[str, str] | None:
    """Return rule and reason by which a document is not wanted, None for one that is."""
    if retention is not None and now - of.modified_at > retention:
        return RETENTION, f"Last changed before the retention of {retention.days} days."
    if labels is not None and _label_known(labels, of):
        for label in _labels(labels, of):
            if _action(labels, label) == "exclude":
                named = f"the label {label!r}" if label else "no label"
                return LABEL, f"It has {named} in {labels.field!r}, which the source excludes."
    for number, rule in enumerate(scope.exclude):
        if holds(rule, labels, of, now):
            return EXCLUDE, f"The source's exclude rule {number + 1} holds for it."
    if scope.include and all(holds(rule, labels, of, now) is False for rule in scope.include):
        return INCLUDE, "None of the source's include rules holds for it."
    return None


def holds(rule: ScopeRule, labels: Labels | None, of: Facts, now: datetime) -> bool | None:
    """Return whether all conditions of a rule hold; None where only parsing can tell."""
    asked = rule.model_fields_set
    found: list[bool | None] = []
    if rule.path is not None:
        found.append(_pattern(rule.path).keeps(of.key))
    if rule.older_than is not None:
        found.append(now - of.modified_at > rule.older_than)
    if rule.newer_than is not None:
        found.append(now - of.modified_at <= rule.newer_than)
    if rule.label is not None and labels is not None:
        field = labels.field
        has = normal(rule.label) in map(normal, _values(of, field))
        found.append(True if has else _unless_unknown(of, field))
    if rule.key is not None:
        values = _values(of, rule.key)
        has = any(_fits(rule, value, asked) for value in values)
        found.append(True if has else _unless_unknown(of, rule.key))
    if False in found:
        return False
    return None if None in found else True


def _unless_unknown(of: Facts, key: str) -> bool | None:
    """Return what a value that does not fit means: nothing, while it may still come."""
    return False if of.parsed or key in of.metadata else None


def _fits(rule: ScopeRule, value: Any, asked: Iterable[str]) -> bool:
    if "equals" in asked and not _same(value, rule.equals):
        return False
    if rule.one_of and not any(_same(value, one) for one in rule.one_of):
        return False
    return rule.matches is None or re.search(rule.matches, str(value)) is not None


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return str(value).casefold() == str(wanted).casefold()
    return value == wanted or str(value) == str(wanted)


def _values(of: Facts, key: str) -> list[Any]:
    value = of.metadata.get(key)
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _label_known(labels: Labels, of: Facts) -> bool:
    return of.parsed or labels.field in of.metadata


def _labels(labels: Labels, of: Facts) -> list[str]:
    """Return a document's labels; an empty one where it has none."""
    return [normal(value) for value in _values(of, labels.field)] or [""]


def _action(labels: Labels, label: str) -> Any:
    return labels.missing if not label else labels.values.get(label, labels.unknown)


def label_groups(labels: Labels | None, of: Facts) -> tuple[str, ...] | None:
    """Return the groups that a document's labels leave it to, None where they say nothing."""
    if labels is None or not _label_known(labels, of):
        return None
    left: tuple[str, ...] | None = None
    for label in _labels(labels, of):
        action = _action(labels, label)
        if isinstance(action, Groups):
            left = action.groups if left is None else both(left, action.groups)
    return left


@lru_cache(maxsize=256)
def _pattern(text: str) -> Patterns:
    return Patterns([text])
