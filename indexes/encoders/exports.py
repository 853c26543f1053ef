"""A model's export in the cache folder: made once, read ever after without torch."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from freshground.core.errors import ConfigError, Fatal
from freshground.core.ids import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexes.encoders.models import Model

FORMAT = "1"
ONNX_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
REFERENCE_FILE = "reference.npy"
_RECORD_FILE = "export.json"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model says of itself. `onnx_refusal` says why there is no ONNX file, or is empty."""

    dimensions: int
    max_tokens: int
    pad_id: int
    pad_left: bool
    onnx_refusal: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """A folder with the tokenizer, the reference vectors and, if it could be made, the ONNX file.

    The ONNX graph is the whole pipeline: inputs `input_ids` and `attention_mask`, int64 (n, t);
    output `embedding`, float32 (n, dimensions). `max_tokens` bounds a text, special tokens
    included.
    """

    folder: Path
    dimensions: int
    max_tokens: int
    pad_id: int
    pad_left: bool
    onnx_refusal: str

    @property
    def onnx(self) -> Path:
        """Path of the ONNX file."""
        return self.folder / ONNX_FILE

    @property
    def tokenizer(self) -> Path:
        """Path of the tokenizer's file."""
        return self.folder / TOKENIZER_FILE

    def reference(self) -> np.ndarray:
        """Return the fp32 vectors of the probe texts, (len(PROBE_TEXTS), dimensions)."""
        try:
            return np.load(self.folder / REFERENCE_FILE, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise _damaged(self.folder, error) from None


def ensure_export(model: Model, cache: Path) -> Export:
    """Return the model's export, making it first if there is none.

    Two processes may come at once: the lock spares the second one the work, the rename at the end
    keeps the folder whole even where locks do not hold. Raises ConfigError when the cache folder
    cannot be written or the model cannot be used, Fatal when the export is damaged.
    """
    home = cache / "encoders"
    folder = home / digest("export", FORMAT, model.weights, model.config)
    if folder.is_dir():
        return _read(folder)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _lock(home / f"{folder.name}.lock") as alone:
            if not folder.is_dir():
                _make(model, folder, alone=alone)
    except OSError as error:
        found = f"The cache folder {home} cannot be written: {error}."
        do = "Free some space, or name another folder with FRESHGROUND_CACHE."
        raise ConfigError(found, do) from error
    return _read(folder)


def _make(model: Model, folder: Path, *, alone: bool) -> None:
    from indexes.encoders.export import write_export

    if alone:
        for leftover in folder.parent.glob(f"{folder.name}.part-*"):
            shutil.rmtree(leftover, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
    try:
        facts = write_export(model, part)
        record = {"format": FORMAT, "model": model.name, "weights": model.weights, **asdict(facts)}
        (part / _RECORD_FILE).write_text(json.dumps(record, indent=1), encoding="utf-8")
        try:
            part.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[bool]:
    """Hold the file's lock; yield whether it was had (some file systems know no locks)."""
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
            alone = True
        except OSError:
            alone = False
        yield alone


def _read(folder: Path) -> Export:
    try:
        record = json.loads((folder / _RECORD_FILE).read_text(encoding="utf-8"))
        return Export(
            folder=folder,
            dimensions=record["dimensions"],
            max_tokens=record["max_tokens"],
            pad_id=record["pad_id"],
            pad_left=record["pad_left"],
            onnx_refusal=record["onnx_refusal"],
        )
    except (OSError, ValueError, KeyError) as error:
        raise _damaged(folder, error) from error


def _damaged(folder: Path, error: Exception) -> Fatal:
    return Fatal(f"The model export {folder} is damaged: {error}.", "Delete that folder.")
