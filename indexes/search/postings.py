"""An inverted index of one text field of one segment, in numpy.

Rows are kept by the word as written (lower case, "" terms too), and the words of one term lie
side by side: so one copy serves terms, prefixes and suggestions. A word's rows stand in their
order; `positions` are a row's places of the word among the terms of its text.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexes.engines.bm25 import fold
from indexes.search.columns import one_array, starts_of
from indexes.search.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexes.engines.bm25 import Analyzer

ROW_BITS = 15
MAX_ROWS = 1 << ROW_BITS
"""Rows of a segment: row, place and word of a token fit into one sortable number."""
_PLACE_BITS = 21
_LAST_PLACE = (1 << _PLACE_BITS) - 1


class Strings:
    """Sorted texts on Arrow's memory, found by bisection: no Python object for each."""

    def __init__(self, array: pa.StringArray) -> None:
        self.array = array
        self._offsets = memoryview(self.array.buffers()[1]).cast("B").cast("i") if array else None
        data = self.array.buffers()[2]
        self._data = memoryview(data) if data is not None else memoryview(b"")

    def __len__(self) -> int:
        return len(self.array)

    def _at(self, n: int) -> bytes:
        assert self._offsets is not None
        return bytes(self._data[self._offsets[n] : self._offsets[n + 1]])

    def lower_bound(self, text: bytes) -> int:
        """Return the place of the first text that is not less."""
        return bisect_left(range(len(self)), text, key=self._at)

    def index(self, text: str) -> int | None:
        """Return the place of a text, None when it is not there."""
        wanted = text.encode("utf-8", "surrogatepass")
        at = self.lower_bound(wanted)
        return at if at < len(self) and self._at(at) == wanted else None

    def starting(self, prefix: str) -> range:
        """Return the places of the texts that begin so."""
        wanted = prefix.encode("utf-8", "surrogatepass")
        low = self.lower_bound(wanted)
        high = bisect_left(
            range(len(self)), True, lo=low, key=lambda n: not self._at(n).startswith(wanted)
        )
        return range(low, high)


@dataclass(frozen=True, slots=True)
class Postings:
    """See the module. Words are numbered by (term, word); those without a term come last.

    `first_word` int32 (terms + 1): where a term's words begin. `first_row` int64 (words + 1):
    where a word's rows begin in `rows` (uint16) and `counts` (uint16). `first_place` int64
    (words with a term + 1): where its places begin in `places` (uint16 or int32). `lengths` int32
    (rows of the segment): terms of each text. `spelled`: all words, in the order of `surfaces`:
    the words without accents. `numbers` int32: their number.
    """

    terms: Strings
    first_word: np.ndarray
    first_row: np.ndarray
    rows: np.ndarray
    counts: np.ndarray
    first_place: np.ndarray
    places: np.ndarray
    lengths: np.ndarray
    spelled: pa.StringArray
    surfaces: Strings
    numbers: np.ndarray

    @property
    def memory_bytes(self) -> int:
        """Bytes that it takes."""
        arrays = (
            self.first_word, self.first_row, self.rows, self.counts, self.first_place,
            self.places, self.lengths, self.numbers,
        )  # fmt: skip
        texts = {id(t): t.nbytes for t in (self.terms.array, self.spelled, self.surfaces.array)}
        return sum(a.nbytes for a in arrays) + sum(texts.values())

    def terms_of_words(self) -> pa.StringArray:
        """Return the term of each word of `spelled`, "" for stop words."""
        number = np.repeat(np.arange(len(self.terms)), np.diff(self.first_word))
        every = pa.concat_arrays([self.terms.array, pa.array([""])])
        of_word = np.full(len(self.spelled), len(self.terms))
        of_word[: len(number)] = number
        return every.take(pa.array(of_word[self.numbers]))

    def words_of(self, term: str) -> range:
        """Return the numbers of a term's words."""
        at = self.terms.index(term)
        if at is None:
            return range(0)
        return range(int(self.first_word[at]), int(self.first_word[at + 1]))

    def spelt(self, prefix: str) -> tuple[range, np.ndarray, np.ndarray]:
        """Return the words that begin so, accents aside: where they stand in `spelled`.

        And their rows, word by word, with how many are each word's.
        """
        at = self.surfaces.starting(prefix)
        numbers = self.numbers[at.start : at.stop]
        starts, ends = self.first_row[numbers], self.first_row[numbers + 1]
        return at, self.rows[ranges(starts, ends)], ends - starts

    def counted(self, words: range) -> tuple[np.ndarray, np.ndarray]:
        """Return rows, in their order, and how often each holds words of a stretch: float32."""
        low, high = self.first_row[words.start], self.first_row[words.stop]
        if len(words) == 1:
            return self.rows[low:high], self.counts[low:high].astype(np.float32)
        dense = np.bincount(self.rows[low:high], weights=self.counts[low:high])
        rows = np.flatnonzero(dense > 0)  # of bools: three times as quick as of floats
        return rows, dense[rows].astype(np.float32)

    def placed(self, words: range) -> np.ndarray:
        """Return row and place of each occurrence of words with a term, sorted int64 numbers.

        A number is the row times 2 to the power of 21, plus the place.
        """
        low, high = self.first_row[words.start], self.first_row[words.stop]
        rows = np.repeat(self.rows[low:high].astype(np.int64), self.counts[low:high])
        places = self.places[self.first_place[words.start] : self.first_place[words.stop]]
        found = (rows << _PLACE_BITS) | places
        return found if len(words) == 1 else np.sort(found)


def ranges(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the numbers of all ranges, one range after the other: int64."""
    lengths = ends - starts
    shift = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return np.arange(len(shift)) + shift


def row_of_place(places: np.ndarray) -> np.ndarray:
    """Return the rows of what `Postings.placed` returned."""
    return places >> _PLACE_BITS


def build(texts: pa.Array, analyzer: Analyzer) -> Postings:
    """Index the texts of a segment, or its collections of texts: at most `MAX_ROWS` rows.

    A null has no words. No phrase reaches from one text of a collection to the next.
    """
    of_row: np.ndarray | None = None
    rows = len(texts)
    if pa.types.is_list(texts.type):
        of_row = np.repeat(np.arange(rows, dtype=np.int32), np.diff(starts_of(texts)))
        texts = one_array(texts.flatten())
    found = tokens(texts, analyzer)
    has_term = np.array([bool(term) for term in found.terms], bool)[found.words]
    # The place of a token among the terms of its row, with a gap between the texts of one.
    places = np.cumsum(has_term, dtype=np.int32) - has_term
    row = found.rows
    if of_row is not None:
        places += found.rows
        row = of_row[found.rows]
    lengths = np.bincount(row[has_term], minlength=rows).astype(np.int32)
    first = np.searchsorted(row, np.arange(rows))
    starts = np.append(places, 0)[first]
    vocabulary = pa.array(found.vocabulary, pa.string()), pa.array(found.terms, pa.string())
    return _arranged(vocabulary, found.words, row, places - starts[row], lengths)


def merge(parts: Sequence[tuple[Postings, np.ndarray]]) -> Postings:
    """Join the postings of segments without cutting a text anew.

    Beside each stand the new places of its rows, int64, -1 for those that are gone.
    """
    words: list[np.ndarray] = []
    rows: list[np.ndarray] = []
    places: list[np.ndarray] = []
    size = sum(int((to >= 0).sum()) for _, to in parts)
    lengths = np.zeros(size, np.int32)
    spelled = pa.chunked_array([part.spelled for part, _ in parts], pa.string())
    coded = one_array(spelled).dictionary_encode()
    code = coded.indices.to_numpy()
    terms = pa.concat_arrays([part.terms_of_words() for part, _ in parts])
    _, first = np.unique(code, return_index=True)
    vocabulary = coded.dictionary, terms.take(pa.array(first))
    at = 0
    for part, to in parts:
        lengths[to[to >= 0]] = part.lengths[to >= 0]
        number = np.empty(len(part.spelled), np.int32)
        number[part.numbers] = code[at : at + len(part.spelled)]
        at += len(part.spelled)
        of_row = np.repeat(number, np.diff(part.first_row))
        row = to[np.repeat(part.rows, part.counts)]
        place = np.zeros(len(row), part.places.dtype)
        place[: len(part.places)] = part.places
        kept = row >= 0
        words.append(np.repeat(of_row, part.counts)[kept])
        rows.append(row[kept])
        places.append(place[kept])
    return _arranged(
        vocabulary, np.concatenate(words), np.concatenate(rows), np.concatenate(places), lengths
    )


def _arranged(
    vocabulary: tuple[pa.StringArray, pa.StringArray],
    words: np.ndarray,
    rows: np.ndarray,
    places: np.ndarray,
    lengths: np.ndarray,
) -> Postings:
    """Sort tokens by word, row and place. `words` point into the vocabulary: word and term."""
    spelled, terms = vocabulary
    used = np.zeros(len(spelled), bool)
    used[words] = True
    stop = pc.equal(terms, "")
    sorted_ = pc.sort_indices(
        pa.table({"stop": stop, "term": terms, "word": spelled}),
        sort_keys=[("stop", "ascending"), ("term", "ascending"), ("word", "ascending")],
    ).to_numpy()
    order = sorted_[used[sorted_]]
    size = len(order)
    rank = np.empty(len(spelled), np.int64)
    rank[order] = np.arange(size)
    keys = rank[words]
    keys <<= ROW_BITS
    keys |= rows
    keys <<= _PLACE_BITS
    keys |= np.minimum(places.astype(np.int32, copy=False), _LAST_PLACE)
    keys.sort()
    pairs = keys >> _PLACE_BITS
    at = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)])
    counts = np.diff(np.append(at, len(pairs)))
    pairs = pairs[at]
    chosen = pa.array(order)
    spelled, terms = spelled.take(chosen), terms.take(chosen)
    with_term = size - int(np.count_nonzero(stop.to_numpy(zero_copy_only=False)[order]))
    firsts = np.arange(with_term + 1) << (ROW_BITS + _PLACE_BITS)
    first_place = np.searchsorted(keys, firsts)
    terms = terms.slice(0, with_term)
    other = pc.not_equal(terms.slice(1), terms.slice(0, max(with_term - 1, 0)))
    heads = np.flatnonzero(np.append(True, other.to_numpy(zero_copy_only=False))[:with_term])
    surfaces = _surfaces(spelled)
    alphabet = pc.sort_indices(
        pa.table({"surface": surfaces, "word": spelled}),
        sort_keys=[("surface", "ascending"), ("word", "ascending")],
    )
    words_ = one_array(spelled.take(alphabet))
    return Postings(
        terms=Strings(one_array(terms.take(pa.array(heads)))),
        first_word=np.append(heads, with_term).astype(np.int32),
        first_row=np.searchsorted(pairs, np.arange(size + 1) << ROW_BITS),
        rows=(pairs & (MAX_ROWS - 1)).astype(np.uint16),
        counts=_narrow(counts),
        first_place=first_place,
        places=_narrow(keys[: first_place[-1]] & _LAST_PLACE),
        lengths=lengths,
        spelled=words_,
        surfaces=Strings(words_ if surfaces is spelled else one_array(surfaces.take(alphabet))),
        numbers=alphabet.to_numpy().astype(np.int32),
    )


def _surfaces(words: pa.StringArray) -> pa.StringArray:
    """Return words without accents; the same array where none has any."""
    plain = pc.string_is_ascii(words)
    if pc.all(plain).as_py() is not False:
        return words
    foreign = words.filter(pc.invert(plain)).to_pylist()
    return pc.replace_with_mask(words, pc.invert(plain), pa.array(map(fold, foreign), pa.string()))


def _narrow(numbers: np.ndarray) -> np.ndarray:
    """Return numbers that are not negative in two bytes each where they fit."""
    fits = not len(numbers) or int(numbers.max()) < 1 << 16
    return numbers.astype(np.uint16 if fits else np.int32)
