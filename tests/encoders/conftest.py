"""Fixtures of the encoder tests: one export for all slow tests, and a small made-up model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from indexes.encoders.exports import Export
from indexes.encoders.probes import PROBE_TEXTS
from indexes.encoders.runtime import run
from indexes.encoders.tokens import ModelTokens

if TYPE_CHECKING:
    from pathlib import Path

DIMENSIONS = 16
VOCABULARY = 200


class TableRuntime:
    """Sums a fixed random row for each token: a whole pipeline in two lines, padding included."""

    def __init__(self, name: str = "table", noise: float = 0.0) -> None:
        self.name = name
        random = np.random.default_rng(7)
        self.table = random.normal(size=(VOCABULARY, DIMENSIONS))
        self.table += noise * np.random.default_rng(8).normal(size=self.table.shape)
        self.shapes: list[tuple[int, ...]] = []

    def infer(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return the masked sums."""
        self.shapes.append(ids.shape)
        return (self.table[ids] * mask[..., None]).sum(axis=1).astype(np.float32)


@pytest.fixture
def table_runtime() -> type[TableRuntime]:
    """The class of the made-up runtime; `noise` makes it a wrong one."""
    return TableRuntime


@pytest.fixture
def tokens(tmp_path: Path) -> ModelTokens:
    """A word tokenizer that ships with truncation and padding on, as MiniLM's does."""
    words = sorted({word for text in PROBE_TEXTS for word in text.split()})[: VOCABULARY - 4]
    vocabulary = {word: at for at, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return ModelTokens(tmp_path / "tokenizer.json", 64)


@pytest.fixture
def export(tmp_path: Path, tokens: ModelTokens) -> Export:
    """An export whose reference is the table runtime, each probe alone."""
    made = Export(tmp_path, DIMENSIONS, 64, pad_id=0, pad_left=False, onnx_refusal="")
    rows = [run(TableRuntime(), made, [ids], 1, 1)[0] for ids in tokens.ids(PROBE_TEXTS)]
    np.save(tmp_path / "reference.npy", np.stack(rows))
    return made


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache folder for all slow tests, so that the model is exported once."""
    return tmp_path_factory.mktemp("encoder-cache")
