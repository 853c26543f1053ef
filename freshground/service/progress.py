"""Progress bars for people; silence for machines."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHOW_FROM = 20
"""Fewer steps than this need no bar."""


class Progress:
    """Shows a bar on standard error while a stage works, when that is a terminal."""

    def __init__(self, *, shown: bool = False) -> None:
        self._shown = shown

    @contextmanager
    def bar(self, label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        """Give a callable that takes the number of units done since its last call.

        `total` 0 means that nobody knows yet how many there are.
        """
        hide = None if self._shown and (total >= _SHOW_FROM or not total) else True
        with tqdm(
            total=total or None, desc=label, unit=f" {unit}", disable=hide, leave=False
        ) as bar:
            yield lambda done: bar.update(done) and None
