"""Who may read what, as sidecar files and columns tell it.

`name.ext.access.json` beside a file, or `_access.json` for a folder and all below it, holds
`{"groups": ["a", "b"]}` or `{"public": true}`; the nearest wins. Whatever is missing or cannot be
understood gives access to nobody: an error may hide a document, never show it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.errors import ConfigError, Quarantine, Retriable
from freshground.core.records import PUBLIC
from freshground.core.settings import Groups
from ingestion.sources.storage import Storage, read_whole
from ingestion.sources.values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SIDECAR_BYTES = 1_000_000
_EVERYBODY = "public"


class Access(NamedTuple):
    """Groups as in `ObjectStat.groups`, and why they are empty where a rule is broken."""

    groups: tuple[str, ...]
    error: str | None = None


NOBODY = Access(())


class BrokenSidecarError(Exception):
    """A sidecar that cannot be used, and why."""


def declared(access: str | Groups) -> Access | None:
    """Return the access that the settings give to every object, None for `from_source`."""
    if isinstance(access, Groups):
        return Access(tuple(sorted(set(access.groups))))
    return Access((PUBLIC,)) if access == _EVERYBODY else None


def read_access(storage: Storage, uri: str) -> Access:
    """Return what an access sidecar says; nobody and the reason where it is broken."""
    try:
        rule = _mapping(storage, uri)
        public = rule.get("public", False)
        if not isinstance(public, bool):
            raise BrokenSidecarError(f'"public" is {public!r}, neither true nor false')
        if public and "groups" in rule:
            raise BrokenSidecarError('it says both "public" and "groups"')
        if public:
            return Access((PUBLIC,))
        if "groups" not in rule:
            raise BrokenSidecarError('it has neither "groups" nor "public": true')
        return Access(_names(rule["groups"]))
    except BrokenSidecarError as error:
        return Access((), f"{_name(uri)}: {error}")


def read_metadata(storage: Storage, uri: str) -> dict[str, Any]:
    """Return what a metadata sidecar says; `metadata_error` with the reason where it is broken."""
    try:
        return plain(_mapping(storage, uri))
    except BrokenSidecarError as error:
        return {"metadata_error": f"{_name(uri)}: {error}"}


def from_column(value: Any) -> Access:
    """Return the access that a row's column gives.

    A list, a JSON list, or names separated by `;` or `,`. The only name `public` or `*` means
    everybody; none means nobody.
    """
    try:
        if value is None:
            return NOBODY
        if isinstance(value, str):
            value = _listed(value)
        if isinstance(value, list | tuple) and len(value) == 1 and value[0] in (PUBLIC, _EVERYBODY):
            return Access((PUBLIC,))
        return Access(_names(value))
    except BrokenSidecarError as error:
        return Access((), f"groups: {error}")


def _listed(text: str) -> Any:
    text = text.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BrokenSidecarError(f"no JSON list: {error}") from None
    names = (name.strip() for name in text.replace(";", ",").split(","))
    return [name for name in names if name]


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise BrokenSidecarError(f"a {type(value).__name__} is no list of names")
    for name in value:
        if not isinstance(name, str) or not name.strip() or plain(name) != name:
            raise BrokenSidecarError(f"{name!r} is no name of a group")
        if name in (PUBLIC, _EVERYBODY):
            raise BrokenSidecarError(f"{name!r} means everybody and cannot stand among groups")
    return tuple(sorted(set(value)))


def _mapping(storage: Storage, uri: str) -> Mapping[str, Any]:
    if not uri:
        raise BrokenSidecarError("it is a symbolic link, and follow_symlinks is off")
    try:
        found = read_whole(storage, uri, MAX_SIDECAR_BYTES)
    except (Retriable, Quarantine, ConfigError) as error:
        raise BrokenSidecarError(error.found) from None
    if found is None:
        raise BrokenSidecarError("it vanished while it was read")
    try:
        rule = json.loads(found[1].decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BrokenSidecarError(f"it is no JSON: {error}") from None
    if not isinstance(rule, dict):
        raise BrokenSidecarError("it is no JSON object")
    return rule


def _name(uri: str) -> str:
    return uri.rpartition("/")[2] or "the sidecar"
