"""The records that pass between layers. Plain data: no I/O, no heavy imports.

Times are aware datetimes in UTC. Character positions are 0-based, half open, and count Unicode
code points of the cleaned document text. Pages count from 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    import numpy as np

    from freshground.core.errors import FreshgroundError

PUBLIC = "*"
"""The one entry of `groups` that means: everybody may read this."""


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """One thing that a source lists.

    `groups` is `(PUBLIC,)`, group names, or `()` where access is unknown: served to nobody.
    `etag` identifies the content where the source has such a thing, else None. `parent` is the
    doc_id of the object that this one is a part of: an archive or a message. `holds` is the number
    of parts of an object that is nothing but its parts; None for what has content of its own.
    """

    key: str
    uri: str
    size: int | None
    modified_at: datetime | None
    etag: str | None
    groups: tuple[str, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    holds: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One walk over a source. Not `complete` means: it deletes nothing and moves no as-of.

    `excluded` counts objects that the patterns left out; `problems` says what could not be seen.
    """

    source_id: str
    started_at: datetime
    objects: tuple[ObjectStat, ...]
    excluded: int = 0
    problems: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the walk saw everything."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of one object with the stat that is true of those bytes, or why there are none.

    `data` None with `error` None: the object vanished after it was listed.
    """

    stat: ObjectStat
    data: bytes | None
    error: FreshgroundError | None = None


class Source(Protocol):
    """A place that documents come from."""

    id: str

    def list(self, started_at: datetime) -> Listing:
        """Walk the whole source. Raise Retriable or ConfigError when nothing can be seen at all."""
        ...

    def fetch(self, stats: Sequence[ObjectStat]) -> Iterator[Fetched]:
        """Yield one Fetched for each stat, in any order, one object in memory at a time."""
        ...


@dataclass(frozen=True, slots=True)
class Element:
    """One structural piece of a document.

    `kind` is one of title, heading, text, list_item, table, code, caption, footnote, notes.
    `level` is the depth of a heading from 1, else None. `headings` is the path of headings above,
    outermost first, without the element itself. `text[start:end]` of the document is its text.
    """

    kind: str
    start: int
    end: int
    page: int | None = None
    level: int | None = None
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Text that a document holds and its readers do not see. It is no part of the document's text.

    `kind` says how it is hidden: white, tiny, off_page, invisible, zero_width, bidi, tags, comment,
    alt_text, metadata. `at` is the character of the document's text before which it stood, or None.
    """

    kind: str
    text: str
    at: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed and cleansed document. Elements are in reading order and do not overlap.

    `title` comes from the content alone, never from the file's name. `language` is an ISO 639-1
    code or None. `metadata` holds what the format says of itself (author, subject, ...). `hidden`
    is what is kept from readers, for admission to look at: it is never served.
    """

    text: str
    elements: tuple[Element, ...]
    title: str | None
    language: str | None
    media_type: str
    pages: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of a document. `document.text[start:end] == text`.

    `tokens` counts tiktoken tokens of `text`. `embed_text` is what is embedded and searched:
    title and heading path, then the text. `headings` leaves the title out. `table_header` is the
    first row of the table that the passage goes on with, where that row lies above it; `cells` are
    the ranges of a sheet that it holds (`Tariff!A3:D20`).
    """

    ordinal: int
    text: str
    start: int
    end: int
    page_first: int | None
    page_last: int | None
    headings: tuple[str, ...]
    tokens: int
    embed_text: str
    table_header: str | None = None
    cells: str | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """The identity of a vector space. Vectors of two spaces are never mixed.

    `weights` is the SHA-256 of the model's weights, or the remote model's name and version.
    `precision` is a class, not a data type: every runtime in it agrees with the reference to a
    cosine of at least 0.999 on the probe texts.
    """

    model: str
    weights: str
    pooling: str
    normalised: bool
    prefix: str
    dimensions: int
    precision: str
    id: str


class Encoder(Protocol):
    """Turns texts into vectors of one embedding space."""

    space: EmbeddingSpace
    runtime: str
    max_tokens: int

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> np.ndarray:
        """Return float32 of shape (len(texts), space.dimensions), rows of unit length.

        `progress` is called with the number of texts done since its last call.
        """
        ...

    def encode_query(self, text: str) -> np.ndarray:
        """Return float32 of shape (space.dimensions,), unit length."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), space.dimensions), unit rows, of texts asked for."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of the encoder's own tokens of each text, special tokens included."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one quality check. `value` and `threshold` are in the check's own unit.

    `layer` is bronze, silver, gold or candidate. `severity` is critical (stops the release) or
    warning (recorded). `sample` holds ids of failing rows, never text. `blamed` holds the doc_ids
    of changes that caused the failure, where the check can tell. `failing_ids` holds the ids of all
    failing rows of a critical check whose rows have names, and is not part of its record.
    `expectation` is what Great Expectations said of failing rows: type, kwargs, counts, numbers.
    """

    check_id: str
    layer: str
    severity: str
    passed: bool
    value: float | None
    threshold: float | None
    rows: int
    failing: int
    sample: tuple[str, ...] = ()
    detail: str = ""
    blamed: tuple[str, ...] = ()
    failing_ids: tuple[str, ...] = ()
    expectation: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the record: JSON-ready, and of bounded size."""
        body = asdict(self)
        del body["failing_ids"]
        if self.expectation is None:
            del body["expectation"]  # as in most rows of years of journal
        return body
