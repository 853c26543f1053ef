"""Cookies of the dashboard: read by no script, sent by no other site's forms.

Under https a name begins with `__Host-`: then no neighbouring host can set or widen it. Such a
cookie has to have the path `/`; others have the dashboard's own, so that the API never sees them.
Over http a name holds the port, since browsers keep one set of cookies for all ports of a machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SESSION = "fg_session"
FORM = "fg_form"
OIDC = "fg_oidc"


class Cookies:
    """`base` is the URL that browsers reach the service by, None: what they ask for."""

    def __init__(self, base: str | None = None) -> None:
        self._base = base

    def secure(self, request: Request) -> bool:
        """Return whether the browser speaks https, to us or to what stands in front of us."""
        return (self._base or request.url.scheme).startswith("https")

    def read(self, request: Request, name: str) -> str:
        """Return a cookie's value, an empty text when there is none."""
        return request.cookies.get(self._name(request, name), "")

    def put(
        self,
        answer: Response,
        request: Request,
        name: str,
        value: str,
        *,
        seconds: int | None = None,
        same_site: Literal["lax", "strict"] = "lax",
    ) -> None:
        """Let the browser keep a value: for so many seconds, None: until it is closed."""
        answer.set_cookie(
            self._name(request, name),
            value,
            max_age=seconds,
            path=self._path(request),
            secure=self.secure(request),
            httponly=True,
            samesite=same_site,
        )

    def drop(self, answer: Response, request: Request, name: str) -> None:
        """Let the browser forget a value."""
        answer.delete_cookie(
            self._name(request, name),
            path=self._path(request),
            secure=self.secure(request),
            httponly=True,
        )

    def _name(self, request: Request, name: str) -> str:
        return f"__Host-{name}" if self.secure(request) else f"{name}_{request.url.port or 80}"

    def _path(self, request: Request) -> str:
        return "/" if self.secure(request) else request.scope.get("root_path", "") or "/"
