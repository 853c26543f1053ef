"""The identity of the parsers' output: a document parsed under another id is parsed again."""

from __future__ import annotations

from importlib.metadata import version

REVISION = 4
"""Raised by hand whenever the output for any document would change."""

PARSER_ID = (
    f"freshground-parse-{REVISION}"
    f"+unstructured-{version('unstructured')}+pypdfium2-{version('pypdfium2')}"
)
