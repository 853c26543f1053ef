"""Guards: rules that stop a plan before anything is changed. Pure arithmetic, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from freshground.core.errors import Fatal

if TYPE_CHECKING:
    from freshground.core.settings import DeleteGuard

EMPTY_LISTING = "empty_listing"
MASS_DELETION = "mass_deletion"


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """What a guard found.

    `guard` is `empty_listing` or `mass_deletion`. `tripped` stops the plan. `value` is the share of
    the source's documents, 0 to 1, that would be gone, the window's deletions included;
    `threshold` is the greatest share that passes. `message` says what was found and, if the guard
    tripped, what to do; it is empty when there is nothing to say.
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
            f"{deleted_in_window} of them already deleted within {settings.window}; "
            f"at most {settings.share:.1%} may go unasked."
        )
        check = "Check the source."
    approve = f"If this is meant: freshground refresh --approve-deletes {source_id}"
    if not over:
        message = ""
    elif approved:
        message = f"Approved: {found}"
    else:
        message = f"{found} {check} {approve}"
    return GuardVerdict(guard, over and not approved, lost, threshold, message)
