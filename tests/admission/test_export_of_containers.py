"""An export of archives and messages: parts stay parts, and no byte of the originals is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freshground.core.errors import ConfigError
from freshground.service.asking.query import query
from freshground.service.lineage.explain import explain
from freshground.service.masking.addresses import Known
from freshground.service.masking.export import export
from tests.admission.test_masked_export import MAIL, PHONE, TOKEN, everything, over, rows_served
from tests.containers.boxes import letter, sentence, zipped
from tests.project import Project

pytestmark = pytest.mark.slow

PERSON = "Greta Lindqvist"
NAMES = ("greta lindqvist", "greta-lindqvist", "gretalindqvist", "greta_lindqvist")
PLANTED = (MAIL, PHONE, TOKEN, "ann@example.org", "bob@example.org", *NAMES)


def page(author: str, text: str) -> bytes:
    head = f'<html><head><meta name="author" content="{author}"><title>Page</title></head>'
    return f"{head}<body><h1>Hail</h1><p>{text}</p></body></html>".encode()


@pytest.fixture
def filled(tmp_path: Path) -> Project:
    project = Project(tmp_path, engine="lance")
    # Who is meant is told by the page alone; the archive and its other parts are called after her.
    papers = {
        "cv of greta_lindqvist.html": page(PERSON, "Hail is covered."),
        f"{MAIL}.md": sentence("storm"),
        "plain.md": sentence("fire") + f"\nCall {PHONE}.\n",
    }
    project.write("Greta-Lindqvist.zip", zipped(papers))
    inner = zipped({"deep/GretaLindqvist.md": sentence("ice") + f"\nThe token is {TOKEN}.\n"})
    attached = (("Greta Lindqvist (scan).txt", sentence("hail").encode()), ("in.zip", inner))
    project.write("m.eml", letter(f"See the papers of {MAIL}.", *attached))
    project.write("letters/greta lindqvist/one.md", sentence("water"))
    assert project.refresh().status == 0
    return project


def test_nothing_of_the_originals_is_in_any_file(filled: Project, tmp_path: Path) -> None:
    before = "".join(str(data.lower()) for _, data in everything(filled.root / "lake"))
    assert all(planted.lower() in before for planted in PLANTED[:5]), "what is looked for is there"
    lower = tmp_path / "lower"
    done = export(filled.context(), str(lower), models=False)
    assert done.documents == 7
    copied = over(filled, lower)
    served = json.dumps(rows_served(copied), default=str, ensure_ascii=False).lower()
    for planted in (word.lower() for word in PLANTED):
        assert planted not in served, planted
        assert planted.replace(" ", "%20") not in served, planted
        for path, data in everything(lower):
            assert planted.encode() not in data.lower(), (planted, path)
    originals = {row["content_hash"] for row in filled.context().ledger.objects("docs").values()}
    assert not originals & {Path(name).name for name in copied.lake.files.list("blobs")}


def test_parts_stay_parts_of_what_they_lie_in(filled: Project, tmp_path: Path) -> None:
    lower = tmp_path / "new" / "lower"
    export(filled.context(), f"file://{lower}", models=False)
    with pytest.raises(ConfigError, match="not empty"):
        export(filled.context(), f"file://{lower}", models=False)
    copied = over(filled, lower)
    assert copied.settings.lake == f"file://{lower}"
    rows = copied.ledger.objects("docs")
    archives = {row["key"].partition("!/")[0] for row in rows.values() if "!/" in row["key"]}
    assert len(archives) == 2, "an archive has one name, whatever its parts hold"
    parts = [row for row in rows.values() if row["parent"] is not None]
    assert len(parts) == 6
    for row in parts:
        parent, said = rows[row["parent"]], json.loads(row["metadata"])
        assert row["key"] == f"{parent['key']}!/{said['part']}"
        assert (said["parent"], said["parent_uri"]) == (parent["doc_id"], parent["uri"])
    held = sorted(row["holds"] for row in rows.values() if row["holds"] is not None)
    assert held == [1, 3]
    (hit,) = query(copied, copied.settings.index("docs"), "ice", k=1).hits
    assert json.loads(hit["metadata"])["parent"] in rows
    told = explain(copied, hit["doc_id"])["document"]
    assert told["parent"]["key"].endswith("!/in.zip")
    assert copied.releases.live("docs") is not None


def test_a_value_is_known_however_a_name_spells_it() -> None:
    known = Known()
    known.add({"greta lindqvist": "[N]", "555 0199 12": "[P]", "10.0.0.1": "[IP]"})
    for text in ("Greta Lindqvist", "x/greta-lindqvist.pdf", "GretaLindqvist"):
        assert set(known.standing_in(text).values()) == {"[N]"}
    for text in ("Greta%20", "5550199", "margreta lindqvister"):
        assert known.standing_in(text) == {}
    assert known.standing_in("call 555-0199-12 or 555019912") == {
        "555-0199-12": "[P]", "555019912": "[P]",
    }  # fmt: skip
    assert known.standing_in("invoice 10001, 10.0.0.1") == {"10.0.0.1": "[IP]"}
