"""What a snapshot promises beside right answers: sharing, threads, lists of vectors, refusals."""

from __future__ import annotations

import threading
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest

from freshground.core.errors import ConfigError
from indexes.engines.bm25 import analyzer
from indexes.filters.ast import And, Compare, In, Not
from indexes.search import masks, postings, vectors
from indexes.search.definition import STRING, VECTOR, Definition, Field
from indexes.search.snapshot import Snapshot
from indexes.search.text import Phrase, Words
from indexes.search.tokens import tokens

WIDTH = 16
DEFINITION = Definition(
    "i",
    (
        Field("id", STRING, key=True, filterable=True),
        Field("text", STRING, searchable=True, analyzer="english"),
        Field("year", "Edm.Int32", filterable=True),
        Field("release", "Edm.Int32"),
        Field("vector", VECTOR, dimensions=WIDTH, profile="p"),
    ),
)


def table(ids: range, text: str = "fire storm", year: int = 1, seed: int = 0) -> pa.Table:
    chance = np.random.default_rng([seed, ids.start])
    centres = np.random.default_rng(9).normal(size=(40, WIDTH)) * 2
    made = centres[chance.integers(0, 40, len(ids))] + chance.normal(size=(len(ids), WIDTH))
    flat = pa.array(made.astype(np.float32).reshape(-1))
    return pa.table(
        {
            "id": [f"k{n:05}" for n in ids],
            "text": [text] * len(ids),
            "year": pa.array([year] * len(ids), pa.int32()),
            "vector": pa.FixedSizeListArray.from_arrays(flat, WIDTH),
        }
    )


def keys_of(snapshot: Snapshot, query: str) -> set[str]:
    view = snapshot.view()
    return set(view.keys(view.text(Words(query), {"text": 1.0}).positions))


def test_change_leaves_the_snapshot_before_it_and_cuts_no_text_anew() -> None:
    first = Snapshot.empty(DEFINITION).changed(table(range(1000)))
    cut: list[int] = []
    real = postings.tokens

    def counting(texts, how):
        cut.append(len(texts))
        return real(texts, how)

    with patch.object(postings, "tokens", counting):
        second = first.changed(table(range(10), "water"), ["k00500", "nobody"])
        third = second
        for n in range(20):
            third = third.changed(table(range(2000 + n, 2001 + n), "theft"))
    assert sum(cut) == 30
    assert (first.rows, second.rows, third.rows) == (1000, 999, 1019)
    assert first.held[0].segment in [each.segment for each in second.held]
    assert len(third.held) < 12
    assert len(keys_of(first, "fire")) == 1000
    assert len(keys_of(second, "fire")) == 989
    assert keys_of(second, "water") == {f"k{n:05}" for n in range(10)}
    assert len(keys_of(third, "theft")) == 20
    assert keys_of(first, "water") == set()


def test_rows_that_are_mostly_gone_give_their_memory_back() -> None:
    first = Snapshot.empty(DEFINITION).changed(table(range(1000)))
    second = first.changed(table(range(0)), [f"k{n:05}" for n in range(900)])
    assert second.rows == 100
    assert second.memory_bytes < first.memory_bytes / 5
    assert len(keys_of(second, "storm")) == 100


def test_last_row_of_a_key_counts_and_bad_rows_are_refused() -> None:
    twice = pa.concat_tables([table(range(3), "old"), table(range(2), "new")])
    made = Snapshot.empty(DEFINITION).changed(twice)
    assert made.rows == 3
    assert keys_of(made, "new") == {"k00000", "k00001"}
    rows = table(range(2))
    with pytest.raises(ConfigError, match="nope"):
        made.changed(rows.append_column("nope", pa.array([1, 2])))
    with pytest.raises(ConfigError, match="year"):
        made.changed(rows.set_column(2, "year", pa.array(["a", "b"])))
    with pytest.raises(ConfigError, match="key"):
        made.changed(rows.set_column(0, "id", pa.array(["a", None])))
    zero = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(2 * WIDTH, np.float32)), WIDTH)
    with pytest.raises(ConfigError, match="zero"):
        made.changed(rows.set_column(3, "vector", zero))
    for query in (np.ones(WIDTH - 1), np.zeros(WIDTH), np.full(WIDTH, np.nan)):
        with pytest.raises(ConfigError):
            made.view().vector("vector", query, 3)


def test_constants_take_no_column() -> None:
    made = Snapshot.empty(DEFINITION).changed(table(range(3))).with_constants({"release": 12})
    other = made.with_constants({"release": 13})
    assert made.view().documents([0], ["id", "release"]) == [{"id": "k00000", "release": 12}]
    assert other.view().column("release", [0, 2]).to_pylist() == [13, 13]
    assert other.view().column("release", [0]).type == pa.int32()
    assert made.changed(table(range(5))).view().column("release", [4]).to_pylist() == [12]
    with pytest.raises(ConfigError, match="nope"):
        made.with_constants({"nope": 1})


def test_masks_are_kept_and_are_few() -> None:
    made = Snapshot.empty(DEFINITION).changed(table(range(50)))
    counted: list[object] = []
    real = masks.mask

    def counting(part, rows, values):
        counted.append(part)
        return real(part, rows, values)

    deny = Not(In("id", tuple(f"k{n:05}" for n in range(5000))))
    with patch.object(masks, "mask", counting):
        for n in range(200):
            where = And((deny, Compare("year", "ge", n)))
            assert made.view().narrowed(where).rows == 0
        made.view().narrowed(deny)
    assert sum(part == deny for part in counted) == 1
    assert len(made.held[0].segment.masks) == masks.KEPT


@pytest.fixture
def lists():
    """Lists of vectors from few rows on, of which few are read."""
    with patch.object(vectors, "ANN_ROWS", 1000), patch.object(vectors, "BUDGET", 600):
        yield


def test_lists_of_vectors_find_nearly_what_all_do(lists: None) -> None:
    made = Snapshot.empty(DEFINITION).changed(table(range(900)))
    assert not made.centres
    made = made.changed(table(range(900, 4000), seed=1))
    assert len(made.centres["vector"]) == vectors.lists_for(4000)
    trained = made.centres["vector"]
    made = made.changed(table(range(300), year=2, seed=2), ["k03999"])
    assert made.centres["vector"] is trained
    views = [made.view(), made.view().narrowed(Compare("year", "eq", 1))]
    few = made.view().narrowed(Compare("year", "eq", 2))
    for view in views:
        shared = total = read = 0
        for n in range(60):
            query = table(range(7000 + n, 7001 + n))["vector"].combine_chunks().flatten().to_numpy()
            exact = view.vector("vector", query, 10, exact=True)
            found = view.vector("vector", query, 10)
            assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)
            shared += len({*exact.positions.tolist()} & {*found.positions.tolist()})
            total += 10
            read += len(view.vector("vector", query, 4000).positions)
        assert shared / total >= 0.97
        assert read == 60 * view.rows
    # A filter that keeps fewer rows than are read at least makes it exact.
    query = np.ones(WIDTH)
    assert (
        few.vector("vector", query, 50).positions.tolist()
        == few.vector("vector", query, 50, exact=True).positions.tolist()
    )


def test_centres_are_made_anew_when_rows_are_many_more(lists: None) -> None:
    made = Snapshot.empty(DEFINITION).changed(table(range(1000)))
    first = made.centres["vector"]
    made = made.changed(table(range(1000, 6000)))
    assert len(made.centres["vector"]) > len(first)
    view = made.view()
    for n in (0, 999, 1000, 5999):
        row = view.position(f"k{n:05}")
        own = np.array(view.documents([row], ["vector"])[0]["vector"])
        best = view.vector("vector", own, 1)
        assert best.positions.tolist() == [row]
        assert best.scores[0] == pytest.approx(1)


def test_vectors_come_back_as_they_were_written() -> None:
    rows = table(range(3))
    empty = pa.FixedSizeListArray.from_arrays(
        rows["vector"].combine_chunks().flatten(), WIDTH, mask=pa.array([False, True, False])
    )
    made = Snapshot.empty(DEFINITION).changed(rows.set_column(3, "vector", empty))
    found = [row["vector"] for row in made.view().documents([0, 1, 2], ["vector"])]
    assert found == empty.to_pylist()
    assert set(made.view().vector("vector", np.ones(WIDTH), 9).positions.tolist()) == {0, 2}


def test_queries_while_rows_change_see_one_snapshot_each() -> None:
    current = [Snapshot.empty(DEFINITION).changed(table(range(2000), "fire", year=0))]
    done = threading.Event()
    wrong: list[object] = []
    asked = [0]

    def ask() -> None:
        while not done.is_set():
            snapshot = current[0]
            view = snapshot.view()
            found = view.text(Words("fire"), {"text": 1.0}).positions
            years = set(view.column("year", found).to_pylist())
            narrowed = view.narrowed(Compare("year", "eq", min(years)))
            if len(years) != 1 or len(found) != 2000 or narrowed.rows != 2000:
                wrong.append((len(found), years))
            near = view.vector("vector", np.ones(WIDTH), 10)
            if len(near.positions) != 10:
                wrong.append(near)
            asked[0] += 1

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(1, 15):
        current[0] = current[0].changed(table(range(2000), "fire", year=n, seed=n))
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert asked[0] > 3


@pytest.mark.parametrize("language", ["english", "german", "simple", "japanese", "multilingual"])
def test_columns_are_cut_as_texts_are(language: str) -> None:
    texts = [
        "The fires, a FIRE; naïve cafés' don't", None, "", "日本語を勉強する 2024年", "x" * 60,
        "हिन्दी ภาษาไทย 한국어", "İstanbul ΣΑΣ straße", "🧯fire🧯", "tail", "\u0301 combining",
    ]  # fmt: skip
    how = analyzer(language)
    with patch("indexes.search.tokens._SLICE_BYTES", 40):
        found = tokens(pa.array(texts, pa.string()), how)
    cut: list[list[str]] = [[] for _ in texts]
    for row, word in zip(found.rows.tolist(), found.words.tolist(), strict=True):
        cut[row].append(found.vocabulary[word])
    assert cut == [how.cut(text or "") for text in texts]
    assert found.terms == [how.term(word) for word in found.vocabulary]


def test_scripts_without_spaces_are_found_by_pairs() -> None:
    fields = (
        Field("id", STRING, key=True),
        Field("text", STRING, searchable=True, analyzer="japanese"),
    )
    rows = pa.table(
        {"id": ["a", "b", "c"], "text": ["日本語を勉強する", "火災保険の契約", "勉本日語"]}
    )
    view = Snapshot.empty(Definition("i", fields)).changed(rows).view()

    def found(query: Words | Phrase) -> list[str]:
        return view.keys(view.text(query, {"text": 1.0}).positions)

    assert found(Words("勉強")) == ["a"]
    assert found(Words("保険はどこですか")) == ["b"]
    assert found(Phrase("日本語")) == ["a"]
    assert found(Words("猫")) == []
