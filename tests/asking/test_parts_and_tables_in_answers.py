"""Passages of tables and of parts of archives say so in the same words over every way of asking."""

from __future__ import annotations

import json

import pytest

from freshground.core.ids import doc_id
from freshground.service.api.principal import Principal
from freshground.service.asking.query import query
from tests.containers.boxes import zipped
from tests.project import Project
from tests.querying.test_managed_queries import asked

pytestmark = pytest.mark.slow

SELECT = "document_key,table_header,cells,parent,metadata"


@pytest.fixture
def shelf(quick: Project) -> Project:
    rows = "".join(f"Country {n},Capital {n},{n}000\n" for n in range(200))
    quick.write("land.csv", "country,capital,population\n" + rows)
    quick.write("papers.zip", zipped({"roof.txt": "Three beams of the roof are broken."}))
    quick.index(fields={"parent": {"type": "string"}})
    quick.refresh()
    return quick


def test_they_are_told_and_filtered_by_alike(shelf: Project) -> None:
    context = shelf.context()
    index = context.settings.index("docs")

    def line(text: str, where: str | None = None) -> dict:
        return query(context, index, text, k=1, mode="text", where=where).hits[0]

    land, part = line("Capital 150"), line("beams")
    header = "country | capital | population"
    assert (land["table_header"], part["table_header"], part["cells"]) == (header, None, None)
    first, last = (int(cell[1:]) for cell in land["cells"].split(":"))
    assert first <= 152 <= last
    assert part["parent"] == doc_id("docs", "papers.zip")
    assert json.loads(part["metadata"])["part"] == "roof.txt"
    assert line("capital", f"cells eq '{land['cells']}'")["chunk_id"] == land["chunk_id"]
    assert line("roof", f"parent eq '{part['parent']}'")["chunk_id"] == part["chunk_id"]
    with asked(shelf, Principal("x", "query", frozenset())) as (client, _):
        for hit, where in ((land, f"cells eq '{land['cells']}'"), (part, "parent ne null")):
            asked_for = {"api-version": "2026-04-01", "search": "*", "$select": SELECT}
            answer = client.get("/indexes/docs/docs", params={**asked_for, "$filter": where})
            [found] = answer.json()["value"]
            assert found.pop("document_key") == hit["key"]
            assert {name: found[name] for name in SELECT.split(",")[1:]} == {
                name: hit[name] for name in SELECT.split(",")[1:]
            }
