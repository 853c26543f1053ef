"""Footnotes of Markdown (`[^1]: text`), which CommonMark does not know: a rule for markdown-it.

Without it such a line is a paragraph, or a link's target that is shown to nobody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_DEFINED = re.compile(r"\[\^([^\]\s]{1,80})\]:")
_REFERENCE = re.compile(r"\[\^([^\]\s]{1,80})\]")
_INDENT = 4
KEY = "footnotes"
"""Where the parser's environment holds the labels of the notes that a text defines."""


def enable(reader: MarkdownIt) -> MarkdownIt:
    """Let a reader give `footnote_open` and `footnote_close` around what a note says."""
    reader.block.ruler.before("reference", "footnote", _note, {"alt": ["paragraph", "reference"]})
    return reader


def referred(text: str, labels: Container[str]) -> str:
    """Return a text whose references to notes stand as the notes are marked: `[1]`."""
    return _REFERENCE.sub(lambda m: f"[{m[1]}]" if m[1] in labels else m[0], text)


def _note(state: StateBlock, first: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - its way
    start = state.bMarks[first] + state.tShift[first]
    found = _DEFINED.match(state.src, start, state.eMarks[first])
    if found is None or state.is_code_block(first):
        return False
    if silent:
        return True
    state.env.setdefault(KEY, set()).add(found[1])
    token = state.push("footnote_open", "", 1)
    token.meta = {"label": found[1]}
    before = (
        state.bMarks[first], state.tShift[first], state.sCount[first],
        state.parentType, state.blkIndent,
    )  # fmt: skip
    rest = state.src[found.end() : state.eMarks[first]]
    blank = len(rest) - len(rest.lstrip(" \t"))
    state.bMarks[first], state.tShift[first] = found.end(), blank
    state.blkIndent += _INDENT
    # The note's own line counts as indented, so that it is no code.
    state.sCount[first] = state.blkIndent
    state.parentType = "footnote"
    state.md.block.tokenize(state, first, end)
    (
        state.bMarks[first], state.tShift[first], state.sCount[first],
        state.parentType, state.blkIndent,
    ) = before  # fmt: skip
    state.push("footnote_close", "", -1)
    return True
