"""The examples of Azure's own documentation get the answers that it shows, scores aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexes.search.definition import STRING, Definition, Field
from indexes.search.plain import PlainView
from tests.querying.shelf import Shelf, app_of

GOLDEN = sorted(Path(__file__).with_name("golden").glob("*.json"))
INDEX = Definition(
    "myindex",
    (
        Field("docId", STRING, key=True, filterable=True),
        Field("title", STRING, searchable=True, analyzer="english"),
        Field("description", STRING, searchable=True, analyzer="english"),
        Field("category", STRING, facetable=True),
        Field("rating", "Edm.Double", filterable=True, sortable=True),
    ),
    suggesters={"sg": ("title", "description")},
)
ROWS = [
    {"docId": "1", "title": "Nice Hotel", "description": "Cheapest hotel in town",
     "category": "Economy", "rating": 4.9},
    {"docId": "2", "title": "Fancy Hotel", "description": "Best hotel in town",
     "category": "Luxury", "rating": 4.5},
    {"docId": "3", "title": "Plain Hotel", "description": "A hotel", "category": "Economy",
     "rating": 2.0},
    {"docId": "101", "title": "Medicaid in Washington", "description": "", "rating": 1.0},
    {"docId": "102", "title": "Washington", "description": "Medicare for all", "rating": 1.0},
    {"docId": "105", "title": "Medicine", "description": "Washington", "rating": 1.0},
    {"docId": "106", "title": "Medical", "description": "Washington", "rating": 1.0},
]  # fmt: skip
CLIENT = TestClient(app_of(Shelf(myindex=PlainView(INDEX, ROWS))))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_documented_examples(path: Path) -> None:
    golden = json.loads(path.read_text())
    version = {"api-version": "2024-07-01"}
    if "body" in golden:
        answer = CLIENT.post(golden["path"], params=version, json=golden["body"])
    else:
        answer = CLIENT.get(f"{golden['path']}&api-version=2024-07-01")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found.pop("@odata.context")
    for hit in found.get("value", ()):
        assert hit.pop("@search.score", 1.0) > 0
    assert found == golden["answer"]
