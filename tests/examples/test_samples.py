"""The samples are consistent: questions, answers, changes and settings agree with the files."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pypdfium2
import pytest

from freshground.core.clock import parse_iso
from freshground.core.errors import Quarantine
from freshground.core.settings import FilesSource, RecordsSource, load

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HANDBOOK = EXAMPLES / "handbook"
CHANGES = EXAMPLES / "changes"
MAX_TOTAL_BYTES = 1_500_000
MARKUP = str.maketrans("", "", "`*")
WRONGLY_DECLARED = {"intranet/bereavement.html": "cp1252"}
UNREADABLE = {
    "inbox/empty.txt": "empty",
    "inbox/board-pack-locked.pdf": "encrypted",
    "inbox/claim-form-truncated.docx": "corrupt",
    "inbox/mandate-1998-scan.pdf": "no_text_layer",
}


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


QUERIES = rows(EXAMPLES / "questions" / "queries.jsonl")
ANSWERS = rows(EXAMPLES / "questions" / "answer_spans.jsonl")
QRELS = [
    line.split("\t")
    for line in (EXAMPLES / "questions" / "qrels.tsv").read_text(encoding="utf-8").splitlines()
]


class Visible(HTMLParser):
    """Collects the text of a page, without scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.hidden += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def plain(text: str) -> str:
    """Return the text as a reader sees it: no format characters, one space between words."""
    seen = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return " ".join(seen.split())


def office_text(path: Path) -> str:
    parts: list[str] = []
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if name.endswith(".xml"):
                for node in ET.fromstring(package.read(name)).iter():
                    kind = node.tag.rpartition("}")[2]
                    if kind == "t" and node.text:
                        parts.append(node.text)
                    elif kind in {"p", "si"}:
                        parts.append("\n")
    return "".join(parts)


@cache
def text_of(path: Path, key: str) -> str:
    """Return what a reader of the file sees. Independent of the product's own parsers."""
    data = path.read_bytes()
    match path.suffix:
        case ".pdf":
            with pypdfium2.PdfDocument(data) as pdf:
                pages = [page.get_textpage().get_text_range().splitlines() for page in pdf]
            # The first and the last line of each page are the booklet's header and footer.
            return plain("\n".join(line for page in pages for line in page[1:-1]))
        case ".docx" | ".pptx" | ".xlsx":
            return plain(office_text(path))
        case ".eml":
            message = email.message_from_bytes(data, policy=email.policy.default)
            body = message.get_body(("plain",))
            assert body is not None
            return plain(body.get_content())
        case ".html":
            page = Visible()
            page.feed(data.decode(WRONGLY_DECLARED.get(key, "utf-8")))
            return plain("".join(page.parts))
        case ".md":
            return plain(data.decode().translate(MARKUP))
        case _:
            return plain(data.decode())


def handbook_keys() -> set[str]:
    return {p.relative_to(HANDBOOK).as_posix() for p in HANDBOOK.rglob("*") if p.is_file()}


def changed_keys() -> set[str]:
    folder = CHANGES / "write"
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def deleted_keys() -> list[str]:
    return (CHANGES / "delete.txt").read_text(encoding="utf-8").splitlines()


def renames() -> list[list[str]]:
    lines = (CHANGES / "rename.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "from\tto"
    return [line.split("\t") for line in lines[1:]]


def test_settings_load_and_name_what_is_there() -> None:
    settings = load(EXAMPLES / "freshground.yaml")
    handbook, errors = settings.source("handbook"), settings.source("claims-errors")
    assert isinstance(handbook, FilesSource)
    assert isinstance(errors, RecordsSource)
    assert Path(settings.resolve(handbook.url)) == HANDBOOK
    assert Path(settings.resolve(errors.url)).is_file()
    assert errors.access == "from_source"
    columns = rows(Path(settings.resolve(errors.url)))[0].keys()
    fields = errors.fields
    assert {fields.id, fields.text, fields.title, fields.modified_at, fields.groups} <= columns
    assert settings.index("errors").fields.keys() <= columns


def test_handbook_has_the_formats_of_an_insurer() -> None:
    kinds = Counter(Path(key).suffix for key in handbook_keys())
    assert len(handbook_keys()) >= 40
    least = {
        ".pdf": 5, ".docx": 5, ".pptx": 3, ".xlsx": 1, ".html": 5, ".md": 8, ".eml": 3,
        ".txt": 3, ".csv": 2,
    }  # fmt: skip
    assert {kind: kinds[kind] for kind in least if kinds[kind] < least[kind]} == {}
    total = sum(
        p.stat().st_size for p in EXAMPLES.rglob("*") if p.is_file() and "lake" not in p.parts
    )
    assert total < MAX_TOTAL_BYTES


def test_awkward_files_are_as_awkward_as_claimed() -> None:
    assert (HANDBOOK / "inbox/empty.txt").stat().st_size == 0
    with pytest.raises(pypdfium2.PdfiumError, match="password"):
        pypdfium2.PdfDocument(HANDBOOK / "inbox/board-pack-locked.pdf")
    assert not zipfile.is_zipfile(HANDBOOK / "inbox/claim-form-truncated.docx")
    assert text_of(HANDBOOK / "inbox/mandate-1998-scan.pdf", "") == ""
    page = (HANDBOOK / "intranet/bereavement.html").read_bytes()
    assert b'charset="utf-8"' in page
    with pytest.raises(UnicodeDecodeError):
        page.decode("utf-8")
    original = (HANDBOOK / "policies/home-plus.pdf").read_bytes()
    assert (HANDBOOK / "archive/home-plus wording (copy).pdf").read_bytes() == original
    assert any(not key.isascii() for key in handbook_keys())
    pasted = (HANDBOOK / "inbox/copied-from-chat.txt").read_text(encoding="utf-8")
    assert {"\u200b", "\u00ad", "\u202e", "\u2066"} <= set(pasted)
    with pypdfium2.PdfDocument(HANDBOOK / "policies/home-plus.pdf") as pdf:
        assert len(pdf) > 3


def test_every_question_is_judged_and_answered_once_per_document() -> None:
    ids = [query["_id"] for query in QUERIES]
    assert len(ids) >= 45
    assert len(set(ids)) == len(ids)
    assert len({query["text"] for query in QUERIES}) == len(ids)
    assert QRELS[0] == ["query-id", "corpus-id", "score"]
    judged = {(query, key) for query, key, score in QRELS[1:] if score == "1"}
    assert len(judged) == len(QRELS) - 1
    assert {query for query, _ in judged} == set(ids)
    assert {(row["query-id"], row["corpus-id"]) for row in ANSWERS} == judged
    assert {key for _, key in judged} <= handbook_keys()


@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: f"{row['query-id']}-{row['corpus-id']}")
def test_answer_stands_in_its_document(row: dict[str, str]) -> None:
    assert row["text"] == plain(row["text"])
    assert row["text"] in text_of(HANDBOOK / row["corpus-id"], row["corpus-id"])


def test_answers_survive_the_changes() -> None:
    gone = {*deleted_keys(), *(old for old, _ in renames())}
    assert {row["corpus-id"] for row in ANSWERS} & gone == set()
    edited = [row for row in ANSWERS if row["corpus-id"] in changed_keys()]
    assert edited, "no question asks about an edited document"
    for row in edited:
        assert row["text"] in text_of(CHANGES / "write" / row["corpus-id"], row["corpus-id"])


def test_questions_are_not_copies_of_their_answers() -> None:
    texts = {query["_id"]: query["text"] for query in QUERIES}
    shares = []
    for row in ANSWERS:
        words = [set(re.findall(r"\w+", t.lower())) for t in (texts[row["query-id"]], row["text"])]
        shares.append(len(words[0] & words[1]) / len(words[0]))
    assert sum(shares) / len(shares) < 0.4


def test_changes_fit_the_handbook() -> None:
    keys = handbook_keys()
    edited, added = changed_keys() & keys, changed_keys() - keys
    assert len(edited) >= 3
    assert len(added) == 2
    for key in edited:
        assert (CHANGES / "write" / key).read_bytes() != (HANDBOOK / key).read_bytes()
    assert len(deleted_keys()) == 2
    assert set(deleted_keys()) <= keys
    for old, new in renames():
        assert old in keys
        assert new not in keys | added
    touched = [*deleted_keys(), *(name for pair in renames() for name in pair), *changed_keys()]
    assert len(set(touched)) == len(touched)


def test_edit_of_the_long_document_touches_one_paragraph() -> None:
    key = "claims/claims-handbook.md"
    old, new = (
        (root / key).read_text("utf-8").split("\n") for root in (HANDBOOK, CHANGES / "write")
    )
    assert len(old) == len(new)
    assert sum(a != b for a, b in zip(old, new, strict=True)) == 1
    assert len(" ".join(old).split()) > 6000  # more than 15 pages of 400 words


def test_error_log_rows_are_usable_records() -> None:
    log = rows(EXAMPLES / "records" / "claims_errors.jsonl")
    assert len(log) >= 60
    assert len({row["id"] for row in log}) == len(log)
    for row in log:
        assert parse_iso(row["modified_at"]) is not None
        assert row["modified_at"].endswith("Z")
        assert row["groups"]
        assert "*" not in row["groups"]
        assert row["text"]
        assert row["title"].startswith(row["error_code"])
        assert row["severity"] in {"info", "warning", "error", "critical"}


@pytest.mark.slow
def test_generator_gives_the_same_bytes_twice_and_what_is_committed(tmp_path: Path) -> None:
    for name in ("first", "second"):
        subprocess.run(
            [sys.executable, EXAMPLES / "make_samples.py", "--out", tmp_path / name],
            check=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    made = sorted(p.relative_to(tmp_path / "first") for p in (tmp_path / "first").rglob("*.*"))
    assert len(made) > 20
    for place in made:
        first, second = ((tmp_path / n / place).read_bytes() for n in ("first", "second"))
        assert first == second, place
        # Compressors differ between builds of zlib, so the committed file is compared as text.
        key = place.as_posix().removeprefix("handbook/")
        if key not in UNREADABLE:
            assert text_of(tmp_path / "first" / place, key) == text_of(EXAMPLES / place, key), place


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(handbook_keys()))
def test_product_parses_each_file_or_says_why_not(key: str) -> None:
    from ingestion.parse import parse

    data = (HANDBOOK / key).read_bytes()
    if key in UNREADABLE:
        with pytest.raises(Quarantine) as refusal:
            parse(data, key)
        assert refusal.value.rule == UNREADABLE[key]
        return
    text = plain(parse(data, key).text)
    for row in ANSWERS:
        if row["corpus-id"] == key:
            assert row["text"] in text
