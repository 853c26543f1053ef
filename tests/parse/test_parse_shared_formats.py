"""Real files in 36 formats: each is served with its text, or refused for a true reason."""

# ruff: noqa: E501 - tables of examples

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freshground.core.errors import Quarantine
from ingestion.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from freshground.core.records import Document

WORDS = {
    "README.md": "instructions for pulling in some sample docs|XBRL 10-K",
    "README.org": "instructions for pulling in some sample docs|XBRL 10-K",
    "README.rst": "instructions for pulling in some sample docs|XBRL 10-K",
    "2023-half-year-analyses-by-segment.xlsx": "Zone NA | 12553 | 2713|Inter-segment sales",
    "book-war-and-peace-1p.txt": "scarlet-liveried footman|English ambassador's",
    "category-level.docx": "Call me Ishmael|Second top-level list item|insular city of the Manhattoes",
    "contains-pictures.docx": "Lorem ipsum dolor sit amet|An inline picture appears here",
    "csv-with-escaped-commas.csv": "A | A | A | A,A | A",
    "docx-tables.docx": "Header Col 1 | Header Col 2|Lorem ipsum | A link example|e f g&t h",
    "eml/fake-email.eml": "This is a test email to use for unit tests.|- Roses are red",
    "eml/fake-email-utf-16.eml": "This is a test email|- Violets are blue",
    "eml/mime-html-only.eml": "Example HTML Only MIME Email",
    "eml/mime-word-encoded-subject.eml": "\u2638\u263f",
    "example-10k-1p.html": "Galaxy Gaming, Inc.|Nevada | 20-8143439|GLXZ",
    "example-steelJIS-datasheet-utf-16.html": "Japanese Steels",
    "factbook-utf-16.xml": "capital: Port of Spain|sport: Track & Field",
    "fake-doc.rtf": "My First Heading|My first paragraph.|Row 2, Cell 2",
    "fake-email-attachment.msg": "- Lots of whitespace|Mallori",
    "fake-html-cp1252.html": "My First Heading",
    "fake-html-lang-de.html": "Jahresabschluss zum Gesch\u00e4ftsjahr vom 01.01.2020 bis zum 31.12.2020",
    "fake-power-point.pptx": "Adding a Bullet Slide|Here is some text in a text box!",
    "fake-text-utf-16-be.txt": "Hamburgers are delicious|I love fuzzy blankets",
    "fake-text-utf-16-le.txt": "Hamburgers are delicious",
    "fake-text-utf-32.txt": "Hamburgers are delicious|Dogs are the best",
    "fake.docx": "Lorem ipsum dolor sit amet.",
    "fake.odt": "Lorem ipsum dolor sit amet.|Header row | Mon | Wed | Fri|Leader | Sarah | Mark | Ryan",
    "handbook-872p.docx": "Chapter 13|Standing Trustees|CHAPTER 1 - INTRODUCTION",
    "language-docs/eng_spa_mult.pptx": "All human beings are born free|Todos los seres humanos",
    "language-docs/eng_spa_mult.rtf": "All human beings are born free|Todos los seres humanos",
    "language-docs/fr_olap.pdf": "Mesure de qualit\u00e9 d\u2019un r\u00e9sum\u00e9|Coke",
    "norwich-city.txt": "Norwich City",
    "pdf/all-number-table.pdf": "200.01 | 1|1600.01 | 15",
    "pdf/fake-memo.pdf": "To Whom it May Concern|20,000 bott",
    "pdf/korean-text-with-tables.pdf": "\ud560\uc778\uc810 | \uc774\ub9c8\ud2b8|1.5% \ube45\ud3ec\uc778\ud2b8 \uc801\ub9bd",
    "pdf/layout-parser-paper-fast.pdf": "LayoutParser: A Unified Toolkit|1 Introduction",
    "pdf/list-item-example.pdf": "- Which products should be developed and tested?",
    "pdf/multi-column.pdf": "Dense Passage Retrieval|BM25|Natural Questions | 79,168 | 58,880",
    "pdf/interface-config-guide-p93.pdf": "loopback mode for PXC use|dot1q",
    "rotated-page-90.pdf": "Rotated page fixture",
    "sample-presentation.pptx": "Title Slide|With a subtitle|1 | A1 | B1 | C1",
    "simple.json": "filename: simple.docx|Parrots",
    "simple.odt": "Parrots|Hockey|DOYLESTOWN, PA 18901",
    "stanley-cups-utf-16.csv": "Team | Location | Stanley Cups|Maple Leafs | TOR | 13",
    "stanley-cups-with-emoji.tsv": "Blues | STL | 1",
    "stanley-cups.xlsx": "Maple Leafs | TOR | 13|Stanley Cups Since 67",
    "tests-example.xls": "MC | Multiple Choice|1.0 (January 2012)",
    "umlauts-non-utf8.md": "k\u00f6nnen",
    "winter-sports.epub": "The Project Gutenberg eBook of Winter Sports in Switzerland|E. F. Benson",
}  # fmt: skip

REFUSED = {
    ".zip": {"unsupported"},
    ".png": {"no_text_layer"},
    ".jpg": {"no_text_layer"},
    ".jpeg": {"no_text_layer"},
    ".bmp": {"no_text_layer"},
    ".heic": {"no_text_layer"},
}
"""What every refusal of a format must say; single files follow."""

REFUSED_FILES = {
    "empty.txt": "empty",
    "fake-text-all-whitespace.txt": "empty",
    "eml/empty.eml": "empty",
    "eml/mime-no-body.eml": "empty",
    "empty.xlsx": "empty",
    "picture.pptx": "empty",
    "test-image-jpg-mime.pptx": "empty",
    "password_protected.xlsx": "encrypted",
    "pdf/password.pdf": "encrypted",
    "fake-encrypted.msg": "encrypted",
    "eml/fake-encrypted.eml": "encrypted",
    "pdf/loremipsum-flat.pdf": "no_text_layer",
    "pdf/single_table.pdf": "no_text_layer",
    "pdf/table-multi-row-column-cells.pdf": "no_text_layer",
}

pytestmark = pytest.mark.slow


def test_every_file_is_served_or_refused_for_a_true_reason(
    shared_data: Path, check: Callable[[Document], Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    folder = shared_data / "formats"
    refused = {}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) >= 240
    for path in files:
        try:
            document = check(parse(path.read_bytes(), path.name))
        except Quarantine as refusal:
            refused[path.relative_to(folder).as_posix()] = refusal.rule
        else:
            assert any(ch.isalnum() for ch in document.text) or path.name == "emoji.xlsx"
    by_format = {
        name: rule
        for name, rule in refused.items()
        if rule in REFUSED.get("." + name.rpartition(".")[2], ())
    }
    assert {name: rule for name, rule in refused.items() if name not in by_format} == REFUSED_FILES


@pytest.mark.parametrize("name", sorted(WORDS))
def test_the_text_is_really_there(
    name: str, shared_data: Path, parsed: Callable[[bytes, str], Document]
) -> None:
    path = shared_data / "formats" / name
    text = " ".join(parsed(path.read_bytes(), path.name).text.split())
    for words in WORDS[name].replace(" | ", "\0").split("|"):
        assert words.replace("\0", " | ") in text


@pytest.mark.parametrize(
    "name", ["DA-1p.png", "example.jpg", "bmp_24.bmp", "DA-1p.heic", "jpn-vert.jpeg"]
)
def test_images_under_any_name(name: str, shared_data: Path) -> None:
    data = (shared_data / "formats" / "img" / name).read_bytes()
    with pytest.raises(Quarantine) as refusal:
        parse(data, "scan.pdf")
    assert refusal.value.rule == "no_text_layer"


def test_hostile_strings_end_as_documents_or_refusals(
    shared_data: Path, check: Callable[[Document], Document]
) -> None:
    files = [path for path in (shared_data / "hostile").rglob("*") if path.is_file()]
    assert files
    for path in files:
        for name in ("x.txt", "x.md", "x.rst", "x.html"):
            check(parse(path.read_bytes(), name))
