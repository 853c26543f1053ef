"""The append-only record of what happened: one commit a run.

A run collects its rows and commits them when it ends. Rows of a run that is killed are lost; so
nothing here may be needed for correctness: a lost listing only leaves an as-of older than it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.core.clock import iso
from freshground.lake.schemas import JOURNAL
from freshground.lake.tables import among, quoted, records

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from freshground.core.clock import Clock
    from freshground.lake.journal_mirror import JournalMirror
    from freshground.lake.tables import Table


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal."""

    at: datetime
    run_id: str
    kind: str
    subject: str
    body: dict[str, Any]


@dataclass
class Journal:
    """The journal table, with the rows that this process has not committed yet.

    `mirror` answers instead of the table where it can.
    """

    table: Table
    clock: Clock
    mirror: JournalMirror | None = None
    _waiting: list[Entry] = field(default_factory=list)

    def add(self, run_id: str, kind: str, subject: str, body: dict[str, Any]) -> None:
        """Note one row. It is durable after `commit`."""
        self._waiting.append(Entry(self.clock.now(), run_id, kind, subject, body))

    def commit(self) -> None:
        """Write the rows noted since the last commit, all in one."""
        rows, self._waiting = self._waiting, []
        self.table.append(
            pa.Table.from_pylist(
                [
                    {
                        "at": row.at,
                        "run_id": row.run_id,
                        "kind": row.kind,
                        "subject": row.subject,
                        "body": json.dumps(row.body, ensure_ascii=False, default=_plain),
                    }
                    for row in rows
                ],
                schema=JOURNAL,
            )
        )

    def entries(
        self,
        *kinds: str,
        subject: str | None = None,
        run_id: str | None = None,
        runs: Collection[str] | None = None,
        since: datetime | None = None,
        last: int | None = None,
    ) -> list[Entry]:
        """Return rows of the given kinds in order of time, uncommitted ones included.

        `runs` are the ids of those asked for, `since` leaves out what is older, `last` all but so
        many of the newest.
        """
        if runs is not None and not runs:
            return []
        found = self._committed(kinds, subject, run_id, runs, since, last)
        found += [
            row
            for row in self._waiting
            if row.kind in kinds
            and subject in (None, row.subject)
            and run_id in (None, row.run_id)
            and (runs is None or row.run_id in runs)
            and (since is None or row.at >= since)
        ]
        found.sort(key=lambda row: row.at)
        return found if last is None else found[-last:]

    def _committed(
        self,
        kinds: Sequence[str],
        subject: str | None,
        run_id: str | None,
        runs: Collection[str] | None,
        since: datetime | None,
        last: int | None,
    ) -> list[Entry]:
        if self.mirror is not None:
            held = self.mirror.entries(
                kinds, subject=subject, run_id=run_id, runs=runs, since=since, last=last
            )
            if held is not None:
                return held
        where = f"kind IN ({quoted(list(kinds))})"
        where += f" AND subject = {quoted([subject])}" if subject is not None else ""
        where += f" AND run_id = {quoted([run_id])}" if run_id is not None else ""
        where += f" AND {among('run_id', sorted(runs))}" if runs is not None else ""
        where += f" AND at >= TIMESTAMP '{since.isoformat()}'" if since is not None else ""
        where += f" ORDER BY at DESC LIMIT {last}" if last is not None else ""
        table = self.table.rows(f"SELECT * FROM t WHERE {where}")
        return [_entry(row) for row in records(table)]

    def newest(self, kind: str, subject: str, count: int) -> list[Entry]:
        """Return the newest `count` rows of one kind and subject, committed ones only."""
        if self.mirror is not None:
            held = self.mirror.entries((kind,), subject=subject, last=count)
            if held is not None:
                return held
        table = self.table.rows(
            "SELECT at, run_id, kind, subject, body FROM t "
            f"WHERE kind = {quoted([kind])} AND subject = {quoted([subject])} "
            f"ORDER BY at DESC LIMIT {count}"
        )
        return [_entry(row) for row in records(table)][::-1]

    def latest(self, kind: str) -> dict[str, Entry]:
        """Return the newest row of one kind for each subject."""
        newest = self.mirror.latest(kind) if self.mirror is not None else None
        if newest is None:
            newest = self._latest(kind)
        for row in self._waiting:
            if row.kind == kind and (row.subject not in newest or newest[row.subject].at <= row.at):
                newest[row.subject] = row
        return newest

    def _latest(self, kind: str) -> dict[str, Entry]:
        table = self.table.rows(
            "SELECT at, run_id, kind, subject, body FROM (SELECT *, row_number() OVER "
            f"(PARTITION BY subject ORDER BY at DESC) AS n FROM t WHERE kind = {quoted([kind])}) "
            "WHERE n = 1"
        )
        return {row["subject"]: _entry(row) for row in records(table)}


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(row["at"], row["run_id"], row["kind"], row["subject"], json.loads(row["body"]))


def _plain(value: object) -> object:
    return iso(value) if hasattr(value, "astimezone") else str(value)  # type: ignore[arg-type]
