"""Outlook's messages: packed RTF bodies, properties, embedded messages; calendars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.parse import parse
from ingestion.parse.calendars import events
from ingestion.parse.outlook import message_of
from ingestion.parse.rtf_body import body_of, unpacked

# The example of [MS-OXRTFCP], section 3.1.
PACKED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)


def test_packed_rtf() -> None:
    assert unpacked(PACKED) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert body_of(unpacked(PACKED)).text == "hello world"
    with pytest.raises(ValueError, match="short"):
        unpacked(b"x")
    with pytest.raises(ValueError, match="no packed"):
        unpacked(bytes(40))


@given(st.binary(max_size=300))
def test_damaged_bodies_end(junk: bytes) -> None:
    assert len(unpacked(PACKED[:16] + junk)) <= 0x2B + 8 * 17
    body_of(junk)


def test_html_within_rtf() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0 Arial;}}{\*\generator x;}"
        rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Gr\'fc\'dfe \u8364?5 \{a\}{\*\htmltag84 <b>}"
        rb"\htmlrtf {\b \htmlrtf0 now\htmlrtf }\htmlrtf0 {\*\htmltag92 </b>}\htmlrtf }\htmlrtf0"
        rb"{\*\htmltag72 </p>}}"
    )
    body = body_of(rtf)
    assert body.html
    assert body.text == "<p>Grüße €5 {a}<b>now</b></p>"


def test_text_within_rtf() -> None:
    rtf = rb"{\rtf1\ansi\ansicpg1251\fromtext{\fonttbl{\f0 X;}}\uc1 "
    rtf += rb"\'cf\'f0\'e8\'e2\'e5\'f2\par \u-10179?\u-8704?!}"
    assert body_of(rtf).text == "Привет\n\U0001f600!"
    wide = rb"{\rtf1\ansi\ansicpg932 \'93\'fa\'96\'7b}"
    assert body_of(wide).text == "日本"


def test_real_messages(shared_data) -> None:
    folder = shared_data / "formats"
    message = message_of((folder / "fake-email-with-cc-and-bcc.msg").read_bytes())
    assert message["subject"]
    assert message["from"]
    assert message["cc"]
    document = parse((folder / "fake-email-with-cc-and-bcc.msg").read_bytes(), "x.msg")
    assert document.text.endswith("This is a test email. Please ignore.")
    assert document.metadata["signature"] == "All the best,\nJohn"
    assert document.media_type == "application/vnd.ms-outlook"


INVITATION = """BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Renewal of the storm cover\\, part
 \\, two
DTSTART;TZID=Europe/Berlin:20260203T101500
DTEND:20260203T111500Z
LOCATION:Room 5
ORGANIZER;CN=Kim:mailto:kim@example.org
BEGIN:VALARM
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
END:VCALENDAR
"""


def test_invitations() -> None:
    assert events(INVITATION) == [
        {
            "summary": "Renewal of the storm cover, part, two",
            "start": "2026-02-03T10:15",
            "end": "2026-02-03T11:15Z",
            "location": "Room 5",
            "organizer": "kim@example.org",
        }
    ]
    head = "From: a@example.org\nTo: b@example.org\nSubject: Invitation\nMIME-Version: 1.0\n"
    alone = f"{head}Content-Type: text/calendar; charset=utf-8\n\n{INVITATION}"
    document = parse(alone.encode(), "i.eml")
    assert "Renewal of the storm cover, part, two" in document.text
    assert document.metadata["events"][0]["location"] == "Room 5"
    beside = (
        f"{head}Content-Type: multipart/alternative; boundary=x\n\n--x\n"
        "Content-Type: text/plain\n\nPlease come.\n--x\n"
        f"Content-Type: text/calendar\n\n{INVITATION}\n--x--\n"
    )
    document = parse(beside.encode(), "i.eml")
    assert document.text.endswith("Please come.")
    assert document.metadata["events"][0]["start"] == "2026-02-03T10:15"
