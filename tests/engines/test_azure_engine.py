"""The Azure engine keeps the contract, by the official client over HTTP, on our own service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freshground.core.settings import AzureSearch
from indexes.engines.azure import AzureEngine
from indexes.engines.conformance import SCHEMA, EngineConformance
from tests.engines.azure_real import KEY, Remote, remote

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from freshground.core.clock import ManualClock
    from indexes.engines.azure_registry import Entry
    from indexes.engines.contract import Engine, Reader


class TestAzureEngine(EngineConformance):
    update = "side_by_side"
    kind: type[AzureEngine] = AzureEngine

    @pytest.fixture(scope="class")
    @classmethod
    def running(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
        with remote(tmp_path_factory.mktemp("service")) as made:
            yield made

    @pytest.fixture(autouse=True)
    def service(self, running: Remote) -> Iterator[None]:
        self.url = running.url
        yield
        running.clear()

    def make(self, root: str, schema: pa.Schema, clock: ManualClock) -> Engine:
        settings = AzureSearch.model_validate(
            {"endpoint": self.url, "key": KEY, "settle": "0s", "update": self.update}
        )
        return self.kind(root, schema, clock, settings=settings, sleep=lambda _: None)

    def made_elsewhere(self, engine: Engine) -> str:
        section = f"AzureSearch(endpoint={self.url!r}, key={KEY!r}, update={self.update!r})"
        return (
            "(__import__('freshground.core.settings'), make('azure', sys.argv[1], SCHEMA, "
            f"SystemClock(), settings=__import__('freshground').core.settings.{section}))[1]"
        )

    @pytest.mark.parametrize("steps", [8])
    def test_chain_of_releases_equals_a_dictionary(
        self, engine: Engine, clock: ManualClock, steps: int
    ) -> None:
        super().test_chain_of_releases_equals_a_dictionary(engine, clock, steps)


class _AtOnce(AzureEngine):
    """Applies each version when it is finished, so that what is read is the physical index."""

    def finish(self, entry: Entry, rows: int) -> str:
        name = super().finish(entry, rows)
        self._apply(self.registry.finished(entry.index, name))
        return name


class TestAzureEngineInPlace(TestAzureEngine):
    """What is not published is read in memory; the questions beside the oracle ask the service."""

    update = "in_place"

    @pytest.fixture
    def pair(self, root: str, clock: ManualClock) -> tuple[Reader, Reader]:
        self.kind = _AtOnce
        return self.beside_the_oracle(self.make(root, SCHEMA, clock), clock)
