"""Texts of a column -> tokens, without a Python object for each word.

Letters are told from the rest in numpy and runs of them made distinct by Arrow: both leave the
interpreter to other threads. Only distinct runs are cut and stemmed in Python. It finds what
`Analyzer.terms` finds, text by text; a test holds them against each other.
"""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexes.engines.bm25 import Analyzer

_SLICE_BYTES = 1 << 20
"""So much text at once: what is made of it is 30 times as large, for a moment."""
_RUNS_AT_ONCE = 4000
"""Cut and stemmed within some milliseconds, after which others have a turn."""
_REST = 0.0001
"""Seconds to leave the interpreter to others: a thread that wants it wakes up within these."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every word of a column's texts, in their order.

    `rows` int32 and `words` int32, an index into `vocabulary`: distinct words, lower-cased, and
    their terms in `terms`, "" for a stop word.
    """

    rows: np.ndarray
    words: np.ndarray
    vocabulary: list[str]
    terms: list[str]


@lru_cache(maxsize=1)
def _letters() -> np.ndarray:
    """Return, for each code point, whether it belongs to words."""
    found = np.zeros(0x110000, bool)
    for run in re.finditer(r"[^\W_]+", "".join(map(chr, range(0x110000)))):
        found[run.start() : run.end()] = True
    for code in range(0x20000):
        if not found[code] and unicodedata.category(chr(code)) == "Mc":
            found[code] = True
    return found


def breathe() -> None:
    """Let other threads have the interpreter, however long this one still needs it."""
    time.sleep(_REST)


def tokens(texts: pa.StringArray, analyzer: Analyzer) -> Tokens:
    """Return the words of texts; a null text has none."""
    numbers: dict[str, int] = {}
    rows: list[np.ndarray] = []
    runs: list[np.ndarray] = []
    for first, part in _slices(texts):
        row_of, codes, distinct = _runs(part)
        mapped = np.empty(len(distinct), np.int32)
        for start in range(0, len(distinct), _RUNS_AT_ONCE):
            chunk = distinct[start : start + _RUNS_AT_ONCE].to_pylist()
            mapped[start : start + len(chunk)] = [
                numbers.setdefault(run, len(numbers)) for run in chunk
            ]
            if len(chunk) == _RUNS_AT_ONCE:
                breathe()
        rows.append(row_of + np.int32(first))
        runs.append(mapped[codes])
    row_of = np.concatenate(rows) if rows else np.empty(0, np.int32)
    run_of = np.concatenate(runs) if runs else np.empty(0, np.int32)
    return _cut(row_of, run_of, list(numbers), analyzer)


def _slices(texts: pa.StringArray) -> Iterator[tuple[int, pa.StringArray]]:
    """Yield the first row and the texts of stretches of about `_SLICE_BYTES`."""
    if not len(texts):
        return
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    start = 0
    while start < len(texts):
        end = int(np.searchsorted(offsets, offsets[start] + _SLICE_BYTES, "right")) - 1
        end = min(max(end, start + 1), len(texts))
        yield start, texts.slice(start, end - start)
        start = end


def _runs(texts: pa.StringArray) -> tuple[np.ndarray, np.ndarray, pa.StringArray]:
    """Return row and number of each run of letters, and the distinct runs."""
    _, offset_buffer, data = texts.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32)[texts.offset :][: len(texts) + 1]
    low, high = int(offsets[0]), int(offsets[-1])
    nothing = np.empty(0, np.int32)
    if data is None or low == high:
        return nothing, nothing, pa.array([], pa.string())
    text = np.frombuffer(data, np.uint8)[low:high]
    starts_of_rows = offsets - low
    if (text < 0x80).all():  # noqa: PLR2004 - ASCII: a byte is a character
        inside = _letters()[:128][text]
        places = None
    else:
        points = text.tobytes().decode("utf-8").encode("utf-32-le")
        inside = _letters()[np.frombuffer(points, np.uint32)]
        places = np.flatnonzero((text & 0xC0) != 0x80)  # noqa: PLR2004 - first bytes
    breaks = np.empty(len(inside), bool)
    breaks[0] = True
    np.not_equal(inside[1:], inside[:-1], out=breaks[1:])
    begins = starts_of_rows[:-1]
    begins = begins[begins < high - low]
    breaks[begins if places is None else np.searchsorted(places, begins)] = True
    at = np.flatnonzero(breaks)
    letters = inside[at]
    ends = (at if places is None else places[at]).astype(np.int32)
    row_of = np.searchsorted(starts_of_rows, ends[letters], "right").astype(np.int32) - np.int32(1)
    # Runs of letters and what lies between them, as strings on the text's own memory.
    bounds = np.append(ends + np.int32(low), np.int32(high))
    pieces = pa.StringArray.from_buffers(len(at), pa.py_buffer(bounds), data)
    coded = pieces.dictionary_encode()
    codes = coded.indices.to_numpy()[letters]
    used, codes = np.unique(codes, return_inverse=True)
    return row_of, codes.astype(np.int32), coded.dictionary.take(pa.array(used))


def _cut(rows: np.ndarray, runs: np.ndarray, distinct: list[str], analyzer: Analyzer) -> Tokens:
    """Cut distinct runs to words and give each word its term."""
    numbers: dict[str, int] = {}
    cut: list[int] = []
    counts = np.zeros(len(distinct), np.int32)  # 32 bits: millions of tokens stand here
    terms: list[str] = []
    for start in range(0, len(distinct), _RUNS_AT_ONCE):
        for n, run in enumerate(distinct[start : start + _RUNS_AT_ONCE], start):
            words = analyzer.words(run)
            counts[n] = len(words)
            for word in words:
                number = numbers.setdefault(word, len(numbers))
                if number == len(terms):
                    terms.append(analyzer.term(word))
                cut.append(number)
        if start + _RUNS_AT_ONCE < len(distinct):
            breathe()
    flat = np.array(cut, np.int32)
    if (counts == 1).all():
        return Tokens(rows, flat[runs] if len(runs) else runs, list(numbers), terms)
    first = np.concatenate([[0], np.cumsum(counts[:-1])]).astype(np.int32)
    of = counts[runs]
    ends = np.cumsum(of, dtype=np.int32)
    total = int(ends[-1]) if len(ends) else 0
    at = np.arange(total, dtype=np.int32)
    at += np.repeat(first[runs] - (ends - of), of)
    return Tokens(np.repeat(rows, of), flat[at], list(numbers), terms)
