"""The Azure engine keeps the contract, by the official client over HTTP, on our own service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freshground.core.settings import AzureSearch
from indexes.engines.azure import AzureEngine
from indexes.engines.conformance import EngineConformance
from tests.engines.azure_real import KEY, Remote, remote

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from freshground.core.clock import ManualClock
    from indexes.engines.contract import Engine


class TestAzureEngine(EngineConformance):
    update = "side_by_side"

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
        return AzureEngine(root, schema, clock, settings=settings, sleep=lambda _: None)

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


class TestAzureEngineInPlace(TestAzureEngine):
    update = "in_place"
