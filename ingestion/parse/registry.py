"""The formats: a new one is one module with a `Parser` and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ingestion.parse.blocks import Parser

FORMATS = {
    "pdf": "ingestion.parse.pdf:parse",
    "docx": "ingestion.parse.partition:docx",
    "pptx": "ingestion.parse.partition:pptx",
    "odt": "ingestion.parse.opendocument:text",
    "ods": "ingestion.parse.opendocument:sheets",
    "odp": "ingestion.parse.opendocument:slides",
    "xlsx": "ingestion.parse.spreadsheet:xlsx",
    "ole": "ingestion.parse.ole:parse",
    "epub": "ingestion.parse.epub:parse",
    "mail": "ingestion.parse.mail:parse",
    "html": "ingestion.parse.html:parse",
    "xml": "ingestion.parse.xml:parse",
    "markdown": "ingestion.parse.markdown:parse",
    "rst": "ingestion.parse.rst:parse",
    "rtf": "ingestion.parse.rtf:parse",
    "org": "ingestion.parse.pandoc:org",
    "asciidoc": "ingestion.parse.pandoc:asciidoc",
    "latex": "ingestion.parse.pandoc:latex",
    "textile": "ingestion.parse.pandoc:textile",
    "mediawiki": "ingestion.parse.pandoc:mediawiki",
    "delimited": "ingestion.parse.delimited:parse",
    "json": "ingestion.parse.jsons:parse_json",
    "jsonl": "ingestion.parse.jsons:parse_jsonl",
    "notebook": "ingestion.parse.notebook:parse",
    "image": "ingestion.parse.ocr:parse",
    "code": "ingestion.parse.plain:parse_code",
    "log": "ingestion.parse.plain:parse_log",
    "plain": "ingestion.parse.plain:parse",
}


def parser_of(name: str) -> Parser:
    """Return the parser of a format, importing its module on first use."""
    module, _, function = FORMATS[name].partition(":")
    return cast("Parser", getattr(import_module(module), function))
