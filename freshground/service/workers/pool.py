"""Runs a function over many inputs, each alone: what one of them does harms none of the others."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.errors import Quarantine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from freshground.core.settings import Parsing


class Job(NamedTuple):
    """One call: `key` comes back with the result, `args` and `options` go to the function."""

    key: Any
    args: tuple[Any, ...]
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed


class Workers:
    """Calls functions by name (`module:function`) with limits."""

    def __init__(self, limits: Parsing) -> None:
        self.limits = limits

    def each(self, function: str, jobs: Iterable[Job]) -> Iterator[tuple[Any, Any | Quarantine]]:
        """Yield (key, result) of every job, in any order; a Quarantine in place of a result.

        Jobs are taken as they are needed, so that few inputs are in memory at a time.
        """
        module, _, name = function.partition(":")
        called = getattr(import_module(module), name)
        for job in jobs:
            try:
                yield job.key, called(*job.args, **job.options)
            except Quarantine as error:
                yield job.key, error
