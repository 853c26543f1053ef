"""Text of a `$filter` -> `Filter`, checked against the index's schema.

Source: "OData expression syntax reference for Azure AI Search" (grammar, precedence, the shapes
allowed in lambdas, default delimiters of `search.in`).
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

if TYPE_CHECKING:
    from collections.abc import Collection

    import pyarrow as pa

    from indexes.filters.ast import Filter

MAX_CHARACTERS = 100_000
MAX_DEPTH = 16
"""Nested `and`, `or`, `not`: SQL engines stop at a depth of about 50 parentheses."""

_UNSUPPORTED = re.compile(r"\b(geo\.\w+|search\.(?!in\b)\w+)\s*\(")


def parse(text: str, schema: pa.Schema, filterable: Collection[str]) -> Filter:
    """Return the meaning of a filter over columns of `schema` that are named in `filterable`.

    ConfigError, with the position in the text, for bad syntax, an unknown or unfilterable field,
    and a literal that does not fit its field's type.
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
    return Resolver(schema, frozenset(filterable)).resolve(raw)


def _fail(text: str, at: int, found: str, do: str) -> NoReturn:
    raise ConfigError(f"The filter has {found}, at character {at + 1} of {len(text)}.", do)


@dataclass(frozen=True, slots=True)
class Raw:
    """A piece of syntax. `at` is its 0-based place; `depth` counts nested logic from 0."""

    kind: str
    at: int
    parts: tuple[Any, ...]
    depth: int = 0


def _nest(kind: str, parts: tuple[Raw, ...]) -> Raw:
    """Join parts, drawing those of the same kind up into one."""
    flat = tuple(p for part in parts for p in (part.parts if part.kind == kind else (part,)))
    depth = 1 + max(part.depth for part in flat)
    if depth > MAX_DEPTH:
        raise ConfigError(
            f"The filter nests `and`, `or` and `not` more than {MAX_DEPTH} deep, at character "
            f"{parts[0].at + 1}.",
            "Write it flatter.",
        )
    return Raw(kind, parts[0].at, flat, depth)


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

    def flag(self, name: Token) -> Raw:
        return Raw("flag", _at(name), (name,))

    def compare(self, name: Token, operator: Token, literal: Raw) -> Raw:
        return Raw("compare", _at(name), (name, str(operator), literal))

    def compare_flipped(self, literal: Raw, operator: Token, name: Token) -> Raw:
        flipped = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}
        return Raw(
            "compare", literal.at, (name, flipped.get(str(operator), str(operator)), literal)
        )

    def member(self, name: Token, values: Token, delimiters: Token | None = None) -> Raw:
        return Raw(
            "in",
            _at(name),
            (name, _unquote(values), " ," if delimiters is None else _unquote(delimiters)),
        )

    def lambda_any(self, name: Token, variable: Token, body: Raw) -> Raw:
        return Raw("any", _at(name), (name, variable, body))

    def lambda_all(self, name: Token, variable: Token, body: Raw) -> Raw:
        return Raw("all", _at(name), (name, variable, body))

    def lambda_nonempty(self, name: Token) -> Raw:
        return Raw("nonempty", _at(name), (name,))

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

    def null(self) -> Raw:
        return Raw("null", 0, ())


def _at(token: Token) -> int:
    return token.start_pos or 0


def _unquote(token: Token) -> str:
    return str(token)[1:-1].replace("''", "'")


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = files("indexes.filters").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Build())
