"""Admission: one row for each document version that is judged.

| column                | type | null | meaning                                                  |
|-----------------------|------|------|----------------------------------------------------------|
| doc_id                | str  | no   | id of the document                                       |
| <action>_<category>   | int  | no   | findings of the category for which the policy acts so    |

An action is one of `ACTIONS`, a category one of `CATEGORIES`. A frame holds the columns that its
policy can fill; rules about others are left out. A failing row is to be treated by the action that
the check's name begins with, the strictest of those it fails: see `quality.admission.verdicts`.
What is masked or restricted is as the policy wants it, so those checks count and never fail.

No limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.expectations.suite import Between, Rule, Suite

if TYPE_CHECKING:
    from freshground.core.findings import Verdict

ACTIONS: tuple[Verdict, ...] = ("quarantine", "restrict", "mask")
CATEGORIES = ("personal", "secret", "injection", "quality", "scan", "other")

_MEANS = {
    "quarantine": "served to nobody until somebody has looked; see `freshground quarantine list`.",
    "restrict": "served to the groups of `restrict_to` alone, as the policy of their source says.",
    "mask": "served with what was found replaced, as the policy of their source says.",
}


def column(action: str, category: str) -> str:
    """Return the column, and check name, of an action over a category of rules."""
    return f"{action}_{category if category in CATEGORIES else 'other'}"


SUITE = Suite(
    layer="admission",
    columns=("doc_id",),
    rules=tuple(
        Rule(
            column(action, category),
            "warning",
            column(action, category),
            Between(high=0.0),
            f"documents hold what rules about {category} look for and are {_MEANS[action]}",
            sample="doc_id",
            mostly=1.0 if action == "quarantine" else 0.0,
            decides=True,
        )
        for action in ACTIONS
        for category in CATEGORIES
    ),
)
