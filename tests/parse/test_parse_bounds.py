"""What a file would become when it is opened is asked before, and half a document is none."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.errors import Quarantine
from ingestion.parse import bounds, parse


def _zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _refusal(data: bytes, name: str) -> Quarantine:
    with pytest.raises(Quarantine) as refusal:
        parse(data, name)
    return refusal.value


@given(st.dictionaries(st.text("abc/", min_size=1, max_size=9), st.binary(max_size=99), max_size=9))
def test_an_ordinary_container_is_opened(members: dict[str, bytes]) -> None:
    with bounds.archive(_zip(members)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == members


def test_a_container_of_very_many_files_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _zip({f"word/{number}": b"" for number in range(60)})
    assert bounds.archive(data)
    monkeypatch.setattr(bounds, "MAX_MEMBERS", 59)
    monkeypatch.delattr(zipfile, "ZipFile")
    assert "60 files" in _refusal(data, "a.docx").found


@pytest.mark.parametrize("most", ["MAX_UNPACKED", "UNSUSPECTED"])
def test_a_container_that_unpacks_to_too_much(most: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _zip({"word/document.xml": b" " * 1_000_000})
    assert bounds.archive(data)
    monkeypatch.setattr(bounds, most, 999_999)
    assert _refusal(data, "a.docx").rule == "too_large"


def test_members_that_share_their_bytes() -> None:
    data = _zip({"word/document.xml": bytes(range(256)) * 40, "word/more.xml": b""})
    place = data.rindex(b"PK\x01\x02")
    lies = bytearray(data)
    struct.pack_into("<I", lies, place + 20, len(data))
    assert _refusal(bytes(lies), "a.docx").rule == "too_large"


def test_a_directory_that_lies_about_sizes_gives_no_more_than_it_says() -> None:
    text = b"<w:document>" + b" " * 50_000_000
    lies = bytearray(_zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": text}))
    struct.pack_into("<I", lies, lies.rindex(b"PK\x01\x02") + 24, 100)
    with bounds.archive(bytes(lies)) as archive, pytest.raises(zipfile.BadZipFile):
        archive.read("word/document.xml")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<html><body>" + b"<div>" * 5000 + b"text", "a.html"),
        (b"<ul><li>text " * 3000, "a.html"),
        (b"<a>text" * 3000, "a.xml"),
        (b"<a>" * 3000 + b"text" + b"</a>" * 3000, "a.xml"),
        (b">" * 500 + b" text", "a.md"),
        ("".join(f"{'  ' * n}- item {n}\n" for n in range(200)).encode(), "a.md"),
        ("".join(f"{'  ' * n}- item {n}\n\n" for n in range(200)).encode(), "a.rst"),
        ("".join(f"{'  ' * n}term {n}\n" for n in range(200)).encode(), "a.rst"),
    ],
)
def test_what_is_cut_off_for_its_depth_is_not_taken_for_the_whole(data: bytes, name: str) -> None:
    assert _refusal(data, name).rule == "too_deep"


@pytest.mark.parametrize("levels", [1, 9, 12, 40])
def test_lists_in_lists_lose_no_item(levels: int) -> None:
    text = "".join(f"{'  ' * level}- item {level}.\n\n" for level in range(levels))
    for name in ("a.md", "a.rst"):
        found = parse(text.encode(), name).text
        assert all(f"item {level}." in found for level in range(levels))


@pytest.mark.parametrize("value", ["&a9;", "<b c='&a9;'/>x"])
def test_entities_that_stand_for_more_and_more(value: str) -> None:
    steps = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "lol">{steps}]><a>{value}</a>'
    refusal = _refusal(bomb.encode(), "a.xml")
    assert refusal.rule == "too_large"
    assert "entities" in refusal.found


@pytest.mark.parametrize("attribute", ["a{}='x y'", "a{}"])
def test_an_element_of_very_many_attributes(attribute: str) -> None:
    many = " ".join(attribute.format(number) for number in range(20_000))
    refusal = _refusal(f"<html><body><p {many}>words</p></body></html>".encode(), "a.html")
    assert (refusal.rule, "attributes" in refusal.found) == ("too_large", True)
    long = f"<html><body><p title='{'of words ' * 20_000}'>words</p></body></html>"
    assert parse(long.encode(), "a.html").text == "words"


def test_a_cell_that_spans_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    row = b"<tr><td rowspan=100 colspan=100>x</td><td>y</td></tr>"
    page = b"<html><body><table>" + row * 50 + b"</table>"
    assert parse(page, "a.html").text
    monkeypatch.setattr(bounds, "MAX_CELLS", 5000)
    assert _refusal(page, "a.html").rule == "too_large"


def test_a_parser_that_runs_out_of_memory_is_no_broken_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def eats(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("ingestion.parse.plain.parse", eats)
    with pytest.raises(MemoryError):
        parse(b"words", "a.txt")
