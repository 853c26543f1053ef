"""The model-free encoder is deterministic, unit length and near where words are shared."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.errors import ConfigError
from freshground.core.settings import LocalEncoder
from indexes.encoders import open_encoder
from indexes.encoders.hashing import CountingEncoder, HashEncoder

TEXTS = st.lists(st.text(st.characters(exclude_categories=()), max_size=60), max_size=20)


@settings(deadline=None)
@given(TEXTS)
def test_every_text_has_a_unit_vector_of_its_own(texts: list[str]) -> None:
    encoder = HashEncoder(64)
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), 64)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_array_equal(encoder.encode([text])[0], vector)
        np.testing.assert_array_equal(encoder.encode_query(text), vector)
    assert all(count >= 2 for count in encoder.count_tokens(texts))


def test_vectors_are_the_same_on_every_machine() -> None:
    vector = HashEncoder(8).encode(["Fire damage is covered. Flood damage is not."])[0]
    wanted = [0.13484, 0.0, -0.13484, 0.53936, -0.80904, 0.13484, 0.0, 0.0]
    np.testing.assert_allclose(vector, wanted, atol=1e-5)


def test_shared_words_bring_texts_near() -> None:
    encoder = HashEncoder(256)
    near, far = "claims for water damage in the cellar", "quarterly sales of bicycles grew"
    question = encoder.encode_query("water damage in a cellar")
    vectors = encoder.encode([near, far])
    assert vectors[0] @ question > 0.4
    assert vectors[1] @ question < 0.25


def test_order_of_words_matters_a_little() -> None:
    one, other = HashEncoder(256).encode(["man bites dog", "dog bites man"])
    assert 0.5 < one @ other < 0.999


def test_windows_do_not_show() -> None:
    encoder = HashEncoder(32)
    texts = [f"text number {n} of {n % 7}" for n in range(600)]
    done: list[int] = []
    whole = encoder.encode(texts, done.append)
    assert sum(done) == encoder.texts_encoded == 600
    assert len(done) > 1
    np.testing.assert_array_equal(whole[300:400], encoder.encode(texts[300:400]))


def test_counting_follows_length_and_prefix() -> None:
    encoder = HashEncoder(32, prefix="passage: ")
    assert HashEncoder(32).count_tokens(["", "fire", "extraordinary", "a, b"]) == [2, 3, 5, 5]
    assert encoder.count_tokens(["fire"]) == [6]


def test_prefixes_and_spaces() -> None:
    settings = LocalEncoder(model="hashing-128", prefix="p ", query_prefix="q ")
    encoder = open_encoder(settings, Path("unused"), str)
    plain = HashEncoder(128)
    np.testing.assert_array_equal(encoder.encode(["x"]), plain.encode(["p x"]))
    np.testing.assert_array_equal(encoder.encode_query("x"), plain.encode_query("q x"))
    other_query = settings.model_copy(update={"query_prefix": "r "})
    assert open_encoder(other_query, Path("unused"), str).space.id == encoder.space.id
    spaces = {encoder.space.id, plain.space.id, HashEncoder(256).space.id}
    assert len(spaces) == 3


@pytest.mark.parametrize("name", ["hashing-7", "hashing-4097"])
def test_unfit_sizes_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="names no hash encoder"):
        open_encoder(LocalEncoder(model=name), Path("unused"), str)


def test_the_counting_encoder_keeps_what_was_asked() -> None:
    counting = CountingEncoder(HashEncoder(32))
    counting.encode(["a", "b"])
    counting.encode(["a"])
    counting.encode_query("q")
    assert counting.texts_encoded == ["a", "b", "a"]
    assert counting.calls == 2
    assert counting.runtime == "hashing"


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = (
        "import sys, indexes.encoders;"
        "heavy = {'numpy', 'torch', 'openvino', 'onnxruntime', 'httpx', 'tokenizers'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
