"""`$filter` by hand: an evaluator that works on the text, and random filters over nullable rows.

Nothing here knows the product's grammar, syntax tree or types: values are compared as the rows
hold them, by OData's two-valued rules.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

Test = Callable[[dict[str, Any]], bool]
"""Names in scope -> whether it is true. "" is the row."""

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<number>[+-]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|INF)|NaN)"
    r"|(?P<name>[A-Za-z_][\w.]*(?:/[A-Za-z_]\w*)*)"
    r"|(?P<sign>[(),:]))"
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}


class ByHand:
    """Reads a filter from left to right; `test` says of a row whether it is true."""

    def __init__(self, text: str) -> None:
        self.tokens = [(m.lastgroup, m[m.lastgroup]) for m in TOKEN.finditer(text.strip())]
        self.at = 0
        inner = self.either()
        assert self.at == len(self.tokens), text
        self.test = lambda row: inner({"": row})

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> tuple[str, str]:
        token = self.tokens[self.at]
        assert expected is None or token[1] == expected, (token, expected)
        self.at += 1
        return token

    def either(self) -> Test:
        parts = [self.both()]
        while self.peek() == "or":
            self.take()
            parts.append(self.both())
        return lambda names: any(part(names) for part in parts)

    def both(self) -> Test:
        parts = [self.one()]
        while self.peek() == "and":
            self.take()
            parts.append(self.one())
        return lambda names: all(part(names) for part in parts)

    def one(self) -> Test:
        kind, text = self.take()
        if text == "not":
            part = self.one()
            return lambda names: not part(names)
        if text == "(":
            part = self.either()
            self.take(")")
            return part
        if text == "search.in":
            return self.flagged(self.member())
        if kind == "name" and self.peek() == "(":
            return self.quantified(text)
        value = self.value(kind, text)
        if self.peek() in COMPARE:
            return self.compared(value)
        return lambda names: value(names) is True

    def flagged(self, test: Test) -> Test:
        """`search.in(...) eq true`."""
        if self.peek() not in {"eq", "ne"}:
            return test
        operator, wanted = self.take()[1], self.take()[1] == "true"
        return lambda names: COMPARE[operator](test(names), wanted)

    def compared(self, left: Callable[[Any], Any]) -> Test:
        operator = self.take()[1]
        right = self.value(*self.take())

        def test(names: Any) -> bool:
            one, other = left(names), right(names)
            if one is None or other is None:
                return (one is other) == (operator == "eq") and operator in {"eq", "ne"}
            if isinstance(one, Decimal):
                one = float(one) if isinstance(other, float) else one
            if isinstance(other, Decimal):
                other = float(other) if isinstance(one, float) else other
            return COMPARE[operator](one, other)

        return test

    def value(self, kind: str, text: str) -> Callable[[Any], Any]:
        if kind == "text":
            plain: Any = text[1:-1].replace("''", "'")
        elif kind == "time":
            plain = datetime.fromisoformat(text)
        elif kind == "number":
            plain = Decimal(text.replace("INF", "Infinity"))
        elif text in {"true", "false", "null"}:
            plain = {"true": True, "false": False, "null": None}[text]
        else:
            return lambda names: looked_up(names, text)
        return lambda names: plain

    def member(self) -> Test:
        self.take("(")
        path = self.take()[1]
        self.take(",")
        values = self.value(*self.take())(None)
        delimiters = " ,"
        if self.peek() == ",":
            self.take()
            delimiters = self.value(*self.take())(None)
        self.take(")")
        chosen = [v for v in re.split(f"[{re.escape(delimiters)}]", values) if v]
        return lambda names: looked_up(names, path) in chosen

    def quantified(self, path: str) -> Test:
        path, quantifier = path.rsplit("/", 1)
        self.take("(")
        if self.peek() == ")":
            self.take()
            return lambda names: bool(looked_up(names, path))
        variable = self.take()[1]
        self.take(":")
        part = self.either()
        self.take(")")
        join = any if quantifier == "any" else all
        return lambda names: join(
            part({variable: item, "": None}) for item in looked_up(names, path) or []
        )


def looked_up(names: dict[str, Any], path: str) -> Any:
    first, *rest = path.split("/")
    value = names[first] if first in names else (names[""] or {})[first]
    for name in rest:
        value = None if value is None else value[name]
    return value


WORDS = ["a", "b", "it's", "", "A", "x y", "' or 1 eq 1", "日本", "a,b", "%_"]
INTS = [0, 1, -1, 5, 7, 2**31 - 1, -(2**31)]
LONGS = [*INTS, 2**53 + 1, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 1.5, -1.5, 1e300, 5e-324, 0.1, 2.0**53, float("inf"), float("-inf")]
FLOATS_AND_NAN = [*FLOATS, float("nan")]
TIMES = [
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=UTC) + timedelta(microseconds=1),
]
KINDS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "text": (pa.string(), WORDS),
    "int": (pa.int32(), INTS),
    "long": (pa.int64(), LONGS),
    "float": (pa.float64(), FLOATS_AND_NAN),
    "bool": (pa.bool_(), [True, False]),
    "time": (pa.timestamp("us", "UTC"), TIMES),
}
ROOM = {"Type": "text", "Beds": "int", "Rate": "float", "Free": "bool"}
PLACE = {"City": "text", "Zip": "long"}
NAMES = {"int": "ints", "long": "longs", "float": "floats", "bool": "bools", "time": "times"}


def level(room: bool) -> dict[str, Any]:
    """Fields of a level: a kind, [kind] for collections, a dict for complex ones, [dict]."""
    if room:
        return {**ROOM, "Tags": ["text"], "Sizes": ["int"], "Place": PLACE, "Beds2": [PLACE]}
    plain = {kind: kind for kind in KINDS}
    many = {NAMES.get(kind, "texts"): [kind] for kind in KINDS}
    return {
        **plain,
        **many,
        "Address": {**PLACE, "Open": "bool", "Codes": ["long"]},
        "Rooms": [level(room=True)],
    }


FIELDS = level(room=False)


def arrow(kind: Any) -> pa.DataType:
    if isinstance(kind, list):
        return pa.list_(arrow(kind[0]))
    if isinstance(kind, dict):
        return pa.struct([(name, arrow(inner)) for name, inner in kind.items()])
    return KINDS[kind][0]


def paths(fields: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for name, kind in fields.items():
        inner = kind[0] if isinstance(kind, list) else kind
        if isinstance(inner, dict):
            found += paths(inner, f"{prefix}{name}/")
        else:
            found.append(prefix + name)
    return found


SCHEMA = pa.schema([(name, arrow(kind)) for name, kind in FIELDS.items()])
FILTERABLE = frozenset(paths(FIELDS))


def random_row(chance: random.Random, fields: dict[str, Any] = FIELDS) -> dict[str, Any]:
    return {name: random_value(chance, kind) for name, kind in fields.items()}


def random_value(chance: random.Random, kind: Any) -> Any:
    if chance.random() < 0.2:
        return None
    if isinstance(kind, list):
        count = chance.randrange(4)
        if isinstance(kind[0], dict):
            return [random_row(chance, kind[0]) for _ in range(count)]
        return [chance.choice(KINDS[kind[0]][1]) for _ in range(count)]
    return random_row(chance, kind) if isinstance(kind, dict) else chance.choice(KINDS[kind][1])


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def literal(chance: random.Random, kind: str) -> str:
    value = chance.choice(KINDS[kind][1])
    if kind == "text":
        return quoted(value)
    if kind == "bool":
        return "true" if value else "false"
    if kind == "time":
        shift = chance.choice([0, 2, -5])
        there = value + timedelta(hours=shift)
        zone = "Z" if not shift else f"{'+' if shift > 0 else '-'}{abs(shift):02}:00"
        return there.strftime("%Y-%m-%dT%H:%M:%S.%f") + zone
    if kind in {"int", "long"} and chance.random() < 0.2:
        return chance.choice(["1.5", "-1.5", "5.0", "1e2", "1e30", "-1e30", "7E0", "1e-9"])
    return {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(repr(value), repr(value))


class RandomFilters:
    """Filters of every allowed shape, as text."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.variables = 0

    def text(self, depth: int = 3, fields: dict[str, Any] = FIELDS, prefix: str = "") -> str:
        roll = self.chance.random()
        if depth == 0 or roll < 0.45:
            return self.leaf(depth, fields, prefix)
        if roll < 0.6:
            return f"not ({self.text(depth - 1, fields, prefix)})"
        word = self.chance.choice([" and ", " or "])
        parts = [self.text(depth - 1, fields, prefix) for _ in range(self.chance.randint(2, 3))]
        if self.chance.random() < 0.5:
            parts = [f"({part})" for part in parts]
        return word.join(parts)

    def leaf(self, depth: int, fields: dict[str, Any], prefix: str) -> str:
        name, kind = self.chance.choice(list(fields.items()))
        path = prefix + name
        if isinstance(kind, dict):
            return self.leaf(depth, kind, f"{path}/")
        if isinstance(kind, list):
            return self.quantified(depth, path, kind[0])
        if kind == "bool" and self.chance.random() < 0.4:
            return self.chance.choice([path, f"not {path}"])
        if kind == "text" and self.chance.random() < 0.3:
            return self.member(path) + self.chance.choice(["", "", " eq true", " ne true"])
        if self.chance.random() < 0.15:
            return f"{path} {self.chance.choice(['eq', 'ne'])} null"
        return self.compared(path, kind, ["eq", "ne"] if kind == "bool" else list(COMPARE))

    def compared(self, path: str, kind: str, operators: list[str]) -> str:
        written = literal(self.chance, kind)
        operator = self.chance.choice(operators)
        if kind in {"int", "long"} and written in {"INF", "-INF", "NaN"}:
            written = "1"
        if self.chance.random() < 0.2:
            flipped = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}
            return f"{written} {flipped.get(operator, operator)} {path}"
        return f"{path} {operator} {written}"

    def member(self, path: str) -> str:
        delimiter = self.chance.choice(["|", ";", "#~"])
        chosen = [w for w in self.chance.choices(WORDS, k=3) if not set(w) & set(delimiter)]
        return f"search.in({path}, {quoted(delimiter[0].join(chosen))}, '{delimiter}')"

    def quantified(self, depth: int, path: str, kind: Any) -> str:
        quantifier = self.chance.choice(["any", "all"])
        if self.chance.random() < 0.1:
            return f"{path}/any()"
        self.variables += 1
        x = f"x{self.variables}"
        if isinstance(kind, dict):
            body = self.text(max(depth - 1, 0), kind, f"{x}/")
        elif kind == "text":
            body = self.strings(x, quantifier)
        elif kind == "bool":
            tests = [x, f"not {x}", f"{x} eq true", f"{x} ne false", f"not ({x} eq true)"]
            body = self.chance.choice(tests)
        else:
            body = self.values(x, kind, quantifier)
        return f"{path}/{quantifier}({x}: {body})"

    def strings(self, x: str, quantifier: str) -> str:
        words = [quoted(w) for w in self.chance.sample(WORDS, self.chance.randint(1, 2))]
        if quantifier == "any":
            parts = [f"{x} eq {word}" for word in words]
            if self.chance.random() < 0.4:
                parts.append(self.member(x))
            return " or ".join(parts)
        parts = [self.chance.choice([f"{x} ne {w}", f"not ({x} eq {w})"]) for w in words]
        if self.chance.random() < 0.4:
            parts.append(f"not {self.member(x)}")
        return " and ".join(parts)

    def values(self, x: str, kind: str, quantifier: str) -> str:
        ranges = ["gt", "ge", "lt", "le"]
        alone, paired = ("ne", "eq") if quantifier == "any" else ("eq", "ne")
        outer, inner = (" or ", " and ") if quantifier == "any" else (" and ", " or ")
        groups = []
        for _ in range(self.chance.randint(1, 2)):
            count = self.chance.randint(1, 2)
            operators = [*ranges, paired] if count > 1 else [*ranges, paired, alone]
            group = inner.join(self.compared(x, kind, operators) for _ in range(count))
            groups.append(f"({group})" if count > 1 else group)
        return outer.join(groups)
