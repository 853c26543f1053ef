"""What may be called without a key, with a query key, and by admins alone: all that is not listed.

Handlers judge roles as well where they write; a route that is forgotten there is an admin's.
"""

from __future__ import annotations

import re

OPEN = frozenset({"/healthz", "/readyz"})
PAGES = frozenset({"/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json"})
METRICS = "/metrics"

_INDEX = r"/indexes(?:\('[^/]+'\)|/[^/]+)"
_ACTION = r"(?:search\.post\.)?(?:search|suggest|autocomplete)"
_READS = {
    "GET": re.compile(rf"{_INDEX}/docs(?:$|[(/].*)|/freshness(?:/[^/]*)?$", re.DOTALL),
    "POST": re.compile(
        rf"{_INDEX}/docs/{_ACTION}$|/knowledgebases(?:\('[^/]+'\)|/[^/]+)/retrieve$"
    ),
}
_AGENTS = re.compile(r"/mcp/?$")


def is_reading(method: str, path: str) -> bool:
    """Return whether a query key may call this; `path` is decoded."""
    pattern = _READS.get("GET" if method == "HEAD" else method)
    if _AGENTS.match(path) or path in PAGES:
        return True
    return pattern is not None and pattern.match(path) is not None
