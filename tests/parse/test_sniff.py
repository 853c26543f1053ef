"""The format is what the content says, under any name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freshground.core.errors import Quarantine
from ingestion.parse.blocks import Raw
from ingestion.parse.dispatch import extension_of
from ingestion.parse.sniff import sniff

if TYPE_CHECKING:
    from pathlib import Path

LIGHT = {"markdown", "rst", "org", "asciidoc", "plain", "code", "delimited", "log"}
"""Formats that a text can be in by its name alone: a line of words is also a table of one cell."""

TEXTS = {
    "json": '{"a": [1, 2]}',
    "jsonl": '{"a": 1}\n{"a": 2}\n{"a": 3}\n',
    "notebook": '{"cells": [], "metadata": {}, "nbformat": 4}',
    "xml": "<note><to>Ann</to></note>",
    "html": "<div class='x'><p>Some words.</p></div>",
    "mail": "MIME-Version: 1.0\nContent-Type: text/plain\nFrom: a@b.example\n\nHello",
    "latex": "\\documentclass{article}\n\\begin{document}x\\end{document}",
    "delimited": "name,born,city\nAnn,1999,Ulm\nBob,2001,Bonn\n",
    "log": "2024-05-06 07:08:09,123 INFO started\n" * 3 + "  trace\n",
    "markdown": "# Title\n\nSome [link](http://x.example) and `code`.\n\n## Part\n\n- item\n",
    "rst": "Title\n=====\n\n.. note:: Look\n\nSee :ref:`x`.\n",
    "asciidoc": "= Title\n:author: Ann\n\n== Part\n\n[source,ruby]\n----\nputs 1\n----\n",
    "org": "#+TITLE: x\n\n* Part\n\nSee [[http://x.example][there]].\n",
    "plain": "The policy covers hail, storm, and fire.\nIt excludes flood, war, and rust.\n"
    "Claims are made in writing, by mail, or by phone.\n",
}


def _kind(data: bytes, extension: str) -> str:
    try:
        return sniff(Raw(data, extension))
    except Quarantine as refusal:
        return refusal.rule


@pytest.mark.parametrize("extension", ["", "bin", "dat", "txt", "docx", "pdf"])
@pytest.mark.parametrize("kind", sorted(TEXTS))
def test_a_text_under_a_name_that_says_nothing(kind: str, extension: str) -> None:
    assert _kind(TEXTS[kind].encode(), extension) == kind


@pytest.mark.parametrize("extension", ["csv", "md", "html", "xml", "eml", "rst", "json"])
@pytest.mark.parametrize("kind", ["json", "jsonl", "notebook", "mail", "latex"])
def test_a_text_that_shows_itself_under_a_name_of_another(kind: str, extension: str) -> None:
    if extension == "json" and kind == "jsonl":
        return  # the reader of JSON reads lines of it too
    assert _kind(TEXTS[kind].encode(), extension) == kind


@pytest.mark.parametrize(
    ("kind", "extension"),
    [("markdown", "csv"), ("delimited", "md"), ("log", "md"), ("rst", "html"), ("plain", "xml")],
)
def test_light_markup_under_a_name_that_it_contradicts(kind: str, extension: str) -> None:
    assert _kind(TEXTS[kind].encode(), extension) == kind


@pytest.mark.parametrize("kind", ["markdown", "rst", "plain", "delimited", "code"])
def test_the_name_decides_where_the_content_does_not(kind: str) -> None:
    extension = {"markdown": "md", "rst": "rst", "plain": "txt", "delimited": "csv", "code": "py"}
    assert _kind(b"Some words alone.\n", extension[kind]) == kind


@pytest.mark.parametrize("extension", ["bin", "", "docx", "pdf", "xyz"])
def test_real_files_under_any_name(extension: str, shared_data: Path) -> None:
    wrong = []
    for path in sorted((shared_data / "formats").rglob("*")):
        if not path.is_file() or not path.read_bytes().strip():
            continue
        data = path.read_bytes()
        true = _kind(data, extension_of(path.name))
        found = _kind(data, extension)
        if true != found and true not in LIGHT:
            wrong.append((path.name, true, found))
    assert wrong == []
