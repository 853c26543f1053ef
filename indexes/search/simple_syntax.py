r"""Azure's simple syntax: `+` and, `|` or, `-` not, `"phrase"`, `prefix*`, `( )`, `\` escapes.

It reads as Lucene's SimpleQueryParser does: any text is a query. Operators inside words are text,
an unbalanced quote or parenthesis is as if it were not there, and of operators in a row the first
counts. A `-` stands right before what it excludes.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from indexes.search.text import AllOf, AnyOf, Everything, Except, Phrase, Prefix, Words

if TYPE_CHECKING:
    from indexes.search.text import TextQuery

    Operator = type[AllOf | AnyOf]

MAX_GROUPS = 10
"""Groups within groups; deeper ones are read as if they had no parentheses."""
MAX_TURNS = 10
"""Changes between `+` and `|` in one group; later ones are read as the operator before."""

_SPACE = frozenset(" \t\n\r\f\v\u00a0\u3000")
_ENDS = _SPACE | frozenset('"|+()')


@dataclass(slots=True)
class _Group:
    """A group as far as it is read, up to `end`."""

    end: int
    parts: list[TextQuery] = field(default_factory=list)
    last: Operator | None = None
    """What joins the parts, as soon as there were two."""
    pending: Operator | None = None
    turns: int = 0
    negated: bool = False
    """Whether a `-` stands before the group itself."""

    @property
    def meaning(self) -> TextQuery | None:
        """Return the parts as one; None where there are none."""
        if self.last is None or len(self.parts) == 1:
            return self.parts[0] if self.parts else None
        return self.last(tuple(self.parts))


def parse_simple(text: str, mode: Literal["any", "all"] = "any") -> TextQuery:
    """Return what a search text means; empty text and `*` mean everything.

    `mode` is how words are joined that no operator joins, `a -b` included: in `any` that is a or
    not b.
    """
    if text.strip() in {"", "*"}:
        return Everything()
    return _Parser(text, mode).parse()


def clauses(query: TextQuery) -> int:
    """Return how many words, phrases and prefixes a query asks for."""
    match query:
        case Except(part):
            return clauses(part)
        case AllOf(parts) | AnyOf(parts):
            return sum(clauses(part) for part in parts)
        case Words(text):
            return max(1, len(text.split()))
        case _:
            return 1


class _Parser:
    def __init__(self, text: str, mode: str) -> None:
        self._text = text
        self._every = mode == "all"
        self._default: Operator = AllOf if self._every else AnyOf
        self._closing, self._quotes = _balanced(text)

    def parse(self) -> TextQuery:
        """Read the text from left to right, with a stack of open groups."""
        text, at, negated = self._text, 0, False
        open_groups = [_Group(len(text))]
        while True:
            group = open_groups[-1]
            if at >= group.end:
                open_groups.pop()
                if not open_groups:
                    return group.meaning or Words("")
                self._add(open_groups[-1], group.meaning, negated=group.negated)
                at, negated = group.end + 1, False
                continue
            character = text[at]
            if character == "-":
                negated, at = not negated, at + 1
                continue
            if character == "(":
                end = self._closing.get(at)
                if end == at + 1:
                    group.pending, at = None, at + 2
                elif end is not None and len(open_groups) <= MAX_GROUPS:
                    open_groups.append(_Group(end, negated=negated))
                    at += 1
                else:
                    at += 1
            elif character == '"':
                at = self._phrase(group, at, negated=negated)
            elif character in "+|":
                if group.pending is None and group.parts:
                    group.pending = AllOf if character == "+" else AnyOf
                at += 1
            elif character == ")" or character in _SPACE:
                at += 1
            else:
                at = self._word(group, at, negated=negated)
            negated = False

    def _phrase(self, group: _Group, at: int, *, negated: bool) -> int:
        place = bisect_left(self._quotes, at + 1)
        end = self._quotes[place] if place < len(self._quotes) else group.end
        if end >= group.end:
            return at + 1
        if end == at + 1:
            group.pending = None
        else:
            self._add(group, Phrase(_unescaped(self._text[at + 1 : end])), negated=negated)
        return end + 1

    def _word(self, group: _Group, at: int, *, negated: bool) -> int:
        text, kept, prefix = self._text, [], False
        while at < group.end and text[at] not in _ENDS:
            if text[at] == "\\":
                at, prefix = at + 1, False
                if at == group.end:
                    break
            else:
                prefix = text[at] == "*" and bool(kept)
            kept.append(text[at])
            at += 1
        word = "".join(kept)
        if word:
            part = Prefix(word[:-1]) if prefix else Words(word, self._every)
            self._add(group, part, negated=negated)
        return at

    def _add(self, group: _Group, part: TextQuery | None, *, negated: bool) -> None:
        """Join a part to what stands before it; `a + b | c` is `(a + b) | c`."""
        if part is None:
            return
        part = Except(part) if negated else part
        operator = group.pending or self._default
        group.pending = None
        if not group.parts:
            group.parts.append(part)
            return
        if group.last not in (None, operator):
            group.turns += 1
            if group.turns <= MAX_TURNS:
                group.parts = [cast("TextQuery", group.meaning)]
            else:
                operator = group.last
        before = group.parts[-1]
        if operator is self._default and isinstance(before, Words) and isinstance(part, Words):
            group.parts[-1] = Words(f"{before.text} {part.text}", self._every)
        else:
            group.parts.append(part)
        group.last = operator


def _unescaped(text: str) -> str:
    kept = []
    escaped = False
    for character in text:
        if character == "\\" and not escaped:
            escaped = True
        else:
            kept.append(character)
            escaped = False
    return "".join(kept)


def _balanced(text: str) -> tuple[dict[int, int], list[int]]:
    """Return where each balanced `(` closes, and the places of all quotes; none that is escaped."""
    closing: dict[int, int] = {}
    quotes: list[int] = []
    still_open: list[int] = []
    escaped = False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "(":
            still_open.append(at)
        elif character == ")" and still_open:
            closing[still_open.pop()] = at
        elif character == '"':
            quotes.append(at)
    return closing, quotes
