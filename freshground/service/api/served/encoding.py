"""Vectors of query texts, by the encoder of the index that is asked.

Questions that come while others are encoded are encoded together: an encoder uses all cores for
one text, and costs little more for several.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from freshground.service.api.errors import ApiError
from freshground.service.api.served.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from indexes.release import Manifest

MOST_AT_ONCE = 16
REMEMBERED = 1024


@dataclass
class _Waiting:
    text: str
    done: threading.Event = field(default_factory=threading.Event)
    vector: np.ndarray | None = None
    error: Exception | None = None


class Batcher:
    """Encodes the texts of many threads, those that wait at the same time in one go.

    Vectors of the newest texts are remembered: people and programs ask again.
    """

    def __init__(self, encode: Callable[[Sequence[str]], np.ndarray]) -> None:
        self._encode = encode
        self._waiting: list[_Waiting] = []
        self._queue = threading.Lock()
        self._turn = threading.Lock()
        self._known: OrderedDict[str, np.ndarray] = OrderedDict()
        self.texts = 0
        self.seconds = 0.0

    def vector(self, text: str) -> np.ndarray:
        """Return float32 of shape (dimensions,), unit length. Raises what the encoder raises."""
        with self._queue:
            known = self._known.get(text)
            if known is not None:
                self._known.move_to_end(text)
                return known
            own = _Waiting(text)
            self._waiting.append(own)
        with self._turn:
            while not own.done.is_set():
                self._serve()
        if own.error is not None:
            raise own.error
        if own.vector is None:
            raise RuntimeError("a text was left without its vector")
        return own.vector

    def _serve(self) -> None:
        with self._queue:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        started = time.perf_counter()
        try:
            vectors = self._encode([each.text for each in batch])
        except Exception as error:  # noqa: BLE001 - each thread that waits raises it
            for each in batch:
                each.error = error
                each.done.set()
            return
        with self._queue:
            self.texts += len(batch)
            self.seconds += time.perf_counter() - started
            for each, vector in zip(batch, vectors, strict=True):
                each.vector = self._known[each.text] = vector
                each.done.set()
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


class Encoding:
    """The encoders of all indexes, each behind one batcher."""

    def __init__(self, context: Context, turns: Turns | None = None) -> None:
        self._context = context
        self._turns = turns or Turns.of_this_machine()
        self._batchers: dict[str, Batcher] = {}
        self._making = threading.Lock()

    def of(self, index: IndexSettings, manifest: Manifest) -> Callable[[str], np.ndarray]:
        """Return text -> vector in the space of a release."""
        return partial(self._vector, index, manifest)

    @property
    def spent(self) -> tuple[int, float]:
        """How many texts were encoded so far, and in how many seconds."""
        batchers = list(self._batchers.values())
        return sum(b.texts for b in batchers), sum(b.seconds for b in batchers)

    def _vector(self, index: IndexSettings, manifest: Manifest, text: str) -> np.ndarray:
        with self._making:
            encoder = self._context.encoder(index)
            batcher = self._batchers.setdefault(encoder.space.id, Batcher(encoder.encode_queries))
        if encoder.space.id != manifest.space["id"]:
            raise ApiError(
                400,
                "OtherSpace",
                f"Release {manifest.release} of '{index.id}' was embedded by "
                f"{manifest.space['model']}, and the settings name {encoder.space.model}. Refresh "
                "the index, or search it by text alone.",
            )
        with self._turns.lent():
            return batcher.vector(text)
