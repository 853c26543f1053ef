"""The Azure engine keeps the contract against our own service, by the official client over HTTP.

The circle: an engine that speaks to Azure, a client that we did not write, a service that speaks
as Azure does, and the memory engine as the oracle of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engines.azure_real import serving
from tests.engines.test_azure_engine import TestAzureEngine as _OnTheFake

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.service.api.service import Service


class TestAzureEngineOnOurService(_OnTheFake):
    @pytest.fixture(scope="class")
    @classmethod
    def running(
        cls, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[tuple[str, Service]]:
        with serving(tmp_path_factory.mktemp("service")) as made:
            yield made

    @pytest.fixture(autouse=True)
    def service(self, running: tuple[str, Service]) -> Iterator[None]:
        self.url, service = running
        yield
        for alias in service.collections.aliases():
            service.collections.delete_alias(alias.name)
        for name in service.collections.names():
            service.collections.delete(name)


del _OnTheFake  # or it is collected here as well
