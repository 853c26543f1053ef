"""The journal in memory, for a process that reads it all day while others write it.

It follows the table's commits and reads each new file once. A body is parsed when it is asked for,
and kept parsed while it is asked for often; whoever gets an `Entry` must not change its body. A
journal that is larger than BYTES is held in its newest part: what is asked of older rows is not
answered here, but by the table.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from freshground.lake import commits
from freshground.lake.journal import Entry
from freshground.lake.schemas import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from freshground.lake.storage import Files
    from freshground.lake.tables import Table

BYTES = 256_000_000
"""Most bytes of rows that are held; when they are more, the older half of that is let go."""

PARSED_BYTES = 24_000_000
"""Most bytes of JSON that are kept parsed, where they take about five times as much."""

_CHUNKS = 48
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _State:
    """What was read: one row a position. `horizon`: only what is later is held, in microseconds.

    `kinds`, `subjects` and `runs` are numbers of `codes`; `places` maps that of a kind to the
    positions of its rows in order of time, made when first asked for.
    """

    version: int
    at: np.ndarray
    kinds: np.ndarray
    subjects: np.ndarray
    runs: np.ndarray
    bodies: tuple[pa.Array, ...]
    starts: tuple[int, ...]
    bytes: int
    horizon: int | None
    codes: _Codes
    parsed: _Parsed
    places: dict[int, np.ndarray] = field(default_factory=dict)

    def of_kind(self, code: int) -> np.ndarray:
        found = self.places.get(code)
        if found is None:
            rows = np.flatnonzero(self.kinds == code)
            found = self.places[code] = rows[np.argsort(self.at[rows], kind="stable")]
        return found

    def body(self, position: int) -> str:
        chunk = bisect_right(self.starts, position) - 1
        return self.bodies[chunk][position - self.starts[chunk]].as_py()


class _Parsed:
    """Parsed rows by position. What was asked for lately stays: two generations, each of half."""

    def __init__(self, most: int) -> None:
        self._most = most // 2
        self._young: dict[int, tuple[Entry, int]] = {}
        self._old: dict[int, tuple[Entry, int]] = {}
        self._bytes = 0

    def get(self, position: int) -> Entry | None:
        found = self._young.get(position)
        if found is None:
            found = self._old.get(position)
            if found is None:
                return None
            self.put(position, *found)
        return found[0]

    def put(self, position: int, entry: Entry, size: int) -> None:
        # Two threads may both put: that one is counted twice is all that comes of it.
        if self._bytes > self._most:
            self._old, self._young, self._bytes = self._young, {}, 0
        self._young[position] = (entry, size)
        self._bytes += size


class _Names:
    """Numbers for texts, in the order in which they were first met. They only grow."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}
        self.texts: list[str] = []

    def encode(self, column: pa.ChunkedArray) -> np.ndarray:
        coded = column.combine_chunks().dictionary_encode()
        mapped = [self._number(text) for text in coded.dictionary.to_pylist()]
        return np.array(mapped, dtype=np.int32)[coded.indices.to_numpy(zero_copy_only=False)]

    def _number(self, text: str) -> int:
        if text not in self.of:
            self.texts.append(text)
            self.of[text] = len(self.texts) - 1
        return self.of[text]


@dataclass(frozen=True)
class _Codes:
    kinds: _Names = field(default_factory=_Names)
    subjects: _Names = field(default_factory=_Names)
    runs: _Names = field(default_factory=_Names)


class JournalMirror:
    """One journal's rows. Safe for threads. What is uncommitted is not in it."""

    def __init__(self, table: Table, files: Files, folder: str, most: int = BYTES) -> None:
        self._table = table
        self._files = files
        self._folder = folder
        self._most = most
        self._lock = threading.Lock()
        self._state: _State | None = None

    def entries(
        self,
        kinds: Sequence[str],
        *,
        subject: str | None = None,
        run_id: str | None = None,
        runs: Collection[str] | None = None,
        since: datetime | None = None,
        last: int | None = None,
    ) -> list[Entry] | None:
        """Return rows in order of time, see `Journal.entries`; None where too little is held."""
        state = self._current()
        codes = {state.codes.kinds.of[kind] for kind in kinds if kind in state.codes.kinds.of}
        parts = [state.of_kind(code) for code in sorted(codes)]
        first = None if since is None else _microseconds(since)
        if first is not None:
            parts = [part[np.searchsorted(state.at[part], first) :] for part in parts]
        found = np.concatenate(parts) if parts else np.empty(0, np.int64)
        if subject is not None:
            found = found[state.subjects[found] == state.codes.subjects.of.get(subject, -1)]
        if run_id is not None:
            found = found[state.runs[found] == state.codes.runs.of.get(run_id, -1)]
        if runs is not None:
            known = [state.codes.runs.of[run] for run in runs if run in state.codes.runs.of]
            found = found[np.isin(state.runs[found], known)]
        if len(parts) > 1:
            found = found[np.argsort(state.at[found], kind="stable")]
        enough = last is not None and len(found) >= last
        if state.horizon is not None and not enough and (first is None or first <= state.horizon):
            return None
        if last is not None:
            found = found[max(0, len(found) - last) :]
        return [self._entry(state, int(position)) for position in found]

    def latest(self, kind: str) -> dict[str, Entry] | None:
        """Return the newest row of a kind for each subject; None where too little is held."""
        state = self._current()
        if state.horizon is not None:
            return None
        if kind not in state.codes.kinds.of:
            return {}
        newest_first = state.of_kind(state.codes.kinds.of[kind])[::-1]
        _, first = np.unique(state.subjects[newest_first], return_index=True)
        found = (self._entry(state, int(newest_first[place])) for place in first)
        return {entry.subject: entry for entry in found}

    def _entry(self, state: _State, position: int) -> Entry:
        found = state.parsed.get(position)
        if found is None:
            text = state.body(position)
            found = Entry(
                _EPOCH + timedelta(microseconds=int(state.at[position])),
                state.codes.runs.texts[state.runs[position]],
                state.codes.kinds.texts[state.kinds[position]],
                state.codes.subjects.texts[state.subjects[position]],
                json.loads(text),
            )
            state.parsed.put(position, found, len(text))
        return found

    def _current(self) -> _State:
        """Return the rows of the newest commit; one thread reads, others wait for it."""
        with self._lock:
            version = self._table.version
            state = self._state
            if state is not None and state.version == version:
                return state
            grown = self._grown(state, version) if state is not None else None
            self._state = grown or self._read()
            return self._state

    def _grown(self, state: _State, version: int) -> _State | None:
        """Return a state with what came since; None when everything is to be read anew."""
        paths = commits.added(self._files, self._folder, state.version, version)
        if paths is None:
            return None
        parts = [commits.read(self._files, path, JOURNAL) for path in paths]
        if any(part is None for part in parts):
            return None
        new = pa.concat_tables([JOURNAL.empty_table(), *parts])
        if state.bytes + new.nbytes > self._most or len(state.bodies) + 1 > _CHUNKS:
            return None
        return self._coded(state, new, version)

    def _read(self) -> _State:
        """Return a state of the newest rows, as many as may be held."""
        version, left = self._table.active()
        left = sorted(left, key=lambda file: file[1])
        parts: list[pa.Table] = []
        while left and sum(part.nbytes for part in parts) <= self._most // 2:
            path, _ = left.pop()
            part = commits.read(self._files, f"{self._folder}/{path}", JOURNAL)
            if part is None:  # compacted, and a day later cleared away, since the list was read
                return self._read()
            parts.append(part)
        rows = pa.concat_tables([JOURNAL.empty_table(), *reversed(parts)])
        horizon = max((_microseconds(newest) for _, newest in left), default=None)
        if rows.nbytes > self._most:
            keep = max(1, rows.num_rows * (self._most // 2) // rows.nbytes)
            cut = np.partition(_times(rows), -keep)[-keep]
            horizon = max(horizon if horizon is not None else cut, cut)
        if horizon is not None:
            rows = rows.filter(pa.array(_times(rows) > horizon))
        nothing = np.empty(0, np.int64)
        empty = _State(
            version,
            nothing,
            nothing,
            nothing,
            nothing,
            (),
            (),
            0,
            horizon,
            _Codes(),
            _Parsed(PARSED_BYTES),
        )
        return self._coded(empty, rows, version)

    def _coded(self, state: _State, new: pa.Table, version: int) -> _State:
        count = len(state.at)
        bodies = new.column("body").combine_chunks()
        return _State(
            version,
            np.concatenate([state.at, _times(new)]),
            np.concatenate([state.kinds, state.codes.kinds.encode(new.column("kind"))]),
            np.concatenate([state.subjects, state.codes.subjects.encode(new.column("subject"))]),
            np.concatenate([state.runs, state.codes.runs.encode(new.column("run_id"))]),
            (*state.bodies, bodies) if new.num_rows else state.bodies,
            (*state.starts, count) if new.num_rows else state.starts,
            state.bytes + new.nbytes,
            state.horizon,
            state.codes,
            state.parsed,
        )


def _times(rows: pa.Table) -> np.ndarray:
    return rows.column("at").cast(pa.int64()).to_numpy()


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
