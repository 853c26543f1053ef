"""Every document that cannot be served says why, and never quotes itself."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.errors import Quarantine
from ingestion.parse import PARSER_ID, parse, parse_record, registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from freshground.core.records import Document
    from ingestion.parse.blocks import Parsed, Raw

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _refusal(data: bytes, name: str, **options: int) -> Quarantine:
    with pytest.raises(Quarantine) as refusal:
        parse(data, name, **options)
    assert refusal.value.found
    assert refusal.value.do
    return refusal.value


def _zip(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "rule"),
    [
        (b"", "a.txt", "empty"),
        (b" \r\n\t ", "a.md", "empty"),
        ("\u200b\u00ad\ufeff".encode(), "a.txt", "empty"),
        (b"<html><body><p> </p></body></html>", "a.html", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a.png", "no_text_layer"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "a.pdf", "no_text_layer"),
        (b"\x1f\x8b\x08" + bytes(50), "a.gz", "unsupported"),
        (b"PAR1" + bytes(50), "a.parquet", "unsupported"),
        (bytes(range(256)) * 20, "a.dat", "unsupported"),
        (b"PK\x03\x04" + bytes(60), "a.docx", "corrupt"),
        (OLE + bytes(600), "a.doc", "corrupt"),
        (b"%PDF-1.4\nnothing", "a.pdf", "corrupt"),
    ],
)
def test_rules(data: bytes, name: str, rule: str) -> None:
    assert _refusal(data, name).rule == rule


def test_plain_archive_is_unsupported() -> None:
    assert _refusal(_zip(a_dot_txt="hello"), "a.zip").rule == "unsupported"


def test_truncated_word_file_is_corrupt() -> None:
    stream = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("text")
    document.save(stream)
    assert _refusal(stream.getvalue()[:-2000], "a.docx").rule == "corrupt"


@pytest.mark.slow
def test_damaged_xml_inside_a_word_file_is_corrupt() -> None:
    data = _zip(word__document_dot_xml="<w:document")
    assert _refusal(data, "a.docx").rule == "corrupt"


def test_too_large() -> None:
    assert _refusal(b"word " * 300, "a.txt", max_chars=1000).rule == "too_large"
    assert parse(b"word " * 100, "a.txt", max_chars=1000).text


@pytest.mark.slow
def test_an_archive_that_unpacks_without_end_is_too_large() -> None:
    data = _zip(word__document_dot_xml="<a/>" + " " * 150_000_000)
    assert _refusal(data, "a.docx").rule == "too_large"


@pytest.mark.parametrize(
    "header",
    [
        'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=x',
        "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
    ],
)
def test_encrypted_mail(header: str) -> None:
    data = f"From: a@b\nTo: c@d\nSubject: x\nMIME-Version: 1.0\nContent-Type: {header}\n\n--x--\n"
    assert _refusal(data.encode(), "a.eml").rule == "encrypted"


def test_archive_with_encrypted_members() -> None:
    data = bytearray(_zip(word__document_dot_xml="<a/>"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    assert _refusal(bytes(data), "a.docx").rule == "encrypted"


def test_encrypted_opendocument() -> None:
    data = _zip(
        mimetype="application/vnd.oasis.opendocument.text",
        META___INF="",
        **{"META-INF__manifest_dot_xml": "<m><manifest:encryption-data/></m>"},
    )
    assert _refusal(data, "a.odt").rule == "encrypted"


def test_a_parser_that_raises_anything_is_told_without_the_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(raw: Raw) -> Parsed:
        raise RuntimeError(raw.text)

    monkeypatch.setattr("ingestion.parse.plain.parse", broken)
    refusal = _refusal(b"very secret words", "a.txt")
    assert refusal.rule == "parse_failed"
    assert "RuntimeError" in str(refusal)
    assert "secret" not in str(refusal)
    assert refusal.__cause__ is None


def test_a_missing_library_is_no_fault_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.FORMATS, "plain", "ingestion.parse.no_such_module:parse")
    with pytest.raises(ImportError):
        parse(b"words", "a.txt")


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", "pdf", "docx", "html", "eml", "rtf", "msg"]))
def test_any_bytes_end_as_a_document_or_a_refusal(data: bytes, extension: str) -> None:
    for start in (b"", b"%PDF-1.4\n", OLE, b"PK\x03\x04"):
        try:
            assert parse(start + data, f"a.{extension}").text
        except Quarantine:
            continue


def _office(folder: Path, script: str) -> None:
    program = folder / "soffice"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.mark.slow
def test_old_word_files_go_through_libreoffice_where_it_is(
    shared_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    parsed: Callable[..., Document],
) -> None:
    """A program that stands in for LibreOffice converts what it is given, as it is called."""
    new = shared_data / "formats" / "simple.docx"
    _office(
        tmp_path,
        "import pathlib, shutil, sys\n"
        "folder = sys.argv[sys.argv.index('--outdir') + 1]\n"
        "assert pathlib.Path(sys.argv[-1]).read_bytes()[:4] == b'\\xd0\\xcf\\x11\\xe0'\n"
        f"shutil.copy({str(new)!r}, folder + '/document.docx')\n",
    )
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    document = parsed(_word_95(shared_data), "simple.doc")
    assert "This is my first thought." in document.text
    assert document.media_type == "application/msword"


def test_libreoffice_that_fails(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _office(tmp_path, "raise SystemExit(1)")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert _refusal(_word_95(shared_data), "simple.doc").rule == "parse_failed"


def _word_95(shared_data: Path) -> bytes:
    """Return a document that says it is of Word 95, which only LibreOffice reads."""
    data = bytearray((shared_data / "formats" / "simple.doc").read_bytes())
    mark = data.find(b"\xec\xa5", 512)
    data[mark + 2 : mark + 4] = (0x68).to_bytes(2, "little")
    return bytes(data)


def _row(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_record() -> None:
    document = parse_record(
        _row(text="# not a heading\n\n* stays\n  text", title=" T ", metadata={"level": "ERROR"})
    )
    assert document.text == "# not a heading\n\n* stays\ntext"
    assert [element.kind for element in document.elements] == ["text", "text"]
    assert document.title == "T"
    assert document.metadata == {"level": "ERROR"}


@settings(deadline=None)
@given(st.lists(st.from_regex(r"\S[a-z0-9 ]{0,20}\S", fullmatch=True), min_size=1, max_size=5))
def test_the_text_of_a_clean_record_is_unchanged(paragraphs: list[str]) -> None:
    from ingestion.cleanse.characters import clean_prose

    text = "\n\n".join(kept for item in paragraphs if (kept := clean_prose(item)))
    if text:
        assert parse_record(_row(text=text)).text == text


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (_row(text="  ", title="x"), "empty"),
        (_row(text=None), "empty"),
        (b"{", "corrupt"),
        (b"[]", "corrupt"),
        (_row(text=3), "corrupt"),
    ],
)
def test_records_that_cannot_be_served(data: bytes, rule: str) -> None:
    with pytest.raises(Quarantine) as refusal:
        parse_record(data)
    assert refusal.value.rule == rule


def test_a_record_that_is_too_large() -> None:
    with pytest.raises(Quarantine) as refusal:
        parse_record(_row(text="x" * 11), max_chars=10)
    assert refusal.value.rule == "too_large"


def test_importing_the_package_loads_no_parser() -> None:
    heavy = (
        "unstructured",
        "lxml",
        "pypdfium2",
        "markdown_it",
        "spacy",
        "py3langid",
        "ftfy",
        "trafilatura",
        "olefile",
    )
    code = f"import sys, ingestion.parse\nprint([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_parser_id_names_what_its_output_depends_on() -> None:
    assert "unstructured-" in PARSER_ID
    assert "pypdfium2-" in PARSER_ID
