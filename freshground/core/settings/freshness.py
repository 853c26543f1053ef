"""How fresh an index must be, when that counts, and how late a refresh may start."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from freshground.core.settings.values import Duration, Section, as_duration

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _days(value: object) -> object:
    """Spell out `mon-fri`, `sat` or a list of those as a tuple of days, in the week's order."""
    parts = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return value
    found: set[int] = set()
    for part in parts:
        ends = str(part).strip().lower().split("-")
        if len(ends) > 2 or any(end not in _DAYS for end in ends):  # noqa: PLR2004  # a range
            raise ValueError(f"{part!r} names no day; write mon, tue ... or a range as mon-fri")
        first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
        found |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return tuple(_DAYS[day] for day in sorted(found))


def _wall_time(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _DAY_MINUTES:
        return f"{value // 60:02}:{value % 60:02}"  # YAML 1.1 reads a bare 18:00 as 1080
    return value


_DAY_MINUTES = 24 * 60
WallTime = Annotated[
    str,
    BeforeValidator(_wall_time),
    Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
]


class Window(Section):
    """Hours in which an SLA counts: from `from` until before `to`, on `days`, by a local clock.

    A window that ends at or before its start runs over midnight and belongs to the day it starts
    on. `to: "24:00"` is the end of the day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    days: Annotated[tuple[str, ...], BeforeValidator(_days), Field(min_length=1)] = _DAYS
    opens: WallTime = Field("00:00", alias="from")
    closes: WallTime = Field("24:00", alias="to")
    timezone: str = "UTC"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is no time zone; write one as Europe/Berlin") from None
        return value

    @model_validator(mode="after")
    def _not_empty(self) -> Window:
        if self.opens in (self.closes, "24:00"):
            raise ValueError('is empty; for a whole day write from: "00:00" and to: "24:00"')
        return self


Percentile = Literal["p50", "p95", "p99"]


class Sla(Section):
    """What is promised of freshness.

    `max_staleness` is the greatest age of the as-of, by the clock on the wall; being older breaks
    the promise inside `windows` only (none: always). `max_lag` bounds percentiles of the freshness
    lag. `objective` is the share of in-window time of 30 days to be within `max_staleness`; the
    rest is the error budget.
    """

    max_staleness: Duration = Field(timedelta(hours=24), gt=timedelta(0))
    max_lag: dict[Percentile, Annotated[Duration, Field(gt=timedelta(0))]] = Field(
        default_factory=dict
    )
    windows: tuple[Window, ...] = ()
    objective: float = Field(0.99, gt=0, lt=1)


def _margin(value: object) -> object:
    text = value.strip() if isinstance(value, str) else ""
    if text and not text.endswith("%"):
        value = as_duration(text)
    elif text:
        try:
            value = float(text[:-1]) / 100
        except ValueError:
            raise ValueError(f"{value!r} is no share; write it as 10%") from None
    share = isinstance(value, float) and 0 <= value < 1
    if share or (isinstance(value, timedelta) and value >= timedelta(0)):
        return value
    raise ValueError("is no margin; write a share below 100%, as 10%, or a duration, as 30m")


class Governor(Section):
    """When sources are refreshed: as late as their SLAs allow, less a margin.

    `every` is the time between two wake-ups. `margin`, a share of `max_staleness` (10%) or a
    duration, leaves room for retries and slow runs. Two runs of a source start at least
    `min_interval` apart, and at most `max_runs_per_day` in any 24 hours (None: no limit); a limit
    stands above the SLA. After a failure it waits `backoff`, twice as long after each further one,
    never longer than `max_backoff`. A source under no SLA is listed each `without_sla`. A run that
    has not ended after `lost_after` counts as lost.

    `spare_runs_per_day`, over all sources together, are spent where a change is likely and queries
    are frequent, before an SLA asks for it. `looks` is how often, evenly spread over the wait for a
    refresh, a source is listed only to see whether anything changed: if not, the as-of moves;
    if so, the refresh still waits until it is due. It saves publications and costs listings.
    """

    every: Duration = Field(timedelta(minutes=5), gt=timedelta(0))
    margin: Annotated[timedelta | float, BeforeValidator(_margin)] = 0.1
    min_interval: Duration = Field(timedelta(minutes=1), ge=timedelta(0))
    max_runs_per_day: int | None = Field(None, ge=1)
    spare_runs_per_day: int = Field(0, ge=0)
    looks: int = Field(0, ge=0)
    backoff: Duration = Field(timedelta(minutes=5), gt=timedelta(0))
    max_backoff: Duration = Field(timedelta(hours=1), gt=timedelta(0))
    without_sla: Duration = Field(timedelta(hours=24), gt=timedelta(0))
    lost_after: Duration = Field(timedelta(hours=6), gt=timedelta(0))

    def margin_of(self, max_staleness: timedelta) -> timedelta:
        """Return the margin under a promise; at least `every`, as a wake-up may be that late."""
        share = self.margin
        asked = share if isinstance(share, timedelta) else max_staleness * share
        return max(asked, self.every)
