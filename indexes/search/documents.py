"""Documents as clients write them: JSON checked one by one, merged, and laid into Arrow rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from freshground.core.errors import ConfigError
from indexes.search.azure_types import shown
from indexes.search.columns import schema_of
from indexes.search.definition import COMPLEX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indexes.search.definition import Definition, Field

MAX_KEY = 1024
MAX_TERM_BYTES = 32766
"""The longest string that can be filtered, sorted or faceted by."""
MAX_COMPLEX = 3000
"""The most complex values in all collections of one document."""

LEAST_LENGTH = 1e-15
"""Of a vector, and the inverse of the greatest: their squares are within float32's range."""

_KEY = re.compile(r"(?!_)[A-Za-z0-9_\-=]+")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(?:\.(\d{1,12}))?(Z|[+-]\d\d:\d\d)", re.IGNORECASE
)
_RANGES = {
    "Edm.Int32": (-(2**31), 2**31 - 1),
    "Edm.Int64": (-(2**63), 2**63 - 1),
    "Collection(Edm.Int16)": (-(2**15), 2**15 - 1),
    "Collection(Edm.SByte)": (-(2**7), 2**7 - 1),
    "Collection(Edm.Half)": (-65504, 65504),
}


class DocumentError(ConfigError):
    """One document that cannot be written; the others of its batch can."""


def key_of(definition: Definition, document: Mapping[str, Any]) -> str:
    """Return a document's key; DocumentError when it is missing or has other characters."""
    name = definition.key.name
    key = document.get(name)
    if key is None or key == "":
        raise DocumentError(f"The key '{name}' is missing or empty.", "Give every document one.")
    if not isinstance(key, str):
        raise DocumentError(f"The key '{name}' is {shown(key)}.", "Give a string.")
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        raise DocumentError(
            f"The key {shown(key)} is not valid.",
            f"Use at most {MAX_KEY} letters, digits, '_', '-' and '=', not beginning with '_'; "
            "encode others as URL-safe Base64.",
        )
    return key


def checked(definition: Definition, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a JSON document's fields, those that it has.

    Times become aware datetimes in UTC and vectors float32 arrays; a null collection becomes an
    empty one. DocumentError names the field.
    """
    key_of(definition, document)
    count = [0]
    found = _complex(definition.fields, document, "", count)
    if count[0] > MAX_COMPLEX:
        raise DocumentError(
            f"The document has {count[0]} complex values in its collections.",
            f"Keep at most {MAX_COMPLEX}.",
        )
    return found


def completed(fields: Sequence[Field], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked document with all fields: null where it has none, collections empty."""
    found: dict[str, Any] = {}
    for field in fields:
        value = document.get(field.name)
        if field.is_collection:
            value = value or []
            if field.fields:
                value = [completed(field.fields, each) for each in value]
        elif field.type == COMPLEX and value is not None:
            value = completed(field.fields, value)
        found[field.name] = value
    return found


def merged(
    fields: Sequence[Field], old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """Return `old` with the values of `new`: omitted keeps, null clears.

    Collections are replaced whole; parts of a complex value are merged one by one.
    """
    found = dict(old)
    for field in fields:
        if field.name not in new:
            continue
        value, before = new[field.name], old.get(field.name)
        if field.type == COMPLEX and value is not None and before is not None:
            value = merged(field.fields, before, value)
        found[field.name] = value
    return found


def rows_of(definition: Definition, documents: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return checked documents as rows with the columns of `schema_of(definition)`."""
    schema = schema_of(definition)
    columns = []
    for field, column in zip(definition.fields, schema, strict=True):
        values = [document.get(field.name) for document in documents]
        if field.dimensions is None:
            columns.append(pa.array(values, column.type))
        else:
            columns.append(_vectors(values, field.dimensions))
    return pa.table(columns, schema=schema)


def _vectors(values: Sequence[np.ndarray | None], dimensions: int) -> pa.Array:
    flat = np.zeros((len(values), dimensions), np.float32)
    missing = np.ones(len(values), bool)
    for at, value in enumerate(values):
        if value is not None:
            flat[at] = value
            missing[at] = False
    return pa.FixedSizeListArray.from_arrays(
        pa.array(flat.ravel()), dimensions, mask=pa.array(missing)
    )


def _complex(
    fields: Sequence[Field], value: Mapping[str, Any], prefix: str, count: list[int]
) -> dict[str, Any]:
    by_name = {field.name: field for field in fields}
    found: dict[str, Any] = {}
    for name, part in value.items():
        field = by_name.get(name)
        if field is None:
            if name.startswith(("@search.", "@odata.")):
                continue  # what answers carry: a document may be sent back as it was read
            raise DocumentError(
                f"The property {shown(prefix + name)} does not exist in the index.",
                "Remove it, or add the field to the index first.",
            )
        found[name] = _value(field, part, prefix + name, count)
    return found


def _value(field: Field, value: Any, path: str, count: list[int]) -> Any:
    if field.dimensions is not None:
        return None if value is None else _vector(field, value, path)
    if not field.is_collection:
        return None if value is None else _one(field, value, path, field.type, count)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong(path, value, field.type, "Give a list.")
    kind = field.type.removeprefix("Collection(").removesuffix(")")
    if field.fields:
        count[0] += len(value)
    return [_one(field, each, path, kind, count) for each in value]


def _one(field: Field, value: Any, path: str, kind: str, count: list[int]) -> Any:
    if kind == COMPLEX:
        if not isinstance(value, dict):
            raise _wrong(path, value, kind, "Give an object.")
        return _complex(field.fields, value, f"{path}/", count)
    if kind == "Edm.String":
        return _string(field, value, path)
    if kind == "Edm.Boolean":
        if not isinstance(value, bool):
            raise _wrong(path, value, kind, "Give true or false.")
        return value
    if kind == "Edm.DateTimeOffset":
        return _time(value, path)
    if kind == "Edm.Double":
        return _double(value, path)
    low, high = _RANGES[kind]
    if type(value) is not int:
        raise _wrong(path, value, kind, "Give a whole number, not as a string.")
    if not low <= value <= high:
        raise _wrong(path, value, kind, f"Numbers go from {low} to {high}.")
    return value


def _string(field: Field, value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, value, "Edm.String", "Give a string.")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise _wrong(path, value, "Edm.String", "Half a surrogate pair is no character.") from None
    if size > MAX_TERM_BYTES and (field.filterable or field.sortable or field.facetable):
        raise DocumentError(
            f"Field '{path}' has {size} bytes in UTF-8: too many for a field that is filterable, "
            "sortable or facetable.",
            f"Write at most {MAX_TERM_BYTES}, or make a field without these attributes.",
        )
    return value


def _double(value: Any, path: str) -> float:
    if type(value) not in (int, float):
        raise _wrong(path, value, "Edm.Double", "Give a number, not as a string.")
    try:
        found = float(value)
    except OverflowError:
        found = np.inf
    if not np.isfinite(found):
        raise _wrong(path, value, "Edm.Double", "Give a finite number.")
    return found


def _time(value: Any, path: str) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    do = "Give a time with its zone, such as 2026-04-01T12:30:00Z."
    if match is None:
        raise _wrong(path, value, "Edm.DateTimeOffset", do)
    minute, second, fraction, zone = match.groups()
    text = f"{minute}{second or ':00'}.{(fraction or '0')[:6]:0<6}{zone.upper()}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong(path, value, "Edm.DateTimeOffset", do) from None


def _vector(field: Field, value: Any, path: str) -> np.ndarray:
    if isinstance(value, np.ndarray):
        return value.astype(np.float32)  # as it is stored
    if not isinstance(value, list) or not _numbers(value):
        raise _wrong(path, value, field.type, "Give a list of numbers.")
    if len(value) != field.dimensions:
        raise DocumentError(
            f"The vector field '{path}' has {field.dimensions} dimensions; the vector given has "
            f"{len(value)}.",
            "Encode with the model that the field was made for.",
        )
    try:
        exact = np.array(value, np.float64)
    except OverflowError:
        exact = np.array([np.inf])
    with np.errstate(over="ignore"):
        found = exact.astype(np.float32)
    low, high = _RANGES.get(field.type, (-np.inf, np.inf))
    whole = field.type in ("Collection(Edm.Int16)", "Collection(Edm.SByte)")
    if (
        not np.isfinite(found).all()
        or not ((found >= low) & (found <= high)).all()
        or (whole and (found != np.round(found)).any())
    ):
        raise _wrong(path, value, field.type, "A number is out of the type's range.")
    if not LEAST_LENGTH <= np.linalg.norm(exact) <= 1 / LEAST_LENGTH:
        raise DocumentError(
            f"The vector field '{path}' is given a vector of zeros, or one so short or long that "
            "cosines with it cannot be told.",
            "Leave the field out, or encode the document again.",
        )
    return found


def _numbers(value: Iterable[Any]) -> bool:
    return set(map(type, value)) <= {int, float}


def _wrong(path: str, value: Any, kind: str, do: str) -> DocumentError:
    return DocumentError(f"Field '{path}' of type {kind} is given {shown(value)}.", do)
