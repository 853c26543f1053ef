"""Branches of a table that several processes make and delete at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import lancedb
import pyarrow as pa

from indexes.engines import lance_branches

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 25


def test_branches_that_others_delete_disturb_nobody(tmp_path: Path) -> None:
    lancedb.connect(tmp_path).create_table("base", pa.table({"x": [1]})).branches.create("kept")

    def delete_own(writer: int) -> int:
        table = lancedb.connect(tmp_path).open_table("base")
        for number in range(ROUNDS):
            table.branches.create(f"b{writer}-{number}")
            assert "kept" in lance_branches.names(table)
            lance_branches.drop(table, f"b{writer}-{number}")
        return writer

    with ThreadPoolExecutor(4) as writers:
        assert list(writers.map(delete_own, range(4))) == [0, 1, 2, 3]
    table = lancedb.connect(tmp_path).open_table("base")
    assert lance_branches.names(table) == {"kept"}
    lance_branches.drop(table, "b0-0")  # what is gone already is no error
