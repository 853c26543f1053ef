"""Edm types, analyzers, names and limits of Azure AI Search, and which of them are served here."""

from __future__ import annotations

import re
from reprlib import Repr

from freshground.core.errors import ConfigError

SCALARS = (
    "Edm.String",
    "Edm.Int32",
    "Edm.Int64",
    "Edm.Double",
    "Edm.Boolean",
    "Edm.DateTimeOffset",
)
"""Types of one value; each may be in a Collection as well."""

VECTORS = (
    "Collection(Edm.Single)",
    "Collection(Edm.Half)",
    "Collection(Edm.Int16)",
    "Collection(Edm.SByte)",
)
"""Types of vectors. All are kept and compared as float32."""

COMPLEX = "Edm.ComplexType"
COMPLEXES = "Collection(Edm.ComplexType)"

TYPES = (*SCALARS, *(f"Collection({each})" for each in SCALARS), *VECTORS, COMPLEX, COMPLEXES)

TEXTS = ("Edm.String", "Collection(Edm.String)")

MAX_FIELDS = 1000
MAX_DEPTH = 10
MAX_COMPLEX_COLLECTIONS = 40
MIN_DIMENSIONS = 2
MAX_DIMENSIONS = 4096
MAX_DESCRIPTION = 4000

_LANGUAGES = {
    "ar": "arabic",
    "hy": "armenian",
    "eu": "basque",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "nl": "dutch",
    "en": "english",
    "et": "estonian",
    "fi": "finnish",
    "fr": "french",
    "de": "german",
    "el": "greek",
    "hi": "hindi",
    "hu": "hungarian",
    "id": "indonesian",
    "ga": "irish",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "no": "norwegian",
    "fa": "persian",
    "pl": "polish",
    "pt-BR": "portuguese",
    "pt-PT": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "es": "spanish",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
_PLAIN = ("standard.lucene", "standardasciifolding.lucene", "simple")

ANALYZERS = {
    **dict.fromkeys(_PLAIN, "simple"),
    **{f"{tag}.lucene": name for tag, name in _LANGUAGES.items()},
    **{f"{tag}.microsoft": name for tag, name in _LANGUAGES.items()},
}
"""Azure's analyzers by name, each with ours: a Snowball stemmer for a language."""

_SHORT = Repr()
_SHORT.maxlevel = 2  # JSON may be nested so deeply that the plain `repr` fails
_SHORT.maxstring = _SHORT.maxother = 80

_INDEX = re.compile(r"[a-z0-9](?:[a-z0-9]|[-_](?![-_])){0,126}[a-z0-9]")
_FIELD = re.compile(r"(?!azureSearch)[A-Za-z][A-Za-z0-9_]{0,127}")
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


class DefinitionError(ConfigError):
    """A definition that cannot be used. `code` is InvalidDefinition or NotServed."""

    def __init__(self, found: str, do: str, code: str = "InvalidDefinition") -> None:
        super().__init__(found, do)
        self.code = code


def not_served(found: str, do: str) -> DefinitionError:
    """Return the error of something that Azure has and that is not served here."""
    return DefinitionError(found, do, "NotServed")


def index_name(name: object, what: str = "index") -> str:
    """Return the name of an index or alias; DefinitionError when it cannot be one."""
    if isinstance(name, str) and _INDEX.fullmatch(name):
        return name
    raise DefinitionError(
        f"{shown(name)} cannot be the name of an {what}.",
        "Use 2 to 128 lower-case letters, digits, dashes and underscores, beginning and ending "
        "with a letter or digit, no two dashes or underscores in a row.",
    )


def field_name(name: object, where: str) -> str:
    """Return a field's name; `where` says whose field it is."""
    if isinstance(name, str) and _FIELD.fullmatch(name):
        return name
    raise DefinitionError(
        f"{where} has a field whose name is {shown(name)}.",
        "Use at most 128 letters, digits and underscores, beginning with a letter and not with "
        "'azureSearch'.",
    )


def part_name(name: object, what: str) -> str:
    """Return the name of a suggester, profile, algorithm or configuration."""
    if isinstance(name, str) and _PART.fullmatch(name):
        return name
    raise DefinitionError(
        f"{what} has the name {shown(name)}.",
        "Use at most 128 letters, digits, dashes and underscores, beginning with a letter or "
        "digit.",
    )


def shown(value: object) -> str:
    """Return a value as an error shows it: short."""
    return _SHORT.repr(value)
