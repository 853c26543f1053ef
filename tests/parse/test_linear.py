"""Inputs that take hours where time grows with the square of their size: here they take none."""

# What is broken here hangs; nothing is measured.

from __future__ import annotations

from email.mime.text import MIMEText

import pytest

from ingestion.cleanse.characters import clean_code
from ingestion.cleanse.hyphens import rejoin, unwrap, vocabulary
from ingestion.containers.messages import found_in
from ingestion.parse.blocks import Block, Raw
from ingestion.parse.hidden.selectors import rules_of
from ingestion.parse.html import fragment_blocks
from ingestion.parse.mime import message_of
from ingestion.parse.replies import Context, mark
from ingestion.parse.reply_html import without_marked
from ingestion.parse.sniff import sniff

MANY = 200_000


def test_blanks_within_a_line_of_code() -> None:
    assert clean_code(f"a{' ' * 1_000_000}b \n") == f"a{' ' * 1_000_000}b"


def test_a_long_word_beside_a_divided_one() -> None:
    text = f"{'x' * 300_000} di-\nvided"
    assert unwrap(text, vocabulary([text, "divided"])).endswith(" divided")


def test_a_paragraph_over_thousands_of_pages() -> None:
    blocks = [Block("text", "so it goes on and on without a stop\u00e9", n, wrapped=True)
              for n in range(50_000)]  # fmt: skip
    assert len(rejoin(blocks)) == 1


@pytest.mark.parametrize("tail", ["plain words", "<p>words</p>"])
def test_comments_before_a_page(tail: str) -> None:
    sniff(Raw(("<!-- -->" * 400 + tail).encode()))


@pytest.mark.parametrize(
    "sheet", ["/*" * MANY, "@" * MANY, "a" * MANY, "font:" * MANY, "a{" * MANY]
)
def test_style_sheets(sheet: str) -> None:
    rules_of(f"display:none {sheet}", sizes=True)
    fragment_blocks(f"<style>p {{font-size:0}} {sheet}</style><p>words")


def test_hidden_elements_in_each_other_and_beside_each_other() -> None:
    deep = "<div hidden>" * 200 + "<p>w</p>" * 20_000 + "</div>" * 200
    wide = "<i hidden>w</i>x" * 50_000
    (block,) = fragment_blocks(f"<body>{deep}<p>{wide}")
    assert block.text == "x" * 50_000


def test_tiny_type_in_each_other() -> None:
    deep = '<div style="font-size:0">' * 1_500 + "<p>w</p>" * 2_000 + "</div>" * 1_500
    (block,) = fragment_blocks(f"<body>{deep}<p>words")
    assert block.text == "words"


def test_quotes_in_a_mail() -> None:
    markup = "<p>words</p>" + '<blockquote type="cite">q</blockquote>x' * 50_000
    assert without_marked(markup, forward=False)[1] == ["q"] * 50_000
    lines = ["words", *["Ada Lovelace, 2026-05-01, wrote:", "words", ""] * 30_000]
    assert len(mark(lines, Context())) == len(lines)


def test_a_mail_of_open_tags() -> None:
    message = message_of(MIMEText("<" * MANY + "<style" * 50_000, "html").as_bytes())
    assert not found_in(message)[0]
