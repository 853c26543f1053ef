"""A lake: its tables, files, journal and pointers, under one URL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from freshground.core.clock import iso, parse_iso
from freshground.core.errors import Fatal
from freshground.lake.alerts import Alerts
from freshground.lake.aliases import Aliases
from freshground.lake.blobs import Blobs
from freshground.lake.denials import Denials
from freshground.lake.found import Found
from freshground.lake.holds import Holds
from freshground.lake.journal import Journal
from freshground.lake.journal_mirror import JournalMirror
from freshground.lake.judgements import Judgements
from freshground.lake.keys import Keys
from freshground.lake.mark import MARK, read_mark
from freshground.lake.people import People
from freshground.lake.pointers import Pointers
from freshground.lake.progress import Beats
from freshground.lake.queries import QueryCounts
from freshground.lake.reviews import Reviews
from freshground.lake.schemas import FORMAT, TABLES
from freshground.lake.sessions import Sessions
from freshground.lake.storage import Files
from freshground.lake.tables import Table
from freshground.lake.traffic import TrafficCounts
from freshground.lake.usage import Usage

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.clock import Clock
    from freshground.core.settings import Settings

PATIENCE = 0.2
"""Seconds for which a process that asks all day does not ask an object store's logs again: a page
asks twenty times."""


class Lake:
    """Everything that Freshground keeps. Made empty where there is none.

    ConfigError when the URL cannot be used; Fatal when the lake is of another format.
    """

    def __init__(self, url: str, options: dict[str, str], clock: Clock) -> None:
        self.url = url.rstrip("/")
        self.clock = clock
        self.files = Files(self.url, options)
        self._check_format()
        self.options = options
        tables = {
            name: Table(name, f"{self.url}/tables/{name}", schema, options)
            for name, schema in TABLES.items()
        }
        self.bronze = tables["bronze"]
        self.containers = tables["containers"]
        self.silver = tables["silver"]
        self.admissions = tables["admissions"]
        self.signatures = tables["signatures"]
        self.gold = tables["gold"]
        self.vectors = tables["vectors"]
        self.publications = tables["publications"]
        self.blobs = Blobs(self.files)
        self.journal = Journal(tables["journal"], clock)
        self.pointers = Pointers(self.files)
        self.progress = Beats(self.files, clock)
        self.queries = QueryCounts(self.files, clock)
        self.denials = Denials(self.files, clock)
        self.reviews = Reviews(self.files, clock)
        self.holds = Holds(self.files, clock)
        self.alerts = Alerts(self.files, clock)
        self.keys = Keys(self.files, clock)
        self.people = People(self.files, clock)
        self.sessions = Sessions(self.files, clock)
        self.usage = Usage(self.files, clock)
        self.aliases = Aliases(self.files)
        self.traffic = TrafficCounts(self.files, clock)
        self.judgements = Judgements(self.files, clock)
        self.found = Found(self.files, clock)

    @classmethod
    def open(cls, settings: Settings, clock: Clock) -> Lake:
        """Open the lake that the settings name."""
        return cls(settings.resolve(settings.lake), dict(settings.storage_options), clock)

    def keep_journal(self) -> None:
        """Answer from memory what is asked of the journal: for a process that asks all day.

        On an object store it sees a commit PATIENCE later.
        """
        if self.journal.mirror is None:
            self.journal.mirror = JournalMirror(self.journal.table, self.files, "tables/journal")
            for table in (
                self.bronze,
                self.silver,
                self.admissions,
                self.gold,
                self.publications,
            ):
                table.patience = PATIENCE
            self.journal.table.patience = PATIENCE

    @property
    def created_at(self) -> datetime | None:
        """When the lake was made."""
        return parse_iso(json.loads(self.files.get(MARK) or b"{}").get("created_at"))

    def _check_format(self) -> None:
        mark = read_mark(self.files)
        if mark is None:
            new = {"format": FORMAT, "created_at": iso(self.clock.now())}
            if self.files.put_new(MARK, json.dumps(new).encode()):
                return
            mark = read_mark(self.files) or new
        found = int(mark["format"])
        if found > FORMAT:
            raise Fatal(
                f"The lake {self.url} has format {found}; this Freshground knows up to {FORMAT}.",
                "Install the newer Freshground. Nothing was changed.",
            )
        if found < FORMAT:
            raise Fatal(
                f"The lake {self.url} has the older format {found}; this one writes {FORMAT}.",
                "Stop what writes it, and bring it to the present format: freshground migrate",
            )
