"""Quotes and signatures of many mail programs: out of the text, into the metadata, never lost."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.parse import parse
from ingestion.parse.blocks import Block
from ingestion.parse.replies import Context, mark, strip

OWN = "The premium rises by four percent in May, as agreed with the broker."
OLD = "Could you tell me by how much the premium will rise this year?"
NAME = "Jo Hartmann"


def mail(text: str, html: str | None = None, subject: str = "Re: Premium", **headers: str):
    message = EmailMessage()
    message["From"] = "jo@example.org"
    message["To"] = "kim@example.org"
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return parse(message.as_bytes(), "m.eml")


GMAIL = f"""{OWN}

On Tue, 3 Feb 2026 at 10:12, Kim Lee <kim@example.org> wrote:

> {OLD}
> Kim
"""
GMAIL_WRAPPED = f"""{OWN}

On Tue, 3 Feb 2026 at 10:12, Kim Katarina von Lee-Sommerfeld
<kim.katarina.lee@example.org>
wrote:

> {OLD}
"""
GMAIL_DE = f"""{OWN}

Am Di., 3. Feb. 2026 um 10:12 Uhr schrieb Kim Lee <kim@example.org>:

> {OLD}
"""
APPLE_FR = f"""{OWN}

Le 3 févr. 2026 à 10:12, Kim Lee <kim@example.org> a écrit :

> {OLD}
"""
THUNDERBIRD = f"""Am 03.02.26 um 10:12 schrieb Kim Lee:
> {OLD}
{OWN}
"""
OUTLOOK = f"""{OWN}

From: Kim Lee <kim@example.org>
Sent: Tuesday, February 3, 2026 10:12 AM
To: Jo Hartmann <jo@example.org>
Subject: Premium

{OLD}
"""
OUTLOOK_DE = f"""{OWN}

-----Ursprüngliche Nachricht-----
Von: Kim Lee <kim@example.org>
Gesendet: Dienstag, 3. Februar 2026 10:12
An: Jo Hartmann
Betreff: Prämie

{OLD}
"""
OUTLOOK_FR = f"""{OWN}

________________________________
De : Kim Lee <kim@example.org>
Envoyé : mardi 3 février 2026 10:12
À : Jo Hartmann
Objet : Prime

{OLD}
"""
SPANISH = f"""{OWN}

El mar, 3 feb 2026 a las 10:12, Kim Lee (<kim@example.org>) escribió:

> {OLD}
"""
NO_MARKS = f"""{OWN}

On 3/2/2026 10:12, Kim Lee wrote:

{OLD}
"""
CHINESE = f"""{OWN}

在 2026年2月3日，10:12，Kim Lee <kim@example.org> 写道：

> {OLD}
"""


@pytest.mark.parametrize(
    "text",
    [GMAIL, GMAIL_WRAPPED, GMAIL_DE, APPLE_FR, THUNDERBIRD, OUTLOOK, OUTLOOK_DE, OUTLOOK_FR,
     SPANISH, NO_MARKS, CHINESE],
)  # fmt: skip
def test_quoted_text_is_metadata(text):
    document = mail(text)
    body = document.text.removeprefix("Re: Premium").strip()
    assert body == OWN
    assert OLD in document.metadata["quoted"]


GMAIL_HTML = f"""<div dir="ltr"><p>{OWN}</p>
<div class="gmail_signature">{NAME}<br>Broker</div></div>
<br><div class="gmail_quote"><div class="gmail_attr">On Tue, Kim wrote:<br></div>
<blockquote class="gmail_quote"><div>{OLD}</div></blockquote></div>"""
OWA = f"""<div>{OWN}</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Kim
</div><div>{OLD}</div>"""
OUTLOOK_HTML = f"""<div class="WordSection1"><p class="MsoNormal">{OWN}</p>
<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p>
<b>From:</b> Kim Lee<br>
<b>Sent:</b> Tuesday, February 3, 2026 10:12 AM<br>
<b>To:</b> Jo<br>
<b>Subject:</b> Premium
</p></div><p class="MsoNormal">{OLD}</p></div>"""
APPLE_HTML = f"""<body><div>{OWN}</div><div><br><blockquote type="cite"><div>
On 3 Feb 2026, at 10:12, Kim wrote:</div><br><div>{OLD}</div></blockquote></div></body>"""
MOZILLA_HTML = f"""<p>{OWN}</p>
<div class="moz-cite-prefix">On 03.02.26 10:12, Kim Lee wrote:<br></div>
<blockquote type="cite" cite="mid:x"><p>{OLD}</p></blockquote>
<pre class="moz-signature">-- {NAME}</pre>"""


@pytest.mark.parametrize("html", [GMAIL_HTML, OWA, OUTLOOK_HTML, APPLE_HTML, MOZILLA_HTML])
def test_quotes_of_html_are_metadata(html):
    document = mail("plain", html)
    assert document.text.removeprefix("Re: Premium").strip() == OWN
    assert OLD in document.metadata["quoted"]


SIGNED = {
    "delimiter": f"{OWN}\n\n-- \n{NAME}\nBroker\n+49 30 1234567\n",
    "closing": f"{OWN}\n\nBest regards,\n\n{NAME}\nBroker, Example Ltd\nwww.example.org\n",
    "german": f"{OWN}\n\nMit freundlichen Grüßen\n\n{NAME}\nMusterstraße 1\n10115 Berlin\n",
    "french": f"{OWN}\n\nBien cordialement,\n\n{NAME}\nCourtière\n",
    "phone": f"{OWN}\n\nSent from my iPhone\n",
    "telefon": f"{OWN}\n\nVon meinem iPhone gesendet\n",
    "notice": f"{OWN}\n\nKind regards\n{NAME}\n\nThis e-mail is confidential and intended for the "
    "addressee only. If you are not the intended recipient, delete it and notify the sender.\n",
    "list": f"{OWN}\n\n_______________________________________________\n"
    "Brokers mailing list\nbrokers@example.org\n",
}


@pytest.mark.parametrize("text", SIGNED.values(), ids=SIGNED.keys())
def test_signature_is_metadata(text):
    document = mail(text, subject="Premium")
    assert document.text.removeprefix("Premium").strip() == OWN
    assert document.metadata["signature"]


KEPT = {
    "question about thanks": f"{OWN}\n\nThanks\n\nPlease also send us the signed copy of the "
    "contract before the end of the month, since the auditors ask for it every single year.",
    "list of dashes": f"Points:\n\n- one\n- two\n\n{OWN}",
    "headers talked about": f"From: the field is mandatory.\n\n{OWN}",
    "colon at the end": f"Kim wrote:\n\n{OWN}",
    "prompts": f">>> print(1)\n1\n\n{OWN}",
    "table rule": f"{OWN}\n\n--------------------\nTotal of all the premiums paid in the whole "
    "year is one hundred and four thousand euros.",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_own_text_is_kept(text):
    document = mail(text, subject="Premium")
    for word in text.split():
        assert word.strip("->") in document.text


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-----Weitergeleitete Nachricht-----",
        "Début du message réexpédié :",
    ],
)
def test_what_is_passed_on_is_text(mark):
    text = (
        f"Please see below.\n\n{mark}\nFrom: Kim <kim@example.org>\nDate: 3 Feb\nSubject: X\nTo: Jo"
    )
    document = mail(f"{text}\n\n{OLD}\n", subject="Fwd: Premium")
    assert OLD in document.text
    assert "Please see below." in document.text


def test_outlook_forward_is_told_by_its_subject():
    assert OLD in mail(OUTLOOK, subject="FW: Premium").text
    assert OLD in mail(OUTLOOK_DE, subject="WG: Prämie").text


@pytest.mark.parametrize(
    "text",
    [
        f"> {OLD}",
        "Best regards,\nJo",
        "-- \nJo",
        f"On 3 Feb 2026, Kim Lee <k@example.org> wrote:\n> {OLD}",
    ],
)
def test_the_only_text_is_never_lost(text):
    document = mail(text, In_Reply_To="<a@b>")
    for word in text.replace(">", " ").replace("--", " ").split():
        assert word in document.text or word == "<k@example.org"


def test_answers_between_quotes_stay_in_order():
    document = mail(
        f"On 3 Feb 2026, Kim <k@example.org> wrote:\n> {OLD}\n\nBy four.\n\n> When?\n\nIn May."
    )
    assert document.text.removeprefix("Re: Premium").split() == ["By", "four.", "In", "May."]


@given(
    st.lists(st.text(st.sampled_from("aA >-_:\u00a0.FromSent12"), max_size=30), max_size=30),
    st.booleans(),
    st.booleans(),
)
def test_every_line_is_kept_somewhere(lines, reply, forward):
    blocks = [Block("text", line) for line in lines if line.strip()]
    found = strip(blocks, Context(reply, forward))
    assert len(mark(lines, Context(reply, forward))) == len(lines)
    total = " ".join([*(b.text for b in found.blocks), found.quoted, found.signature])
    assert sorted(total.split()) == sorted(" ".join(b.text for b in blocks).split())
    if blocks:
        assert any(b.text.strip() for b in found.blocks)
