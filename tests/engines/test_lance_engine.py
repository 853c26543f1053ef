"""LanceDB keeps the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexes.engines import make
from indexes.engines.conformance import EngineConformance

if TYPE_CHECKING:
    import pyarrow as pa

    from freshground.core.clock import ManualClock
    from indexes.engines.contract import Engine


class TestLanceEngine(EngineConformance):
    def make(self, root: str, schema: pa.Schema, clock: ManualClock) -> Engine:
        return make("lance", root, schema, clock)
