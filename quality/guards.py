"""Guards: rules that stop a plan before anything is changed. Pure arithmetic, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from freshground.core.clock import spoken
from freshground.core.errors import Fatal

if TYPE_CHECKING:
    from freshground.core.settings import (
        DeleteGuard,
        EditGuard,
        GrowthGuard,
        SizeGuard,
        WideningGuard,
    )

EMPTY_LISTING = "empty_listing"
MASS_DELETION = "mass_deletion"
MASS_EDIT = "mass_edit"
SUDDEN_GROWTH = "sudden_growth"
MASS_WIDENING = "mass_widening"
SIZE_OUTLIER = "size_outlier"
DELETIONS = frozenset({EMPTY_LISTING, MASS_DELETION})
"""The guards that `refresh --approve-deletes` lets pass."""


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """What a guard found.

    `guard` is one of the names above. `tripped` stops the plan. `value` is the share of the
    source's documents, from 0, that is affected (of deletions: the window's included);
    `threshold` is the greatest share that passes. Of `size_outlier`, both are in bytes. `message`
    says what was found and, if the guard tripped, what to do; it is empty when there is nothing to
    say.
    """

    guard: str
    tripped: bool
    value: float
    threshold: float
    message: str


def delete_guard(
    source_id: str,
    live: int,
    deleting: int,
    deleted_in_window: int,
    live_at_window_start: int,
    listed: int,
    settings: DeleteGuard,
    *,
    approved: bool,
) -> GuardVerdict:
    """Judge the deletions that a complete listing of a source asks for.

    Counts are documents of that source: `live` before the deletion, `deleting` by this plan,
    `deleted_in_window` in the last `settings.window`, `live_at_window_start` at its start, and
    `listed` by the listing.

    An empty listing trips while anything is live. Otherwise the plan's and the window's deletions
    together trip when they are more than `settings.share` of what was live and at least
    `settings.at_least`: so many small deletions count as one large one. A plan that deletes nothing
    never trips, nor does one that is `approved`, whose message then records what was approved.

    Raises Fatal when a count is negative.
    """
    counts = {
        "live": live,
        "deleting": deleting,
        "deleted_in_window": deleted_in_window,
        "live_at_window_start": live_at_window_start,
        "listed": listed,
    }
    for name, count in counts.items():
        if count < 0:
            raise Fatal(
                f"The delete guard of source {source_id!r} was given {name} = {count}.",
                "Counts of documents are never negative: check the ledger.",
            )
    total = deleting + deleted_in_window
    base = max(live_at_window_start, live + deleted_in_window)
    lost = total / base if base else 0.0
    if deleting and listed == 0 and live > 0:
        guard, threshold, over = EMPTY_LISTING, 0.0, True
        found = f"Source {source_id!r} lists nothing, but {live} of its documents are live."
        check = "Check that the source can be seen."
    else:
        # Decimal digits as written: 0.29 of 100 is 29 and not 28.999999999999996.
        allowed = Fraction(str(settings.share)) * base
        over = bool(deleting) and total >= settings.at_least and total > allowed
        guard, threshold = MASS_DELETION, settings.share
        found = (
            f"Source {source_id!r} would lose {total} of {base} documents ({lost:.1%}), "
            f"{deleted_in_window} of them already deleted within {spoken(settings.window)}; "
            f"at most {settings.share:.1%} may go unasked."
        )
        check = "Check the source."
    if not over:
        message = ""
    elif approved:
        message = f"Approved: {found}"
    else:
        message = f"{found} {check} {_approve(source_id)}"
    return GuardVerdict(guard, over and not approved, lost, threshold, message)


def edit_guard(source_id: str, edits: int, live: int, settings: EditGuard) -> GuardVerdict:
    """Judge how many of a source's `live` documents have other bytes.

    Trips at more than `settings.share` of them and at least `settings.at_least`.
    """
    found = f"Source {source_id!r} would change {edits} of {live} documents"
    return _share(MASS_EDIT, source_id, edits, live, settings, found)


def growth_guard(source_id: str, adding: int, before: int, settings: GrowthGuard) -> GuardVerdict:
    """Judge how many documents a source adds to the `before` that its last listing held.

    Trips at more than `settings.share` times and at least `settings.at_least`. A source that was
    never listed whole has nothing to compare with: do not ask.
    """
    found = f"Source {source_id!r} would add {adding} documents to {before}"
    return _share(SUDDEN_GROWTH, source_id, adding, before, settings, found)


def widening_guard(
    source_id: str, widened: int, live: int, settings: WideningGuard
) -> GuardVerdict:
    """Judge how many of a source's `live` documents more people could read.

    Trips at more than `settings.share` of them and at least `settings.at_least`.
    """
    found = f"Source {source_id!r} would let more people read {widened} of {live} documents"
    return _share(MASS_WIDENING, source_id, widened, live, settings, found)


def size_guard(
    source_id: str, outliers: int, largest: int, usual: int, settings: SizeGuard
) -> GuardVerdict:
    """Judge documents that are far larger than those of their source.

    `outliers` counts those over `settings.times` times `usual` bytes, `largest` is the size of
    the largest. Stops only if `settings.stop`; its message is a warning otherwise.
    """
    limit = settings.times * usual
    if not outliers:
        return GuardVerdict(SIZE_OUTLIER, False, float(largest), limit, "")
    message = (
        f"Source {source_id!r} has {outliers} new or changed documents of up to {largest} bytes: "
        f"over {settings.times:g} times the 99th percentile of {usual}."
    )
    if settings.stop:
        message += f" Check the source. {_approve(source_id)}"
    return GuardVerdict(SIZE_OUTLIER, settings.stop, float(largest), limit, message)


def _share(
    guard: str,
    source_id: str,
    affected: int,
    base: int,
    settings: EditGuard | GrowthGuard | WideningGuard,
    found: str,
) -> GuardVerdict:
    if affected < 0 or base < 0:
        raise Fatal(
            f"The guard {guard} of source {source_id!r} was given {affected} of {base}.",
            "Counts of documents are never negative: check the ledger.",
        )
    value = affected / base if base else float(affected)
    allowed = Fraction(str(settings.share)) * base
    tripped = affected >= settings.at_least and affected > allowed
    message = ""
    if tripped:
        message = (
            f"{found} ({value:.1%}); at most {settings.share:.1%} may go unasked. "
            f"Check the source. {_approve(source_id)}"
        )
    return GuardVerdict(guard, tripped, value, settings.share, message)


def _approve(source_id: str) -> str:
    return f"If this is meant: freshground approve {source_id}"
