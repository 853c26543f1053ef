"""Lineage events carry the release and its gates, as docs/schemas/ReleaseFacet.json says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from referencing import Registry, Resource

from freshground.service.stages.canary import decide
from tests.project import article

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.slow

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs/schemas/ReleaseFacet.json").read_text()
)
OPENLINEAGE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://openlineage.io/spec/2-0-2/OpenLineage.json",
    "$defs": {
        "RunFacet": {
            "type": "object",
            "properties": {
                "_producer": {"type": "string", "format": "uri"},
                "_schemaURL": {"type": "string", "format": "uri"},
            },
            "required": ["_producer", "_schemaURL"],
        }
    },
}
"""What the schema refers to, as far as it does."""


@pytest.fixture
def emitting(quick: Project) -> Project:
    quick.changes["lineage"] = {"transport": "file"}
    quick.fill(3)
    return quick


def builds(project: Project, stage: str = "build") -> list[dict[str, Any]]:
    lines = (project.root / "lake/lineage/openlineage.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    return [event for event in events if event["job"]["name"] == f"{stage}.docs"]


def valid(event: dict[str, Any]) -> dict[str, Any]:
    registry = Registry().with_resource(OPENLINEAGE["$id"], Resource.from_contents(OPENLINEAGE))
    facets = {"freshground_release": event["run"]["facets"]["freshground_release"]}
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(
        SCHEMA, registry=registry, format_checker=jsonschema.FormatChecker()
    ).validate(facets)
    return facets["freshground_release"]


def test_a_published_release_is_told(emitting: Project) -> None:
    run = emitting.refresh()
    (event,) = builds(emitting)
    facet = valid(event)
    release = run.of("build").release
    assert release is not None
    assert event["eventType"] == "COMPLETE"
    assert (facet["release"], facet.get("parent"), facet["state"]) == (1, None, "published")
    assert facet["verdict"] == "passed"
    assert facet["releaseHash"] == release["release_hash"]
    assert facet["asOf"] == release["as_of"]
    assert [gate["gate"] for gate in facet["gates"]] == [g["check_id"] for g in release["gates"]]
    assert facet["_schemaURL"] == f"{SCHEMA['$id']}#/$defs/ReleaseFacet"
    assert facet["_producer"] == event["producer"]
    assert event["outputs"][0]["facets"]["version"]["datasetVersion"] == "1"


@pytest.mark.usefixtures("shifted")
def test_a_stopped_candidate_is_told_with_the_gate_that_stopped_it(emitting: Project) -> None:
    assert emitting.refresh().status == 0
    emitting.write("bad.md", article(77) + "\n\nThis one speaks of poison.\n")
    assert emitting.refresh().status == 5
    event = builds(emitting)[-1]
    facet = valid(event)
    assert event["eventType"] == "FAIL"
    assert (facet["release"], facet["parent"], facet["state"]) == (2, 1, "stopped")
    assert facet["verdict"] == "blocked"
    assert "candidate.upstream_checks" in {g["gate"] for g in facet["gates"] if not g["passed"]}
    served = event["outputs"][0]["facets"]["version"]["datasetVersion"]
    assert served == "1", "what was stopped is no version of the index"


def test_the_facet_names_no_document_and_the_schema_lets_nothing_else_through(
    emitting: Project,
) -> None:
    emitting.index(gates={"drift": {"severity": "warning", "min_documents": 5}})
    for number in range(20):
        emitting.write(f"page{number:02d}.md", article(number))
    emitting.refresh()
    for number in range(12):
        emitting.write(f"page{number:02d}.md", "# Gone\n\nPlease sign in to go on.\n")
    run = emitting.refresh()
    assert "page00.md" in json.dumps(run.of("build").checks), "the report does"
    event = builds(emitting)[-1]
    facet = valid(event)
    assert facet["verdict"] == "warning"
    assert "page00" not in json.dumps(facet)
    event["run"]["facets"]["freshground_release"]["detail"] = "page00.md"
    with pytest.raises(jsonschema.ValidationError):
        valid(event)


def test_a_confirmation_proposes_no_release(emitting: Project) -> None:
    emitting.refresh()
    emitting.refresh()
    assert len(builds(emitting)) == 1


@pytest.mark.parametrize("action", ["promote", "roll back"])
def test_a_canary_and_its_end_are_told(emitting: Project, action: str) -> None:
    emitting.index(canary={"share": 0.1})
    emitting.refresh()
    emitting.write("d000.md", article(9))
    emitting.refresh()
    event = builds(emitting)[-1]
    assert (valid(event)["release"], valid(event)["state"]) == (2, "canary")
    assert event["outputs"][0]["facets"]["version"]["datasetVersion"] == "1"
    context = emitting.context()
    decide(context, context.settings.index("docs"), action)
    (end,) = builds(emitting, "canary")
    told = end["eventType"], valid(end)["state"]
    assert (
        told
        == {
            "promote": ("COMPLETE", "published"),
            "roll back": ("FAIL", "rolled_back"),
        }[action]
    )
