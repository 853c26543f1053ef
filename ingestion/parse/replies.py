"""Which lines of a message are its own, which are quoted from others, which sign it.

Rules over lines, in the words of many mail programs and languages (`reply_words`): an attribution
before a quote, marks (`>`), the block of headers that Outlook puts above what it quotes, the two
dashes before a signature, a closing formula near the end. What is passed on (a forward) is content
and stays. All is linear in the length of the text. A message is never left without any text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingestion.parse.reply_words import (
    ATTRIBUTION,
    CLOSING,
    CONFIDENTIAL,
    DATED,
    FORWARDED,
    FORWARDING,
    HEADER_FROM,
    HEADER_OTHER,
    OPENING,
    ORIGINAL,
    REPLYING,
    SENT_FROM,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parse.blocks import Block

OWN, QUOTED, SIGNATURE = "own", "quoted", "signature"
_MARK = re.compile(r"\s{0,3}(?:>|\|(?=\s))")
_DELIMITER = re.compile(r"^\s*(?:--|—|__)\s?$")
_RULE = re.compile(r"^\s*[_=*-]{10,}\s*$")
_WRAPPED = 4
"""Lines that an attribution may take."""
_LONGEST_ATTRIBUTION = 400
_LONGEST_LINE = 500
"""Characters beyond which a line is no sign of anything: signs are short."""
_HEADERS = 7
_SIGNATURE_LINES = 14
_SIGNATURE_CHARS = 900
_DELIMITED_LINES = 30
_SHORT = 90
"""Characters of a line in a signature under a closing formula: names, titles, numbers."""
_NOTICE = 2


@dataclass(frozen=True, slots=True)
class Context:
    """What the headers say: that a message answers another, or passes it on."""

    reply: bool = False
    forward: bool = False

    @classmethod
    def of(cls, subject: str | None, *, answers: bool) -> Context:
        """Return the context of a message; `answers`: its headers name what it answers."""
        forward = FORWARDING.match(subject or "") is not None
        reply = (answers or REPLYING.match(subject or "") is not None) and not forward
        return cls(reply, forward)


@dataclass(frozen=True, slots=True)
class Stripped:
    """A message's own blocks, and the texts that were taken out of it."""

    blocks: list[Block]
    quoted: str = ""
    signature: str = ""


def strip(blocks: Sequence[Block], context: Context) -> Stripped:
    """Return the blocks without quotes and signatures; all of them where nothing else is there."""
    lines: list[str] = []
    owners: list[int] = []
    for number, block in enumerate(blocks):
        for line in block.text.split("\n"):
            lines.append(line if block.kind != "code" else f"\u200b{line}")
            owners.append(number)
        lines.append("")
        owners.append(-1)
    marks = mark(lines, context)
    kept: dict[int, list[str]] = {}
    out: dict[str, list[str]] = {QUOTED: [], SIGNATURE: []}
    touched: set[int] = set()
    for line, owner, what in zip(lines, owners, marks, strict=True):
        if what == OWN:
            if owner >= 0:
                kept.setdefault(owner, []).append(line.removeprefix("\u200b"))
        else:
            out[what].append(line.removeprefix("\u200b"))
            touched.add(owner)
    found = [
        replace(blocks[n], text="\n".join(own).strip("\n")) if n in touched else blocks[n]
        for n, own in sorted(kept.items())
    ]
    found = [block for block in found if block.text.strip()]
    if not found:
        return Stripped(list(blocks))
    return Stripped(found, _joined(out[QUOTED]), _joined(out[SIGNATURE]))


def _joined(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def mark(lines: Sequence[str], context: Context) -> list[str]:
    """Return what each line is: own, quoted or signature."""
    marks = [OWN] * len(lines)
    end = _cut(lines, marks, context)
    _quotes(lines, marks, end, context)
    _signature(lines, marks, end)
    return marks


def _cut(lines: Sequence[str], marks: list[str], context: Context) -> int:
    """Mark as quoted all below the first sign that an older message follows; return where it is.

    Below a sign that a message is passed on, nothing is quoted or signed.
    """
    filled = [n for n, line in enumerate(lines) if line.strip()]
    first, last = (filled[0], filled[-1]) if filled else (0, -1)
    for at, line in enumerate(lines):
        if len(line) > _LONGEST_LINE:
            continue
        if FORWARDED.match(line):
            return at
        if _MARK.match(line):
            continue
        original = ORIGINAL.match(line) is not None
        if original or _is_header(lines, at):
            if context.forward:
                return at
            if first >= at and not context.reply:
                return at  # nothing stands before it: it is the message
            start = at - 1 if at and _RULE.match(lines[at - 1]) else at
            marks[start:] = [QUOTED] * (len(lines) - start)
            return start
        size = _attribution(lines, at)
        if size and not _marked_below(lines, at + size):
            if context.forward:
                return at
            if OPENING.match(line) or last < at + size:
                marks[at:] = [QUOTED] * (len(lines) - at)
                return at
    return len(lines)


def _is_header(lines: Sequence[str], at: int) -> bool:
    """Return whether the headers of a quoted message begin at a line: From, and two others."""
    if not HEADER_FROM.match(lines[at]):
        return False
    others = 0
    for line in _filled(lines, at + 1, _HEADERS):
        if HEADER_OTHER.match(line):
            others += 1
        elif others == 0:
            return False
    return others >= 2  # noqa: PLR2004 - a letter may begin with one such line


def _filled(lines: Sequence[str], at: int, count: int) -> list[str]:
    """Return the next lines with text, at most `count`, not beyond two blank ones."""
    found: list[str] = []
    blank = 0
    for line in lines[at : at + 3 * count]:
        blank = 0 if line.strip() else blank + 1
        if blank > 1 or len(found) == count:
            break
        if line.strip():
            found.append(line)
    return found


def _attribution(lines: Sequence[str], at: int) -> int:
    """Return how many lines an attribution takes that begins at a line; 0 where there is none."""
    if not lines[at].strip():
        return 0
    text = ""
    for size in range(1, _WRAPPED + 1):
        if at + size > len(lines):
            return 0
        line = lines[at + size - 1]
        if not line.strip() or (size > 1 and _MARK.match(line)):
            return 0
        text = f"{text} {line.strip()}".strip()
        if len(text) > _LONGEST_ATTRIBUTION:
            return 0
        if text[-1] in ":：" and ATTRIBUTION.search(text) and DATED.search(text):
            return size if size == 1 or OPENING.match(text) else 0
        if size == 1 and not OPENING.match(text):
            return 0
    return 0


def _marked_below(lines: Sequence[str], at: int) -> bool:
    following = _filled(lines, at, 1)
    return bool(following) and _MARK.match(following[0]) is not None


def _quotes(lines: Sequence[str], marks: list[str], end: int, context: Context) -> None:
    """Mark quoted lines (`>`) with what introduces them, of answers to other messages."""
    at = 0
    answering = context.reply
    while at < end:
        size = _attribution(lines, at) if not _MARK.match(lines[at]) else 0
        if size and _marked_below(lines, at + size):
            answering = True
            marks[at : at + size] = [QUOTED] * size
            at += size
            continue
        if answering and _MARK.match(lines[at]):
            marks[at] = QUOTED
        at += 1


def _signature(lines: Sequence[str], marks: list[str], end: int) -> None:
    """Mark what signs the message's own text, from its end upwards."""
    own = [n for n in range(end) if marks[n] == OWN and lines[n].strip()]
    if not own:
        return
    start = _delimited(lines, own)
    if start is None:
        start = _closed(lines, _without_notices(lines, marks, own))
    if start is not None and start > own[0]:
        for n in range(start, end):
            if marks[n] == OWN:
                marks[n] = SIGNATURE


def _delimited(lines: Sequence[str], own: Sequence[int]) -> int | None:
    """Return where the line of two dashes stands, or of a mailing list's rule, near the end."""
    for back, n in enumerate(reversed(own)):
        if back > _DELIMITED_LINES:
            return None
        if _DELIMITER.match(lines[n]):
            return n
        if _RULE.match(lines[n]) and 0 < back <= 6 and _all_short(lines, own[-back:]):  # noqa: PLR2004
            return n
    return None


def _without_notices(lines: Sequence[str], marks: list[str], own: list[int]) -> list[int]:
    """Mark paragraphs of confidentiality and "sent from my phone" at the end; return the rest."""
    left = list(own)
    while left:
        first = len(left) - 1
        while first and left[first] - left[first - 1] == 1:
            first -= 1
        paragraph = left[first:]
        text = " ".join(lines[n] for n in paragraph)
        words = {word.lower() for word in CONFIDENTIAL.findall(text)}
        if len(paragraph) == 1 and SENT_FROM.match(lines[paragraph[0]]):
            pass
        elif len(words) < _NOTICE or CLOSING.match(lines[paragraph[0]]):
            break
        if first == 0:
            break  # nothing else is there
        for n in paragraph:
            marks[n] = SIGNATURE
        del left[first:]
    return left


def _closed(lines: Sequence[str], own: Sequence[int]) -> int | None:
    """Return where a closing formula stands below which there are only short lines."""
    chars = 0
    for back, n in enumerate(reversed(own)):
        line = lines[n].strip()
        if CLOSING.match(line):
            return n
        chars += len(line)
        if back >= _SIGNATURE_LINES or chars > _SIGNATURE_CHARS or not _is_short(line):
            return None
    return None


def _all_short(lines: Sequence[str], numbers: Sequence[int]) -> bool:
    return all(_is_short(lines[n]) for n in numbers)


def _is_short(line: str) -> bool:
    """Return whether a line may stand in a signature: short, and no sentence of many words."""
    text = line.strip()
    return len(text) <= _SHORT and not (text.endswith(("?", "!", ".")) and len(text.split()) > 5)  # noqa: PLR2004
