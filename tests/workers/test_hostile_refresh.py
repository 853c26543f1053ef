"""Among hostile files the others are parsed, and it is said of each why it is set aside."""

from __future__ import annotations

import io
import zipfile

import pytest

from freshground.service.quarantine.listing import listed
from freshground.service.reports import Scope
from freshground.service.stages.bronze import ingest
from freshground.service.stages.silver import silver
from tests.project import Project

pytestmark = pytest.mark.slow


def _bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b" " * 120_000_000)
    return stream.getvalue()


def test_each_hostile_file_costs_itself_alone(quick: Project) -> None:
    quick.changes["parsing"] = {"wall_time": "3s", "workers": 2}
    quick.fill(6)
    quick.write("bomb.docx", _bomb())
    quick.write("deep.html", b"<div>" * 100_000 + b"text")
    quick.write("slow.md", b"[a](" * 3_000_000)
    with quick.write("sparse.txt", b"").open("wb") as stream:
        stream.truncate(2 << 30)
    context = quick.context()
    ingest(context, Scope(source="docs"))
    report = silver(context, Scope(source="docs"))
    assert (report.outcome, report.counts["parsed"]) == ("quarantined", 6)
    assert {row["key"]: row["rule"] for row in listed(context)} == {
        "bomb.docx": "too_large",
        "deep.html": "too_deep",
        "slow.md": "parser_hung",
        "sparse.txt": "too_large",
    }
    again = silver(quick.context(), Scope(source="docs"))
    assert again.counts["parsed"] == again.counts["quarantined"] == 0, "once is enough"
