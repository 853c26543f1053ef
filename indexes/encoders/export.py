"""The reference: sentence-transformers on torch in fp32. The one module that imports them.

It is imported for a model's first use on a cache, and where nothing but torch can run a model.
"""

from __future__ import annotations

import logging
import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from freshground.core.errors import ConfigError
from indexes.encoders.exports import ONNX_FILE, REFERENCE_FILE, TOKENIZER_FILE, Facts
from indexes.encoders.probes import PROBE_TEXTS
from indexes.encoders.tokens import ModelTokens
from indexes.encoders.vectors import unit_rows

# The hub's settings are read when it is imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

import sentence_transformers
import torch
from transformers.utils import logging as transformers_logging

if TYPE_CHECKING:
    from pathlib import Path

    from indexes.encoders.models import Model

_log = logging.getLogger(__name__)
_OPSET = 17


class TorchRuntime:
    """The reference pipeline itself, as a runtime."""

    name = "torch"

    def __init__(self, model: Model, threads: int) -> None:
        torch.set_num_threads(threads)
        self._pipeline = _Pipeline(_load(model, attention=None))

    def infer(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return vectors (n, d) of token ids and mask, int64 of shape (n, longest)."""
        with torch.inference_mode():
            return self._pipeline(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()


def write_export(model: Model, folder: Path) -> Facts:
    """Write tokenizer, ONNX graph and reference vectors of the model into `folder`.

    A pipeline that cannot be traced is exported without a graph: torch will run it. Raises
    ConfigError when the model takes no plain text or has no fast tokenizer.
    """
    reference_model = _load(model, attention="eager")
    tokenizer = getattr(reference_model.tokenizer, "backend_tokenizer", None)
    if tokenizer is None:
        found = f"The model {model.name} has no fast tokenizer (tokenizer.json)."
        raise ConfigError(found, "Name another sentence-transformers model.")
    inputs = set(reference_model.preprocess(["a"]))
    if not {"input_ids", "attention_mask"} <= inputs:
        found = f"The model {model.name} reads {sorted(inputs)}, not token ids and their mask."
        raise ConfigError(found, "Name a sentence-transformers model with a transformer in it.")
    tokenizer.save(str(folder / TOKENIZER_FILE))
    max_tokens = int(reference_model.max_seq_length or reference_model.tokenizer.model_max_length)

    reference = _reference(reference_model)
    np.save(folder / REFERENCE_FILE, reference)
    pad_id = reference_model.tokenizer.pad_token_id
    return Facts(
        dimensions=int(reference.shape[1]),
        max_tokens=max_tokens,
        pad_id=0 if pad_id is None else int(pad_id),
        pad_left=reference_model.tokenizer.padding_side == "left",
        onnx_refusal=_write_onnx(
            reference_model,
            ModelTokens(folder / TOKENIZER_FILE, max_tokens).ids(PROBE_TEXTS[:2]),
            folder / ONNX_FILE,
        ),
    )


class _Pipeline(torch.nn.Module):
    """Transformer, pooling and whatever else modules.json lists, as one function of two tensors."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        return self.model(features)["sentence_embedding"]


def _load(model: Model, attention: str | None) -> Any:
    options: dict[str, Any] = {"dtype": torch.float32}
    if attention:
        options["attn_implementation"] = attention
    transformers_logging.disable_progress_bar()
    try:
        loaded = sentence_transformers.SentenceTransformer(
            str(model.folder), device="cpu", local_files_only=True, model_kwargs=options
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, TypeError) as error:
        found = f"sentence-transformers cannot load {model.name} from {model.folder}: {error}"
        raise ConfigError(found, "Name a folder that its save() wrote.") from error
    return loaded.eval()


def _reference(model: Any) -> np.ndarray:
    """Return the probes' unit vectors, each text alone, so that no padding can matter."""
    with torch.inference_mode():
        rows = [
            model(model.preprocess([text]))["sentence_embedding"][0].numpy() for text in PROBE_TEXTS
        ]
    return unit_rows(np.stack(rows), "torch")


def _write_onnx(model: Any, token_ids: list[list[int]], file: Path) -> str:
    """Trace the pipeline on a padded batch. Return why that failed, or an empty text."""
    longest = max(map(len, token_ids))
    ids = torch.zeros((len(token_ids), longest), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(token_ids):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    by_text = {0: "texts", 1: "tokens"}
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _Pipeline(model),
                (ids, mask),
                str(file),
                dynamo=False,
                opset_version=_OPSET,
                input_names=["input_ids", "attention_mask"],
                output_names=["embedding"],
                dynamic_axes={
                    "input_ids": by_text,
                    "attention_mask": by_text,
                    "embedding": {0: "texts"},
                },
            )
    except Exception as error:  # noqa: BLE001 - any operator's exporter may raise anything
        file.unlink(missing_ok=True)
        _log.warning("the model cannot be exported to ONNX, torch will run it: %s", error)
        return f"{type(error).__name__}: {error}"
    return ""
