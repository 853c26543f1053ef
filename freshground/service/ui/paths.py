"""Paths within the dashboard that somebody else names: where to go next."""

from __future__ import annotations

from urllib.parse import quote

_SAFE = "/?&=%-._~:'()*,;+@#"


def inside(path: str) -> str:
    r"""Return a path of ours, quoted; `/` for all that would lead elsewhere.

    `//host`, `/\host` and `https:` lead elsewhere; browsers read a backslash as a slash.
    """
    ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return quote(path if ours else "/", safe=_SAFE)
