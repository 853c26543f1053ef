"""`freshground.yaml`: read once, validated once, frozen.

Secrets never stand in the file: a value written as `${NAME}` is taken from the environment.
`FRESHGROUND_LAKE` and `FRESHGROUND_CACHE` override `lake` and `cache`.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from freshground.core.errors import ConfigError
from freshground.core.records import PUBLIC

SETTINGS_FILE = "freshground.yaml"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MASKED = ("storage_options", "kwargs")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def duration(text: str) -> timedelta:
    """Return the length of a text such as 24h or 1h30m. ValueError when it is none."""
    if not text.strip() or _DURATION.sub("", text).strip():
        found = f"{text!r} is no duration"
        raise ValueError(f"{found}; write a number and ms, s, m, h, d or w, such as 24h or 1h30m")
    return timedelta(seconds=sum(float(n) * _UNITS[u] for n, u in _DURATION.findall(text)))


def _duration(value: object) -> object:
    return duration(value) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Groups(_Section):
    """Access for named groups only."""

    groups: tuple[str, ...] = Field(min_length=1)

    @field_validator("groups")
    @classmethod
    def _no_wildcard(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if PUBLIC in value:
            raise ValueError("'*' is no group; write `access: public` to let everybody read")
        return value


Access = Literal["public", "from_source"] | Groups


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


class Window(_Section):
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


class Sla(_Section):
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
        value = _duration(text)
    elif text:
        try:
            value = float(text[:-1]) / 100
        except ValueError:
            raise ValueError(f"{value!r} is no share; write it as 10%") from None
    share = isinstance(value, float) and 0 <= value < 1
    if share or (isinstance(value, timedelta) and value >= timedelta(0)):
        return value
    raise ValueError("is no margin; write a share below 100%, as 10%, or a duration, as 30m")


class Governor(_Section):
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


class DeleteGuard(_Section):
    """Stops a plan that would delete more than `share` of a source and at least `at_least`."""

    share: float = Field(0.2, ge=0, le=1)
    at_least: int = Field(10, ge=1)
    window: Duration = timedelta(hours=24)


class EditGuard(_Section):
    """Stops a plan in which more than `share` of a source's documents have other bytes."""

    share: float = Field(0.5, ge=0, le=1)
    at_least: int = Field(20, ge=1)


class GrowthGuard(_Section):
    """Stops a plan that adds more than `share` times what the source's last listing held."""

    share: float = Field(2.0, ge=0)
    at_least: int = Field(100, ge=1)


class WideningGuard(_Section):
    """Stops a plan that lets more people read more than `share` of a source's documents."""

    share: float = Field(0.1, ge=0, le=1)
    at_least: int = Field(5, ge=1)


class SizeGuard(_Section):
    """Warns of a document over `times` the 99th percentile of its source's sizes.

    Judged once the source holds `at_least` documents. With `stop` it stops the plan.
    """

    times: float = Field(20.0, gt=0)
    at_least: int = Field(20, ge=1)
    stop: bool = False


class Guards(_Section):
    """What stops a plan of one source. `delete` is the newer place of `delete_guard`."""

    delete: DeleteGuard | None = None
    edit: EditGuard = EditGuard()
    growth: GrowthGuard = GrowthGuard()
    widening: WideningGuard = WideningGuard()
    size: SizeGuard = SizeGuard()


class Budget(_Section):
    """What embedding may cost. Tokens are tiktoken's; money is in the price's own currency.

    A day is a calendar day in UTC. None is no limit. Documents that do not fit wait for another run
    or day, the one whose SLA breaks first going first; what they replace is served meanwhile. One
    that is larger than a limit goes alone. Deletions, moves and access never wait.
    """

    tokens_per_run: int | None = Field(None, gt=0)
    tokens_per_day: int | None = Field(None, gt=0)
    money_per_run: float | None = Field(None, gt=0)
    money_per_day: float | None = Field(None, gt=0)

    @property
    def limited(self) -> bool:
        """Whether anything is limited."""
        return any(value is not None for value in self.model_dump().values())


class _SourceBase(_Section):
    id: Id
    url: str
    access: Access
    storage_options: dict[str, Any] = Field(default_factory=dict, repr=False)
    verify_every: Duration = timedelta(days=7)
    max_bytes: int = Field(100_000_000, gt=0)
    delete_guard: DeleteGuard = DeleteGuard()
    sla: Sla | None = None
    guards: Guards = Guards()

    @model_validator(mode="after")
    def _one_delete_guard(self) -> _SourceBase:
        if self.guards.delete is not None and "delete_guard" in self.model_fields_set:
            raise ValueError("delete_guard and guards.delete are the same; write one of them")
        return self

    @property
    def deletions(self) -> DeleteGuard:
        """The guard of deletions, wherever it was written."""
        return self.guards.delete or self.delete_guard


class FilesSource(_SourceBase):
    """A folder, or an object store URL that fsspec reaches: each file is a document.

    `include` and `exclude` are patterns over the relative path, `**` crossing folders. With
    `access: from_source` the groups of `a/b.pdf` stand in the sidecar `a/b.pdf.access.json`.
    """

    type: Literal["files"]
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    follow_symlinks: bool = False


class RecordFields(_Section):
    """Which column holds what. `metadata` lists columns to keep; "*" keeps every other one."""

    id: str = "id"
    text: str = "text"
    title: str | None = None
    modified_at: str | None = None
    groups: str | None = None
    metadata: tuple[str, ...] = ("*",)


class RecordsSource(_SourceBase):
    """One or more JSONL, CSV or Parquet files in which each row is a document."""

    type: Literal["records"]
    format: Literal["jsonl", "csv", "parquet"] | None = None
    fields: RecordFields = RecordFields()


SourceSettings = Annotated[FilesSource | RecordsSource, Field(discriminator="type")]


class Chunking(_Section):
    """How documents are cut. Sizes are tiktoken tokens of `encoding`.

    `max_encoder_tokens` None means: whatever the encoder reads at most.
    """

    max_tokens: int = Field(200, ge=16, le=8192)
    overlap: int = Field(0, ge=0)
    encoding: Literal["cl100k_base"] = "cl100k_base"
    max_encoder_tokens: int | None = Field(None, ge=16)

    @model_validator(mode="after")
    def _overlap_fits(self) -> Chunking:
        if self.overlap * 2 > self.max_tokens:
            raise ValueError("overlap may be at most half of max_tokens")
        return self


class LocalEncoder(_Section):
    """A sentence-transformers model: a name known to Freshground, or a folder that holds one.

    `runtime` auto takes the fastest that the probe texts admit to the embedding space.
    `price_per_million_tokens` is what plans and budgets reckon with, in any currency.
    """

    type: Literal["sentence-transformers"] = "sentence-transformers"
    model: str = "all-MiniLM-L6-v2"
    prefix: str = ""
    query_prefix: str = ""
    runtime: Literal["auto", "openvino", "onnxruntime", "torch"] = "auto"
    batch_size: int = Field(32, ge=1)
    price_per_million_tokens: float = Field(0.0, ge=0)


class RemoteEncoder(_Section):
    """Azure OpenAI or an OpenAI-compatible endpoint.

    `url` is the base that `/embeddings` is appended to. With `api: azure` the key goes into the
    header `api-key` and `api_version` into the query. `price_per_million_tokens` is what plans and
    budgets reckon with, in any currency.
    """

    type: Literal["openai"]
    url: str
    model: str
    dimensions: int = Field(gt=0)
    api_key: SecretStr
    api: Literal["openai", "azure"] = "openai"
    api_version: str | None = None
    prefix: str = ""
    query_prefix: str = ""
    max_tokens: int = 8191
    encoding: Literal["cl100k_base"] = "cl100k_base"
    batch_size: int = Field(64, ge=1)
    price_per_million_tokens: float = Field(0.0, ge=0)
    timeout: Duration = timedelta(seconds=60)
    max_attempts: int = Field(6, ge=1)


def _encoder_type(value: object) -> object:
    if isinstance(value, dict):
        return value.get("type", "sentence-transformers")
    return getattr(value, "type", None)


EncoderSettings = Annotated[
    Annotated[LocalEncoder, Tag("sentence-transformers")] | Annotated[RemoteEncoder, Tag("openai")],
    Discriminator(_encoder_type),
]


class IndexField(_Section):
    """A document metadata key that queries may filter, sort or facet on."""

    type: Literal["string", "int", "float", "bool", "datetime", "strings"] = "string"
    filter: bool = True
    sort: bool = False
    facet: bool = False


class RetrievalGate(_Section):
    """Golden questions, asked of a candidate and of the live release before publishing.

    `margin` is the loss in mean nDCG@10 that must be ruled out. `auto` stops the release from 100
    questions on, and warns below.
    """

    questions: str
    margin: float = Field(0.02, gt=0, lt=1)
    severity: Literal["auto", "warning", "critical"] = "auto"
    resamples: int = Field(2000, ge=200, le=100_000)


DriftMeasure = Literal["embedding", "length", "language", "media_type", "nulls", "repetition"]


class DriftGate(_Section):
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


class Gates(_Section):
    """What stops a candidate. Shares are between 0 and 1."""

    min_coverage: float = Field(0.98, ge=0, le=1)
    retrieval: RetrievalGate | None = None
    drift: DriftGate = DriftGate()


class Canary(_Section):
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


class Fusion(_Section):
    """How hybrid search joins its arms: `adaptive`, or `rrf`, Azure's exact formula (k 60)."""

    mode: Literal["adaptive", "rrf"] = "adaptive"


class IndexSettings(_Section):
    """A named, served projection of gold."""

    id: Id
    sources: tuple[Id, ...] = Field(min_length=1)
    sla: Sla = Sla()
    fields: dict[str, IndexField] = Field(default_factory=dict)
    chunking: Chunking | None = None
    encoder: EncoderSettings | None = None
    language: str = "english"
    fusion: Fusion = Fusion()
    gates: Gates = Gates()
    canary: Canary | None = None
    budget: Budget = Budget()
    keep_releases: int = Field(5, ge=1)
    engine: Literal["lance", "memory"] = "lance"


class Lineage(_Section):
    """Where OpenLineage events go: `file`, `http`, `console` or `none`."""

    transport: Literal["file", "http", "console", "none"] = "file"
    url: str | None = None
    namespace: str = "freshground"


AlertKind = Literal["late", "unknown", "burn", "gate", "guard", "source", "refresh", "hold"]
Line = Annotated[str, Field(pattern=r"^[^\r\n]+$")]
DottedPath = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")]


def _channel(value: object) -> object:
    if not isinstance(value, dict):
        return value
    # YAML 1.1 reads a bare `on` as true.
    return {"on" if key is True else key: item for key, item in value.items()}


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class _Channel(_Section):
    """Where alerts go. `on` names the kinds it wants; None: all. `name` is how it is shown."""

    name: Id | None = None
    on: tuple[AlertKind, ...] | None = Field(None, min_length=1)
    timeout: Duration = Field(timedelta(seconds=10), gt=timedelta(0))


class WebhookChannel(_Channel):
    """Posts JSON with one key `text`, as Slack, Mattermost and many others take it."""

    type: Literal["webhook"]
    url: SecretStr

    @model_validator(mode="after")
    def _is_http(self) -> WebhookChannel:
        if not self.url.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("url is no http or https URL")
        return self


class EmailChannel(_Channel):
    """Sends e-mail. With `tls: auto` the connection is encrypted where the server offers it.

    `implicit` encrypts from the first byte (port 465), `required` sends nothing in the clear. A
    password is never sent unencrypted to another machine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    type: Literal["email"]
    to: Annotated[tuple[Line, ...], BeforeValidator(_several), Field(min_length=1)]
    sender: Line = Field(alias="from")
    host: str
    port: int = Field(587, ge=1, le=65535)
    user: str | None = None
    password: SecretStr | None = None
    tls: Literal["auto", "required", "implicit"] = "auto"


class AirflowChannel(_Channel):
    """Any Airflow notifier, by its class. Its templates see `alert`: kind, subject, title, text.

    It is told by the DAGs alone.
    """

    type: Literal["airflow"]
    notifier: DottedPath
    kwargs: dict[str, Any] = Field(default_factory=dict, repr=False)


ChannelSettings = Annotated[
    Annotated[WebhookChannel | EmailChannel | AirflowChannel, Field(discriminator="type")],
    BeforeValidator(_channel),
]


class Alerts(_Section):
    """Who is told when something is wrong; a bare list is `channels`.

    An alert that stays open is told again each `repeat_every`. `burn_1h` and `burn_24h` are burn
    rates of the error budget over an hour and a day (1 uses it up in 30 days) that are too quick.
    """

    channels: tuple[ChannelSettings, ...] = ()
    repeat_every: Duration = Field(timedelta(hours=24), gt=timedelta(0))
    burn_1h: float = Field(14.4, gt=0)
    burn_24h: float = Field(3.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return {"channels": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _names_differ(self) -> Alerts:
        names = [channel.name for channel in self.channels if channel.name]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two channels are named {twice[0]!r}; names must differ")
        return self

    def named(self) -> dict[str, WebhookChannel | EmailChannel | AirflowChannel]:
        """Return the channels by name; one without is called by its type, and a number."""
        found: dict[str, WebhookChannel | EmailChannel | AirflowChannel] = {}
        taken = {channel.name for channel in self.channels}
        for channel in self.channels:
            number, name = 1, channel.name or channel.type
            while channel.name is None and name in taken:
                number += 1
                name = f"{channel.type}-{number}"
            taken.add(name)
            found[name] = channel
        return found


class Watcher(_Section):
    """An Airflow trigger whose events wake the ingest DAG of `source`: a queue, a file, a topic.

    `trigger` is the class of a BaseEventTrigger, made with `kwargs`.
    """

    source: Id
    trigger: DottedPath
    kwargs: dict[str, Any] = Field(default_factory=dict, repr=False)


class Airflow(_Section):
    """What the DAGs add. Cron expressions are in UTC.

    `ingest` lists every source by the clock as well; None: only the governor, events and people do.
    `drain` is when layers take up what a lost event left. `approval_timeout` is how long a stopped
    plan waits for an answer before it counts as rejected. `watchers` wake ingest DAGs by events.
    """

    ingest: str | None = None
    drain: str = "*/15 * * * *"
    approval_timeout: Duration = Field(timedelta(hours=24), gt=timedelta(0))
    watchers: tuple[Watcher, ...] = ()


class Settings(_Section):
    """Everything in `freshground.yaml`. Relative paths count from the file's folder."""

    root: Path = Path()
    lake: str
    cache: str | None = None
    storage_options: dict[str, str] = Field(default_factory=dict, repr=False)
    sources: tuple[SourceSettings, ...] = Field(min_length=1)
    indexes: tuple[IndexSettings, ...] = Field(min_length=1)
    chunking: Chunking = Chunking()
    encoder: EncoderSettings = LocalEncoder()
    lineage: Lineage = Lineage()
    airflow: Airflow = Airflow()
    governor: Governor = Governor()
    alerts: Alerts = Alerts()
    budget: Budget = Budget()
    shard_size: int = Field(200, ge=1)
    retain_versions: Duration = timedelta(days=30)

    @model_validator(mode="after")
    def _names_agree(self) -> Settings:
        for what, ids in (("source", self.source_ids), ("index", [i.id for i in self.indexes])):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                raise ValueError(f"{what} id {twice[0]!r} stands twice; ids must differ")
        known = set(self.source_ids)
        for index in self.indexes:
            missing = [s for s in index.sources if s not in known]
            if missing:
                raise ValueError(
                    f"index {index.id!r} names source {missing[0]!r}, which is not under sources; "
                    f"known: {', '.join(sorted(known))}"
                )
        watched = [w.source for w in self.airflow.watchers if w.source not in known]
        if watched:
            raise ValueError(
                f"airflow.watchers names source {watched[0]!r}, which is not under sources"
            )
        return self

    @property
    def source_ids(self) -> list[str]:
        """Ids of all sources, in the file's order."""
        return [source.id for source in self.sources]

    def source(self, source_id: str) -> FilesSource | RecordsSource:
        """Return one source's settings; ConfigError when there is none of that id."""
        for source in self.sources:
            if source.id == source_id:
                return source
        raise ConfigError(
            f"There is no source {source_id!r} in the settings.",
            f"Known sources: {', '.join(self.source_ids)}.",
        )

    def index(self, index_id: str) -> IndexSettings:
        """Return one index's settings; ConfigError when there is none of that id."""
        for index in self.indexes:
            if index.id == index_id:
                return index
        known = ", ".join(index.id for index in self.indexes)
        raise ConfigError(
            f"There is no index {index_id!r} in the settings.", f"Known indexes: {known}."
        )

    def chunking_of(self, index: IndexSettings) -> Chunking:
        """Return the index's chunking, or the project's."""
        return index.chunking or self.chunking

    def encoder_of(self, index: IndexSettings) -> LocalEncoder | RemoteEncoder:
        """Return the index's encoder, or the project's."""
        return index.encoder or self.encoder

    def resolve(self, url: str) -> str:
        """Return a URL as it is, and a relative path as an absolute one under `root`."""
        if "://" in url:
            return url
        path = Path(url).expanduser()
        return str(path if path.is_absolute() else (self.root / path).resolve())


def _expand(value: Any, missing: list[str]) -> Any:
    if isinstance(value, str):

        def take(match: re.Match[str]) -> str:
            if match[1] not in os.environ:
                missing.append(match[1])
                return ""
            return os.environ[match[1]]

        return _VARIABLE.sub(take, value)
    if isinstance(value, dict):
        return {key: _expand(item, missing) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, missing) for item in value]
    return value


def _where(error: Any, raw: Any) -> str:
    """Return the place of a validation error as the user wrote it, without union tags."""
    parts: list[str] = []
    node = raw
    for part in error["loc"]:
        if isinstance(part, int):
            parts[-1:] = [f"{parts[-1]}[{part}]"] if parts else [f"[{part}]"]
            node = node[part] if isinstance(node, list) and part < len(node) else None
        elif isinstance(node, dict) and part in node:
            parts.append(part)
            node = node[part]
        elif error["type"] == "missing" and part == error["loc"][-1]:
            parts.append(part)
    return ".".join(parts)


def parse(raw: Any, root: Path, origin: str = SETTINGS_FILE) -> Settings:
    """Validate a mapping as settings. ConfigError names each wrong place and what was found."""
    if not isinstance(raw, dict):
        raise ConfigError(f"{origin} holds no mapping.", "See the README for the smallest one.")
    missing: list[str] = []
    expanded = _expand(raw, missing)
    if missing:
        raise ConfigError(
            f"{origin} names the environment variable {missing[0]}, which is not set.",
            f"Set it: export {missing[0]}=...",
        )
    for key in ("lake", "cache"):
        override = os.environ.get(f"FRESHGROUND_{key.upper()}")
        if override:
            expanded[key] = override
    try:
        return Settings.model_validate({**expanded, "root": root})
    except ValidationError as error:
        lines: dict[str, None] = {}
        found_errors = error.errors(include_url=False, include_context=False)
        places = [item["loc"] for item in found_errors]
        for item in found_errors:
            deeper = any(p[: len(item["loc"])] == item["loc"] != p for p in places)
            if deeper and item["type"] == "too_short":
                continue  # said of a list whose items are what is wrong
            place = _where(item, expanded)
            message = item["msg"].removeprefix("Value error, ")
            found = item["input"]
            shown = "" if isinstance(found, dict | list) else f" (found {found!r})"
            if item["type"] == "missing":
                message, shown = "is missing", ""
            elif item["type"] == "extra_forbidden":
                message, shown = f"{item['loc'][-1]!r} is no known setting", ""
            lines[f"  {place}: {message}{shown}" if place else f"  {message}"] = None
        raise ConfigError(f"{origin} cannot be used:\n" + "\n".join(lines)) from None


def load(path: str | Path | None = None) -> Settings:
    """Read settings from `path`, else $FRESHGROUND_SETTINGS, else ./freshground.yaml."""
    place = Path(path or os.environ.get("FRESHGROUND_SETTINGS") or SETTINGS_FILE)
    if place.is_dir():
        place = place / SETTINGS_FILE
    try:
        text = place.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"There is no settings file at {place}.",
            "Write one with `freshground init`, or name it with --settings.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place} cannot be read: {error}.", "Check the file.") from None
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{place} is no valid YAML: {error}", "Mend the line named.") from None
    return parse(raw, place.resolve().parent, str(place))


def masked(settings: Settings) -> dict[str, Any]:
    """Return the settings as JSON-ready data with every secret as ***."""
    data = settings.model_dump(mode="json")

    def hide(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: dict.fromkeys(item, "***")
                if key in _MASKED and isinstance(item, dict)
                else hide(item)
                for key, item in node.items()
            }
        if isinstance(node, list):
            return [hide(item) for item in node]
        return node

    return hide(data)
