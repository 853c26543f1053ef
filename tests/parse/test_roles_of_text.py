"""Roles and order that text formats keep: footnotes, captions, formulas, code, records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

Parsed = Callable[..., "Document"] if TYPE_CHECKING else object
Outline = Callable[..., list] if TYPE_CHECKING else object

NOTES = [
    '<div class="footnotes"><ol><li><p>What it says. <a href="#r">\u21a9\ufe0e</a></p></ol></div>',
    '<aside class="footnote"><p>What it says.</p></aside>',
    '<div role="doc-endnotes"><p>What it says. <a role="doc-backlink" href="#x">back</a></p></div>',
    '<aside epub:type="footnote"><p>What it says.</p></aside>',
]


@pytest.mark.parametrize("notes", NOTES)
def test_footnotes_of_pages(notes: str, parsed: Parsed, outline: Outline) -> None:
    page = f"<h1>Title</h1><p>A sentence<a epub:type='noteref' href='#n'>1</a> here.</p>{notes}"
    found = outline(parsed(f"<html><body>{page}</body></html>", "page.html"))
    assert ("text", "A sentence\xb9 here.") in found
    kind, text = found[-1]
    assert kind == "footnote"
    assert text.removeprefix("1. ") == "What it says."


def test_captions_and_formulas_of_pages(parsed: Parsed, outline: Outline) -> None:
    table = (
        "<table><caption>Limits</caption><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</table>"
    )
    math = "<math><mi>E</mi><annotation encoding='application/x-tex'>E=mc^2</annotation></math>"
    page = f"<html><body>{table}<p>So {math} holds.</p></body></html>"
    assert outline(parsed(page, "a.html")) == [
        ("caption", "Limits"), ("table", "a | b\n1 | 2"), ("text", "So E=mc^2 holds."),
    ]  # fmt: skip


def test_footnotes_of_markdown(parsed: Parsed, outline: Outline) -> None:
    text = "Text[^1] and[^no].\n\n[^1]: Word\n[^b]: The *note*\ngoes on.\n\n    And on.\n\nAfter.\n"
    assert outline(parsed(text, "a.md")) == [
        ("text", "Text[1] and[^no]."), ("footnote", "[1] Word"),
        ("footnote", "[b] The note goes on."), ("footnote", "And on."), ("text", "After."),
    ]  # fmt: skip


def test_a_formula_of_latex(parsed: Parsed) -> None:
    assert "is $" not in (
        text := parsed(r"\begin{document}It is $a^2+b$ here.\end{document}", "a.tex").text
    )
    assert "a^2+b" in text


def test_xml_keeps_its_order_its_programs_and_its_entities(
    parsed: Parsed, outline: Outline
) -> None:
    text = (
        '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY co "ACME">]>'
        "<b><t>One</t><p>By <i>&co;</i> it</p>"
        "<t>Two</t><programlisting>a = 1\n  b = 2</programlisting><t>Three</t></b>"
    )
    assert outline(parsed(text, "a.xml")) == [
        ("text", "t: One"), ("text", "By ACME it"), ("text", "t: Two"),
        ("code", "a = 1\n  b = 2"), ("text", "t: Three"),
    ]  # fmt: skip


def test_json_lines_with_broken_ones(parsed: Parsed, outline: Outline) -> None:
    text = '{"id":1}\n{"id":2,"te\n\n{"id":3}\n'
    assert outline(parsed(text, "a.jsonl")) == [
        ("text", "id: 1"), ("text", '{"id":2,"te'), ("text", "id: 3"),
    ]  # fmt: skip


def test_what_colours_a_terminal_is_no_text(parsed: Parsed) -> None:
    text = (
        "2024-05-01 10:00:00 \x1b[31;1mERROR\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 end\n" * 5
    )
    line = "2024-05-01 10:00:00 ERROR link end"
    assert parsed("N\x08NA\x08AM\x08ME\x08E _\x08a word", "page.txt").text == "NAME a word"
    assert parsed(text, "a.log").text.split("\n") == [line] * 5


def test_errors_of_notebooks(parsed: Parsed, outline: Outline) -> None:
    output = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "bad",
        "traceback": ["\x1b[31mx"],
    }
    cell = {"cell_type": "code", "source": "f()", "outputs": [output]}
    book = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4})
    assert outline(parsed(book, "a.ipynb")) == [("code", "f()"), ("code", "ValueError: bad")]


def test_the_line_that_tells_spreadsheets_the_delimiter(parsed: Parsed) -> None:
    document = parsed("sep=;\r\na;b\r\n1;2\r\n", "a.csv")
    assert document.text == "a | b\n1 | 2"
    assert document.metadata["tables"][0]["rows"] == [[2, 2]]


def test_lines_that_a_report_has_above_its_table(parsed: Parsed, outline: Outline) -> None:
    document = parsed("Report of May\n\nid,name\n1,a\n2,b\n", "a.csv")
    assert outline(document) == [("table", "Report of May"), ("table", "id | name\n1 | a\n2 | b")]
    assert [table["rows"] for table in document.metadata["tables"]] == [[[1, 1]], [[3, 3]]]
