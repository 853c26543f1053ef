"""A sentence-transformers model as an encoder."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from freshground.core.errors import Fatal
from indexes.encoders.exports import ensure_export
from indexes.encoders.machine import thread_count
from indexes.encoders.models import find_model
from indexes.encoders.runtime import run
from indexes.encoders.selection import choose
from indexes.encoders.space import FP32_CLASS, make_space
from indexes.encoders.tokens import ModelTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from freshground.core.records import EmbeddingSpace
    from freshground.core.settings import LocalEncoder
    from indexes.encoders.exports import Export
    from indexes.encoders.models import Model
    from indexes.encoders.runtime import Runtime

_WINDOW_TEXTS = 4_096
"""Texts tokenised and sorted together: bounds memory, costs nothing in padding."""


def open_local(
    settings: LocalEncoder, cache: Path, resolve: Callable[[str], str]
) -> LocalModelEncoder:
    """Find the model, make its export if there is none, and return its encoder."""
    model = find_model(settings.model, resolve)
    return LocalModelEncoder(model, ensure_export(model, cache), settings, thread_count())


class LocalModelEncoder:
    """Encodes with the runtime that was chosen for this machine."""

    space: EmbeddingSpace
    max_tokens: int

    def __init__(self, model: Model, export: Export, settings: LocalEncoder, threads: int) -> None:
        self._model = model
        self._export = export
        self._settings = settings
        self._threads = threads
        self._tokens = ModelTokens(export.tokenizer, export.max_tokens)
        self._loading = threading.Lock()
        self._engine: Runtime | None = None
        self.max_tokens = export.max_tokens
        self.space = make_space(
            model=model.name,
            weights=model.weights,
            pooling=model.pooling,
            prefix=settings.prefix,
            dimensions=export.dimensions,
            precision=FP32_CLASS,
        )

    @cached_property
    def runtime(self) -> str:
        """The name of the runtime in use; the first look loads it."""
        return self.load().name

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> np.ndarray:
        """Return float32 of shape (len(texts), space.dimensions), rows of unit length.

        Texts longer than `max_tokens` are cut. `progress` is called with the number of texts done
        since its last call.
        """
        vectors = np.empty((len(texts), self.space.dimensions), dtype=np.float32)
        prefix = self._settings.prefix
        for start in range(0, len(texts), _WINDOW_TEXTS):
            window = [prefix + text for text in texts[start : start + _WINDOW_TEXTS]]
            vectors[start : start + len(window)] = run(
                self.load(),
                self._export,
                self._tokens.ids(window),
                self._threads,
                self._settings.batch_size,
                progress,
            )
        return vectors

    def encode_query(self, text: str) -> np.ndarray:
        """Return float32 of shape (space.dimensions,), unit length."""
        return self.encode_queries([text])[0]

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), space.dimensions), unit rows, of texts asked for."""
        ids = self._tokens.ids([self._settings.query_prefix + text for text in texts])
        most = self._settings.batch_size
        return run(self.load(), self._export, ids, self._threads, most)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the model's own tokens of each text, special tokens and prefix included."""
        return self._tokens.count([self._settings.prefix + text for text in texts])

    def load(self) -> Runtime:
        """Load the runtime if it is not yet, and return it."""
        with self._loading:
            if self._engine is None:
                self._engine = self._open_runtime()
            return self._engine

    def _open_runtime(self) -> Runtime:
        wanted = self._settings.runtime
        onnx, threads = self._export.onnx, self._threads

        def openvino() -> Runtime:
            from indexes.encoders.openvino import OpenVinoRuntime

            return OpenVinoRuntime(onnx, threads)

        def onnxruntime() -> Runtime:
            from indexes.encoders.onnxruntime import OnnxRuntime

            return OnnxRuntime(onnx, threads)

        def torch() -> Runtime:
            from indexes.encoders.export import TorchRuntime

            return TorchRuntime(self._model, threads)

        refusal = self._export.onnx_refusal
        if refusal and wanted in ("openvino", "onnxruntime"):
            found = f"{self._model.name} cannot run on {wanted}: no ONNX export ({refusal})."
            raise Fatal(found, "Set `runtime: auto` or `runtime: torch`.")
        loaders = {"openvino": openvino, "onnxruntime": onnxruntime, "torch": torch}
        if wanted != "auto":
            loaders = {wanted: loaders[wanted]}
        elif refusal:
            loaders = {"torch": torch}
        return choose(loaders, self._export, self._tokens, threads)
