"""Templates: everything is escaped, times and numbers read the same on all pages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from freshground.core.clock import iso, parse_iso, spoken
from freshground.service.ui import flash, navigation
from freshground.service.ui.hostile import shown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from freshground.service.ui.board import Board
    from freshground.service.ui.routing import Page

_HERE = Path(__file__).parent
DASH = "–"


@lru_cache
def environment() -> Environment:
    """Return the environment of all templates."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "age": age,
        "moment": moment,
        "count": count,
        "share": share,
        "bytes": size,
        "money": money,
        "decimal": decimal,
        "shown": shown,
        "chartdata": chartdata,
    }
    made.globals["moment_of"] = lambda seconds: moment(datetime.fromtimestamp(seconds, UTC))
    return made


def render(board: Board, request: Request, page: Page) -> Response:
    """Return a page. A template sees its data, and `person`, `now`, `url`, `here`, `said`."""
    root = request.scope.get("root_path", "")
    here = request.url.path.removeprefix(root) or "/"
    text = (
        environment()
        .get_template(page.template)
        .render(
            **page.data,
            title=page.title,
            person=getattr(request.state, "person", None),
            now=board.context.clock.now(),
            url=lambda path: root + path,
            here=here,
            asked=here + (f"?{request.url.query}" if request.url.query else ""),
            query=dict(request.query_params),
            nav=navigation.entries(),
            said=flash.take(request),
        )
    )
    answer = HTMLResponse(text, page.status, dict(page.headers))
    flash.clear(answer, request)
    return answer


def age(seconds: float | timedelta | None) -> str:
    """Return a length of time in its two greatest units; a dash for none."""
    if seconds is None:
        return DASH
    length = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
    return ("-" if length < timedelta(0) else "") + spoken(length)


def moment(at: datetime | str | None) -> str:
    """Return a time in UTC to the second, as 2026-11-20 12:00:00Z; a dash for none."""
    found = parse_iso(at) if isinstance(at, str) else at
    text = iso(found.replace(microsecond=0)) if found is not None else None
    return text.replace("T", " ") if text else DASH


def count(value: float | None) -> str:
    """Return a whole number with thin spaces between thousands; a dash for none."""
    return DASH if value is None else f"{value:,.0f}".replace(",", "\u202f")


def decimal(value: float | None, digits: int = 3) -> str:
    """Return a number with so many digits that count, or whole where it has more; none: a dash."""
    if value is None:
        return DASH
    text = f"{value:.{digits}g}"
    return count(value) if "e+" in text else text


def share(value: float | None, digits: int = 1) -> str:
    """Return a share, 0 to 1, in per cent; a dash for none."""
    return DASH if value is None else f"{100 * value:.{digits}f}\u202f%"


def size(value: float | None) -> str:
    """Return bytes in the unit that fits; a dash for none."""
    if value is None:
        return DASH
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 1000 or unit == "GB":  # noqa: PLR2004
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def money(value: float | None) -> str:
    """Return money, in the currency that prices are set in: no sign; a dash for none."""
    return DASH if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


def chartdata(data: Any) -> str:
    """Return data for an attribute that a script reads; it is escaped like all other text."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
