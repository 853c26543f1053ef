"""Rows of JSONL, CSV and Parquet files, streamed: one line or one batch in memory at a time.

pyarrow is imported here only, when a Parquet file is read.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from freshground.core.errors import ConfigError, Retriable
from freshground.core.ids import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_GZIP = ".gz"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = (",", ";", "\t", "|")
_BATCH_ROWS = 64
_PIECE_BYTES = 1_000_000
_MALFORMED = "malformed_row"
_DO = "Let its writer finish, or write the file anew."


class UnreadableFileError(Retriable):
    """The rest of a file cannot be read: it is cut off, damaged or of another format."""


class WrongColumnsError(ConfigError):
    """A file lacks a column that the settings name."""


class Row(NamedTuple):
    """One row. `number` counts lines from 1 (in Parquet rows), `size` is in bytes.

    `raw` is a digest of what stands there, "" for Parquet. `values` is None where the row cannot
    be understood; `rule` and `fault` say why.
    """

    number: int
    values: dict[str, Any] | None
    size: int
    raw: str
    fault: str = ""
    rule: str = _MALFORMED


def format_of(name: str) -> str | None:
    """Return the format that a file's extension tells, `.gz` put aside; None for any other."""
    stem = name.lower().removesuffix(_GZIP)
    return next((found for end, found in FORMATS.items() if stem.endswith(end)), None)


def read_rows(
    stream: BinaryIO, name: str, kind: str, columns: Sequence[str], max_bytes: int
) -> Iterator[Row]:
    """Yield the rows of a file; blank lines are none.

    `columns` are those that the settings name; "*" among them asks for all others too. A JSONL
    line of more than `max_bytes` is a row with the rule `too_large`. Raise UnreadableFileError
    where the rest of the file cannot be read, and WrongColumnsError for a CSV or Parquet file
    that lacks a column.
    """
    try:
        if name.lower().endswith(_GZIP):
            stream = gzip.GzipFile(fileobj=stream)  # type: ignore[assignment]
        if kind == "jsonl":
            yield from _jsonl(stream, max_bytes)
        elif kind == "csv":
            yield from _csv(stream, name, columns, max_bytes)
        else:
            yield from _parquet(stream, name, columns)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFileError(f"{name} is no whole gzip file: {error}.", _DO) from error


def _jsonl(stream: BinaryIO, max_bytes: int) -> Iterator[Row]:
    number = 0
    while line := stream.readline(max_bytes + 1):
        number += 1
        ended = line.endswith(b"\n")
        if not ended and len(line) > max_bytes:
            yield _skip_line(stream, line, number, max_bytes)
            continue
        body = (line.removeprefix(_BOM) if number == 1 else line).strip()
        if not body:
            continue
        values, fault = _object(body)
        if fault and not ended:
            raise UnreadableFileError(f"line {number}, the last one, is cut off.", _DO)
        yield Row(number, values, len(body), digest(body), fault)


def _object(body: bytes) -> tuple[dict[str, Any] | None, str]:
    try:
        value = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        return None, "it is not UTF-8"
    except json.JSONDecodeError as error:
        return None, f"it is no JSON: {error.msg} at column {error.colno}"
    except (ValueError, RecursionError):
        return None, "it is no JSON that can be read: too deep, or a number too long"
    if not isinstance(value, dict):
        return None, "it is no JSON object"
    return value, ""


def _skip_line(stream: BinaryIO, start: bytes, number: int, max_bytes: int) -> Row:
    """Read past a line that is too long, a piece at a time."""
    size, raw, piece = len(start), digest(start), start
    while not piece.endswith(b"\n") and (piece := stream.readline(max_bytes)):
        size += len(piece)
        raw = digest(raw, piece)
    fault = f"it has {size} bytes; max_bytes is {max_bytes}"
    return Row(number, None, size, raw, fault, "too_large")


def _csv(stream: BinaryIO, name: str, columns: Sequence[str], max_bytes: int) -> Iterator[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))  # the default is 128 kB a field
    lines = _Lines(_decoded(stream))
    reader = csv.reader(lines, delimiter=_delimiter(lines.first, columns), strict=True)
    header: list[str] = []
    while True:
        line = reader.line_num
        try:
            fields = next(reader, None)
        except csv.Error as error:
            if not header or reader.line_num > line + 1 or lines.cut_off:
                raise UnreadableFileError(
                    f"{name} cannot be read from line {line + 1} on: {error}.",
                    "Close the quotes, or write the file anew.",
                ) from error
            bad = lines.last.encode("utf-8", "surrogateescape")
            yield Row(line + 1, None, len(bad), digest(bad), f"it is no CSV: {error}")
            continue
        if fields is None:
            break
        if not header:
            header = [column.strip() for column in fields]
            _check_columns(name, header, columns)
        elif len(fields) < len(header) and lines.cut_off:
            raise UnreadableFileError(f"line {line + 1} of {name}, the last one, is cut off.", _DO)
        elif fields:
            yield _csv_row(line + 1, fields, header)
    if not header:
        raise UnreadableFileError(f"{name} has no header line.", _DO)


def _csv_row(number: int, fields: list[str], header: list[str]) -> Row:
    parts = [field.encode("utf-8", "surrogateescape") for field in fields]
    fault = _width_fault(fields, header)
    # CSV knows no null: an empty field is one.
    values = None if fault else {k: v or None for k, v in zip(header, fields, strict=True)}
    return Row(number, values, sum(map(len, parts)) + len(parts), digest(*parts), fault)


class _Lines:
    """Lines of text that remember the last one and whether the file ends within it."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.first = next(lines, "")
        self.last = self.first
        self._lines = chain([self.first] if self.first else [], lines)
        self._exhausted = False

    @property
    def cut_off(self) -> bool:
        return self._exhausted or not self.last.endswith(("\n", "\r"))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            self.last = next(self._lines)
        except StopIteration:
            self._exhausted = True
            raise
        return self.last


def _width_fault(fields: list[str], header: list[str]) -> str:
    if len(fields) != len(header):
        return f"it has {len(fields)} fields, the header has {len(header)}"
    try:
        "".join(fields).encode("utf-8")
    except UnicodeEncodeError:
        return "it is not UTF-8"
    return ""


def _decoded(stream: BinaryIO) -> Iterator[str]:
    """Yield lines as text with their ends. Bytes that are no UTF-8 become half surrogates."""
    start = stream.read(2)
    rest = io.BufferedReader(_Prefixed(start, stream))
    if start in _UTF16:  # what spreadsheets call Unicode text
        text = io.TextIOWrapper(rest, encoding="utf-16", newline="", errors="replace")
    else:
        text = io.TextIOWrapper(rest, encoding="utf-8-sig", newline="", errors="surrogateescape")
    yield from text


class _Prefixed(io.RawIOBase):
    """A stream put back together from its start and its rest; closing it closes neither."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._start or self._rest.read(len(buffer))
        self._start = b""
        buffer[: len(data)] = data
        return len(data)


def _delimiter(header: str, columns: Sequence[str]) -> str:
    """Return the delimiter under which a header has most of the columns, then most of any."""

    def score(delimiter: str) -> tuple[int, int]:
        try:
            names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
        except csv.Error:
            return 0, 0
        return len(set(names) & set(columns)), len(names)

    return max(_DELIMITERS, key=score)


def _check_columns(name: str, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column != "*" and column not in header]
    if missing:
        raise WrongColumnsError(
            f"{name} has no column {missing[0]!r}; it has: {', '.join(header)}.",
            "Name the right columns under the source's fields.",
        )
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise WrongColumnsError(
            f"{name} has the column {twice[0]!r} more than once.", "Rename one of them."
        )


def _parquet(stream: BinaryIO, name: str, columns: Sequence[str]) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        file = pq.ParquetFile(stream)
        header = file.schema_arrow.names
        _check_columns(name, header, columns)
        wanted = header if "*" in columns else [item for item in header if item in columns]
        for batch in file.iter_batches(_BATCH_ROWS, columns=wanted, use_threads=False):
            step = max(1, batch.num_rows * _PIECE_BYTES // max(batch.nbytes, 1))
            for at in range(0, batch.num_rows, step):
                for values in batch.slice(at, step).to_pylist(maps_as_pydicts="lossy"):
                    number += 1
                    yield Row(number, values, 0, "")
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise UnreadableFileError(
            f"{name} cannot be read as Parquet after row {number}: {_first_line(error)}.", _DO
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
