"""What is said once, on the page that follows an action."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

COOKIE = "fg_said"
_LONGEST = 1_500


def put(answer: Response, request: Request, said: str, *, failed: bool = False) -> None:
    """Let the next page say something."""
    text = said if len(said) <= _LONGEST else said[:_LONGEST] + "…"
    value = quote(json.dumps({"said": text, "failed": failed}))
    answer.set_cookie(
        COOKIE,
        value,
        max_age=60,
        path=request.scope.get("root_path", "") or "/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def take(request: Request) -> dict[str, Any] | None:
    """Return what is to be said, None when nothing is."""
    try:
        found = json.loads(unquote(request.cookies.get(COOKIE, "")))
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("said"), str):
        return None
    return {"said": found["said"], "failed": bool(found.get("failed"))}


def clear(answer: Response, request: Request) -> None:
    """Let it be said no more."""
    if COOKIE in request.cookies:
        answer.delete_cookie(COOKIE, path=request.scope.get("root_path", "") or "/")
