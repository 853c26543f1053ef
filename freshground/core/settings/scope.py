"""Which documents of a source are wanted: rules over path, age and metadata, retention, labels."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from freshground.core.settings.access import Groups
from freshground.core.settings.values import Age, Section

_ON_VALUES = ("equals", "one_of", "matches")


class ScopeRule(Section):
    """Holds for a document for which all its conditions do.

    `path` is a pattern as under a source's `include`. `key` names a metadata value, the source's
    own before the document's: it `equals` a value, is one `in` several, or holds what the regular
    expression `matches`; of a list, one entry does. `key` alone: there is such a value. Ages count
    from the last modification. `label` is a classification label, see `Labels`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    path: str | None = None
    key: str | None = None
    equals: str | int | float | bool | None = None
    one_of: tuple[str | int | float | bool, ...] = Field((), alias="in")
    matches: str | None = None
    older_than: Age | None = None
    newer_than: Age | None = None
    label: str | None = None

    @field_validator("matches")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression: {error}") from None
        return value

    @model_validator(mode="after")
    def _asks_something(self) -> ScopeRule:
        asked = self.model_fields_set
        if not asked:
            raise ValueError("a rule needs path, key, older_than, newer_than or label")
        if self.key is None and asked & {*_ON_VALUES}:
            raise ValueError("equals, in and matches need a key: the metadata value they are about")
        return self


class Scope(Section):
    """A document is wanted if a rule of `include` holds, or there are none, and none of `exclude`.

    What is not wanted leaves the next release, and is accounted for as excluded.
    """

    include: tuple[ScopeRule, ...] = ()
    exclude: tuple[ScopeRule, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether every document is wanted."""
        return not (self.include or self.exclude)


LabelAction = Literal["serve", "exclude"] | Groups


class Labels(Section):
    """What the classification labels of documents mean: `serve`, `exclude`, or groups alone.

    `field` is the metadata value that holds the label; case and space around it do not count. Of
    several labels the strictest counts. A label that is not named (`unknown`) and a document
    without one (`missing`) are excluded, unless said otherwise: access that cannot be read is none.
    """

    field: str
    values: dict[str, LabelAction] = Field(min_length=1)
    unknown: LabelAction = "exclude"
    missing: LabelAction = "exclude"

    @model_validator(mode="before")
    @classmethod
    def _labels_beside(cls, raw: Any) -> Any:
        """Let labels stand beside `field`, as they are mostly written."""
        if not isinstance(raw, dict):
            return raw
        own = {name: value for name, value in raw.items() if name in cls.model_fields}
        labels = {str(n): value for n, value in raw.items() if n not in cls.model_fields}
        if labels:
            own["values"] = {**own.get("values", {}), **labels}
        if not own.get("values"):
            raise ValueError("it names no label: write `public: serve` or the like beside `field`")
        return own

    @field_validator("values")
    @classmethod
    def _one_spelling(cls, value: dict[str, LabelAction]) -> dict[str, LabelAction]:
        found = {normal(label): action for label, action in value.items()}
        if len(found) < len(value):
            raise ValueError("two labels differ in case or space alone")
        return found


def normal(label: object) -> str:
    """Return a label as it is compared."""
    return " ".join(str(label).split()).casefold()
