"""The local encoder on real models: it agrees with sentence-transformers, and sends nothing out.

All slow: each needs torch at least once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from freshground.core.errors import ConfigError, Fatal
from freshground.core.settings import LocalEncoder
from indexes.encoders import open_encoder
from indexes.encoders.models import find_model
from indexes.encoders.probes import PROBE_TEXTS, cosines
from indexes.encoders.space import FP32_CLASS

if TYPE_CHECKING:
    from pathlib import Path

    from freshground.core.records import Encoder

pytestmark = pytest.mark.slow

TEXTS = [
    "Water damage in the cellar is covered up to 5,000 euros.",
    "",
    " ",
    "Zürich 東京 🚒 العربية \u200b\u0000 end",
    "a\ud800b",
    "long " * 2000,
    "one",
    *(f"Clause {n}: " + "the insured object is kept in good order " * n for n in range(1, 12)),
]


def _open(cache: Path, **changes: object) -> Encoder:
    return open_encoder(LocalEncoder.model_validate(changes), cache, str)


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    """What sentence-transformers itself makes of TEXTS, one text at a time."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(find_model("all-MiniLM-L6-v2", str).folder), device="cpu")
    sound = [text.replace("\ud800", "\ufffd") for text in TEXTS]
    return model.encode(sound, batch_size=1)


@pytest.mark.parametrize("runtime", ["auto", "openvino", "onnxruntime", "torch"])
def test_every_runtime_is_in_the_space(
    model_cache: Path, reference: np.ndarray, runtime: str
) -> None:
    encoder = _open(model_cache, runtime=runtime, batch_size=4)
    assert runtime in ("auto", encoder.runtime)
    done: list[int] = []
    vectors = encoder.encode(TEXTS, done.append)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 384)
    assert cosines(vectors, reference).min() >= 0.999
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert sum(done) == len(TEXTS)
    assert max(done) <= 4
    assert encoder.encode([]).shape == (0, 384)
    assert cosines(encoder.encode_query(TEXTS[0])[None], reference[:1])[0] >= 0.999


def test_the_space_does_not_depend_on_the_runtime(model_cache: Path) -> None:
    settings = ({"runtime": "openvino"}, {"runtime": "torch"}, {"query_prefix": "q: "})
    encoders = [_open(model_cache, **changes) for changes in settings]
    assert len({encoder.space.id for encoder in encoders}) == 1
    space = encoders[0].space
    assert (space.dimensions, space.pooling, space.precision) == (384, "mean", FP32_CLASS)
    assert _open(model_cache, prefix="p: ").space.id != space.id
    copied = _open(model_cache, model=str(find_model("all-MiniLM-L6-v2", str).folder))
    assert copied.space.id == space.id


def test_windows_do_not_show(model_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = _open(model_cache)
    whole = encoder.encode(TEXTS)
    monkeypatch.setattr("indexes.encoders.local._WINDOW_TEXTS", 5)
    np.testing.assert_allclose(encoder.encode(TEXTS), whole, atol=1e-5)


def test_prefixes_are_part_of_what_is_encoded(model_cache: Path) -> None:
    plain, prefixed = _open(model_cache), _open(model_cache, prefix="p: ", query_prefix="q: ")
    np.testing.assert_allclose(prefixed.encode(["x"]), plain.encode(["p: x"]), atol=1e-5)
    np.testing.assert_allclose(prefixed.encode_query("x"), plain.encode_query("q: x"), atol=1e-5)
    assert plain.count_tokens(["x", "", "long " * 2000]) == [3, 2, 2002]
    assert prefixed.count_tokens(["x"]) == [5]
    assert plain.max_tokens == 256


def test_a_perturbed_graph_is_refused_with_numbers(model_cache: Path, tmp_path: Path) -> None:
    import onnx
    from onnx import numpy_helper

    _open(model_cache)
    (exported,) = (model_cache / "encoders").glob("*/model.onnx")
    target = tmp_path / "encoders" / exported.parent.name
    target.mkdir(parents=True)
    for name in ("tokenizer.json", "reference.npy", "export.json"):
        (target / name).write_bytes((exported.parent / name).read_bytes())
    graph = onnx.load(str(exported))
    random = np.random.default_rng(3)
    for weights in graph.graph.initializer:
        values = numpy_helper.to_array(weights)
        if values.dtype == np.float32 and values.ndim == 2:
            noise = 0.2 * values.std() * random.normal(size=values.shape)
            noisy = (values + noise).astype(np.float32)
            weights.CopyFrom(numpy_helper.from_array(noisy, weights.name))
    onnx.save(graph, str(target / "model.onnx"))
    for runtime in ("openvino", "onnxruntime"):
        with pytest.raises(Fatal, match=rf"{runtime} does not agree .* cosine 0\.\d+ .* 0\.999"):
            _open(tmp_path, runtime=runtime).encode(["x"])
    assert _open(tmp_path, runtime="auto").runtime == "torch"


def test_a_damaged_export_says_what_to_delete(model_cache: Path, tmp_path: Path) -> None:
    _open(model_cache)
    (exported,) = (model_cache / "encoders").glob("*/model.onnx")
    target = tmp_path / "encoders" / exported.parent.name
    target.mkdir(parents=True)
    (target / "export.json").write_text("{")
    with pytest.raises(Fatal, match="Delete that folder"):
        _open(tmp_path)
    (target / "export.json").write_bytes((exported.parent / "export.json").read_bytes())
    (target / "tokenizer.json").write_bytes((exported.parent / "tokenizer.json").read_bytes())
    (target / "reference.npy").write_bytes((exported.parent / "reference.npy").read_bytes())
    (target / "model.onnx").write_bytes(exported.read_bytes()[:1_000_000])
    for runtime in ("openvino", "onnxruntime"):
        with pytest.raises(Fatal, match="cannot load"):
            _open(tmp_path, runtime=runtime).encode(["x"])


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        _open(tmp_path / "file")


_OFFLINE = """
import json, socket, sys
from pathlib import Path

def refuse(self, address, *rest):
    raise SystemExit(f"went out to {address}")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = refuse
from freshground.core.settings import LocalEncoder
from indexes.encoders import open_encoder
encoder = open_encoder(LocalEncoder(runtime=sys.argv[2]), Path(sys.argv[1]), str)
vector = encoder.encode(["Fire damage is covered."])[0]
import threading
heavy = ("openvino_telemetry", "openvino.tools.ovc", "torch", "sentence_transformers")
print(json.dumps({
    "runtime": encoder.runtime,
    "vector": vector.tolist(),
    "loaded": [name for name in heavy if name in sys.modules],
    "space": encoder.space.id,
    "threads": [thread.name for thread in threading.enumerate()],
}))
"""


def _spawn(cache: Path, runtime: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _OFFLINE, str(cache), runtime],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(process: subprocess.Popen[str]) -> dict[str, object]:
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(out)


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_nothing_goes_out_and_torch_stays_out(model_cache: Path, runtime: str) -> None:
    _open(model_cache)
    found = _finish(_spawn(model_cache, runtime))
    assert found["runtime"] == runtime
    assert found["loaded"] == []
    assert found["threads"] == ["MainThread"]


def test_two_processes_may_come_first_at_once(tmp_path: Path) -> None:
    first, second = _spawn(tmp_path, "openvino"), _spawn(tmp_path, "openvino")
    found, other = _finish(first), _finish(second)
    np.testing.assert_allclose(found["vector"], other["vector"], atol=1e-6)
    assert found["space"] == other["space"]
    torch_users = [run for run in (found, other) if "torch" in run["loaded"]]
    assert len(torch_users) == 1
    for run in (found, other):
        assert "openvino_telemetry" not in run["loaded"]
    home = tmp_path / "encoders"
    assert not list(home.glob("*.part-*"))
    assert len(list(home.glob("*/model.onnx"))) == 1


def test_leftovers_of_a_killed_export_are_swept(small_model: Path, tmp_path: Path) -> None:
    _open(tmp_path / "first", model=str(small_model))
    (exported,) = (tmp_path / "first" / "encoders").glob("*/model.onnx")
    leftover = tmp_path / "encoders" / f"{exported.parent.name}.part-killed"
    leftover.mkdir(parents=True)
    (leftover / "model.onnx").write_bytes(b"half")
    assert _open(tmp_path, model=str(small_model)).encode(["x"]).shape == (1, 12)
    assert not leftover.exists()


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random RoBERTa with cls pooling, a dense layer and no normalisation, reading 48 tokens."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Dense, Pooling, Transformer
    from transformers import AutoTokenizer, RobertaConfig, RobertaModel

    folder = tmp_path_factory.mktemp("small")
    torch.manual_seed(5)
    tokenizer = AutoTokenizer.from_pretrained(find_model("all-MiniLM-L6-v2", str).folder)
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=66,
        pad_token_id=tokenizer.pad_token_id,
    )
    RobertaModel(config).save_pretrained(folder / "bare")
    tokenizer.save_pretrained(folder / "bare")
    transformer = Transformer(str(folder / "bare"), max_seq_length=48)
    dense = Dense(in_features=32, out_features=12)
    SentenceTransformer(modules=[transformer, Pooling(32, "cls"), dense], device="cpu").save(
        str(folder / "whole")
    )
    return folder / "whole"


def test_another_pipeline_is_exported_whole(small_model: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    encoder = _open(tmp_path, model=str(small_model))
    assert encoder.runtime in ("openvino", "onnxruntime")
    assert encoder.space.pooling == "cls>dense"
    assert (encoder.space.dimensions, encoder.max_tokens) == (12, 48)
    wanted = SentenceTransformer(str(small_model), device="cpu").encode(
        list(PROBE_TEXTS), batch_size=1, normalize_embeddings=True
    )
    assert cosines(encoder.encode(PROBE_TEXTS), wanted).min() >= 0.999


def test_a_pipeline_that_cannot_be_traced_runs_on_torch(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def refuse(*_: object, **__: object) -> None:
        found = "operator not supported"
        raise torch.onnx.errors.UnsupportedOperatorError(found, 17, None)

    monkeypatch.setattr(torch.onnx, "export", refuse)
    settings = {"model": str(small_model)}
    assert _open(tmp_path, **settings).runtime == "torch"
    with pytest.raises(Fatal, match=r"no ONNX export .*operator not supported"):
        _open(tmp_path, runtime="openvino", **settings).encode(["x"])
