"""The exact engine keeps the contract, and its arithmetic is checked by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from freshground.core.clock import ManualClock
from freshground.core.errors import ConfigError
from indexes.engines import make
from indexes.engines.bm25 import Bm25, tokenizer
from indexes.engines.conformance import (
    DIMENSIONS,
    SCHEMA,
    START,
    EngineConformance,
    Row,
)
from indexes.engines.memory import MemoryEngine

if TYPE_CHECKING:
    import pyarrow as pa

    from indexes.engines.contract import Engine


class TestMemoryEngine(EngineConformance):
    def make(self, root: str, schema: pa.Schema, clock: ManualClock) -> Engine:
        return make("memory", root, schema, clock)

    def test_cosines_are_exact(self, engine: Engine) -> None:
        axis = np.eye(DIMENSIONS, dtype=np.float32)
        rows = [
            Row("same", vector=axis[0] * 5),
            Row("half", vector=axis[0] + axis[1]),
            Row("across", vector=axis[2]),
            Row("against", vector=-axis[0]),
        ]
        hits = engine.open("i", self.release(engine, rows)).vector(axis[0], 9)
        assert [hit.chunk_id for hit in hits] == ["same", "half", "across", "against"]
        assert [hit.score for hit in hits] == pytest.approx([1, math.sqrt(0.5), 0, -1])


def test_bm25_equals_the_formula() -> None:
    index = Bm25(["fire fire storm", "storm", "water theft invoice broker"], "english")
    # N 3, df(fire) 1, tf 2, length 3, mean 8/3, k1 1.2, b 0.75
    idf = math.log(1 + 2.5 / 1.5)
    expected = idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / (8 / 3)))
    assert index.scores("fires") == {0: pytest.approx(expected)}
    assert set(index.scores("storm water")) == {0, 1, 2}
    assert index.scores("the") == {}


def test_words_are_stemmed_folded_and_stopped() -> None:
    terms = tokenizer("english")
    assert terms("The RUNNING of naïve cafés, don't!") == ["run", "naiv", "cafe"]
    assert terms("x" * 50 + " policies") == ["polici"]
    assert tokenizer("german")("Häuser") == ["haus"]


def test_unknown_language_and_engine_are_refused() -> None:
    with pytest.raises(ConfigError, match="klingon"):
        MemoryEngine(None, SCHEMA, ManualClock(START), language="klingon")
    with pytest.raises(ConfigError, match="Known engines"):
        make("nope", "x", SCHEMA, ManualClock(START))
