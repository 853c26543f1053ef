"""What a request asks with: each parameter is taken by name and type, and what is left is refused.

A body is JSON; in an address all values are texts, `$filter` stands for `filter`, and lists are
parameters said twice.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from freshground.service.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T = TypeVar("T")

_RENAMED = {"facet": "facets", "scoringParameter": "scoringParameters"}
_DOLLAR = frozenset({"$filter", "$select", "$orderby", "$top", "$skip", "$count"})


def invalid(name: str, found: str, do: str = "") -> ApiError:
    """Return the refusal of a parameter: what was found, and what to write in its place."""
    return ApiError(400, "InvalidParameter", f"Parameter '{name}' {found}. {do}".strip())


def not_served(name: str, what: str, do: str = "Leave it out.") -> ApiError:
    """Return the refusal of a parameter that Azure knows and this service does not serve."""
    return ApiError(400, "NotServed", f"Parameter '{name}': {what} is not served here. {do}")


class Parameters:
    """The parameters of one request. `close` refuses those that nobody took."""

    def __init__(self, values: Mapping[str, Any], *, texts: bool = False) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}
        self._texts = texts

    @classmethod
    def of_address(cls, pairs: Iterable[tuple[str, str]], lists: Iterable[str] = ()) -> Parameters:
        """Return the query parameters of an address; those named in `lists` may come twice."""
        many = frozenset(lists)
        values: dict[str, Any] = {}
        for sent, value in pairs:
            key = sent.replace("%24", "$", 1)  # @azure/search-documents 13.0.0 encodes it twice
            if key == "api-version":
                continue
            name = key.removeprefix("$") if key in _DOLLAR else _RENAMED.get(key, key)
            if name in many:
                values.setdefault(name, []).append(value)
            elif name in values:
                raise invalid(key, "is given twice", "Give it once.")
            else:
                values[name] = value
        return cls(values, texts=True)

    def take(self, name: str) -> Any:
        """Return a value as it came, None when it is absent or null."""
        return self._values.pop(name, None)

    def text(self, name: str) -> str | None:
        """Return a text."""
        value = self.take(name)
        if value is None or isinstance(value, str):
            return value
        raise invalid(name, f"is {_kind(value)}, not a text")

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self.take(name)
        if self._texts and isinstance(value, str):
            value = {"true": True, "false": False}.get(value.lower(), value)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        raise invalid(name, f"is {_kind(value)}, neither true nor false")

    def whole(self, name: str, low: int, high: int) -> int | None:
        """Return a whole number within bounds."""
        value = self.number(name, low, high)
        if value is None:
            return None
        if value != int(value):
            raise invalid(name, f"is {value:g}, no whole number")
        return int(value)

    def number(self, name: str, low: float, high: float) -> float | None:
        """Return a number within bounds."""
        value = self.take(name)
        if self._texts and isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise invalid(name, "is no number") from None
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise invalid(name, f"is {_kind(value)}, not a number")
        if not (math.isfinite(value) and low <= value <= high):
            raise invalid(name, f"is {value:g}", f"It lies between {low:g} and {high:g}.")
        return value

    def choice(self, name: str, choices: Mapping[str, T], default: T) -> T:
        """Return what a word stands for; upper and lower case are alike."""
        value = self.text(name)
        if value is None:
            return default
        for word, meant in choices.items():
            if word.lower() == value.lower():
                return meant
        known = ", ".join(choices)
        raise invalid(name, f"is {value[:40]!r}", f"It is one of: {known}.")

    def items(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, or the parts of a text between commas outside parentheses."""
        value = self.take(name)
        if value is None:
            return ()
        if isinstance(value, str):
            value = split(value)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise invalid(name, f"is {_kind(value)}, not a list of texts")
        return tuple(each.strip() for each in value if each.strip())

    def refuse(self, reasons: Mapping[str, str], harmless: Mapping[str, frozenset[Any]]) -> None:
        """Refuse what is known and not served; a value that changes nothing is let through."""
        for name, what in reasons.items():
            value = self.take(name)
            if value is None or value in ([], {}, ""):
                continue
            meant = value.lower() if isinstance(value, str) else None
            if meant is None or meant not in harmless.get(name, ()):
                raise not_served(name, what)

    def close(self, of: str) -> None:
        """Raise ApiError 400 when something is left that `of`, such as a search, does not know."""
        if self._values:
            names = ", ".join(f"'{name[:60]}'" for name in sorted(self._values)[:8])
            raise ApiError(400, "UnknownParameter", f"{of} has no parameter {names}. Leave it out.")


def split(text: str) -> list[str]:
    """Return the parts of a text between commas that stand outside parentheses."""
    if "(" not in text:
        return text.split(",")
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth <= 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
