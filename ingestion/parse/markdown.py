"""Markdown by markdown-it-py (CommonMark with tables and front matter), mapped onto elements.

Not by unstructured: it turns Markdown into HTML and runs a spaCy model over every paragraph, at
45-75 kB a second, and loses which heading is under which. The syntax tree says it all, at 1 MB a
second and more.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from markdown_it import MarkdownIt

from freshground.core.records import Hidden
from ingestion.parse import bounds, markdown_notes
from ingestion.parse.blocks import Block, Parsed, Raw, table_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

MAX_NESTING = 100
"""How deep lists and quotes may lie in each other: the reader counts two for an item."""

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_MARKUP = re.compile(r"[\\`*_\[\]<&!]|  \n")
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TASK = re.compile(r"\[[ xX]\] ")


def parse(raw: Raw) -> Parsed:
    """Return the blocks of a Markdown text; front matter becomes title and metadata."""
    text = raw.text.removeprefix("\ufeff")
    metadata: dict[str, Any] = {}
    if (front := _FRONT.match(text)) and (values := _front_matter(front.group(1))) is not None:
        metadata, text = values, text[front.end() :]
    title = metadata.pop("title", None)
    return Parsed(
        blocks_of(text),
        "text/markdown",
        title=None if title is None else str(title),
        metadata=metadata,
    )


def _front_matter(text: str) -> dict[str, Any] | None:
    """Return front matter's plain values, or None when it is not a mapping in YAML."""
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    if not isinstance(values, dict):
        return None
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str | int | float | bool):
            kept[str(name)] = value
        elif isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
            kept[str(name)] = [str(item) for item in value]
        elif value is not None and not isinstance(value, dict | list):
            kept[str(name)] = str(value)
    return kept


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    # Inline markup is parsed only in the paragraphs that have some: this halves the time.
    reader = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING})
    return markdown_notes.enable(reader.enable("table").disable("inline"))


@lru_cache(maxsize=1)
def _inline_reader() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("strikethrough")


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of a Markdown text without front matter; the first carries comments."""
    env: dict[str, Any] = {}
    reader = _reader()
    tokens = reader.parse(text, env)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        raise bounds.too_deep()  # what lies deeper was left out
    builder = _Builder(env)
    blocks = builder.run(tokens)
    # A reference's title is shown to nobody who does not rest on a link to it; and "[//]: # (...)"
    # has no link at all.
    titles = [str(reference.get("title") or "") for reference in env.get("references", {}).values()]
    hidden = (*builder.hidden, *(Hidden("comment", title) for title in titles if title))
    if hidden and blocks:
        blocks[0] = replace(blocks[0], hidden=(*hidden, *blocks[0].hidden))
    return blocks


class _Builder:
    """Walks the flat token list, keeping the open lists."""

    def __init__(self, env: dict[str, Any]) -> None:
        self.env = env
        self.blocks: list[Block] = []
        self.hidden: list[Hidden] = []
        self.lists: list[int | None] = []
        self.marker: list[str] = []
        self.rows: list[list[str]] | None = None
        self.notes: list[str] = []

    def run(self, tokens: Sequence[Token]) -> list[Block]:
        level: int | None = None
        for token in tokens:
            kind = token.type
            if kind == "inline":
                self._text(token.content, level)
            elif kind == "heading_open":
                level = int(token.tag[1])
            elif kind == "heading_close":
                level = None
            elif kind in {"fence", "code_block"}:
                self.blocks.append(Block("code", token.content))
            elif kind == "html_block":
                self._html(token.content)
            else:
                self._structure(kind, token)
        return self.blocks

    def _structure(self, kind: str, token: Token) -> None:
        if kind == "bullet_list_open":
            self.lists.append(None)
        elif kind == "ordered_list_open":
            self.lists.append(int(token.attrs.get("start", 1)))
        elif kind in {"bullet_list_close", "ordered_list_close"}:
            self.lists.pop()
        elif kind == "list_item_open":
            count = self.lists[-1]
            self.marker.append("- " if count is None else f"{count}. ")
            if count is not None:
                self.lists[-1] = count + 1
        elif kind == "list_item_close":
            self.marker.pop()
        elif kind == "footnote_open":
            self.notes.append(f"[{token.meta['label']}] ")
        elif kind == "footnote_close":
            self.notes.pop()
        elif kind == "table_open":
            self.rows = []
        elif kind == "tr_open" and self.rows is not None:
            self.rows.append([])
        elif kind == "table_close" and self.rows is not None:
            self.blocks.append(Block("table", table_text(self.rows)))
            self.rows = None

    def _text(self, content: str, level: int | None) -> None:
        text = self._inline(content)
        if self.rows is not None:
            self.rows[-1].append(text)
        elif level is not None:
            self.blocks.append(Block("heading", text, level=level))
        elif self.marker and self.marker[-1]:
            item = _TASK.sub("", text, count=1) if _TASK.match(text) else text
            self.blocks.append(Block("list_item", self.marker[-1] + item))
            self.marker[-1] = ""
        elif self.notes:
            self.blocks.append(Block("footnote", self.notes[-1] + text))
            self.notes[-1] = ""
        else:
            self.blocks.append(Block("text", text))

    def _inline(self, content: str) -> str:
        if not _MARKUP.search(content):
            return content.replace("\n", " ")
        if "<!--" in content:
            self._without_comments(content)
        if "[^" in content and markdown_notes.KEY in self.env:
            content = markdown_notes.referred(content, self.env[markdown_notes.KEY])
        token = _inline_reader().parseInline(content, self.env)[0]
        return "".join(_plain(child) for child in token.children or [])

    def _html(self, content: str) -> None:
        rest = self._without_comments(content)
        if not rest.strip() or rest.lstrip().startswith(("<?", "<!")):
            return
        from ingestion.parse.html import fragment_blocks

        self.blocks += fragment_blocks(rest)

    def _without_comments(self, content: str) -> str:
        self.hidden += [Hidden("comment", text.strip()) for text in _COMMENT.findall(content)]
        return _COMMENT.sub("", content)


def _plain(token: Token) -> str:
    if token.type in {"text", "code_inline", "text_special"}:
        return token.content
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak":
        return "\n"
    if token.type == "image":
        return token.content
    if token.type == "html_inline":
        return "\n" if _BREAK.fullmatch(token.content) else ""
    return ""
