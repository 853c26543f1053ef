"""Whether a value looks drawn at random, or written by somebody as an example."""

from __future__ import annotations

import math
import re
from collections import Counter

_SAMPLE = re.compile(
    r"example|sample|dummy|placeholder|change.?me|your|xxxx|\*\*\*|\.\.\.|…|redacted|hidden|"
    r"foobar|test.?test|insert|replace|<[^>]*>|\$\{|\{\{|%\(|0123456789|123456789|abcdefgh|"
    r"deadbeef|aaaaaa|000000",
    re.IGNORECASE,
)
_HASH = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}"
    r"|sha\d{3}-[A-Za-z0-9+/=]+"
)


def is_sample(value: str) -> bool:
    """Return whether a value is one that manuals show: it opens nothing."""
    return _SAMPLE.search(value) is not None or len(set(value)) < 5  # noqa: PLR2004 - "aaaa"


def is_digest(value: str) -> bool:
    """Return whether a value has the form of a hash or a UUID: they name things, mostly."""
    return _HASH.fullmatch(value) is not None


def entropy(value: str) -> float:
    """Return the bits a character of a value, by how often each of its characters occurs."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts) if value else 0.0
