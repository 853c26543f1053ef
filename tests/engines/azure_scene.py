"""An engine, a proxy that does harm, and a search service behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from freshground.core.clock import ManualClock
from freshground.core.settings import AzureSearch
from indexes.engines.azure import AzureEngine
from indexes.engines.conformance import SCHEMA, START, Row, table
from tests.engines.azure_fake import KEY, FakeService
from tests.engines.azure_proxy import Proxy


@dataclass
class Scene:
    """`slept` holds the seconds that engines waited, instead of waiting."""

    root: Path
    service: FakeService
    proxy: Proxy
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    slept: list[float] = field(default_factory=list)

    def engine(self, **settings: object) -> AzureEngine:
        section = {"endpoint": self.proxy.url, "key": KEY, "settle": "10s", **settings}
        return AzureEngine(
            str(self.root / "lake"),
            SCHEMA,
            self.clock,
            settings=AzureSearch.model_validate(section),
            sleep=self.slept.append,
        )

    def release(
        self, engine: AzureEngine, rows: int | list[Row], candidate: str = "000001-x",
        parent: str | None = None,
    ) -> str:  # fmt: skip
        made = engine.begin("i", candidate, parent)
        try:
            made.upsert(table(several(rows) if isinstance(rows, int) else rows))
            return made.finish()
        except BaseException:
            made.abandon()
            raise

    def held(self, name: str) -> set[str]:
        """Return the keys that a physical index really holds."""
        return set(self.service.indexes[name].documents)


@contextmanager
def scene(root: Path) -> Iterator[Scene]:
    with FakeService().running() as service, Proxy(service.url).running() as proxy:
        yield Scene(root, service, proxy)


def several(count: int) -> list[Row]:
    return [Row(f"c{n:04}") for n in range(count)]


def keys(count: int) -> set[str]:
    return {row.chunk_id for row in several(count)}
