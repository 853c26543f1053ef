"""Reads JSON lines that people write. Every ConfigError names the file and the line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator


def lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a UTF-8 file that are not empty."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"There is no file {path}.", "Check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", "Give a UTF-8 text file.") from None
    # Not splitlines: a JSON text may hold U+2028 and its like, which end no line here.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line.rstrip("\r")


def objects(path: str | Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each line's place, as `file:line`, and its JSON object."""
    for number, line in lines(path):
        place = f"{path}:{number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ConfigError(
                f"{place}: no valid JSON ({error.msg}).", "Write one object a line."
            ) from None
        if not isinstance(row, dict):
            raise ConfigError(f"{place}: found {line!r}.", "Write one JSON object a line.")
        yield place, row


def name_of(row: dict[str, Any], key: str, place: str) -> str:
    """Return a name that is not empty; a number is taken as its digits."""
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{place}: {key!r} is {value!r}.", "Write a text that is not empty.")
    return value


def text_of(row: dict[str, Any], key: str, place: str) -> str:
    """Return a text, which may be empty."""
    value = row.get(key)
    if not isinstance(value, str):
        raise ConfigError(f"{place}: {key!r} is {value!r}.", "Write a text.")
    return value


def span_of(row: dict[str, Any], place: str) -> tuple[int, int, str]:
    """Return a passage's start, end and text. Positions may be left out where the text is there."""
    start, end = row.get("start"), row.get("end")
    text = text_of(row, "text", place) if "text" in row else ""
    if start is None and end is None and text.strip():
        return 0, 0, text  # an empty span overlaps nothing: the text alone decides
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise ConfigError(
            f"{place}: the span is {start!r} to {end!r}.",
            "Write character positions, start at least 0 and below end, or the answer's text.",
        )
    return start, end, text
