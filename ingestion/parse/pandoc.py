"""Formats that pandoc reads best: Org, AsciiDoc, LaTeX, Textile, MediaWiki.

pandoc turns them into HTML, which is then read like any other. It runs sandboxed: documents cannot
make it read files or fetch addresses. Starting it takes 20 ms of CPU a document.
"""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from pathlib import Path

from freshground.core.errors import Quarantine
from ingestion.parse import html
from ingestion.parse.blocks import Parsed, Raw

TIMEOUT = 120
"""Seconds that one conversion may take."""

_HEAP = "1g"
_PAGE = Path(__file__).with_name("pandoc_page.html")
"""What a page is made of. That of pandoc has styles besides, which take as long as the reading."""

_INCLUDE = re.compile(r"^include::.*$", re.MULTILINE)


def org(raw: Raw) -> Parsed:
    """Return the blocks of an Org text."""
    return _convert(_utf8(raw), "org", "text/org")


def asciidoc(raw: Raw) -> Parsed:
    """Return the blocks of an AsciiDoc text."""
    # What it includes is not at hand, and pandoc in its sandbox would refuse the document for it.
    text = _INCLUDE.sub("", raw.text)
    return _convert(text.encode("utf-8", "replace"), "asciidoc", "text/asciidoc")


def latex(raw: Raw) -> Parsed:
    """Return the blocks of a LaTeX text."""
    return _convert(_utf8(raw), "latex", "text/x-latex")


def textile(raw: Raw) -> Parsed:
    """Return the blocks of a Textile text."""
    return _convert(_utf8(raw), "textile", "text/x-textile")


def mediawiki(raw: Raw) -> Parsed:
    """Return the blocks of a MediaWiki text."""
    return _convert(_utf8(raw), "mediawiki", "text/x-wiki")


def _utf8(raw: Raw) -> bytes:
    return raw.text.encode("utf-8", "replace")


@lru_cache(maxsize=1)
def _program() -> str:
    import pypandoc

    return pypandoc.get_pandoc_path()


def _convert(data: bytes, source: str, media_type: str) -> Parsed:
    command = [_program(), "--sandbox", f"--template={_PAGE}", f"--from={source}", "--to=html",
               "--wrap=none", "--mathml", "--no-highlight", "+RTS", f"-M{_HEAP}",
               "-RTS"]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the document goes in by pipe
            command, input=data, capture_output=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise Quarantine(
            "parse_failed",
            f"Reading the document took more than {TIMEOUT} s.",
            "Split it, or convert it to another format.",
        ) from None
    if done.returncode:
        raise Quarantine(
            "parse_failed",
            f"The {source} reader ended with status {done.returncode}.",
            "Open and save the file again with its own program.",
        )
    parsed = html.parse(Raw(done.stdout, html="full"))
    # Without a title in the document pandoc writes "-" or the name of its standard input.
    title = parsed.title if parsed.title not in {"-", "stdin"} else None
    return Parsed(parsed.blocks, media_type, title, metadata=parsed.metadata, hidden=parsed.hidden)
