"""Which files of a tree are documents: include and exclude patterns over the relative path.

A pattern has the form of a relative posix path. `*` and `?` stand for any characters and any one
character, `[a-z]` and `[!a-z]` for one of a set, none of them for `/`. `**` as a whole segment
stands for any number of folders, none included. A backslash takes away a character's meaning.

- Without a slash a pattern is compared with names at any depth: `*.pdf` is every PDF.
- With a slash it is compared with the whole path from the root: `a/*.pdf` is only those in `a`.
  A slash at the start anchors a name: `/*.pdf` is only those at the top.
- `a/` and `a/**` are everything inside `a`. So is a pattern that names a folder without wildcards
  in its last segment: `drafts`, `a/drafts`.
- An exclude pattern that matches a folder, with or without wildcards, leaves out all inside.

Case counts. Exclude wins over include. Hidden files, temporary files and the like
(`left_out_by_name`) are never documents, whatever the patterns say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

_FOLDERS = "(?:[^/]+/)*"
_INSIDE = "(?:/.+)?"
_WILD = re.compile(r"(?<!\\)[*?\[]")

_HIDDEN = re.compile(
    r"\."  # hidden: .git, .DS_Store, .~lock.x.odt#
    r"|~\$"  # Office's owner file beside an open document
    r"|#.*#\Z"  # Emacs autosave
    r"|.*(?:~|\.tmp|\.temp|\.swp|\.part|\.crdownload)\Z"
    r"|(?:thumbs\.db|desktop\.ini|__macosx|lost\+found|\$recycle\.bin"
    r"|system volume information)\Z",
    re.IGNORECASE | re.DOTALL,
)


def left_out_by_name(name: str) -> bool:
    """Return whether a file or folder of that name is hidden, temporary or the system's own."""
    return _HIDDEN.match(name) is not None


class Patterns:
    """Compiled include and exclude patterns. ConfigError for one that cannot be used."""

    def __init__(self, include: Iterable[str], exclude: Iterable[str] = ()) -> None:
        kept = [_Pattern(text) for text in include]
        dropped = [_Pattern(text) for text in exclude]
        everything = any(item.text == "**" for item in kept)
        self._include = None if everything else _either(item.matches() for item in kept)
        self._reach = None if everything else _either(item.reaches() for item in kept)
        self._exclude = _either(item.drops() for item in dropped) if dropped else None
        self._drop = _either(item.drops_folder() for item in dropped) if dropped else None

    def keeps(self, key: str) -> bool:
        """Return whether the file at a relative path is wanted."""
        if self._exclude is not None and self._exclude.fullmatch(key):
            return False
        return self._include is None or self._include.fullmatch(key) is not None

    def may_hold(self, folder: str) -> bool:
        """Return whether a wanted file could lie somewhere inside the folder at a relative path."""
        if self._drop is not None and self._drop.fullmatch(folder):
            return False
        return self._reach is None or self._reach.fullmatch(folder) is not None

    @property
    def keeps_all(self) -> bool:
        """Whether every file is wanted, so that `keeps` need not be asked."""
        return self._include is None and self._exclude is None


class _Pattern:
    """One pattern, cut into segments, each a regular expression; None stands for `**`."""

    def __init__(self, text: str) -> None:
        self.text = text
        body = text.removeprefix("/")
        names = body.split("/")
        if names[-1] == "":
            names[-1] = "**"
        if not body or "" in names or {".", ".."} & set(names) or text.startswith("!"):
            raise ConfigError(
                f"The pattern {text!r} is no relative path.",
                "Write it like reports/**/*.pdf, without '.', '..', '//' or a leading '!'.",
            )
        anchored = "/" in text
        if not anchored and names != ["**"]:
            names = ["**", *names]
        self._literal_end = _WILD.search(names[-1]) is None
        self._segments: list[str | None] = []
        for name in names:
            if name != "**":
                self._segments.append(_segment(name, text))
            elif self._segments[-1:] != [None]:
                self._segments.append(None)

    def matches(self) -> str:
        """Return the expression of the files that the pattern includes."""
        return self._path(len(self._segments)) + (_INSIDE if self._literal_end else "")

    def drops(self) -> str:
        """Return the expression of the files that the pattern excludes."""
        return self._path(len(self._segments)) + _INSIDE

    def drops_folder(self) -> str:
        """Return the expression of the folders of which it excludes all."""
        if self._segments == [None]:
            return ".*"
        whole = self._segments[:-1] if self._segments[-1] is None else self._segments
        return self._path(len(whole)) + _INSIDE

    def reaches(self) -> str:
        """Return the expression of the folders inside which it may include a file."""
        found: list[str] = []
        for count, segment in enumerate(self._segments):
            if segment is None:
                found.append(self._path(count) + _INSIDE if count else ".*")
                break
            if count:
                found.append(self._path(count))
        else:
            if self._literal_end:
                found.append(self._path(len(self._segments)) + _INSIDE)
        return "|".join(found) or r"(?!)"

    def _path(self, count: int) -> str:
        """Return the expression of the paths that the first `count` segments match."""
        parts: list[str] = []
        for at, segment in enumerate(self._segments[:count]):
            last = at == count - 1
            if segment is None:
                parts.append(".+" if last else _FOLDERS)
            else:
                parts.append(segment if last else f"{segment}/")
        return "".join(parts)


def _either(expressions: Iterable[str]) -> re.Pattern[str]:
    joined = "|".join(f"(?:{item})" for item in expressions)
    return re.compile(joined or r"(?!)", re.DOTALL)


def _segment(name: str, pattern: str) -> str:
    """Return the expression of one segment, without `/`."""
    parts: list[str] = []
    at = 0
    while at < len(name):
        character = name[at]
        at += 1
        if character == "*":
            if parts[-1:] != ["[^/]*"]:
                parts.append("[^/]*")
        elif character == "?":
            parts.append("[^/]")
        elif character == "[":
            end = name.find("]", at + (2 if name[at : at + 1] in ("!", "^") else 1))
            if end < 0:
                raise ConfigError(
                    f"The pattern {pattern!r} opens '[' and does not close it.",
                    r"Close it with ']', or write \[ for the character.",
                )
            parts.append(_one_of(name[at:end], pattern))
            at = end + 1
        elif character == "\\" and at < len(name):
            parts.append(re.escape(name[at]))
            at += 1
        else:
            parts.append(re.escape(character))
    return "".join(parts)


def _one_of(body: str, pattern: str) -> str:
    """Return the expression of a set of characters, `!` or `^` at its start negating it."""
    negated = body[:1] in ("!", "^")
    escaped = re.sub(r"([\\\[\]&~|^])", r"\\\1", body[1:] if negated else body)
    expression = f"(?!/)[{'^' if negated else ''}{escaped}]"
    try:
        re.compile(expression)
    except re.error as error:
        raise ConfigError(
            f"The pattern {pattern!r} holds the set [{body}]: {error}.", "Write it like [a-z]."
        ) from None
    return expression
