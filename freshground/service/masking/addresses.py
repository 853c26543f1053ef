"""What stands beside the documents of an export, masked: keys, addresses, the sources' metadata.

A name tells what another document holds: that of an archive, of an attachment, of a folder. So what
was found in any document is masked in the names of all, however it is spelled there.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from freshground.core.ids import doc_id
from freshground.service.masking.work import RULES
from ingestion.containers.names import MARK
from quality.admission.masking import masked_field
from quality.admission.matches import lowered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quality.admission.pseudonyms import Pseudonyms

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 8
_LEAST_LETTERS = 5
_LEAST_DIGITS = 8
"""Characters of what is looked for elsewhere, and of numbers that are written as one."""


class Known:
    """Values of documents and what stands in their place: "Ana Roth", "ana-roth", "AnaRoth"."""

    def __init__(self) -> None:
        self._puts: dict[str, str] = {}

    def add(self, values: Mapping[str, str]) -> None:
        """Add values in lower case."""
        for value, put in values.items():
            words = _WORD.findall(value)
            joined = "".join(words)
            least = _LEAST_DIGITS if joined.isdigit() else _LEAST_LETTERS
            if len(words) <= _MOST_WORDS and len(value) >= _LEAST_LETTERS:
                self._puts.setdefault(" ".join(words), put)
                if len(joined) >= least:
                    self._puts.setdefault(joined, put)

    def standing_in(self, text: str) -> dict[str, str]:
        """Return the values that stand in a text, in lower case as it spells them, with puts."""
        lower = lowered(text)
        words = list(_WORD.finditer(lower))
        found: dict[str, str] = {}
        for place, first in enumerate(words):
            form = ""
            for last in words[place : place + _MOST_WORDS]:
                form = f"{form} {last[0]}".lstrip()
                put = self._puts.get(form)
                if put is not None:
                    found[lower[first.start() : last.end()]] = put
        return found


class Beside(NamedTuple):
    """What bronze says of an object, masked; `parent` is the doc_id of what it lies in."""

    key: str
    uri: str
    metadata: dict[str, Any]
    parent: str | None = None


class Addresses:
    """Masks what stands beside the objects of one source, `objects` being bronze's rows by doc_id.

    What lies in a container is named after it, and the container once for all that lies in it.
    """

    def __init__(
        self,
        source_id: str,
        objects: Mapping[str, Mapping[str, Any]],
        known: Known,
        pseudonym: Pseudonyms,
    ) -> None:
        self._source_id = source_id
        self._objects = objects
        self._known = known
        self._pseudonym = pseudonym
        self._containers: dict[str, Beside] = {}

    def of(self, row: Mapping[str, Any]) -> Beside:
        """Return what stands beside an object, masked."""
        if row["parent"] is None:
            metadata = self.masked(json.loads(row["metadata"] or "{}"))
            return Beside(self.masked(row["key"]), self._address(row["uri"]), metadata)
        parent = self._objects[row["parent"]]
        above = self._container(parent)
        name = self.masked(row["key"].removeprefix(parent["key"] + MARK))
        of = doc_id(self._source_id, above.key)
        return Beside(
            f"{above.key}{MARK}{name}",
            f"{above.uri}{MARK}{quote(name, safe='/[]')}",
            {**above.metadata, "parent": of, "parent_uri": above.uri, "part": name},
            of,
        )

    def masked(self, value: Any) -> Any:
        """Return a text, or data with texts in it, masked."""
        known: dict[str, str] = {}
        for text in _texts(value):
            known |= self._known.standing_in(text)
        return masked_field(value, "", RULES, self._pseudonym, known)

    def _container(self, row: Mapping[str, Any]) -> Beside:
        if row["doc_id"] not in self._containers:
            self._containers[row["doc_id"]] = self.of(row)
        return self._containers[row["doc_id"]]

    def _address(self, uri: str) -> str:
        """Return a uri masked: what is found in it may be written in percents."""
        plain = unquote(uri)
        masked = self.masked(plain)
        return uri if masked == plain else quote(masked, safe="/:?#[]@!$&'()*+,;=~")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    else:
        yield str(value)
