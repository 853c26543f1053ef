"""What a document says beside its text: title and metadata, where personal data stands as well."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from freshground.core.records import Document
    from quality.admission.matches import Match

PERSON_KEYS = frozenset({
    "author", "authors", "creator", "creators", "last_modified_by", "lastmodifiedby",
    "modified_by", "editor", "contributor", "contributors", "manager", "owner", "from",
    "sender", "to", "cc", "bcc", "reply_to", "recipients", "sent_from", "sent_to", "signature",
    "attendees", "organizer",
})  # fmt: skip
"""Metadata that names people, whatever the value looks like."""

TITLE = "title"
_MARKS = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=1024)
def named(key: str) -> bool:
    """Return whether a metadata key names people."""
    return key.lower().replace("-", "_").replace(" ", "_").rpartition(":")[2] in PERSON_KEYS


def fields(document: Document) -> Iterator[tuple[str, str]]:
    """Yield every text of title and metadata with the name of its field."""
    if document.title:
        yield TITLE, document.title
    for key, value in document.metadata.items():
        yield from _texts(str(key), value)


def _texts(field: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield field, str(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield field, str(key)
            yield from _texts(str(key), item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _texts(field, item)


def found_in_field(find: Callable[[str], list[Match]], field: str, value: str) -> list[Match]:
    """Return what is found in the value of a field, whose name says what the value is."""
    said = named_before(field)
    return [
        m._replace(start=m.start - len(said), end=m.end - len(said))
        for m in find(said + value)
        if m.start >= len(said)
    ]


@lru_cache(maxsize=1024)
def named_before(field: str) -> str:
    """Return the name of a field as words before its value."""
    return f"{_CAMEL.sub(' ', _MARKS.sub(' ', field))}: " if field else ""


def rewritten(value: Any, change: Callable[[str], str], nested: Callable[[str, Any], Any]) -> Any:
    """Return a metadata value of any depth with its texts changed.

    `nested` returns the changed value of a key of a mapping.
    """
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(str(key)): nested(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rewritten(item, change, nested) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(rewritten(item, change, nested) for item in value)
    return value
