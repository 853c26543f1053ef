"""Charts and diagrams of office files as text: a chart is a table of its values, with a title."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ingestion.parse.package import Package

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_D = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_X = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
CHART, DIAGRAM, CHART_EX = f"{_C}chart", f"{_D}relIds", f"{_X}chart"
SIGNS = rb'drawingml/2006/chart"|drawingml/2006/diagram"|drawing/2014/chartex"'
MAX_CELLS = 20_000
_SAYING = frozenset({"node", "asst", ""})


class Drawing(NamedTuple):
    """What a chart or diagram says: paragraphs, then the rows of a table; either may lack."""

    lines: list[str]
    rows: list[list[str]]


def drawing(node: Any, package: Package, linked: dict[str, str]) -> Drawing:
    """Return what the chart or diagram says to which an element refers; `linked` are the parts."""
    is_chart = node.tag == CHART
    name = linked.get(node.get(f"{_R}dm" if node.tag == DIAGRAM else f"{_R}id") or "")
    root = package.tree(name) if name else None
    if root is None:
        return Drawing([], [])
    if node.tag == CHART_EX:
        return _newer(root)
    return _chart(root) if is_chart else Drawing(_diagram(root), [])


def _chart(root: Any) -> Drawing:
    titles = [_written(node) for node in root.iter(f"{_C}title")]
    series = list(root.iter(f"{_C}ser"))
    names = [" ".join(node.itertext(f"{_C}v")) for ser in series for node in _tops(ser, "tx")]
    labels: dict[int, str] = {}
    columns: list[dict[int, str]] = []
    for ser in series:
        labels = {**_points(ser, "cat", "xVal"), **labels}
        columns.append(_points(ser, "val", "yVal"))
    if len(series) * len(labels) > MAX_CELLS:
        return Drawing([title for title in titles if title], [])
    places = sorted({*labels, *(place for column in columns for place in column)})
    rows = [[labels.get(at, ""), *(column.get(at, "") for column in columns)] for at in places]
    head = [["", *names]] if any(names) and len(names) == len(series) else []
    return Drawing([title for title in titles if title], [*head, *rows] if rows else [])


def _newer(root: Any) -> Drawing:
    """Return what a chart of a kind that came after 2013 says: funnels, maps, boxes, trees."""
    titles = [
        _written(node) or " ".join(node.itertext(f"{_X}v")) for node in root.iter(f"{_X}title")
    ]
    rows: list[list[str]] = []
    for data in root.iter(f"{_X}data"):
        columns = [[(pt.text or "").strip() for pt in level.iter(f"{_X}pt")]
                   for level in data.iter(f"{_X}lvl")]  # fmt: skip
        if sum(map(len, columns)) <= MAX_CELLS:
            rows += [[cell or "" for cell in row] for row in zip_longest(*columns)]
    width = max(map(len, rows), default=0)
    return Drawing([t for t in titles if t], [row + [""] * (width - len(row)) for row in rows])


def _tops(ser: Any, *names: str) -> list[Any]:
    return [node for name in names if (node := ser.find(f"{_C}{name}")) is not None]


def _points(ser: Any, *names: str) -> dict[int, str]:
    """Return the values of a series by their places, as the reader sees them."""
    found: dict[int, str] = {}
    for node in _tops(ser, *names):
        style = next(node.iter(f"{_C}formatCode"), None)
        number_format = None if style is None else style.text
        for point in node.iter(f"{_C}pt"):
            place, text = point.get("idx", ""), (point.findtext(f"{_C}v") or "").strip()
            if place.isdecimal() and text:
                found.setdefault(int(place), _value(text, number_format))
    return found


def _value(text: str, number_format: str | None) -> str:
    if number_format is None:
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    from openpyxl.styles.numbers import is_date_format
    from openpyxl.utils.datetime import from_excel

    from ingestion.parse.spreadsheet import shown

    if not is_date_format(number_format):
        return shown(number, number_format)
    try:
        return shown(from_excel(number), None)
    except (ValueError, OverflowError):
        return text


def _diagram(root: Any) -> list[str]:
    points = (p for p in root.iter(f"{_D}pt") if p.get("type", "") in _SAYING)
    lines = (_written(line) for point in points for line in point.iter(f"{_A}p"))
    return [line for line in lines if line]


def _written(node: Any) -> str:
    return " ".join("".join(t.text or "" for t in node.iter(f"{_A}t")).split())
