"""A cross-encoder from a folder: how well each passage answers a question, read together with it.

It comes with no package, so there is none unless the settings name a folder.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sentence_transformers import CrossEncoder

HIGHEST = 4.0
"""Scores go from 0 to this, as Azure's do. What 2 means differs from model to model."""

BATCH = 16


class Reranker:
    """A cross-encoder, loaded when it is first asked. Safe for threads: they take turns."""

    def __init__(self, folder: Path, max_length: int = 512) -> None:
        self._folder = folder
        self._max_length = max_length
        self._lock = threading.Lock()
        self._model: CrossEncoder | None = None

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """Return a score of 0 to `HIGHEST` for each passage: the sigmoid of the model's output.

        ConfigError when the folder holds no cross-encoder with one output.
        """
        if not passages:
            return []
        with self._lock:
            model = self._loaded()
            raw = model.predict(
                [(query, passage) for passage in passages],
                batch_size=BATCH,
                show_progress_bar=False,
            )
        found = np.asarray(raw, np.float64).reshape(-1)
        if not np.isfinite(found).all():
            raise ConfigError(
                f"The cross-encoder in {self._folder} gave scores that are no numbers.",
                "Check the model.",
            )
        return [float(score) for score in HIGHEST / (1 + np.exp(-found))]

    def _loaded(self) -> CrossEncoder:
        if self._model is None:
            self._model = _load(self._folder, self._max_length)
        return self._model


def _load(folder: Path, max_length: int) -> CrossEncoder:
    if not (folder / "config.json").is_file():
        raise ConfigError(
            f"There is no cross-encoder in {folder}: it has no config.json.",
            "Name a folder that CrossEncoder.save_pretrained wrote.",
        )
    from sentence_transformers import CrossEncoder  # seconds, and torch with it
    from torch import nn

    try:
        model = CrossEncoder(
            str(folder),
            device="cpu",
            max_length=max_length,
            local_files_only=True,
            activation_fn=nn.Identity(),  # the sigmoid comes once, here
        )
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"The cross-encoder in {folder} cannot be loaded: {error}.",
            "Name a folder that CrossEncoder.save_pretrained wrote.",
        ) from error
    if model.num_labels != 1:
        raise ConfigError(
            f"The model in {folder} has {model.num_labels} outputs, and a reranker has one.",
            "Name a cross-encoder that was trained to rank.",
        )
    return model
