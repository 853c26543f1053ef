"""What stops a candidate, and how one is tried on a share of the queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from freshground.core.settings.values import Duration, Section


class RetrievalGate(Section):
    """Golden questions, asked of a candidate and of the live release before publishing.

    `questions` is a file of them; those that people judged (the Ask page, `freshground questions`)
    join it, and are all there is where no file is named.

    `margin` is the loss in mean nDCG@10 that must be ruled out. `auto` stops the release from 100
    questions on, and warns below.
    """

    questions: str | None = None
    margin: float = Field(0.02, gt=0, lt=1)
    severity: Literal["auto", "warning", "critical"] = "auto"
    resamples: int = Field(2000, ge=200, le=100_000)


DriftMeasure = Literal["embedding", "length", "language", "media_type", "nulls", "repetition"]


class DriftGate(Section):
    """Whether the documents of a candidate are of the live release's kind.

    A measure trips when its p-value, corrected for their number, is below `alpha` and its effect
    (0 is the same, 1 wholly different) is at least the measure's own least one, which `effects`
    may change: embedding, length, language, media_type, nulls, repetition. Fewer than
    `min_documents` are not tested; of more than `sample` a sample is.

    With `queries`, a sample of what is asked is kept (no words, see `freshground.lake.asked`), and
    a release warns when recent questions differ from earlier ones.
    """

    severity: Literal["off", "warning", "critical"] = "warning"
    alpha: float = Field(0.01, gt=0, lt=0.5)
    effects: dict[DriftMeasure, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    min_documents: int = Field(20, ge=5)
    sample: int = Field(200, ge=20, le=1000)
    queries: bool = True


class Gates(Section):
    """What stops a candidate. Shares are between 0 and 1."""

    min_coverage: float = Field(0.98, ge=0, le=1)
    retrieval: RetrievalGate | None = None
    drift: DriftGate = DriftGate()


class Canary(Section):
    """A release that passed its gates answers a share of the queries before it is the live one.

    It is promoted once at least `min_queries` on either side rule harm out, rolled back once harm
    is sure, and decided by what was seen after `max_duration`; the next release is made only then.
    Harm is a rate of errors more than `max_more_errors` above the live release's, one of empty
    answers more than `max_more_empty` above, or answers that take over `max_latency_ratio` times as
    long (geometric means).
    """

    share: float = Field(0.1, gt=0, le=0.9)
    min_queries: int = Field(50, ge=1)
    max_duration: Duration = Field(timedelta(hours=1), gt=timedelta(0))
    max_more_errors: float = Field(0.01, ge=0, lt=1)
    max_more_empty: float = Field(0.05, ge=0, lt=1)
    max_latency_ratio: float = Field(1.5, gt=1)
