"""Text of a `$filter` -> `Filter`, checked against the index's schema.

Source: "OData expression syntax reference for Azure AI Search" (grammar, precedence, default
delimiters of `search.in`) and "Troubleshooting OData collection filters" (shapes of lambdas).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NoReturn, cast

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError

from freshground.core.errors import ConfigError
from indexes.filters.resolve import Resolver
from indexes.filters.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Collection

    import pyarrow as pa

    from indexes.filters.ast import Filter

MAX_CHARACTERS = 100_000
MAX_DEPTH = 16
"""Nested `and`, `or`, `not` and lambdas: SQL engines stop at about 50 nested parentheses."""
MAX_CLAUSES = 3000
"""Clauses that one `and` or `or` joins."""

_UNSUPPORTED = re.compile(r"\b(geo\.\w+|search\.(?!in\b)\w+)\s*\(")


def parse(text: str, schema: pa.Schema, filterable: Collection[str]) -> Filter:
    """Return the meaning of a filter over fields of `schema` whose paths are in `filterable`.

    Complex fields are structs, and their parts are named `Address/City`. ConfigError, with the
    position in the text, for bad syntax, an unknown or unfilterable field, a literal that does not
    fit its field's type, and a lambda of a shape that Azure AI Search refuses.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(
            f"The filter has {len(text)} characters; {MAX_CHARACTERS} is the most.",
            "Use search.in for long lists of values.",
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        _fail(text, error.start, "a lone surrogate, which is no character", "Remove it.")
    unsupported = _UNSUPPORTED.search(re.sub(r"'[^']*'", lambda m: "_" * len(m[0]), text))
    if unsupported:
        _fail(
            text, unsupported.start(), f"{unsupported[1]}, which is not supported", "Leave it out."
        )
    try:
        raw = cast("Raw", _parser().parse(text))
    except VisitError as error:
        if isinstance(error.orig_exc, ConfigError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        ended = getattr(getattr(error, "token", None), "type", "") == "$END"
        at = len(text) if ended or error.pos_in_stream is None else error.pos_in_stream
        found = f"{text[at : at + 20]!r}" if at < len(text) else "its end"
        _fail(
            text,
            at,
            f"{found} where something else should stand",
            "A comparison is `field eq 'text'`; after `not` it needs parentheses; a quote within "
            "a text is doubled.",
        )
    return Resolver(Scope.of_row(schema, frozenset(filterable))).resolve(raw)


def _fail(text: str, at: int, found: str, do: str) -> NoReturn:
    raise ConfigError(f"The filter has {found}, at character {at + 1} of {len(text)}.", do)


@dataclass(frozen=True, slots=True)
class Raw:
    """A piece of syntax. `at` is its 0-based place; `depth` counts nested logic from 0."""

    kind: str
    at: int
    parts: tuple[Any, ...]
    depth: int = 0


_LITERALS = {"string", "datetime", "float", "int", "boolean", "null"}
_SIDES = {"path": "a field", "in": "search.in", "any": "any", "all": "all", "nonempty": "any()"}
_FLIPPED = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}


def _nest(kind: str, parts: tuple[Raw, ...]) -> Raw:
    """Join parts, drawing those of the same kind up into one."""
    flat = tuple(p for part in parts for p in (part.parts if part.kind == kind else (part,)))
    if len(flat) > MAX_CLAUSES:
        raise ConfigError(
            f"The filter joins more than {MAX_CLAUSES} clauses, at character {parts[0].at + 1}.",
            "Use search.in for long lists of values.",
        )
    return _deeper(Raw(kind, parts[0].at, flat, 1 + max(part.depth for part in flat)))


def _deeper(raw: Raw) -> Raw:
    if raw.depth > MAX_DEPTH:
        raise ConfigError(
            f"The filter nests `and`, `or`, `not` and lambdas more than {MAX_DEPTH} deep, at "
            f"character {raw.at + 1}.",
            "Write it flatter.",
        )
    return raw


@v_args(inline=True)
class _Build(Transformer[Token, Raw]):
    """Runs within the parser, bottom up, so that deep input meets a limit and not the stack."""

    def either(self, *parts: Raw) -> Raw:
        return parts[0] if len(parts) == 1 else _nest("or", parts)

    def both(self, *parts: Raw) -> Raw:
        return parts[0] if len(parts) == 1 else _nest("and", parts)

    def negation(self, part: Raw) -> Raw:
        return part.parts[0] if part.kind == "not" else _nest("not", (part,))

    def group(self, part: Raw) -> Raw:
        return part

    def constant(self, token: Token) -> Raw:
        return Raw("constant", _at(token), (str(token) == "true",))

    def path(self, name: Token) -> Raw:
        return Raw("path", _at(name), (str(name),))

    def longer_path(self, path: Raw, name: Token) -> Raw:
        if len(path.parts) == MAX_DEPTH:
            raise ConfigError(
                f"The filter has a path of more than {MAX_DEPTH} names, at character "
                f"{path.at + 1}.",
                "No field lies so deep.",
            )
        return Raw("path", path.at, (*path.parts, str(name)))

    def flag(self, path: Raw) -> Raw:
        return Raw("flag", path.at, (path,))

    def compare(self, left: Raw, operator: Token, right: Raw) -> Raw:
        at, test = left.at, str(operator)
        if left.kind in _LITERALS:
            left, test, right = right, _FLIPPED.get(test, test), left
        if left.kind == "in" and right.kind == "boolean" and test in {"eq", "ne"}:
            return left if right.parts[0] is (test == "eq") else _nest("not", (left,))
        if left.kind != "path" or right.kind not in _LITERALS:
            sides = [_SIDES.get(side.kind, "a literal") for side in (left, right)]
            raise ConfigError(
                f"The filter compares {' with '.join(sides)}, at character {at + 1}.",
                "A comparison is between a field, or a lambda's variable, and a literal.",
            )
        return Raw("compare", at, (left, test, right))

    def member(self, path: Raw, values: Token, delimiters: Token | None = None) -> Raw:
        given = " ," if delimiters is None else _unquote(delimiters)
        return Raw("in", path.at, (path, _unquote(values), given))

    def lambda_over(self, path: Raw, quantifier: Token, variable: Token, body: Raw) -> Raw:
        return _deeper(Raw(str(quantifier), path.at, (path, str(variable), body), body.depth + 1))

    def lambda_empty(self, path: Raw, quantifier: Token) -> Raw:
        if quantifier == "all":
            raise ConfigError(
                f"The filter has all without a condition, at character {path.at + 1}.",
                "Only any may stand without one: any() is true of a collection that is not empty.",
            )
        return Raw("nonempty", path.at, (path,))

    def string(self, token: Token) -> Raw:
        return Raw("string", _at(token), (_unquote(token),))

    def datetime(self, token: Token) -> Raw:
        return Raw("datetime", _at(token), (str(token),))

    def float(self, token: Token) -> Raw:
        return Raw("float", _at(token), (str(token),))

    def int(self, token: Token) -> Raw:
        return Raw("int", _at(token), (str(token),))

    def boolean(self, token: Token) -> Raw:
        return Raw("boolean", _at(token), (str(token) == "true",))

    def null(self, token: Token) -> Raw:
        return Raw("null", _at(token), ())


def _at(token: Token) -> int:
    return token.start_pos or 0


def _unquote(token: Token) -> str:
    return str(token)[1:-1].replace("''", "'")


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = files("indexes.filters").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Build())
