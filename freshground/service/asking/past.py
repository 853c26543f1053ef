"""Which release a question is for: the live one, a numbered one, or the one that served then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.clock import iso, parse_iso
from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.lake.pointers import Pointer
    from freshground.service.context import Context
    from indexes.release import Manifest


def moment(text: str) -> datetime:
    """Return the time that a person wrote, UTC unless it says otherwise. ConfigError if none."""
    try:
        found = parse_iso(text.strip())
    except ValueError:
        found = None
    if found is None:
        raise ConfigError(
            f"{text!r} is no time.", "Write 2026-11-20T12:00:00Z, or a date for its first moment."
        )
    return found


def live(context: Context, index: IndexSettings) -> Manifest:
    """Return what serves now. ConfigError when nothing is published yet."""
    found = context.releases.live(index.id)
    if found is None:
        raise ConfigError(
            f"Index {index.id!r} has no release yet.", "Publish one: freshground refresh."
        )
    return found[1]


def numbered(context: Context, index: IndexSettings, release: int) -> Manifest:
    """Return a release by its number. ConfigError when there is none, or retention took it."""
    pointer = context.releases.published(index.id).get(release)
    if pointer is None:
        raise ConfigError(
            f"Index {index.id!r} never published a release {release}.", _kept(context, index)
        )
    return _manifest(context, index, pointer, f"Release {release}")


def serving_at(context: Context, index: IndexSettings, at: datetime) -> Manifest:
    """Return the release that served at a moment, by the pointer's history.

    ConfigError when that moment is to come, when nothing served yet, or when retention took the
    release that did.
    """
    if at > context.clock.now():
        raise ConfigError(f"{iso(at)} is yet to come.", "Ask the live release.")
    history = context.lake.pointers.history(index.id)
    # The newest generation that was there: their order is certain, their clocks may differ a bit.
    then = [pointer for pointer in history if (parse_iso(pointer.at) or at) <= at]
    if not then:
        first = f"The first release came {history[0].at}." if history else "None came since."
        raise ConfigError(f"Index {index.id!r} served nothing at {iso(at)}.", first)
    what = f"Release {then[-1].release}, which served at {iso(at)},"
    return _manifest(context, index, then[-1], what)


def _manifest(context: Context, index: IndexSettings, pointer: Pointer, what: str) -> Manifest:
    manifest = context.releases.find(index.id, pointer.candidate)
    if manifest is None:
        raise ConfigError(
            f"{what} of index {index.id!r} is gone: it keeps {index.keep_releases} releases.",
            _kept(context, index),
        )
    return manifest


def _kept(context: Context, index: IndexSettings) -> str:
    published = context.releases.published(index.id).items()
    kept = [
        f"{number} (published {pointer.at})"
        for number, pointer in published
        if context.releases.find(index.id, pointer.candidate) is not None
    ]
    return f"Kept releases: {', '.join(kept) or 'none'}."
