"""Which text format a text is in: what it holds decides, its extension where the two agree.

Marked-up texts show themselves (JSON parses, XML and HTML begin with a tag, a mail with headers,
rows of a table have as many cells each). Lightweight markup is text to anybody who does not know
better, so there the extension decides, and without one the number of marks does.
"""

# ruff: noqa: SIM905 - word lists read better

from __future__ import annotations

import csv
import json
import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.parse.blocks import Raw

_EXTENSIONS = {
    "md": "markdown", "markdown": "markdown", "mkd": "markdown", "mdx": "markdown",
    "html": "html", "htm": "html", "xhtml": "html", "shtml": "html",
    "rst": "rst", "rest": "rst",
    "csv": "delimited", "tsv": "delimited", "tab": "delimited",
    "json": "json", "geojson": "json", "jsonl": "jsonl", "ndjson": "jsonl", "ipynb": "notebook",
    "xml": "xml", "rss": "xml", "atom": "xml",
    "eml": "mail", "mht": "mail", "mhtml": "mail", "p7s": "mail",
    "org": "org", "adoc": "asciidoc", "asciidoc": "asciidoc", "tex": "latex",
    "textile": "textile", "mediawiki": "mediawiki", "log": "log",
}  # fmt: skip
_CODE = frozenset(
    "py pyi go rs js mjs ts tsx jsx java kt scala c h cc cpp hpp cs rb php swift r jl lua pl sh "
    "bash ps1 sql yaml yml toml ini cfg conf css scss xsl xslt xsd tf proto graphql".split()
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?>(?:<!--.*?-->\s*)*)<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_FRAGMENT = re.compile(
    r"<(?:div|p|h[1-6]|table|ul|ol|section|article|main|span|b|center|font|blockquote|pre|a|img"
    r"|meta|title|style|script)\b[^>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][\w:.-]*(?:\s[^<>]*)?/?>")
_ROOT = re.compile(
    r"(?>(?:<!--.*?-->\s*|<![A-Z][^>]*>\s*)*)<([A-Za-z_][\w:.-]*)(?:\s[^<>]*)?>", re.DOTALL
)
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]?.*\n(?:[ \t]+\S.*\n)*")
_MAILBOX = re.compile(r"From \S+ .*\d{4}.*\n")
_MAIL_SURE = frozenset({"mime-version", "message-id", "received", "return-path", "delivered-to"})
_MAIL_LIKELY = frozenset({"from", "to", "date", "subject", "sender", "cc", "reply-to"})
_MANY = 3
_RECORD = re.compile(
    r"""\s*\W?(?:
        \d{4}[-/.]\d\d[-/.]\d\d[T ,_-]?\d\d:\d\d      # 2024-05-06 07:08
      | \d{4}[-/.]\d\d[-/.]\d\d\s
      | \d\d[./-](?:\d\d|[A-Z][a-z]{2})[./-]\d{4}[ :T]\d\d:\d\d
      | [A-Z][a-z]{2}\s+\d{1,2}\s\d\d:\d\d:\d\d        # syslog
      | \d\d:\d\d:\d\d[.,\s]
      | \S+\s\S+\s\S+\s\[\d\d/[A-Z][a-z]{2}/\d{4}:      # web servers
      | (?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)[\s:\]|-]
    )""",
    re.VERBOSE,
)
_RULE = re.compile(r"^\|?[ :-]*-{3,}[ :-]*\|[ |:-]*$", re.MULTILINE)
_MARKDOWN = (
    (re.compile(r"^#{1,6} \S", re.MULTILINE), 2), (re.compile(r"^(?:```|~~~)", re.MULTILINE), 2),
    (re.compile(r"\[[^\]\n]+\]\([^)\s]+\)"), 2),
    (_RULE, 3),
    (re.compile(r"\*\*\S[^*\n]*\S\*\*"), 1), (re.compile(r"^[*-] \S", re.MULTILINE), 1),
    (re.compile(r"^.+\n={3,}\n", re.MULTILINE), 1),
)  # fmt: skip
_RST = (
    (re.compile(r"^\.\. [\w-]+::", re.MULTILINE), 3),
    (re.compile(r"^\.\. _[^:\n]+:", re.MULTILINE), 3),
    (re.compile(r"`[^`\n]+`_\b|``[^`\n]+``"), 1), (re.compile(r":[a-z]+:`[^`\n]+`"), 3),
    (re.compile(r"^(\S.*)\n([=~^*\"'#-])\2{2,}\n", re.MULTILINE), 1),
    (re.compile(r"\S::\n\n[ \t]+\S"), 2),
)  # fmt: skip
_ORG = ((re.compile(r"^#\+[A-Za-z_]+:?", re.MULTILINE), 3),
        (re.compile(r"^\*+ \S", re.MULTILINE), 1),
        (re.compile(r"\[\[[^\]\n]+\](?:\[[^\]\n]+\])?\]"), 2))  # fmt: skip
_ASCIIDOC = ((re.compile(r"^={1,5} \S", re.MULTILINE), 2),
             (re.compile(r"^\[[a-z]+[,\]]", re.MULTILINE), 2),
             (re.compile(r"^(?:-{4,}|={4,}|\|={3,})$", re.MULTILINE), 1),
             (re.compile(r"^:[a-z-]+: ?", re.MULTILINE), 2))  # fmt: skip
_LIGHT = {"markdown": _MARKDOWN, "rst": _RST, "org": _ORG, "asciidoc": _ASCIIDOC}
_MIN_MARKS = 5
_MAX_EACH = 3
_SAMPLE = 20_000
_MAX_JSON = 64_000_000
_MIN_ROWS = 3
_MAX_CELL = 60


def sniff_text(raw: Raw) -> str:
    """Return the format's name. Raises `Quarantine` where the bytes are no text."""
    text, extension = raw.text, raw.extension
    head = text[:_SAMPLE].lstrip("\ufeff \t\n")
    if extension in _CODE:
        return "code"
    hinted = _EXTENSIONS.get(extension)
    sure = _sure(text, head, hinted)
    if sure is not None:
        return sure
    if hinted is None or (hinted in _SHOWN and not _SHOWN[hinted](head)):
        return _guessed(head)
    return _contradicted(head, hinted) or hinted


def _contradicted(head: str, hinted: str) -> str | None:
    """Return what a text is that is called a table or Markdown and shows itself as another."""
    if hinted not in {"delimited", "markdown"}:
        return None
    found = _guessed(head)
    if hinted == "delimited":
        return None if found == "plain" or is_delimited(head) else found
    return found if found in {"delimited", "mail", "log"} else None


def _sure(text: str, head: str, hinted: str | None) -> str | None:
    """Return the format that the text surely is in, whatever it is called."""
    if _HTML.match(head[:4096]):
        return "html"
    if head.startswith("<?xml"):
        return "html" if "<html" in head[:1024] else "xml"
    if (found := _json(text, head, hinted)) is not None:
        return found
    names = _headers(head)
    if names & _MAIL_SURE and names & (_MAIL_LIKELY | {"content-type"}):
        return "mail"
    if head.startswith("\\documentclass") or "\\begin{document}" in head:
        return "latex"
    return None


def _json(text: str, head: str, hinted: str | None) -> str | None:
    if head[:1] not in {"{", "["} or len(text) > _MAX_JSON:
        return None
    if hinted in {"json", "jsonl", "notebook"}:
        notebook = '"nbformat"' in text and '"cells"' in text
        return "notebook" if notebook and hinted != "jsonl" else hinted
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        lines = [line for line in head.split("\n")[:-1] if line.strip()][:20]
        return "jsonl" if len(lines) > 1 and all(map(_is_object, lines)) else None
    if isinstance(value, dict) and "nbformat" in value:
        return "notebook"
    return "json" if isinstance(value, dict | list) and value else None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict | list)
    except (ValueError, RecursionError):
        return False


def is_mail(head: str) -> bool:
    """Return whether a text begins with the header lines of an e-mail."""
    names = _headers(head)
    sure = bool(names & _MAIL_SURE and names & (_MAIL_LIKELY | {"content-type"}))
    return sure or len(names & _MAIL_LIKELY) >= _MANY


def _headers(head: str) -> set[str]:
    """Return the names of the header lines that a text begins with, in lower case."""
    names: set[str] = set()
    start = _MAILBOX.match(head)
    position = start.end() if start else 0
    while match := _HEADER.match(head, position):
        names.add(match.group(1).lower())
        position = match.end()
    return names


_SHOWN = {
    "html": lambda head: bool(_TAG.search(head)),
    "xml": lambda head: head.startswith("<"),
    "mail": lambda head: bool(_headers(head)),
}
"""Formats that show themselves: a text that is called one and does not is another."""


def _guessed(head: str) -> str:
    """Return the format that a text without a telling name is likely in."""
    if is_mail(head):
        return "mail"
    if _FRAGMENT.match(head) and "</" in head:
        return "html"
    if (root := _ROOT.match(head)) and f"</{root.group(1)}" in head:
        return "xml"
    if head.startswith("#!"):
        return "code"
    if is_log(head):
        return "log"
    if is_delimited(head):
        return "delimited"
    marks = {name: _marks(head, signs) for name, signs in _LIGHT.items()}
    best = max(marks, key=lambda name: marks[name])
    return best if marks[best] >= _MIN_MARKS else "plain"


def _marks(head: str, signs: tuple[tuple[re.Pattern[str], int], ...]) -> int:
    kinds = [weight * min(_MAX_EACH, len(sign.findall(head))) for sign, weight in signs]
    # One kind of mark alone is a habit of plain texts too.
    return sum(kinds) if sum(map(bool, kinds)) > 1 else 0


def is_log(head: str) -> bool:
    """Whether most lines begin as records of a log do, stack traces and the like aside."""
    lines = [line for line in head.split("\n")[:60] if line.strip() and line[0] not in " \t"]
    records = sum(_RECORD.match(line) is not None for line in lines)
    return records >= _MIN_ROWS and records > len(lines) / 2


def is_delimited(head: str) -> bool:
    """Whether all of the first rows have the same number of cells, at least two, short ones."""
    lines = head.split("\n")[:-1] if len(head) >= _SAMPLE - 100 else head.split("\n")
    lines = [line for line in lines if line.strip()][:50]
    if len(lines) < _MIN_ROWS or any(_RULE.fullmatch(line) for line in lines):
        return False
    for delimiter in "\t;|,":
        if any(delimiter not in line for line in lines):
            continue
        try:
            rows = list(islice(csv.reader(lines, delimiter=delimiter, strict=True), 50))
        except csv.Error:
            continue
        widths = {len(row) for row in rows}
        if len(widths) != 1 or min(widths) < 2:  # noqa: PLR2004
            continue
        cells = [cell for row in rows for cell in row]
        # Prose has a space after its commas and semicolons.
        spaced = sum(cell.startswith(" ") for cell in cells)
        if spaced <= len(cells) / 5 and sum(map(len, cells)) <= _MAX_CELL * len(cells):
            return True
    return False
