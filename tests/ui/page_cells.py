"""What a page says, read from its HTML as a person would: cells of tables by their labels."""

from __future__ import annotations

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, str]] = []
        self._label: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append({})
        elif tag in ("td", "th"):
            self._label = dict(attrs).get("data-label") or ""
            self.rows[-1].setdefault(self._label, "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._label = None

    def handle_data(self, data: str) -> None:
        if self._label is not None:
            self.rows[-1][self._label] += data


def cells(html: str, *labels: str) -> list[dict[str, str]]:
    """Return the rows that have cells of all these labels, their texts with single spaces."""
    reader = _Reader()
    reader.feed(html)
    return [
        {label: " ".join(text.split()) for label, text in row.items()}
        for row in reader.rows
        if all(label in row for label in labels)
    ]
