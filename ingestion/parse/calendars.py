"""Calendar parts of messages (text/calendar): what is to happen, when and where."""

from __future__ import annotations

import re

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"^([A-Za-z-]+)(?:;[^:\r\n]*)?:(.*)$")
_KEPT = {
    "SUMMARY": "summary", "DTSTART": "start", "DTEND": "end", "LOCATION": "location",
    "ORGANIZER": "organizer", "STATUS": "status", "DESCRIPTION": "description",
}  # fmt: skip
_TIME = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?$")
_MAX_EVENTS = 50
_MAX_TEXT = 500


def events(text: str) -> list[dict[str, str]]:
    """Return the events of a calendar: summary, start, end, location and the like of each."""
    found: list[dict[str, str]] = []
    inside = 0
    for line in _FOLD.sub("", text).splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        name, value = match.group(1).upper(), match.group(2).strip()
        if name == "BEGIN":
            if value.upper() == "VEVENT" and len(found) < _MAX_EVENTS:
                found.append({})
                inside = 1
            elif inside:
                inside += 1  # an alarm within the event has a description of its own
        elif name == "END":
            inside = max(0, inside - 1)
        elif inside == 1 and name in _KEPT and value:
            found[-1].setdefault(_KEPT[name], _plain(value))
    return [event for event in found if event]


def _plain(value: str) -> str:
    if when := _TIME.match(value):
        year, month, day, hour, minute, _, zone = when.groups()
        time = f"T{hour}:{minute}{'Z' if zone else ''}" if hour else ""
        return f"{year}-{month}-{day}{time}"
    text = re.sub(r"\\[nN]", " ", value)
    return (
        re.sub(r"\\([,;\\])", r"\1", text)
        .removeprefix("mailto:")
        .removeprefix("MAILTO:")[:_MAX_TEXT]
        .strip()
    )
