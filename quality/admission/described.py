"""What a document says beside its text: title and metadata, where personal data stands as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from freshground.core.records import Document

PERSON_KEYS = frozenset({
    "author", "authors", "creator", "creators", "last_modified_by", "lastmodifiedby",
    "modified_by", "editor", "contributor", "contributors", "manager", "owner", "from",
    "sender", "to", "cc", "bcc", "reply_to", "recipients", "sent_from", "sent_to", "signature",
    "attendees", "organizer",
})  # fmt: skip
"""Metadata that names people, whatever the value looks like."""

TITLE = "title"


def named(key: str) -> bool:
    """Return whether a metadata key names people."""
    return key.lower().replace("-", "_").replace(" ", "_").rpartition(":")[2] in PERSON_KEYS


def fields(document: Document) -> Iterator[tuple[str, str]]:
    """Yield every text of title and metadata with the name of its field."""
    if document.title:
        yield TITLE, document.title
    for key, value in document.metadata.items():
        for text in _texts(value):
            yield str(key), text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _texts(item)


def rewritten(value: Any, change: Callable[[str], str]) -> Any:
    """Return a metadata value of any depth with its texts, and keys of mappings, changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(str(key)): rewritten(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rewritten(item, change) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(rewritten(item, change) for item in value)
    return value
