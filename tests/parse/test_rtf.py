"""RTF: charsets by font, tables, notes, lists, headings, code, and what readers do not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freshground.core.errors import Quarantine

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

    Parsed = Callable[..., Document]
    Outline = Callable[..., list[tuple[str, str]]]

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times;}{\f1\fcharset204 Arial;}"
    r"{\f2\fmodern Courier New;}{\f3\fcharset2 Symbol;}{\f4\fcharset128 MS Mincho;}}"
    r"{\colortbl;\red0\green0\blue0;\red255\green255\blue255;}"
    r"{\stylesheet{\ql Normal;}{\s1\b\outlinelevel0 heading 1;}{\s9 Title;}{\*\cs10 Default;}}"
    r"{\info{\title Terms of {\b cover}}{\author Ann}}{\header Page furniture\par}"
)


def test_structure(parsed: Parsed, outline: Outline) -> None:
    document = parsed(
        HEAD
        + r"\pard\s1 1. Scope\par\pard Gr\'f6\'dfe \u8364? \u-10179?\u-8704? E = mc{\super 2}\par"
        r"{\listtext\f3\'b7\tab}\ls1 one\par{\listtext 2.\tab}\ls1 two\par\pard "
        r"\pard\f2 def f():\par \line     return 1\par\pard\plain "
        r"A claim{\super\chftn}{\*\footnote\pard{\super\chftn} Said {\i below}.\par} ends"
        r"{\field{\*\fldinst HYPERLINK x}{\fldrslt  here}}.\par}",
        "a.rtf",
    )
    assert document.title == "Terms of cover"
    assert document.metadata == {"author": "Ann"}
    assert outline(document) == [
        ("heading", "1. Scope"), ("text", "Gr\xf6\xdfe \u20ac \U0001f600 E = mc\xb2"),
        ("list_item", "- one"), ("list_item", "2. two"), ("code", "def f():\n\n    return 1"),
        ("text", "A claim[1] ends here."), ("footnote", "[1] Said below."),
    ]  # fmt: skip


def test_charsets_by_font(parsed: Parsed) -> None:
    text = r"\f1\'cf\'f0\'e8\'e2\'e5\'f2\f0  and \f4\'93\'fa\'96\'7b\f0 , \f3 ab\f0  \'e9\par}"
    assert parsed(HEAD + text, "a.rtf").text == (
        "\u041f\u0440\u0438\u0432\u0435\u0442 and \u65e5\u672c, \u03b1\u03b2 \xe9"
    )


def test_tables_with_merged_cells(parsed: Parsed, outline: Outline) -> None:
    row = r"\trowd%s\cellx1000\cellx2000\pard\intbl %s\cell %s\cell\row"
    rows = (("\\clvmgf", "Region\\par North", "1"), ("\\clvmrg", "", "2"), ("", "a", "b"))
    body = "".join(row % cells for cells in rows)
    assert outline(parsed(HEAD + body + r"\pard After.\par}", "a.rtf")) == [
        ("table", "Region North | 1\nRegion North | 2\na | b"), ("text", "After."),
    ]  # fmt: skip


def test_what_readers_do_not_see(parsed: Parsed) -> None:
    document = parsed(
        HEAD + r"Seen {\v nobody sees this}{\cf2 white on white}{\fs2 far too small}{\deleted gone}"
        r"{\*\annotation a comment}"
        r"{\*\unknown skipped}{\pict 0a0b}{\cf2\highlight1 on black}\bin4 {{{{ too.\par}",
        "a.rtf",
    )
    assert document.text == "Seen on black too."
    found = {(hidden.kind, hidden.text) for hidden in document.hidden}
    assert found == {
        ("invisible", "nobody sees this"), ("white", "white on white"),
        ("tiny", "far too small"), ("comment", "a comment"),
    }  # fmt: skip


def test_groups_in_each_other(parsed: Parsed) -> None:
    with pytest.raises(Quarantine) as refusal:
        parsed("{\\rtf1 " + "{" * 100_000, "a.rtf")
    assert refusal.value.rule == "too_deep"
