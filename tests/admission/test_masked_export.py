"""A lower environment: it answers as production does, and nothing of the originals is in it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from freshground.core.errors import ConfigError
from freshground.core.settings import load
from freshground.service.asking.query import query
from freshground.service.context import Context
from freshground.service.denial.takedown import takedown
from freshground.service.masking.export import export
from tests.project import Project, article

pytestmark = pytest.mark.slow

MAIL = "greta.lindqvist@fjordbank.example"
CARD = "4539 1488 0343 6467"
PHONE = "+46 70 174 06 05"
TOKEN = "ghp_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY1zA2"
NAME = "greta.lindqvist"
PLANTED = (MAIL, NAME, CARD, CARD.replace(" ", ""), PHONE, TOKEN, "SEALEDPASSAGE")


@pytest.fixture
def filled(tmp_path: Path) -> Project:
    project = Project(tmp_path, engine="lance")
    project.write("guide.md", "# Claims\n\nStorm damage is paid within ten days.\n")
    project.write("contact.md", f"# Contact of {MAIL}\n\nWrite to {MAIL} or call {PHONE}.\n")
    project.write(f"letters/{MAIL}.md", f"# Letter\n\n{MAIL} pays by card {CARD}; token {TOKEN}.\n")
    page = f'<html><head><meta name="author" content="{MAIL}"><title>On {MAIL}</title></head>'
    project.write("page.html", page + f"<body><h1>{MAIL}</h1><p>A page of hers.</p></body></html>")
    project.write("secret.md", article(7, 12) + "\n# Gone\n\nSEALEDPASSAGE is denied.\n")
    project.source(access={"groups": ["claims"]})
    assert project.refresh().status == 0
    return project


def everything(root: Path) -> list[tuple[Path, bytes]]:
    """Return every file's bytes, and those of every value in Parquet and Arrow files."""
    found = []
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        data = path.read_bytes()
        found.append((path, data + path.relative_to(root).as_posix().encode()))
        if data[:4] == b"PAR1":
            rows = pq.read_table(io.BytesIO(data)).to_pylist()
            found.append((path, json.dumps(rows, default=str, ensure_ascii=False).encode()))
        if path.suffix == ".lance":
            continue
    return found


def rows_served(context: Context, index: str = "docs") -> list[dict]:
    live = context.releases.live(index)
    assert live is not None
    reader = context.engine(context.settings.index(index)).open(index, live[1].engine_version)
    return reader.rows(["text", "title", "key", "uri", "metadata", "groups"]).to_pylist()


def test_nothing_of_the_originals_is_in_any_file(filled: Project, tmp_path: Path) -> None:
    context = filled.context()
    denied = context.lake.gold.rows("SELECT chunk_id FROM t WHERE text LIKE '%SEALEDPASSAGE%'")
    takedown(context, denied.column("chunk_id")[0].as_py())
    lower = tmp_path / "lower"
    done = export(context, str(lower), models=False)
    assert done.documents == 5
    served = json.dumps(rows_served(over(filled, lower)), default=str, ensure_ascii=False).encode()
    for planted in PLANTED:
        assert planted.encode() not in served, planted
        for path, data in everything(lower):
            assert planted.encode() not in data, (planted, path)


def over(project: Project, lower: Path) -> Context:
    """Return the lower environment as its own settings file describes it."""
    context = Context(load(lower), clock=project.clock)
    for index in context.settings.indexes:
        settings = context.settings.encoder_of(index)
        context._parts["encoder", settings.model_dump_json()] = project.encoder
    return context


def test_joins_retrieval_and_access_still_work(filled: Project, tmp_path: Path) -> None:
    lower = tmp_path / "lower"
    export(filled.context(), str(lower), models=False)
    context = over(filled, lower)
    index = context.settings.index("docs")
    rows = rows_served(context)
    pseudonyms = {
        word.strip(".,;#") for row in rows for word in row["text"].split() if "[EMAIL-" in word
    }
    assert len(pseudonyms) == 1  # one address, one pseudonym, in every document
    (pseudonym,) = pseudonyms
    contact, letter = (
        next(row for row in rows if "call" in row["text"]),
        next(row for row in rows if "card" in row["text"]),
    )
    assert contact["title"] == f"Contact of {pseudonym}"
    assert letter["key"] == f"letters/{pseudonym}.md"
    claims = frozenset({"claims"})
    assert query(context, index, "storm damage", groups=claims).hits[0]["key"] == "guide.md"
    assert query(context, index, pseudonym, groups=claims, mode="text").hits
    assert not query(context, index, "storm damage", groups=frozenset({"sales"})).hits


def test_only_masked_texts_are_embedded_anew(filled: Project, tmp_path: Path) -> None:
    before = len(filled.encoder.texts_encoded)
    done = export(filled.context(), str(tmp_path / "lower"), models=False)
    anew = filled.encoder.texts_encoded[before:]
    assert done.vectors_copied > 0
    assert anew
    assert all("[" in text for text in anew)


def test_it_refuses_a_place_that_holds_something(filled: Project, tmp_path: Path) -> None:
    lower = tmp_path / "lower"
    lower.mkdir()
    (lower / "note.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        export(filled.context(), str(lower))
    assert [p.name for p in lower.iterdir()] == ["note.txt"]
